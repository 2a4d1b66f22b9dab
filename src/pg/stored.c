#include "stored.h"

#include "field.h"

/* What stored_archived reads; the first STORED_COLUMNS are stored_decision's. */
static const struct field_column columns[] = {
    {"source_offset", 8},
    {"decision_id", UUID_SIZE},
    {"citizen_ref", CITIZEN_REF_SIZE},
    {"citizen_seq", 8},
    {"outcome", 2},
    {"evaluated_at_ms", 8},
    {"late_ms", 8},
    {"trace", FIELD_ANY},
    {"output", FIELD_ANY},
    {"batch", 8},
    {"index", 4},
    {"partition", 4},
    {"application_seq", 8},
    {"rulebook", SHA256_SIZE},
    {"core_version", 4},
    {"conflict", 1},
    {"quarantined", 1},
    {"periods", FIELD_ANY},
    {"headers", FIELD_ANY},
    {"input", FIELD_ANY},
    {"progress_id", 8},
};

static struct stored_output stored_output_of(const struct bytes *fields)
{
    struct stored_output output = {.offset = int8_of(fields[0]),
                                   .citizen_seq = int8_of(fields[3]),
                                   .outcome = (enum outcome)int2_of(fields[4]),
                                   .evaluated_at_ms = int8_of(fields[5]),
                                   .late_ms = int8_of(fields[6]),
                                   .trace = fields[7],
                                   .output = fields[8]};
    copy_of(fields[1], output.decision_id, UUID_SIZE);
    copy_of(fields[2], output.citizen_ref, CITIZEN_REF_SIZE);
    return output;
}

struct stored_output stored_decision(struct bytes *fields)
{
    const char *damaged = field_repair(fields, columns, STORED_COLUMNS);
    struct stored_output output = stored_output_of(fields);
    output.damaged = damaged;
    return output;
}

/* After the columns that stored_decision reads. */
enum decision_column {
    D_BATCH = STORED_COLUMNS,
    D_INDEX,
    D_PARTITION,
    D_APPLICATION_SEQ,
    D_RULEBOOK,
    D_CORE_VERSION,
    D_CONFLICT,
    D_QUARANTINED,
    D_PERIODS,
    D_HEADERS,
    D_INPUT,
    D_PAYLOAD,
};

/* The last columns of whatever has a payload. */
enum payload_column {
    P_PROGRESS_ID,
    P_KEY_ID,
    P_WRAPPED,
    P_BY_CITIZEN,
    P_GONE_AT_MS,
    P_WHY,
    P_COUNT,
};
_Static_assert(sizeof(columns) / sizeof(columns[0]) == (size_t)D_PAYLOAD + 1,
               "all that stored_archived reads by itself");
_Static_assert((int)STORED_ARCHIVED_COLUMNS == (int)D_PAYLOAD + (int)P_COUNT &&
                   (int)STORED_PAYLOAD_COLUMNS == (int)P_COUNT,
               "stored.h says how many columns there are");

struct payload stored_payload(struct vault *vault,
                              const struct stored_place *at,
                              const struct bytes *fields,
                              struct bytes *headers,
                              struct bytes *value)
{
    const struct vault_row row = {
        .place = {at->table, int8_of(fields[P_PROGRESS_ID]), at->offset},
        .key_id = fields[P_KEY_ID],
        .citizen_ref = at->citizen_ref,
        .wrapped = fields[P_WRAPPED],
        .by_citizen = fields[P_BY_CITIZEN],
        .gone_at_ms = fields[P_GONE_AT_MS],
        .why = fields[P_WHY],
    };
    return vault_read(vault, &row, headers, value);
}

struct archived_decision stored_archived(struct vault *vault, struct bytes *fields)
{
    const char *damaged = field_repair(fields, columns, D_PAYLOAD + 1);
    struct archived_decision decision = {.batch = int8_of(fields[D_BATCH]),
                                         .index = int4_of(fields[D_INDEX]),
                                         .partition = int4_of(fields[D_PARTITION]),
                                         .application_seq = int8_of(fields[D_APPLICATION_SEQ]),
                                         .stored = stored_output_of(fields),
                                         .core_version = int4_of(fields[D_CORE_VERSION]),
                                         .conflict = bool_of(fields[D_CONFLICT]),
                                         .quarantined = bool_of(fields[D_QUARANTINED]),
                                         .periods = fields[D_PERIODS],
                                         .headers = fields[D_HEADERS],
                                         .input = fields[D_INPUT]};
    decision.offset = decision.stored.offset;
    decision.stored.damaged = damaged;
    copy_of(fields[D_RULEBOOK], decision.rulebook_sha256, SHA256_SIZE);
    const struct stored_place at = {
        VAULT_DECISION, decision.offset, bytes_of(decision.stored.citizen_ref, CITIZEN_REF_SIZE)};
    decision.payload =
        stored_payload(vault, &at, &fields[D_PAYLOAD], &decision.headers, &decision.input);
    return decision;
}

struct payload stored_refusal(struct vault *vault,
                              const struct bytes *fields,
                              int64_t offset,
                              struct bytes *headers,
                              struct bytes *value)
{
    const struct stored_place at = {VAULT_QUARANTINE, offset, fields[0]};
    return stored_payload(vault, &at, &fields[1], headers, value);
}

enum reason stored_reason(const char *id)
{
    for (enum reason reason = REASON_NONE; reason < REASON_COUNT; reason++) {
        if (strcmp(reason_id(reason), id) == 0) {
            return reason;
        }
    }
    return REASON_RECORD_FAILED;
}

enum quarantine_state stored_state(const char *text)
{
    return strcmp(text, "open") == 0       ? QUARANTINE_OPEN
           : strcmp(text, "redriven") == 0 ? QUARANTINE_REDRIVEN
                                           : QUARANTINE_DISMISSED;
}
