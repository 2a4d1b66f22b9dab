/* From nothing to reading: OPEN, JOIN, TAKE, RESEND; and the way back: SETTLE, LEAVE, BACKOFF. */

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "mentor/app/outcome.h"
#include "mentor/app/worker.h"
#include "mentor/base/guard.h"
#include "mentor/base/log.h"

#include "steps.h"

enum {
    FACTS_WAIT_MS = 3000,
    METADATA_SIZE = 256,
    RESEND_CHUNK = 256,
};

enum step_outcome step_open(struct worker *worker)
{
    struct worker_edges *edges = &worker->edges;
    struct store *store = &edges->store;
    if (worker->cluster == NULL &&
        !edges->facts(
            edges->self, FACTS_WAIT_MS, &worker->cluster, &worker->partition_count, &worker->err)) {
        worker->cluster = NULL;
        return step_of_err(worker);
    }
    if (!store->open(store->self, worker->cluster, worker->partition_count, &worker->err)) {
        return step_of_err(worker);
    }
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
    return STEP_DONE;
}

static int by_partition(const void *a, const void *b)
{
    int32_t left = *(const int32_t *)a;
    int32_t right = *(const int32_t *)b;
    return (left > right) - (left < right);
}

static void accept_assignment(struct worker *worker)
{
    const int32_t *partitions = NULL;
    int32_t sorted[PARTITIONS_MAX];
    uint32_t count = worker->edges.source.partitions(worker->edges.source.self, &partitions);
    CHECK(count <= PARTITIONS_MAX);
    for (uint32_t i = 0; i < count; i++) {
        sorted[i] = partitions[i];
    }
    qsort(sorted, count, sizeof(sorted[0]), by_partition);
    for (uint32_t i = 0; i < count; i++) {
        worker->positions[i] = (struct position){.partition = sorted[i]};
        worker->slots[i] = (struct worker_slot){0};
    }
    worker->slot_count = count;
    worker->assigned = true;
    worker->fresh = true;
    worker->taken = false;
}

/* Serves the group while there is nothing to read. */
static enum step_outcome serve(struct worker *worker, uint32_t wait_ms)
{
    struct record record;
    switch (worker->edges.source.poll(worker->edges.source.self, wait_ms, &record, &worker->err)) {
    case SOURCE_ASSIGNED:
        accept_assignment(worker);
        return STEP_DONE;
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
    /* Ours since before the trouble: only the group knows whether it still is; a commit asks. */
    struct source *source = &worker->edges.source;
    if (!worker->fresh && worker->taken && GUARD(MEMBERSHIP) &&
        !source->commit(source->self, worker->positions, worker->slot_count, &worker->err)) {
        return step_of_err(worker);
    }
    return STEP_DONE;
}

/* mode,epoch,next: a group's metadata that is not ours says nothing. */
static bool parse_metadata(const char *metadata, int64_t *epoch, int64_t *next)
{
    const char *at = strchr(metadata, ',');
    char *end = NULL;
    if (at == NULL) {
        return false;
    }
    *epoch = strtoll(at + 1, &end, 10);
    if (end == at + 1 || *end != ',') {
        return false;
    }
    at = end + 1;
    *next = strtoll(at, &end, 10);
    return end != at;
}

/* Kafka's metadata against the store: ahead of it means that the store lost commits. */
static bool agree(struct worker *worker, const struct position *position)
{
    struct source *source = &worker->edges.source;
    struct store *store = &worker->edges.store;
    char metadata[METADATA_SIZE] = "";
    int64_t offset = -1;
    if (!source->committed(
            source->self, position->partition, &offset, metadata, sizeof(metadata), &worker->err)) {
        return false;
    }
    int64_t epoch = 0;
    int64_t next = 0;
    bool ours = parse_metadata(metadata, &epoch, &next);
    bool ahead = offset > position->emitted_offset || /* which the store is told first */
                 (ours && (next > position->next_offset || epoch >= position->epoch));
    if (ahead && GUARD(METADATA)) {
        /* Or we stood still since, and a successor has noted that: then we are fenced. */
        return store->emitted(store->self, position, 1, false, &worker->err) &&
               err_set(
                   &worker->err,
                   ERR_HALT,
                   "partition %d: the group's offset in Kafka (%" PRId64 ", \"%s\") is ahead of "
                   "the database (epoch %" PRId64 ", next offset %" PRId64 "); the database has "
                   "lost commits or is another one: restore it, or take both anew and read the log again",
                   position->partition,
                   offset,
                   metadata,
                   position->epoch,
                   position->next_offset);
    }
    return true;
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
    if (bounds.high < position->next_offset && /* asked before it was taken: perhaps long ago */
        !ask_bounds(worker, position->partition, &bounds)) {
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
    *slot =
        (struct worker_slot){.expected = position->next_offset, .marked = position->emitted_offset};
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

enum step_outcome step_take(struct worker *worker)
{
    struct source *source = &worker->edges.source;
    struct store *store = &worker->edges.store;
    struct sink *sink = &worker->edges.sink;
    struct log_bounds bounds[PARTITIONS_MAX] = {0};
    int64_t from[PARTITIONS_MAX] = {0};
    worker_forget(worker);
    worker->taken = false; /* from here on the positions are not ours to note */
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
    worker->fresh = false;
    for (uint32_t i = 0; i < worker->slot_count; i++) {
        const struct position *position = &worker->positions[i];
        if (!agree(worker, position) || !place(worker, i, bounds[i], &from[i]) ||
            !sink->begin(sink->self, position->partition, position->emitted_offset, &worker->err)) {
            return step_of_err(worker);
        }
        if (position->takeovers > WORKER_ALONE_AFTER) {
            worker->limit = 1;
            LOG(LOG_LEVEL_WARN,
                "partition.alone",
                LOG_NUMBER("partition", position->partition),
                LOG_NUMBER("takeovers", position->takeovers),
                LOG_TEXT("why", "its owners died at this offset; records are taken one by one"));
        }
    }
    worker->taken = true; /* not before: JOIN would note what nobody has compared */
    if (!source->start(source->self, worker->positions, from, worker->slot_count, &worker->err)) {
        return step_of_err(worker);
    }
    worker->reading = true;
    return STEP_DONE;
}

static bool resend_partition(struct worker *worker, const struct position *position, int64_t *sent)
{
    struct store *store = &worker->edges.store;
    struct sink *sink = &worker->edges.sink;
    struct outcome_source source = {.topic = worker->topic, .partition = position->partition};
    int64_t from = position->emitted_offset;
    struct stored_output outputs[RESEND_CHUNK];
    uint32_t count = 0;
    do {
        count = RESEND_CHUNK;
        if (!store->unsent(store->self, position, from, outputs, &count, &worker->err)) {
            return false;
        }
        for (uint32_t i = 0; i < count; i++) {
            if (outputs[i].offset >= position->next_offset) { /* a successor's: we stood still */
                return err_set(&worker->err, ERR_FENCED, "partition %d is gone", source.partition);
            }
            struct arena_mark mark = arena_mark(&worker->lot->arena);
            struct record record;
            CHECK(outcome_record(&outputs[i], &source, &worker->lot->arena, &record));
            bool done = sink->send(sink->self, &record, outputs[i].dlq, &worker->err);
            arena_rewind(&worker->lot->arena, mark);
            if (!done) {
                return false;
            }
            from = outputs[i].offset + 1;
        }
        *sent += count;
    } while (count > 0);
    return sink->sent(sink->self, position->partition, position->next_offset, &worker->err);
}

enum step_outcome step_resend(struct worker *worker)
{
    struct source *source = &worker->edges.source;
    int64_t sent = 0;
    arena_rewind(&worker->lot->arena, (struct arena_mark){0});
    if (GUARD(RESEND_COMMIT) &&
        !source->commit(source->self, worker->positions, worker->slot_count, &worker->err)) {
        return step_of_err(worker);
    }
    for (uint32_t i = 0; i < worker->slot_count && GUARD(RESEND); i++) {
        if (!resend_partition(worker, &worker->positions[i], &sent)) {
            return step_of_err(worker);
        }
    }
    backoff_reset(&worker->backoff);
    LOG(LOG_LEVEL_INFO,
        "worker.ready",
        LOG_NUMBER("partitions", worker->slot_count),
        LOG_NUMBER("resent", sent));
    return STEP_DONE;
}

/* Outputs on their way get a moment; what stays unacknowledged is sent again by whoever takes the
 * partition. */
static void settle_positions(struct worker *worker)
{
    struct sink *sink = &worker->edges.sink;
    struct store *store = &worker->edges.store;
    struct source *source = &worker->edges.source;
    struct err ignored;
    (void)sink->flush(sink->self, worker->stopping ? WORKER_DRAIN_MS : WORKER_SETTLE_MS, &ignored);
    for (uint32_t i = 0; i < worker->slot_count; i++) {
        struct position *position = &worker->positions[i];
        int64_t emitted = 0;
        if (sink->settled(sink->self, position->partition, &emitted, &ignored) &&
            emitted > position->emitted_offset) {
            position->emitted_offset = emitted;
        }
    }
    if (!store->emitted(store->self, worker->positions, worker->slot_count, true, &ignored) ||
        !source->commit(source->self, worker->positions, worker->slot_count, &ignored)) {
        LOG(LOG_LEVEL_WARN,
            "worker.unsettled",
            LOG_TEXT("why", ignored.text),
            LOG_TEXT(
                "then",
                "the next owner emits again what was not marked; identical, with the same ce_id"));
    }
}

enum step_outcome step_settle(struct worker *worker)
{
    struct sink *sink = &worker->edges.sink;
    struct source *source = &worker->edges.source;
    worker_forget(worker);
    if (worker->assigned && worker->taken && GUARD(SETTLE)) {
        settle_positions(worker);
    }
    bool purged = !GUARD(PURGE) || sink->purge(sink->self, &worker->err);
    bool stopped = !worker->assigned || source->stop(source->self, &worker->err);
    if (worker->assigned) {
        LOG(LOG_LEVEL_INFO,
            worker->stopping ? "worker.drained" : "worker.revoked",
            LOG_NUMBER("partitions", worker->slot_count));
    }
    worker->assigned = false;
    worker->taken = false;
    worker->reading = false;
    worker->slot_count = 0;
    return purged && stopped ? STEP_DONE : step_of_err(worker);
}

enum step_outcome step_leave(struct worker *worker)
{
    struct sink *sink = &worker->edges.sink;
    struct source *source = &worker->edges.source;
    worker_forget(worker);
    worker->met = STEP_DONE;
    worker->assigned = false;
    worker->taken = false;
    worker->reading = false;
    worker->slot_count = 0;
    bool purged = !GUARD(PURGE) || sink->purge(sink->self, &worker->err);
    return source->leave(source->self, &worker->err) && purged ? STEP_DONE : step_of_err(worker);
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
        if (outcome == STEP_REVOKED || outcome == STEP_FENCED || outcome == STEP_HALT) {
            return outcome;
        }
        if (outcome == STEP_RETRY || worker->clock.mono_us(worker->clock.self) - asked < 1000) {
            worker->clock.sleep_ms(worker->clock.self, wait > 0 ? wait : 1); /* poll did not wait */
        }
    }
}
