/* CONSUME: a batch of records, and the offsets between them that have none. */

#include <inttypes.h>

#include "mentor/app/worker.h"
#include "mentor/base/guard.h"
#include "mentor/base/log.h"
#include "mentor/core/partition.h"

#include "alone.h"
#include "assignment.h"
#include "growth.h"
#include "shadow.h"
#include "steps.h"
#include "stopped.h"

static struct batch_entry *
add_entry(struct worker *worker, struct lot *lot, uint32_t slot, int64_t offset, int64_t count)
{
    CHECK(lot->gathered_count < 2 * WORKER_RECORDS_MAX);
    struct batch_entry *entry = &lot->gathered[lot->gathered_count++];
    *entry = (struct batch_entry){.slot = slot, .offset = offset, .count = count, .index = -1};
    worker->slots[slot].expected = offset + count;
    return entry;
}

/* Offsets without a record up to `to`: transaction markers, or the end of what a transaction left.
 */
static void add_skipped(struct worker *worker, struct lot *lot, uint32_t slot, int64_t to)
{
    int64_t expected = worker->slots[slot].expected;
    if (to > expected) {
        add_entry(worker, lot, slot, expected, to - expected)->fate = FATE_SKIPPED;
    }
}

static void add_gaps(struct worker *worker)
{
    for (uint32_t i = 0; i < worker->slot_count; i++) {
        struct worker_slot *slot = &worker->slots[i];
        if (slot->gap_to > slot->gap_from) {
            int64_t expected = slot->expected;
            add_entry(worker, worker->lot, i, slot->gap_from, slot->gap_to - slot->gap_from)->fate =
                FATE_GAP;
            slot->expected = expected;
            slot->gap_to = slot->gap_from;
        }
    }
}

static bool another_log(struct worker *worker, const struct record *record)
{
    return err_set(
        &worker->err,
        ERR_HALT,
        "partition %d: the record at %" PRId64
        " is not what was decided there; the topic was made anew: give the new one another name",
        record->partition,
        record->offset);
}

/* The last decided record, read again: another content means another topic under the same name. */
static bool verify(struct worker *worker, uint32_t slot, const struct record *record)
{
    uint8_t digest[SHA256_SIZE];
    worker->slots[slot].verify = false;
    sha256_of(record->value, digest);
    return memcmp(digest, worker->positions[slot].last_digest, SHA256_SIZE) == 0 ||
           !GUARD(LAST_RECORD) || another_log(worker, record);
}

/* What lies behind the last decided record came, and it did not: dropped with the log's start, or
 * never there. */
static enum step_outcome last_is_gone(struct worker *worker, uint32_t slot)
{
    struct source *source = &worker->edges.source;
    const struct position *position = &worker->positions[slot];
    int64_t low = 0;
    int64_t high = 0;
    const struct record last = {.partition = position->partition, .offset = position->last_offset};
    worker->slots[slot].verify = false;
    if (!GUARD(LAST_RECORD) ||
        (source->bounds(source->self, position->partition, &low, &high, &worker->err) &&
         (low > position->last_offset || another_log(worker, &last)))) {
        return STEP_DONE;
    }
    return step_of_err(worker);
}

/* Its citizen may be in two partitions: decided all the same, but the order of emission is not
 * promised. */
static void
count_misplaced(struct worker *worker, struct lot *lot, uint32_t slot, const struct record *record)
{
    if (!record->has_key || record->key.size == 0 ||
        partition_of_key(record->key, growth_count_at(worker, slot, record->offset)) ==
            record->partition) {
        return;
    }
    lot->stray_count++;
    worker->misplaced++;
    metrics_add(&worker->metrics, METRIC_AT_MISPLACED, 1);
    int64_t now = worker->clock.mono_us(worker->clock.self);
    if (worker->misplaced_at_us == 0 || now - worker->misplaced_at_us >= WORKER_ALARM_US) {
        LOG(LOG_LEVEL_WARN,
            "record.misplaced",
            LOG_NUMBER("count", worker->misplaced),
            LOG_NUMBER("partition", record->partition),
            LOG_NUMBER("offset", record->offset),
            LOG_TEXT("why",
                     "its key belongs elsewhere; producers must partition with murmur2_random"));
        worker->misplaced = 0;
        worker->misplaced_at_us = now;
    }
}

static enum step_outcome
take_record(struct worker *worker, struct lot *lot, const struct record *record)
{
    int32_t slot = worker_slot_of(worker, record->partition);
    if (slot < 0 || worker->positions[slot].stopped) {
        return STEP_DONE;
    }
    struct worker_slot *state = &worker->slots[slot];
    const struct position *position = &worker->positions[slot];
    if (record->offset < state->expected) {
        bool last = state->verify && record->offset == position->last_offset;
        bool unknown = record->offset > position->last_offset &&
                       record->offset < position->next_offset && GUARD(LAST_RECORD);
        return (last && !verify(worker, (uint32_t)slot, record)) ||
                       (unknown && !another_log(worker, record))
                   ? STEP_HALT
                   : STEP_DONE;
    }
    if (state->verify && last_is_gone(worker, (uint32_t)slot) != STEP_DONE) {
        return step_of_err(worker);
    }
    if (growth_holds(worker, (uint32_t)slot, record)) {
        add_skipped(worker, lot, (uint32_t)slot, state->old_end);
        return STEP_DONE;
    }
    add_skipped(worker, lot, (uint32_t)slot, record->offset);
    lot->records[lot->record_count] = *record;
    struct batch_entry *entry = add_entry(worker, lot, (uint32_t)slot, record->offset, 1);
    entry->record = &lot->records[lot->record_count++];
    lot->alone_count += state->alone > 0 ? 1 : 0;
    count_misplaced(worker, lot, (uint32_t)slot, record);
    return STEP_DONE;
}

static enum step_outcome take_end(struct worker *worker, struct lot *lot, const struct record *end)
{
    int32_t slot = worker_slot_of(worker, end->partition);
    if (slot >= 0 && end->offset < worker->positions[slot].next_offset && GUARD(LOG_END)) {
        (void)err_set(&worker->err, /* TAKE asks where it ends, and judges */
                      ERR_RETRY,
                      "partition %d: the log ends at %" PRId64 ", before what is decided",
                      end->partition,
                      end->offset);
        return STEP_RETRY;
    }
    if (slot >= 0 && worker->slots[slot].verify &&
        last_is_gone(worker, (uint32_t)slot) != STEP_DONE) {
        return step_of_err(worker);
    }
    if (slot >= 0 && !worker->positions[slot].stopped && !worker->slots[slot].held) {
        add_skipped(worker, lot, (uint32_t)slot, end->offset);
    }
    return STEP_DONE;
}

static enum step_outcome not_marked(struct worker *worker)
{
    worker_unmark(worker);
    return step_of_err(worker);
}

/* Acknowledged outputs are marked within a second also when nothing comes. With nothing to mark the
 * store is asked now and then all the same: one that lost commits has another epoch, or positions
 * below ours. So is the group. */
static enum step_outcome mark_emitted(struct worker *worker, int64_t now_us)
{
    struct sink *sink = &worker->edges.sink;
    struct store *store = &worker->edges.store;
    struct source *source = &worker->edges.source;
    bool moved = false;
    if (now_us - worker->marked_at_us < WORKER_MARK_US) {
        return STEP_DONE;
    }
    worker->marked_at_us = now_us;
    worker_anchor(worker, false);
    for (uint32_t i = 0; i < worker->slot_count; i++) {
        struct position *position = &worker->positions[i];
        if (!sink->settled(
                sink->self, position->partition, &position->emitted_offset, &worker->err)) {
            return not_marked(worker);
        }
        position->seen_offset = worker_seen(worker, position->partition);
        moved = moved || position->emitted_offset > worker->slots[i].marked ||
                position->seen_offset > worker->slots[i].seen;
    }
    if (!moved && now_us - worker->confirmed_at_us < WORKER_CONFIRM_US) {
        return STEP_DONE;
    }
    worker->confirmed_at_us = now_us;
    if (!store->emitted(store->self, worker->positions, worker->slot_count, false, &worker->err)) {
        return not_marked(worker);
    }
    if (!moved && !worker_agrees_still(worker)) {
        return step_of_err(worker);
    }
    if (moved &&
        !source->commit(source->self, worker->positions, worker->slot_count, &worker->err)) {
        return step_of_err(worker);
    }
    for (uint32_t i = 0; i < worker->slot_count; i++) {
        worker->slots[i].marked = worker->positions[i].emitted_offset;
        worker->slots[i].seen = worker->positions[i].seen_offset;
    }
    return STEP_DONE;
}

/* One event of the group or the log. STEP_AGAIN: nothing more for now. */
static enum step_outcome take_event(struct worker *worker, struct lot *lot, uint32_t wait_ms)
{
    struct source *source = &worker->edges.source;
    struct record record;
    switch (source->poll(source->self, wait_ms, &record, &worker->err)) {
    case SOURCE_RECORD:
        lot->polled_count++;
        lot->bytes += record_size(&record);
        return take_record(worker, lot, &record);
    case SOURCE_END:
        return take_end(worker, lot, &record);
    case SOURCE_NOTHING:
        return STEP_AGAIN;
    case SOURCE_ASSIGNED:
        return assignment_meet(worker);
    case SOURCE_LOST:
    case SOURCE_REVOKED:
        return STEP_REVOKED;
    case SOURCE_RESET:
        (void)err_set(&worker->err,
                      ERR_RETRY,
                      "partition %d: the position is outside the log",
                      record.partition);
        return STEP_RETRY;
    case SOURCE_FAILED:
        break;
    }
    return step_of_err(worker);
}

static bool has_room(const struct worker *worker, const struct lot *lot)
{
    return lot->record_count < worker->batch_most && lot->alone_count < WORKER_ALONE_LOT &&
           lot->gathered_count < 2 * WORKER_RECORDS_MAX - 2 &&
           lot->polled_count < 2 * WORKER_RECORDS_MAX && lot->bytes < WORKER_BATCH_BYTES;
}

void lot_read(struct worker *worker, struct lot *lot, uint32_t upto)
{
    arena_rewind(&lot->arena, lot->mark);
    for (; lot->request_count < upto; lot->request_count++) {
        struct request *request = &lot->requests[lot->request_count];
        const struct record *record = lot->gathered[lot->request_count].record;
        if (record == NULL) {
            *request = (struct request){0};
        } else {
            request_read(request, record, REASON_NONE, &worker->citizen_key, &lot->arena);
        }
    }
    lot->mark = arena_mark(&lot->arena);
}

bool worker_read_ahead(void *context)
{
    struct worker *worker = context;
    struct lot *lot = lot_ahead(worker);
    if (!worker->reading_ahead || worker->met != STEP_DONE) {
        return false;
    }
    struct err err = worker->err; /* the step's that is waiting */
    enum step_outcome outcome = STEP_DONE;
    uint32_t before = lot->record_count;
    for (int i = 0; i < WORKER_SLICE && outcome == STEP_DONE && has_room(worker, lot); i++) {
        outcome = take_event(worker, lot, 0);
    }
    if (outcome != STEP_DONE && outcome != STEP_AGAIN) {
        worker->met = outcome;
        worker->met_err = worker->err;
    }
    worker->err = err;
    metrics_add(&worker->metrics, METRIC_AT_READ_AHEAD, lot->record_count - before);
    uint32_t upto = worker->careful ? alone_readable(worker, lot) : lot->gathered_count;
    bool any = lot->request_count < upto;
    lot_read(worker, lot, upto);
    return any;
}

/* Lingering for company pays under load; while little waits, what was sent goes at once. Not
 * acknowledged yet, it settles later; false: it is another's. */
static bool flush_when_slack(struct worker *worker)
{
    struct sink *sink = &worker->edges.sink;
    struct err err;
    if (worker->sent_since_flush && worker->lot->record_count < worker->batch_most / 4) {
        worker->sent_since_flush = false;
        if (!sink->flush(sink->self, WORKER_LINGER_US / 1000, &err) && err.kind == ERR_FENCED) {
            worker->err = err;
            return false;
        }
    }
    return true;
}

/* What reading ahead met is answered now, between two batches. */
static enum step_outcome take_met(struct worker *worker)
{
    enum step_outcome met = worker->met;
    worker->met = STEP_DONE;
    if (met != STEP_DONE) {
        worker->err = worker->met_err;
    }
    return met;
}

/* All that came was dropped, as what a partition that is held gives: it is let go here, since no
 * batch will. */
static enum step_outcome nothing_gathered(struct worker *worker)
{
    struct source *source = &worker->edges.source;
    source->release(source->self, worker->lot->polled_count);
    lot_clear(worker->lot);
    return STEP_AGAIN;
}

/* Also what is only dropped ends: others wait for what CONSUME does between two of them. */
static enum step_outcome gather(struct worker *worker, int64_t now)
{
    struct lot *lot = worker->lot;
    enum step_outcome outcome = STEP_DONE;
    bool empty = lot->gathered_count == 0;
    int64_t until = now + (empty ? WORKER_IDLE_MS * INT64_C(1000) : WORKER_LINGER_US);
    while (outcome == STEP_DONE && has_room(worker, lot) && now < until) {
        outcome = take_event(worker, lot, empty ? WORKER_IDLE_MS : 1);
        now = worker->clock.mono_us(worker->clock.self);
        if (empty && lot->gathered_count > 0) {
            empty = false;
            until = now + WORKER_LINGER_US;
        }
    }
    if (outcome != STEP_DONE && outcome != STEP_AGAIN) {
        return outcome;
    }
    return empty ? nothing_gathered(worker) : STEP_DONE;
}

enum step_outcome step_consume(struct worker *worker)
{
    struct lot *lot = worker->lot;
    enum step_outcome outcome = take_met(worker);
    if (outcome == STEP_DONE && worker->stopped_count > 0) {
        outcome = stopped_serve(worker);
    }
    if (outcome != STEP_DONE || lot->stored > 0) {
        return outcome; /* stored > 0: the rest of a batch that was halved */
    }
    if (!flush_when_slack(worker)) {
        return step_of_err(worker);
    }
    add_gaps(worker);
    int64_t now = worker->clock.mono_us(worker->clock.self);
    if (!growth_look(worker, now)) {
        return step_of_err(worker);
    }
    outcome = worker->grown ? STEP_AGAIN : mark_emitted(worker, now);
    shadow_report(worker, false);
    if (outcome == STEP_DONE) {
        outcome = gather(worker, now);
    }
    if (outcome == STEP_DONE && lot->stray_count > 0 && !growth_ask(worker)) {
        return step_of_err(worker);
    }
    return outcome == STEP_DONE && worker->grown ? STEP_AGAIN : outcome;
}
