/* mentord status: partitions, owners, positions, lag, quarantine, rulebook. */

#include <inttypes.h>
#include <string.h>

#include "mentor/app/command.h"
#include "mentor/base/err.h"
#include "mentor/wire/json.h"
#include "mentor/wire/rfc3339.h"

enum {
    BROKER_WAIT_MS = 3000,
};

/* What the broker says, or why it says nothing; status without it is better than none. */
struct log_ends {
    const struct topic_bounds *bounds;
    uint32_t count;
    struct err err;
};

static int64_t log_end(const struct log_ends *ends, int32_t partition)
{
    for (uint32_t i = 0; i < ends->count; i++) {
        if (ends->bounds[i].partition == partition) {
            return ends->bounds[i].high;
        }
    }
    return -1;
}

static void ask_ends(struct context *context, struct log_ends *ends)
{
    struct topic_reader reader;
    *ends = (struct log_ends){0};
    if (!context->edges.reader(context->edges.self,
                               &context->options,
                               context->options.values[OPTION_TOPIC_APPLICATIONS],
                               &reader,
                               &ends->err) ||
        !reader.bounds(reader.self, BROKER_WAIT_MS, &ends->bounds, &ends->count, &ends->err)) {
        ends->count = 0;
    }
}

static void print_stopped(FILE *out, const struct archived_status *status)
{
    for (uint32_t i = 0; i < status->position_count; i++) {
        const struct archived_position *row = &status->positions[i];
        char time[RFC3339_SIZE];
        if (row->stopped_at_ms == 0) {
            continue;
        }
        size_t size = rfc3339_format(rfc3339_of_ms(row->stopped_at_ms), time);
        (void)fprintf(out,
                      "\npartition %d is stopped since %.*s: too many of its last records were "
                      "refused. See mentord dlq list, mend what\nrefuses them, then mentord dlq "
                      "resume %d\n",
                      row->partition,
                      (int)size,
                      time,
                      row->partition);
    }
}

static void print_text(FILE *out, const struct archived_status *status, const struct log_ends *ends)
{
    char hex[2 * SHA256_SIZE];
    hex_encode(status->rulebook_sha256, SHA256_SIZE, hex);
    (void)fprintf(out,
                  "cluster %s, topic %s, group %s%s\nrulebook %s %s, sha256 %.16s…\n%" PRId64
                  " decisions%s\n\n",
                  status->cluster,
                  status->topic,
                  status->group,
                  status->demo ? ", a demonstration" : "",
                  status->rulebook_name,
                  status->rulebook_version,
                  hex,
                  status->decisions,
                  status->estimated ? ", about" : "");
    (void)fprintf(out,
                  "%9s  %5s  %-24s %12s %12s %9s %10s  %s\n",
                  "partition",
                  "epoch",
                  "owner",
                  "next",
                  "emitted",
                  "lag",
                  "quarantine",
                  "updated");
    for (uint32_t i = 0; i < status->position_count; i++) {
        const struct archived_position *row = &status->positions[i];
        int64_t end = log_end(ends, row->partition);
        char time[RFC3339_SIZE];
        char lag[24] = "?";
        size_t size = rfc3339_format(rfc3339_of_ms(row->updated_at_ms), time);
        if (end >= 0) {
            (void)snprintf(lag, sizeof(lag), "%" PRId64, end - row->next_offset);
        }
        (void)fprintf(out,
                      "%9d  %5" PRId64 "  %-24s %12" PRId64 " %12" PRId64 " %9s %10" PRId64
                      "  %.*s\n",
                      row->partition,
                      row->epoch,
                      row->owner[0] == '\0' ? "-" : row->owner,
                      row->next_offset,
                      row->emitted_offset,
                      lag,
                      row->quarantined,
                      (int)size,
                      time);
    }
    print_stopped(out, status);
    if (ends->count == 0) {
        (void)fprintf(out, "\nlag is not known: %s\n", ends->err.text);
    }
}

static void add_text(struct text *out, const char *key, const char *value)
{
    text_add_json(out, bytes_text(key));
    text_add(out, bytes_text(":"));
    text_add_json(out, bytes_text(value == NULL ? "" : value));
    text_add(out, bytes_text(","));
}

static void add_number(struct text *out, const char *key, int64_t value, const char *after)
{
    char text[96];
    (void)snprintf(text, sizeof(text), "\"%s\":%" PRId64 "%s", key, value, after);
    text_add(out, bytes_text(text));
}

static void print_json(FILE *out, const struct archived_status *status, const struct log_ends *ends)
{
    struct text text = {0};
    char hex[2 * SHA256_SIZE + 1] = "";
    hex_encode(status->rulebook_sha256, SHA256_SIZE, hex);
    text_add(&text, bytes_text("{"));
    add_text(&text, "cluster", status->cluster);
    add_text(&text, "topic", status->topic);
    add_text(&text, "group", status->group);
    text_add(&text,
             bytes_text(status->demo ? "\"demo\":true,\"rulebook\":{"
                                     : "\"demo\":false,\"rulebook\":{"));
    add_text(&text, "name", status->rulebook_name);
    add_text(&text, "version", status->rulebook_version);
    add_text(&text, "sha256", hex);
    text.size--; /* the last comma */
    text_add(&text, bytes_text("},"));
    add_number(&text, "decisions", status->decisions, ",");
    text_add(&text, bytes_text(status->estimated ? "\"estimated\":true," : "\"estimated\":false,"));
    text_add(&text, bytes_text("\"partitions\":["));
    for (uint32_t i = 0; i < status->position_count; i++) {
        const struct archived_position *row = &status->positions[i];
        int64_t end = log_end(ends, row->partition);
        text_add(&text, bytes_text(i == 0 ? "{" : ",{"));
        add_number(&text, "partition", row->partition, ",");
        add_number(&text, "epoch", row->epoch, ",");
        add_text(&text, "owner", row->owner);
        add_number(&text, "next_offset", row->next_offset, ",");
        add_number(&text, "emitted_offset", row->emitted_offset, ",");
        if (end >= 0) {
            add_number(&text, "end_offset", end, ",");
            add_number(&text, "lag", end - row->next_offset, ",");
        }
        add_number(&text, "quarantined", row->quarantined, ",");
        text_add(&text,
                 bytes_text(row->stopped_at_ms > 0 ? "\"stopped\":true," : "\"stopped\":false,"));
        if (row->stopped_at_ms > 0) {
            add_number(&text, "stopped_at_ms", row->stopped_at_ms, ",");
        }
        add_number(&text, "evaluated_at_ms", row->evaluated_at_ms, ",");
        add_number(&text, "updated_at_ms", row->updated_at_ms, "}");
    }
    text_add(&text, bytes_text("]}\n"));
    (void)fwrite(text.data, 1, text.size, out);
    text_release(&text);
}

int command_status(struct context *context)
{
    struct archive archive;
    const struct archived_status *status = NULL;
    struct log_ends ends;
    struct err err;
    if (context->options.operand_count > 0) {
        return command_usage(
            context, "%s: status takes no arguments", context->options.operands[0]);
    }
    if (!context->edges.archive(context->edges.self, &context->options, &archive, &err) ||
        !archive.status(archive.self, &status, &err)) {
        return command_fail(&err, EXIT_FAILED);
    }
    ask_ends(context, &ends);
    if (options_flag(&context->options, OPTION_JSON)) {
        print_json(context->out, status, &ends);
    } else {
        print_text(context->out, status, &ends);
    }
    return EXIT_DONE;
}
