/* What the loop counts, a few stores a step: mentor/app/metrics.h is the table. */

#include "mentor/app/worker.h"

#include "steps.h"

void tally_begin(struct worker *worker, enum cycle_state state)
{
    struct metrics *metrics = &worker->metrics;
    if (worker->stepped_us == 0) {
        worker->stepped_us = worker->clock.mono_us(worker->clock.self);
        atomic_store_explicit(&metrics->stepped_at_us, worker->stepped_us, memory_order_relaxed);
    }
    atomic_store_explicit(&metrics->state, (uint32_t)state, memory_order_relaxed);
}

static void tally_outcome(struct worker *worker, enum cycle_state state, enum step_outcome outcome)
{
    struct metrics *metrics = &worker->metrics;
    switch (outcome) {
    case STEP_RETRY:
        metrics_add(metrics, METRIC_AT_RETRIES + (uint32_t)state, 1);
        break;
    case STEP_FENCED:
        metrics_add(metrics, METRIC_AT_FENCINGS, 1);
        break;
    case STEP_HALT:
        metrics_add(metrics, METRIC_AT_HALTS, 1);
        break;
    case STEP_AGAIN:
        if (worker->err.kind == ERR_STALE || worker->err.kind == ERR_POISON) {
            metrics_add(metrics,
                        METRIC_AT_AGAIN +
                            (uint32_t)(worker->err.kind == ERR_STALE ? AGAIN_STALE : AGAIN_POISON),
                        1);
        }
        break;
    case STEP_DONE:
    case STEP_REVOKED:
    case STEP_OUTCOME_COUNT:
        break;
    }
}

static void tally_stage(struct worker *worker, enum cycle_state state, int64_t now_us)
{
    struct metrics *metrics = &worker->metrics;
    if (state >= CYCLE_CONSUME && state <= CYCLE_EMIT) {
        uint32_t stage = (uint32_t)(state - CYCLE_CONSUME);
        metrics_observe_us(metrics,
                           METRIC_AT_STAGE_SECONDS + stage * METRIC_CELLS_SECONDS,
                           now_us - worker->stepped_us);
    }
    if (state == CYCLE_CONSUME) {
        worker->batch_began_us = now_us;
    }
    if (state == CYCLE_EMIT) {
        metrics_add(metrics, METRIC_AT_BATCHES, 1);
        atomic_store_explicit(
            &metrics->ruled_at_ms, worker->clock.wall_ms(worker->clock.self), memory_order_relaxed);
        metrics_observe_us(metrics, METRIC_AT_BATCH_SECONDS, now_us - worker->batch_began_us);
    }
}

void tally_step(struct worker *worker, enum cycle_state state, enum step_outcome outcome)
{
    struct metrics *metrics = &worker->metrics;
    int64_t now = worker->clock.mono_us(worker->clock.self);
    tally_outcome(worker, state, outcome);
    if (outcome == STEP_DONE) {
        tally_stage(worker, state, now);
    }
    if (state != CYCLE_READ && state != CYCLE_DECIDE) { /* they move nothing of it */
        metrics_set(metrics,
                    METRIC_AT_HELD,
                    (int64_t)worker->lots[0].record_count + worker->lots[1].record_count);
        metrics_partitions(metrics, worker->positions, worker->taken ? worker->slot_count : 0);
    }
    worker->stepped_us = now;
    atomic_store_explicit(&metrics->stepped_at_us, now, memory_order_relaxed);
}

void tally_stored(struct worker *worker)
{
    struct metrics *metrics = &worker->metrics;
    const struct batch *batch = &worker->batch;
    int64_t fates[METRIC_SERIES_FATE] = {0};
    int64_t outcomes[METRIC_SERIES_OUTCOME] = {0};
    int64_t records = 0;
    int64_t late = 0;
    for (uint32_t i = 0; i < batch->entry_count; i++) {
        const struct batch_entry *entry = &batch->entries[i];
        fates[metrics_fate_cell(entry->fate, entry->reason) - METRIC_AT_RECORDS] += entry->count;
        records += entry->record != NULL;
    }
    for (uint32_t i = 0; i < batch->decision_count; i++) {
        const struct batch_decision *decision = &batch->decisions[i];
        CHECK(decision->outcome > OUTCOME_NONE);
        outcomes[decision->outcome - 1]++;
        late += decision->late_ms >= 0;
    }
    for (uint32_t i = 0; i < METRIC_SERIES_FATE; i++) {
        metrics_add(metrics, METRIC_AT_RECORDS + i, fates[i]);
    }
    for (uint32_t i = 0; i < METRIC_SERIES_OUTCOME; i++) {
        metrics_add(metrics, METRIC_AT_DECISIONS + i, outcomes[i]);
    }
    metrics_add(metrics, METRIC_AT_LATE, late);
    metrics_observe_records(metrics, METRIC_AT_BATCH_RECORDS, records);
}
