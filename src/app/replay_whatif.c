/* mentord replay whatif: the same log under other rules, and nothing of it written. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "mentor/app/command.h"
#include "mentor/app/rulebook_file.h"
#include "mentor/core/rulebook.h"
#include "mentor/rulebook/load.h"

#include "replay.h"
#include "whatif_jobs.h"
#include "whatif_report.h"
#include "whatif_source.h"

/* Files that are asked for beside the table; opened before the work, so that a wrong path is told
 * at once. */
struct files {
    FILE *list;
    bool csv;
    FILE *html;
};

/* "5", "5%" or "0.25%": basis points, 1 to 10000. */
static bool read_sample(const char *text, int32_t *bp)
{
    int32_t whole = 0;
    int32_t part = 0;
    int decimals = 0;
    const char *at = text;
    for (; *at >= '0' && *at <= '9' && whole <= 100; at++) {
        whole = whole * 10 + (*at - '0');
    }
    bool any = at > text;
    if (*at == '.') {
        for (at++; *at >= '0' && *at <= '9' && decimals < 2; at++, decimals++) {
            part = part * 10 + (*at - '0');
        }
        any = any && decimals > 0;
    }
    *bp = whole * 100 + (decimals == 1 ? part * 10 : part);
    return any && strcmp(*at == '%' ? at + 1 : at, "") == 0 && *bp >= 1 && *bp <= WHATIF_WHOLE_BP;
}

static bool ends_with(const char *text, const char *end)
{
    size_t size = strlen(text);
    size_t more = strlen(end);
    return size > more && strcmp(text + size - more, end) == 0;
}

/* EXIT_DONE, or a usage error that was said. */
static int
read_options(struct context *context, const struct replay_range *range, struct whatif_jobs *jobs)
{
    const struct options *options = &context->options;
    const char *sample = options->values[OPTION_SAMPLE];
    const char *list = options->values[OPTION_LIST_FILE];
    if (!options->given[OPTION_RULEBOOK]) {
        return command_usage(context, "replay whatif: which rules? --rulebook FILE");
    }
    if (options->given[OPTION_DECIDED_BY] && jobs->log == NULL) {
        return command_usage(
            context,
            "--decided-by: the archive has the rulebooks that decided; only a file or "
            "kafka needs them");
    }
    if (!read_sample(sample, &jobs->sample_bp)) {
        return command_usage(
            context, "--sample: '%s' is no share as 5%% or 0.25%%, at most 100%%", sample);
    }
    if (list != NULL && !ends_with(list, ".csv") && !ends_with(list, ".jsonl")) {
        return command_usage(context, "--list: '%s' ends neither in .csv nor in .jsonl", list);
    }
    jobs->municipality = WHATIF_ANYWHERE;
    if (range->municipality.size > 0) {
        jobs->municipality = municipality_index(range->municipality);
    }
    return EXIT_DONE;
}

static bool open_file(const char *path, FILE **file, struct err *err)
{
    *file = path == NULL ? NULL : fopen(path, "w");
    return path == NULL || *file != NULL ||
           err_set(err, ERR_FATAL, "%s: cannot be written: %s", path, strerror(errno));
}

/* NULL stays. */
static bool close_file(FILE **file, const char *path, struct err *err)
{
    bool good = *file == NULL || ferror(*file) == 0;
    good = (*file == NULL || fclose(*file) == 0) && good;
    *file = NULL;
    return good || err_set(err, ERR_FATAL, "%s: could not be written whole", path);
}

static bool open_files(const struct options *options, struct files *files, struct err *err)
{
    const char *list = options->values[OPTION_LIST_FILE];
    files->csv = list != NULL && ends_with(list, ".csv");
    return open_file(list, &files->list, err) &&
           open_file(options->values[OPTION_HTML_FILE], &files->html, err);
}

static bool close_files(const struct options *options, struct files *files, struct err *err)
{
    struct err other;
    bool list = close_file(&files->list, options->values[OPTION_LIST_FILE], err);
    return close_file(&files->html, options->values[OPTION_HTML_FILE], list ? err : &other) && list;
}

static void tell(const struct whatif_jobs *jobs, const struct files *files, double seconds)
{
    struct context *context = jobs->context;
    struct whatif_report report = {
        .tally = &jobs->jobs[0].tally,
        .candidate = jobs->candidate,
        .log = jobs->log,
        .stored = jobs->stored,
        .one_municipality = jobs->municipality != WHATIF_ANYWHERE,
        .sample_bp = jobs->sample_bp,
        .version = context->version,
        .seconds = seconds,
    };
    if (options_flag(&context->options, OPTION_JSON)) {
        whatif_report_json(&report, context->out);
    } else {
        whatif_report_write(&report, &whatif_as_text, context->out);
    }
    if (files->html != NULL) {
        whatif_report_write(&report, &whatif_as_html, files->html);
    }
    if (files->list != NULL) {
        whatif_list_write(&jobs->jobs[0].list, files->csv, files->list);
    }
}

/* Some were left out that are wrong: the report says so, and the answer is not whole. What is
 * erased or sealed is left out, too, and said; that is as it should be. */
static bool whole(const struct whatif_jobs *jobs)
{
    const struct whatif_tally *tally = &jobs->jobs[0].tally;
    return (jobs->log == NULL || jobs->log->counts.unreadable + jobs->log->counts.twice == 0) &&
           tally->verdicts[WHATIF_UNREADABLE] + tally->verdicts[WHATIF_NO_RULEBOOK] +
                   tally->verdicts[WHATIF_UNLIKE] ==
               0;
}

/* The rulebooks that decided, and the log itself; NULL: the archive has both. */
static bool read_log(struct whatif_jobs *jobs, struct err *err)
{
    const struct context *context = jobs->context;
    const char *decided_by = context->options.values[OPTION_DECIDED_BY];
    if (jobs->log == NULL) {
        return true;
    }
    if (!rulebooks_at(&jobs->rulebooks, decided_by != NULL ? decided_by : context->rulebook, err)) {
        return false;
    }
    jobs->log->rulebook = jobs->rulebooks.count == 1 ? jobs->rulebooks.items[0] : NULL;
    const char *source = context->options.values[OPTION_SOURCE];
    return strcmp(source, "kafka") == 0 ? whatif_kafka(jobs->log, context, err)
                                        : whatif_file(jobs->log, context, source, err);
}

static bool run(struct whatif_jobs *jobs, struct files *files, struct err *err)
{
    struct clock clock = jobs->context->clock;
    int64_t begun_us = clock.mono_us(clock.self);
    bool done = open_files(&jobs->context->options, files, err) && read_log(jobs, err) &&
                whatif_jobs_run(jobs, err);
    if (done) {
        tell(jobs, files, (double)(clock.mono_us(clock.self) - begun_us) / 1e6);
    }
    struct err other;
    return close_files(&jobs->context->options, files, done ? err : &other) && done;
}

int replay_whatif(struct context *context, const struct replay_range *range)
{
    static struct whatif_jobs jobs;
    static struct whatif_log log;
    struct files files = {0};
    struct err err;
    jobs = (struct whatif_jobs){
        .context = context,
        .range = range,
        .log = strcmp(context->options.values[OPTION_SOURCE], "archive") == 0 ? NULL : &log,
        .stored = options_flag(&context->options, OPTION_FIRST_ORDER),
        .list = context->options.values[OPTION_LIST_FILE] != NULL,
        .job_count = command_jobs(&context->options),
        .mutex = PTHREAD_MUTEX_INITIALIZER,
    };
    int code = read_options(context, range, &jobs);
    if (code != EXIT_DONE) {
        return code;
    }
    struct rulebook *candidate = rulebook_of(context, &err);
    if (candidate == NULL) {
        return command_fail(&err, EXIT_FAILED);
    }
    jobs.candidate = candidate;
    if (!run(&jobs, &files, &err)) {
        code = command_fail(&err, EXIT_FAILED);
    } else if (!whole(&jobs)) {
        code = EXIT_NO;
    }
    whatif_jobs_release(&jobs);
    whatif_log_release(&log);
    rulebook_close(&candidate);
    return code;
}
