#include "stopped.h"

#include "mentor/app/worker.h"
#include "mentor/base/log.h"

#include "steps.h"

void stopped_begin(struct worker *worker)
{
    for (uint32_t i = 0; i < worker->slot_count; i++) {
        worker->slots[i].breaker = worker->positions[i].breaker;
    }
}

bool stopped_count(struct worker *worker, uint32_t place)
{
    const struct batch_entry *entry = &worker->batch.entries[place];
    struct breaker *breaker = &worker->slots[entry->slot].breaker;
    if (entry->record == NULL) {
        return false;
    }
    breaker_add(breaker, entry->fate == FATE_DLQ);
    return entry->fate == FATE_DLQ && worker->breaker_most > 0 &&
           breaker->refused > worker->breaker_most;
}

void stopped_report(struct worker *worker, uint32_t slot)
{
    const struct position *position = &worker->positions[slot];
    LOG(LOG_LEVEL_ERROR,
        "partition.stopped",
        LOG_NUMBER("partition", position->partition),
        LOG_NUMBER("next", position->next_offset),
        LOG_NUMBER("refused", position->breaker.refused),
        LOG_NUMBER("of", position->breaker.count),
        LOG_TEXT(
            "then",
            "see mentord dlq list, mend what refuses them, then mentord dlq resume PARTITION"));
}

void stopped_note(struct worker *worker)
{
    worker->stopped_count = 0;
    worker->retake = false;
    for (uint32_t i = 0; i < worker->slot_count; i++) {
        if (worker->positions[i].stopped) {
            worker->stopped_count++;
            stopped_report(worker, i);
        }
    }
}

/* The ids of stopped slots' rows go as positions, so that the store need not know slots. */
static bool ask_resumed(struct worker *worker, bool *resumed)
{
    struct store *store = &worker->edges.store;
    struct position stopped[PARTITIONS_MAX];
    uint32_t count = 0;
    for (uint32_t i = 0; i < worker->slot_count; i++) {
        if (worker->positions[i].stopped) {
            stopped[count++] = worker->positions[i];
        }
    }
    return store->resumed(store->self, stopped, count, resumed, &worker->err);
}

enum step_outcome stopped_serve(struct worker *worker)
{
    int64_t now_us = worker->clock.mono_us(worker->clock.self);
    if (!worker->retake && now_us - worker->resumed_at_us >= WORKER_RESUMED_US) {
        worker->resumed_at_us = now_us;
        if (!ask_resumed(worker, &worker->retake)) {
            return step_of_err(worker);
        }
    }
    worker->keeps = worker->retake;
    worker->retake = false;
    return worker->keeps ? STEP_REVOKED : STEP_DONE;
}
