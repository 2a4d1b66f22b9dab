/* Decisions with all that they were made from, in order of batch and index, out of a binary COPY.
 */

#include <inttypes.h>
#include <stdio.h>

#include "chronicle.h"
#include "sql_embedded.h"
#include "stored.h"

enum {
    DAYS_TO_2000 = 10957, /* PostgreSQL counts days from 2000-01-01 */
};

enum column {
    D_PROGRESS_ID = STORED_COLUMNS + 11,
    D_APPLICATION_ID = STORED_ARCHIVED_COLUMNS,
    D_VERSION,
    D_TOTAL_ORE,
    D_START_DATE,
    D_END_DATE,
    D_EVENTS,
    D_COUNT,
};

/* -1: of no known position. */
static int32_t partition_of(const struct pg_chronicle *chronicle, int64_t progress_id)
{
    for (uint32_t i = 0; i < chronicle->partition_count; i++) {
        if (chronicle->partitions[i].progress_id == progress_id) {
            return chronicle->partitions[i].partition;
        }
    }
    return -1;
}

static void
fill(struct vault *vault, const struct bytes *fields, struct chronicle_decision *decision)
{
    *decision = (struct chronicle_decision){
        .archived = stored_archived(vault, fields),
        .progress_id = int8_of(fields[D_PROGRESS_ID]),
        .version = int8_of(fields[D_VERSION]),
        .has_total = fields[D_TOTAL_ORE].data != NULL,
        .has_period = fields[D_START_DATE].data != NULL && fields[D_END_DATE].data != NULL,
        .events = fields[D_EVENTS],
    };
    copy_of(fields[D_APPLICATION_ID], decision->application_id, UUID_SIZE);
    if (decision->has_total) {
        decision->total_ore = int8_of(fields[D_TOTAL_ORE]);
    }
    if (decision->has_period) {
        decision->start = int4_of(fields[D_START_DATE]) + DAYS_TO_2000;
        decision->end = int4_of(fields[D_END_DATE]) + DAYS_TO_2000;
    }
}

bool chronicle_decisions(void *self, int64_t batch, int64_t batch_end, struct err *err)
{
    static const struct statement copy = {"chronicle_decisions", sql_chronicle_decisions};
    struct pg_chronicle *chronicle = self;
    struct params params = {0};
    char from[24];
    char to[24];
    (void)snprintf(from, sizeof(from), "%" PRId64, batch);
    (void)snprintf(to, sizeof(to), "%" PRId64, batch_end);
    params_text(&params, from);
    params_text(&params, to);
    return chronicle_ask(chronicle, CHRONICLE_between, &params, err) != NULL &&
           chronicle_copy(chronicle, &copy, err);
}

bool chronicle_more(void *self,
                    const struct chronicle_decision **rows,
                    uint32_t *count,
                    struct err *err)
{
    struct pg_chronicle *chronicle = self;
    uint32_t most = *count < CHRONICLE_MESSAGES_MAX ? *count : CHRONICLE_MESSAGES_MAX;
    struct chronicle_decision *out = chronicle_hand_out(chronicle, (int)most, sizeof(*out), err);
    struct bytes fields[D_COUNT];
    int got = out == NULL ? -1 : 1;
    *count = 0;
    chronicle_copy_drop(chronicle);
    while (got == 1 && *count < most &&
           (got = chronicle_copy_next(chronicle, fields, D_COUNT, err)) == 1) {
        fill(&chronicle->vault, fields, &out[*count]);
        out[*count].archived.partition = partition_of(chronicle, out[*count].progress_id);
        (*count)++;
    }
    *rows = out;
    return got >= 0;
}
