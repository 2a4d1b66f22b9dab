#ifndef MENTOR_APP_METRICS_H
#define MENTOR_APP_METRICS_H

/*
 * What a worker counts: one table, from which come the cells that are counted in, the page that
 * Prometheus reads, `mentord help metrics` and the README's list.
 *
 * A lane has a struct metrics of its own and is the only one that writes to it: plain relaxed
 * stores, a few a batch and none a record. Any thread may read. Labels come from tables of the
 * program and from the rulebook's name: nothing of a record gets here.
 */

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "mentor/base/sha256.h"
#include "mentor/core/cycle.h"
#include "mentor/core/decide.h"
#include "mentor/core/rulebook.h"
#include "mentor/core/status.h"
#include "mentor/port/batch.h"

struct text;
struct topic_bounds;

/*
 * X(NAME, "name", type, dimension, "what")
 * Types: COUNTER, GAUGE, and two histograms: SECONDS (kept in microseconds) and RECORDS.
 * Dimensions name the labels (metrics.c): those of the second kind have no cells, but are told when
 * the page is made.
 */
#define METRICS(X)                                                                                 \
    X(RECORDS,                                                                                     \
      "mentord_records_total",                                                                     \
      COUNTER,                                                                                     \
      FATE,                                                                                        \
      "records by the fate that is stored; for skipped and gap offsets")                           \
    X(DECISIONS, "mentord_decisions_total", COUNTER, OUTCOME, "decisions stored")                  \
    X(LATE,                                                                                        \
      "mentord_decisions_late_total",                                                              \
      COUNTER,                                                                                     \
      ONE,                                                                                         \
      "decisions stored after their caller's grpc-timeout")                                        \
    X(OUTPUTS,                                                                                     \
      "mentord_outputs_total",                                                                     \
      COUNTER,                                                                                     \
      OUTPUT,                                                                                      \
      "outputs handed to the producer for the first time by this worker")                          \
    X(RESENT,                                                                                      \
      "mentord_outputs_resent_total",                                                              \
      COUNTER,                                                                                     \
      ONE,                                                                                         \
      "stored outputs sent on taking a partition, since nobody knew whether they were")            \
    X(MISPLACED,                                                                                   \
      "mentord_records_misplaced_total",                                                           \
      COUNTER,                                                                                     \
      ONE,                                                                                         \
      "records whose key belongs on another partition")                                            \
    X(READ_AHEAD,                                                                                  \
      "mentord_records_read_ahead_total",                                                          \
      COUNTER,                                                                                     \
      ONE,                                                                                         \
      "records read while the database worked on the batch before")                                \
    X(HELD, "mentord_records_held", GAUGE, ONE, "records in memory, read and not stored yet")      \
    X(BATCHES, "mentord_batches_total", COUNTER, ONE, "batches stored and emitted")                \
    X(BATCH_RECORDS, "mentord_batch_records", RECORDS, ONE, "records in a batch that was stored")  \
    X(BATCH_SECONDS,                                                                               \
      "mentord_batch_duration_seconds",                                                            \
      SECONDS,                                                                                     \
      ONE,                                                                                         \
      "from a batch being gathered to its outputs being handed over")                              \
    X(STAGE_SECONDS,                                                                               \
      "mentord_stage_duration_seconds",                                                            \
      SECONDS,                                                                                     \
      STAGE,                                                                                       \
      "a batch's stages that ended well; consume waits for records too")                           \
    X(AGAIN,                                                                                       \
      "mentord_batches_again_total",                                                               \
      COUNTER,                                                                                     \
      AGAIN,                                                                                       \
      "batches rolled back and begun again: stale rows, or a record the database refuses")         \
    X(RETRIES,                                                                                     \
      "mentord_retries_total",                                                                     \
      COUNTER,                                                                                     \
      STEP,                                                                                        \
      "steps that failed since the broker or the database was away")                               \
    X(WAITING, "mentord_lanes_waiting", GAUGE, ONE, "lanes that wait for a broker or a database")  \
    X(FENCINGS,                                                                                    \
      "mentord_fencings_total",                                                                    \
      COUNTER,                                                                                     \
      ONE,                                                                                         \
      "times that a partition had become another worker's")                                        \
    X(HALTS, "mentord_halts_total", COUNTER, ONE, "lanes that halted; the process ends by it")     \
    X(REBALANCES, "mentord_rebalances_total", COUNTER, CHANGE, "what the group told")              \
    X(SHADOW,                                                                                      \
      "mentord_shadow_decisions_total",                                                            \
      COUNTER,                                                                                     \
      SHADOW,                                                                                      \
      "decisions stored, by what the rulebook of --shadow would have made of them")                \
    X(SHADOW_UNSTORED,                                                                             \
      "mentord_shadow_unstored_total",                                                             \
      COUNTER,                                                                                     \
      ONE,                                                                                         \
      "times that the counts of --shadow could not be stored; decisions are not touched by it")    \
    X(EPOCH, "mentord_partition_epoch", GAUGE, PARTITION, "our epoch of a partition we own")       \
    X(NEXT, "mentord_partition_next_offset", GAUGE, PARTITION, "the first offset without a fate")  \
    X(EMITTED,                                                                                     \
      "mentord_partition_emitted_offset",                                                          \
      GAUGE,                                                                                       \
      PARTITION,                                                                                   \
      "every output below it is acknowledged, and that is stored")                                 \
    X(LAG,                                                                                         \
      "mentord_partition_lag_records",                                                             \
      GAUGE,                                                                                       \
      PARTITION,                                                                                   \
      "offsets without a fate, up to the log's end as it was some seconds ago")                    \
    X(ANCHORS,                                                                                     \
      "mentord_anchors_total",                                                                     \
      COUNTER,                                                                                     \
      ONE,                                                                                         \
      "heads of the hash chain told outside the database")                                         \
    X(ANCHORS_FAILED,                                                                              \
      "mentord_anchor_failures_total",                                                             \
      COUNTER,                                                                                     \
      ONE,                                                                                         \
      "attempts to tell them that a topic or a file refused")                                      \
    X(LANES, "mentord_lanes", GAUGE, TOLD, "transactions in flight at most")                       \
    X(IDLE,                                                                                        \
      "mentord_loop_idle_seconds",                                                                 \
      GAUGE,                                                                                       \
      TOLD,                                                                                        \
      "since a step ended, of the lane where it is longest")                                       \
    X(READY, "mentord_ready", GAUGE, TOLD, "1: /readyz says so")                                   \
    X(DATABASE, "mentord_database_up", GAUGE, TOLD, "1: it answered some seconds ago")             \
    X(BROKER, "mentord_broker_up", GAUGE, TOLD, "1: it answered some seconds ago")                 \
    X(QUARANTINE,                                                                                  \
      "mentord_quarantine_open_records",                                                           \
      GAUGE,                                                                                       \
      TOLD,                                                                                        \
      "open in the whole database, so take max and not sum; counted to 100000")                    \
    X(BUILD, "mentord_build_info", GAUGE, BUILD, "1")                                              \
    X(RULEBOOK,                                                                                    \
      "mentord_rulebook_info",                                                                     \
      GAUGE,                                                                                       \
      RULEBOOK,                                                                                    \
      "1: decided the newest batch of a lane by")                                                  \
    X(RULED,                                                                                       \
      "mentord_rulebook_used_timestamp_seconds",                                                   \
      GAUGE,                                                                                       \
      RULEBOOK,                                                                                    \
      "when the newest batch that was decided by it was stored, since 1970")                       \
    X(STARTED, "process_start_time_seconds", GAUGE, TOLD, "when it started, since 1970")           \
    X(CPU, "process_cpu_seconds_total", COUNTER, TOLD, "user and system time of all threads")      \
    X(RESIDENT, "process_resident_memory_bytes", GAUGE, TOLD, "memory in use")

enum metric_again {
    AGAIN_STALE,
    AGAIN_POISON,
    AGAIN_COUNT,
};

enum metric_change {
    CHANGE_ASSIGNED,
    CHANGE_REVOKED,
    CHANGE_COUNT,
};

enum metric_shadow {
    SHADOW_SAME,
    SHADOW_DIVERGED,
    SHADOW_FAILED,
    SHADOW_VERDICT_COUNT,
};

enum metric_output {
    OUTPUT_DECISION,
    OUTPUT_DLQ,
    OUTPUT_COUNT,
};

enum {
    METRIC_BUCKETS = 14, /* and one without bound */
    METRIC_STAGES = CYCLE_EMIT - CYCLE_CONSUME + 1,
    METRIC_FATES = FATE_COUNT + REASON_COUNT, /* those without a reason by fate, then by reason */
};

/* Cells of one series, by type; and series, by dimension. */
enum {
    METRIC_CELLS_COUNTER = 1,
    METRIC_CELLS_GAUGE = 1,
    METRIC_CELLS_SECONDS = METRIC_BUCKETS + 2, /* buckets, each for itself; then the sum */
    METRIC_CELLS_RECORDS = METRIC_BUCKETS + 2,
    METRIC_SERIES_ONE = 1,
    METRIC_SERIES_FATE = METRIC_FATES,
    METRIC_SERIES_OUTCOME = OUTCOME_IS_REFERRED,
    METRIC_SERIES_OUTPUT = OUTPUT_COUNT,
    METRIC_SERIES_STAGE = METRIC_STAGES,
    METRIC_SERIES_STEP = CYCLE_STATE_COUNT,
    METRIC_SERIES_AGAIN = AGAIN_COUNT,
    METRIC_SERIES_CHANGE = CHANGE_COUNT,
    METRIC_SERIES_SHADOW = SHADOW_VERDICT_COUNT,
    METRIC_SERIES_PARTITION = 0,
    METRIC_SERIES_TOLD = 0,
    METRIC_SERIES_BUILD = 0,
    METRIC_SERIES_RULEBOOK = 0,
};

/* Where each metric's cells begin. */
enum metric_cell {
#define X(id, name, type, dimension, what)                                                         \
    METRIC_AT_##id,                                                                                \
        METRIC_END_##id = METRIC_AT_##id + METRIC_CELLS_##type * METRIC_SERIES_##dimension - 1,
    METRICS(X)
#undef X
    METRIC_CELLS
};

enum metric {
#define X(id, name, type, dimension, what) METRIC_##id,
    METRICS(X)
#undef X
    METRIC_COUNT
};

struct metrics_partition {
    _Atomic int32_t partition;
    _Atomic int64_t epoch;
    _Atomic int64_t next_offset;
    _Atomic int64_t emitted_offset;
};

/* A rulebook as it is shown; texts are NUL-terminated. */
struct metrics_rulebook {
    char name[RULEBOOK_WORD_SIZE];
    char version[RULEBOOK_WORD_SIZE];
    char sha256[2 * SHA256_SIZE + 1]; /* hex */
};

/* Zeroed is empty. */
struct metrics {
    _Atomic int64_t cells[METRIC_CELLS];
    _Atomic int64_t stepped_at_us;                   /* when a step ended; of the lane's clock */
    _Atomic uint32_t state;                          /* enum cycle_state: the step that runs */
    _Atomic uint32_t moves;                          /* odd while the partitions are written */
    const struct metrics_rulebook *_Atomic rulebook; /* decides; borrowed, never changed */
    _Atomic int64_t ruled_at_ms; /* when a batch by it was stored last, since 1970; 0: none yet */
    _Atomic uint32_t partition_count;
    struct metrics_partition partitions[PARTITIONS_MAX];
};

/* One writer: so no locked instruction. */
static inline void metrics_add(struct metrics *metrics, uint32_t cell, int64_t more)
{
    _Atomic int64_t *at = &metrics->cells[cell];
    int64_t value = atomic_load_explicit(at, memory_order_relaxed);
    atomic_store_explicit(at, value + more, memory_order_relaxed);
}

static inline void metrics_set(struct metrics *metrics, uint32_t cell, int64_t value)
{
    atomic_store_explicit(&metrics->cells[cell], value, memory_order_relaxed);
}

/* Into a histogram's series that begins at `cell`. */
void metrics_observe_us(struct metrics *metrics, uint32_t cell, int64_t us);
void metrics_observe_records(struct metrics *metrics, uint32_t cell, int64_t records);

/* Where a record is counted; `reason` for those that have one. */
uint32_t metrics_fate_cell(enum fate fate, enum reason reason);
/* What became of how many, of all reasons. */
int64_t metrics_fate(const struct metrics *metrics, enum fate fate);

/* The partitions that are ours now; count 0: none. */
void metrics_partitions(struct metrics *metrics, const struct position *positions, uint32_t count);
/* A copy as it was at one moment; returns how many. */
uint32_t metrics_partitions_read(const struct metrics *metrics,
                                 struct position positions[PARTITIONS_MAX]);

/* What decides from now on; it lives as long as anybody reads the metrics. */
static inline void metrics_rulebook_set(struct metrics *metrics,
                                        const struct metrics_rulebook *rulebook)
{
    atomic_store_explicit(&metrics->ruled_at_ms, 0, memory_order_relaxed);
    atomic_store_explicit(&metrics->rulebook, rulebook, memory_order_release);
}

/* NULL before the first. */
static inline const struct metrics_rulebook *metrics_rulebook(const struct metrics *metrics)
{
    return atomic_load_explicit(&metrics->rulebook, memory_order_acquire);
}

/* What is told beside the cells. Borrowed until the page is made. */
struct metrics_told {
    double values[METRIC_COUNT]; /* those of dimension TOLD; NaN: not known, left out */
    const char *version;
    const struct topic_bounds *ends; /* of the input topic; NULL when not known */
    uint32_t end_count;
};

/* Everything, in Prometheus' text format 0.0.4: lanes added up. */
void metrics_render(struct text *out,
                    const struct metrics *const *lanes,
                    uint32_t lane_count,
                    const struct metrics_told *told);

/* The list as a Markdown table, for the README. */
void metrics_describe(FILE *out);

#endif /* MENTOR_APP_METRICS_H */
