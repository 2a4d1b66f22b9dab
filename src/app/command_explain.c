/* mentord explain: why, for a caseworker; or the stored events as JSON lines. */

#include <jansson.h>
#include <string.h>

#include "mentor/app/command.h"
#include "mentor/app/outcome.h"
#include "mentor/base/arena.h"
#include "mentor/base/err.h"
#include "mentor/wire/cloudevent.h"
#include "mentor/wire/json.h"

#include "explanation.h"
#include "letter.h"

enum {
    ARENA_SIZE = 16 * 1024 * 1024,
};

static json_t *parse(enum json_message kind, struct bytes value, struct arena *arena)
{
    struct text text = {0};
    json_t *json = NULL;
    if (protobuf_to_json(kind, value, arena, &text)) {
        json = json_loadb(text.data, text.size, 0, NULL);
    }
    text_release(&text);
    return json;
}

static bool
print_event(struct context *context, const struct archived_decision *row, struct arena *arena)
{
    struct outcome_source source = {.partition = row->partition};
    struct record record;
    struct text line = {0};
    bool done = outcome_record(&row->stored, &source, arena, &record) &&
                cloudevent_write(&record, arena, &line);
    if (done) {
        text_add(&line, bytes_text("\n"));
        (void)fwrite(line.data, 1, line.size, context->out);
    }
    text_release(&line);
    return done;
}

static bool
print_text(struct context *context, const struct archived_decision *row, struct arena *arena)
{
    const char *reader = context->options.values[OPTION_LETTER];
    json_t *application = parse(JSON_APPLICATION, row->input, arena);
    json_t *decision = parse(JSON_DECISION, row->stored.output, arena);
    bool done = application != NULL && decision != NULL;
    if (done && reader != NULL) {
        struct letter letter = {
            .reader = strcmp(reader, "citizen") == 0 ? LETTER_TO_CITIZEN : LETTER_TO_COMPANY,
            .application = application,
            .decision = decision,
        };
        bool html = options_flag(&context->options, OPTION_HTML);
        letter_write(&letter, html ? &letter_as_html : &letter_as_text, context->out);
    } else if (done) {
        struct explanation explanation = {row, application, decision};
        explanation_print(&explanation, context->out);
    }
    json_decref(application);
    json_decref(decision);
    return done;
}

/* The newest decided version: a D06 decision changes none, so no letter tells it. */
static uint32_t newest_decided(const struct archived_decision *rows, uint32_t count)
{
    uint32_t i = count - 1;
    while (i > 0 && rows[i].conflict) {
        i--;
    }
    return i;
}

/* A letter tells the applicant's own words and cannot be written without them. */
static bool may_write(const struct archived_decision *row, bool letter, struct err *err)
{
    return !letter || row->payload.state == PAYLOAD_WHOLE ||
           err_set(err,
                   ERR_FATAL,
                   "the letter cannot be written again: %s",
                   payload_text(row->payload.state));
}

static int explain(struct context *context, const uint8_t id[UUID_SIZE], struct arena *arena)
{
    struct archive archive;
    const struct archived_decision *rows = NULL;
    uint32_t count = 0;
    struct err err;
    if (!context->edges.archive(context->edges.self, &context->options, &archive, &err) ||
        !archive.application(archive.self, id, &rows, &count, &err)) {
        return command_fail(&err, EXIT_FAILED);
    }
    if (count == 0) {
        (void)err_set(&err,
                      ERR_FATAL,
                      "%s: no decision on this application is stored; is the id right, and see "
                      "mentord dlq list",
                      context->options.operands[0]);
        return command_fail(&err, EXIT_NO);
    }
    bool letter = context->options.values[OPTION_LETTER] != NULL;
    uint32_t from = letter ? newest_decided(rows, count) : 0;
    if (!may_write(&rows[from], letter, &err)) {
        return command_fail(&err, EXIT_NO);
    }
    for (uint32_t i = from; i < (letter ? from + 1 : count); i++) {
        struct arena_mark mark = arena_mark(arena);
        bool done = options_flag(&context->options, OPTION_JSON)
                        ? print_event(context, &rows[i], arena)
                        : print_text(context, &rows[i], arena);
        arena_rewind(arena, mark);
        if (!done) {
            (void)err_set(
                &err,
                ERR_FATAL,
                "batch %lld, index %d: the stored decision cannot be read; see mentord audit",
                (long long)rows[i].batch,
                rows[i].index);
            return command_fail(&err, EXIT_FAILED);
        }
    }
    return EXIT_DONE;
}

int command_explain(struct context *context)
{
    uint8_t id[UUID_SIZE];
    struct arena arena;
    if (context->options.operand_count != 1) {
        return command_usage(context, "explain: one APPLICATION_ID");
    }
    const char *reader = context->options.values[OPTION_LETTER];
    if (reader != NULL && strcmp(reader, "citizen") != 0 && strcmp(reader, "company") != 0) {
        return command_usage(context, "--letter: '%s' is neither citizen nor company", reader);
    }
    if (reader != NULL && options_flag(&context->options, OPTION_JSON)) {
        return command_usage(context, "--letter and --json: a letter is no JSON; give one of them");
    }
    if (reader == NULL && options_flag(&context->options, OPTION_HTML)) {
        return command_usage(context, "--html is of a letter; give --letter citizen or company");
    }
    if (!uuid_parse(bytes_text(context->options.operands[0]), id)) {
        return command_usage(
            context, "%s: an application id is a UUID", context->options.operands[0]);
    }
    if (!arena_init(&arena, ARENA_SIZE)) {
        struct err err;
        (void)err_set(&err, ERR_FATAL, "no memory");
        return command_fail(&err, EXIT_FAILED);
    }
    int code = explain(context, id, &arena);
    arena_release(&arena);
    return code;
}
