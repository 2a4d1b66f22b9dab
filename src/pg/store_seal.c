/* The data keys of a batch's citizens: which are needed, new ones, and what they seal. */

#include <stdlib.h>

#include "mentor/base/err.h"

#include "store_write.h"

enum {
    KEY_NUMBER_BITS = 16, /* of an id: its number among its batch's new ones */
    KEY_ROW_BITS = 5,     /* of that: its place in its row (migrations/0005_erasure.sql) */
};

bool store_keys_reserve(struct pg_store *store, uint32_t count)
{
    CHECK(count <= 1U << KEY_NUMBER_BITS);
    if (count <= store->key_capacity) {
        return true;
    }
    store_keys_wipe(store);
    free(store->keys);
    store->keys = calloc(count, sizeof(*store->keys));
    store->key_capacity = store->keys == NULL ? 0 : count;
    return store->keys != NULL;
}

void store_keys_wipe(struct pg_store *store)
{
    if (store->keys != NULL) {
        seal_wipe(store->keys, store->key_capacity * sizeof(*store->keys));
    }
}

/* Place of a citizen's key; nobody's is behind them. */
static struct store_key *key_of(const struct write *write, uint32_t citizen)
{
    uint32_t count = write->batch->read.citizen_count;
    CHECK(citizen == UINT32_MAX || citizen < count);
    return &write->store->keys[citizen == UINT32_MAX ? count : citizen];
}

static void mark_used(const struct write *write)
{
    const struct batch *batch = write->batch;
    for (uint32_t i = 0; i <= batch->read.citizen_count; i++) {
        write->store->keys[i].used = false;
    }
    for (uint32_t i = 0; i < batch->decision_count; i++) {
        key_of(write, batch->decisions[i].citizen)->used = true;
    }
    for (uint32_t i = 0; i < batch->quarantine_count; i++) {
        key_of(write, batch->quarantines[i].citizen)->used = true;
    }
}

void write_keys_numbered(const struct write *write)
{
    struct pg_store *store = write->store;
    int64_t next = write->batch->read.batch_id << KEY_NUMBER_BITS;
    if (!store->vault.is_open) {
        return;
    }
    mark_used(write);
    for (uint32_t i = 0; i <= write->batch->read.citizen_count; i++) {
        struct store_key *key = &store->keys[i];
        if (key->used && key->id_read == 0) {
            key->id = next++;
        }
    }
}

/* Empty: nobody. */
static struct bytes ref_of(const struct write *write, uint32_t place)
{
    const struct batch_read *read = &write->batch->read;
    return place == read->citizen_count ? (struct bytes){0}
                                        : bytes_of(read->citizens[place].ref, CITIZEN_REF_SIZE);
}

/* Read, or made and added to the new ones. */
static bool get_key(const struct write *write, uint32_t place, struct err *err)
{
    struct pg_store *store = write->store;
    struct store_key *key = &store->keys[place];
    struct bytes ref = ref_of(write, place);
    if (key->id_read != 0) {
        struct bytes wrapped = bytes_of(key->wrapped, key->has_wrapped ? VAULT_WRAPPED_SIZE : 0);
        return vault_learn_key(&store->vault, key->id_read, ref, wrapped, key->key) ||
               err_set(err,
                       ERR_HALT,
                       "a citizen's data key (mentord.citizen_key, id %lld) is missing or does not "
                       "open with this master key: keep the database and ask for help",
                       (long long)key->id_read);
    }
    vault_make_key(&store->vault, key->id, ref, key->key, key->wrapped);
    if (ref.size == 0) {
        array_null(&store->arrays[0]);
    } else {
        array_bytes(&store->arrays[0], ref);
    }
    array_bytes(&store->arrays[1], bytes_of(key->wrapped, VAULT_WRAPPED_SIZE));
    return true;
}

bool write_keys(const struct write *write, struct err *err)
{
    static const enum array_type types[] = {ARRAY_BYTEA, ARRAY_BYTEA};
    struct pg_store *store = write->store;
    if (!store->vault.is_open) {
        return true;
    }
    store_columns(write->store, types, 2);
    for (uint32_t i = 0; i <= write->batch->read.citizen_count; i++) {
        if (store->keys[i].used && !get_key(write, i, err)) {
            return false;
        }
    }
    struct params params = {0};
    params_int8(&params, write->batch->read.batch_id << (KEY_NUMBER_BITS - KEY_ROW_BITS));
    store_put_columns(store, &params, 2);
    params_int8(&params, store->vault.number);
    return store->arrays[0].count == 0 || store_send(store, STORE_write_keys, &params, err);
}

void write_payload(const struct write *write,
                   const struct write_payload *payload,
                   struct array *key_id,
                   struct array *headers,
                   struct array *value)
{
    struct vault *vault = &write->store->vault;
    if (!vault->is_open) {
        array_null(key_id);
        array_bytes(headers, payload->headers);
    } else {
        const struct store_key *key = key_of(write, payload->citizen);
        size_t size = payload->headers.size + payload->value.size + VAULT_SEALED_MORE;
        uint8_t *at = array_element(headers, size);
        if (at != NULL) {
            vault_seal(vault, key->key, &payload->place, payload->headers, payload->value, at);
        }
        array_element_end(headers, size);
        array_int8(key_id, key->id);
    }
    if (payload->has_value) {
        array_bytes(value, vault->is_open ? (struct bytes){0} : payload->value);
    } else {
        array_null(value);
    }
}
