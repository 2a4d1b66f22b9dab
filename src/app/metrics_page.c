/* What Prometheus reads, and what a person reads of it: mentor/app/metrics.h is the table. */

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>

#include "mentor/app/edges.h"
#include "mentor/app/metrics.h"
#include "mentor/port/topic.h"
#include "mentor/wire/json.h"

#include "metrics.h"

enum type {
    TYPE_COUNTER,
    TYPE_GAUGE,
    TYPE_SECONDS,
    TYPE_RECORDS,
};

enum dimension {
    DIMENSION_ONE,
    DIMENSION_FATE,
    DIMENSION_OUTCOME,
    DIMENSION_OUTPUT,
    DIMENSION_STAGE,
    DIMENSION_STEP,
    DIMENSION_AGAIN,
    DIMENSION_CHANGE,
    DIMENSION_SHADOW,
    DIMENSION_PARTITION,
    DIMENSION_TOLD,
    DIMENSION_BUILD,
    DIMENSION_RULEBOOK,
    DIMENSION_COUNT
};

static const struct family {
    const char *name;
    enum type type;
    enum dimension dimension;
    const char *what;
    uint32_t first; /* its first cell */
    uint32_t series;
} families[METRIC_COUNT] = {
#define X(id, name, type, dimension, what)                                                         \
    {name,                                                                                         \
     TYPE_##type,                                                                                  \
     DIMENSION_##dimension,                                                                        \
     what,                                                                                         \
     (uint32_t)METRIC_AT_##id,                                                                     \
     METRIC_SERIES_##dimension},
    METRICS(X)
#undef X
};

static const char *const labels[DIMENSION_COUNT] = {
    [DIMENSION_ONE] = "",
    [DIMENSION_FATE] = "fate, reason, status",
    [DIMENSION_OUTCOME] = "outcome",
    [DIMENSION_OUTPUT] = "topic",
    [DIMENSION_STAGE] = "stage",
    [DIMENSION_STEP] = "step",
    [DIMENSION_AGAIN] = "why",
    [DIMENSION_CHANGE] = "change",
    [DIMENSION_SHADOW] = "verdict",
    [DIMENSION_PARTITION] = "partition",
    [DIMENSION_TOLD] = "",
    [DIMENSION_BUILD] = "version",
    [DIMENSION_RULEBOOK] = "name, version, sha256",
};

struct render {
    struct text *out;
    const struct metrics *const *lanes;
    uint32_t lane_count;
    const struct metrics_told *told;
    struct position *positions; /* PARTITIONS_MAX, scratch */
};

__attribute__((format(printf, 2, 3))) static void
print(const struct render *render, const char *format, ...)
{
    char line[256];
    va_list arguments;
    va_start(arguments, format);
    /* clang 14 thinks va_start did nothing. NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized) */
    int size = vsnprintf(line, sizeof(line), format, arguments);
    va_end(arguments);
    CHECK(size >= 0 &&
          (size_t)size < sizeof(line)); /* names and numbers only; texts go by escape() */
    text_add(render->out, bytes_of(line, (size_t)size));
}

/* A label's value between its quotes: a backslash, a quote and a line feed are escaped, nothing
 * else. */
static void escape(const struct render *render, const char *value)
{
    for (; *value != '\0'; value++) {
        if (*value == '\n') {
            text_add(render->out, bytes_text("\\n"));
            continue;
        }
        if (*value == '\\' || *value == '"') {
            text_add(render->out, bytes_text("\\"));
        }
        text_add(render->out, bytes_of(value, 1));
    }
}

static void
add_label(const struct render *render, const char *name, const char *value, const char *end)
{
    print(render, "%s=\"", name);
    escape(render, value);
    print(render, "\"%s", end);
}

static const char *outcome_label(uint32_t series)
{
    static const char *const names[METRIC_SERIES_OUTCOME] = {"approved", "rejected", "referred"};
    CHECK(series < METRIC_SERIES_OUTCOME);
    return names[series];
}

static const char *one_label(enum dimension dimension, uint32_t series)
{
    switch (dimension) {
    case DIMENSION_OUTCOME:
        return outcome_label(series);
    case DIMENSION_OUTPUT:
        return series == OUTPUT_DECISION ? "decisions" : "dlq";
    case DIMENSION_STAGE:
        return cycle_state_name((enum cycle_state)(CYCLE_CONSUME + series));
    case DIMENSION_STEP:
        return cycle_state_name((enum cycle_state)series);
    case DIMENSION_AGAIN:
        return series == AGAIN_STALE ? "stale" : "poison";
    case DIMENSION_CHANGE:
        return series == CHANGE_ASSIGNED ? "assigned" : "revoked";
    case DIMENSION_SHADOW:
        return series == SHADOW_SAME ? "same" : series == SHADOW_DIVERGED ? "diverged" : "failed";
    case DIMENSION_ONE:
    case DIMENSION_FATE:
    case DIMENSION_PARTITION:
    case DIMENSION_TOLD:
    case DIMENSION_BUILD:
    case DIMENSION_RULEBOOK:
    case DIMENSION_COUNT:
        break;
    }
    return NULL;
}

/* A series' labels as `a="b",c="d"`; false: there is no such series. */
static bool label_series(const struct family *family, uint32_t series, char *out, size_t size)
{
    const char *value = one_label(family->dimension, series);
    out[0] = '\0';
    if (value != NULL) {
        (void)snprintf(out, size, "%s=\"%s\"", labels[family->dimension], value);
        return family->dimension != DIMENSION_STEP || series != CYCLE_STOP;
    }
    if (family->dimension != DIMENSION_FATE) {
        return true;
    }
    bool by_fate = series < FATE_COUNT;
    enum reason reason = by_fate ? REASON_NONE : (enum reason)(series - FATE_COUNT);
    enum fate fate = by_fate ? (enum fate)series : metrics_fate_of(reason);
    bool has_reason = fate == FATE_DUPLICATE || fate == FATE_DLQ;
    (void)snprintf(out,
                   size,
                   "fate=\"%s\",reason=\"%s\",status=\"%s\"",
                   fate_name(fate),
                   reason_id(reason),
                   fate == FATE_SKIPPED || fate == FATE_GAP ? ""
                                                            : status_name(reason_status(reason)));
    return has_reason == (reason != REASON_NONE);
}

static int64_t sum(const struct render *render, uint32_t cell)
{
    int64_t total = 0;
    for (uint32_t i = 0; i < render->lane_count; i++) {
        total += metrics_cell(render->lanes[i], cell);
    }
    return total;
}

/* Cumulated here, and the count from the same cells: so a page never contradicts itself. */
static void add_histogram(const struct render *render, const struct family *family, uint32_t series)
{
    bool seconds = family->type == TYPE_SECONDS;
    uint32_t cell = family->first + series * (METRIC_BUCKETS + 2);
    char label[128];
    int64_t count = 0;
    (void)label_series(family, series, label, sizeof(label));
    const char *comma = label[0] == '\0' ? "" : ",";
    for (uint32_t i = 0; i <= METRIC_BUCKETS; i++) {
        char bound[32] = "+Inf";
        if (i < METRIC_BUCKETS && seconds) {
            (void)snprintf(bound, sizeof(bound), "%g", (double)metrics_bounds_us[i] / 1e6);
        } else if (i < METRIC_BUCKETS) {
            (void)snprintf(bound, sizeof(bound), "%" PRId64, metrics_bounds_records[i]);
        }
        count += sum(render, cell + i);
        print(render,
              "%s_bucket{%s%sle=\"%s\"} %" PRId64 "\n",
              family->name,
              label,
              comma,
              bound,
              count);
    }
    const char *open = label[0] == '\0' ? "" : "{";
    const char *close = label[0] == '\0' ? "" : "}";
    int64_t total = sum(render, cell + METRIC_BUCKETS + 1);
    if (seconds) {
        print(render, "%s_sum%s%s%s %.6f\n", family->name, open, label, close, (double)total / 1e6);
    } else {
        print(render, "%s_sum%s%s%s %" PRId64 "\n", family->name, open, label, close, total);
    }
    print(render, "%s_count%s%s%s %" PRId64 "\n", family->name, open, label, close, count);
}

static void add_cells(const struct render *render, const struct family *family)
{
    for (uint32_t i = 0; i < family->series; i++) {
        char label[128];
        if (!label_series(family, i, label, sizeof(label))) {
            continue;
        }
        if (family->type == TYPE_SECONDS || family->type == TYPE_RECORDS) {
            add_histogram(render, family, i);
            continue;
        }
        print(render, "%s", family->name);
        if (label[0] != '\0') {
            print(render, "{%s}", label);
        }
        print(render, " %" PRId64 "\n", sum(render, family->first + i));
    }
}

static int64_t end_of(const struct metrics_told *told, int32_t partition)
{
    for (uint32_t i = 0; i < told->end_count; i++) {
        if (told->ends[i].partition == partition) {
            return told->ends[i].high;
        }
    }
    return -1;
}

/* -1: not known, left out. The end is some seconds older than the position. */
static int64_t partition_value(enum metric metric,
                               const struct position *position,
                               const struct metrics_told *told)
{
    if (metric == METRIC_EPOCH) {
        return position->epoch;
    }
    if (metric == METRIC_NEXT) {
        return position->next_offset;
    }
    if (metric == METRIC_EMITTED) {
        return position->emitted_offset;
    }
    int64_t end = end_of(told, position->partition);
    int64_t lag = end - position->next_offset;
    return end < 0 ? -1 : lag > 0 ? lag : 0;
}

static void add_partitions(const struct render *render, enum metric metric)
{
    struct position *positions = render->positions;
    for (uint32_t lane = 0; lane < render->lane_count; lane++) {
        uint32_t count = metrics_partitions_read(render->lanes[lane], positions);
        for (uint32_t i = 0; i < count; i++) {
            int64_t value = partition_value(metric, &positions[i], render->told);
            if (value >= 0) {
                print(render,
                      "%s{partition=\"%" PRId32 "\"} %" PRId64 "\n",
                      families[metric].name,
                      positions[i].partition,
                      value);
            }
        }
    }
}

/* Each that decides in some lane, once: at a change lanes may differ for a batch, and one that is
 * idle has not heard of it. */
static uint32_t find_rulebooks(const struct render *render,
                               const struct metrics_rulebook *shown[static LANES_MAX],
                               int64_t used_ms[static LANES_MAX])
{
    uint32_t count = 0;
    CHECK(render->lane_count <= LANES_MAX);
    for (uint32_t lane = 0; lane < render->lane_count; lane++) {
        const struct metrics *metrics = render->lanes[lane];
        const struct metrics_rulebook *rulebook = metrics_rulebook(metrics);
        int64_t used = atomic_load_explicit(&metrics->ruled_at_ms, memory_order_relaxed);
        uint32_t at = 0;
        if (rulebook == NULL) {
            continue;
        }
        while (at < count && strcmp(shown[at]->sha256, rulebook->sha256) != 0) {
            at++;
        }
        used_ms[at] = at == count || used > used_ms[at] ? used : used_ms[at];
        shown[at] = at == count ? rulebook : shown[at];
        count += at == count ? 1 : 0;
    }
    return count;
}

static void add_rulebooks(const struct render *render, enum metric metric)
{
    const struct metrics_rulebook *shown[LANES_MAX];
    int64_t used_ms[LANES_MAX];
    uint32_t count = find_rulebooks(render, shown, used_ms);
    for (uint32_t i = 0; i < count; i++) {
        if (metric == METRIC_RULED && used_ms[i] == 0) {
            continue;
        }
        print(render, "%s{", families[metric].name);
        add_label(render, "name", shown[i]->name, ",");
        add_label(render, "version", shown[i]->version, ",");
        add_label(render, "sha256", shown[i]->sha256, "} ");
        print(render, "%.15g\n", metric == METRIC_RULED ? (double)used_ms[i] / 1000 : 1);
    }
}

static void add_told(const struct render *render, enum metric metric)
{
    const struct metrics_told *told = render->told;
    const struct family *family = &families[metric];
    if (family->dimension == DIMENSION_BUILD) {
        print(render, "%s{", family->name);
        add_label(render, "version", told->version, "} 1\n");
    } else if (family->dimension == DIMENSION_RULEBOOK) {
        add_rulebooks(render, metric);
    } else if (!isnan(told->values[metric])) {
        print(render, "%s %.15g\n", family->name, told->values[metric]);
    }
}

static const char *type_name(enum type type)
{
    return type == TYPE_COUNTER ? "counter" : type == TYPE_GAUGE ? "gauge" : "histogram";
}

void metrics_render(struct text *out,
                    const struct metrics *const *lanes,
                    uint32_t lane_count,
                    const struct metrics_told *told)
{
    struct position *positions = calloc(PARTITIONS_MAX, sizeof(*positions));
    const struct render render = {out, lanes, lane_count, told, positions};
    CHECK(positions != NULL);
    for (int i = 0; i < METRIC_COUNT; i++) {
        const struct family *family = &families[i];
        print(&render, "# HELP %s %s\n", family->name, family->what);
        print(&render, "# TYPE %s %s\n", family->name, type_name(family->type));
        if (family->series > 0) {
            add_cells(&render, family);
        } else if (family->dimension == DIMENSION_PARTITION) {
            add_partitions(&render, (enum metric)i);
        } else {
            add_told(&render, (enum metric)i);
        }
    }
    free(positions);
}

void metrics_describe(FILE *out)
{
    (void)fprintf(out, "| metric | type | labels | what |\n|---|---|---|---|\n");
    for (int i = 0; i < METRIC_COUNT; i++) {
        const struct family *family = &families[i];
        (void)fprintf(out,
                      "| `%s` | %s | %s | %s |\n",
                      family->name,
                      type_name(family->type),
                      labels[family->dimension],
                      family->what);
    }
}
