/* From nothing to reading: OPEN, JOIN, TAKE; and waiting to try it again: BACKOFF. */

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "mentor/app/worker.h"
#include "mentor/base/guard.h"
#include "mentor/base/log.h"

#include "alone.h"
#include "assignment.h"
#include "growth.h"
#include "orphans.h"
#include "steps.h"
#include "stopped.h"

enum {
    FACTS_WAIT_MS = 3000,
};

/* Something else is in the way than a partition count. */
static enum step_outcome not_open(struct worker *worker)
{
    worker->fewer_since_us = 0;
    return step_of_err(worker);
}

/* Fewer partitions than the store knows: brokers that have not heard of those that were added say
 * so for a while, also since before the store was waited for. One that goes on saying so has
 * another topic. */
static enum step_outcome fewer(struct worker *worker)
{
    int64_t now_us = worker->clock.mono_us(worker->clock.self);
    worker->cluster = NULL; /* the broker is asked again */
    if (worker->fewer_since_us == 0) {
        worker->fewer_since_us = now_us;
    }
    bool lasts = now_us - worker->fewer_since_us >= WORKER_FEWER_US || !GUARD(LOOK_AGAIN);
    worker->err.kind = lasts ? ERR_HALT : ERR_RETRY;
    return step_of_err(worker);
}

enum step_outcome step_open(struct worker *worker)
{
    struct worker_edges *edges = &worker->edges;
    struct store *store = &edges->store;
    if (worker->cluster == NULL &&
        !edges->facts(
            edges->self, FACTS_WAIT_MS, &worker->cluster, &worker->partition_count, &worker->err)) {
        worker->cluster = NULL;
        return not_open(worker);
    }
    if (!store->open(store->self, worker->cluster, worker->partition_count, &worker->err)) {
        return worker->err.kind == ERR_STALE ? fewer(worker) : not_open(worker);
    }
    worker->fewer_since_us = 0;
    if (worker->at_event) {
        bool demo = false;
        if (!edges->demo(edges->self, &demo, &worker->err)) {
            return step_of_err(worker);
        }
        if (!demo) {
            (void)err_set(&worker->err,
                          ERR_FATAL,
                          "--at event: this database was not made by `mentord db migrate --demo`; "
                          "real decisions are made at the time they are made");
            return STEP_HALT;
        }
    }
    worker->opened = true;
    return STEP_DONE;
}

/* Serves the group while there is nothing to read. */
static enum step_outcome serve(struct worker *worker, uint32_t wait_ms)
{
    struct record record;
    switch (worker->edges.source.poll(worker->edges.source.self, wait_ms, &record, &worker->err)) {
    case SOURCE_ASSIGNED:
        return assignment_meet(worker);
    case SOURCE_REVOKED:
    case SOURCE_LOST:
        return STEP_REVOKED;
    case SOURCE_FAILED:
        return step_of_err(worker);
    case SOURCE_NOTHING:
    case SOURCE_RECORD: /* read again: reading begins anew in TAKE */
    case SOURCE_END:
    case SOURCE_RESET:
        break;
    }
    return STEP_AGAIN;
}

enum step_outcome step_join(struct worker *worker)
{
    if (!worker->assigned) {
        enum step_outcome outcome = serve(worker, WORKER_IDLE_MS);
        return outcome == STEP_DONE ? STEP_AGAIN : outcome;
    }
    if (!assignment_fits(worker)) {
        return step_of_err(worker);
    }
    /* Ours since before the trouble: only the group can say whether it still is. */
    struct source *source = &worker->edges.source;
    if (!worker->fresh && worker->taken && GUARD(MEMBERSHIP) &&
        !source->prove(source->self, worker->positions, worker->slot_count, &worker->err)) {
        return step_of_err(worker);
    }
    return STEP_DONE;
}

struct log_bounds {
    int64_t low;  /* the first offset there is */
    int64_t high; /* the one after the last */
};

static bool ask_bounds(struct worker *worker, int32_t partition, struct log_bounds *bounds)
{
    struct source *source = &worker->edges.source;
    return source->bounds(source->self, partition, &bounds->low, &bounds->high, &worker->err);
}

/* Where to read from, and what the log has lost in between. */
static bool
place(struct worker *worker, uint32_t slot_index, struct log_bounds bounds, int64_t *from)
{
    struct position *position = &worker->positions[slot_index];
    struct worker_slot *slot = &worker->slots[slot_index];
    /* Asked again: the owner before us may have gone on while we waited for it. */
    if (bounds.high < position->next_offset && !ask_bounds(worker, position->partition, &bounds)) {
        return false;
    }
    if (bounds.high < position->next_offset && GUARD(LOG_END)) {
        return err_set(&worker->err,
                       ERR_HALT,
                       "partition %d: the log ends at %" PRId64 " but offsets up to %" PRId64
                       " are decided; the topic was made anew: give the new one another name",
                       position->partition,
                       bounds.high,
                       position->next_offset);
    }
    slot->expected = position->next_offset;
    slot->gap_from = slot->gap_to = 0;
    if (bounds.low > position->next_offset) {
        slot->gap_from = position->next_offset;
        slot->gap_to = bounds.low;
        slot->expected = bounds.low;
        LOG(LOG_LEVEL_ERROR,
            "partition.gap",
            LOG_NUMBER("partition", position->partition),
            LOG_NUMBER("from", slot->gap_from),
            LOG_NUMBER("to", slot->gap_to),
            LOG_TEXT(
                "why",
                "the log dropped records before they were read; their citizens have no answer"));
    }
    slot->verify = position->last_offset >= bounds.low && position->last_offset >= 0;
    *from = slot->verify ? position->last_offset : slot->expected;
    return true;
}

/* `from` is by slot. What waits for other partitions, or was stopped, is taken and not read. */
static bool start_reading(struct worker *worker, const int64_t *from)
{
    struct source *source = &worker->edges.source;
    struct position positions[PARTITIONS_MAX];
    int64_t offsets[PARTITIONS_MAX];
    uint32_t count = 0;
    stopped_note(worker);
    for (uint32_t i = 0; i < worker->slot_count; i++) {
        if (!worker->slots[i].waits && !worker->positions[i].stopped) {
            positions[count] = worker->positions[i];
            offsets[count++] = from[i];
        }
    }
    return source->start(source->self, positions, offsets, count, &worker->err);
}

enum step_outcome step_take(struct worker *worker)
{
    struct source *source = &worker->edges.source;
    struct store *store = &worker->edges.store;
    struct sink *sink = &worker->edges.sink;
    struct log_bounds bounds[PARTITIONS_MAX] = {0};
    int64_t from[PARTITIONS_MAX] = {0};
    struct err left = {.kind = ERR_NONE};
    worker_forget(worker);
    if (worker->reading) { /* ours all the time, and taken again */
        worker->reading = !source->stop(source->self, &worker->err);
    }
    worker->taken = false; /* from here on the positions are not ours to note */
    worker->careful = false;
    for (uint32_t i = 0; i < worker->slot_count; i++) {
        if (!ask_bounds(worker, worker->positions[i].partition, &bounds[i])) {
            return step_of_err(worker);
        }
        worker->positions[i].next_offset = bounds[i].low;
    }
    if (!sink->purge(sink->self, &worker->err) ||
        !store->take(store->self, worker->positions, worker->slot_count, &worker->err)) {
        return step_of_err(worker);
    }
    if (!growth_learn(worker) || !orphans_end(worker, &left) ||
        (store->unseen != NULL &&
         !store->unseen(store->self, worker->positions, worker->slot_count, &worker->err))) {
        return step_of_err(worker);
    }
    for (uint32_t i = 0; i < worker->slot_count; i++) {
        if (!place(worker, i, bounds[i], &from[i]) ||
            !worker_agree(worker, &worker->positions[i])) {
            return step_of_err(worker);
        }
    }
    /* After it, which undoes what pends of ours. */
    if (sink->clear != NULL && !sink->clear(sink->self, &worker->err)) {
        return step_of_err(worker);
    }
    for (uint32_t i = 0; i < worker->slot_count; i++) {
        const struct position *position = &worker->positions[i];
        if (!sink->begin(sink->self, position->partition, position->emitted_offset, &worker->err)) {
            return step_of_err(worker);
        }
        worker->slots[i].marked = position->emitted_offset;
        worker->slots[i].seen = worker_seen(worker, position->partition);
        alone_begin(worker, i);
    }
    if (left.kind != ERR_NONE) { /* what pended of ours may be undone now */
        worker->err = left;
        return step_of_err(worker);
    }
    /* Not before: JOIN and SETTLE note what is taken, over metadata that nobody has compared. */
    worker->taken = true;
    worker->confirmed_at_us = worker->clock.mono_us(worker->clock.self);
    worker->fresh = false;
    if (!start_reading(worker, from)) {
        return step_of_err(worker);
    }
    worker->reading = true;
    return STEP_DONE;
}

enum step_outcome step_backoff(struct worker *worker)
{
    struct source *source = &worker->edges.source;
    int64_t until = worker->clock.mono_us(worker->clock.self) +
                    (int64_t)backoff_next_ms(&worker->backoff, &worker->rng) * 1000;
    worker_forget(worker);
    if (worker->reading) {
        worker->reading = !source->stop(source->self, &worker->err);
    }
    for (;;) {
        int64_t left = until - worker->clock.mono_us(worker->clock.self);
        if (left <= 0 || *worker->stop) {
            return STEP_DONE;
        }
        uint32_t wait = left / 1000 < WORKER_IDLE_MS ? (uint32_t)(left / 1000) : WORKER_IDLE_MS;
        int64_t asked = worker->clock.mono_us(worker->clock.self);
        enum step_outcome outcome = serve(worker, wait);
        worker_forget(worker);
        if (outcome != STEP_AGAIN && outcome != STEP_RETRY) {
            return outcome; /* the group spoke: what it has just given us need not wait as well */
        }
        if (outcome == STEP_RETRY || worker->clock.mono_us(worker->clock.self) - asked < 1000) {
            worker->clock.sleep_ms(worker->clock.self, wait > 0 ? wait : 1); /* poll did not wait */
        }
    }
}
