#include "statements.h"

#include <stdlib.h>

#include "mentor/base/endian_be.h"
#include "mentor/base/err.h"
#include "mentor/pg/pg.h"

#include "../../src/pg/store_write.h"
#include "sealing.h"
#include "sim.h"

enum {
    ARRAY_HEADER = 20,
    COLUMNS_MAX = 8,
    KEYS_A_ROW = 32,  /* sql/write_keys.sql */
    FRESH_ONE_IN = 8, /* processes with nothing in memory of the one before; it costs time */
};

/* Where the statements of the batch in hand go. */
static struct statements *taken;

/* Arrays in binary form, row by row. */
struct columns {
    const uint8_t *at[COLUMNS_MAX];
    uint32_t rows;
};

/* From the parameter `first` on. */
static void columns_open(struct columns *columns, const struct params *params, int first, int count)
{
    CHECK(params->count >= first + count);
    CHECK(!params->failed);
    for (int i = 0; i < count; i++) {
        const uint8_t *array = (const uint8_t *)params->values[first + i];
        CHECK(get_be32(array) == 1); /* nothing is sent for no rows */
        CHECK(i == 0 || get_be32(array + 12) == columns->rows);
        columns->rows = get_be32(array + 12);
        columns->at[i] = array + ARRAY_HEADER;
    }
}

/* The next element of a column; a null has no data. */
static struct bytes column_next(struct columns *columns, uint32_t column)
{
    uint32_t size = get_be32(columns->at[column]);
    bool null = size == UINT32_MAX;
    struct bytes element = null ? (struct bytes){0} : bytes_of(columns->at[column] + 4, size);
    columns->at[column] += null ? 4 : 4 + size;
    return element;
}

static int64_t column_int8(struct columns *columns, uint32_t column)
{
    struct bytes element = column_next(columns, column);
    return element.data == NULL ? 0 : (int64_t)get_be64(element.data);
}

static void column_copy(struct columns *columns, uint32_t column, uint8_t *to, size_t size)
{
    struct bytes element = column_next(columns, column);
    CHECK(element.size == size);
    memcpy(to, element.data, size);
}

static void take_keys(const struct params *params)
{
    struct columns columns = {0};
    int64_t row = (int64_t)get_be64((const uint8_t *)params->values[0]);
    columns_open(&columns, params, 1, 2);
    for (uint32_t i = 0; i < columns.rows; i++) {
        struct db_key *key = &taken->keys[taken->key_count++];
        *key = (struct db_key){.id = row * KEYS_A_ROW + i};
        struct bytes ref = column_next(&columns, 0);
        key->has_citizen = ref.data != NULL;
        if (key->has_citizen) {
            memcpy(key->citizen_ref, ref.data, CITIZEN_REF_SIZE);
        }
        column_copy(&columns, 1, key->wrapped, VAULT_WRAPPED_SIZE);
    }
}

static void take_applications(const struct params *params, bool fresh)
{
    struct columns columns = {0};
    uint32_t at = fresh ? 1 : 2; /* an INSERT has no seq_read */
    columns_open(&columns, params, 0, fresh ? 3 : 4);
    for (uint32_t i = 0; i < columns.rows; i++) {
        struct application_write *write = &taken->applications[taken->application_count++];
        *write = (struct application_write){.fresh = fresh};
        column_copy(&columns, 0, write->row.id, UUID_SIZE);
        write->row.seq_read = fresh ? 0 : column_int8(&columns, 1);
        write->row.seq = column_int8(&columns, at);
        write->row.state = sim_keep(column_next(&columns, at + 1));
    }
}

static void take_citizens(const struct params *params, bool fresh)
{
    struct columns columns = {0};
    uint32_t at = fresh ? 1 : 4;
    columns_open(&columns, params, 0, fresh ? 5 : 8);
    for (uint32_t i = 0; i < columns.rows; i++) {
        struct citizen_write *write = &taken->citizens[taken->citizen_count++];
        *write = (struct citizen_write){.fresh = fresh};
        column_copy(&columns, 0, write->row.ref, CITIZEN_REF_SIZE);
        write->row.seq_read = fresh ? 0 : column_int8(&columns, 1);
        write->row.armed_read = fresh ? 0 : column_int8(&columns, 2);
        write->key_read = fresh ? 0 : column_int8(&columns, 3);
        write->row.seq = column_int8(&columns, at);
        write->row.armed = column_int8(&columns, at + 1);
        write->row.state = sim_keep(column_next(&columns, at + 2));
        write->key = column_int8(&columns, at + 3);
    }
}

static void take_gone(const struct params *params)
{
    struct columns columns = {0};
    columns_open(&columns, params, 0, 2);
    for (uint32_t i = 0; i < columns.rows; i++) {
        struct citizen_write *write = &taken->citizens[taken->citizen_count++];
        *write = (struct citizen_write){.gone = true};
        column_copy(&columns, 0, write->row.ref, CITIZEN_REF_SIZE);
        write->row.armed_read = column_int8(&columns, 1);
    }
}

/* In place of src/pg/pg_store.c. */
bool store_send(struct pg_store *store,
                enum store_statement statement,
                const struct params *params,
                struct err *err)
{
    (void)store;
    (void)err;
    if (statement == STORE_write_keys) {
        take_keys(params);
    } else if (statement == STORE_write_applications || statement == STORE_write_applications_new) {
        take_applications(params, statement == STORE_write_applications_new);
    } else if (statement == STORE_write_citizens || statement == STORE_write_citizens_new) {
        take_citizens(params, statement == STORE_write_citizens_new);
    } else {
        CHECK(statement == STORE_write_citizens_gone);
        take_gone(params);
    }
    return true;
}

/* Likewise: what a connection would be made with. Nothing that is modelled asks for one. */
bool store_ready(struct pg_store *store, struct err *err)
{
    (void)store;
    return err_set(err, ERR_FATAL, "there is no connection in the simulator");
}

void statements_begin(struct actor *actor)
{
    struct err err;
    if (actor->store == NULL) {
        actor->store = calloc(1, sizeof(*actor->store));
        CHECK(actor->store != NULL);
    }
    struct vault *vault = &actor->store->vault;
    bool fresh = sim_one_in(FRESH_ONE_IN);
    if (sim.plot.seals && (fresh || vault->cached == NULL)) {
        vault_release(vault);
        const struct pg_settings settings = {.master_key = sealing_master()};
        CHECK(vault_init(vault, &settings, &err));
    }
    vault->is_open = sim.plot.seals;
    memcpy(vault->master, sealing_master(), SEAL_KEY_SIZE);
}

void statements_read(struct actor *actor, const struct batch_read *read)
{
    struct pg_store *store = actor->store;
    CHECK(store_keys_reserve(store, read->citizen_count + 1));
    for (uint32_t i = 0; i <= read->citizen_count; i++) {
        struct store_key *key = &store->keys[i];
        *key = (struct store_key){0};
        if (i == read->citizen_count) {
            continue; /* nobody's */
        }
        key->id_read = key->id = *database_citizen_key(read->citizens[i].ref);
        const struct db_key *row = sealing_key(key->id);
        key->has_wrapped = row != NULL && !row->destroyed;
        if (key->has_wrapped) {
            memcpy(key->wrapped, row->wrapped, VAULT_WRAPPED_SIZE);
        }
    }
}

/* One payload by the program's own hands, and out of the columns again. */
static void
take_payload(const struct write *write, const struct write_payload *payload, uint32_t entry)
{
    static const enum array_type types[] = {ARRAY_INT8, ARRAY_BYTEA, ARRAY_BYTEA};
    struct array *arrays = write->store->arrays;
    struct params params = {0};
    struct columns columns = {0};
    store_columns(write->store, types, 3);
    write_payload(write, payload, &arrays[0], &arrays[1], &arrays[2]);
    store_put_columns(write->store, &params, 3);
    columns_open(&columns, &params, 0, 3);
    struct db_payload *to = &taken->payloads[entry];
    to->key = column_int8(&columns, 0);
    to->headers = sim_keep(column_next(&columns, 1));
    to->value = sim_keep(column_next(&columns, 2));
}

static void take_payloads(const struct write *write)
{
    const struct batch *batch = write->batch;
    for (uint32_t i = 0; i < batch->decision_count; i++) {
        const struct batch_decision *row = &batch->decisions[i];
        const struct batch_entry *entry = &batch->entries[row->entry];
        const struct write_payload payload = {
            .place = {VAULT_DECISION, write->positions[entry->slot].progress_id, entry->offset},
            .citizen = row->citizen,
            .headers = row->headers,
            .value = entry->record->value,
            .has_value = true};
        take_payload(write, &payload, row->entry);
    }
    for (uint32_t i = 0; i < batch->quarantine_count; i++) {
        const struct batch_quarantine *row = &batch->quarantines[i];
        const struct batch_entry *entry = &batch->entries[row->entry];
        const struct write_payload payload = {
            .place = {VAULT_QUARANTINE, write->positions[entry->slot].progress_id, entry->offset},
            .citizen = row->citizen,
            .headers = row->headers,
            .value = entry->record->value,
            .has_value = entry->record->has_value};
        take_payload(write, &payload, row->entry);
    }
}

bool statements_write(struct actor *actor,
                      const struct batch *batch,
                      const struct position *positions,
                      struct statements *statements,
                      struct err *err)
{
    const struct write write = {.store = actor->store, .positions = positions, .batch = batch};
    *statements = (struct statements){0};
    statements->payloads = sim_alloc(batch->entry_count * sizeof(*statements->payloads) + 1);
    taken = statements;
    write_keys_numbered(&write);
    bool done = write_rows(&write, err) && write_keys(&write, err);
    if (done) {
        take_payloads(&write);
    }
    return done;
}
