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
    D_PROGRESS_ID,
    D_KEY_ID,
    D_WRAPPED,
    D_BY_CITIZEN,
    D_GONE_AT_MS,
    D_WHY,
};

struct archived_decision stored_archived(struct vault *vault, const struct bytes *fields)
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
    const struct vault_row row = {
        .place = {VAULT_DECISION, int8_of(fields[D_PROGRESS_ID]), decision.offset},
        .key_id = fields[D_KEY_ID],
        .citizen_ref = bytes_of(decision.stored.citizen_ref, CITIZEN_REF_SIZE),
        .wrapped = fields[D_WRAPPED],
        .by_citizen = fields[D_BY_CITIZEN],
        .gone_at_ms = fields[D_GONE_AT_MS],
        .why = fields[D_WHY],
    };
    decision.payload = vault_read(vault, &row, &decision.headers, &decision.input);
    return decision;
}

struct payload stored_refusal(struct vault *vault,
                              const struct bytes *fields,
                              int64_t offset,
                              struct bytes *headers,
                              struct bytes *value)
{
    const struct vault_row row = {
        .place = {VAULT_QUARANTINE, int8_of(fields[0]), offset},
        .key_id = fields[1],
        .citizen_ref = fields[2],
        .wrapped = fields[3],
        .by_citizen = fields[4],
        .gone_at_ms = fields[5],
        .why = fields[6],
    };
    return vault_read(vault, &row, headers, value);
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
