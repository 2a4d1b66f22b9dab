#include "audit_report.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "mentor/base/check.h"
#include "mentor/base/uuid.h"
#include "mentor/core/history.h"
#include "mentor/wire/json.h"

enum {
    WHAT_SIZE = 256,
    PLACE_SIZE = 512,
};

static const struct {
    const char *name;
    const char *what;
} invariants[INVARIANT_COUNT] = {
#define X(id, what) [INVARIANT_##id] = {#id, what},
    INVARIANTS(X)
#undef X
};

const char *invariant_name(enum invariant invariant)
{
    return invariants[invariant].name;
}

void audit_report_begin(struct audit_report *report, FILE *out, bool json, struct clock clock)
{
    *report = (struct audit_report){.out = out, .json = json};
    CHECK(pthread_mutex_init(&report->mutex, NULL) == 0);
    progress_begin(&report->progress, clock, "decisions");
    report->begun_us = clock.mono_us(clock.self);
    if (json) {
        (void)fputs("{\"breaches\":[", out);
    }
}

void audit_report_add(struct audit_report *report,
                      const int64_t checked[INVARIANT_COUNT],
                      int64_t decisions)
{
    (void)pthread_mutex_lock(&report->mutex);
    if (!report->muted) {
        for (int i = 0; i < INVARIANT_COUNT; i++) {
            report->checked[i] += checked[i];
        }
        report->decisions += decisions;
        progress_add(&report->progress, decisions);
    }
    (void)pthread_mutex_unlock(&report->mutex);
}

void audit_report_gone(struct audit_report *report, enum payload_state state, bool refused)
{
    (void)pthread_mutex_lock(&report->mutex);
    if (!report->muted) {
        (refused ? report->refused_gone : report->gone)[state]++;
    }
    (void)pthread_mutex_unlock(&report->mutex);
}

static size_t add(char *text, size_t size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Appends; returns the new size. */
static size_t add(char *text, size_t size, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    /* clang 14 thinks va_start did nothing. NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized) */
    int more = vsnprintf(text + size, PLACE_SIZE - size, format, arguments);
    va_end(arguments);
    size_t grown = size + (more < 0 ? 0 : (size_t)more);
    return grown < PLACE_SIZE ? grown : PLACE_SIZE - 1;
}

static void
describe_names(const struct audit_place *place, bool json, char text[PLACE_SIZE], size_t size)
{
    if (place->application != NULL) {
        char uuid[UUID_TEXT_SIZE];
        uuid_format(place->application, uuid);
        size = add(text, size, json ? "\"application\":\"%.36s\"," : " application %.36s", uuid);
    }
    if (place->citizen != NULL) {
        char ref[2 * CITIZEN_REF_SIZE];
        hex_encode(place->citizen, CITIZEN_REF_SIZE, ref);
        (void)add(text, size, json ? "\"citizen\":\"%.32s\"," : " citizen %.32s", ref);
    }
}

/* As text `topic/partition/offset, batch B index I, …`, or as JSON members, each with a comma after
 * it. */
static void describe(const struct audit_place *place, bool json, char text[PLACE_SIZE])
{
    size_t size = 0;
    text[0] = '\0';
    if (place->topic != NULL) { /* a topic's name needs no escapes */
        size = add(text, size, json ? "\"topic\":\"%s\"," : " %s", place->topic);
    }
    if (place->partition >= 0) {
        size = add(text,
                   size,
                   json ? "\"partition\":%" PRId32 "," : " partition %" PRId32,
                   place->partition);
    }
    if (place->offset >= 0) {
        size =
            add(text, size, json ? "\"offset\":%" PRId64 "," : " offset %" PRId64, place->offset);
    }
    if (place->batch >= 0) {
        size = add(text, size, json ? "\"batch\":%" PRId64 "," : " batch %" PRId64, place->batch);
    }
    if (place->index >= 0) {
        size = add(text, size, json ? "\"index\":%" PRId32 "," : " index %" PRId32, place->index);
    }
    describe_names(place, json, text, size);
}

static void print_breach(struct audit_report *report,
                         enum invariant invariant,
                         const struct audit_place *place,
                         const char *what)
{
    char where[PLACE_SIZE];
    describe(place, report->json, where);
    if (report->json) {
        struct text text = {0};
        text_add_json(&text, bytes_text(what));
        (void)fprintf(report->out,
                      "%s{\"invariant\":\"%s\",%s\"what\":%.*s}",
                      report->any ? "," : "",
                      invariants[invariant].name,
                      where,
                      (int)text.size,
                      text.data);
        text_release(&text);
    } else {
        (void)fprintf(report->out, "%-3s%s: %s\n", invariants[invariant].name, where, what);
    }
    report->any = true;
}

void audit_breach(struct audit_report *report,
                  enum invariant invariant,
                  const struct audit_place *place,
                  const char *format,
                  ...)
{
    char what[WHAT_SIZE];
    va_list arguments;
    va_start(arguments, format);
    /* clang 14 thinks va_start did nothing. NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized) */
    (void)vsnprintf(what, sizeof(what), format, arguments);
    va_end(arguments);
    (void)pthread_mutex_lock(&report->mutex);
    if (!report->muted) {
        report->breaches[invariant]++;
        print_breach(report, invariant, place, what);
    }
    (void)pthread_mutex_unlock(&report->mutex);
}

static void print_table(const struct audit_report *report)
{
    (void)fprintf(
        report->out, "%s%12s %9s\n", report->any ? "\n    " : "    ", "checked", "breaches");
    for (int i = 0; i < INVARIANT_COUNT; i++) {
        char checked[24] = "-";
        char breaches[24] = "-";
        if (report->checked[i] > 0 || report->breaches[i] > 0 || report->notes[i] == NULL) {
            (void)snprintf(checked, sizeof(checked), "%" PRId64, report->checked[i]);
            (void)snprintf(breaches, sizeof(breaches), "%" PRId64, report->breaches[i]);
        }
        (void)fprintf(report->out,
                      "%-4s%12s %9s  %s%s%s\n",
                      invariants[i].name,
                      checked,
                      breaches,
                      invariants[i].what,
                      report->notes[i] == NULL ? "" : "; ",
                      report->notes[i] == NULL ? "" : report->notes[i]);
    }
}

static void print_members(const struct audit_report *report)
{
    (void)fputs("],\"invariants\":[", report->out);
    for (int i = 0; i < INVARIANT_COUNT; i++) {
        (void)fprintf(report->out,
                      "%s{\"id\":\"%s\",\"what\":\"%s\",\"checked\":%" PRId64
                      ",\"breaches\":%" PRId64 "%s%s%s}",
                      i == 0 ? "" : ",",
                      invariants[i].name,
                      invariants[i].what,
                      report->checked[i],
                      report->breaches[i],
                      report->notes[i] == NULL ? "" : ",\"note\":\"",
                      report->notes[i] == NULL ? "" : report->notes[i],
                      report->notes[i] == NULL ? "" : "\"");
    }
}

/* What could not be made again is said, never left out silently. */
static void print_gone(const struct audit_report *report)
{
    const char *before = "],\"unread\":{";
    for (enum payload_state state = 0; state < PAYLOAD_STATE_COUNT; state++) {
        int64_t decisions = report->gone[state];
        int64_t refused = report->refused_gone[state];
        if (!payload_unread(state)) {
            continue;
        }
        if (report->json) {
            (void)fprintf(report->out,
                          "%s\"%s\":{\"decisions\":%" PRId64 ",\"refused\":%" PRId64 "}",
                          before,
                          payload_name(state),
                          decisions,
                          refused);
            before = ",";
        } else if (decisions + refused > 0) {
            (void)fprintf(report->out,
                          "\nnot made again: %" PRId64 " decisions and %" PRId64
                          " refused records are %s; their ledger, outputs and rows hold as above\n",
                          decisions,
                          refused,
                          payload_kind(state));
        }
    }
}

bool audit_report_end(struct audit_report *report)
{
    struct clock clock = report->progress.clock;
    double seconds = (double)(clock.mono_us(clock.self) - report->begun_us + 1) / 1e6;
    int64_t rate = (int64_t)((double)report->decisions / seconds);
    int64_t total = 0;
    progress_end(&report->progress);
    for (int i = 0; i < INVARIANT_COUNT; i++) {
        total += report->breaches[i];
    }
    if (report->json) {
        print_members(report);
        print_gone(report);
        (void)fprintf(report->out,
                      "},\"unanchored\":[%.*s],\"decisions\":%" PRId64
                      ",\"seconds\":%.3f,\"decisions_per_second\":%" PRId64
                      ",\"breach_count\":%" PRId64 "}\n",
                      (int)report->unanchored.size,
                      report->unanchored.data == NULL ? "" : report->unanchored.data,
                      report->decisions,
                      seconds,
                      rate,
                      total);
    } else {
        print_table(report);
        print_gone(report);
        (void)fprintf(report->out,
                      "\n%" PRId64 " decisions verified in %.1f s, %" PRId64 "/s; ",
                      report->decisions,
                      seconds,
                      rate);
        (void)fprintf(report->out,
                      total == 0 ? "no breach\n" : "%" PRId64 " breaches, listed above\n",
                      total);
    }
    text_release(&report->unanchored);
    (void)pthread_mutex_destroy(&report->mutex);
    return total == 0;
}

void audit_report_abandon(struct audit_report *report)
{
    progress_end(&report->progress);
    if (report->json) {
        (void)fputs("],\"abandoned\":true}\n", report->out);
    }
    text_release(&report->unanchored);
    (void)pthread_mutex_destroy(&report->mutex);
}
