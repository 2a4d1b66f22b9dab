#include "alone.h"

#include "mentor/app/worker.h"
#include "mentor/base/log.h"

#include "steps.h"

void alone_begin(struct worker *worker, uint32_t slot)
{
    const struct position *position = &worker->positions[slot];
    bool tried = position->tries > 0 && position->tried_offset == position->next_offset;
    if (position->takeovers <= WORKER_ALONE_AFTER && !tried) {
        return;
    }
    /* It was in the batch in hand or in what was read ahead. */
    worker->slots[slot].alone = 2 * worker->batch_most;
    worker->careful = true;
    LOG(LOG_LEVEL_WARN,
        "partition.alone",
        LOG_NUMBER("partition", position->partition),
        LOG_NUMBER("takeovers", position->takeovers),
        LOG_TEXT("why", "its owners died at this offset; records are taken one by one"));
}

static bool goes_alone(const struct worker *worker, const struct batch_entry *entry)
{
    return entry->record != NULL && worker->slots[entry->slot].alone > 0;
}

uint32_t alone_batch(const struct worker *worker, uint32_t most)
{
    uint32_t count = 0;
    while (count < most && !goes_alone(worker, gathered_at(worker, count))) {
        count++;
    }
    return count == 0 ? 1 : count;
}

uint32_t alone_readable(const struct worker *worker, const struct lot *lot)
{
    uint32_t upto = lot->request_count;
    while (upto < lot->gathered_count && !goes_alone(worker, &lot->gathered[upto])) {
        upto++;
    }
    return upto;
}

bool alone_try(struct worker *worker)
{
    struct store *store = &worker->edges.store;
    const struct batch_entry *entry = gathered_at(worker, 0);
    struct lot *lot = worker->lot;
    worker->condemned = false;
    if (!goes_alone(worker, entry)) {
        return true;
    }
    const struct position *position = &worker->positions[entry->slot];
    int32_t tries = 0;
    if (!store->tried(store->self, position, entry->offset, &tries, &worker->err)) {
        return false;
    }
    worker->condemned = tries > WORKER_TRIES;
    if (worker->condemned && lot->request_count == lot->stored) {
        request_condemn(&lot->requests[lot->request_count++], entry->record);
        LOG(LOG_LEVEL_ERROR,
            "record.condemned",
            LOG_NUMBER("partition", position->partition),
            LOG_NUMBER("offset", entry->offset),
            LOG_NUMBER("tries", tries - 1),
            LOG_TEXT("why", "workers died over it; it goes to quarantine unread"));
    }
    return true;
}

void alone_stored(struct worker *worker)
{
    const struct batch_entry *entry = &worker->batch.entries[0];
    if (goes_alone(worker, entry)) {
        struct worker_slot *slot = &worker->slots[entry->slot];
        slot->alone = worker->condemned ? 0 : slot->alone - 1;
    }
    worker->careful = false;
    for (uint32_t i = 0; i < worker->slot_count; i++) {
        worker->careful = worker->careful || worker->slots[i].alone > 0;
    }
}
