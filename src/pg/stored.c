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

enum reason stored_reason(const char *id)
{
    for (enum reason reason = REASON_NONE; reason < REASON_COUNT; reason++) {
        if (strcmp(reason_id(reason), id) == 0) {
            return reason;
        }
    }
    return REASON_RECORD_FAILED;
}
