/* What a batch needs to know, in one flush. */

#include "mentor/base/err.h"

#include "field.h"
#include "store.h"

static bool
send_applications(struct pg_store *store, const struct batch_read *read, struct err *err)
{
    struct array *ids = &store->arrays[0];
    array_begin(ids, ARRAY_UUID);
    for (uint32_t i = 0; i < read->application_count; i++) {
        array_bytes(ids, bytes_of(read->applications[i].id, UUID_SIZE));
    }
    struct params params = {0};
    params_array(&params, ids);
    return store_send(store, STORE_read_applications, &params, err);
}

static bool send_citizens(struct pg_store *store, const struct batch_read *read, struct err *err)
{
    struct array *refs = &store->arrays[0];
    array_begin(refs, ARRAY_BYTEA);
    for (uint32_t i = 0; i < read->citizen_count; i++) {
        array_bytes(refs, bytes_of(read->citizens[i].ref, CITIZEN_REF_SIZE));
    }
    struct params params = {0};
    params_array(&params, refs);
    return store_send(store, STORE_read_citizens, &params, err);
}

static bool send_keys(struct pg_store *store,
                      const struct position *positions,
                      const struct batch_read *read,
                      struct err *err)
{
    struct array *ids = &store->arrays[0];
    struct array *keys = &store->arrays[1];
    array_begin(ids, ARRAY_INT8);
    array_begin(keys, ARRAY_BYTEA);
    for (uint32_t i = 0; i < read->key_count; i++) {
        array_int8(ids, positions[read->keys[i].slot].progress_id);
        array_bytes(keys, read->keys[i].key);
    }
    struct params params = {0};
    params_array(&params, ids);
    params_array(&params, keys);
    params_int4(&params, (int32_t)read->key_rows_more);
    return store_send(store, STORE_read_armed_keys, &params, err);
}

/* The first column: from 1. */
static uint32_t place(const PGresult *rows, int row, uint32_t count)
{
    int32_t place = field_int4(rows, row, 0);
    CHECK(place >= 1);
    CHECK((uint32_t)place <= count);
    return (uint32_t)place - 1;
}

static void fill_applications(const PGresult *rows, struct batch_read *read)
{
    for (uint32_t i = 0; i < read->application_count; i++) {
        struct application_row *to = &read->applications[i];
        to->seq_read = 0;
        to->seq = 0;
        to->state = (struct bytes){0};
        to->changed = false;
    }
    for (int row = 0; row < PQntuples(rows); row++) {
        struct application_row *to = &read->applications[place(rows, row, read->application_count)];
        to->seq_read = field_int8(rows, row, 1);
        to->seq = to->seq_read;
        to->state = field_bytes(rows, row, 2);
    }
}

static void fill_citizens(const PGresult *rows, struct batch_read *read)
{
    for (uint32_t i = 0; i < read->citizen_count; i++) {
        struct citizen_row *to = &read->citizens[i];
        to->seq_read = 0;
        to->armed_read = 0;
        to->seq = 0;
        to->armed = 0;
        to->state = (struct bytes){0};
        to->changed = false;
    }
    for (int row = 0; row < PQntuples(rows); row++) {
        struct citizen_row *to = &read->citizens[place(rows, row, read->citizen_count)];
        to->seq_read = field_int8(rows, row, 1);
        to->seq = to->seq_read;
        to->armed_read = field_int8(rows, row, 2);
        to->armed = to->armed_read;
        to->state = field_bytes(rows, row, 3);
    }
}

/* The citizens' data keys; the last one is of nobody. */
static bool fill_data_keys(struct pg_store *store,
                           const PGresult *rows,
                           const struct batch_read *read,
                           struct err *err)
{
    if (!store_keys_reserve(store, read->citizen_count + 1)) {
        return err_set(err, ERR_FATAL, "PostgreSQL: out of memory");
    }
    for (uint32_t i = 0; i <= read->citizen_count; i++) {
        store->keys[i] = (struct store_key){0};
    }
    for (int row = 0; row < PQntuples(rows); row++) {
        struct store_key *key = &store->keys[place(rows, row, read->citizen_count)];
        if (field_null(rows, row, 4)) {
            continue;
        }
        if (!store->vault.is_open) {
            return err_set(err,
                           ERR_HALT,
                           "another worker has begun to seal what is stored: give this one its "
                           "--master-key-file too");
        }
        key->id_read = field_int8(rows, row, 4);
        key->id = key->id_read;
        key->has_wrapped = !field_null(rows, row, 5);
        if (key->has_wrapped) {
            field_copy(rows, row, 5, key->wrapped, VAULT_WRAPPED_SIZE);
        }
    }
    return true;
}

static void fill_keys(const PGresult *rows, struct batch_read *read)
{
    for (uint32_t i = 0; i < read->key_count; i++) {
        read->keys[i].armed = 0;
    }
    for (int row = 0; row < PQntuples(rows); row++) {
        read->keys[place(rows, row, read->key_count)].armed = (uint32_t)field_int4(rows, row, 1);
    }
}

bool store_read(void *self,
                const struct position *positions,
                struct batch_read *read,
                struct err *err)
{
    struct pg_store *store = self;
    struct params moment = {0};
    params_int8(&moment, read->floor_ms);
    params_text(&moment, store->rulebook->name);
    params_text(&moment, store->cluster);
    params_text(&moment, store->topic);
    /* The clock and the number last: they are above those of every batch that the rows tell of. */
    if (!send_applications(store, read, err) || !send_citizens(store, read, err) ||
        !send_keys(store, positions, read, err) ||
        !store_send(store, STORE_read_clock, &moment, err) || !session_run(&store->session, err)) {
        return false;
    }
    const PGresult *clock = session_result(&store->session, 3);
    read->now_ms = field_int8(clock, 0, 0);
    read->batch_id = field_int8(clock, 0, 1);
    read->published = !field_null(clock, 0, 2);
    if (!field_null(clock, 0, 3)) {
        read->partitions = field_int4(clock, 0, 3);
        read->partitions_to = field_int4(clock, 0, 4);
    }
    if (read->published) {
        field_copy(clock, 0, 2, read->rulebook_sha256, SHA256_SIZE);
    }
    fill_applications(session_result(&store->session, 0), read);
    fill_citizens(session_result(&store->session, 1), read);
    fill_keys(session_result(&store->session, 2), read);
    return fill_data_keys(store, session_result(&store->session, 1), read, err);
}

bool store_rulebook(void *self,
                    const uint8_t sha256[SHA256_SIZE],
                    struct stored_rulebook *rulebook,
                    struct err *err)
{
    struct pg_store *store = self;
    struct params params = {0};
    params_bytes(&params, bytes_of(sha256, SHA256_SIZE));
    if (!store_send(store, STORE_read_rulebook, &params, err) ||
        !session_run(&store->session, err)) {
        return false;
    }
    const PGresult *row = session_result(&store->session, 0);
    if (PQntuples(row) != 1) {
        return err_set(err, ERR_HALT, "a rulebook that is published is not stored: restore it");
    }
    *rulebook = (struct stored_rulebook){
        .name = field_text(row, 0, 0),
        .version = field_text(row, 0, 1),
        .yaml = field_bytes(row, 0, 2),
    };
    return true;
}
