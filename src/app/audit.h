#ifndef MENTOR_SRC_APP_AUDIT_H
#define MENTOR_SRC_APP_AUDIT_H

/*
 * Private to app/: between the files of `mentord audit verify`. Decisions and their ledger are read
 * by several jobs, a span of batches at a time; positions and quarantine by one; outputs, when
 * asked for, once more from the topics. All of it at one moment (port/chronicle.h).
 */

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "mentor/base/arena.h"
#include "mentor/base/err.h"
#include "mentor/base/sha256.h"
#include "mentor/port/chronicle.h"

#include "audit_order.h"
#include "audit_report.h"
#include "audit_sum.h"
#include "rulebooks.h"
#include "spans.h"

struct audit;
struct audit_topics;
struct context;
struct record;
struct rejudged;

enum {
    AUDIT_JOBS_MAX = 16,
    AUDIT_PAGE = 1000,
    AUDIT_DECISIONS = 64, /* a page: 2 KB each, and all of them stay in a core's cache */
    AUDIT_NAMED = 100,    /* what the database finds by itself: rows a question */
};

/* What the jobs sum up, a heap each: what decisions say against what the projections' rows say. */
enum audit_heap {
    AUDIT_APPLICATIONS, /* an event a decision */
    AUDIT_CITIZENS,     /* what a decision left against what the next one considered */
    AUDIT_HEAP_COUNT,
};

enum audit_side {
    AUDIT_LEFT,       /* by a decision */
    AUDIT_CONSIDERED, /* by the decision with the next number */
    AUDIT_KEPT,       /* by the row */
};

/* A thing in a heap that did not come out even, for audit_locate.c. */
struct audit_item {
    enum audit_heap heap;
    uint8_t key[AUDIT_SUM_KEY_SIZE];
    int64_t number;
    enum audit_side side;
    uint8_t digest[SHA256_SIZE];
    uint8_t event_key[EVENT_KEY_SIZE];
    struct audit_place place; /* without application and citizen */
};

/* A record that says it is a redriven one. Decided, the row it names may not be open. */
struct audit_redrive {
    int64_t progress_id; /* of the row */
    int64_t offset;
    bool decided; /* else refused again */
    uint8_t input[SHA256_SIZE];
    int64_t to_progress_id;   /* where it lies itself */
    struct audit_place place; /* likewise; without application and citizen */
};

/* A row of quarantine that says what became of its record. */
struct audit_redriven {
    int64_t progress_id; /* of the row */
    int64_t offset;
    uint8_t input[SHA256_SIZE]; /* as the ledger has it */
    int64_t to_progress_id;
    int64_t to_offset;
    int64_t to_batch;
    int32_t to_index; /* -1: not decided */
    struct audit_place place;
};

/* What an output must be, by where its input was. 0 where no output is due. */
struct audit_due {
    uint64_t value;    /* of the SHA-256 of its value */
    uint32_t envelope; /* of that of its key and headers */
    uint8_t fate;      /* FATE_DECIDED or FATE_DLQ, when `known` */
    bool known;
    bool seen;  /* on the topic */
    bool loose; /* its headers are gone: the envelope is not compared */
};

/* A head of the chain that somebody outside was told: anchor.h. */
struct audit_anchor {
    const char *cluster; /* the audit's */
    const char *topic;
    int32_t partition;
    bool from_topic;     /* else from --anchors */
    int64_t number;      /* its offset, or its line */
    int64_t progress_id; /* -1: of no position */
    int64_t next_offset;
    int64_t batch;
    int64_t evaluated_at_ms;
    uint8_t link[SHA256_SIZE];
};

struct audit_position {
    int64_t id;
    char *cluster; /* owned */
    char *topic;   /* owned */
    char *group;   /* owned */
    struct position position;
    const char *damaged; /* a column that was altered to hold no such value; NULL: none */
    int64_t first_offset;
    int64_t chain_offset;    /* of the genesis */
    bool chained;            /* its chain was walked */
    int64_t batches;         /* of it */
    int64_t unanchored;      /* of them, after the last anchor that vouches; all without one */
    struct audit_due *dues;  /* owned; one an offset from first_offset on; NULL without topics */
    int64_t committed;       /* the group's offset in Kafka, -1 for none; before the moment */
    int64_t committed_epoch; /* of its metadata; -1 when that is not ours */
    int64_t committed_next;
    bool committed_head;       /* until it was compared */
    uint8_t head[SHA256_SIZE]; /* the chain's head at committed_next, by the group's metadata */
};

/* What the ledger says of a decision. */
struct audit_expected {
    bool present;
    bool seen;
    bool has_event_key;
    int64_t progress_id;
    int64_t offset;
    int64_t evaluated_at_ms;
    uint8_t event_key[EVENT_KEY_SIZE];
    uint8_t input[SHA256_SIZE];
    uint8_t output[SHA256_SIZE];
    uint8_t rulebook[SHA256_SIZE];
};

/* The last real record of a position that the ledger has. */
struct audit_last {
    int64_t offset; /* -1: none */
    uint8_t digest[SHA256_SIZE];
};

struct audit_job {
    struct audit *audit;
    struct chronicle chronicle;
    pthread_t thread;
    struct arena arena; /* owned */
    struct audit_sum sums[AUDIT_HEAP_COUNT];
    struct audit_expected *expected; /* owned; of the span in hand */
    size_t expected_capacity;
    size_t begins[SPAN_BATCHES_MAX + 1]; /* of each batch in `expected` */
    struct audit_last *lasts;            /* owned; one a position */
    struct audit_numbers numbers;
    int64_t ranges; /* of the ledger that it read */
    int64_t checked[INVARIANT_COUNT];
    bool failed; /* err says why */
    struct err err;
};

struct audit {
    struct context *context;
    struct audit_report report;
    struct chronicle chronicle;
    struct chronicle_facts facts;
    struct audit_position *positions; /* owned; ids rise */
    uint32_t position_count;
    struct rulebooks rulebooks;
    struct hmac_key citizen_key;
    bool has_citizen_key;
    bool topics; /* outputs are checked on the topics as well */
    uint32_t job_count;
    struct audit_job jobs[AUDIT_JOBS_MAX];
    int64_t ranges_walked;   /* of the ledger, by position */
    int64_t refusals_walked; /* of quarantine */
    atomic_int begun;        /* of the projections, jobs took so many */
    struct spans spans;
    struct audit_order order;
    struct siphash_key sum_key;
    atomic_bool stop; /* a job failed */
    bool locating;    /* the jobs run once more and collect items of uneven buckets */
    pthread_mutex_t mutex;
    struct audit_item *items; /* owned */
    size_t item_count;
    size_t item_capacity;
    struct audit_redrive *redrives; /* owned */
    size_t redrive_count;
    size_t redrive_capacity;
    struct audit_redriven *redriven; /* owned */
    size_t redriven_count;
    size_t redriven_capacity;
    struct audit_anchor *anchors; /* owned; by position and offset once they are sorted */
    size_t anchor_count;
    size_t anchor_capacity;
    char **names; /* owned; theirs */
    uint32_t name_count;
    char anchor_note[192];
};

/* A walk along one position's chain. */
struct audit_chain {
    struct audit *audit;
    struct audit_position *position;
    int64_t batch; /* the last one; 0: none yet */
    int64_t next_offset;
    uint8_t link[SHA256_SIZE];
    size_t anchor;    /* the next one to be compared */
    int64_t batches;  /* walked */
    int64_t anchored; /* of them, up to the last anchor that vouches */
};

/* audit.c: where a record is; a position that is not known: NULL. */
struct audit_place
audit_place_of(const struct audit_position *position, int64_t offset, int64_t batch);
/* NULL when there is none. */
struct audit_position *audit_position_of(struct audit *audit, int64_t id);
struct audit_position *
audit_position_named(struct audit *audit, struct bytes topic, int32_t partition);
/* NULL when no output is due there. */
struct audit_due *audit_due_at(struct audit_position *position, int64_t offset);
/* Of a record that is due, or that came. */
void audit_due_of(const struct record *record, struct audit_due *due);

/*
 * audit_jobs.c: all decisions, ledger entries and projections, by jobs in threads of their own.
 * Start opens their connections; wait comes back when they are through, and names what does not
 * come out even.
 */
MUST_CHECK bool audit_jobs_start(struct audit *audit, struct err *err);
MUST_CHECK bool audit_jobs_wait(struct audit *audit, struct err *err);
void audit_jobs_release(struct audit *audit);
/* Puts a thing into a heap. */
void audit_put(struct audit_job *job,
               enum audit_side side,
               const struct audit_item *item,
               struct bytes what);

/* audit_batches.c: a span of batches: their ledger against their decisions. */
MUST_CHECK bool audit_batches(struct audit_job *job, int64_t batch, int64_t batch_end);
/* audit_decision.c: one decision; `expected` NULL when the ledger does not know it. */
void audit_decision(struct audit_job *job,
                    const struct chronicle_decision *row,
                    const struct audit_expected *expected);
/* What the ledger noted of it, as far as no input is needed: I4, I2's rulebook and time. */
void audit_against_ledger(const struct audit_job *job,
                          const struct chronicle_decision *row,
                          const struct audit_expected *expected,
                          const struct audit_place *place);
/* What must be on the topic of it; `output` is its value. */
void audit_expect_output(struct audit_job *job,
                         const struct chronicle_decision *row,
                         struct bytes output,
                         struct audit_position *position,
                         const struct audit_place *place);
/* Puts what it considered and left of its citizen's periods into the heap. */
void audit_sum_citizen(struct audit_job *job,
                       const struct chronicle_decision *row,
                       struct bytes left,
                       const struct audit_place *place);
/* audit_refused.c: a row of quarantine against its own record and its batch; it is the entry's. */
void audit_refused(struct audit *audit,
                   const struct chronicle_refusal *row,
                   const struct chronicle_range *range,
                   const struct ledger_entry *entry,
                   const struct audit_place *place,
                   struct arena *arena);
/* audit_erased.c: one decision whose payload is not whole, by what else is stored of it. */
void audit_erased(struct audit_job *job,
                  const struct chronicle_decision *row,
                  const struct audit_expected *expected,
                  struct audit_position *position,
                  const struct audit_place *place);
/* audit_rows.c: the projections' rows. */
MUST_CHECK bool audit_applications(struct audit_job *job);
MUST_CHECK bool audit_citizens(struct audit_job *job);
/* audit_redrives.c: notes a redriven record and a row that was closed by one; after the jobs, holds
 * them against each other and against the ledger. */
void audit_redrive(struct audit_job *job,
                   const struct rejudged *made,
                   int64_t progress_id,
                   const struct audit_place *place);
void audit_redriven_row(struct audit *audit,
                        const struct chronicle_refusal *row,
                        const uint8_t input[SHA256_SIZE],
                        const struct audit_place *place,
                        struct arena *arena);
MUST_CHECK bool audit_redrives(struct audit *audit, struct err *err);
/* audit_chain.c: a position's ranges in order. */
void audit_chain_begin(struct audit_chain *chain,
                       struct audit *audit,
                       struct audit_position *position);
void audit_chain_follow(struct audit_chain *chain, const struct chronicle_range *range);
void audit_chain_end(struct audit_chain *chain);
/* audit_anchors.c: --anchors is read before the moment; sorted when the positions are known. */
MUST_CHECK bool audit_anchors_read(struct audit *audit, struct err *err);
void audit_anchors_sort(struct audit *audit);
size_t audit_anchors_of(const struct audit *audit, int64_t progress_id);
/* Those up to where the walk is; `end`: all of the position. */
void audit_anchors_compare(struct audit_chain *chain, bool end);
/* With --public-key those of the topic are held against the chain and vouch for nothing. */
bool audit_anchor_vouches(const struct audit *audit, const struct audit_anchor *anchor);
void audit_anchors_release(struct audit *audit);
/* audit_unanchored.c: after the positions: what no anchor covers. `topics` NULL: without --kafka.
 */
void audit_unanchored(struct audit *audit, struct audit_topics *topics);
/* audit_locate.c: names what the items of uneven buckets show. */
void audit_locate(struct audit *audit);
/* audit_positions.c: the ledger by position, and quarantine; then the oddities. */
MUST_CHECK bool audit_positions(struct audit *audit, struct err *err);
/* audit_oddities.c: rows that contradict each other, found by the database. */
MUST_CHECK bool audit_oddities(struct audit *audit, struct err *err);
/* audit_counts.c: after the jobs: nothing is stored that one of them passed by. */
void audit_counts(struct audit *audit);
/* After the jobs: what they saw last of each position. */
void audit_lasts(struct audit *audit);
/* audit_topics.c: before the moment, what was committed and where topics end; after the jobs, what
 * is on them. */
struct audit_topics *audit_topics_open(struct audit *audit, struct err *err);
MUST_CHECK bool audit_topics_committed(struct audit *audit, struct err *err);
/* The anchors on the audit topic, likewise before the moment. */
MUST_CHECK bool
audit_topics_anchors(struct audit *audit, struct audit_topics *topics, struct err *err);
/* The input topic as it is now, with its cluster's id, borrowed; false when it cannot be asked. */
MUST_CHECK bool audit_topics_input(struct audit *audit,
                                   struct audit_topics *topics,
                                   const char **cluster,
                                   uint32_t *partition_count);
MUST_CHECK bool audit_topics_run(struct audit *audit, struct audit_topics *topics, struct err *err);
void audit_topics_close(struct audit_topics **topics);

#endif /* MENTOR_SRC_APP_AUDIT_H */
