/* Stored outputs, to be sent again as they are. */

#include "mentor/base/err.h"

#include "field.h"
#include "store.h"
#include "stored.h"

enum {
    Q_PAYLOAD = 7, /* of sql/unsent_quarantines.sql */
    Q_COLUMNS = Q_PAYLOAD + STORED_REFUSAL_COLUMNS,
    QUARANTINES_MOST = 64, /* a call: their values may be large */
};

static bool ask(struct pg_store *store,
                enum store_statement statement,
                int64_t progress_id,
                int64_t from,
                uint32_t limit,
                struct err *err)
{
    struct params params = {0};
    params_int8(&params, progress_id);
    params_int8(&params, from);
    params_int4(&params, (int32_t)limit);
    return store_send(store, statement, &params, err);
}

static bool fill_quarantine(struct vault *vault,
                            const PGresult *rows,
                            int row,
                            struct stored_output *output,
                            struct err *err)
{
    struct bytes fields[Q_COLUMNS];
    field_row(rows, row, fields, Q_COLUMNS);
    *output = (struct stored_output){.offset = field_int8(rows, row, 0),
                                     .dlq = true,
                                     .late_ms = -1,
                                     .reason = stored_reason(field_text(rows, row, 1)),
                                     .redrives = field_int8(rows, row, 2),
                                     .evaluated_at_ms = field_int8(rows, row, 3),
                                     .has_key = !field_null(rows, row, 4),
                                     .key = field_bytes(rows, row, 4),
                                     .has_value = !field_null(rows, row, 5),
                                     .value = field_bytes(rows, row, 5),
                                     .headers = field_bytes(rows, row, 6)};
    struct payload payload =
        stored_refusal(vault, fields + Q_PAYLOAD, output->offset, &output->headers, &output->value);
    return payload.state == PAYLOAD_WHOLE ||
           err_set(err,
                   ERR_HALT,
                   "offset %lld is still to be sent to the DLQ: %s",
                   (long long)output->offset,
                   payload_text(payload.state));
}

/* Up to which offset the rows are all there are: a list that was cut may go on after its last. */
static int64_t complete_to(const PGresult *rows, uint32_t limit)
{
    int count = PQntuples(rows);
    return count < (int)limit ? INT64_MAX : field_int8(rows, count - 1, 0);
}

bool store_unsent(void *self,
                  const struct position *position,
                  int64_t from,
                  struct stored_output *outputs,
                  uint32_t *count,
                  struct err *err)
{
    struct pg_store *store = self;
    uint32_t limit = *count;
    uint32_t quarantine_limit = limit < QUARANTINES_MOST ? limit : QUARANTINES_MOST;
    *count = 0;
    vault_drop(&store->vault);
    if (limit == 0) {
        return true;
    }
    if (!store_ready(store, err) ||
        !ask(store, STORE_unsent_decisions, position->progress_id, from, limit, err) ||
        !ask(store, STORE_unsent_quarantines, position->progress_id, from, quarantine_limit, err) ||
        !session_run(&store->session, err)) {
        return false;
    }
    const PGresult *decisions = session_result(&store->session, 0);
    const PGresult *quarantines = session_result(&store->session, 1);
    int64_t decisions_to = complete_to(decisions, limit);
    int64_t quarantines_to = complete_to(quarantines, quarantine_limit);
    int64_t to = decisions_to < quarantines_to ? decisions_to : quarantines_to;
    for (int d = 0, q = 0; *count < limit;) {
        int64_t decision = d < PQntuples(decisions) ? field_int8(decisions, d, 0) : INT64_MAX;
        int64_t quarantine = q < PQntuples(quarantines) ? field_int8(quarantines, q, 0) : INT64_MAX;
        if ((decision < quarantine ? decision : quarantine) > to ||
            (decision == INT64_MAX && quarantine == INT64_MAX)) {
            break;
        }
        if (decision < quarantine) {
            struct bytes fields[STORED_COLUMNS];
            field_row(decisions, d++, fields, STORED_COLUMNS);
            outputs[(*count)++] = stored_decision(fields);
        } else if (!fill_quarantine(&store->vault, quarantines, q++, &outputs[(*count)++], err)) {
            return false;
        }
    }
    return true;
}
