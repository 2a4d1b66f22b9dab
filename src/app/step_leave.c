/* Giving partitions back: SETTLE in order, LEAVE when they are another's already. */

#include "mentor/app/worker.h"
#include "mentor/base/guard.h"
#include "mentor/base/log.h"

#include "assignment.h"
#include "shadow.h"
#include "steps.h"

void worker_unmark(struct worker *worker)
{
    for (uint32_t i = 0; i < worker->slot_count && GUARD(UNMARK); i++) {
        worker->positions[i].emitted_offset = worker->slots[i].marked;
    }
}

/* That they are another's is the one word that is not passed over. */
static bool heed(struct worker *worker, bool done, const struct err *err)
{
    bool fenced = !done && err->kind == ERR_FENCED && GUARD(SETTLE_FENCED);
    if (fenced) {
        worker->err = *err;
    }
    return !fenced;
}

/* Whoever goes leaves nothing behind that readers do not see: who stays the owner in the store has
 * heirs who end it. */
static bool leaves_nothing(const struct worker *worker, bool flushed)
{
    const struct sink *sink = &worker->edges.sink;
    struct err err = {.kind = ERR_RETRY, .text = "what was sent is not acknowledged"};
    if (sink->ended == NULL || (flushed && sink->ended(sink->self, true, &err))) {
        return true;
    }
    LOG(LOG_LEVEL_WARN,
        "worker.unended",
        LOG_TEXT("why", err.text),
        LOG_TEXT("then", "the partitions are not given back; whoever takes them ends it"));
    return false;
}

/* What stays unacknowledged is sent again by whoever takes the partition. */
bool worker_settle_positions(struct worker *worker, bool release)
{
    struct sink *sink = &worker->edges.sink;
    struct store *store = &worker->edges.store;
    struct source *source = &worker->edges.source;
    struct err ignored;
    worker_anchor(worker, true);
    bool flushed =
        sink->flush(sink->self,
                    worker->stopping ? worker_drain_left_ms(worker, 0) : WORKER_SETTLE_MS,
                    &ignored);
    bool ours = heed(worker, flushed, &ignored);
    for (uint32_t i = 0; i < worker->slot_count; i++) {
        struct position *position = &worker->positions[i];
        int64_t emitted = 0;
        bool settled = sink->settled(sink->self, position->partition, &emitted, &ignored);
        ours = heed(worker, settled, &ignored) && ours;
        if (settled && emitted > position->emitted_offset) {
            position->emitted_offset = emitted;
        }
    }
    bool gives = release && (worker->slot_count == 0 || leaves_nothing(worker, flushed));
    for (uint32_t i = 0; i < worker->slot_count; i++) { /* after that, which looks */
        struct position *position = &worker->positions[i];
        position->seen_offset = worker_seen(worker, position->partition);
    }
    bool marked =
        store->emitted(store->self, worker->positions, worker->slot_count, gives, &ignored);
    if (!marked) {
        worker_unmark(worker); /* JOIN tells the group where they are, when they stay ours */
    }
    bool committed =
        marked && source->commit(source->self, worker->positions, worker->slot_count, &ignored);
    if (!committed) {
        ours = heed(worker, false, &ignored) && ours;
        LOG(LOG_LEVEL_WARN,
            "worker.unsettled",
            LOG_TEXT("why", ignored.text),
            LOG_TEXT(
                "then",
                "the next owner emits again what was not marked; identical, with the same ce_id"));
    }
    shadow_report(worker, true);
    return ours;
}

/*
 * Out of order, but alive: who stays the owner in the store counts as dead, and each heir would
 * fence our producer again. So the sink is purged, and the group, which must know us still, says
 * that nothing of ours is pending, and readers see all: what was lost is an heir's to undo. Only
 * what is taken still: a database that was gone meanwhile may have lost commits and given our
 * epochs to others. What cannot be done now is done when we are fenced the next time.
 */
static void give_back(struct worker *worker)
{
    struct source *source = &worker->edges.source;
    struct store *store = &worker->edges.store;
    struct err err = {0};
    if (!worker->transactional || !worker->taken || *worker->stop ||
        !source->prove(source->self, worker->positions, worker->slot_count, &err) ||
        !leaves_nothing(worker, true)) {
        return;
    }
    worker_unmark(worker);
    for (uint32_t i = 0; i < worker->slot_count && err.kind != ERR_RETRY; i++) {
        (void)store->emitted(store->self, &worker->positions[i], 1, true, &err); /* or another's */
    }
}

enum step_outcome step_settle(struct worker *worker)
{
    struct sink *sink = &worker->edges.sink;
    struct source *source = &worker->edges.source;
    worker_forget(worker);
    bool ours = true;
    if (worker->assigned && worker->taken && GUARD(SETTLE)) {
        ours = worker_settle_positions(worker, true);
    }
    struct err fenced = worker->err;
    bool purged = !GUARD(PURGE) || sink->purge(sink->self, &worker->err);
    /* Also when nothing is ours by what we have heard: an answer that is owed keeps everybody. */
    bool stopped = source->stop(source->self, &worker->err);
    if (!ours) {
        worker->err = fenced; /* whatever else went wrong */
    }
    worker->reading = false;
    bool keeps = worker->keeps && !worker->stopping && !worker->granted;
    worker->keeps = false;
    if (keeps) { /* JOIN asks the group whether they are still ours */
        return ours && purged && stopped ? STEP_DONE : step_of_err(worker);
    }
    if (worker->assigned) {
        metrics_add(
            &worker->metrics, METRIC_AT_REBALANCES + CHANGE_REVOKED, worker->stopping ? 0 : 1);
        LOG(LOG_LEVEL_INFO,
            worker->stopping ? "worker.drained" : "worker.revoked",
            LOG_NUMBER("partitions", worker->slot_count));
    }
    worker->assigned = false;
    worker->taken = false;
    worker->slot_count = 0;
    if (worker->granted) {
        worker->met = STEP_DONE; /* it was this */
        assignment_accept(worker);
    }
    if (purged && stopped && !worker->opened) {
        return STEP_AGAIN; /* given and taken away between two attempts to open */
    }
    return purged && stopped ? STEP_DONE : step_of_err(worker);
}

enum step_outcome step_leave(struct worker *worker)
{
    struct sink *sink = &worker->edges.sink;
    struct source *source = &worker->edges.source;
    worker_forget(worker);
    worker->met = STEP_DONE;
    bool purged = !GUARD(PURGE) || sink->purge(sink->self, &worker->err);
    if (purged) {
        give_back(worker);
    }
    worker->assigned = false;
    worker->granted = false;
    worker->taken = false;
    worker->reading = false;
    worker->slot_count = 0;
    return source->leave(source->self, &worker->err) && purged ? STEP_DONE : step_of_err(worker);
}
