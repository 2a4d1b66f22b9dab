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

static void fill(struct vault *vault, struct bytes *fields, struct chronicle_decision *decision)
{
    static const struct field_column columns[] = {{"application_id", UUID_SIZE}, {"version", 8}};
    const char *damaged = field_repair(&fields[D_APPLICATION_ID], columns, 2);
    *decision = (struct chronicle_decision){
        .archived = stored_archived(vault, fields),
        .progress_id = int8_of(fields[D_PROGRESS_ID]),
        .version = int8_of(fields[D_VERSION]),
        .has_total = fields[D_TOTAL_ORE].data != NULL,
        .has_period = fields[D_START_DATE].data != NULL && fields[D_END_DATE].data != NULL,
        .events = fields[D_EVENTS],
    };
    if (damaged != NULL) {
        decision->archived.stored.damaged = damaged;
    }
    copy_of(fields[D_APPLICATION_ID], decision->application_id, UUID_SIZE);
    if (decision->has_total) {
        decision->total_ore = int8_of(fields[D_TOTAL_ORE]);
    }
    if (decision->has_period) {
        decision->start = int4_of(fields[D_START_DATE]) + DAYS_TO_2000;
        decision->end = int4_of(fields[D_END_DATE]) + DAYS_TO_2000;
    }
}

void chronicle_select(void *self, const struct chronicle_selection *selection)
{
    struct pg_chronicle *chronicle = self;
    chronicle->selection = *selection;
}

static bool selects_all(const struct chronicle_selection *selection)
{
    const struct chronicle_selection all = chronicle_all();
    return selection->from_ms == all.from_ms && selection->to_ms == all.to_ms &&
           selection->partition == all.partition && selection->offset_first == all.offset_first &&
           selection->offset_last == all.offset_last && !selection->one_application;
}

/* What the COPY reads of them, since it takes no parameters. */
static bool
set_between(struct pg_chronicle *chronicle, int64_t batch, int64_t batch_end, struct err *err)
{
    const struct chronicle_selection *selection = &chronicle->selection;
    const int64_t numbers[] = {batch,
                               batch_end,
                               selection->from_ms,
                               selection->to_ms,
                               selection->partition,
                               selection->offset_first,
                               selection->offset_last};
    enum {
        NUMBERS = sizeof(numbers) / sizeof(numbers[0]),
    };
    struct params params = {0};
    char texts[NUMBERS][24];
    char application[UUID_TEXT_SIZE + 1] = "";
    for (int i = 0; i < NUMBERS; i++) {
        (void)snprintf(texts[i], sizeof(texts[i]), "%" PRId64, numbers[i]);
        params_text(&params, texts[i]);
    }
    if (selection->one_application) {
        uuid_format(selection->application_id, application);
        application[UUID_TEXT_SIZE] = '\0';
    }
    params_text(&params, application);
    params_text(&params, selects_all(selection) ? "" : "yes");
    return chronicle_ask(chronicle, CHRONICLE_between, &params, err) != NULL;
}

bool chronicle_decisions(void *self, int64_t batch, int64_t batch_end, struct err *err)
{
    static const struct statement copy = {"chronicle_decisions", sql_chronicle_decisions};
    struct pg_chronicle *chronicle = self;
    return set_between(chronicle, batch, batch_end, err) && chronicle_copy(chronicle, &copy, err);
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
        out[*count].archived.partition = chronicle_partition_of(chronicle, out[*count].progress_id);
        (*count)++;
    }
    *rows = out;
    return got >= 0;
}
