/* mentord decide: a file's applications by the worker's own code, with no Kafka and no PostgreSQL.
 */

#include <inttypes.h>

#include "mentor/app/command.h"
#include "mentor/app/rulebook_file.h"
#include "mentor/base/err.h"
#include "mentor/rulebook/load.h"
#include "mentor/wire/cloudevent.h"
#include "mentor/wire/json.h"
#include "mentor/wire/rfc3339.h"

#include "decider.h"
#include "lines.h"
#include "progress.h"

enum {
    FLUSH_SIZE = 256 * 1024,
};

struct deciding {
    struct context *context;
    struct decider decider;
    struct text out; /* owned */
    int64_t refused;
};

static bool parse_moment(struct deciding *deciding, struct err *err)
{
    struct decider *decider = &deciding->decider;
    const char *at = deciding->context->options.values[OPTION_AT];
    struct rfc3339 moment;
    if (strcmp(at, "now") == 0) {
        decider->moment = MOMENT_NOW;
    } else if (strcmp(at, "event") == 0) {
        decider->moment = MOMENT_EVENT;
    } else if (rfc3339_parse(bytes_text(at), &moment)) {
        decider->moment = MOMENT_FIXED;
        decider->fixed_ms = rfc3339_ms(moment);
    } else {
        return err_set(err,
                       ERR_FATAL,
                       "--at: '%s' is neither now, event nor a time as 2026-03-02T09:00:00Z",
                       at);
    }
    return true;
}

static void write_out(struct deciding *deciding)
{
    (void)fwrite(deciding->out.data, 1, deciding->out.size, deciding->context->out);
    deciding->out.size = 0;
}

static void refuse(struct deciding *deciding, int64_t line, enum reason reason, const char *why)
{
    char begin[64];
    (void)snprintf(begin, sizeof(begin), "{\"line\":%" PRId64 ",\"error\":{\"status\":", line);
    text_add(&deciding->out, bytes_text(begin));
    text_add_json(&deciding->out, bytes_text(status_name(reason_status(reason))));
    text_add(&deciding->out, bytes_text(",\"reason\":"));
    text_add_json(&deciding->out, bytes_text(reason_id(reason)));
    text_add(&deciding->out, bytes_text(",\"message\":"));
    text_add_json(&deciding->out, bytes_text(why[0] != '\0' ? why : reason_text(reason)));
    text_add(&deciding->out, bytes_text("}}\n"));
    deciding->refused++;
}

static void decide_line(struct deciding *deciding, struct bytes line, int64_t number)
{
    struct decider *decider = &deciding->decider;
    struct verdict verdict;
    decider_line(decider, line, &verdict);
    if (verdict.reason == REASON_NONE) {
        if (cloudevent_write(&verdict.record, &decider->arena, &deciding->out)) {
            text_add(&deciding->out, bytes_text("\n"));
            return;
        }
        verdict.reason = REASON_RECORD_FAILED;
    }
    if (reason_status(verdict.reason) != STATUS_ALREADY_EXISTS) {
        refuse(deciding, number, verdict.reason, verdict.why);
    }
}

static int decide_lines(struct deciding *deciding, struct lines *lines)
{
    struct err err;
    struct bytes line;
    struct progress progress;
    int got = 0;
    progress_begin(&progress, deciding->context->clock, "lines");
    while ((got = lines_next(lines, &line, &err)) == 1) {
        if (!line_blank(line)) {
            decide_line(deciding, line, lines->number);
        }
        if (deciding->out.size >= FLUSH_SIZE || lines_would_read(lines)) {
            write_out(deciding);
            (void)fflush(deciding->context->out);
        }
        progress_add(&progress, 1);
    }
    write_out(deciding);
    progress_end(&progress);
    if (got < 0) {
        return command_fail(&err, EXIT_FAILED);
    }
    return deciding->refused > 0 ? EXIT_NO : EXIT_DONE;
}

int command_decide(struct context *context)
{
    struct deciding deciding = {.context = context, .decider = {.clock = context->clock}};
    struct decider *decider = &deciding.decider;
    struct lines lines = {.descriptor = -1};
    struct err err;
    int code = EXIT_FAILED;
    if (context->options.operand_count > 1) {
        return command_usage(context, "one file at a time");
    }
    if (!parse_moment(&deciding, &err)) {
        return command_fail(&err, EXIT_USAGE);
    }
    struct rulebook *rulebook = rulebook_of(context, &err);
    decider->rulebook = rulebook;
    if (rulebook == NULL || !citizen_key_of(context, true, &decider->citizen_key, &err) ||
        !lines_open(&lines, context->options.operands[0], &err)) {
        code = command_fail(&err, EXIT_FAILED);
    } else if (!decider_init(decider)) {
        (void)err_set(&err, ERR_FATAL, "no memory");
        code = command_fail(&err, EXIT_FAILED);
    } else {
        code = decide_lines(&deciding, &lines);
    }
    lines_close(&lines);
    text_release(&deciding.out);
    decider_release(decider);
    rulebook_close(&rulebook);
    return code;
}
