/* Taking partitions, and giving them back. */

#include <stdio.h>

#include "mentor/base/err.h"
#include "mentor/base/log.h"
#include "mentor/core/chain.h"
#include "mentor/port/sink.h"

#include "field.h"
#include "store.h"

enum {
    TAKE_ATTEMPTS = 3,     /* of lock_timeout each (sql/lock_limit.sql) */
    CLOCK_STEP_MS = 10000, /* by so much less a standby's clock may have gone on */
};

/* cluster, topic, partitions: how every statement here begins. */
static void put_place(struct pg_store *store, struct params *params)
{
    params_text(params, store->cluster);
    params_text(params, store->topic);
}

static struct array *
put_partitions(struct pg_store *store, const struct position *positions, uint32_t count)
{
    struct array *partitions = &store->arrays[0];
    array_begin(partitions, ARRAY_INT4);
    for (uint32_t i = 0; i < count; i++) {
        array_int4(partitions, positions[i].partition);
    }
    return partitions;
}

/* In a transaction of its own, so that a take that waits holds no row that another might insert. */
static bool insert_missing(struct pg_store *store,
                           const struct position *positions,
                           uint32_t count,
                           struct err *err)
{
    struct array *starts = &store->arrays[1];
    struct array *geneses = &store->arrays[2];
    array_begin(starts, ARRAY_INT8);
    array_begin(geneses, ARRAY_BYTEA);
    for (uint32_t i = 0; i < count; i++) {
        uint8_t genesis[SHA256_SIZE];
        chain_genesis(bytes_text(store->cluster),
                      bytes_text(store->topic),
                      positions[i].partition,
                      positions[i].next_offset,
                      genesis);
        array_int8(starts, positions[i].next_offset);
        array_bytes(geneses, bytes_of(genesis, SHA256_SIZE));
    }
    struct params params = {0};
    put_place(store, &params);
    params_text(&params, store->group);
    params_array(&params, put_partitions(store, positions, count));
    params_array(&params, starts);
    params_array(&params, geneses);
    return store_send(store, STORE_take_insert, &params, err) && session_run(&store->session, err);
}

static bool fill(const PGresult *rows, int row, struct position *position)
{
    position->progress_id = field_int8(rows, row, 1);
    position->epoch = field_int8(rows, row, 2);
    position->next_offset = field_int8(rows, row, 3);
    position->emitted_offset = field_int8(rows, row, 4);
    position->seen_offset = 0;
    position->evaluated_at_ms = field_int8(rows, row, 5);
    position->last_offset = field_int8(rows, row, 6);
    bool digest = field_fits(rows, row, 7, position->last_digest, SHA256_SIZE);
    position->takeovers = field_int4(rows, row, 8);
    position->tried_offset = field_int8(rows, row, 9);
    position->tries = field_int4(rows, row, 10);
    position->stopped = field_bool(rows, row, 11);
    position->batch = field_int8(rows, row, 13);
    bool link = field_fits(rows, row, 14, position->link, SHA256_SIZE);
    position->noted = field_bool(rows, row, 15);
    return breaker_unpack(field_bytes(rows, row, 12), &position->breaker) && digest && link;
}

/* Of more than there is room for the others come with the next take. */
static void note_orphans(struct pg_store *store, const PGresult *rows)
{
    store->orphan_count = 0;
    for (int row = 0; row < PQntuples(rows) && store->orphan_count < STORE_ORPHANS; row++) {
        const char *id = field_text(rows, row, 0);
        if (strlen(id) < STORE_ORPHAN_SIZE) {
            (void)snprintf(store->orphans[store->orphan_count++], STORE_ORPHAN_SIZE, "%s", id);
        }
    }
}

const char *store_orphan(void *self, uint32_t index)
{
    const struct pg_store *store = self;
    return index < store->orphan_count ? store->orphans[index] : NULL;
}

static struct array *
put_epochs(struct pg_store *store, const struct position *positions, uint32_t count)
{
    struct array *epochs = &store->arrays[1];
    array_begin(epochs, ARRAY_INT8);
    for (uint32_t i = 0; i < count; i++) {
        array_int8(epochs, positions[i].epoch);
    }
    return epochs;
}

/* Rows by id, while the epoch is still ours: a statement's first two parameters. */
static void put_owned(struct pg_store *store,
                      const struct position *positions,
                      uint32_t count,
                      struct params *params)
{
    struct array *ids = &store->arrays[0];
    array_begin(ids, ARRAY_INT8);
    for (uint32_t i = 0; i < count; i++) {
        array_int8(ids, positions[i].progress_id);
    }
    params_array(params, ids);
    params_array(params, put_epochs(store, positions, count));
}

bool store_orphan_ended(void *self,
                        const struct position *positions,
                        uint32_t count,
                        const char *transactional_id,
                        struct err *err)
{
    struct pg_store *store = self;
    struct params params = {0};
    if (!store_ready(store, err)) {
        return false;
    }
    put_owned(store, positions, count, &params);
    params_text(&params, transactional_id);
    return store_send(store, STORE_orphan_ended, &params, err) && session_run(&store->session, err);
}

static const char *transactional_id(const struct pg_store *store)
{
    const char *id = store->settings.transactional_id;
    return id == NULL ? "" : id;
}

bool store_unseen(void *self, struct position *positions, uint32_t count, struct err *err)
{
    struct pg_store *store = self;
    struct params params = {0};
    if (!store_ready(store, err)) {
        return false;
    }
    put_owned(store, positions, count, &params);
    params_int8(&params, SINK_TRANSACTION_MS - CLOCK_STEP_MS);
    params_text(&params, transactional_id(store));
    if (!store_send(store, STORE_recall_unseen, &params, err) ||
        !session_run(&store->session, err)) {
        return false;
    }
    const PGresult *rows = session_result(&store->session, 0);
    for (int row = 0; row < PQntuples(rows); row++) {
        int64_t noted = field_int8(rows, row, 0);
        for (uint32_t i = 0; i < count; i++) {
            positions[i].noted = positions[i].noted || positions[i].progress_id == noted;
        }
    }
    return true;
}

static bool
attempt(struct pg_store *store, struct position *positions, uint32_t count, struct err *err)
{
    const struct params none = {0};
    struct params params = {0};
    put_place(store, &params);
    params_array(&params, put_partitions(store, positions, count));
    params_text(&params, store->settings.owner);
    params_text(&params, transactional_id(store));
    params_array(&params, put_epochs(store, positions, count));
    struct params asked = {0};
    put_place(store, &asked);
    params_array(&asked, put_partitions(store, positions, count));
    store->orphan_count = 0;
    if (!store_send(store, STORE_begin, &none, err) ||
        !store_send(store, STORE_lock_limit, &none, err) ||
        !store_send(store, STORE_take, &params, err) ||
        !store_send(store, STORE_orphans, &asked, err) ||
        !store_send(store, STORE_commit, &none, err) || !session_run(&store->session, err)) {
        return false;
    }
    const PGresult *rows = session_result(&store->session, 2);
    if (PQntuples(rows) != (int)count) {
        return err_set(
            err, ERR_HALT, "PostgreSQL: %d of %u progress rows found", PQntuples(rows), count);
    }
    for (int row = 0; row < PQntuples(rows); row++) {
        int32_t partition = field_int4(rows, row, 0);
        for (uint32_t i = 0; i < count; i++) {
            if (positions[i].partition == partition && !fill(rows, row, &positions[i])) {
                return err_set(
                    err,
                    ERR_HALT,
                    "partition %d: its progress row was altered: last_digest, link or breaker is none; run "
                    "`mentord audit verify`; a breaker alone may be emptied, as mentord_owner: UPDATE "
                    "mentord.progress SET breaker = '' WHERE partition = %d",
                    partition,
                    partition);
            }
        }
    }
    note_orphans(store, session_result(&store->session, 3));
    return true;
}

static void log_evicted(const PGresult *rows, int row)
{
    LOG(LOG_LEVEL_WARN,
        "pg.evicted",
        LOG_NUMBER("backend", field_int4(rows, row, 0)),
        LOG_TEXT("session", field_text(rows, row, 1)));
}

/* Ends the mentord sessions that hold our rows. */
static bool
evict(struct pg_store *store, const struct position *positions, uint32_t count, struct err *err)
{
    struct params params = {0};
    put_place(store, &params);
    params_array(&params, put_partitions(store, positions, count));
    if (!store_ready(store, err) || !store_send(store, STORE_take_evict, &params, err) ||
        !session_run(&store->session, err)) {
        return false;
    }
    const PGresult *rows = session_result(&store->session, 0);
    for (int row = 0; row < PQntuples(rows); row++) {
        int32_t pid = field_int4(rows, row, 0);
        const char *name = field_text(rows, row, 1);
        if (!field_bool(rows, row, 2)) {
            return err_set(
                err,
                ERR_RETRY,
                "PostgreSQL: backend %d (%.60s) holds a progress row and is no mentord session of this role: end it",
                pid,
                name[0] == '\0' ? "unnamed" : name);
        }
        log_evicted(rows, row);
    }
    return true;
}

bool store_evict_frozen(struct pg_store *store, struct err *err)
{
    if (!store_ready(store, err) ||
        !store_send(store, STORE_write_evict, &(struct params){0}, err) ||
        !session_run(&store->session, err)) {
        return false;
    }
    const PGresult *rows = session_result(&store->session, 0);
    for (int row = 0; row < PQntuples(rows); row++) {
        log_evicted(rows, row);
    }
    return true;
}

bool store_take(void *self, struct position *positions, uint32_t count, struct err *err)
{
    struct pg_store *store = self;
    for (int tried = 0; tried < TAKE_ATTEMPTS; tried++) {
        if (!store_ready(store, err)) {
            return false;
        }
        if (tried == 0 && !insert_missing(store, positions, count, err)) {
            return false;
        }
        if (attempt(store, positions, count, err)) {
            return true;
        }
        if (!store->session.lock_timed_out) {
            /* A deadlock with another's take: nothing was taken, so try as after a lost connection.
             */
            err->kind = err->kind == ERR_STALE ? ERR_RETRY : err->kind;
            return false;
        }
        if (!evict(store, positions, count, err)) {
            return false;
        }
    }
    return err_set(err, ERR_RETRY, "PostgreSQL: a progress row stays locked");
}

bool store_emitted(
    void *self, const struct position *positions, uint32_t count, bool release, struct err *err)
{
    struct pg_store *store = self;
    struct array *emitted = &store->arrays[2];
    struct array *seen = &store->arrays[3];
    struct params params = {0};
    if (!store_ready(store, err)) {
        return false;
    }
    put_owned(store, positions, count, &params);
    array_begin(emitted, ARRAY_INT8);
    array_begin(seen, ARRAY_INT8);
    for (uint32_t i = 0; i < count; i++) {
        array_int8(emitted, positions[i].emitted_offset);
        array_int8(seen, positions[i].seen_offset);
    }
    params_array(&params, emitted);
    params_array(&params, seen);
    params_bool(&params, release);
    return store_send(store, STORE_emitted, &params, err) && session_run(&store->session, err);
}
