/* mentord replay verify: every decision of the range made again, and compared byte for byte. */

#include <inttypes.h>

#include "mentor/app/command.h"

#include "rejudge.h"
#include "replay.h"

struct verify {
    struct replay_walk walk;
    atomic_llong differing;
};

static bool each(struct replay_job *job, const struct chronicle_decision *row)
{
    struct replay_walk *walk = job->walk;
    struct verify *verify = walk->self;
    const struct replay_position *position = replay_position_of(walk, row->progress_id);
    struct rejudge given = {
        .rulebook = replay_rulebook(&walk->rulebooks, row->archived.rulebook_sha256),
        .topic = position == NULL ? (struct bytes){0} : bytes_text(position->topic),
    };
    struct rejudged made;
    if (given.rulebook == NULL || rejudge(&given, row, &job->arena, &made) != NULL ||
        rejudge_compare(&given, row, &made) != 0) {
        verify->differing++;
    }
    return true;
}

int replay_verify(struct context *context, const struct replay_range *range)
{
    static struct verify verify;
    struct err err;
    verify.walk = (struct replay_walk){
        .context = context,
        .range = range,
        .job_count = (uint32_t)context->options.numbers[OPTION_JOBS],
        .what = "decisions",
        .each = each,
        .self = &verify,
    };
    int code = EXIT_FAILED;
    if (!replay_walk_open(&verify.walk, &err) || !replay_walk_run(&verify.walk, &err)) {
        code = command_fail(&err, EXIT_FAILED);
    } else {
        (void)fprintf(context->out,
                      "%" PRId64 " decisions, %lld otherwise\n",
                      verify.walk.walked,
                      verify.differing);
        code = verify.differing == 0 ? EXIT_DONE : EXIT_NO;
    }
    replay_walk_release(&verify.walk);
    return code;
}
