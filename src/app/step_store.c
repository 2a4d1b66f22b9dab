/* WRITE, COMMIT, EMIT: stored, said to the group, sent; in this order. */

#include "mentor/app/outcome.h"
#include "mentor/app/worker.h"
#include "mentor/base/guard.h"
#include "mentor/base/log.h"

#include "alone.h"
#include "shadow.h"
#include "steps.h"
#include "stopped.h"

enum step_outcome step_write(struct worker *worker)
{
    struct store *store = &worker->edges.store;
    struct sink *sink = &worker->edges.sink;
    struct batch *batch = &worker->batch;
    for (uint32_t i = 0; i < batch->range_count; i++) {
        struct batch_range *range = &batch->ranges[i];
        int32_t partition = worker->positions[range->slot].partition;
        if (!sink->settled(sink->self, partition, &range->emitted_offset, &worker->err)) {
            return step_of_err(worker);
        }
        range->seen_offset = worker_seen(worker, partition);
    }
    worker->reading_ahead = true;
    bool stored = store->write(store->self, worker->positions, batch, &worker->err);
    worker->reading_ahead = false;
    if (!stored && (worker->err.kind != ERR_RETRY || GUARD(COMMIT_FIRST))) {
        if (worker->err.kind == ERR_POISON && worker->poisoned) {
            worker->err.kind = ERR_HALT; /* not even its quarantine row: nothing is left to try */
        } else if (worker->err.kind == ERR_POISON) {
            /* Halved until the record that cannot be stored is alone; then it goes to quarantine.
             */
            worker->poisoned = worker->batch_count == 1 && GUARD(ISOLATION);
            worker->limit = worker->batch_count > 1 ? worker->batch_count / 2 : 1;
            LOG(LOG_LEVEL_WARN,
                "batch.halved",
                LOG_NUMBER("records", worker->batch_count),
                LOG_TEXT("why", worker->err.text));
        }
        return step_of_err(worker);
    }
    for (uint32_t i = 0; i < batch->range_count; i++) {
        const struct batch_range *range = &batch->ranges[i];
        struct position *position = &worker->positions[range->slot];
        position->next_offset = range->to;
        position->emitted_offset = range->emitted_offset;
        position->seen_offset = range->seen_offset;
        position->evaluated_at_ms = range->evaluated_at_ms;
        position->last_offset = range->last_offset;
        memcpy(position->last_digest, range->last_digest, SHA256_SIZE);
        position->batch = batch->read.batch_id;
        memcpy(position->link, range->link, SHA256_SIZE);
        position->breaker = range->breaker;
        if (range->stopped) {
            position->stopped = true;
            worker->stopped_count++;
            worker->retake = true;
            stopped_report(worker, range->slot);
        }
        worker->slots[range->slot].marked = range->emitted_offset;
        worker->slots[range->slot].seen = range->seen_offset;
    }
    worker->poisoned = false;
    tally_stored(worker);
    shadow_stored(worker);
    if (worker->careful) {
        alone_stored(worker);
    }
    uint32_t grown = 2 * worker->limit;
    worker->limit = grown < worker->batch_most ? grown : worker->batch_most;
    return STEP_DONE;
}

enum step_outcome step_commit(struct worker *worker)
{
    struct source *source = &worker->edges.source;
    struct batch *batch = &worker->batch;
    struct position moved[PARTITIONS_MAX];
    for (uint32_t i = 0; i < batch->range_count; i++) {
        moved[i] = worker->positions[batch->ranges[i].slot];
    }
    if (GUARD(GROUP_COMMIT) &&
        !source->commit(source->self, moved, batch->range_count, &worker->err)) {
        return step_of_err(worker);
    }
    return STEP_DONE;
}

static bool send_entry(struct worker *worker, const struct batch_entry *entry)
{
    struct sink *sink = &worker->edges.sink;
    const struct batch *batch = &worker->batch;
    struct arena_mark mark = arena_mark(&worker->lot->arena);
    struct outcome_source source = {
        .topic = worker->topic,
        .partition = worker->positions[entry->slot].partition,
    };
    struct stored_output output =
        entry->fate == FATE_DECIDED
            ? outcome_of_decision(&batch->decisions[entry->index], entry->offset)
            : outcome_of_quarantine(&batch->quarantines[entry->index], entry);
    struct record record;
    CHECK(outcome_record(&output, &source, &worker->lot->arena, &record));
    bool done = sink->send(sink->self, &record, output.dlq, &worker->err);
    arena_rewind(&worker->lot->arena, mark);
    return done;
}

/* One line a reason and batch, with nothing of the records. */
static void report_refused(struct worker *worker)
{
    const struct batch *batch = &worker->batch;
    int64_t counts[REASON_COUNT] = {0};
    const struct batch_entry *first[REASON_COUNT] = {0};
    for (uint32_t i = 0; i < batch->entry_count; i++) {
        const struct batch_entry *entry = &batch->entries[i];
        if (entry->fate == FATE_DLQ && counts[entry->reason]++ == 0) {
            first[entry->reason] = entry;
        }
    }
    for (int reason = 0; reason < REASON_COUNT; reason++) {
        if (first[reason] != NULL) {
            LOG(LOG_LEVEL_WARN,
                "record.refused",
                LOG_TEXT("reason", reason_id((enum reason)reason)),
                LOG_NUMBER("count", counts[reason]),
                LOG_NUMBER("partition", worker->positions[first[reason]->slot].partition),
                LOG_NUMBER("offset", first[reason]->offset));
        }
    }
}

/* What is stored and sent leaves the lot; an empty one is filled again while the other is in hand.
 */
static void drop_batch(struct worker *worker)
{
    struct source *source = &worker->edges.source;
    struct lot *lot = worker->lot;
    lot->stored += worker->batch_count;
    if (lot->stored == lot->gathered_count) {
        source->release(source->self, lot->polled_count);
        lot_clear(lot);
        worker->lot = lot_ahead(worker);
    }
}

enum step_outcome step_emit(struct worker *worker)
{
    struct sink *sink = &worker->edges.sink;
    const struct batch *batch = &worker->batch;
    for (uint32_t i = 0; i < batch->entry_count; i++) {
        const struct batch_entry *entry = &batch->entries[i];
        if ((entry->fate == FATE_DECIDED || entry->fate == FATE_DLQ) &&
            !send_entry(worker, entry)) {
            return step_of_err(worker);
        }
    }
    for (uint32_t i = 0; i < batch->range_count; i++) {
        const struct batch_range *range = &batch->ranges[i];
        int32_t partition = worker->positions[range->slot].partition;
        if (!sink->sent(sink->self, partition, range->to, &worker->err)) {
            return step_of_err(worker);
        }
    }
    worker->sent_since_flush = true;
    metrics_add(&worker->metrics, METRIC_AT_OUTPUTS + OUTPUT_DECISION, batch->decision_count);
    metrics_add(&worker->metrics, METRIC_AT_OUTPUTS + OUTPUT_DLQ, batch->quarantine_count);
    report_refused(worker);
    drop_batch(worker);
    return STEP_DONE;
}
