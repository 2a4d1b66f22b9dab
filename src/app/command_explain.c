/* mentord explain: why, for a caseworker; or the stored events and the explanations as JSON lines.
 */

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "mentor/app/command.h"
#include "mentor/app/outcome.h"
#include "mentor/base/arena.h"
#include "mentor/base/err.h"
#include "mentor/core/rulebook.h"
#include "mentor/rulebook/load.h"
#include "mentor/wire/cloudevent.h"
#include "mentor/wire/json.h"

#include "explanation.h"
#include "insight.h"
#include "json_path.h"
#include "letter.h"
#include "newest.h"
#include "rulebooks.h"

enum {
    ARENA_SIZE = 16 * 1024 * 1024,
    ACT_SIZE = 256,
};

/* One run. */
struct explaining {
    struct context *context;
    struct archive archive;
    struct chronicle chronicle; /* with --proof */
    struct arena *arena;
    struct rulebooks rulebooks; /* those that its decisions pin */
};

/* One that is not stored or cannot be read is left out: the explanation says so. */
static bool read_rulebooks(struct explaining *explaining,
                           const uint8_t (*digests)[SHA256_SIZE],
                           uint32_t count,
                           struct err *err)
{
    struct archive *archive = &explaining->archive;
    for (uint32_t i = 0; i < count; i++) {
        struct bytes yaml = {0};
        struct err ignored;
        if (rulebooks_find(&explaining->rulebooks, digests[i]) != NULL) {
            continue;
        }
        if (!archive->rulebook(archive->self, digests[i], &yaml, err)) {
            return false;
        }
        struct rulebook *rulebook =
            yaml.size == 0 ? NULL : rulebook_parse("stored rulebook", yaml, NULL, &ignored);
        if (rulebook != NULL) {
            rulebooks_add(&explaining->rulebooks, rulebook);
        }
    }
    return true;
}

/* Asked before the decisions are read for good: rows are borrowed until the next question. */
static bool read_pinned(struct explaining *explaining,
                        const struct archived_decision *rows,
                        uint32_t count,
                        struct err *err)
{
    uint8_t(*digests)[SHA256_SIZE] = calloc((size_t)count + 1, SHA256_SIZE);
    CHECK(digests != NULL);
    for (uint32_t i = 0; i < count; i++) {
        memcpy(digests[i], rows[i].rulebook_sha256, SHA256_SIZE);
    }
    bool done = read_rulebooks(explaining, (const uint8_t(*)[SHA256_SIZE])digests, count, err);
    free(digests);
    return done;
}

static bool print_event(struct explaining *explaining, const struct archived_decision *row)
{
    struct outcome_source source = {.partition = row->partition};
    struct record record;
    struct text line = {0};
    bool done = outcome_record(&row->stored, &source, explaining->arena, &record) &&
                cloudevent_write(&record, explaining->arena, &line);
    if (done) {
        text_add(&line, bytes_text("\n"));
        (void)fwrite(line.data, 1, line.size, explaining->context->out);
    }
    text_release(&line);
    return done;
}

/* An event of its own behind the decision's, which stays as it was emitted. */
static void print_document(const json_t *document, FILE *out)
{
    char id[UUID_TEXT_SIZE + 16];
    (void)snprintf(id, sizeof(id), "%s/explanation", json_text_at(document, "decisionId"));
    json_t *line = json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:O}",
                             "specversion",
                             "1.0",
                             "id",
                             id,
                             "source",
                             "mentord",
                             "type",
                             CLOUDEVENT_EXPLANATION,
                             "subject",
                             json_text_at(document, "applicationId"),
                             "time",
                             json_text_at(document, "evaluatedAt"),
                             "data",
                             document);
    (void)json_dumpf(line, out, JSON_COMPACT);
    (void)fputc('\n', out);
    json_decref(line);
}

static bool print_explanation(struct explaining *explaining,
                              const struct explanation *explanation,
                              struct err *err)
{
    struct context *context = explaining->context;
    json_t *document = explanation_document(explanation);
    json_t *proof = NULL;
    if (options_flag(&context->options, OPTION_PROOF)) {
        proof = explanation_proof(&explaining->chronicle, explanation->row, err);
        if (proof == NULL) {
            json_decref(document);
            return false;
        }
        (void)json_object_set_new(document, "proof", proof);
    }
    if (options_flag(&context->options, OPTION_JSON)) {
        print_document(document, context->out);
    } else {
        explanation_print(document, context->out);
    }
    json_decref(document);
    return true;
}

static void print_letter(struct context *context, const struct explanation *explanation)
{
    const char *reader = context->options.values[OPTION_LETTER];
    bool html = options_flag(&context->options, OPTION_HTML);
    char act[ACT_SIZE] = "";
    struct letter letter = {
        .reader = strcmp(reader, "citizen") == 0 ? LETTER_TO_CITIZEN : LETTER_TO_COMPANY,
        .application = explanation->application,
        .decision = explanation->decision,
        .act = act,
    };
    CHECK(explanation->insight != NULL); /* is_sure() */
    (void)snprintf(act, sizeof(act), "%.*s", BYTES_ARGS(explanation->insight->matter.law->act));
    letter_write(&letter, html ? &letter_as_html : &letter_as_text, context->out);
}

/* A letter tells only what was made once more and came out the same: what nobody can check may have
 * been altered, and a column alone must not switch the check off. */
static bool is_sure(const struct explanation *explanation, struct err *err)
{
    const struct archived_decision *row = explanation->row;
    if (explanation->insight != NULL) {
        return explanation->insight->same ||
               err_set(err,
                       ERR_FATAL,
                       "batch %lld, index %d: decided again, it does not come out as it is stored, "
                       "so no letter is written; run `mentord audit verify`",
                       (long long)row->batch,
                       row->index);
    }
    if (row->core_version != CORE_VERSION) {
        return err_set(
            err,
            ERR_FATAL,
            "batch %lld, index %d: core version %d decided it and this program is %d: it "
            "cannot be decided again, so no letter is written; take the mentord that "
            "decided it, or see `mentord audit verify` whether the number was altered",
            (long long)row->batch,
            row->index,
            (int)row->core_version,
            CORE_VERSION);
    }
    return err_set(err,
                   ERR_FATAL,
                   "batch %lld, index %d: its rulebook or what it was made from is missing or "
                   "damaged, so it cannot be decided again and no letter is written; run `mentord "
                   "audit verify` and restore what it names",
                   (long long)row->batch,
                   row->index);
}

static bool
print_decision(struct explaining *explaining, const struct archived_decision *row, struct err *err)
{
    struct context *context = explaining->context;
    bool letter = context->options.values[OPTION_LETTER] != NULL;
    struct insight insight;
    struct explanation explanation = {
        .row = row,
        .application = row->payload.state == PAYLOAD_WHOLE
                           ? protobuf_to_value(JSON_APPLICATION, row->input, explaining->arena)
                           : NULL,
        .decision = protobuf_to_value(JSON_DECISION, row->stored.output, explaining->arena),
        .all = options_flag(&context->options, OPTION_ALL),
    };
    bool done =
        (explanation.application != NULL || row->payload.state != PAYLOAD_WHOLE) &&
        explanation.decision != NULL &&
        (letter || !options_flag(&context->options, OPTION_JSON) || print_event(explaining, row));
    if (!done) {
        (void)err_set(
            err,
            ERR_FATAL,
            "batch %lld, index %d: the stored decision cannot be read; run `mentord audit verify`",
            (long long)row->batch,
            row->index);
    } else {
        explanation.why_not =
            insight_of(row,
                       explanation.decision,
                       rulebooks_find(&explaining->rulebooks, row->rulebook_sha256),
                       explaining->arena,
                       &insight);
        explanation.insight = explanation.why_not == NULL ? &insight : NULL;
    }
    if (done && letter) {
        done = is_sure(&explanation, err);
        if (done) {
            print_letter(context, &explanation);
        }
    } else if (done) {
        done = print_explanation(explaining, &explanation, err);
    }
    json_decref(explanation.application);
    json_decref(explanation.decision);
    return done;
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

/* The application's rows, once the rulebooks that they pin are there. */
static bool read_rows(struct explaining *explaining,
                      const uint8_t id[UUID_SIZE],
                      const struct archived_decision **rows,
                      uint32_t *count,
                      struct err *err)
{
    struct archive *archive = &explaining->archive;
    return archive->application(archive->self, id, rows, count, err) &&
           (*count == 0 || (read_pinned(explaining, *rows, *count, err) &&
                            archive->application(archive->self, id, rows, count, err)));
}

static int explain(struct explaining *explaining, const uint8_t id[UUID_SIZE])
{
    struct context *context = explaining->context;
    const struct archived_decision *rows = NULL;
    uint32_t count = 0;
    struct err err;
    if (!context->edges.archive(
            context->edges.self, &context->options, &explaining->archive, &err) ||
        (options_flag(&context->options, OPTION_PROOF) &&
         !context->edges.chronicle(
             context->edges.self, &context->options, NULL, &explaining->chronicle, &err)) ||
        !read_rows(explaining, id, &rows, &count, &err)) {
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
    uint32_t from = 0;
    if (letter && !newest_decided(id, rows, count, explaining->arena, &from, &err)) {
        return command_fail(&err, EXIT_FAILED);
    }
    if (!may_write(&rows[from], letter, &err)) {
        return command_fail(&err, EXIT_NO);
    }
    for (uint32_t i = from; i < (letter ? from + 1 : count); i++) {
        struct arena_mark mark = arena_mark(explaining->arena);
        bool done = print_decision(explaining, &rows[i], &err);
        arena_rewind(explaining->arena, mark);
        if (!done) {
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
    struct explaining explaining = {.context = context, .arena = &arena};
    int code = explain(&explaining, id);
    rulebooks_release(&explaining.rulebooks);
    arena_release(&arena);
    return code;
}
