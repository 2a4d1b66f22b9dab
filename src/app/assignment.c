#include "assignment.h"

#include <inttypes.h>
#include <stdlib.h>

#include "mentor/app/worker.h"
#include "mentor/base/guard.h"

static int by_partition(const void *a, const void *b)
{
    int32_t left = *(const int32_t *)a;
    int32_t right = *(const int32_t *)b;
    return (left > right) - (left < right);
}

void assignment_accept(struct worker *worker)
{
    const int32_t *partitions = NULL;
    int32_t sorted[PARTITIONS_MAX];
    uint32_t count = worker->edges.source.partitions(worker->edges.source.self, &partitions);
    worker->assigned_count = count;
    count = count <= PARTITIONS_MAX ? count : 0;
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
    worker->granted = false;
    worker->taken = false;
    metrics_add(&worker->metrics, METRIC_AT_REBALANCES + CHANGE_ASSIGNED, 1);
}

enum step_outcome assignment_meet(struct worker *worker)
{
    if (worker->assigned) {
        worker->granted = GUARD(GRANTED);
        return STEP_REVOKED;
    }
    assignment_accept(worker);
    return STEP_DONE;
}

bool assignment_fits(struct worker *worker)
{
    return worker->assigned_count <= PARTITIONS_MAX ||
           err_set(&worker->err,
                   ERR_RETRY,
                   "%" PRIu32 " partitions are assigned to one member of the group, which takes at "
                   "most %d: start another worker, or give --lanes",
                   worker->assigned_count,
                   (int)PARTITIONS_MAX);
}
