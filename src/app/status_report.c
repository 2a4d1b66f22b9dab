#include "status_report.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mentor/base/check.h"
#include "mentor/wire/rfc3339.h"

#include "status_rulebook.h"

enum {
    LINE_SIZE = 512,
    GROUPED_SIZE = 32,
    OWNER_LEAST = 6,
    OWNER_MOST = 40,
};

__attribute__((format(printf, 2, 3))) static void add(struct text *out, const char *format, ...)
{
    char line[LINE_SIZE];
    va_list arguments;
    va_start(arguments, format);
    int size = vsnprintf(line, sizeof(line), format, arguments);
    va_end(arguments);
    CHECK(size >= 0);
    text_add(out, bytes_of(line, size < LINE_SIZE ? (size_t)size : LINE_SIZE - 1));
}

/* One line of the table: a partition that was taken, or one that only the broker knows. */
struct row {
    struct archived_position position;
    bool taken;
    bool waits;
    int64_t end; /* -1: not known */
};

struct table {
    struct row *rows; /* owned */
    uint32_t count;
    int64_t lag; /* of all; -1: not known */
    int64_t quarantined;
};

static int by_partition(const void *a, const void *b)
{
    int32_t left = ((const struct row *)a)->position.partition;
    int32_t right = ((const struct row *)b)->position.partition;
    return (left > right) - (left < right);
}

static struct row *row_of(struct table *table, int32_t partition)
{
    for (uint32_t i = 0; i < table->count; i++) {
        if (table->rows[i].position.partition == partition) {
            return &table->rows[i];
        }
    }
    struct row *row = &table->rows[table->count++];
    *row = (struct row){.position = {.partition = partition, .owner = "", .rulebook_version = ""},
                        .end = -1};
    return row;
}

/* The topic grows by no multiple: old partitions wait for each other too (port/growth.h). */
static bool mixes(const struct archived_status *status)
{
    return status->partition_count > 0 && status->growth_to % status->partition_count != 0;
}

static bool waits(const struct archived_status *status, int32_t partition)
{
    bool behind = false;
    for (uint32_t i = 0; i < status->behind_count; i++) {
        behind = behind || status->behind[i].partition == partition;
    }
    return status->partition_count > 0 &&
           (partition >= status->partition_count || (mixes(status) && !behind));
}

static void table_init(struct table *table, const struct status_report *report)
{
    const struct archived_status *status = report->status;
    *table = (struct table){.lag = report->bound_count > 0 ? 0 : -1};
    table->rows =
        calloc((size_t)status->position_count + report->bound_count + 1, sizeof(*table->rows));
    CHECK(table->rows != NULL);
    for (uint32_t i = 0; i < status->position_count; i++) {
        struct row *row = row_of(table, status->positions[i].partition);
        row->position = status->positions[i];
        row->taken = true;
        table->quarantined += row->position.quarantined;
    }
    for (uint32_t i = 0; i < report->bound_count; i++) {
        const struct topic_bounds *bounds = &report->bounds[i];
        struct row *row = row_of(table, bounds->partition);
        row->end = bounds->high;
        if (!row->taken) {
            row->position.next_offset = row->position.emitted_offset = bounds->low;
        }
        table->lag += row->end - row->position.next_offset;
    }
    for (uint32_t i = 0; i < table->count; i++) {
        table->rows[i].waits = waits(status, table->rows[i].position.partition);
    }
    qsort(table->rows, table->count, sizeof(*table->rows), by_partition);
}

/* 1234567 as 1,234,567. */
static const char *grouped(int64_t number, char text[GROUPED_SIZE])
{
    char digits[24];
    size_t size = (size_t)snprintf(digits, sizeof(digits), "%" PRId64, number);
    size_t at = 0;
    for (size_t i = 0; i < size; i++) {
        size_t left = size - i;
        if (i > 0 && left % 3 == 0 && digits[i - 1] != '-') {
            text[at++] = ',';
        }
        text[at++] = digits[i];
    }
    text[at] = '\0';
    return text;
}

static const char *age(int64_t ms, char text[GROUPED_SIZE])
{
    static const struct {
        int64_t ms;
        const char *unit;
    } units[] = {{86400000, "d"}, {3600000, "h"}, {60000, "min"}};
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (ms >= 2 * units[i].ms) {
            (void)snprintf(text, GROUPED_SIZE, "%" PRId64 " %s", ms / units[i].ms, units[i].unit);
            return text;
        }
    }
    (void)snprintf(text, GROUPED_SIZE, "%" PRId64 " s", ms < 0 ? 0 : ms / 1000);
    return text;
}

static void
text_head(const struct status_report *report, const struct table *table, struct text *out)
{
    const struct archived_status *status = report->status;
    char number[GROUPED_SIZE];
    if (status->partition_count == 0) {
        add(out, "no worker has run on this database yet\n");
        return;
    }
    add(out,
        "topic       %s, cluster %s\ngroup       %s%s\n",
        status->topic,
        status->cluster,
        status->group,
        status->demo ? ", a demonstration" : "");
    status_rulebook_text(status, out);
    add(out,
        "decisions   %s%s",
        grouped(status->decisions, number),
        status->estimated ? ", about" : "");
    if (report->per_second >= 0) {
        add(out, "; now %s records/s", grouped(report->per_second, number));
    }
    add(out, "\nquarantine  %s open\n", grouped(table->quarantined, number));
    if (table->lag >= 0) {
        add(out, "lag         %s records\n", grouped(table->lag, number));
    } else {
        add(out, "lag         not known: ");
        text_add(out, bytes_text(report->unknown));
        add(out, "\n");
    }
}

static void text_row(const struct row *row, int owner_width, int64_t now_ms, struct text *out)
{
    const struct archived_position *position = &row->position;
    char next[GROUPED_SIZE];
    char emitted[GROUPED_SIZE];
    char lag[GROUPED_SIZE] = "?";
    char quarantined[GROUPED_SIZE];
    char moved[GROUPED_SIZE] = "never";
    if (row->end >= 0) {
        (void)grouped(row->end - position->next_offset, lag);
    }
    if (row->taken) {
        (void)age(now_ms - position->updated_at_ms, moved);
    }
    add(out,
        "%9d  %-*.*s  %5" PRId64 "  %12s  %12s  %9s  %10s  %8s",
        position->partition,
        owner_width,
        OWNER_MOST,
        position->owner[0] == '\0' ? "-" : position->owner,
        position->epoch,
        grouped(position->next_offset, next),
        grouped(position->emitted_offset, emitted),
        lag,
        grouped(position->quarantined, quarantined),
        moved);
    if (row->waits) {
        add(out, "  waits");
    }
    if (position->stopped_at_ms > 0) {
        add(out, "  stopped");
    }
    if (position->takeovers > 0) {
        add(out, "  takeovers %d", position->takeovers);
    }
    add(out, "\n");
}

static void text_growth(const struct archived_status *status, struct text *out)
{
    char next[GROUPED_SIZE];
    char end[GROUPED_SIZE];
    if (status->growth_to == status->partition_count) {
        return;
    }
    add(out,
        "\nThe topic grows from %d to %d partitions. %s until each old one has passed where it ended:\n",
        status->partition_count,
        status->growth_to,
        mixes(status) ? "The new ones, and old ones that have, wait" : "The new ones wait");
    for (uint32_t i = 0; i < status->behind_count; i++) {
        add(out,
            "  partition %d is at %s of %s\n",
            status->behind[i].partition,
            grouped(status->behind[i].emitted_offset, next),
            grouped(status->behind[i].end_offset, end));
    }
    if (status->behind_count == 0) {
        add(out, "  all have; a worker goes on with all within a second\n");
    }
}

static void text_stopped(const struct archived_status *status, struct text *out)
{
    for (uint32_t i = 0; i < status->position_count; i++) {
        const struct archived_position *position = &status->positions[i];
        char time[RFC3339_SIZE];
        if (position->stopped_at_ms == 0) {
            continue;
        }
        size_t size = rfc3339_format(rfc3339_of_ms(position->stopped_at_ms), time);
        add(out,
            "\npartition %d is stopped since %.*s: too many of its last records were refused. See mentord dlq "
            "list, mend\nwhat refuses them, then mentord dlq resume %d\n",
            position->partition,
            (int)size,
            time,
            position->partition);
    }
}

void status_text(const struct status_report *report, struct text *out)
{
    struct table table;
    table_init(&table, report);
    int width = OWNER_LEAST;
    for (uint32_t i = 0; i < table.count; i++) {
        int size = (int)strlen(table.rows[i].position.owner);
        width = size > width ? size : width;
    }
    width = width < OWNER_MOST ? width : OWNER_MOST;
    text_head(report, &table, out);
    if (table.count > 0) {
        add(out,
            "\n%9s  %-*s  %5s  %12s  %12s  %9s  %10s  %8s\n",
            "partition",
            width,
            "worker",
            "epoch",
            "next",
            "emitted",
            "lag",
            "quarantine",
            "moved");
    }
    for (uint32_t i = 0; i < table.count; i++) {
        text_row(&table.rows[i], width, report->status->now_ms, out);
    }
    text_growth(report->status, out);
    text_stopped(report->status, out);
    free(table.rows);
}

static void json_text(struct text *out, const char *key, const char *value)
{
    add(out, "\"%s\":", key);
    text_add_json(out, bytes_text(value));
    add(out, ",");
}

static void json_number(struct text *out, const char *key, int64_t value)
{
    add(out, "\"%s\":%" PRId64 ",", key, value);
}

/* In place of the last comma. */
static void json_end(struct text *out, const char *end)
{
    out->size--;
    add(out, "%s", end);
}

static void json_row(const struct row *row, struct text *out)
{
    const struct archived_position *position = &row->position;
    add(out, "{");
    json_number(out, "partition", position->partition);
    json_number(out, "epoch", position->epoch);
    json_text(out, "owner", position->owner);
    json_number(out, "next_offset", position->next_offset);
    json_number(out, "emitted_offset", position->emitted_offset);
    if (row->end >= 0) {
        json_number(out, "end_offset", row->end);
        json_number(out, "lag", row->end - position->next_offset);
    }
    json_number(out, "quarantined", position->quarantined);
    json_number(out, "takeovers", position->takeovers);
    add(out, "\"waiting\":%s,", row->waits ? "true" : "false");
    add(out, "\"stopped\":%s,", position->stopped_at_ms > 0 ? "true" : "false");
    if (position->stopped_at_ms > 0) {
        json_number(out, "stopped_at_ms", position->stopped_at_ms);
    }
    status_rulebook_json_of(position, out);
    json_number(out, "evaluated_at_ms", position->evaluated_at_ms);
    json_number(out, "updated_at_ms", position->updated_at_ms);
    json_end(out, "},");
}

static void json_growth(const struct archived_status *status, struct text *out)
{
    if (status->growth_to == status->partition_count) {
        return;
    }
    add(out, "\"growth\":{");
    json_number(out, "from", status->partition_count);
    json_number(out, "to", status->growth_to);
    add(out, "\"behind\":[,");
    for (uint32_t i = 0; i < status->behind_count; i++) {
        json_end(out, i == 0 ? "{" : ",{");
        json_number(out, "partition", status->behind[i].partition);
        json_number(out, "emitted_offset", status->behind[i].emitted_offset);
        json_number(out, "end_offset", status->behind[i].end_offset);
        json_end(out, "},");
    }
    json_end(out, "]},");
}

void status_json(const struct status_report *report, struct text *out)
{
    const struct archived_status *status = report->status;
    struct table table;
    table_init(&table, report);
    add(out, "{");
    json_number(out, "at_ms", status->now_ms);
    json_text(out, "cluster", status->cluster);
    json_text(out, "topic", status->topic);
    json_text(out, "group", status->group);
    add(out, "\"demo\":%s,", status->demo ? "true" : "false");
    status_rulebook_json(status, out);
    json_number(out, "decisions", status->decisions);
    add(out, "\"estimated\":%s,", status->estimated ? "true" : "false");
    json_number(out, "quarantined", table.quarantined);
    if (table.lag >= 0) {
        json_number(out, "lag", table.lag);
    } else {
        json_text(out, "lag_unknown", report->unknown);
    }
    json_number(out, "partition_count", status->partition_count);
    json_growth(status, out);
    add(out, "\"partitions\":[");
    for (uint32_t i = 0; i < table.count; i++) {
        json_row(&table.rows[i], out);
    }
    if (table.count > 0) {
        json_end(out, "]}\n");
    } else {
        add(out, "]}\n");
    }
    free(table.rows);
}
