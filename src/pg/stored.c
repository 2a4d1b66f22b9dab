#include "stored.h"

#include "field.h"

struct stored_output stored_decision(const struct bytes *fields)
{
    struct stored_output output = {.offset = int8_of(fields[0]),
                                   .citizen_seq = int8_of(fields[3]),
                                   .outcome = (enum outcome)int2_of(fields[4]),
                                   .evaluated_at_ms = int8_of(fields[5]),
                                   .late_ms = int8_of(fields[6]),
                                   .trace = fields[7],
                                   .output = fields[8]};
    copy_of(fields[1], output.decision_id, UUID_SIZE);
    if (!fits_of(fields[2], output.citizen_ref, CITIZEN_REF_SIZE)) {
        output.damaged = "citizen_ref";
    }
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

struct archived_decision stored_archived(const struct bytes *fields)
{
    struct archived_decision decision = {.batch = int8_of(fields[D_BATCH]),
                                         .index = int4_of(fields[D_INDEX]),
                                         .partition = int4_of(fields[D_PARTITION]),
                                         .application_seq = int8_of(fields[D_APPLICATION_SEQ]),
                                         .stored = stored_decision(fields),
                                         .core_version = int4_of(fields[D_CORE_VERSION]),
                                         .conflict = bool_of(fields[D_CONFLICT]),
                                         .quarantined = bool_of(fields[D_QUARANTINED]),
                                         .periods = fields[D_PERIODS],
                                         .headers = fields[D_HEADERS],
                                         .input = fields[D_INPUT]};
    decision.offset = decision.stored.offset;
    if (!fits_of(fields[D_RULEBOOK], decision.rulebook_sha256, SHA256_SIZE)) {
        decision.stored.damaged = "rulebook";
    }
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
