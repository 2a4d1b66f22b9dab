/* Every decision of the archive, as of one moment, shared by jobs. */

#include <stdlib.h>
#include <string.h>

#include "mentor/app/command.h"
#include "mentor/core/rulebook.h"

#include "replay.h"

enum {
    ARENA_SIZE = 16 * 1024 * 1024,
    PAGE = 64, /* rows that are worked on while the server fills its socket with the next */
    NOTED = 16 * PAGE,
};

static bool read_positions(struct replay_walk *walk, struct err *err)
{
    const struct chronicle_position *rows = NULL;
    uint32_t count = 0;
    if (!walk->chronicle.positions(walk->chronicle.self, &rows, &count, err)) {
        return false;
    }
    walk->positions = calloc((size_t)count + 1, sizeof(*walk->positions));
    CHECK(walk->positions != NULL);
    for (uint32_t i = 0; i < count; i++) {
        walk->positions[i] = (struct replay_position){.id = rows[i].id,
                                                      .partition = rows[i].position.partition,
                                                      .topic = strdup(rows[i].topic),
                                                      .first_offset = rows[i].first_offset,
                                                      .next_offset = rows[i].position.next_offset};
        CHECK(walk->positions[i].topic != NULL);
        walk->position_count++;
    }
    return true;
}

bool replay_walk_open(struct replay_walk *walk, struct err *err)
{
    struct context *context = walk->context;
    struct chronicle *chronicle = &walk->chronicle;
    CHECK(pthread_mutex_init(&walk->mutex, NULL) == 0);
    return context->edges.chronicle(context->edges.self, &context->options, NULL, chronicle, err) &&
           chronicle->facts(chronicle->self, &walk->facts, err) &&
           rulebooks_stored(&walk->rulebooks, chronicle, NULL, NULL, err) &&
           read_positions(walk, err);
}

/* What has been done since the last time, so that the lock is seldom taken. */
static void note(struct replay_job *job, int64_t *noted)
{
    struct replay_walk *walk = job->walk;
    (void)pthread_mutex_lock(&walk->mutex);
    progress_add(&walk->progress, job->walked - *noted);
    (void)pthread_mutex_unlock(&walk->mutex);
    *noted = job->walked;
}

static bool walk_batches(struct replay_job *job, int64_t batch, int64_t batch_end)
{
    struct replay_walk *walk = job->walk;
    struct chronicle *chronicle = &job->chronicle;
    int64_t noted = job->walked;
    if (!chronicle->decisions(chronicle->self, batch, batch_end, &job->err)) {
        return false;
    }
    for (uint32_t count = PAGE; count == PAGE;) {
        const struct chronicle_decision *rows = NULL;
        if (!chronicle->more(chronicle->self, &rows, &count, &job->err)) {
            return false;
        }
        for (uint32_t i = 0; i < count; i++) {
            arena_rewind(&job->arena, (struct arena_mark){0});
            if (!walk->each(job, &rows[i])) {
                return false;
            }
        }
        job->walked += count;
        if (job->walked - noted >= NOTED) {
            note(job, &noted);
        }
    }
    note(job, &noted);
    return true;
}

static void *run_job(void *self)
{
    struct replay_job *job = self;
    struct replay_walk *walk = job->walk;
    int64_t batch = 0;
    int64_t batch_end = 1;
    while (!walk->stop && batch < batch_end) {
        job->failed = !spans_take(&walk->spans, &job->chronicle, &batch, &batch_end, &job->err) ||
                      (batch < batch_end && !walk_batches(job, batch, batch_end));
        if (job->failed) {
            walk->stop = true;
        }
    }
    return NULL;
}

static bool open_job(struct replay_walk *walk, struct replay_job *job, struct err *err)
{
    struct context *context = walk->context;
    if (!arena_init(&job->arena, ARENA_SIZE)) {
        return err_set(err, ERR_FATAL, "no memory for %u jobs", walk->job_count);
    }
    job->walk = walk;
    job->number = (uint32_t)(job - walk->jobs);
    if (!context->edges.chronicle(
            context->edges.self, &context->options, walk->chronicle.moment, &job->chronicle, err)) {
        return false;
    }
    job->chronicle.select(job->chronicle.self, &walk->range->selection);
    return true;
}

bool replay_walk_run(struct replay_walk *walk, struct err *err)
{
    spans_begin(&walk->spans, &walk->facts, walk->job_count);
    for (uint32_t i = 0; i < walk->job_count; i++) {
        if (!open_job(walk, &walk->jobs[i], err)) {
            return false;
        }
    }
    progress_begin(&walk->progress, walk->context->clock, walk->what);
    for (uint32_t i = 0; i < walk->job_count; i++) {
        CHECK(pthread_create(&walk->jobs[i].thread, NULL, run_job, &walk->jobs[i]) == 0);
    }
    bool done = true;
    for (uint32_t i = 0; i < walk->job_count; i++) {
        (void)pthread_join(walk->jobs[i].thread, NULL);
        walk->walked += walk->jobs[i].walked;
        if (walk->jobs[i].failed && done) {
            *err = walk->jobs[i].err;
            done = false;
        }
    }
    progress_end(&walk->progress);
    return done;
}

void replay_walk_release(struct replay_walk *walk)
{
    for (uint32_t i = 0; i < REPLAY_JOBS_MAX; i++) {
        arena_release(&walk->jobs[i].arena);
    }
    for (uint32_t i = 0; i < walk->position_count; i++) {
        free(walk->positions[i].topic);
    }
    free(walk->positions);
    rulebooks_release(&walk->rulebooks);
    (void)pthread_mutex_destroy(&walk->mutex);
}

const struct replay_position *replay_position_of(const struct replay_walk *walk,
                                                 int64_t progress_id)
{
    for (uint32_t i = 0; i < walk->position_count; i++) {
        if (walk->positions[i].id == progress_id) {
            return &walk->positions[i];
        }
    }
    return NULL;
}
