/* The lane's side of anchors: which heads are due. */

#include "mentor/app/worker.h"

#include "anchor_desk.h"
#include "steps.h"

static void put(struct worker *worker, const struct position *position)
{
    struct anchor anchor = {
        .cluster = bytes_text(worker->cluster),
        .topic = worker->topic,
        .partition = position->partition,
        .next_offset = position->next_offset,
        .batch = position->batch,
        .evaluated_at_ms = position->evaluated_at_ms,
    };
    memcpy(anchor.link, position->link, SHA256_SIZE);
    anchor_desk_put(worker->anchors, &anchor);
}

/* Every position is one that the store has acknowledged, as taken or as written. */
void worker_anchor(struct worker *worker, bool all)
{
    int64_t now_us = worker->clock.mono_us(worker->clock.self);
    int64_t told = 0;
    int64_t failed = 0;
    if (worker->anchors == NULL) {
        return;
    }
    for (uint32_t i = 0; i < worker->slot_count; i++) {
        const struct position *position = &worker->positions[i];
        struct worker_slot *slot = &worker->slots[i];
        bool moved = position->batch > 0 && position->next_offset != slot->anchored;
        if (moved && (all || slot->anchored_at_us == 0 ||
                      now_us - slot->anchored_at_us >= worker->anchor_every_us)) {
            put(worker, position);
            slot->anchored = position->next_offset;
            slot->anchored_at_us = now_us;
        }
    }
    anchor_desk_counts(worker->anchors, &told, &failed);
    metrics_add(&worker->metrics, METRIC_AT_ANCHORS, told);
    metrics_add(&worker->metrics, METRIC_AT_ANCHORS_FAILED, failed);
}
