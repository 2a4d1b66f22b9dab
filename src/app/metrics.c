/* Counting, and reading what was counted. */

#include "mentor/app/metrics.h"

#include "metrics.h"

const int64_t metrics_bounds_us[METRIC_BUCKETS] = {500,
                                                   1000,
                                                   2500,
                                                   5000,
                                                   10000,
                                                   25000,
                                                   50000,
                                                   100000,
                                                   250000,
                                                   500000,
                                                   1000000,
                                                   2500000,
                                                   5000000,
                                                   10000000};
const int64_t metrics_bounds_records[METRIC_BUCKETS] = {
    1, 5, 10, 25, 50, 100, 250, 500, 1000, 1500, 2000, 3000, 4000, 5000};

static void
observe(struct metrics *metrics, uint32_t cell, const int64_t bounds[METRIC_BUCKETS], int64_t value)
{
    uint32_t bucket = 0;
    while (bucket < METRIC_BUCKETS && value > bounds[bucket]) {
        bucket++;
    }
    metrics_add(metrics, cell + bucket, 1);
    metrics_add(metrics, cell + METRIC_BUCKETS + 1, value);
}

void metrics_observe_us(struct metrics *metrics, uint32_t cell, int64_t us)
{
    observe(metrics, cell, metrics_bounds_us, us);
}

void metrics_observe_records(struct metrics *metrics, uint32_t cell, int64_t records)
{
    observe(metrics, cell, metrics_bounds_records, records);
}

uint32_t metrics_fate_cell(enum fate fate, enum reason reason)
{
    return (uint32_t)METRIC_AT_RECORDS +
           (reason == REASON_NONE ? (uint32_t)fate : (uint32_t)FATE_COUNT + (uint32_t)reason);
}

enum fate metrics_fate_of(enum reason reason)
{
    return reason_status(reason) == STATUS_ALREADY_EXISTS ? FATE_DUPLICATE : FATE_DLQ;
}

int64_t metrics_cell(const struct metrics *metrics, uint32_t cell)
{
    return atomic_load_explicit(&metrics->cells[cell], memory_order_relaxed);
}

int64_t metrics_fate(const struct metrics *metrics, enum fate fate)
{
    int64_t count = metrics_cell(metrics, metrics_fate_cell(fate, REASON_NONE));
    for (int i = REASON_NONE + 1; i < REASON_COUNT; i++) {
        enum reason reason = (enum reason)i;
        count += metrics_fate_of(reason) == fate
                     ? metrics_cell(metrics, metrics_fate_cell(fate, reason))
                     : 0;
    }
    return count;
}

/*
 * A reader that met a write in between sees `moves` odd or changed, and reads again. Release and
 * acquire on every value, since gcc's ThreadSanitizer knows no fences; on x86 they cost nothing.
 */
void metrics_partitions(struct metrics *metrics, const struct position *positions, uint32_t count)
{
    uint32_t moves = atomic_load_explicit(&metrics->moves, memory_order_relaxed);
    atomic_store_explicit(&metrics->moves, moves + 1, memory_order_relaxed);
    atomic_store_explicit(&metrics->partition_count, count, memory_order_release);
    for (uint32_t i = 0; i < count; i++) {
        struct metrics_partition *to = &metrics->partitions[i];
        atomic_store_explicit(&to->partition, positions[i].partition, memory_order_release);
        atomic_store_explicit(&to->epoch, positions[i].epoch, memory_order_release);
        atomic_store_explicit(&to->next_offset, positions[i].next_offset, memory_order_release);
        atomic_store_explicit(
            &to->emitted_offset, positions[i].emitted_offset, memory_order_release);
    }
    atomic_store_explicit(&metrics->moves, moves + 2, memory_order_release);
}

uint32_t metrics_partitions_read(const struct metrics *metrics,
                                 struct position positions[PARTITIONS_MAX])
{
    uint32_t before = 0;
    uint32_t count = 0;
    do {
        before = atomic_load_explicit(&metrics->moves, memory_order_acquire);
        count = atomic_load_explicit(&metrics->partition_count, memory_order_acquire);
        for (uint32_t i = 0; i < count; i++) {
            const struct metrics_partition *from = &metrics->partitions[i];
            positions[i] = (struct position){
                .partition = atomic_load_explicit(&from->partition, memory_order_acquire),
                .epoch = atomic_load_explicit(&from->epoch, memory_order_acquire),
                .next_offset = atomic_load_explicit(&from->next_offset, memory_order_acquire),
                .emitted_offset = atomic_load_explicit(&from->emitted_offset, memory_order_acquire),
            };
        }
    } while (before % 2 == 1 ||
             before != atomic_load_explicit(&metrics->moves, memory_order_relaxed));
    return count;
}
