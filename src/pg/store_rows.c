/* The rows that serialise, by compare-and-set. Keys come sorted, so every transaction locks in one
 * order. */

#include "mentor/base/guard.h"

#include "store_write.h"

/* Which statement a changed row needs. A row that was absent is inserted, not asked for
 * (migrations/0001_tables.sql). */
enum row_change {
    ROW_NEW,
    ROW_MOVED,
    ROW_GONE,
};

static enum row_change application_change(const struct application_row *row)
{
    return row->seq_read == 0 ? ROW_NEW : ROW_MOVED;
}

/* A row with a data key says something: it seals what is in quarantine. */
static enum row_change citizen_change(const struct citizen_row *row, const struct store_key *key)
{
    if (row->seq_read == 0 && row->armed_read == 0 && key->id_read == 0) {
        return ROW_NEW;
    }
    return row->seq == 0 && row->armed == 0 && key->id == 0 ? ROW_GONE : ROW_MOVED;
}

/* What a key seals in this batch holds only if nobody has destroyed it meanwhile: so the row is
 * compared also where nothing else of it changes. */
static bool changes_to(const struct write *write, uint32_t citizen, enum row_change change)
{
    const struct citizen_row *row = &write->batch->read.citizens[citizen];
    const struct store_key *key = &write->store->keys[citizen];
    return (row->changed || (key->used && GUARD(KEY_COMPARED))) &&
           citizen_change(row, key) == change;
}

static void add_key(struct array *column, int64_t id)
{
    if (id == 0) {
        array_null(column);
    } else {
        array_int8(column, id);
    }
}

static bool send_new_applications(const struct write *write, struct err *err)
{
    static const enum array_type types[] = {ARRAY_UUID, ARRAY_INT8, ARRAY_BYTEA};
    const struct batch_read *read = &write->batch->read;
    struct array *columns = write->store->arrays;
    store_columns(write->store, types, 3);
    for (uint32_t i = 0; i < read->application_count; i++) {
        const struct application_row *row = &read->applications[i];
        if (row->changed && application_change(row) == ROW_NEW) {
            array_bytes(&columns[0], bytes_of(row->id, UUID_SIZE));
            array_int8(&columns[1], row->seq);
            array_bytes(&columns[2], row->state);
        }
    }
    return columns[0].count == 0 ||
           write_send(write, STORE_write_applications_new, &(struct params){0}, 3, err);
}

static bool send_moved_applications(const struct write *write, struct err *err)
{
    static const enum array_type types[] = {ARRAY_UUID, ARRAY_INT8, ARRAY_INT8, ARRAY_BYTEA};
    const struct batch_read *read = &write->batch->read;
    struct array *columns = write->store->arrays;
    store_columns(write->store, types, 4);
    for (uint32_t i = 0; i < read->application_count; i++) {
        const struct application_row *row = &read->applications[i];
        if (row->changed && application_change(row) == ROW_MOVED) {
            array_bytes(&columns[0], bytes_of(row->id, UUID_SIZE));
            array_int8(&columns[1], row->seq_read);
            array_int8(&columns[2], row->seq);
            array_bytes(&columns[3], row->state);
        }
    }
    return columns[0].count == 0 ||
           write_send(write, STORE_write_applications, &(struct params){0}, 4, err);
}

static bool send_new_citizens(const struct write *write, struct err *err)
{
    static const enum array_type types[] = {
        ARRAY_BYTEA, ARRAY_INT8, ARRAY_INT8, ARRAY_BYTEA, ARRAY_INT8};
    const struct batch_read *read = &write->batch->read;
    struct array *columns = write->store->arrays;
    store_columns(write->store, types, 5);
    for (uint32_t i = 0; i < read->citizen_count; i++) {
        const struct citizen_row *row = &read->citizens[i];
        if (changes_to(write, i, ROW_NEW)) {
            array_bytes(&columns[0], bytes_of(row->ref, CITIZEN_REF_SIZE));
            array_int8(&columns[1], row->seq);
            array_int8(&columns[2], row->armed);
            array_bytes(&columns[3], row->state);
            add_key(&columns[4], write->store->keys[i].id);
        }
    }
    return columns[0].count == 0 ||
           write_send(write, STORE_write_citizens_new, &(struct params){0}, 5, err);
}

static bool send_moved_citizens(const struct write *write, struct err *err)
{
    static const enum array_type types[] = {ARRAY_BYTEA,
                                            ARRAY_INT8,
                                            ARRAY_INT8,
                                            ARRAY_INT8,
                                            ARRAY_INT8,
                                            ARRAY_INT8,
                                            ARRAY_BYTEA,
                                            ARRAY_INT8};
    enum {
        COUNT = sizeof(types) / sizeof(types[0]),
    };
    const struct batch_read *read = &write->batch->read;
    struct array *columns = write->store->arrays;
    store_columns(write->store, types, COUNT);
    for (uint32_t i = 0; i < read->citizen_count; i++) {
        const struct citizen_row *row = &read->citizens[i];
        if (changes_to(write, i, ROW_MOVED)) {
            array_bytes(&columns[0], bytes_of(row->ref, CITIZEN_REF_SIZE));
            array_int8(&columns[1], row->seq_read);
            array_int8(&columns[2], row->armed_read);
            add_key(&columns[3], write->store->keys[i].id_read);
            array_int8(&columns[4], row->seq);
            array_int8(&columns[5], row->armed);
            array_bytes(&columns[6], row->state);
            add_key(&columns[7], write->store->keys[i].id);
        }
    }
    return columns[0].count == 0 ||
           write_send(write, STORE_write_citizens, &(struct params){0}, COUNT, err);
}

static bool send_gone_citizens(const struct write *write, struct err *err)
{
    static const enum array_type types[] = {ARRAY_BYTEA, ARRAY_INT8};
    const struct batch_read *read = &write->batch->read;
    struct array *columns = write->store->arrays;
    store_columns(write->store, types, 2);
    for (uint32_t i = 0; i < read->citizen_count; i++) {
        const struct citizen_row *row = &read->citizens[i];
        if (changes_to(write, i, ROW_GONE)) {
            array_bytes(&columns[0], bytes_of(row->ref, CITIZEN_REF_SIZE));
            array_int8(&columns[1], row->armed_read);
        }
    }
    return columns[0].count == 0 ||
           write_send(write, STORE_write_citizens_gone, &(struct params){0}, 2, err);
}

bool write_rows(const struct write *write, struct err *err)
{
    return send_new_applications(write, err) && send_moved_applications(write, err) &&
           send_new_citizens(write, err) && send_moved_citizens(write, err) &&
           send_gone_citizens(write, err);
}
