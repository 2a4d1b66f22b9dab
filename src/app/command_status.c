/* mentord status: partitions, owners, positions, lag, quarantine, rulebook; once, or each second.
 */

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "mentor/app/command.h"
#include "mentor/base/err.h"
#include "mentor/base/log.h"
#include "mentor/wire/rfc3339.h"

#include "status_report.h"

enum {
    BROKER_WAIT_MS = 3000,
    EVERY_MS = 1000,
    SLICE_MS = 50, /* a word to stop is heard within it */
};

struct watch {
    struct context *context;
    struct archive archive;
    bool has_archive;
    struct topic_reader reader;
    bool has_reader;
    bool json;
    bool clears;          /* a terminal is drawn anew */
    int64_t looked_at_ms; /* the store's clock; 0 before the first look */
    int64_t records;      /* positions added up, then */
};

/* What the broker says, or why it says nothing; status without it is better than none. */
static void ask_bounds(struct watch *watch, struct status_report *report, struct err *err)
{
    struct context *context = watch->context;
    watch->has_reader = watch->has_reader ||
                        context->edges.reader(context->edges.self,
                                              &context->options,
                                              context->options.values[OPTION_TOPIC_APPLICATIONS],
                                              &watch->reader,
                                              err);
    if (!watch->has_reader ||
        !watch->reader.bounds(
            watch->reader.self, BROKER_WAIT_MS, &report->bounds, &report->bound_count, err)) {
        report->bound_count = 0;
        report->unknown = err->text;
    }
}

static void measure(struct watch *watch, struct status_report *report)
{
    const struct archived_status *status = report->status;
    int64_t records = 0;
    for (uint32_t i = 0; i < status->position_count; i++) {
        records += status->positions[i].next_offset;
    }
    int64_t passed_ms = status->now_ms - watch->looked_at_ms;
    report->per_second = -1;
    if (watch->looked_at_ms > 0 && passed_ms > 0 && records >= watch->records) {
        report->per_second = (records - watch->records) * 1000 / passed_ms;
    }
    watch->looked_at_ms = status->now_ms;
    watch->records = records;
}

/* One look, as text or a line. */
static bool look(struct watch *watch, struct text *out, struct err *err)
{
    struct context *context = watch->context;
    struct status_report report = {0};
    struct err broker_err;
    watch->has_archive =
        watch->has_archive ||
        context->edges.archive(context->edges.self, &context->options, &watch->archive, err);
    if (!watch->has_archive || !watch->archive.status(watch->archive.self, &report.status, err)) {
        return false;
    }
    ask_bounds(watch, &report, &broker_err);
    measure(watch, &report);
    (watch->json ? status_json : status_text)(&report, out);
    return true;
}

/* In place of a look that failed. */
static void say_unknown(const struct watch *watch, const struct err *err, struct text *out)
{
    if (watch->json) {
        text_add(out, bytes_text("{\"error\":"));
        text_add_json(out, bytes_text(err->text));
        text_add(out, bytes_text("}\n"));
    } else {
        text_add(out, bytes_text("not known: "));
        text_add(out, bytes_text(err->text));
        text_add(out, bytes_text("\n"));
    }
}

static void add_now(const struct watch *watch, struct text *out)
{
    char time[RFC3339_SIZE];
    struct clock clock = watch->context->clock;
    struct rfc3339 now = rfc3339_of_ms(clock.wall_ms(clock.self));
    now.nanos = 0;
    if (watch->clears) {
        text_add(out, bytes_text("\033[H\033[J"));
    }
    text_add(out, bytes_of(time, rfc3339_format(now, time)));
    text_add(out, bytes_text("\n"));
}

/* Until the word to stop, or nobody reads. */
static int watch_on(struct watch *watch)
{
    struct context *context = watch->context;
    int code = EXIT_DONE;
    context->catch_signals();
    while (!*context->stop && code == EXIT_DONE) {
        struct text out = {0};
        struct err err;
        if (!watch->json) {
            add_now(watch, &out);
        }
        if (!look(watch, &out, &err)) {
            if (err.kind != ERR_RETRY) {
                text_release(&out);
                return command_fail(&err, EXIT_FAILED);
            }
            say_unknown(watch, &err, &out);
        }
        if (!watch->json && !watch->clears) {
            text_add(&out, bytes_text("\n"));
        }
        (void)fwrite(out.data, 1, out.size, context->out);
        code = fflush(context->out) == 0 ? EXIT_DONE : EXIT_FAILED;
        text_release(&out);
        for (int ms = 0; ms < EVERY_MS && !*context->stop; ms += SLICE_MS) {
            context->clock.sleep_ms(context->clock.self, SLICE_MS);
        }
    }
    return code;
}

static int look_once(struct watch *watch)
{
    struct text out = {0};
    struct err err;
    if (!look(watch, &out, &err)) {
        return command_fail(&err, EXIT_FAILED);
    }
    (void)fwrite(out.data, 1, out.size, watch->context->out);
    text_release(&out);
    return EXIT_DONE;
}

int command_status(struct context *context)
{
    struct watch watch = {
        .context = context,
        .json = options_flag(&context->options, OPTION_JSON),
    };
    if (context->options.operand_count > 0) {
        return command_usage(
            context, "%s: status takes no arguments", context->options.operands[0]);
    }
    if (!options_flag(&context->options, OPTION_WATCH)) {
        return look_once(&watch);
    }
    watch.clears = !watch.json && isatty(fileno(context->out)) == 1;
    if (!context->options.given[OPTION_LOG_LEVEL]) {
        /* what is away is said in its place, not between the lines of the table */
        log_open(strcmp(context->options.values[OPTION_LOG], "json") == 0, LOG_LEVEL_ERROR);
    }
    return watch_on(&watch);
}
