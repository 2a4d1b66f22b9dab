#include "rulebook_cases.h"

#include <inttypes.h>
#include <string.h>

#include "mentor/app/command.h"
#include "mentor/app/rulebook_file.h"
#include "mentor/base/err.h"
#include "mentor/wire/json.h"

#include "decider.h"
#include "json_path.h"
#include "lines.h"

enum {
    SAID_SIZE = 512,
};

struct cases {
    struct context *context;
    struct decider decider;
    const char *path;
    int64_t passed;
    int64_t failed;
    int64_t silent; /* lines that expect nothing: history for the others */
};

static void say(char said[SAID_SIZE], const char *word)
{
    size_t size = strlen(said);
    (void)snprintf(said + size, SAID_SIZE - size, "%s%s", size == 0 ? "" : " ", word);
}

static bool say_decision(struct decider *decider, struct bytes value, char said[SAID_SIZE])
{
    static const char prefix[] = "OUTCOME_";
    const json_t *finding = NULL;
    size_t i = 0;
    json_t *decision = protobuf_to_value(JSON_DECISION, value, &decider->arena);
    if (decision == NULL) {
        return false;
    }
    say(said, json_text_at(decision, "outcome") + strlen(prefix));
    json_array_foreach(json_at(decision, "findings"), i, finding)
    {
        say(said, json_text_at(finding, "rule"));
    }
    if (json_at(decision, "frame") != NULL) {
        char total[24];
        (void)snprintf(
            total, sizeof(total), "%" PRId64, json_number_at(decision, "frame.totalOre"));
        say(said, total);
    }
    json_decref(decision);
    return true;
}

static void report(struct cases *cases, int64_t line, struct bytes expected, const char *got)
{
    FILE *out = cases->context->out;
    if (!options_flag(&cases->context->options, OPTION_JSON)) {
        (void)fprintf(out,
                      "%s:%" PRId64 ": expected %.*s; got %s\n",
                      cases->path,
                      line,
                      BYTES_ARGS(expected),
                      got);
        return;
    }
    struct text text = {0};
    text_add_json(&text, expected);
    (void)fprintf(out,
                  "{\"line\":%" PRId64 ",\"expected\":%.*s,\"got\":\"%s\"}\n",
                  line,
                  (int)text.size,
                  text.data,
                  got);
    text_release(&text);
}

static void run_case(struct cases *cases, struct bytes line, int64_t number)
{
    struct verdict verdict;
    char got[SAID_SIZE] = "";
    decider_line(&cases->decider, line, &verdict);
    const struct header *expected = record_header(&verdict.input, "ce_expect");
    if (verdict.reason != REASON_NONE) {
        say(got, status_name(reason_status(verdict.reason)));
    } else if (!say_decision(&cases->decider, verdict.record.value, got)) {
        say(got, status_name(STATUS_INTERNAL));
    }
    bool good =
        verdict.reason == REASON_NONE || reason_status(verdict.reason) == STATUS_ALREADY_EXISTS;
    if (expected == NULL && good) {
        cases->silent++;
    } else if (expected != NULL && bytes_is(expected->value, got)) {
        cases->passed++;
    } else {
        cases->failed++;
        report(cases, number, expected == NULL ? bytes_text("a decision") : expected->value, got);
    }
}

static int run_lines(struct cases *cases, struct lines *lines)
{
    struct bytes line;
    struct err err;
    int got = 0;
    while ((got = lines_next(lines, &line, &err)) == 1) {
        if (!line_blank(line)) {
            run_case(cases, line, lines->number);
        }
    }
    if (got < 0) {
        return command_fail(&err, EXIT_FAILED);
    }
    if (cases->passed + cases->failed == 0) {
        (void)err_set(
            &err,
            ERR_FATAL,
            "%s: no line says what it expects; give it \"expect\":\"APPROVED D02 893607\"",
            cases->path);
        return command_fail(&err, EXIT_FAILED);
    }
    if (!options_flag(&cases->context->options, OPTION_JSON)) {
        (void)fprintf(cases->context->out,
                      "%" PRId64 " passed, %" PRId64 " failed, %" PRId64
                      " without an expectation\n",
                      cases->passed,
                      cases->failed,
                      cases->silent);
    }
    return cases->failed > 0 ? EXIT_NO : EXIT_DONE;
}

int rulebook_cases(struct context *context, const struct rulebook *rulebook, const char *path)
{
    struct cases cases = {
        .context = context,
        .decider = {.rulebook = rulebook, .clock = context->clock, .moment = MOMENT_EVENT},
        .path = path,
    };
    struct lines lines = {.descriptor = -1};
    struct err err;
    int code = EXIT_FAILED;
    hmac_key_init(&cases.decider.citizen_key,
                  bytes_text("mentord-dev")); /* nothing leaves this process */
    if (!lines_open(&lines, path, &err)) {
        code = command_fail(&err, EXIT_FAILED);
    } else if (!decider_init(&cases.decider)) {
        (void)err_set(&err, ERR_FATAL, "no memory");
        code = command_fail(&err, EXIT_FAILED);
    } else {
        code = run_lines(&cases, &lines);
    }
    lines_close(&lines);
    decider_release(&cases.decider);
    return code;
}
