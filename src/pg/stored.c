#include "stored.h"

#include "field.h"

struct stored_output stored_decision(const PGresult *rows, int row)
{
    struct stored_output output = {.offset = field_int8(rows, row, 0),
                                   .citizen_seq = field_int8(rows, row, 3),
                                   .outcome = (enum outcome)field_int2(rows, row, 4),
                                   .evaluated_at_ms = field_int8(rows, row, 5),
                                   .late_ms = field_int8(rows, row, 6),
                                   .trace = field_bytes(rows, row, 7),
                                   .output = field_bytes(rows, row, 8)};
    field_copy(rows, row, 1, output.decision_id, UUID_SIZE);
    field_copy(rows, row, 2, output.citizen_ref, CITIZEN_REF_SIZE);
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
};

struct archived_decision stored_archived(const PGresult *rows, int row)
{
    struct archived_decision decision = {.batch = field_int8(rows, row, D_BATCH),
                                   .index = field_int4(rows, row, D_INDEX),
                                   .partition = field_int4(rows, row, D_PARTITION),
                                   .application_seq = field_int8(rows, row, D_APPLICATION_SEQ),
                                   .stored = stored_decision(rows, row),
                                   .core_version = field_int4(rows, row, D_CORE_VERSION),
                                   .conflict = field_bool(rows, row, D_CONFLICT),
                                   .quarantined = field_bool(rows, row, D_QUARANTINED),
                                   .periods = field_bytes(rows, row, D_PERIODS),
                                   .headers = field_bytes(rows, row, D_HEADERS),
                                   .input = field_bytes(rows, row, D_INPUT)};
    decision.offset = decision.stored.offset;
    field_copy(rows, row, D_RULEBOOK, decision.rulebook_sha256, SHA256_SIZE);
    return decision;
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
