/* mentord dlq: records that could not be decided, and what a person does about them. */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mentor/app/command.h"
#include "mentor/app/outcome.h"
#include "mentor/base/arena.h"
#include "mentor/base/err.h"
#include "mentor/wire/cloudevent.h"
#include "mentor/wire/json.h"
#include "mentor/wire/rfc3339.h"

enum {
    ARENA_SIZE = 16 * 1024 * 1024,
    PAGE = 200,
};

/* Where a record came from, as a person names it: [topic/]partition/offset. */
struct place {
    struct bytes topic; /* empty: whichever */
    int32_t partition;
    int64_t offset;
};

static bool parse_place(const char *text, struct place *place)
{
    const char *last = strrchr(text, '/');
    char *end = NULL;
    if (last == NULL || last == text) {
        return false;
    }
    const char *first = last;
    while (first > text && first[-1] != '/') {
        first--;
    }
    long partition = strtol(first, &end, 10);
    if (end != last || partition < 0 || partition > INT32_MAX) {
        return false;
    }
    place->topic = bytes_of(text, first > text ? (size_t)(first - 1 - text) : 0);
    place->partition = (int32_t)partition;
    place->offset = strtoll(last + 1, &end, 10);
    return end != last + 1 && *end == '\0' && place->offset >= 0;
}

static const char *state_name(enum quarantine_state state)
{
    return state == QUARANTINE_OPEN       ? "open"
           : state == QUARANTINE_REDRIVEN ? "redriven"
                                          : "dismissed";
}

/* As a DLQ event, the same line that the topic's record gives. */
static bool print_event(struct context *context,
                        const struct archived_quarantine *row,
                        struct arena *arena,
                        struct err *err)
{
    struct outcome_source source = {.topic = bytes_text(row->topic), .partition = row->partition};
    struct stored_output output = {
        .offset = row->offset,
        .dlq = true,
        .reason = row->reason,
        .redrives = row->redrives,
        .has_key = row->has_key,
        .key = row->key,
        .has_value = row->has_value,
        .value = row->value,
        .headers = row->headers,
    };
    struct record record;
    struct text line = {0};
    struct arena_mark mark = arena_mark(arena);
    bool done = outcome_record(&output, &source, arena, &record) &&
                cloudevent_write_dlq(&record, arena, &line);
    if (done) {
        text_add(&line, bytes_text("\n"));
        (void)fwrite(line.data, 1, line.size, context->out);
    }
    text_release(&line);
    arena_rewind(arena, mark);
    return done ||
           err_set(
               err, ERR_FATAL, "%d/%" PRId64 ": no room to print it", row->partition, row->offset);
}

static void print_row(FILE *out, const struct archived_quarantine *row)
{
    char time[RFC3339_SIZE];
    char place[64];
    size_t size = rfc3339_format(rfc3339_of_ms(row->at_ms), time);
    (void)snprintf(place, sizeof(place), "%d/%" PRId64, row->partition, row->offset);
    (void)fprintf(out,
                  "%-14s %-9s %-19s %-22s %-4s %.*s%s%s\n",
                  place,
                  state_name(row->state),
                  status_name(reason_status(row->reason)),
                  reason_id(row->reason),
                  row->arms ? "Q01" : "",
                  (int)size,
                  time,
                  row->why != NULL && row->why[0] != '\0' ? "  " : "",
                  row->why != NULL ? row->why : "");
}

static int list(struct context *context, const struct archive *archive, struct arena *arena)
{
    bool json = options_flag(&context->options, OPTION_JSON);
    bool open_only = !options_flag(&context->options, OPTION_ALL);
    int32_t partition = -1;
    int64_t offset = -1;
    int64_t total = 0;
    struct err err;
    for (uint32_t count = PAGE; count > 0; total += count) {
        const struct archived_quarantine *rows = NULL;
        count = PAGE;
        if (!archive->quarantines(
                archive->self, open_only, partition, offset, &rows, &count, &err)) {
            return command_fail(&err, EXIT_FAILED);
        }
        for (uint32_t i = 0; i < count; i++) {
            partition = rows[i].partition;
            offset = rows[i].offset;
            if (!json) {
                print_row(context->out, &rows[i]);
            } else if (!print_event(context, &rows[i], arena, &err)) {
                return command_fail(&err, EXIT_FAILED);
            }
        }
    }
    if (!json && total == 0) {
        (void)fputs(open_only ? "nothing is in quarantine\n" : "nothing has been in quarantine\n",
                    context->out);
    }
    return EXIT_DONE;
}

/* The row at a place, or why there is none. */
static const struct archived_quarantine *find_row(const struct archive *archive,
                                                  const struct place *place,
                                                  const char *text,
                                                  struct err *err)
{
    const struct archived_quarantine *rows = NULL;
    uint32_t count = 1;
    if (!archive->quarantines(
            archive->self, false, place->partition, place->offset - 1, &rows, &count, err)) {
        return NULL;
    }
    if (count == 0 || rows->partition != place->partition || rows->offset != place->offset ||
        (place->topic.size > 0 && !bytes_is(place->topic, rows->topic))) {
        (void)err_set(
            err, ERR_FATAL, "%s: nothing was quarantined there; see mentord dlq list --all", text);
        return NULL;
    }
    return rows;
}

static int show(struct context *context, const struct archived_quarantine *row, struct arena *arena)
{
    struct err err;
    if (!options_flag(&context->options, OPTION_JSON)) {
        print_row(context->out, row);
        (void)fprintf(context->out, "%s\n", reason_text(row->reason));
    }
    return print_event(context, row, arena, &err) ? EXIT_DONE : command_fail(&err, EXIT_FAILED);
}

static int
dismiss(struct context *context, const struct archive *archive, const struct place *place)
{
    bool found = false;
    struct err err;
    if (!archive->dismiss(archive->self,
                          place->partition,
                          place->offset,
                          context->options.values[OPTION_WHY],
                          &found,
                          &err)) {
        return command_fail(&err, EXIT_FAILED);
    }
    if (!found) {
        (void)err_set(&err,
                      ERR_FATAL,
                      "%s: that record is closed already; see mentord dlq list --all",
                      context->options.operands[1]);
        return command_fail(&err, EXIT_NO);
    }
    (void)fprintf(context->out, "%d/%" PRId64 " dismissed\n", place->partition, place->offset);
    return EXIT_DONE;
}

static int run(struct context *context, const char *what, const struct place *place)
{
    struct archive archive;
    struct arena arena;
    struct err err;
    const struct archived_quarantine *row = NULL;
    int code = EXIT_FAILED;
    if (!context->edges.archive(context->edges.self, &context->options, &archive, &err)) {
        return command_fail(&err, EXIT_FAILED);
    }
    if (place != NULL) {
        row = find_row(&archive, place, context->options.operands[1], &err);
        if (row == NULL) {
            return command_fail(&err, EXIT_NO);
        }
    }
    if (!arena_init(&arena, ARENA_SIZE)) {
        (void)err_set(&err, ERR_FATAL, "no memory");
        return command_fail(&err, EXIT_FAILED);
    }
    if (place == NULL) {
        code = list(context, &archive, &arena);
    } else if (strcmp(what, "dismiss") == 0) {
        code = dismiss(context, &archive, place);
    } else {
        code = show(context, row, &arena);
    }
    arena_release(&arena);
    return code;
}

int command_dlq(struct context *context)
{
    const struct options *options = &context->options;
    const char *what = options->operand_count > 0 ? options->operands[0] : "";
    bool takes_place = strcmp(what, "show") == 0 || strcmp(what, "dismiss") == 0;
    struct place place;
    if (!takes_place && strcmp(what, "list") != 0) {
        return command_usage(context, "dlq: list, show or dismiss");
    }
    if (options->operand_count != (takes_place ? 2U : 1U)) {
        return command_usage(context,
                             "dlq %s: %s",
                             what,
                             takes_place ? "one PLACE, partition/offset" : "no arguments");
    }
    if (takes_place && !parse_place(options->operands[1], &place)) {
        return command_usage(context,
                             "%s: a place is partition/offset, as dlq list prints it",
                             options->operands[1]);
    }
    if (strcmp(what, "dismiss") == 0 &&
        (options->values[OPTION_WHY] == NULL || options->values[OPTION_WHY][0] == '\0')) {
        return command_usage(context, "dlq dismiss: needs --why, which is kept with the record");
    }
    return run(context, what, takes_place ? &place : NULL);
}
