/* mentord tail: outcome events as JSON lines. */

#include <stdlib.h>
#include <string.h>

#include "mentor/app/command.h"
#include "mentor/base/arena.h"
#include "mentor/base/err.h"
#include "mentor/wire/cloudevent.h"
#include "mentor/wire/json.h"

enum {
    ARENA_SIZE = 16 * 1024 * 1024,
    BROKER_WAIT_MS = 10000,
    POLL_MS = 200,
    PARTITIONS = 1024,
};

struct tail {
    struct context *context;
    struct topic_reader reader;
    struct arena arena; /* owned */
    struct text line;   /* owned */
    int64_t from[PARTITIONS];
    int64_t end[PARTITIONS]; /* where --no-follow stops */
    int32_t partition[PARTITIONS];
    uint32_t count;
};

/* P:OFFSET */
static bool parse_place(const char *text, long *partition, long long *offset)
{
    char *end = NULL;
    *partition = strtol(text, &end, 10);
    if (end == text || *end != ':' || *partition < 0) {
        return false;
    }
    const char *second = end + 1;
    *offset = strtoll(second, &end, 10);
    return end != second && *end == '\0' && *offset >= 0;
}

/* Where a partition begins by --from; -1 leaves it out. */
static int64_t begin_at(const char *from, const struct topic_bounds *bounds)
{
    long partition = 0;
    long long offset = 0;
    if (strcmp(from, "beginning") == 0) {
        return bounds->low;
    }
    if (strcmp(from, "end") == 0) {
        return bounds->high;
    }
    CHECK(parse_place(from, &partition, &offset));
    if (partition != bounds->partition) {
        return -1;
    }
    return offset > bounds->low ? offset : bounds->low;
}

static bool place_reader(struct tail *tail, struct err *err)
{
    const char *from = tail->context->options.values[OPTION_FROM];
    const struct topic_bounds *bounds = NULL;
    bool any = false;
    if (!tail->reader.bounds(tail->reader.self, BROKER_WAIT_MS, &bounds, &tail->count, err)) {
        return false;
    }
    CHECK(tail->count <= PARTITIONS);
    for (uint32_t i = 0; i < tail->count; i++) {
        tail->partition[i] = bounds[i].partition;
        tail->end[i] = bounds[i].high;
        tail->from[i] = begin_at(from, &bounds[i]);
        any = any || tail->from[i] >= 0;
    }
    if (!any) {
        return err_set(err, ERR_FATAL, "--from %s: the topic has no such partition", from);
    }
    return tail->reader.start(tail->reader.self, tail->from, err);
}

/* Everything there was when we began is printed; markers at the end never come as records. */
static bool at_end(const struct tail *tail)
{
    if (tail->reader.at_end(tail->reader.self)) {
        return true;
    }
    for (uint32_t i = 0; i < tail->count; i++) {
        if (tail->from[i] >= 0 && tail->from[i] < tail->end[i]) {
            return false;
        }
    }
    return true;
}

static bool print_record(struct tail *tail, const struct record *record, struct err *err)
{
    struct arena_mark mark = arena_mark(&tail->arena);
    tail->line.size = 0;
    bool done = cloudevent_write(record, &tail->arena, &tail->line);
    arena_rewind(&tail->arena, mark);
    if (!done) {
        return err_set(err,
                       ERR_FATAL,
                       "partition %d, offset %lld: no room to print the record",
                       record->partition,
                       (long long)record->offset);
    }
    text_add(&tail->line, bytes_text("\n"));
    (void)fwrite(tail->line.data, 1, tail->line.size, tail->context->out);
    for (uint32_t i = 0; i < tail->count; i++) {
        if (tail->partition[i] == record->partition && tail->from[i] >= 0) {
            tail->from[i] = record->offset + 1;
        }
    }
    return true;
}

static int read_on(struct tail *tail)
{
    bool follow = !options_flag(&tail->context->options, OPTION_NO_FOLLOW);
    int64_t most = tail->context->options.numbers[OPTION_COUNT];
    int64_t printed = 0;
    struct err err;
    while (!*tail->context->stop && (follow || !at_end(tail))) {
        struct record record;
        int got = tail->reader.next(tail->reader.self, POLL_MS, &record, &err);
        if (got == 0) {
            (void)fflush(tail->context->out);
            continue;
        }
        if (got < 0 || !print_record(tail, &record, &err)) {
            return command_fail(&err, EXIT_FAILED);
        }
        if (++printed == most) {
            break;
        }
    }
    return EXIT_DONE;
}

int command_tail(struct context *context)
{
    static struct tail tail;
    struct err err;
    long partition = 0;
    long long offset = 0;
    const char *from = context->options.values[OPTION_FROM];
    tail.context = context;
    if (context->options.operand_count > 0) {
        return command_usage(context, "%s: tail takes no arguments", context->options.operands[0]);
    }
    if (strcmp(from, "beginning") != 0 && strcmp(from, "end") != 0 &&
        !parse_place(from, &partition, &offset)) {
        return command_usage(
            context, "--from: '%s' is neither beginning, end nor PARTITION:OFFSET", from);
    }
    int code = EXIT_FAILED;
    if (!arena_init(&tail.arena, ARENA_SIZE)) {
        (void)err_set(&err, ERR_FATAL, "no memory");
        code = command_fail(&err, EXIT_FAILED);
    } else if (!context->edges.reader(context->edges.self,
                                      &context->options,
                                      context->options.values[OPTION_TOPIC_DECISIONS],
                                      &tail.reader,
                                      &err)) {
        code = command_fail(&err, err.kind == ERR_FATAL ? EXIT_USAGE : EXIT_FAILED);
    } else if (!place_reader(&tail, &err)) {
        code = command_fail(&err, EXIT_FAILED);
    } else {
        context->catch_signals();
        code = read_on(&tail);
    }
    text_release(&tail.line);
    arena_release(&tail.arena);
    return code;
}
