/* mentord replay whatif --source FILE: applications and outcomes in JSON Lines, in any order. */

#include "mentor/app/command.h"
#include "mentor/app/request.h"
#include "mentor/app/rulebook_file.h"
#include "mentor/wire/json_memory.h"

#include "decider.h"
#include "lines.h"
#include "progress.h"
#include "replay_outcomes.h"
#include "whatif_source.h"

static void
take_line(struct whatif_log *log, struct decider *decider, struct bytes line, int64_t now_ms)
{
    struct request request;
    struct verdict verdict;
    decider_read(decider, line, now_ms, &request, &verdict);
    if (known_is_outcome(&verdict.input)) {
        whatif_log_outcome(log, &verdict.input, &decider->arena);
    } else if (verdict.reason == REASON_NONE) {
        whatif_log_application(log, &request, now_ms);
    } else if (known_kind_of(line) == KNOWN_OUTCOME) { /* by what is left of it */
        log->counts.unreadable++;
    } else {
        log->counts.refused++;
    }
}

static bool read_lines(struct whatif_log *log,
                       struct decider *decider,
                       const char *path,
                       struct progress *progress,
                       struct err *err)
{
    struct lines lines = {.descriptor = -1};
    struct bytes line;
    int got = -1;
    if (!lines_open(&lines, path, err)) {
        return false;
    }
    int64_t now_ms = decider->clock.wall_ms(decider->clock.self);
    while ((got = lines_next(&lines, &line, err)) == 1) {
        if (!line_blank(line)) {
            take_line(log, decider, line, now_ms);
        }
        progress_add(progress, 1);
    }
    lines_close(&lines);
    return got == 0;
}

bool whatif_file(struct whatif_log *log,
                 const struct context *context,
                 const char *path,
                 struct err *err)
{
    struct decider decider = {.clock = context->clock};
    struct progress progress;
    if (!citizen_key_of(context, true, &decider.citizen_key, err)) {
        return false;
    }
    if (!decider_init(&decider)) {
        decider_release(&decider);
        return err_set(err, ERR_FATAL, "no memory");
    }
    log->decide = true;
    progress_begin(&progress, context->clock, "lines");
    bool done = read_lines(log, &decider, path, &progress, err);
    progress_end(&progress);
    decider_release(&decider);
    if (done && log->applications == 0) {
        return err_set(err,
                       ERR_FATAL,
                       "%s: no application is in it; a file to ask holds applications and, where "
                       "they stand, their outcomes, in any order",
                       path);
    }
    if (done) {
        whatif_log_close(log);
    }
    return done;
}
