/* mentord dlq: records that could not be decided, and what a person does about them. */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "mentor/app/command.h"
#include "mentor/app/outcome.h"
#include "mentor/base/arena.h"
#include "mentor/base/err.h"
#include "mentor/wire/cloudevent.h"
#include "mentor/wire/json.h"
#include "mentor/wire/rfc3339.h"

#include "dlq.h"

enum {
    ARENA_SIZE = 16 * 1024 * 1024,
    PAGE = 200,
    REDRIVEN_SIZE = 512, /* a topic's name has at most 249 bytes */
};

static const char *state_name(enum quarantine_state state)
{
    return state == QUARANTINE_OPEN       ? "open"
           : state == QUARANTINE_REDRIVEN ? "redriven"
                                          : "dismissed";
}

/* Where a redriven record lies now, as topic/partition/offset; "" for one that is not. */
static const char *redriven_to(const struct archived_quarantine *row,
                               char text[static REDRIVEN_SIZE])
{
    text[0] = '\0';
    if (row->redriven_partition >= 0) {
        (void)snprintf(text,
                       REDRIVEN_SIZE,
                       "%s/%d/%" PRId64,
                       row->topic,
                       row->redriven_partition,
                       row->redriven_offset);
    }
    return text;
}

/* A row that is closed, or whose bytes are gone, says so in headers of its own; the topic's record
 * has none of them. */
static bool
add_lineage(const struct archived_quarantine *row, struct arena *arena, struct record *record)
{
    char to[REDRIVEN_SIZE];
    char decision[UUID_TEXT_SIZE] = "";
    if (row->has_decision) {
        uuid_format(row->decision_id, decision);
    }
    const struct header ours[] = {
        {bytes_text("mentor-state"), bytes_text(state_name(row->state))},
        {bytes_text("mentor-payload"),
         bytes_text(row->payload.state == PAYLOAD_WHOLE ? "" : payload_text(row->payload.state))},
        {bytes_text("mentor-why"), bytes_text(row->why)},
        {bytes_text("mentor-redriven-to"), bytes_text(redriven_to(row, to))},
        {bytes_text("mentor-decision"),
         bytes_of(decision, row->has_decision ? sizeof(decision) : 0)},
    };
    enum {
        OURS = sizeof(ours) / sizeof(ours[0]),
    };
    if (row->state == QUARANTINE_OPEN && row->payload.state == PAYLOAD_WHOLE) {
        return true;
    }
    struct header *headers = arena_alloc(arena, (record->header_count + OURS) * sizeof(*headers));
    if (headers == NULL) {
        return false;
    }
    memcpy(headers, record->headers, record->header_count * sizeof(*headers));
    record->headers = headers;
    for (size_t i = 0; i < OURS; i++) {
        struct header *header = &headers[record->header_count];
        header->name = ours[i].name;
        if (ours[i].value.size > 0) {
            if (!bytes_copy(arena, ours[i].value, &header->value)) {
                return false;
            }
            record->header_count++;
        }
    }
    return true;
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
                add_lineage(row, arena, &record) && cloudevent_write_dlq(&record, arena, &line);
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
    char to[REDRIVEN_SIZE];
    char decision[UUID_TEXT_SIZE];
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
    if (row->redriven_partition >= 0) {
        (void)fprintf(out, "%14s now at %s", "", redriven_to(row, to));
        if (row->has_decision) {
            uuid_format(row->decision_id, decision);
            (void)fprintf(out, ", decision %.36s", decision);
        }
        (void)fputc('\n', out);
    }
    if (row->payload.state != PAYLOAD_WHOLE) {
        (void)fprintf(out,
                      "%14s %s%s%s\n",
                      "",
                      payload_text(row->payload.state),
                      row->payload.why[0] != '\0' ? ": " : "",
                      row->payload.why);
    }
}

static int list(struct context *context, const struct archive *archive, struct arena *arena)
{
    bool json = options_flag(&context->options, OPTION_JSON);
    bool open_only = !options_flag(&context->options, OPTION_ALL);
    int32_t partition = -1;
    int64_t offset = -1;
    int64_t total = 0;
    struct dlq_filter filter;
    struct err err;
    if (!dlq_filter_of(context, &filter)) {
        return EXIT_USAGE;
    }
    for (uint32_t count = PAGE; count > 0;) {
        const struct archived_quarantine *rows = NULL;
        count = PAGE;
        if (!archive->quarantines(
                archive->self, open_only, partition, offset, &rows, &count, &err)) {
            return command_fail(&err, EXIT_FAILED);
        }
        for (uint32_t i = 0; i < count; i++) {
            partition = rows[i].partition;
            offset = rows[i].offset;
            if (!dlq_filter_takes(&filter, &rows[i])) {
                continue;
            }
            total++;
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

const struct archived_quarantine *
dlq_row(const struct archive *archive, const struct place *place, const char *text, struct err *err)
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

static int
resume(struct context *context, const struct archive *archive, const struct place *partition)
{
    bool found = false;
    struct err err;
    if (!archive->resume(archive->self, partition->partition, &found, &err)) {
        return command_fail(&err, EXIT_FAILED);
    }
    if (!found) {
        (void)err_set(&err,
                      ERR_FATAL,
                      "partition %s is not stopped; see mentord status",
                      context->options.operands[1]);
        return command_fail(&err, EXIT_NO);
    }
    (void)fprintf(context->out, "partition %d goes on\n", partition->partition);
    return EXIT_DONE;
}

/* X(name, what it takes, how many operands at least, at most) */
#define SUBCOMMANDS(X)                                                                             \
    X(LIST, "list", "no arguments", 0, 0)                                                          \
    X(SHOW, "show", "one PLACE, partition/offset", 1, 1)                                           \
    X(DISMISS, "dismiss", "one PLACE, partition/offset", 1, 1)                                     \
    X(REDRIVE, "redrive", "PLACEs, partition/offset, or filters", 0, OPTION_OPERANDS_MAX)          \
    X(RESUME, "resume", "one PARTITION", 1, 1)

enum subcommand {
#define X(upper, name, takes, least, most) DLQ_##upper,
    SUBCOMMANDS(X)
#undef X
    DLQ_COUNT
};

static const struct {
    const char *name;
    const char *takes;
    uint32_t least;
    uint32_t most;
} subcommands[DLQ_COUNT] = {
#define X(upper, name, takes, least, most) {name, takes, least, most},
    SUBCOMMANDS(X)
#undef X
};

static int run_on_row(struct context *context,
                      enum subcommand what,
                      const struct archive *archive,
                      const struct place *place,
                      struct arena *arena)
{
    struct err err;
    const struct archived_quarantine *row =
        dlq_row(archive, place, context->options.operands[1], &err);
    if (row == NULL) {
        return command_fail(&err, err.kind == ERR_FATAL ? EXIT_NO : EXIT_FAILED);
    }
    return what == DLQ_SHOW ? show(context, row, arena) : dismiss(context, archive, place);
}

static int run(struct context *context, enum subcommand what, const struct place *place)
{
    struct archive archive;
    struct arena arena;
    struct err err;
    int code = EXIT_FAILED;
    if (!context->edges.archive(context->edges.self, &context->options, &archive, &err)) {
        return command_fail(&err, EXIT_FAILED);
    }
    if (!arena_init(&arena, ARENA_SIZE)) {
        (void)err_set(&err, ERR_FATAL, "no memory");
        return command_fail(&err, EXIT_FAILED);
    }
    switch (what) {
    case DLQ_LIST:
        code = list(context, &archive, &arena);
        break;
    case DLQ_SHOW:
    case DLQ_DISMISS:
        code = run_on_row(context, what, &archive, place, &arena);
        break;
    case DLQ_REDRIVE:
        code = dlq_redrive(context, &archive, &arena);
        break;
    case DLQ_RESUME:
        code = resume(context, &archive, place);
        break;
    case DLQ_COUNT:
        UNREACHABLE("no subcommand");
    }
    arena_release(&arena);
    return code;
}

/* Every operand is a place, or for resume a partition, which is read as a place too. */
static bool parse_operand(enum subcommand what, const char *text, struct place *place)
{
    char with_offset[64];
    if (what != DLQ_RESUME) {
        return place_parse(bytes_text(text), place);
    }
    (void)snprintf(with_offset, sizeof(with_offset), "%.32s/0", text);
    bool parsed = place_parse(bytes_text(with_offset), place) && place->topic.size == 0;
    place->topic = (struct bytes){0}; /* of the text that goes */
    return parsed;
}

int command_dlq(struct context *context)
{
    const struct options *options = &context->options;
    const char *name = options->operand_count > 0 ? options->operands[0] : "";
    struct place place = {0};
    int what = 0;
    while (what < DLQ_COUNT && strcmp(name, subcommands[what].name) != 0) {
        what++;
    }
    if (what == DLQ_COUNT) {
        return command_usage(context, "dlq: list, show, dismiss, redrive or resume");
    }
    uint32_t operands = options->operand_count - 1;
    if (operands < subcommands[what].least || operands > subcommands[what].most) {
        return command_usage(context, "dlq %s: %s", name, subcommands[what].takes);
    }
    for (uint32_t i = operands; i > 0; i--) {
        if (!parse_operand((enum subcommand)what, options->operands[i], &place)) {
            return command_usage(context,
                                 "%s: dlq %s takes %s",
                                 options->operands[i],
                                 name,
                                 subcommands[what].takes);
        }
    }
    if (what == DLQ_DISMISS &&
        (options->values[OPTION_WHY] == NULL || options->values[OPTION_WHY][0] == '\0')) {
        return command_usage(context, "dlq dismiss: needs --why, which is kept with the record");
    }
    return run(context, (enum subcommand)what, &place);
}
