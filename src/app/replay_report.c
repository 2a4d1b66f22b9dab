#include "replay_report.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "mentor/app/command.h"
#include "mentor/port/store.h"
#include "mentor/wire/json.h"

#include "danish.h"

void replay_tally_init(struct replay_tally *tally, const struct rulebooks *rulebooks)
{
    size_t count = ((size_t)rulebooks->count + 1) * RULEBOOK_LAWS_MAX;
    *tally =
        (struct replay_tally){.rulebooks = rulebooks, .decisions = calloc(count, sizeof(int64_t))};
    CHECK(tally->decisions != NULL);
}

void replay_tally_release(struct replay_tally *tally)
{
    free(tally->decisions);
    *tally = (struct replay_tally){0};
}

void replay_tally_add(struct replay_tally *tally,
                      const struct rulebook *rulebook,
                      const struct law *law)
{
    uint32_t i = 0;
    while (i < tally->rulebooks->count && tally->rulebooks->items[i] != rulebook) {
        i++;
    }
    tally->decisions[(size_t)i * RULEBOOK_LAWS_MAX + (size_t)(law - rulebook->laws)]++;
    tally->total++;
}

void replay_tally_join(struct replay_tally *tally, const struct replay_tally *other)
{
    CHECK(tally->rulebooks == other->rulebooks);
    for (size_t i = 0; i < (size_t)tally->rulebooks->count * RULEBOOK_LAWS_MAX; i++) {
        tally->decisions[i] += other->decisions[i];
    }
    tally->total += other->total;
    for (int i = 0; i < PAYLOAD_STATE_COUNT; i++) {
        tally->unread[i] += other->unread[i];
    }
}

void replay_report_begin(
    struct replay_report *report, FILE *out, bool json, const char *source, struct clock clock)
{
    *report = (struct replay_report){
        .out = out,
        .json = json,
        .source = source,
        .clock = clock,
        .begun_us = clock.mono_us(clock.self),
    };
    CHECK(pthread_mutex_init(&report->mutex, NULL) == 0);
}

void replay_note(struct replay_report *report, const char *format, ...)
{
    va_list arguments;
    CHECK(report->note_count < REPLAY_NOTES_MAX);
    va_start(arguments, format);
    /* clang 14 thinks va_start did nothing. NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized) */
    (void)vsnprintf(report->notes[report->note_count++], REPLAY_NOTE_SIZE, format, arguments);
    va_end(arguments);
}

static bool is_amount(const char *path)
{
    size_t size = strlen(path);
    return (size >= 3 && strcmp(path + size - 3, "Ore") == 0) ||
           (size >= 4 && strcmp(path + size - 4, "_ore") == 0);
}

/* Kroner where they are meant; texts quoted, so that nothing stored can steer a terminal. */
static void print_value(FILE *out, const char *path, const json_t *value)
{
    char kroner[DANISH_SIZE];
    const char *digits = json_string_value(value);
    if (value == NULL || json_is_null(value)) {
        (void)fputs("(none)", out);
    } else if (is_amount(path) && (digits != NULL || json_is_integer(value))) {
        int64_t ore = digits != NULL ? strtoll(digits, NULL, 10) : json_integer_value(value);
        (void)fprintf(out, "%s kr.", danish_kroner(ore, kroner));
    } else {
        (void)json_dumpf(value, out, JSON_ENCODE_ANY | JSON_COMPACT);
    }
}

static void print_place(FILE *out, const json_t *divergence)
{
    static const char *const numbers[] = {
        "partition", "offset", "batch", "index", "line", "outcomeLine"};
    const char *topic = json_string_value(json_object_get(divergence, "topic"));
    const char *application = json_string_value(json_object_get(divergence, "application"));
    const char *gap = "";
    if (topic != NULL) {
        (void)fputs(topic, out);
        gap = " ";
    }
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        const json_t *number = json_object_get(divergence, numbers[i]);
        if (number != NULL) {
            (void)fprintf(out, "%s%s %lld", gap, numbers[i], (long long)json_integer_value(number));
            gap = " ";
        }
    }
    if (application != NULL) {
        (void)fprintf(out, "%sapplication %s", gap, application);
    }
}

static void print_text(FILE *out, const json_t *divergence)
{
    const json_t *changes = json_object_get(divergence, "changes");
    print_place(out, divergence);
    (void)fprintf(out, ": %s\n", json_string_value(json_object_get(divergence, "divergence")));
    for (size_t i = 0; i < json_array_size(changes); i++) {
        const json_t *change = json_array_get(changes, i);
        const char *path = json_string_value(json_object_get(change, "path"));
        (void)fprintf(out, "    %s: ", path);
        print_value(out, path, json_object_get(change, "stored"));
        (void)fputs(" -> ", out);
        print_value(out, path, json_object_get(change, "made"));
        (void)fputc('\n', out);
    }
}

void replay_diverged(struct replay_report *report, json_t *divergence)
{
    (void)pthread_mutex_lock(&report->mutex);
    report->divergences++;
    if (report->json) {
        (void)json_dumpf(divergence, report->out, JSON_COMPACT);
        (void)fputc('\n', report->out);
    } else {
        print_text(report->out, divergence);
    }
    (void)pthread_mutex_unlock(&report->mutex);
    json_decref(divergence);
}

/* Calls for each rulebook and law that decided anything. */
static void each_law(const struct replay_tally *tally,
                     void (*tell)(void *self,
                                  const struct rulebook *rulebook,
                                  const struct law *law,
                                  int64_t decisions),
                     void *self)
{
    for (uint32_t i = 0; i < tally->rulebooks->count; i++) {
        const struct rulebook *rulebook = tally->rulebooks->items[i];
        for (uint32_t l = 0; l < rulebook->law_count; l++) {
            int64_t decisions = tally->decisions[(size_t)i * RULEBOOK_LAWS_MAX + l];
            if (decisions > 0) {
                tell(self, rulebook, &rulebook->laws[l], decisions);
            }
        }
    }
}

static void
print_law(void *self, const struct rulebook *rulebook, const struct law *law, int64_t decisions)
{
    (void)fprintf(self,
                  "%12" PRId64 "  %.*s %.*s, law from %.*s\n",
                  decisions,
                  BYTES_ARGS(rulebook->name),
                  BYTES_ARGS(rulebook->version),
                  DATE_TEXT_SIZE,
                  law->from_text);
}

static void
add_law(void *self, const struct rulebook *rulebook, const struct law *law, int64_t decisions)
{
    char hex[2 * SHA256_SIZE];
    hex_encode(rulebook->sha256, SHA256_SIZE, hex);
    json_t *item = json_pack("{s:s#,s:s#,s:s#,s:s#,s:I}",
                             "name",
                             (const char *)rulebook->name.data,
                             (int)rulebook->name.size,
                             "version",
                             (const char *)rulebook->version.data,
                             (int)rulebook->version.size,
                             "sha256",
                             hex,
                             (int)sizeof(hex),
                             "law",
                             law->from_text,
                             (int)DATE_TEXT_SIZE,
                             "decisions",
                             (json_int_t)decisions);
    CHECK(json_array_append_new(self, item) == 0);
}

/* What could not be made again is said, never left out silently. */
static void print_unread(const struct replay_tally *tally, FILE *out)
{
    for (enum payload_state state = 0; state < PAYLOAD_STATE_COUNT; state++) {
        if (tally->unread[state] > 0) {
            (void)fprintf(out,
                          "\nnot decided again: %" PRId64 " decisions are %s\n",
                          tally->unread[state],
                          payload_kind(state));
        }
    }
}

static json_t *unread_json(const struct replay_tally *tally)
{
    json_t *kinds = json_object();
    for (enum payload_state state = 0; state < PAYLOAD_STATE_COUNT; state++) {
        if (payload_unread(state)) {
            json_t *count = json_integer(tally->unread[state]);
            CHECK(json_object_set_new(kinds, payload_name(state), count) == 0);
        }
    }
    return kinds;
}

static void
print_summary(const struct replay_report *report, const struct replay_tally *tally, double seconds)
{
    FILE *out = report->out;
    (void)fprintf(out, "%s%12s  rulebook\n", report->divergences > 0 ? "\n" : "", "decisions");
    each_law(tally, print_law, out);
    for (uint32_t i = 0; i < report->note_count; i++) {
        (void)fprintf(out, "%s  %s\n", i == 0 ? "\n" : "", report->notes[i]);
    }
    print_unread(tally, out);
    (void)fprintf(out,
                  "\n%" PRId64 " decided again from %s in %.1f s, %" PRId64 "/s; ",
                  tally->total,
                  report->source,
                  seconds,
                  (int64_t)((double)tally->total / seconds));
    if (report->divergences == 0 && tally->total == 0) {
        (void)fputs("nothing was compared\n", out);
    } else if (report->divergences == 0) {
        (void)fputs("each the same, byte for byte\n", out);
    } else {
        (void)fprintf(out, "%" PRId64 " diverge, listed above\n", report->divergences);
    }
}

static void print_summary_json(const struct replay_report *report,
                               const struct replay_tally *tally,
                               double seconds)
{
    json_t *laws = json_array();
    json_t *notes = json_array();
    each_law(tally, add_law, laws);
    for (uint32_t i = 0; i < report->note_count; i++) {
        CHECK(json_array_append_new(notes, json_string(report->notes[i])) == 0);
    }
    json_t *summary = json_pack("{s:{s:s,s:I,s:I,s:o,s:o,s:o,s:f}}",
                                "summary",
                                "source",
                                report->source,
                                "decisions",
                                (json_int_t)tally->total,
                                "divergences",
                                (json_int_t)report->divergences,
                                "unread",
                                unread_json(tally),
                                "rulebooks",
                                laws,
                                "notes",
                                notes,
                                "seconds",
                                seconds);
    CHECK(summary != NULL);
    (void)json_dumpf(summary, report->out, JSON_COMPACT | JSON_REAL_PRECISION(6));
    (void)fputc('\n', report->out);
    json_decref(summary);
}

const char *replay_damaged(const struct stored_output *stored, char what[REPLAY_DAMAGED_SIZE])
{
    (void)snprintf(
        what, REPLAY_DAMAGED_SIZE, "its %s was altered and holds no such value", stored->damaged);
    return what;
}

/* An empty answer is no good news: the range may be mistyped. */
static void note_nothing(struct replay_report *report, const struct replay_tally *tally)
{
    int64_t met = tally->total + report->divergences;
    for (enum payload_state state = 0; state < PAYLOAD_STATE_COUNT; state++) {
        met += tally->unread[state];
    }
    if (met == 0) {
        replay_note(report, "nothing matched: no decision of %s is in this range", report->source);
    }
}

int replay_report_close(struct replay_report *report,
                        const struct replay_tally *tally,
                        const struct err *err)
{
    int code = EXIT_FAILED;
    if (tally != NULL) {
        int64_t now_us = report->clock.mono_us(report->clock.self);
        note_nothing(report, tally);
        (report->json ? print_summary_json : print_summary)(
            report, tally, (double)(now_us - report->begun_us + 1) / 1e6);
        code = report->divergences == 0 ? EXIT_DONE : EXIT_NO;
    } else {
        if (report->json) {
            (void)fputs("{\"abandoned\":true}\n", report->out);
        }
        code = command_fail(err, EXIT_FAILED);
    }
    (void)pthread_mutex_destroy(&report->mutex);
    return code;
}
