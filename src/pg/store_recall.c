/* What is noted before Kafka transactions are undone: which outputs are to be read back. */

#include "mentor/base/err.h"

#include "field.h"
#include "store.h"

bool store_undoing(void *self,
                   const char *transactional_id,
                   const struct undo_mark *marks,
                   uint32_t count,
                   struct err *err)
{
    struct pg_store *store = self;
    struct array *partitions = &store->arrays[0];
    struct array *offsets = &store->arrays[1];
    struct array *times = &store->arrays[2];
    struct params params = {0};
    if (!store_ready(store, err)) {
        return false;
    }
    array_begin(partitions, ARRAY_INT4);
    array_begin(offsets, ARRAY_INT8);
    array_begin(times, ARRAY_INT8);
    for (uint32_t i = 0; i < count; i++) {
        array_int4(partitions, marks[i].partition);
        if (marks[i].pends) {
            array_int8(offsets, marks[i].committed);
        } else {
            array_null(offsets);
        }
        if (marks[i].since_ms != INT64_MAX) {
            array_int8(times, marks[i].since_ms);
        } else {
            array_null(times);
        }
    }
    params_text(&params, store->cluster);
    params_text(&params, store->topic);
    params_text(&params, transactional_id);
    params_array(&params, partitions);
    params_array(&params, offsets);
    params_array(&params, times);
    return store_send(store, STORE_recall_note, &params, err) && session_run(&store->session, err);
}

/* id, epoch: a statement on one position, while it is still ours. */
static void put_owned(const struct position *position, struct params *params)
{
    params_int8(params, position->progress_id);
    params_int8(params, position->epoch);
}

bool store_doubt(void *self, struct position *position, struct err *err)
{
    struct pg_store *store = self;
    struct params params = {0};
    put_owned(position, &params);
    if (!store_ready(store, err) || !store_send(store, STORE_recall_ask, &params, err) ||
        !session_run(&store->session, err)) {
        return false;
    }
    const PGresult *rows = session_result(&store->session, 0);
    bool noted = !PQgetisnull(rows, 0, 0);
    position->recall_ms = noted ? field_int8(rows, 0, 0) : -1;
    position->noted_us = noted ? field_int8(rows, 0, 1) : 0;
    return true;
}

bool store_recalled(void *self, const struct position *position, struct err *err)
{
    struct pg_store *store = self;
    struct params params = {0};
    put_owned(position, &params);
    params_int8(&params, position->noted_us);
    return store_ready(store, err) && store_send(store, STORE_recall_over, &params, err) &&
           session_run(&store->session, err);
}
