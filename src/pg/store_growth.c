/* A topic that gets more partitions: noted once, asked until the old ones have passed their ends.
 */

#include <stdlib.h>

#include "mentor/base/err.h"

#include "field.h"
#include "store.h"

static bool note(struct pg_store *store, const int64_t *ends, int32_t count, struct err *err)
{
    struct array *array = &store->arrays[0];
    struct params params = {0};
    array_begin(array, ARRAY_INT8);
    for (int32_t i = 0; i < count; i++) {
        array_int8(array, ends[i]);
    }
    params_text(&params, store->cluster);
    params_text(&params, store->topic);
    params_array(&params, array);
    params_text(&params, store->settings.owner);
    return store_send(store, STORE_growth_note, &params, err) && session_run(&store->session, err);
}

static bool ask(struct pg_store *store, struct err *err)
{
    struct params place = {0};
    params_text(&place, store->cluster);
    params_text(&place, store->topic);
    return store_send(store, STORE_growth_pass, &place, err) &&
           store_send(store, STORE_growth_ask, &place, err) && session_run(&store->session, err);
}

/* A row for each old partition. */
static bool keep_ends(struct pg_store *store, const PGresult *rows, struct err *err)
{
    size_t count = (size_t)PQntuples(rows);
    if ((int32_t)count != field_int4(rows, 0, 0)) {
        return err_set(err,
                       ERR_HALT,
                       "PostgreSQL: topic %.80s has %d partitions, but grows from %d",
                       store->topic,
                       field_int4(rows, 0, 0),
                       (int32_t)count);
    }
    free(store->ends);
    store->ends = calloc(count, sizeof(*store->ends));
    if (store->ends == NULL) {
        return err_set(err, ERR_FATAL, "PostgreSQL: out of memory");
    }
    for (size_t i = 0; i < count; i++) {
        store->ends[i] = field_int8(rows, (int)i, 6);
    }
    return true;
}

bool store_growth(
    void *self, const int64_t *ends, int32_t count, struct growth *growth, struct err *err)
{
    struct pg_store *store = self;
    if (!store_ready(store, err) || (ends != NULL && !note(store, ends, count, err)) ||
        !ask(store, err)) {
        return false;
    }
    const PGresult *row = session_result(&store->session, 1);
    if (PQntuples(row) == 0) {
        return err_set(err, ERR_HALT, "PostgreSQL: the row of topic %.80s is gone", store->topic);
    }
    *growth = (struct growth){.from = field_int4(row, 0, 0), .to = field_int4(row, 0, 1)};
    if (!field_null(row, 0, 2)) {
        growth->behind = (int32_t)field_int8(row, 0, 2);
        growth->slowest = field_int4(row, 0, 3);
        growth->slowest_emitted = field_int8(row, 0, 4);
        growth->slowest_end = field_int8(row, 0, 5);
    }
    if (growth->to > growth->from) {
        if (!keep_ends(store, row, err)) {
            return false;
        }
        growth->old_end = store->ends;
    }
    return true;
}

/* Offsets and counts, as the port has them. NOLINTNEXTLINE(bugprone-easily-swappable-parameters) */
bool store_growth_end(void *self, int32_t from, int32_t partition, int64_t offset, struct err *err)
{
    struct pg_store *store = self;
    struct params params = {0};
    params_text(&params, store->cluster);
    params_text(&params, store->topic);
    params_int4(&params, from);
    params_int4(&params, partition);
    params_int8(&params, offset);
    return store_ready(store, err) && store_send(store, STORE_growth_end, &params, err) &&
           session_run(&store->session, err);
}
