/* mentord decide: a file's applications by the worker's own code, with no Kafka and no PostgreSQL.
 */

#include <inttypes.h>

#include "mentor/app/command.h"
#include "mentor/app/judge.h"
#include "mentor/app/outcome.h"
#include "mentor/app/rulebook_file.h"
#include "mentor/base/arena.h"
#include "mentor/base/err.h"
#include "mentor/rulebook/load.h"
#include "mentor/wire/cloudevent.h"
#include "mentor/wire/json.h"
#include "mentor/wire/json_memory.h"
#include "mentor/wire/rfc3339.h"

#include "keeper.h"
#include "lines.h"
#include "progress.h"

enum {
    ARENA_SIZE = 64 * 1024 * 1024, /* a line of 4 MiB, decoded */
    JSON_ARENA_SIZE = 4 * 1024 * 1024,
    FLUSH_SIZE = 256 * 1024,
};

/* When a line is evaluated. */
enum moment {
    MOMENT_NOW,
    MOMENT_EVENT,
    MOMENT_FIXED,
};

struct decider {
    struct context *context;
    struct rulebook *rulebook; /* owned */
    struct hmac_key citizen_key;
    enum moment moment;
    int64_t fixed_ms;
    struct keeper applications;
    struct keeper citizens;
    struct arena arena; /* owned; rewound for each line */
    struct arena json;  /* likewise, what jansson takes */
    struct text out;    /* owned */
    int64_t refused;
};

static bool parse_moment(struct decider *decider, struct err *err)
{
    const char *at = decider->context->options.values[OPTION_AT];
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

static void write_out(struct decider *decider)
{
    (void)fwrite(decider->out.data, 1, decider->out.size, decider->context->out);
    decider->out.size = 0;
}

static void refuse(struct decider *decider, int64_t line, enum reason reason, const char *why)
{
    char begin[64];
    (void)snprintf(begin, sizeof(begin), "{\"line\":%" PRId64 ",\"error\":{\"status\":", line);
    text_add(&decider->out, bytes_text(begin));
    text_add_json(&decider->out, bytes_text(status_name(reason_status(reason))));
    text_add(&decider->out, bytes_text(",\"reason\":"));
    text_add_json(&decider->out, bytes_text(reason_id(reason)));
    text_add(&decider->out, bytes_text(",\"message\":"));
    text_add_json(&decider->out, bytes_text(why[0] != '\0' ? why : reason_text(reason)));
    text_add(&decider->out, bytes_text("}}\n"));
    decider->refused++;
}

static bool emit(struct decider *decider,
                 const struct request *request,
                 const struct judgement *judgement,
                 int64_t citizen_seq)
{
    const struct decision *decision = &judgement->decision;
    struct stored_output output = {
        .citizen_seq = citizen_seq,
        .outcome = decision->outcome,
        .evaluated_at_ms = judgement->matter.evaluated_at_ms,
        .late_ms = envelope_late_ms(&request->envelope, judgement->matter.evaluated_at_ms),
        .output = judgement->output,
    };
    struct outcome_source source = {0};
    struct record record;
    memcpy(output.decision_id, decision->decision_id, UUID_SIZE);
    memcpy(output.citizen_ref, judgement->matter.citizen_ref, CITIZEN_REF_SIZE);
    if (!judge_trace(request, &decider->arena, &output.trace) ||
        !outcome_record(&output, &source, &decider->arena, &record) ||
        !cloudevent_write(&record, &decider->arena, &decider->out)) {
        return false;
    }
    text_add(&decider->out, bytes_text("\n"));
    return true;
}

/* A request that may be decided. */
static enum reason
decide_request(struct decider *decider, const struct request *request, int64_t now_ms)
{
    struct keeper_row *kept_application =
        keeper_row(&decider->applications, request->application->id);
    struct keeper_row *kept_citizen = keeper_row(&decider->citizens, request->citizen_ref);
    struct application_row application = {
        .seq = kept_application->seq,
        .state = bytes_of(kept_application->state, kept_application->size),
    };
    struct citizen_row citizen = {
        .seq = kept_citizen->seq,
        .state = bytes_of(kept_citizen->state, kept_citizen->size),
    };
    struct judge judge = {
        .rulebook = decider->rulebook,
        .evaluated_at_ms = decider->moment == MOMENT_FIXED ? decider->fixed_ms : now_ms,
    };
    if (decider->moment == MOMENT_EVENT && request->envelope.has_time) {
        judge.evaluated_at_ms = request->envelope.time_ms;
    }
    struct judgement judgement;
    enum reason reason =
        judge_request(&judge, request, &application, &citizen, &decider->arena, &judgement);
    if (reason != REASON_NONE) {
        return reason;
    }
    if (!emit(decider, request, &judgement, citizen.seq)) {
        return REASON_RECORD_FAILED;
    }
    keeper_row_set(kept_application, application.seq, application.state);
    keeper_row_set(kept_citizen, citizen.seq, citizen.state);
    return REASON_NONE;
}

static void decide_line(struct decider *decider, struct bytes line, int64_t number)
{
    struct arena_mark mark = arena_mark(&decider->arena);
    int64_t now_ms = decider->context->clock.wall_ms(decider->context->clock.self);
    struct record record = {0};
    struct request request;
    char why[256] = "";
    enum reason reason = cloudevent_read(line, now_ms, &decider->arena, &record, why, sizeof(why));
    if (reason == REASON_NONE || record.header_count > 0) {
        /* A file has no record key; citizens are told apart by citizen_ref alone. */
        record.has_key = true;
        record.key = bytes_text("file");
        record.has_value = record.has_value || reason != REASON_NONE;
        request_read(&request, &record, reason, &decider->citizen_key, &decider->arena);
        if (request.reason != reason) {
            why[0] = '\0';
        }
        reason = request.reason;
    }
    if (reason == REASON_NONE) {
        reason = decide_request(decider, &request, now_ms);
    }
    if (reason != REASON_NONE && reason_status(reason) != STATUS_ALREADY_EXISTS) {
        refuse(decider, number, reason, why);
    }
    arena_rewind(&decider->arena, mark);
    arena_rewind(&decider->json, (struct arena_mark){0});
}

static int decide_lines(struct decider *decider, struct lines *lines)
{
    struct err err;
    struct bytes line;
    struct progress progress;
    int got = 0;
    progress_begin(&progress, decider->context->clock, "lines");
    while ((got = lines_next(lines, &line, &err)) == 1) {
        if (!line_blank(line)) {
            decide_line(decider, line, lines->number);
        }
        if (decider->out.size >= FLUSH_SIZE || lines_would_read(lines)) {
            write_out(decider);
            (void)fflush(decider->context->out);
        }
        progress_add(&progress, 1);
    }
    write_out(decider);
    progress_end(&progress);
    if (got < 0) {
        return command_fail(&err, EXIT_FAILED);
    }
    return decider->refused > 0 ? EXIT_NO : EXIT_DONE;
}

int command_decide(struct context *context)
{
    struct decider decider = {.context = context};
    struct lines lines = {.descriptor = -1};
    struct err err;
    int code = EXIT_FAILED;
    if (context->options.operand_count > 1) {
        return command_usage(context, "one file at a time");
    }
    if (!parse_moment(&decider, &err)) {
        return command_fail(&err, EXIT_USAGE);
    }
    decider.rulebook = rulebook_of(context, &err);
    if (decider.rulebook == NULL || !citizen_key_of(context, true, &decider.citizen_key, &err) ||
        !lines_open(&lines, context->options.operands[0], &err)) {
        code = command_fail(&err, EXIT_FAILED);
    } else if (!arena_init(&decider.arena, ARENA_SIZE) ||
               !arena_init(&decider.json, JSON_ARENA_SIZE)) {
        (void)err_set(&err, ERR_FATAL, "no memory for %d bytes", ARENA_SIZE);
        code = command_fail(&err, EXIT_FAILED);
    } else {
        json_memory_use(&decider.json);
        code = decide_lines(&decider, &lines);
        json_memory_use(NULL);
    }
    lines_close(&lines);
    text_release(&decider.out);
    arena_release(&decider.arena);
    arena_release(&decider.json);
    keeper_release(&decider.applications);
    keeper_release(&decider.citizens);
    rulebook_close(&decider.rulebook);
    return code;
}
