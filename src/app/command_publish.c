/* mentord publish: a file's events onto the input topic, keyed by citizen_ref. */

#include <inttypes.h>

#include "mentor/app/command.h"
#include "mentor/app/envelope.h"
#include "mentor/app/rulebook_file.h"
#include "mentor/base/arena.h"
#include "mentor/base/err.h"
#include "mentor/core/application.h"
#include "mentor/wire/cloudevent.h"
#include "mentor/wire/wire.h"

#include "lines.h"
#include "progress.h"

enum {
    ARENA_SIZE = 64 * 1024 * 1024,
};

struct publisher {
    struct context *context;
    struct topic_writer writer;
    struct hmac_key citizen_key;
    struct arena arena; /* owned */
    int64_t published;
    int64_t refused;
};

/* A record with a key of its own (a DLQ line) keeps it. */
static bool add_key(struct publisher *publisher, struct record *record)
{
    struct application application;
    bool canonical = false;
    uint8_t digest[SHA256_SIZE];
    char ref[2 * CITIZEN_REF_SIZE];
    if (record->has_key) {
        return true;
    }
    enum reason reason = wire_decode_application(record->value, &application, &canonical);
    if (reason != REASON_NONE) {
        application.cpr = (struct bytes){0}; /* the worker says what is wrong with it */
    }
    hmac_of(&publisher->citizen_key, application.cpr, digest);
    hex_encode(digest, CITIZEN_REF_SIZE, ref);
    record->has_key = true;
    return bytes_copy(&publisher->arena, bytes_of(ref, sizeof(ref)), &record->key);
}

static bool
publish_line(struct publisher *publisher, struct bytes line, int64_t number, struct err *err)
{
    struct record record = {0};
    char why[256] = "";
    int64_t now_ms = publisher->context->clock.wall_ms(publisher->context->clock.self);
    enum reason reason =
        cloudevent_read(line, now_ms, &publisher->arena, &record, why, sizeof(why));
    if (reason != REASON_NONE || !add_key(publisher, &record)) {
        (void)fprintf(stderr,
                      "mentord: line %" PRId64 ": %s: %s; not published\n",
                      number,
                      reason_id(reason),
                      why[0] != '\0' ? why : reason_text(reason));
        publisher->refused++;
        return true;
    }
    publisher->published++;
    return publisher->writer.write(publisher->writer.self, &record, err);
}

/* Holds the pace of --rate. */
static void pace(struct publisher *publisher, int64_t begun_us)
{
    int64_t rate = publisher->context->options.numbers[OPTION_RATE];
    struct clock clock = publisher->context->clock;
    if (rate == 0) {
        return;
    }
    int64_t due = begun_us + publisher->published * 1000000 / rate;
    while (clock.mono_us(clock.self) < due && !*publisher->context->stop) {
        int64_t left = (due - clock.mono_us(clock.self)) / 1000;
        clock.sleep_ms(clock.self, left > 0 ? (uint32_t)left : 1);
    }
}

static int publish_lines(struct publisher *publisher, struct lines *lines)
{
    struct clock clock = publisher->context->clock;
    int64_t begun_us = clock.mono_us(clock.self);
    struct progress progress;
    struct bytes line;
    struct err err;
    int got = 0;
    progress_begin(&progress, clock, "events");
    while (!*publisher->context->stop && (got = lines_next(lines, &line, &err)) == 1) {
        struct arena_mark mark = arena_mark(&publisher->arena);
        if (!line_blank(line) && !publish_line(publisher, line, lines->number, &err)) {
            got = -1;
            break;
        }
        arena_rewind(&publisher->arena, mark);
        progress_add(&progress, 1);
        pace(publisher, begun_us);
    }
    progress_end(&progress);
    struct err flush_err;
    bool flushed = command_flush(publisher->context, &publisher->writer, &flush_err);
    if (got < 0 || !flushed) {
        return command_fail(got < 0 ? &err : &flush_err, EXIT_FAILED);
    }
    bool whole = !*publisher->context->stop;
    (void)fprintf(stderr,
                  "mentord: %" PRId64 " published, %" PRId64 " refused%s\n",
                  publisher->published,
                  publisher->refused,
                  whole ? "" : "; stopped by a signal, maybe before the end");
    return !whole ? EXIT_FAILED : publisher->refused > 0 ? EXIT_NO : EXIT_DONE;
}

int command_publish(struct context *context)
{
    struct publisher publisher = {.context = context};
    struct lines lines = {.descriptor = -1};
    struct err err;
    int code = EXIT_FAILED;
    if (context->options.operand_count > 1) {
        return command_usage(context, "one file at a time");
    }
    if (!citizen_key_of(context, false, &publisher.citizen_key, &err) ||
        !lines_open(&lines, context->options.operands[0], &err)) {
        code = command_fail(&err, EXIT_FAILED);
    } else if (!context->edges.writer(context->edges.self,
                                      &context->options,
                                      context->options.values[OPTION_TOPIC_APPLICATIONS],
                                      &publisher.writer,
                                      &err)) {
        code = command_fail(&err, err.kind == ERR_FATAL ? EXIT_USAGE : EXIT_FAILED);
    } else if (!arena_init(&publisher.arena, ARENA_SIZE)) {
        (void)err_set(&err, ERR_FATAL, "no memory for a line");
        code = command_fail(&err, EXIT_FAILED);
    } else {
        context->catch_signals();
        code = publish_lines(&publisher, &lines);
    }
    lines_close(&lines);
    arena_release(&publisher.arena);
    return code;
}
