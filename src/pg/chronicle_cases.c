/* Cases: of each decision only what it depends on, in order of batch and index, out of a binary
 * COPY. */

#include <inttypes.h>
#include <stdio.h>

#include "chronicle.h"
#include "sql_embedded.h"

enum {
    SAMPLE_PARTS = 1 << 24, /* sql/chronicle_cases.sql looks at three bytes */
    WHOLE_BP = 10000,
};

enum column {
    C_BATCH,
    C_INDEX,
    C_PROGRESS_ID,
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
    C_COUNT,
};

static void
fill(const struct pg_chronicle *chronicle, const struct bytes *fields, struct chronicle_case *row)
{
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
        .periods = fields[C_PERIODS],
        .input = fields[C_INPUT],
    };
    row->partition = chronicle_partition_of(chronicle, row->progress_id);
    row->total_ore = row->has_total ? int8_of(fields[C_TOTAL_ORE]) : 0;
    copy_of(fields[C_APPLICATION_ID], row->application_id, UUID_SIZE);
    copy_of(fields[C_CITIZEN_REF], row->citizen_ref, CITIZEN_REF_SIZE);
    copy_of(fields[C_RULEBOOK], row->rulebook_sha256, SHA256_SIZE);
}

bool chronicle_cases(void *self, const struct chronicle_slice *slice, struct err *err)
{
    static const struct statement copy = {"chronicle_cases", sql_chronicle_cases};
    struct pg_chronicle *chronicle = self;
    const int64_t numbers[] = {slice->from_ms,
                               slice->to_ms,
                               slice->slice,
                               slice->slices,
                               (int64_t)slice->sample_bp * SAMPLE_PARTS / WHOLE_BP};
    enum {
        NUMBERS = sizeof(numbers) / sizeof(numbers[0])
    };
    char texts[NUMBERS][24];
    struct params params = {0};
    for (int i = 0; i < NUMBERS; i++) {
        (void)snprintf(texts[i], sizeof(texts[i]), "%" PRId64, numbers[i]);
        params_text(&params, texts[i]);
    }
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
