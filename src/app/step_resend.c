/* RESEND: what is stored and may not be out is sent again, before anything new is decided. */

#include "mentor/app/outcome.h"
#include "mentor/app/worker.h"
#include "mentor/base/guard.h"
#include "mentor/base/log.h"

#include "steps.h"

enum {
    RESEND_CHUNK = 256,
};

/* Sending something else in its place would be worse than standing still. */
static bool altered(struct worker *worker, int32_t partition, int64_t offset)
{
    return err_set(
        &worker->err,
        ERR_HALT,
        "partition %d: the output stored for offset %lld was altered and cannot be sent; "
        "keep the database, run `mentord audit verify`, and restore it",
        partition,
        (long long)offset);
}

/* `recall` NULL: from emitted_offset on all is to be sent, and nothing else. */
static bool resend_from(struct worker *worker,
                        const struct position *position,
                        const struct recall *recall,
                        int64_t from,
                        int64_t *sent)
{
    struct store *store = &worker->edges.store;
    struct sink *sink = &worker->edges.sink;
    struct outcome_source source = {.topic = worker->topic, .partition = position->partition};
    struct stored_output outputs[RESEND_CHUNK];
    uint32_t count = 1;
    while (count > 0 && from < position->next_offset) {
        count = RESEND_CHUNK;
        if (!store->unsent(store->self, position, from, outputs, &count, &worker->err)) {
            return false;
        }
        for (uint32_t i = 0; i < count; i++) {
            if (outputs[i].offset >= position->next_offset) { /* a successor's: we stood still */
                return err_set(&worker->err, ERR_FENCED, "partition %d is gone", source.partition);
            }
            from = outputs[i].offset + 1;
            if (recall != NULL &&
                !recall_wants(recall, position->emitted_offset, outputs[i].offset)) {
                continue;
            }
            struct arena_mark mark = arena_mark(&worker->lot->arena);
            struct record record;
            bool done = outcome_record(&outputs[i], &source, &worker->lot->arena, &record)
                            ? sink->send(sink->self, &record, outputs[i].dlq, &worker->err)
                            : altered(worker, source.partition, outputs[i].offset);
            arena_rewind(&worker->lot->arena, mark);
            if (!done) {
                return false;
            }
            ++*sent;
        }
    }
    return sink->sent(sink->self, position->partition, position->next_offset, &worker->err);
}

/* Transactions send just what is missing; idempotent mode, which may send twice, goes back to the
 * first of that. */
static bool resend_recalled(struct worker *worker,
                            struct position *position,
                            const struct recall *recall,
                            int64_t *sent)
{
    struct sink *sink = &worker->edges.sink;
    int64_t first = recall_first(recall, position->emitted_offset);
    LOG(LOG_LEVEL_WARN,
        "emit.recalled",
        LOG_NUMBER("partition", position->partition),
        LOG_NUMBER("emitted", position->emitted_offset),
        LOG_NUMBER("from", first),
        LOG_NUMBER("written", (int64_t)recall->written.count),
        LOG_NUMBER("visible", (int64_t)recall->visible.count),
        LOG_TEXT("then", "what readers of committed records do not see is sent again"));
    if (!worker->transactional) {
        position->emitted_offset = first;
        if (!sink->begin(sink->self, position->partition, first, &worker->err)) {
            return false;
        }
    }
    bool exact = worker->transactional && GUARD(RECALL);
    return resend_from(worker, position, exact ? recall : NULL, first, sent);
}

/* Those of which something was noted are read back, all at once. */
static uint32_t recalls_begin(const struct worker *worker, struct recall *recalls)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < worker->slot_count && worker->edges.source.recall != NULL; i++) {
        const struct position *position = &worker->positions[i];
        if (position->recall_ms >= 0) {
            recalls[count++] =
                (struct recall){.partition = position->partition, .since_ms = position->recall_ms};
        }
    }
    return count;
}

/* Or we stood still since we took it, and a successor has sent what is missing now, as a refused
 * record that was erased since: then we are fenced. */
static void halt_as_owner(struct worker *worker, const struct position *position)
{
    struct store *store = &worker->edges.store;
    struct err halt = worker->err;
    if (halt.kind == ERR_HALT &&
        (!GUARD(HALT_OWNED) || store->emitted(store->self, position, 1, false, &worker->err))) {
        worker->err = halt;
    }
}

/* `recalls` has those that were read back, in the order of the slots. */
static bool resend_all(struct worker *worker, const struct recall *recalls, int64_t *sent)
{
    bool reads = worker->edges.source.recall != NULL;
    for (uint32_t i = 0; i < worker->slot_count; i++) {
        struct position *position = &worker->positions[i];
        bool done = reads && position->recall_ms >= 0
                        ? resend_recalled(worker, position, recalls++, sent)
                        : resend_from(worker, position, NULL, position->emitted_offset, sent);
        if (!done) {
            halt_as_owner(worker, position);
            return false;
        }
    }
    return true;
}

static bool resend(struct worker *worker, int64_t *sent)
{
    struct source *source = &worker->edges.source;
    struct recall recalls[PARTITIONS_MAX];
    uint32_t count = recalls_begin(worker, recalls);
    bool done = (count == 0 || source->recall(source->self, recalls, count, &worker->err)) &&
                resend_all(worker, recalls, sent);
    for (uint32_t i = 0; i < count; i++) {
        recall_release(&recalls[i]);
    }
    return done;
}

/* All that was missing is acknowledged: what was noted is over. */
static bool recalled(struct worker *worker)
{
    struct store *store = &worker->edges.store;
    for (uint32_t i = 0; i < worker->slot_count; i++) {
        struct position *position = &worker->positions[i];
        if (position->recall_ms >= 0 && !store->recalled(store->self, position, &worker->err)) {
            return false;
        }
        position->recall_ms = -1;
    }
    return true;
}

static bool any_recalled(const struct worker *worker)
{
    for (uint32_t i = 0; i < worker->slot_count; i++) {
        if (worker->positions[i].recall_ms >= 0) {
            return true;
        }
    }
    return false;
}

enum step_outcome step_resend(struct worker *worker)
{
    struct sink *sink = &worker->edges.sink;
    struct source *source = &worker->edges.source;
    int64_t sent = 0;
    arena_rewind(&worker->lot->arena, (struct arena_mark){0});
    if (GUARD(RESEND_COMMIT) &&
        !source->commit(source->self, worker->positions, worker->slot_count, &worker->err)) {
        return step_of_err(worker);
    }
    if (GUARD(RESEND) && !resend(worker, &sent)) {
        return step_of_err(worker);
    }
    /* Before anything new is stored the group must know that its offset is exact from now on. */
    if (((worker->transactional && GUARD(TXN_TOLD)) || any_recalled(worker)) &&
        !sink->flush(sink->self, WORKER_DRAIN_MS, &worker->err)) {
        return step_of_err(worker);
    }
    if (!recalled(worker)) {
        return step_of_err(worker);
    }
    backoff_reset(&worker->backoff);
    metrics_add(&worker->metrics, METRIC_AT_RESENT, sent);
    LOG(LOG_LEVEL_INFO,
        "worker.ready",
        LOG_NUMBER("partitions", worker->slot_count),
        LOG_NUMBER("resent", sent));
    return STEP_DONE;
}
