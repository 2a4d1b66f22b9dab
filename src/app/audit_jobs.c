/* The jobs: the projections' rows, then spans of batches; each takes the next there is. */

#include <stdlib.h>

#include "mentor/app/command.h"

#include "audit.h"

enum {
    ARENA_SIZE = 16 * 1024 * 1024,
    PROJECTIONS = 2, /* citizens, applications */
};

static void collect(struct audit *audit, const struct audit_item *item)
{
    (void)pthread_mutex_lock(&audit->mutex);
    if (audit->item_count == audit->item_capacity) {
        audit->item_capacity = audit->item_capacity == 0 ? 1024 : 2 * audit->item_capacity;
        audit->items = realloc(audit->items, audit->item_capacity * sizeof(*audit->items));
        CHECK(audit->items != NULL);
    }
    audit->items[audit->item_count++] = *item;
    (void)pthread_mutex_unlock(&audit->mutex);
}

void audit_put(struct audit_job *job,
               enum audit_side side,
               const struct audit_item *item,
               struct bytes what)
{
    struct audit *audit = job->audit;
    if (!audit->locating && side == AUDIT_LEFT) {
        audit_sum_add(&job->sums[item->heap], item->key, item->number, what);
    } else if (!audit->locating) {
        audit_sum_take(&job->sums[item->heap], item->key, item->number, what);
    } else if (!audit_sum_settled(&audit->jobs[0].sums[item->heap], audit_sum_bucket(item->key))) {
        struct audit_item found = *item;
        found.side = side;
        sha256_of(what, found.digest);
        collect(audit, &found);
    }
}

/* The two large ones first, so that none is left alone with one in the end. *more: it did some. */
static bool run_next(struct audit_job *job, bool *more)
{
    struct audit *audit = job->audit;
    int begun = atomic_fetch_add(&audit->begun, 1);
    int64_t batch = 0;
    int64_t batch_end = 0;
    *more = true;
    if (begun < PROJECTIONS) {
        return begun == 0 ? audit_citizens(job) : audit_applications(job);
    }
    audit->begun = PROJECTIONS;
    audit_order_await(&audit->order);
    if (!spans_take(&audit->spans, &job->chronicle, &batch, &batch_end, &job->err)) {
        return false;
    }
    *more = batch < batch_end;
    return !*more || audit_batches(job, batch, batch_end);
}

static void *run_job(void *self)
{
    struct audit_job *job = self;
    struct audit *audit = job->audit;
    for (bool more = true; more && !audit->stop;) {
        job->failed = !run_next(job, &more);
        if (job->failed) {
            audit->stop = true;
        }
    }
    return NULL;
}

static void launch(struct audit *audit)
{
    audit->begun = 0;
    spans_begin(&audit->spans, &audit->facts, audit->job_count);
    for (uint32_t i = 0; i < audit->job_count; i++) {
        CHECK(pthread_create(&audit->jobs[i].thread, NULL, run_job, &audit->jobs[i]) == 0);
    }
}

static bool land(struct audit *audit, struct err *err)
{
    bool done = true;
    for (uint32_t i = 0; i < audit->job_count; i++) {
        (void)pthread_join(audit->jobs[i].thread, NULL);
        if (audit->jobs[i].failed && done) {
            *err = audit->jobs[i].err;
            done = false;
        }
    }
    return done;
}

static bool open_job(struct audit *audit, struct audit_job *job, struct err *err)
{
    struct context *context = audit->context;
    job->audit = audit;
    job->lasts = calloc(audit->position_count + 1, sizeof(*job->lasts));
    bool room = job->lasts != NULL && arena_init(&job->arena, ARENA_SIZE);
    for (int heap = 0; heap < AUDIT_HEAP_COUNT; heap++) {
        room = room && audit_sum_init(&job->sums[heap], &audit->sum_key);
    }
    if (!room) {
        return err_set(err, ERR_FATAL, "no memory for %u jobs", audit->job_count);
    }
    for (uint32_t i = 0; i < audit->position_count; i++) {
        job->lasts[i].offset = -1;
    }
    return context->edges.chronicle(
        context->edges.self, &context->options, audit->chronicle.moment, &job->chronicle, err);
}

bool audit_jobs_start(struct audit *audit, struct err *err)
{
    audit->sum_key = siphash_key_new();
    for (uint32_t i = 0; i < audit->job_count; i++) {
        if (!open_job(audit, &audit->jobs[i], err)) {
            return false;
        }
    }
    launch(audit);
    return true;
}

/* What all of them summed up and saw last, into the first. */
static void join_jobs(struct audit *audit)
{
    struct audit_job *first = &audit->jobs[0];
    for (uint32_t i = 1; i < audit->job_count; i++) {
        for (int heap = 0; heap < AUDIT_HEAP_COUNT; heap++) {
            audit_sum_join(&first->sums[heap], &audit->jobs[i].sums[heap]);
        }
        for (uint32_t p = 0; p < audit->position_count; p++) {
            if (audit->jobs[i].lasts[p].offset > first->lasts[p].offset) {
                first->lasts[p] = audit->jobs[i].lasts[p];
            }
        }
    }
}

bool audit_jobs_wait(struct audit *audit, struct err *err)
{
    uint32_t uneven = 0;
    if (!land(audit, err)) {
        return false;
    }
    join_jobs(audit);
    for (int heap = 0; heap < AUDIT_HEAP_COUNT; heap++) {
        uneven += audit_sum_unsettled(&audit->jobs[0].sums[heap]);
    }
    if (uneven == 0) {
        return true;
    }
    audit->locating = true;
    audit->report.muted = true;
    launch(audit);
    bool done = land(audit, err);
    audit->report.muted = false;
    if (done) {
        audit_locate(audit);
    }
    return done;
}

void audit_jobs_release(struct audit *audit)
{
    for (uint32_t i = 0; i < AUDIT_JOBS_MAX; i++) {
        struct audit_job *job = &audit->jobs[i];
        for (int heap = 0; heap < AUDIT_HEAP_COUNT; heap++) {
            audit_sum_release(&job->sums[heap]);
        }
        arena_release(&job->arena);
        free(job->expected);
        free(job->lasts);
        free(job->numbers.items);
    }
}
