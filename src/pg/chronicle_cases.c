/* Cases: of each decision only what it depends on, in order of batch and index, out of a binary
 * COPY. */

#include <inttypes.h>
#include <stdio.h>

#include "chronicle.h"
#include "sql_embedded.h"
#include "stored.h"

enum {
    BOUND_SIZE = 2 * (CITIZEN_REF_SIZE + 1) + 1, /* in hex, with its terminator */
};

enum column {
    C_BATCH,
    C_INDEX,
    C_OFFSET,
    C_APPLICATION_ID,
    C_VERSION,
    C_CITIZEN_REF,
    C_CITIZEN_SEQ,
    C_EVALUATED_AT_MS,
    C_OUTCOME,
    C_TOTAL_ORE,
    C_CONFLICT,
    C_QUARANTINED,
    C_RULEBOOK,
    C_PERIODS,
    C_INPUT,
    C_HEADERS,
    C_PROGRESS_ID,
    C_COUNT = C_PROGRESS_ID + STORED_PAYLOAD_COLUMNS,
};

static const struct field_column columns[C_PROGRESS_ID + 1] = {
    [C_BATCH] = {"batch", 8},
    [C_INDEX] = {"index", 4},
    [C_OFFSET] = {"source_offset", 8},
    [C_APPLICATION_ID] = {"application_id", UUID_SIZE},
    [C_VERSION] = {"version", 8},
    [C_CITIZEN_REF] = {"citizen_ref", CITIZEN_REF_SIZE},
    [C_CITIZEN_SEQ] = {"citizen_seq", 8},
    [C_EVALUATED_AT_MS] = {"evaluated_at_ms", 8},
    [C_OUTCOME] = {"outcome", 2},
    [C_TOTAL_ORE] = {"total_ore", FIELD_NULL_TOO},
    [C_CONFLICT] = {"conflict", 1},
    [C_QUARANTINED] = {"quarantined", 1},
    [C_RULEBOOK] = {"rulebook", SHA256_SIZE},
    [C_PERIODS] = {"periods", FIELD_NULL_TOO},
    [C_INPUT] = {"input", FIELD_NULL_TOO},
    [C_HEADERS] = {"headers", FIELD_NULL_TOO},
    [C_PROGRESS_ID] = {"progress_id", 8},
};

static void fill(struct pg_chronicle *chronicle, struct bytes *fields, struct chronicle_case *row)
{
    const char *damaged = field_repair(fields, columns, C_PROGRESS_ID + 1);
    struct bytes headers = fields[C_HEADERS];
    *row = (struct chronicle_case){
        .batch = int8_of(fields[C_BATCH]),
        .index = int4_of(fields[C_INDEX]),
        .progress_id = int8_of(fields[C_PROGRESS_ID]),
        .offset = int8_of(fields[C_OFFSET]),
        .version = int8_of(fields[C_VERSION]),
        .citizen_seq = int8_of(fields[C_CITIZEN_SEQ]),
        .evaluated_at_ms = int8_of(fields[C_EVALUATED_AT_MS]),
        .outcome = (enum outcome)int2_of(fields[C_OUTCOME]),
        .has_total = fields[C_TOTAL_ORE].data != NULL,
        .conflict = bool_of(fields[C_CONFLICT]),
        .quarantined = bool_of(fields[C_QUARANTINED]),
        .damaged = damaged,
        .periods = fields[C_PERIODS],
        .input = fields[C_INPUT],
    };
    row->partition = chronicle_partition_of(chronicle, row->progress_id);
    row->total_ore = row->has_total ? int8_of(fields[C_TOTAL_ORE]) : 0;
    copy_of(fields[C_APPLICATION_ID], row->application_id, UUID_SIZE);
    copy_of(fields[C_CITIZEN_REF], row->citizen_ref, CITIZEN_REF_SIZE);
    copy_of(fields[C_RULEBOOK], row->rulebook_sha256, SHA256_SIZE);
    const struct stored_place at = {
        VAULT_DECISION, row->offset, bytes_of(row->citizen_ref, CITIZEN_REF_SIZE)};
    row->payload =
        stored_payload(&chronicle->vault, &at, &fields[C_PROGRESS_ID], &headers, &row->input);
}

/* In hex; after the last one of all lies no citizen. */
static void bound_of(const struct chronicle_slice *of, int32_t slice, char text[BOUND_SIZE])
{
    uint64_t bound = chronicle_slice_bound(of, slice);
    if (bound > UINT32_MAX) {
        memset(text, 'f', BOUND_SIZE - 1);
        text[BOUND_SIZE - 1] = '\0';
    } else if (slice == 0) {
        text[0] = '\0'; /* also what is too short to be one */
    } else {
        (void)snprintf(text, BOUND_SIZE, "%08" PRIx64, bound);
    }
}

bool chronicle_cases(void *self, const struct chronicle_slice *slice, struct err *err)
{
    static const struct statement copy = {"chronicle_cases", sql_chronicle_cases};
    struct pg_chronicle *chronicle = self;
    struct params params = {0};
    char from_ms[24];
    char to_ms[24];
    char from[BOUND_SIZE];
    char to[BOUND_SIZE];
    (void)snprintf(from_ms, sizeof(from_ms), "%" PRId64, slice->from_ms);
    (void)snprintf(to_ms, sizeof(to_ms), "%" PRId64, slice->to_ms);
    bound_of(slice, slice->slice, from);
    bound_of(slice, slice->slice + 1, to);
    params_text(&params, from_ms);
    params_text(&params, to_ms);
    params_text(&params, from);
    params_text(&params, to);
    return chronicle_ask(chronicle, CHRONICLE_slice, &params, err) != NULL &&
           chronicle_copy(chronicle, &copy, err);
}

bool chronicle_more_cases(void *self,
                          const struct chronicle_case **rows,
                          uint32_t *count,
                          struct err *err)
{
    struct pg_chronicle *chronicle = self;
    uint32_t most = *count < CHRONICLE_MESSAGES_MAX ? *count : CHRONICLE_MESSAGES_MAX;
    struct chronicle_case *out = chronicle_hand_out(chronicle, (int)most, sizeof(*out), err);
    struct bytes fields[C_COUNT];
    int got = out == NULL ? -1 : 1;
    *count = 0;
    chronicle_copy_drop(chronicle);
    while (got == 1 && *count < most &&
           (got = chronicle_copy_next(chronicle, fields, C_COUNT, err)) == 1) {
        fill(chronicle, fields, &out[(*count)++]);
    }
    *rows = out;
    return got >= 0;
}
