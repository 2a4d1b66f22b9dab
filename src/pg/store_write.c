/* One batch into the store: one flush, one transaction. Locks are taken in one order: positions,
 * quarantined records, applications, citizens. */

#include "store_write.h"

#include "mentor/base/err.h"
#include "mentor/base/log.h"

bool write_send(const struct write *write,
                enum store_statement statement,
                struct params *params,
                uint32_t count,
                struct err *err)
{
    store_put_columns(write->store, params, count);
    return store_send(write->store, statement, params, err);
}

static bool send_progress(const struct write *write, struct err *err)
{
    static const enum array_type types[] = {ARRAY_INT8,
                                            ARRAY_INT8,
                                            ARRAY_INT8,
                                            ARRAY_INT8,
                                            ARRAY_INT8,
                                            ARRAY_INT8,
                                            ARRAY_INT8,
                                            ARRAY_INT8,
                                            ARRAY_BYTEA,
                                            ARRAY_BOOL,
                                            ARRAY_BYTEA,
                                            ARRAY_BYTEA,
                                            ARRAY_BYTEA};
    enum {
        COUNT = sizeof(types) / sizeof(types[0]),
    };
    struct array *columns = write->store->arrays;
    store_columns(write->store, types, COUNT);
    for (uint32_t i = 0; i < write->batch->range_count; i++) {
        const struct batch_range *range = &write->batch->ranges[i];
        const struct position *position = &write->positions[range->slot];
        array_int8(&columns[0], position->progress_id);
        array_int8(&columns[1], position->epoch);
        array_int8(&columns[2], range->from);
        array_int8(&columns[3], range->to);
        array_int8(&columns[4], range->emitted_offset);
        array_int8(&columns[5], range->seen_offset);
        array_int8(&columns[6], range->evaluated_at_ms);
        array_int8(&columns[7], range->last_offset);
        array_bytes(&columns[8], bytes_of(range->last_digest, SHA256_SIZE));
        array_bool(&columns[9], range->stopped);
        uint8_t breaker[BREAKER_PACKED_SIZE];
        breaker_pack(&range->breaker, breaker);
        array_bytes(&columns[10], bytes_of(breaker, sizeof(breaker)));
        array_bytes(&columns[11], bytes_of(position->link, SHA256_SIZE));
        array_bytes(&columns[12], bytes_of(range->link, SHA256_SIZE));
    }
    struct params params = {0};
    params_int8(&params, write->batch->read.batch_id);
    return write_send(write, STORE_write_progress, &params, COUNT, err);
}

/* Everything up to the Sync, pushed out as far as the socket takes it: the server works while the
 * rest is built. Only by the session that took the partitions: a server that lost commits can give
 * their epochs a second time. */
static bool write_begin(const struct write *write, struct err *err)
{
    const struct params none = {0};
    write_keys_numbered(write);
    return store_send(write->store, STORE_begin, &none, err) &&
           store_send(write->store, STORE_lock_limit, &none, err) && send_progress(write, err) &&
           write_closings(write, err) && write_rows(write, err) && write_keys(write, err) &&
           write_decisions(write, err) && write_quarantines(write, err) &&
           write_ledger(write, err) && store_send(write->store, STORE_commit, &none, err) &&
           session_sync(&write->store->session, err);
}

/* True once COMMIT is acknowledged. */
static bool write_end(const struct write *write, struct err *err)
{
    return session_wait(&write->store->session, err);
}

bool store_write(void *self,
                 const struct position *positions,
                 const struct batch *batch,
                 struct err *err)
{
    const struct write write = {.store = self, .positions = positions, .batch = batch};
    if (batch->range_count == 0) {
        CHECK(batch->entry_count == 0);
        return true;
    }
    if (write_begin(&write, err) && write_end(&write, err)) {
        return true;
    }
    /* A citizen or an application of another partition, held by a worker that is frozen. Nothing is
     * stored; the group, which may want an answer from us, is heard before the next attempt. */
    struct err ignored = {0};
    if (write.store->session.lock_timed_out && !store_evict_frozen(write.store, &ignored)) {
        LOG(LOG_LEVEL_WARN, "pg.unevicted", LOG_TEXT("why", ignored.text));
    }
    return false;
}
