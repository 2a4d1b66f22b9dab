#include "mentor/app/worker.h"

#include <stdlib.h>

#include "mentor/base/guard.h"
#include "mentor/base/log.h"

#include "follow.h"
#include "shadow.h"
#include "steps.h"

enum {
    ARENA_SIZE = 192 * 1024 * 1024, /* touched only as far as a batch needs */
};

typedef enum step_outcome step_fn(struct worker *worker);

static step_fn *const steps[CYCLE_STATE_COUNT] = {
#define X(upper, lower) [CYCLE_##upper] = step_##lower,
    CYCLE_STATES(X)
#undef X
};

/* Each record may have a run of missing offsets before it. */
static bool lot_init(struct lot *lot, size_t arena_size)
{
    const size_t entries = (size_t)2 * WORKER_RECORDS_MAX;
    lot->records = calloc(WORKER_RECORDS_MAX, sizeof(*lot->records));
    lot->gathered = calloc(entries, sizeof(*lot->gathered));
    lot->requests = calloc(entries, sizeof(*lot->requests));
    return lot->records != NULL && lot->gathered != NULL && lot->requests != NULL &&
           arena_init(&lot->arena, arena_size == 0 ? ARENA_SIZE : arena_size);
}

static void lot_release(struct lot *lot)
{
    free(lot->records);
    free(lot->gathered);
    free(lot->requests);
    arena_release(&lot->arena);
}

struct lot *lot_ahead(struct worker *worker)
{
    return worker->lot == &worker->lots[0] ? &worker->lots[1] : &worker->lots[0];
}

void lot_clear(struct lot *lot)
{
    lot->gathered_count = 0;
    lot->record_count = 0;
    lot->alone_count = 0;
    lot->stray_count = 0;
    lot->polled_count = 0;
    lot->request_count = 0;
    lot->stored = 0;
    lot->bytes = 0;
    lot->mark = (struct arena_mark){0};
    arena_rewind(&lot->arena, lot->mark);
}

void *batch_alloc(struct worker *worker, size_t count, size_t size)
{
    void *memory = arena_alloc(&worker->lot->arena, count * size);
    CHECK(memory != NULL); /* the arena holds the largest batch several times */
    return memory;
}

int64_t worker_seen(const struct worker *worker, int32_t partition)
{
    const struct sink *sink = &worker->edges.sink;
    return sink->seen == NULL ? INT64_MAX : sink->seen(sink->self, partition);
}

bool arms_citizen(const struct request *request)
{
    return request->record != NULL && request->has_citizen && reason_arms(request->reason);
}

struct request *request_at(const struct worker *worker, uint32_t place)
{
    return &worker->lot->requests[worker->lot->stored + place];
}

const struct batch_entry *gathered_at(const struct worker *worker, uint32_t place)
{
    return &worker->lot->gathered[worker->lot->stored + place];
}

bool worker_init(struct worker *worker)
{
    return lot_init(&worker->lots[0], worker->arena_size) &&
           lot_init(&worker->lots[1], worker->arena_size) && shadow_init(worker);
}

/* A life begins with nothing: what an earlier one held in memory is forgotten. */
static void begin(struct worker *worker)
{
    struct store *store = &worker->edges.store;
    struct source *source = &worker->edges.source;
    lot_clear(&worker->lots[0]);
    lot_clear(&worker->lots[1]);
    follow_begin(worker);
    worker->lot = &worker->lots[0];
    worker->limit = worker->batch_most;
    worker->backoff = (struct backoff){.base_ms = 50, .limit_ms = 5000};
    rng_init(&worker->rng, (uint64_t)worker->clock.mono_us(worker->clock.self));
    worker->stopping = false;
    worker->stopped_us = -1;
    worker->waiting = false;
    worker->cluster = NULL;
    worker->fewer_since_us = 0;
    worker->opened = false;
    worker->assigned = false;
    worker->fresh = false;
    worker->granted = false;
    worker->orphan_tried[0] = '\0';
    worker->taken = false;
    worker->reading = false;
    worker->slot_count = 0;
    worker->reading_ahead = false;
    worker->met = STEP_DONE;
    worker->poisoned = false;
    worker->careful = false;
    worker->condemned = false;
    worker->stopped_count = 0;
    worker->retake = false;
    worker->keeps = false;
    worker->resumed_at_us = 0;
    worker->growth = (struct growth){0};
    worker->grown = false;
    worker->looked_at_us = 0;
    worker->waiting_said_us = 0;
    worker->sent_since_flush = false;
    worker->marked_at_us = 0;
    worker->misplaced_at_us = 0;
    if (store->meanwhile != NULL) {
        store->meanwhile(store->self, worker_read_ahead, worker);
    }
    if (source->undoing != NULL) {
        source->undoing(source->self, store->undoing, store->self);
    }
    if (store->patience != NULL) {
        store->patience(store->self, worker_waits, worker);
    }
}

uint32_t worker_drain_left_ms(struct worker *worker, uint32_t more_ms)
{
    int64_t now = worker->clock.mono_us(worker->clock.self);
    if (worker->stopped_us < 0) {
        worker->stopped_us = now;
    }
    int64_t left_us = worker->stopped_us - now + ((int64_t)WORKER_DRAIN_MS + more_ms) * 1000;
    return left_us > 0 ? (uint32_t)(left_us / 1000) : 0;
}

/* The store outlasts the sink: what that has got acknowledged in its time is still to be marked. */
bool worker_waits(void *context)
{
    struct worker *worker = context;
    return !*worker->stop || worker_drain_left_ms(worker, WORKER_SETTLE_MS) > 0;
}

void worker_release(struct worker *worker)
{
    lot_release(&worker->lots[0]);
    lot_release(&worker->lots[1]);
    follow_release(worker);
    shadow_release(worker);
}

enum step_outcome step_of_err(struct worker *worker)
{
    switch (worker->err.kind) {
    case ERR_RETRY:
        return STEP_RETRY;
    case ERR_STALE:
    case ERR_POISON:
        return STEP_AGAIN;
    case ERR_FENCED:
        return GUARD(REJOIN) ? STEP_FENCED : STEP_RETRY;
    case ERR_NONE:
    case ERR_HALT:
    case ERR_FATAL:
        break;
    }
    return STEP_HALT;
}

int32_t worker_slot_of(const struct worker *worker, int32_t partition)
{
    for (uint32_t i = 0; i < worker->slot_count; i++) {
        if (worker->positions[i].partition == partition) {
            return (int32_t)i;
        }
    }
    return -1;
}

void worker_forget(struct worker *worker)
{
    if (!GUARD(FORGET)) {
        return;
    }
    lot_clear(&worker->lots[0]);
    lot_clear(&worker->lots[1]);
    if (worker->met != STEP_REVOKED) {
        worker->met = STEP_DONE; /* reading again meets it again; the group says its word once */
    }
    worker->poisoned = false; /* what is read next may begin with another record */
    worker->edges.source.release(worker->edges.source.self, UINT32_MAX);
}

/* What is waited for may be another thing by now. */
static bool says_waiting(struct worker *worker)
{
    int64_t now_us = worker->clock.mono_us(worker->clock.self);
    bool due = !worker->waiting || now_us - worker->waiting_logged_us >= WORKER_WAITING_US;
    worker->waiting_logged_us = due ? now_us : worker->waiting_logged_us;
    return due;
}

static void report(struct worker *worker, enum cycle_state state, enum step_outcome outcome)
{
    if (outcome == STEP_RETRY && says_waiting(worker)) {
        LOG(LOG_LEVEL_WARN,
            "worker.waiting",
            LOG_TEXT("step", cycle_state_name(state)),
            LOG_TEXT("why", worker->err.text));
    } else if (outcome == STEP_FENCED) {
        LOG(LOG_LEVEL_WARN,
            "worker.fenced",
            LOG_TEXT("step", cycle_state_name(state)),
            LOG_TEXT("why", worker->err.text));
    } else if (outcome == STEP_HALT) {
        LOG(LOG_LEVEL_ERROR,
            "worker.halted",
            LOG_TEXT("step", cycle_state_name(state)),
            LOG_TEXT("why", worker->err.text));
    }
}

/* Where stopping or a revocation may be answered: nothing in hand is half done. */
static bool between_batches(enum cycle_state state)
{
    return state == CYCLE_OPEN || state == CYCLE_JOIN || state == CYCLE_CONSUME ||
           state == CYCLE_BACKOFF || state == CYCLE_TAKE;
}

bool worker_run(struct worker *worker)
{
    enum cycle_state state = CYCLE_OPEN;
    begin(worker);
    while (state != CYCLE_STOP) {
        if (*worker->stop && !worker->stopping &&
            (between_batches(state) || state == CYCLE_SETTLE)) {
            worker->stopping = true;
            state = CYCLE_SETTLE;
        }
        if (worker->met == STEP_REVOKED && between_batches(state) && GUARD(REVOCATION)) {
            worker->met = STEP_DONE;
            state = CYCLE_SETTLE;
        }
        if (worker->grown && state == CYCLE_CONSUME) {
            state = CYCLE_JOIN; /* ours still, if the group says so, and taken again */
        }
        worker->err.kind = ERR_NONE;
        tally_begin(worker, state);
        enum step_outcome outcome = steps[state](worker);
        tally_step(worker, state, outcome);
        report(worker, state, outcome);
        worker->waiting = outcome == STEP_RETRY || (worker->waiting && state != CYCLE_TAKE);
        metrics_set(&worker->metrics, METRIC_AT_WAITING, worker->waiting);
        if (outcome == STEP_HALT) {
            return false;
        }
        if (worker->stopping && state == CYCLE_LEAVE) {
            return true;
        }
        state = worker->stopping ? CYCLE_LEAVE : cycle_next(state, outcome);
    }
    return true;
}

/* Never run: the loop ends before it. */
enum step_outcome step_stop(struct worker *worker)
{
    (void)worker;
    return STEP_DONE;
}
