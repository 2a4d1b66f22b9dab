/* READ: what the batch's citizens and applications have behind them. */

#include <stdlib.h>

#include "mentor/app/worker.h"
#include "mentor/base/guard.h"

#include "alone.h"
#include "closing.h"
#include "follow.h"
#include "growth.h"
#include "steps.h"

enum {
    KEY_SIZE = 16,
};
_Static_assert((int)KEY_SIZE == (int)UUID_SIZE && (int)KEY_SIZE == (int)CITIZEN_REF_SIZE,
               "row keys");

/* A request's key beside its place, to be sorted: rows are locked in this order, so that batches do
 * not deadlock. */
struct keyed {
    uint8_t key[KEY_SIZE];
    uint32_t request; /* batch_count and more: a closing */
};

static int by_key(const void *a, const void *b)
{
    return memcmp(((const struct keyed *)a)->key, ((const struct keyed *)b)->key, KEY_SIZE);
}

static bool may_decide(const struct request *request)
{
    return request->record != NULL && request->reason == REASON_NONE;
}

/* Rows for the requests that may be decided; *place_of names each one's. */
static void key_applications(struct worker *worker, struct keyed *keyed)
{
    struct batch_read *read = &worker->batch.read;
    uint32_t count = 0;
    for (uint32_t i = 0; i < worker->batch_count; i++) {
        if (may_decide(request_at(worker, i))) {
            memcpy(keyed[count].key, request_at(worker, i)->application->id, KEY_SIZE);
            keyed[count++].request = i;
        }
    }
    qsort(keyed, count, sizeof(*keyed), by_key);
    read->applications = batch_alloc(worker, count, sizeof(*read->applications));
    read->application_count = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (i == 0 || by_key(&keyed[i - 1], &keyed[i]) != 0) {
            struct application_row *row = &read->applications[read->application_count++];
            *row = (struct application_row){0};
            memcpy(row->id, keyed[i].key, KEY_SIZE);
        }
        worker->application_of[keyed[i].request] = read->application_count - 1;
    }
}

static void key_citizens(struct worker *worker, struct keyed *keyed)
{
    struct batch_read *read = &worker->batch.read;
    uint32_t count = 0;
    for (uint32_t i = 0; i < worker->batch_count; i++) {
        const struct request *request = request_at(worker, i);
        worker->citizen_of[i] = UINT32_MAX;
        if (may_decide(request) || arms_citizen(request)) {
            memcpy(keyed[count].key, request->citizen_ref, KEY_SIZE);
            keyed[count++].request = i;
        }
    }
    for (uint32_t i = 0; i < worker->batch.closing_count; i++) {
        const struct batch_closing *closing = &worker->batch.closings[i];
        if (closing->arms && closing->has_citizen) {
            memcpy(keyed[count].key, closing->citizen_ref, KEY_SIZE);
            keyed[count++].request = worker->batch_count + i;
        }
    }
    qsort(keyed, count, sizeof(*keyed), by_key);
    read->citizens = batch_alloc(worker, count, sizeof(*read->citizens));
    read->citizen_count = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (i == 0 || by_key(&keyed[i - 1], &keyed[i]) != 0) {
            struct citizen_row *row = &read->citizens[read->citizen_count++];
            *row = (struct citizen_row){0};
            memcpy(row->ref, keyed[i].key, KEY_SIZE);
        }
        uint32_t request = keyed[i].request;
        uint32_t *place = request < worker->batch_count
                              ? &worker->citizen_of[request]
                              : &worker->batch.closings[request - worker->batch_count].citizen;
        *place = read->citizen_count - 1;
    }
}

/* Record keys as they are, one an entry in order, so that an entry's is at its own place. */
static void key_records(struct worker *worker)
{
    struct batch_read *read = &worker->batch.read;
    read->keys = batch_alloc(worker, worker->batch_count, sizeof(*read->keys));
    read->key_count = worker->batch_count;
    read->key_rows_more = worker->batch.closing_count;
    for (uint32_t i = 0; i < worker->batch_count; i++) {
        const struct record *record = gathered_at(worker, i)->record;
        read->keys[i] = (struct armed_key){
            .slot = gathered_at(worker, i)->slot,
            .key = record != NULL && record->has_key ? record->key : (struct bytes){0},
        };
    }
}

static void keep(struct worker *worker, struct bytes *state)
{
    if (state->size > 0) {
        CHECK(bytes_copy(&worker->lot->arena, *state, state));
    }
}

/* The store lends states until its next call; the batch needs them until it is emitted. */
static void keep_states(struct worker *worker)
{
    struct batch_read *read = &worker->batch.read;
    for (uint32_t i = 0; i < read->application_count; i++) {
        keep(worker, &read->applications[i].state);
    }
    for (uint32_t i = 0; i < read->citizen_count; i++) {
        keep(worker, &read->citizens[i].state);
    }
}

/* Never below what a partition of the batch has seen. An event's own time says nothing of the
 * clock. */
static int64_t moment_floor(const struct worker *worker)
{
    int64_t floor_ms = 0;
    for (uint32_t i = 0; i < worker->batch_count; i++) {
        int64_t seen = worker->positions[gathered_at(worker, i)->slot].evaluated_at_ms;
        floor_ms = seen > floor_ms ? seen : floor_ms;
    }
    return worker->at_event || !GUARD(CLOCK_FLOOR) ? 0 : floor_ms;
}

static bool ask(struct worker *worker)
{
    struct store *store = &worker->edges.store;
    worker->reading_ahead = true;
    bool done = store->read(store->self, worker->positions, &worker->batch.read, &worker->err);
    worker->reading_ahead = false;
    return done;
}

enum step_outcome step_read(struct worker *worker)
{
    struct lot *lot = worker->lot;
    uint32_t left = lot->gathered_count - lot->stored;
    worker->batch_count = worker->limit < left ? worker->limit : left;
    if (worker->careful) {
        worker->batch_count = alone_batch(worker, worker->batch_count);
        if (!alone_try(worker)) {
            return step_of_err(worker);
        }
    }
    lot_read(worker, lot, lot->stored + worker->batch_count);
    if (worker->poisoned && may_decide(request_at(worker, 0))) {
        request_at(worker, 0)->reason = REASON_RECORD_FAILED;
    }
    uint32_t count = worker->batch_count;
    worker->batch = (struct batch){0};
    if (!closings_find(worker)) {
        return step_of_err(worker);
    }
    struct keyed *keyed = batch_alloc(worker, count + worker->batch.closing_count, sizeof(*keyed));
    worker->application_of = batch_alloc(worker, count, sizeof(uint32_t));
    worker->citizen_of = batch_alloc(worker, count, sizeof(uint32_t));
    key_applications(worker, keyed);
    key_citizens(worker, keyed);
    key_records(worker);
    worker->batch.read.floor_ms = moment_floor(worker);
    if (!ask(worker)) {
        return step_of_err(worker);
    }
    if (!growth_known(worker, &worker->batch.read)) {
        worker->keeps = true; /* taken again, and gathered as it is now */
        return STEP_REVOKED;
    }
    keep_states(worker);
    return follow_publication(worker) ? STEP_DONE : step_of_err(worker);
}
