/* mentord replay verify: every decision of the range made again, and compared byte for byte. */

#include <inttypes.h>
#include <string.h>

#include "mentor/app/command.h"
#include "mentor/app/rulebook_file.h"

#include "rejudge.h"
#include "replay_report.h"

struct verify {
    struct replay_walk walk;
    struct replay_report report;
    struct hmac_key citizen_key;
    bool has_citizen_key;
    struct replay_tally tallies[REPLAY_JOBS_MAX];
};

static json_t *begin(const struct replay_position *position,
                     const struct chronicle_decision *row,
                     const char *what)
{
    const struct archived_decision *archived = &row->archived;
    json_t *divergence = replay_divergence(what);
    replay_divergence_place(divergence,
                            position == NULL ? NULL : position->topic,
                            archived->partition,
                            archived->offset);
    replay_divergence_number(divergence, "batch", archived->batch);
    replay_divergence_number(divergence, "index", archived->index);
    replay_divergence_application(divergence, row->application_id);
    return divergence;
}

static void cannot(struct verify *verify,
                   const struct replay_position *position,
                   const struct chronicle_decision *row,
                   const char *why)
{
    char what[160];
    (void)snprintf(what, sizeof(what), "it cannot be decided again: %s", why);
    replay_diverged(&verify->report, begin(position, row, what));
}

static void differs(struct verify *verify,
                    struct arena *arena,
                    const struct replay_position *position,
                    const struct chronicle_decision *row,
                    const struct rejudged *made,
                    uint32_t parts)
{
    json_t *divergence = begin(position, row, "decided again, it comes out otherwise");
    if ((parts & UINT32_C(1) << REJUDGE_OUTPUT) != 0) {
        replay_change_outputs(
            divergence, row->archived.stored.output, made->judgement.output, arena);
    }
    replay_change_columns(divergence, parts, row, made);
    replay_diverged(&verify->report, divergence);
}

static bool each(struct replay_job *job, const struct chronicle_decision *row)
{
    struct replay_walk *walk = job->walk;
    struct verify *verify = walk->self;
    const struct replay_position *position = replay_position_of(walk, row->progress_id);
    struct rejudge given = {
        .rulebook = rulebooks_find(&walk->rulebooks, row->archived.rulebook_sha256),
        .topic = position == NULL ? (struct bytes){0} : bytes_text(position->topic),
        .citizen_key = verify->has_citizen_key ? &verify->citizen_key : NULL,
        .lean = true,
    };
    if (row->archived.stored.damaged != NULL) {
        char what[REPLAY_DAMAGED_SIZE];
        replay_diverged(&verify->report,
                        begin(position, row, replay_damaged(&row->archived.stored, what)));
        return true;
    }
    enum payload_state payload = row->archived.payload.state;
    if (payload_unread(payload)) {
        verify->tallies[job->number].unread[payload]++;
        return true;
    }
    struct rejudged made;
    const char *why = given.rulebook == NULL ? "its rulebook is not stored, or not readable"
                      : row->archived.core_version != CORE_VERSION
                          ? "another version of the core made it"
                          : rejudge(&given, row, &job->arena, &made);
    if (why != NULL) {
        cannot(verify, position, row, why);
        return true;
    }
    if (!replay_range_serves(walk->range, made.request.application->municipality_code)) {
        return true;
    }
    replay_tally_add(&verify->tallies[job->number], given.rulebook, made.judgement.matter.law);
    uint32_t parts = rejudge_compare(&given, row, &made);
    if (parts != 0) {
        differs(verify, &job->arena, position, row, &made, parts);
    }
    return true;
}

static bool walk_archive(struct verify *verify, struct err *err)
{
    struct replay_walk *walk = &verify->walk;
    if (!replay_walk_open(walk, err)) {
        return false;
    }
    for (uint32_t i = 0; i < walk->job_count; i++) {
        replay_tally_init(&verify->tallies[i], &walk->rulebooks);
    }
    if (!replay_walk_run(walk, err)) {
        return false;
    }
    for (uint32_t i = 1; i < walk->job_count; i++) {
        replay_tally_join(&verify->tallies[0], &verify->tallies[i]);
    }
    return true;
}

static int verify_archive(struct context *context, const struct replay_range *range)
{
    static struct verify verify;
    struct err err;
    if (!citizen_key_if_any(context, &verify.citizen_key, &verify.has_citizen_key, &err)) {
        return command_fail(&err, EXIT_FAILED);
    }
    verify.walk = (struct replay_walk){
        .context = context,
        .range = range,
        .job_count = command_jobs(&context->options),
        .what = "decisions",
        .each = each,
        .self = &verify,
    };
    replay_report_begin(&verify.report,
                        context->out,
                        options_flag(&context->options, OPTION_JSON),
                        "the archive",
                        context->clock);
    if (!verify.has_citizen_key) {
        replay_note(&verify.report, "citizen_ref as it is stored: no citizen secret is set");
    }
    bool done = walk_archive(&verify, &err);
    int code = replay_report_close(&verify.report, done ? &verify.tallies[0] : NULL, &err);
    for (uint32_t i = 0; i < REPLAY_JOBS_MAX; i++) {
        replay_tally_release(&verify.tallies[i]);
    }
    replay_walk_release(&verify.walk);
    return code;
}

int replay_verify(struct context *context, const struct replay_range *range)
{
    const char *source = context->options.values[OPTION_SOURCE];
    if (strcmp(source, "archive") == 0) {
        return verify_archive(context, range);
    }
    if (strcmp(source, "kafka") == 0) {
        return replay_kafka(context, range);
    }
    return replay_file(context, range, source);
}
