/* Rows of the quarantine that redriven records close; and what keeps bad records from doing harm:
 * the one tried alone, and partitions that the breaker stopped. */

#include "mentor/base/err.h"

#include "field.h"
#include "store_write.h"

/* false: the row was altered. */
static bool fill(const PGresult *rows, int row, struct batch_closing *closing)
{
    closing->open = true;
    closing->progress_id = field_int8(rows, row, 1);
    closing->redrives = field_int8(rows, row, 2);
    closing->arms = field_bool(rows, row, 3);
    closing->has_citizen = !field_null(rows, row, 4);
    if (closing->has_citizen && !field_fits(rows, row, 4, closing->citizen_ref, CITIZEN_REF_SIZE)) {
        return false;
    }
    closing->has_key = !field_null(rows, row, 5);
    closing->key = field_bytes(rows, row, 5);
    closing->has_value = !field_null(rows, row, 6);
    if (closing->has_value) {
        field_copy(rows, row, 6, closing->value_digest, SHA256_SIZE);
    }
    return true;
}

bool store_redriven(void *self, struct batch_closing *closings, uint32_t count, struct err *err)
{
    struct pg_store *store = self;
    struct array *partitions = &store->arrays[0];
    struct array *offsets = &store->arrays[1];
    if (!store_ready(store, err)) {
        return false;
    }
    array_begin(partitions, ARRAY_INT4);
    array_begin(offsets, ARRAY_INT8);
    for (uint32_t i = 0; i < count; i++) {
        array_int4(partitions, closings[i].partition);
        array_int8(offsets, closings[i].offset);
        closings[i].open = false;
    }
    struct params params = {0};
    params_text(&params, store->cluster);
    params_text(&params, store->topic);
    params_array(&params, partitions);
    params_array(&params, offsets);
    if (!store_send(store, STORE_redriven, &params, err) || !session_run(&store->session, err)) {
        return false;
    }
    const PGresult *rows = session_result(&store->session, 0);
    for (int row = 0; row < PQntuples(rows); row++) {
        int32_t place = field_int4(rows, row, 0);
        CHECK(place >= 1);
        CHECK((uint32_t)place <= count);
        if (!fill(rows, row, &closings[place - 1])) {
            return err_set(
                err,
                ERR_HALT,
                "mentord.quarantine was altered: the citizen_ref of partition %d, offset "
                "%lld is none; keep the database, run `mentord audit verify`, and restore "
                "it",
                closings[place - 1].partition,
                (long long)closings[place - 1].offset);
        }
    }
    return true;
}

/* What came of it, in a word; the new place's own row says more. */
static const char *word_of(enum fate fate)
{
    return fate == FATE_DECIDED     ? "decided"
           : fate == FATE_DUPLICATE ? "duplicate"
                                    : "refused again";
}

static void add_closing(const struct write *write, const struct batch_closing *closing)
{
    struct array *columns = write->store->arrays;
    const struct batch_entry *entry = &write->batch->entries[closing->entry];
    array_int8(&columns[0], closing->progress_id);
    array_int8(&columns[1], closing->offset);
    array_bytes(&columns[2], bytes_text(word_of(entry->fate)));
    array_int8(&columns[3], write->positions[entry->slot].progress_id);
    array_int8(&columns[4], entry->offset);
    if (entry->fate == FATE_DECIDED) {
        array_int4(&columns[5], entry->index);
    } else {
        array_null(&columns[5]);
    }
}

bool write_closings(const struct write *write, struct err *err)
{
    static const enum array_type types[] = {
        ARRAY_INT8, ARRAY_INT8, ARRAY_TEXT, ARRAY_INT8, ARRAY_INT8, ARRAY_INT4};
    enum {
        COUNT = sizeof(types) / sizeof(types[0]),
    };
    if (write->batch->closing_count == 0) {
        return true;
    }
    store_columns(write->store, types, COUNT);
    for (uint32_t i = 0; i < write->batch->closing_count; i++) {
        if (write->batch->closings[i].closed) {
            add_closing(write, &write->batch->closings[i]);
        }
    }
    if (write->store->arrays[0].count == 0) {
        return true;
    }
    struct params params = {0};
    params_int8(&params, write->batch->read.batch_id);
    return write_send(write, STORE_write_closings, &params, COUNT, err);
}

bool store_tried(
    void *self, const struct position *position, int64_t offset, int32_t *tries, struct err *err)
{
    struct pg_store *store = self;
    struct params params = {0};
    params_int8(&params, position->progress_id);
    params_int8(&params, position->epoch);
    params_int8(&params, offset);
    params_text(&params, store->settings.life);
    if (!store_ready(store, err) || !store_send(store, STORE_tried, &params, err) ||
        !session_run(&store->session, err)) {
        return false;
    }
    const PGresult *rows = session_result(&store->session, 0);
    if (PQntuples(rows) != 1) {
        return err_set(err, ERR_FENCED, "partition %d has another owner", position->partition);
    }
    *tries = field_int4(rows, 0, 0);
    return true;
}

bool store_resumed(
    void *self, const struct position *positions, uint32_t count, bool *resumed, struct err *err)
{
    struct pg_store *store = self;
    struct array *ids = &store->arrays[0];
    if (!store_ready(store, err)) {
        return false;
    }
    array_begin(ids, ARRAY_INT8);
    for (uint32_t i = 0; i < count; i++) {
        array_int8(ids, positions[i].progress_id);
    }
    struct params params = {0};
    params_array(&params, ids);
    if (!store_send(store, STORE_resumed, &params, err) || !session_run(&store->session, err)) {
        return false;
    }
    *resumed = field_bool(session_result(&store->session, 0), 0, 0);
    return true;
}
