#ifndef MENTOR_SRC_APP_REPLAY_H
#define MENTOR_SRC_APP_REPLAY_H

/*
 * Private to app/: between the files of `mentord replay`. The log is walked, a function is called
 * for each decision in the range, and nothing is written.
 */

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "mentor/base/arena.h"
#include "mentor/base/err.h"
#include "mentor/port/chronicle.h"

#include "progress.h"
#include "rulebooks.h"
#include "spans.h"

struct context;

enum {
    REPLAY_JOBS_MAX = 16,
};

/* Which decisions are meant. */
struct replay_range {
    struct chronicle_selection selection;
    struct bytes municipality; /* one of the 98; size 0: any. Borrowed from the options */
    bool any;                  /* something is left out */
};

/* replay_range.c. False: a usage error, said on stderr. */
MUST_CHECK bool replay_range_of(const struct context *context, struct replay_range *range);
/* By what stands in the decision; the archive has picked by `selection` before. */
bool replay_range_takes(const struct replay_range *range,
                        int64_t evaluated_at_ms,
                        int32_t partition,
                        int64_t offset,
                        const uint8_t application_id[UUID_SIZE]);
/* Of an application as it was decoded. */
bool replay_range_serves(const struct replay_range *range, struct bytes municipality);

struct replay_walk;

/* One of those that share the work: a thread with a connection of its own. */
struct replay_job {
    struct replay_walk *walk;
    uint32_t number; /* below walk->job_count */
    struct chronicle chronicle;
    struct arena arena; /* owned; rewound after each decision */
    pthread_t thread;
    int64_t walked;
    bool failed; /* err says why */
    struct err err;
};

/* The archive, as of one moment: every decision of the range, by spans of batches that the jobs
 * take in turn. Within a span in order of batch and index. */
struct replay_walk {
    /* given */
    struct context *context;
    const struct replay_range *range; /* its selection is applied, its municipality is not */
    uint32_t job_count;
    const char *what; /* for the progress line: "decisions" */
    /* In the job's thread; the row is borrowed for the call. False with job->err ends the walk. */
    bool (*each)(struct replay_job *job, const struct chronicle_decision *row);
    void *self; /* each's own */

    /* ours, filled by replay_walk_open() */
    struct chronicle chronicle; /* of the same moment, for other questions before the run */
    struct chronicle_facts facts;
    struct rulebooks rulebooks;
    struct replay_position *positions; /* owned; ids rise */
    uint32_t position_count;
    struct replay_job jobs[REPLAY_JOBS_MAX];
    struct spans spans;
    atomic_bool stop;
    pthread_mutex_t mutex; /* of progress */
    struct progress progress;
    int64_t walked; /* after the run: decisions handed to each() */
};

/* A partition of an input topic. */
struct replay_position {
    int64_t id;
    int32_t partition;
    char *topic;          /* owned */
    int64_t first_offset; /* where its ledger begins */
    int64_t next_offset;
};

/* replay_walk.c. Open names the moment and reads what is asked of it first; run walks; release in
 * either case. */
MUST_CHECK bool replay_walk_open(struct replay_walk *walk, struct err *err);
MUST_CHECK bool replay_walk_run(struct replay_walk *walk, struct err *err);
void replay_walk_release(struct replay_walk *walk);
/* NULL when there is none. */
const struct replay_position *replay_position_of(const struct replay_walk *walk,
                                                 int64_t progress_id);

/* The subcommands; exit codes. */
int replay_verify(struct context *context, const struct replay_range *range);
int replay_whatif(struct context *context, const struct replay_range *range);
/* verify's other sources: replay_kafka.c, replay_file.c. */
int replay_kafka(struct context *context, const struct replay_range *range);
int replay_file(struct context *context, const struct replay_range *range, const char *path);

#endif /* MENTOR_SRC_APP_REPLAY_H */
