/* mentord dlq redrive: open rows of the quarantine onto the input topic again, as they came. It
 * only produces; the worker closes a row in the transaction that gives the new record its fate. */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "mentor/base/arena.h"
#include "mentor/base/err.h"
#include "mentor/port/topic.h"
#include "mentor/wire/json.h"

#include "dlq.h"

enum {
    PAGE = 100,
    BROKER_WAIT_MS = 10000,
    PLACE_SIZE = 512, /* a topic's name has at most 249 bytes */
};

/* Up to where a partition's rows were there when the command began: what this run has refused again
 * must not be redriven by it. */
struct limit {
    int32_t partition;
    int64_t next_offset;
};

struct redrive {
    struct context *context;
    const struct archive *archive;
    struct arena *arena;
    struct topic_writer writer;
    struct dlq_filter filter;
    const char *topic;   /* in the arena */
    const char *cluster; /* likewise */
    struct limit *limits;
    uint32_t limit_count;
    bool dry;
    int64_t most;
    int64_t produced;
    int64_t held_back; /* by the loop guard, or its bytes cannot be read */
    int64_t wrong;     /* places that are no open rows */
};

static bool keep_text(struct arena *arena, const char *text, const char **kept)
{
    struct bytes copy;
    bool done = bytes_copy(arena, bytes_of(text, strlen(text) + 1), &copy);
    *kept = (const char *)copy.data;
    return done;
}

static bool look_around(struct redrive *redrive, struct err *err)
{
    const struct archived_status *status = NULL;
    if (!redrive->archive->status(redrive->archive->self, &status, err)) {
        return false;
    }
    redrive->limits =
        arena_alloc(redrive->arena, status->position_count * sizeof(*redrive->limits));
    if (redrive->limits == NULL || !keep_text(redrive->arena, status->topic, &redrive->topic) ||
        !keep_text(redrive->arena, status->cluster, &redrive->cluster)) {
        return err_set(err, ERR_FATAL, "no memory");
    }
    for (uint32_t i = 0; i < status->position_count; i++) {
        redrive->limits[redrive->limit_count++] = (struct limit){
            .partition = status->positions[i].partition,
            .next_offset = status->positions[i].next_offset,
        };
    }
    return true;
}

/* The rows' own topic in the rows' own cluster, whatever the settings say. */
static bool open_writer(struct redrive *redrive, struct err *err)
{
    struct context *context = redrive->context;
    const char *cluster = NULL;
    if (redrive->dry) {
        return true;
    }
    if (!context->edges.writer(
            context->edges.self, &context->options, redrive->topic, &redrive->writer, err) ||
        !redrive->writer.cluster(redrive->writer.self, BROKER_WAIT_MS, &cluster, err)) {
        return false;
    }
    return strcmp(cluster, redrive->cluster) == 0 ||
           err_set(err,
                   ERR_FATAL,
                   "these brokers are of cluster %.100s, and the records came from %.100s; check "
                   "--kafka-brokers",
                   cluster,
                   redrive->cluster);
}

static bool
add_text_header(struct redrive *redrive, struct record *record, const char *name, const char *text)
{
    struct header *header = &record->headers[record->header_count++];
    header->name = bytes_text(name);
    return bytes_copy(redrive->arena, bytes_text(text), &header->value);
}

/* As it came, and what it is. An earlier round's headers give way. */
static bool
make_record(struct redrive *redrive, const struct archived_quarantine *row, struct record *record)
{
    struct header *came = NULL;
    uint32_t count = 0;
    char of[PLACE_SIZE];
    char redrives[24];
    *record = (struct record){
        .has_key = row->has_key, .key = row->key, .has_value = row->has_value, .value = row->value};
    if (!headers_unpack(row->headers, redrive->arena, &came, &count)) {
        return false;
    }
    record->headers = arena_alloc(redrive->arena, (count + 2) * sizeof(*came));
    if (record->headers == NULL) {
        return false;
    }
    for (uint32_t i = 0; i < count; i++) {
        if (!bytes_is(came[i].name, "mentor-redrive-of") &&
            !bytes_is(came[i].name, "mentor-redrives")) {
            record->headers[record->header_count++] = came[i];
        }
    }
    (void)snprintf(of, sizeof(of), "%s/%d/%" PRId64, row->topic, row->partition, row->offset);
    (void)snprintf(redrives, sizeof(redrives), "%" PRId64, row->redrives + 1);
    return add_text_header(redrive, record, "mentor-redrive-of", of) &&
           add_text_header(redrive, record, "mentor-redrives", redrives);
}

static void
print(const struct redrive *redrive, const struct archived_quarantine *row, const char *what)
{
    FILE *out = redrive->context->out;
    if (!options_flag(&redrive->context->options, OPTION_JSON)) {
        (void)fprintf(out,
                      "%d/%" PRId64 " %s: %s\n",
                      row->partition,
                      row->offset,
                      reason_id(row->reason),
                      what);
        return;
    }
    struct text text = {0};
    char place[PLACE_SIZE];
    (void)snprintf(place, sizeof(place), "%s/%d/%" PRId64, row->topic, row->partition, row->offset);
    text_add(&text, bytes_text("{\"id\":"));
    text_add_json(&text, bytes_text(place));
    text_add(&text, bytes_text(",\"reason\":"));
    text_add_json(&text, bytes_text(reason_id(row->reason)));
    text_add(&text, bytes_text(",\"redrive\":"));
    text_add_json(&text, bytes_text(what));
    (void)fprintf(
        out, "%.*s,\"redrives\":%" PRId64 "}\n", (int)text.size, text.data, row->redrives);
    text_release(&text);
}

/* One open row that is meant. */
static bool
redrive_row(struct redrive *redrive, const struct archived_quarantine *row, struct err *err)
{
    struct record record;
    if (row->redrives >= redrive->context->options.numbers[OPTION_MAX_REDRIVES]) {
        print(redrive, row, "held back, it came back too often (--max-redrives)");
        redrive->held_back++;
        return true;
    }
    if (row->payload.state != PAYLOAD_WHOLE) {
        print(redrive, row, payload_text(row->payload.state));
        redrive->held_back++;
        return true;
    }
    struct arena_mark mark = arena_mark(redrive->arena);
    if (!make_record(redrive, row, &record)) {
        return err_set(err, ERR_FATAL, "%d/%" PRId64 ": no memory", row->partition, row->offset);
    }
    bool done = redrive->dry || redrive->writer.write(redrive->writer.self, &record, err);
    arena_rewind(redrive->arena, mark);
    if (done) {
        redrive->produced++;
        print(redrive, row, redrive->dry ? "would be produced" : "produced");
    }
    return done;
}

static bool is_enough(const struct redrive *redrive)
{
    return *redrive->context->stop || (redrive->most > 0 && redrive->produced >= redrive->most);
}

static bool was_there(const struct redrive *redrive, const struct archived_quarantine *row)
{
    for (uint32_t i = 0; i < redrive->limit_count; i++) {
        if (redrive->limits[i].partition == row->partition) {
            return row->offset < redrive->limits[i].next_offset;
        }
    }
    return false;
}

static bool redrive_all(struct redrive *redrive, struct err *err)
{
    int32_t partition = -1;
    int64_t offset = -1;
    for (uint32_t count = PAGE; count > 0 && !is_enough(redrive);) {
        const struct archived_quarantine *rows = NULL;
        count = PAGE;
        if (!redrive->archive->quarantines(
                redrive->archive->self, true, partition, offset, &rows, &count, err)) {
            return false;
        }
        for (uint32_t i = 0; i < count && !is_enough(redrive); i++) {
            partition = rows[i].partition;
            offset = rows[i].offset;
            if (was_there(redrive, &rows[i]) && dlq_filter_takes(&redrive->filter, &rows[i]) &&
                !redrive_row(redrive, &rows[i], err)) {
                return false;
            }
        }
    }
    return true;
}

static bool redrive_places(struct redrive *redrive, struct err *err)
{
    const struct options *options = &redrive->context->options;
    for (uint32_t i = 1; i < options->operand_count && !is_enough(redrive); i++) {
        struct place place;
        CHECK(place_parse(bytes_text(options->operands[i]), &place));
        const struct archived_quarantine *row =
            dlq_row(redrive->archive, &place, options->operands[i], err);
        if (row == NULL && err->kind != ERR_FATAL) {
            return false;
        }
        if (row != NULL && row->state != QUARANTINE_OPEN) {
            (void)err_set(err,
                          ERR_FATAL,
                          "%s: that record is closed already; see mentord dlq show %s",
                          options->operands[i],
                          options->operands[i]);
        }
        if (row == NULL || row->state != QUARANTINE_OPEN) {
            (void)command_fail(err, EXIT_NO);
            redrive->wrong++;
        } else if (dlq_filter_takes(&redrive->filter, row) && !redrive_row(redrive, row, err)) {
            return false;
        }
    }
    return true;
}

/* What was queued is waited for also when the rest failed: it goes out. */
static bool finish(struct redrive *redrive, bool done, struct err *err)
{
    struct err flush_err;
    bool flushed = redrive->dry || command_flush(redrive->context, &redrive->writer, &flush_err);
    if (done && !flushed) {
        *err = flush_err;
    }
    return done && flushed;
}

int dlq_redrive(struct context *context, const struct archive *archive, struct arena *arena)
{
    struct redrive redrive = {
        .context = context,
        .archive = archive,
        .arena = arena,
        .dry = options_flag(&context->options, OPTION_DRY_RUN),
        .most = context->options.numbers[OPTION_MAX],
    };
    struct err err;
    if (!dlq_filter_of(context, &redrive.filter)) {
        return EXIT_USAGE;
    }
    if (!look_around(&redrive, &err) || !open_writer(&redrive, &err)) {
        return command_fail(&err, EXIT_FAILED);
    }
    context->catch_signals();
    bool done = context->options.operand_count > 1 ? redrive_places(&redrive, &err)
                                                   : redrive_all(&redrive, &err);
    if (!finish(&redrive, done, &err)) {
        (void)command_fail(&err, EXIT_FAILED);
        (void)fputs("mentord: run it again: what is produced twice is decided once\n", stderr);
        return EXIT_FAILED;
    }
    (void)fprintf(stderr,
                  "mentord: %" PRId64 " %s, %" PRId64 " held back\n",
                  redrive.produced,
                  redrive.dry ? "would be produced" : "produced",
                  redrive.held_back);
    return redrive.held_back > 0 || redrive.wrong > 0 ? EXIT_NO : EXIT_DONE;
}
