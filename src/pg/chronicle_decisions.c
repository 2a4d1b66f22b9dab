/* Decisions with all that they were made from, in order of batch and index. */

#include "chronicle.h"
#include "stored.h"

enum {
    DAYS_TO_2000 = 10957, /* PostgreSQL counts days from 2000-01-01 */
};

enum column {
    D_PROGRESS_ID = STORED_ARCHIVED_COLUMNS,
    D_APPLICATION_ID,
    D_VERSION,
    D_TOTAL_ORE,
    D_START_DATE,
    D_END_DATE,
    D_EVENTS,
};

static void fill(const PGresult *rows, int row, struct chronicle_decision *decision)
{
    *decision = (struct chronicle_decision){
        .archived = stored_archived(rows, row),
        .progress_id = field_int8(rows, row, D_PROGRESS_ID),
        .version = field_int8(rows, row, D_VERSION),
        .has_total = !field_null(rows, row, D_TOTAL_ORE),
        .has_period = !field_null(rows, row, D_START_DATE) && !field_null(rows, row, D_END_DATE),
        .events = field_bytes(rows, row, D_EVENTS),
    };
    field_copy(rows, row, D_APPLICATION_ID, decision->application_id, UUID_SIZE);
    if (decision->has_total) {
        decision->total_ore = field_int8(rows, row, D_TOTAL_ORE);
    }
    if (decision->has_period) {
        decision->start = field_int4(rows, row, D_START_DATE) + DAYS_TO_2000;
        decision->end = field_int4(rows, row, D_END_DATE) + DAYS_TO_2000;
    }
}

static const struct chronicle_decision *
hand_out(struct pg_chronicle *chronicle, const PGresult *found, uint32_t *count, struct err *err)
{
    if (found == NULL) {
        return NULL;
    }
    struct chronicle_decision *out =
        chronicle_hand_out(chronicle, PQntuples(found), sizeof(*out), err);
    *count = (uint32_t)PQntuples(found);
    for (int row = 0; out != NULL && row < PQntuples(found); row++) {
        fill(found, row, &out[row]);
    }
    return out;
}

/* The port's form. NOLINTNEXTLINE(readability-function-size) */
bool chronicle_decisions(void *self,
                         int64_t batch,
                         int32_t index,
                         int64_t batch_end,
                         const struct chronicle_decision **rows,
                         uint32_t *count,
                         struct err *err)
{
    struct pg_chronicle *chronicle = self;
    struct params params = {0};
    params_int8(&params, batch);
    params_int4(&params, index);
    params_int8(&params, batch_end);
    params_int4(&params, (int32_t)*count);
    *rows = hand_out(
        chronicle, chronicle_ask(chronicle, CHRONICLE_decisions, &params, err), count, err);
    return *rows != NULL;
}

bool chronicle_decision_at(void *self,
                           int64_t progress_id,
                           int64_t offset,
                           const struct chronicle_decision **row,
                           struct err *err)
{
    struct pg_chronicle *chronicle = self;
    struct params params = {0};
    uint32_t count = 0;
    params_int8(&params, progress_id);
    params_int8(&params, offset);
    *row = hand_out(
        chronicle, chronicle_ask(chronicle, CHRONICLE_decision_at, &params, err), &count, err);
    bool done = *row != NULL;
    *row = count == 0 ? NULL : *row;
    return done;
}
