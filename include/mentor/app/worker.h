#ifndef MENTOR_APP_WORKER_H
#define MENTOR_APP_WORKER_H

/*
 * The worker: consume, decide, store, emit. Knows only ports, so that a simulator runs the real
 * loop. One thread; the ports may have theirs.
 */

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "mentor/app/edges.h"
#include "mentor/app/metrics.h"
#include "mentor/app/request.h"
#include "mentor/base/arena.h"
#include "mentor/base/check.h"
#include "mentor/base/clock.h"
#include "mentor/base/err.h"
#include "mentor/base/rng.h"
#include "mentor/base/sha256.h"
#include "mentor/core/backoff.h"
#include "mentor/core/cycle.h"
#include "mentor/port/batch.h"

struct anchor_desk;
struct rulebook;
struct shadow;
struct worker_shown;

enum {
    WORKER_RECORDS_MAX = 5000,
    WORKER_BATCH_BYTES = 16 * 1024 * 1024,
    WORKER_SLICE = 64,            /* records read ahead at a time */
    WORKER_LINGER_US = 5000,      /* a batch is not waited for longer */
    WORKER_IDLE_MS = 100,         /* one wait for the first record */
    WORKER_SETTLE_MS = 2000,      /* at revoke, for acknowledgements that are on their way */
    WORKER_DRAIN_MS = 10000,      /* likewise when stopping, all waits together */
    WORKER_MARK_US = 1000000,     /* emitted_offset is stored within this when idle */
    WORKER_CONFIRM_US = 30000000, /* and that the positions are ours still is asked when idle */
    WORKER_CLOCK_BACK_MS = 5000,  /* PostgreSQL's clock behind a partition's last by more: halt */
    WORKER_WAITING_US = 30000000, /* what it waits for is said again */
    WORKER_FEWER_US = 30000000,   /* brokers say so long that partitions are gone: they are */
    WORKER_ALARM_US = 10000000,   /* the same alarm again at the earliest */
    WORKER_ALONE_AFTER = 3, /* owners that died at one offset: its records are taken one by one */
    WORKER_ALONE_LOT = 16,  /* of those, so many at a time: between two lots the group is heard */
    WORKER_TRIES = 2,       /* processes that a record may end before it goes to quarantine */
    WORKER_RESUMED_US = 1000000, /* whether a stopped partition was resumed is asked this often */
};

/* One owned partition beside its position. */
struct worker_slot {
    int64_t expected; /* the next offset to gather */
    bool verify;      /* the record at last_offset is still to come and to be compared */
    int64_t marked;   /* emitted_offset as the store has it */
    int64_t seen;     /* seen_offset likewise; told in no hurry by a sink without transactions */
    int64_t anchored; /* next_offset of the head that was anchored last */
    int64_t anchored_at_us; /* 0: none yet */
    int64_t gap_from;       /* offsets the log had dropped; none when gap_to <= gap_from */
    int64_t gap_to;
    bool waits;      /* not read yet: new, or old and at its end (port/growth.h) */
    bool held;       /* has come to that end since it was taken: what is read of it is dropped */
    bool end_met;    /* old_end was put earlier, and the store does not know yet */
    int64_t old_end; /* while the topic grows: of an old partition, where it ended; else 0 */
    uint32_t alone;  /* records still to be taken one by one: the owners died over one of them */
    struct breaker breaker; /* the batch's in hand */
};

/*
 * Records read and not stored yet. One lot is in hand; the other is read ahead while the store
 * works on the one in hand.
 */
struct lot {
    struct arena arena;     /* owned: what requests need, then what the batch in hand needs */
    struct arena_mark mark; /* behind the requests */
    struct record *records; /* owned */
    struct batch_entry
        *gathered; /* owned; entries before their fate: records, skips and gaps in order */
    struct request *requests; /* owned; one an entry, read up to request_count */
    uint32_t gathered_count;
    uint32_t record_count;
    uint32_t alone_count; /* of them, from partitions whose records go alone */
    uint32_t stray_count; /* of them, where their keys do not belong by the count that is known */
    uint32_t
        polled_count; /* records polled for it, also those it does not keep: what it releases */
    uint32_t request_count;
    uint32_t stored; /* entries at the front that are stored and emitted */
    size_t bytes;    /* of keys, values and headers, of all that was polled (record_size) */
};

struct worker {
    /* given */
    struct worker_edges edges;
    struct clock clock;
    const struct rulebook *rulebook;  /* decides while no published one of its name is in force */
    bool follows;                     /* published ones; else it decides alone */
    const struct rulebook *candidate; /* --shadow; NULL: none */
    struct hmac_key citizen_key;
    struct bytes topic;
    bool at_event;         /* --at event */
    bool transactional;    /* --emit transactional: outputs and the group's offsets as one */
    uint32_t batch_most;   /* records a transaction */
    size_t arena_size;     /* bytes of a lot's arena; 0: what the largest batch needs */
    uint32_t breaker_most; /* refused of a partition's last BREAKER_WINDOW before it is stopped; 0:
                               never */
    struct anchor_desk *anchors; /* NULL: none are told */
    int64_t anchor_every_us;     /* of one partition at the earliest */
    const atomic_bool *stop;

    /* ours */
    struct rng rng;
    struct backoff backoff;
    struct err err; /* the last step's, when it was not STEP_DONE */
    bool stopping;
    int64_t stopped_us; /* when *stop was first seen; -1: not yet */
    bool waiting;       /* said so in the log, and when: */
    int64_t waiting_logged_us;
    const struct rulebook *deciding; /* the batch in hand: the one above, or: */
    struct rulebook *published;      /* owned; loaded last, or NULL */
    struct worker_shown *shown;      /* owned (app/follow.c) */
    struct shadow *shadow;           /* owned (app/shadow.h); NULL without a candidate */
    const char *cluster;
    int32_t partition_count; /* the input topic's, as the broker said last */
    struct growth growth;    /* its old_end is NULL */
    bool orphaned;           /* at the last take somebody had not given back what was taken */
    char orphan_tried[STORE_ORPHAN_SIZE]; /* last (app/orphans.c); "": none in this life */
    bool grown;              /* what is read is to change: partitions are taken again */
    int64_t looked_at_us;    /* whether the topic grows */
    int64_t waiting_said_us; /* 0: not since they were taken */

    int64_t fewer_since_us;  /* since then every answer at OPEN had fewer partitions than the store
                                knows; 0: the last one had not */
    bool opened;             /* OPEN was done once: what it asks of broker and store is so */
    bool assigned;           /* the partitions are ours by the group */
    bool fresh;              /* and the group has just said so */
    bool granted;            /* it has given others, in place of these, and revoked nothing */
    bool taken;              /* and their epochs are ours, and what Kafka knows agrees */
    bool reading;            /* and their records come */
    uint32_t assigned_count; /* partitions; slot_count unless there are more than PARTITIONS_MAX */
    uint32_t slot_count;
    struct position positions[PARTITIONS_MAX];
    struct worker_slot slots[PARTITIONS_MAX];

    struct lot lots[2];
    struct lot *lot;          /* in hand */
    bool reading_ahead;       /* the store works: the other lot may be filled */
    enum step_outcome met;    /* what reading ahead met, for CONSUME; STEP_DONE for nothing */
    struct err met_err;       /* with it */
    uint32_t limit;           /* entries a batch, halved by ERR_POISON, grown by success */
    bool poisoned;            /* the first entry alone cannot be stored: it goes to quarantine */
    bool careful;             /* some slot takes its records alone (app/alone.h) */
    bool condemned;           /* the batch in hand is one record that ended its owners */
    uint32_t stopped_count;   /* slots that the breaker has stopped (app/stopped.h) */
    bool retake;              /* one was stopped or resumed: they are to be taken anew */
    bool keeps;               /* SETTLE on the way there keeps them */
    int64_t resumed_at_us;    /* when it was asked last whether one was resumed */
    uint32_t batch_count;     /* entries of the lot in the batch in hand, from lot->stored on */
    uint32_t *application_of; /* in the arena: index of its row in batch.read, for those that may be
                                 decided */
    uint32_t *citizen_of;  /* likewise, also for refused ones whose citizen is known; UINT32_MAX for
                              none */
    struct batch batch;    /* in the arena */
    bool sent_since_flush; /* outputs may linger in the sink */
    int64_t marked_at_us;  /* when emitted offsets were looked at last */
    int64_t confirmed_at_us; /* when the store last knew our positions, outside a batch */
    struct metrics metrics;
    int64_t stepped_us;     /* when the last step ended */
    int64_t batch_began_us; /* when the batch in hand was gathered */
    int64_t misplaced; /* records whose key belongs on another partition, since the last alarm */
    int64_t misplaced_at_us; /* the last alarm; 0 for none */
};

/* Memory for batches. false: there is none. */
MUST_CHECK bool worker_init(struct worker *worker);
void worker_release(struct worker *worker);

/* Runs until *stop is set and the batch in hand is settled (true), or a person must look (false,
 * worker->err). Each run begins anew, with nothing known. */
MUST_CHECK bool worker_run(struct worker *worker);

#endif /* MENTOR_APP_WORKER_H */
