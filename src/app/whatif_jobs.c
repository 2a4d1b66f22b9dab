#include "whatif_jobs.h"

#include <string.h>

#include "mentor/app/command.h"
#include "mentor/core/rulebook.h"

#include "whatif_walk.h"

enum {
    PAGE = 1000,
};

/* What a sampled citizen's decisions come to. */
struct effect {
    int64_t difference_ore;
    int64_t flips;
};

static void add_effect(struct whatif_job *job, const struct whatif_result *result)
{
    struct keeper_row *row = keeper_row(&job->effects, result->citizen_ref);
    struct effect effect = {0};
    if (row->size == sizeof(effect)) {
        memcpy(&effect, row->state, sizeof(effect));
    }
    effect.difference_ore +=
        result->superseded ? 0 : result->after.granted_ore - result->before.granted_ore;
    effect.flips += whatif_flipped(result);
    keeper_row_set(row, 0, bytes_of(&effect, sizeof(effect)));
}

/* Nothing will change this result any more. */
static void settle(struct whatif_job *job, const struct whatif_result *result)
{
    whatif_tally_add(&job->tally, result);
    if (!whatif_changed(result)) {
        return;
    }
    if (job->jobs->list) {
        whatif_list_add(&job->list, result);
    }
    if (job->jobs->sample_bp < WHATIF_WHOLE_BP) {
        add_effect(job, result);
    }
}

/* The one before it, of the same application, is superseded; by NULL: by one that is not counted.
 */
static void replace_standing(struct whatif_job *job,
                             const uint8_t application_id[UUID_SIZE],
                             const struct whatif_result *result)
{
    struct keeper_row *row = keeper_row(&job->standing, application_id);
    if (row->size == sizeof(*result)) {
        struct whatif_result before;
        memcpy(&before, row->state, sizeof(before));
        before.superseded = true;
        settle(job, &before);
    }
    keeper_row_set(row, 0, bytes_of(result, result == NULL ? 0 : sizeof(*result)));
}

static void settle_rest(struct whatif_job *job)
{
    for (size_t i = 0; i < job->standing.capacity; i++) {
        const struct keeper_row *row = &job->standing.rows[i];
        if (row->seq >= 0 && row->size > 0) {
            struct whatif_result result;
            memcpy(&result, row->state, sizeof(result));
            settle(job, &result);
        }
    }
    for (size_t i = 0; i < job->effects.capacity; i++) {
        const struct keeper_row *row = &job->effects.rows[i];
        if (row->seq >= 0) {
            struct effect effect;
            memcpy(&effect, row->state, sizeof(effect));
            whatif_tally_spread(&job->tally, effect.difference_ore, effect.flips);
        }
    }
}

static const struct keeper *repeated(const struct whatif_jobs *jobs)
{
    return jobs->log != NULL ? &jobs->log->repeated : &jobs->repeated;
}

static void take(void *self, const struct chronicle_case *row)
{
    struct whatif_job *job = self;
    const struct whatif_jobs *jobs = job->jobs;
    /* what is damaged has no place that it could be told by */
    if (row->damaged == NULL &&
        !replay_range_takes(
            jobs->range, row->evaluated_at_ms, row->partition, row->offset, row->application_id)) {
        whatif_history_keep(&job->history, row);
        return;
    }
    struct whatif whatif = {
        .own = rulebooks_find(&jobs->rulebooks, row->rulebook_sha256),
        .candidate = jobs->candidate,
        .municipality = jobs->municipality,
    };
    struct whatif_result result;
    enum whatif_verdict verdict = whatif_case(&whatif, row, &job->history, &result);
    bool counted = verdict == WHATIF_COUNTED;
    bool replaces = verdict != WHATIF_OUTSIDE && !row->conflict &&
                    keeper_find(repeated(jobs), row->application_id) != NULL;
    if (!counted) {
        job->tally.verdicts[verdict]++;
    }
    if (replaces) {
        replace_standing(job, row->application_id, counted ? &result : NULL);
    } else if (counted) {
        settle(job, &result);
    }
}

static struct chronicle_slice slice_of(const struct whatif_job *job)
{
    const struct whatif_jobs *jobs = job->jobs;
    return (struct chronicle_slice){
        .from_ms = jobs->range->selection.from_ms,
        .to_ms = jobs->range->selection.to_ms,
        .slice = (int32_t)job->number,
        .slices = (int32_t)jobs->job_count,
        .sample_bp = jobs->sample_bp,
    };
}

static bool read_cases(struct whatif_job *job)
{
    struct whatif_jobs *jobs = job->jobs;
    struct chronicle *chronicle = &job->chronicle;
    struct chronicle_slice slice = slice_of(job);
    if (!chronicle->cases(chronicle->self, &slice, &job->err)) {
        return false;
    }
    for (uint32_t count = PAGE; count == PAGE && !jobs->stop;) {
        const struct chronicle_case *rows = NULL;
        if (!chronicle->more_cases(chronicle->self, &rows, &count, &job->err)) {
            return false;
        }
        for (uint32_t i = 0; i < count; i++) {
            take(job, &rows[i]);
        }
        (void)pthread_mutex_lock(&jobs->mutex);
        progress_add(&jobs->progress, count);
        (void)pthread_mutex_unlock(&jobs->mutex);
    }
    return true;
}

static bool walk_log(struct whatif_job *job)
{
    struct whatif_jobs *jobs = job->jobs;
    const struct chronicle_selection *selection = &jobs->range->selection;
    struct whatif_walk walk = {
        .log = jobs->log,
        .slice = slice_of(job),
        .placed = selection->partition >= 0 || selection->offset_first > 0 ||
                  selection->offset_last < INT64_MAX,
        .stop = &jobs->stop,
        .take = take,
        .self = job,
    };
    bool done = whatif_walk_run(&walk, &job->err);
    job->counts = walk.counts;
    whatif_walk_release(&walk);
    return done;
}

static void *run_job(void *self)
{
    struct whatif_job *job = self;
    job->failed = !(job->jobs->log != NULL ? walk_log(job) : read_cases(job));
    if (job->failed) {
        job->jobs->stop = true;
    } else {
        settle_rest(job);
    }
    return NULL;
}

static bool read_repeated(struct whatif_jobs *jobs, struct err *err)
{
    struct chronicle *chronicle = &jobs->chronicle;
    if (!chronicle->repeated(chronicle->self, err)) {
        return false;
    }
    for (uint32_t count = PAGE; count == PAGE;) {
        const struct chronicle_row *rows = NULL;
        if (!chronicle->more_rows(chronicle->self, &rows, &count, err)) {
            return false;
        }
        for (uint32_t i = 0; i < count; i++) {
            (void)keeper_row(&jobs->repeated, rows[i].key);
        }
    }
    return true;
}

static bool open_archive(struct whatif_jobs *jobs, struct err *err)
{
    struct context *context = jobs->context;
    if (!context->edges.chronicle(
            context->edges.self, &context->options, NULL, &jobs->chronicle, err) ||
        !rulebooks_stored(&jobs->rulebooks, &jobs->chronicle, NULL, NULL, err) ||
        !read_repeated(jobs, err)) {
        return false;
    }
    for (uint32_t i = 0; i < jobs->job_count; i++) {
        if (!context->edges.chronicle(context->edges.self,
                                      &context->options,
                                      jobs->chronicle.moment,
                                      &jobs->jobs[i].chronicle,
                                      err)) {
            return false;
        }
    }
    return true;
}

bool whatif_jobs_run(struct whatif_jobs *jobs, struct err *err)
{
    bool done = true;
    progress_begin(&jobs->progress, jobs->context->clock, "decisions");
    if (jobs->log == NULL && !open_archive(jobs, err)) {
        return false;
    }
    for (uint32_t i = 0; i < jobs->job_count; i++) {
        struct whatif_job *job = &jobs->jobs[i];
        job->jobs = jobs;
        job->number = i;
        job->history.stored = jobs->stored;
        CHECK(pthread_create(&job->thread, NULL, run_job, job) == 0);
    }
    for (uint32_t i = 0; i < jobs->job_count; i++) {
        struct whatif_job *job = &jobs->jobs[i];
        (void)pthread_join(job->thread, NULL);
        if (job->failed && done) {
            *err = job->err;
            done = false;
        }
        if (jobs->log != NULL) {
            jobs->log->counts.decided_here += job->counts.decided_here;
            jobs->log->counts.undecided += job->counts.undecided;
            jobs->log->counts.nowhere += job->counts.nowhere;
            jobs->log->counts.twice += job->counts.twice;
            jobs->log->counts.holes += job->counts.holes;
        }
        if (i > 0) {
            whatif_tally_join(&jobs->jobs[0].tally, &job->tally);
            for (size_t r = 0; r < job->list.count; r++) {
                whatif_list_add(&jobs->jobs[0].list, &job->list.results[r]);
            }
        }
    }
    whatif_list_sort(&jobs->jobs[0].list);
    progress_end(&jobs->progress);
    return done;
}

void whatif_jobs_release(struct whatif_jobs *jobs)
{
    for (uint32_t i = 0; i < REPLAY_JOBS_MAX; i++) {
        struct whatif_job *job = &jobs->jobs[i];
        whatif_history_release(&job->history);
        whatif_tally_release(&job->tally);
        whatif_list_release(&job->list);
        keeper_release(&job->standing);
        keeper_release(&job->effects);
    }
    keeper_release(&jobs->repeated);
    rulebooks_release(&jobs->rulebooks);
    (void)pthread_mutex_destroy(&jobs->mutex);
}
