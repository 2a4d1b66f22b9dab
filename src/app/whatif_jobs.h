#ifndef MENTOR_SRC_APP_WHATIF_JOBS_H
#define MENTOR_SRC_APP_WHATIF_JOBS_H

/*
 * Private to app/: the archive's decisions, or a log's, by several jobs. Each has citizens of its
 * own, whole and in order, and so needs nothing of the others until they are joined.
 */

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "mentor/base/err.h"
#include "mentor/port/chronicle.h"

#include "progress.h"
#include "replay.h"
#include "whatif.h"
#include "whatif_list.h"
#include "whatif_log.h"
#include "whatif_tally.h"

struct context;
struct whatif_jobs;

struct whatif_job {
    struct whatif_jobs *jobs;
    uint32_t number;
    struct chronicle chronicle;
    pthread_t thread;
    struct whatif_history history;
    struct whatif_tally tally;
    struct whatif_list list;
    struct keeper standing; /* whatif_result, by application: the newest of those with several */
    struct whatif_log_counts counts; /* of a log: its walk's */
    struct keeper effects;           /* struct effect, by citizen: of a sample */
    bool failed;                     /* err says why */
    struct err err;
};

struct whatif_jobs {
    /* given */
    struct context *context;
    const struct replay_range *range;
    const struct rulebook *candidate;
    struct whatif_log *log;     /* closed; NULL: the archive */
    struct rulebooks rulebooks; /* that decided; of a log, given */
    int32_t municipality;       /* WHATIF_ANYWHERE, or the only one's index */
    bool stored;                /* earlier decisions stand as they were made */
    bool list;                  /* changed decisions are wanted one by one */
    int32_t sample_bp;
    uint32_t job_count;
    pthread_mutex_t mutex; /* of progress; PTHREAD_MUTEX_INITIALIZER */

    /* ours */
    struct chronicle chronicle;
    struct keeper repeated; /* applications with several decisions; of the archive */
    struct whatif_job jobs[REPLAY_JOBS_MAX];
    atomic_bool stop;
    struct progress progress;
};

/* Reads and decides everything. After it the first job's tally and list are all jobs'. Release in
 * either case. */
MUST_CHECK bool whatif_jobs_run(struct whatif_jobs *jobs, struct err *err);
void whatif_jobs_release(struct whatif_jobs *jobs);

#endif /* MENTOR_SRC_APP_WHATIF_JOBS_H */
