/* Decisions with all that they were made from, in order of batch and index, out of a binary COPY. */

#include <inttypes.h>
#include <stdio.h>

#include "mentor/base/err.h"

#include "chronicle.h"
#include "sql_embedded.h"
#include "stored.h"

enum {
    DAYS_TO_2000 = 10957,  /* PostgreSQL counts days from 2000-01-01 */
    FILE_HEADER_SIZE = 19, /* signature, flags, no extension: before the first row */
};

enum column {
    D_PROGRESS_ID = STORED_ARCHIVED_COLUMNS,
    D_APPLICATION_ID,
    D_VERSION,
    D_TOTAL_ORE,
    D_START_DATE,
    D_END_DATE,
    D_EVENTS,
    D_COUNT,
};

/* A row of the copy: how many fields, then each with its size; -1 is null. */
static bool read_fields(struct bytes message, struct bytes fields[D_COUNT])
{
    const uint8_t *at = message.data + 2;
    const uint8_t *end = message.data + message.size;
    if (message.size < 2 || int2_of(bytes_of(message.data, 2)) != D_COUNT) {
        return false;
    }
    for (int i = 0; i < D_COUNT; i++) {
        if (end - at < 4) {
            return false;
        }
        uint32_t size = get_be32(at);
        at += 4;
        fields[i] = (struct bytes){0};
        if (size == UINT32_MAX) {
            continue;
        }
        if ((size_t)(end - at) < size) {
            return false;
        }
        fields[i] = bytes_of(at, size);
        at += size;
    }
    return at == end;
}

static void fill(const struct bytes *fields, struct chronicle_decision *decision)
{
    *decision = (struct chronicle_decision){
        .archived = stored_archived(fields),
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
    chronicle->copy_begins = true;
    return chronicle_ask(chronicle, CHRONICLE_between, &params, err) != NULL &&
           session_copy(&chronicle->session, &copy, err);
}

/* The messages of the page before this one. */
void chronicle_drop_messages(struct pg_chronicle *chronicle)
{
    for (uint32_t i = 0; i < chronicle->message_count; i++) {
        PQfreemem(chronicle->messages[i]);
    }
    chronicle->message_count = 0;
}

/* One row of the copy into *decision; 0 at its end. */
static int next_row(struct pg_chronicle *chronicle, struct chronicle_decision *decision, struct err *err)
{
    struct bytes fields[D_COUNT];
    struct bytes message;
    int got = session_copy_next(&chronicle->session, &message, err);
    if (got <= 0) {
        return got;
    }
    chronicle->messages[chronicle->message_count++] = (void *)(uintptr_t)message.data;
    if (chronicle->copy_begins && message.size >= FILE_HEADER_SIZE) {
        message = bytes_of(message.data + FILE_HEADER_SIZE, message.size - FILE_HEADER_SIZE);
    }
    chronicle->copy_begins = false;
    if (message.size == 2 && int2_of(message) == -1) { /* the trailer; only the end comes after it */
        return session_copy_next(&chronicle->session, &message, err);
    }
    if (!read_fields(message, fields)) {
        (void)err_set(err, ERR_FATAL, "PostgreSQL: chronicle_decisions: a row in another form than asked for");
        return -1;
    }
    fill(fields, decision);
    return 1;
}

bool chronicle_more(void *self,
                    const struct chronicle_decision **rows,
                    uint32_t *count,
                    struct err *err)
{
    struct pg_chronicle *chronicle = self;
    uint32_t most = *count < CHRONICLE_MESSAGES_MAX - 1 ? *count : CHRONICLE_MESSAGES_MAX - 1;
    struct chronicle_decision *out =
        chronicle_hand_out(chronicle, (int)most, sizeof(*out), err);
    int got = out == NULL ? -1 : 1;
    *count = 0;
    chronicle_drop_messages(chronicle);
    while (got == 1 && *count < most && (got = next_row(chronicle, &out[*count], err)) == 1) {
        (*count)++;
    }
    *rows = out;
    return got >= 0;
}
