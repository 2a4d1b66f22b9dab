/*
 * mentord replay verify --source FILE: applications in JSON Lines decided again, and compared with
 * the outcomes that stand in the same file. It is read twice: for the outcomes, since one may stand
 * before its application or behind it, then for the applications, in their order.
 */

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "mentor/app/command.h"
#include "mentor/app/judge.h"
#include "mentor/app/rulebook_file.h"
#include "mentor/wire/cloudevent.h"
#include "mentor/wire/json_memory.h"

#include "decider.h"
#include "lines.h"
#include "replay_outcomes.h"
#include "replay_report.h"

struct file_replay {
    struct context *context;
    const struct replay_range *range;
    const char *path;
    struct rulebooks rulebooks;
    struct replay_report report;
    struct replay_tally tally;
    struct progress progress;
    struct decider decider;
    struct decider reader; /* decides nothing: its arenas hold an outcome beside a decision */
    struct keeper outcomes;
    int64_t outcome_count;
    int64_t unreadable; /* outcomes that say so by their type and nothing else that can be read */
    int64_t alone;      /* applications without an outcome */
    int64_t refused;    /* lines that no application can be read from */
};

static bool read_line(struct decider *reader, struct bytes line, struct record *record)
{
    char why[VERDICT_WHY_SIZE];
    arena_rewind(&reader->arena, (struct arena_mark){0});
    arena_rewind(&reader->json, (struct arena_mark){0});
    *record = (struct record){0};
    return cloudevent_read(line, 0, &reader->arena, record, why, sizeof(why)) == REASON_NONE;
}

static void
diverge(struct file_replay *file, const struct known *known, int64_t line, const char *what)
{
    json_t *divergence = replay_divergence(what);
    replay_divergence_number(divergence, "line", line);
    replay_divergence_number(divergence, "outcomeLine", known->line);
    replay_diverged(&file->report, divergence);
}

/* Calls for each line that is not blank. */
static bool
each_line(struct file_replay *file,
          void (*take)(struct file_replay *file, const struct lines *lines, struct bytes line),
          struct err *err)
{
    struct lines lines = {.descriptor = -1};
    struct bytes line;
    int got = -1;
    if (!lines_open(&lines, file->path, err)) {
        return false;
    }
    while ((got = lines_next(&lines, &line, err)) == 1) {
        if (!line_blank(line)) {
            take(file, &lines, line);
        }
        progress_add(&file->progress, 1);
    }
    lines_close(&lines);
    return got == 0;
}

static void take_outcome(struct file_replay *file, const struct lines *lines, struct bytes line)
{
    struct record record;
    struct known known;
    enum known_kind kind = known_kind_of(line);
    if (kind == KNOWN_APPLICATION) {
        return;
    }
    bool read = read_line(&file->reader, line, &record);
    if (!read && (kind == KNOWN_OUTCOME || known_is_outcome(&record))) {
        file->unreadable++;
        known = (struct known){.line = lines->number};
        diverge(file, &known, lines->number, "the outcome cannot be read");
        return;
    }
    if (!read || !known_is_outcome(&record)) {
        return;
    }
    switch (known_note(&file->outcomes, lines, &record, &file->reader.arena, &known)) {
    case KNOWN_NEW:
        file->outcome_count++;
        break;
    case KNOWN_AGAIN:
        break;
    case KNOWN_DIFFERS:
        diverge(file, &known, lines->number, "two outcomes of one event differ");
        break;
    case KNOWN_NOTHING:
        diverge(file, &known, lines->number, "the outcome does not say how it was made");
        break;
    }
}

/* The outcome's line once more: only its digest was kept. */
static bool reread(struct file_replay *file, const struct known *known, struct record *record)
{
    struct lines lines = {.descriptor = -1};
    struct bytes line;
    struct err err;
    bool done = lines_open(&lines, file->path, &err) &&
                lseek(lines.descriptor, (off_t)known->at, SEEK_SET) == (off_t)known->at &&
                lines_next(&lines, &line, &err) == 1 && read_line(&file->reader, line, record);
    lines_close(&lines);
    return done;
}

static void differs(struct file_replay *file,
                    const struct known *known,
                    int64_t line,
                    const struct request *request,
                    const struct record *made)
{
    struct record stored;
    json_t *divergence = replay_divergence("decided again, it comes out otherwise");
    replay_divergence_number(divergence, "line", line);
    replay_divergence_number(divergence, "outcomeLine", known->line);
    replay_divergence_application(divergence, request->application->id);
    if (!reread(file, known, &stored)) {
        replay_change(divergence, "output", json_string("the file has changed meanwhile"), NULL);
        replay_diverged(&file->report, divergence);
        return;
    }
    for (int i = 0; i < KNOWN_HEADERS; i++) {
        struct bytes before;
        struct bytes after;
        const char *name = known_header(&stored, i, &before);
        (void)known_header(made, i, &after);
        if (!bytes_equal(before, after)) {
            replay_change(divergence,
                          name,
                          json_stringn((const char *)before.data, before.size),
                          json_stringn((const char *)after.data, after.size));
        }
    }
    if (!bytes_equal(stored.value, made->value)) {
        replay_change_outputs(divergence, stored.value, made->value, &file->reader.arena);
    }
    replay_diverged(&file->report, divergence);
}

/* Whether it is meant at all; what is not still is history. */
static bool in_range(const struct file_replay *file,
                     const struct known *known,
                     const struct application *application)
{
    return replay_range_takes(file->range,
                              known->evaluated_at_ms,
                              known->partition,
                              known->offset,
                              application->id) &&
           replay_range_serves(file->range, application->municipality_code);
}

static void decide_again(struct file_replay *file,
                         struct known *known,
                         int64_t line,
                         struct request *request,
                         struct verdict *verdict)
{
    struct judge judge = {
        .rulebook = rulebooks_find(&file->rulebooks, known->rulebook),
        .topic = bytes_of(known->topic, known->topic_size),
        .evaluated_at_ms = known->evaluated_at_ms,
        .key_armed = known->quarantined,
    };
    struct judgement judgement;
    char what[200];
    uint8_t digest[SHA256_SIZE];
    verdict->input.partition = known->partition;
    verdict->input.offset = known->offset;
    if (judge.rulebook == NULL) {
        char hex[2 * SHA256_SIZE];
        hex_encode(known->rulebook, SHA256_SIZE, hex);
        (void)snprintf(
            what, sizeof(what), "its rulebook %.16s… is not among those given by --rulebook", hex);
        diverge(file, known, line, what);
        return;
    }
    decider_judge(&file->decider, request, &judge, &judgement, verdict);
    if (verdict->reason != REASON_NONE) {
        (void)snprintf(what,
                       sizeof(what),
                       "it was decided; made again it is not: %s",
                       reason_text(verdict->reason));
        diverge(file, known, line, what);
        return;
    }
    if (!in_range(file, known, request->application)) {
        return;
    }
    replay_tally_add(&file->tally, judge.rulebook, judgement.matter.law);
    known_digest(&verdict->record, digest);
    if (memcmp(digest, known->digest, SHA256_SIZE) != 0) {
        differs(file, known, line, request, &verdict->record);
    }
}

static void take_application(struct file_replay *file, const struct lines *lines, struct bytes line)
{
    struct request request;
    struct verdict verdict;
    struct known known;
    int64_t now_ms = file->context->clock.wall_ms(file->context->clock.self);
    if (known_kind_of(line) == KNOWN_OUTCOME) {
        return;
    }
    decider_read(&file->decider, line, now_ms, &request, &verdict);
    if (known_is_outcome(&verdict.input)) {
        return;
    }
    if (verdict.reason != REASON_NONE) {
        file->refused++;
        return;
    }
    bool again = false;
    if (known_take(&file->outcomes,
                   request.application->application_id,
                   request.envelope.id,
                   &known,
                   &again)) {
        decide_again(file, &known, lines->number, &request, &verdict);
    } else if (!again) { /* a duplicate has no outcome of its own */
        file->alone++;
    }
}

static bool replay_lines(struct file_replay *file, struct err *err)
{
    struct context *context = file->context;
    const char *rulebook = context->options.values[OPTION_RULEBOOK];
    if (!rulebooks_at(&file->rulebooks, rulebook != NULL ? rulebook : context->rulebook, err) ||
        !citizen_key_of(context, true, &file->decider.citizen_key, err)) {
        return false;
    }
    if (!decider_init(&file->decider) || !decider_init(&file->reader)) {
        return err_set(err, ERR_FATAL, "no memory");
    }
    replay_tally_init(&file->tally, &file->rulebooks);
    progress_begin(&file->progress, context->clock, "lines");
    json_memory_use(&file->reader.json);
    bool done = each_line(file, take_outcome, err);
    json_memory_use(&file->decider.json);
    done = done && each_line(file, take_application, err);
    json_memory_use(NULL); /* what the summary is made of outlives a line */
    progress_end(&file->progress);
    if (done && file->outcome_count + file->unreadable == 0) {
        return err_set(err,
                       ERR_FATAL,
                       "%s: no outcome is in it; a file to verify holds applications and their "
                       "outcomes, in any order",
                       file->path);
    }
    return done;
}

static void note(struct file_replay *file)
{
    int64_t left = known_left(&file->outcomes);
    if (left > 0) {
        replay_note(&file->report,
                    "not compared: %" PRId64 " outcomes without their application in the file",
                    left);
    }
    if (file->unreadable > 0) {
        replay_note(&file->report,
                    "%" PRId64 " outcomes cannot be read, so what they decided is no history here: "
                    "what came later for the same citizen may diverge by that alone",
                    file->unreadable);
    }
    if (file->alone > 0) {
        replay_note(&file->report,
                    "not decided again: %" PRId64
                    " applications without an outcome in the file: nobody knows when they were "
                    "decided, or whether",
                    file->alone);
    }
    if (file->refused > 0) {
        replay_note(&file->report,
                    "not decided again: %" PRId64
                    " lines that no application can be read from, or that would be refused",
                    file->refused);
    }
    replay_note(&file->report, "Q01 as the outcome has it: a file has no quarantine");
}

int replay_file(struct context *context, const struct replay_range *range, const char *path)
{
    static struct file_replay file;
    struct err err;
    if (strcmp(path, "-") == 0) {
        return command_usage(context, "--source: a file is read twice, so it cannot be -");
    }
    file.context = context;
    file.range = range;
    file.path = path;
    file.decider.clock = context->clock;
    replay_report_begin(&file.report,
                        context->out,
                        options_flag(&context->options, OPTION_JSON),
                        "the file",
                        context->clock);
    bool done = replay_lines(&file, &err);
    if (done) {
        note(&file);
    }
    int code = replay_report_close(&file.report, done ? &file.tally : NULL, &err);
    replay_tally_release(&file.tally);
    decider_release(&file.decider);
    decider_release(&file.reader);
    keeper_release(&file.outcomes);
    rulebooks_release(&file.rulebooks);
    return code;
}
