#ifndef TESTS_SIM_SIM_H
#define TESTS_SIM_SIM_H

/*
 * The simulator: real workers (src/app), each a coroutine, against a modelled Kafka and a modelled
 * PostgreSQL in virtual time. One seed is one world; everything that happens in it follows from the
 * seed. One world at a time in a process.
 */

#include <setjmp.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <ucontext.h>

#include "mentor/app/worker.h"
#include "mentor/base/arena.h"
#include "mentor/base/guard.h"
#include "mentor/base/rng.h"

#include "broker.h"
#include "client.h"
#include "database.h"
#include "producer.h"
#include "session.h"

enum {
    SIM_ACTORS = 8, /* processes at a time, the frozen ones too */
    SIM_EVENTS = 2048,
    SIM_TEXT = 256,
};

/* What a worker asks of the outside: every call of a port. */
#define LABELS(X)                                                                                  \
    X(POLL, poll)                                                                                  \
    X(START, start)                                                                                \
    X(STOP, stop)                                                                                  \
    X(BOUNDS, bounds)                                                                              \
    X(COMMITTED, committed)                                                                        \
    X(COMMIT, commit)                                                                              \
    X(LEAVE, leave)                                                                                \
    X(OPEN, open)                                                                                  \
    X(TAKE, take)                                                                                  \
    X(READ, read)                                                                                  \
    X(RULEBOOK, rulebook)                                                                          \
    X(WRITE, write)                                                                                \
    X(UNSENT, unsent)                                                                              \
    X(EMITTED, emitted)                                                                            \
    X(BEGIN, begin)                                                                                \
    X(SEND, send)                                                                                  \
    X(SENT, sent)                                                                                  \
    X(SETTLED, settled)                                                                            \
    X(FLUSH, flush)                                                                                \
    X(PURGE, purge)                                                                                \
    X(FACTS, facts)                                                                                \
    X(ENDS, ends)                                                                                  \
    X(PARTITIONS, partitions)                                                                      \
    X(GROWTH, growth)                                                                              \
    /* Of a transactional worker. */                                                               \
    X(PROVE, prove)                                                                                \
    X(FENCE, fence)                                                                                \
    X(ORPHAN_ENDED, orphan_ended)                                                                  \
    X(UNDOING, undoing)                                                                            \
    X(UNSEEN, unseen)                                                                              \
    X(DOUBT, doubt)                                                                                \
    X(RECALL, recall)                                                                              \
    X(RECALLED, recalled)                                                                          \
    X(CLEAR, clear)                                                                                \
    X(ENDED, ended)                                                                                \
    X(PENDING, pending)                                                                            \
    X(HANGING, hanging)                                                                            \
    X(TXN_INIT, txn_init)                                                                          \
    X(TXN_BEGIN, txn_begin)                                                                        \
    X(TXN_OUTPUT, txn_output)                                                                      \
    X(TXN_OFFSETS, txn_offsets)                                                                    \
    X(TXN_COMMIT, txn_commit)                                                                      \
    X(TXN_ABORT, txn_abort)

enum label {
#define X(name, text) LABEL_##name,
    LABELS(X)
#undef X
    LABEL_COUNT
};

/* Where in such a call a worker can be stopped. */
enum phase {
    PHASE_ASKED,     /* nothing has happened */
    PHASE_UNDER_WAY, /* the request is sent: its effect comes, or not */
    PHASE_ANSWERED,  /* the effect is there, the answer not read */
    PHASE_COUNT
};

#define FAULTS(X)                                                                                  \
    X(CRASH, "crash")                                                                              \
    X(FREEZE, "freeze")                                                                            \
    X(TERM, "sigterm")                                                                             \
    X(STALL, "stall")                                                                              \
    X(SESSION_LOST, "session-lost")                                                                \
    X(REPLY_LOST, "reply-lost")                                                                    \
    X(DATABASE_DOWN, "database-down")                                                              \
    X(FAILOVER, "failover")                                                                        \
    X(COMMITS_LOST, "commits-lost")                                                                \
    X(STALE, "serialization")                                                                      \
    X(POISON, "poison")                                                                            \
    X(EVICTED, "evicted")                                                                          \
    X(FENCED, "fenced")                                                                            \
    X(BROKER_DOWN, "broker-down")                                                                  \
    X(LINK_DOWN, "link-down")                                                                      \
    X(COMMIT_LATE, "commit-late")                                                                  \
    X(PRODUCER_BROKEN, "producer-broken")                                                          \
    X(ACK_LATE, "ack-late")                                                                        \
    X(ACK_LOST, "ack-lost")                                                                        \
    X(EXPIRED, "session-expired")                                                                  \
    X(REJOINED, "joined-anew-by-itself")                                                           \
    X(REBALANCE, "rebalance")                                                                      \
    X(DUPLICATE, "duplicate-record")                                                               \
    X(HOLE, "offset-hole")                                                                         \
    X(RETENTION, "log-start-raised")                                                               \
    X(TRUNCATED, "log-truncated")                                                                  \
    X(CLOCK, "clock-back")                                                                         \
    X(PUBLISHED, "rulebook-published")                                                             \
    X(ERASED, "citizen-erased")                                                                    \
    X(DISMISSED, "refusal-dismissed")                                                              \
    X(GROWN, "partitions-added")                                                                   \
    X(PRODUCER_FENCED, "producer-fenced")                                                          \
    X(CONCURRENT, "transaction-not-ended-yet")                                                     \
    X(TRANSACTION_OLD, "transaction-timed-out")                                                    \
    X(END_LOST, "transaction-end-lost")                                                            \
    X(END_PARTED, "transaction-end-lost-in-part")                                                  \
    X(ABORT_LOST, "end-of-aborted-outputs-lost")                                                   \
    X(OFFSET_PENDING, "offset-pending")                                                            \
    X(HALTED, "halted")

enum fault {
#define X(name, text) FAULT_##name,
    FAULTS(X)
#undef X
    FAULT_COUNT
};

enum actor_state {
    ACTOR_FREE,
    ACTOR_RUNS,
};

/* One thread of a process. */
struct strand {
    struct actor *actor;
    void *(*run)(void *argument);
    void *argument;
    bool lives;
    bool begun;
    bool waits;            /* may be woken before wake_us */
    const void *waits_for; /* by whoever speaks of this; NULL: by anybody */
    int64_t wake_us;       /* not before the process thaws */
    ucontext_t context;
    jmp_buf resume;
    void *stack; /* owned */
};

enum {
    STRANDS = 2, /* the loop's; the transactor's */
};

/* One place for a worker's process. A crashed one's place is free for the next. */
struct actor {
    uint32_t number;
    uint64_t life; /* no two processes of a world have the same */
    enum actor_state state;
    int64_t frozen_until; /* SIGSTOP; INT64_MAX for ever; 0: not frozen */
    atomic_bool stop;
    bool link_down;    /* neither broker nor database can be reached */
    bool fenced;       /* was told so, and has no new assignment yet */
    bool holds;        /* has taken its partitions */
    bool doubts;       /* had trouble since, and the group has not been asked */
    uint32_t disowned; /* so often an heir has fenced its producer, after the last fault */
    int64_t take_number[BROKER_PARTITIONS]; /* of the last take it was told of */
    struct worker *worker;                  /* owned */
    struct client client;
    struct producer producer;
    struct sim_session session;
    struct pg_store *store; /* owned: what src/pg keeps in memory */
    struct strand strands[STRANDS];
};

/* Kinds of worlds; which faults each has says plot.c. */
enum plot_kind {
    PLOT_ANY,
    PLOT_CALM,
    PLOT_CRASHES,
    PLOT_DATABASE,
    PLOT_BROKER,
    PLOT_FROZEN,
    PLOT_LOST,
    PLOT_LOG,
    PLOT_ENDS, /* of transactions, lost by the broker */
    PLOT_ALL,
    PLOT_COUNT
};

/* How a world's workers emit. */
enum emission {
    EMIT_ANY,
    EMIT_IDEMPOTENT,
    EMIT_TRANSACTIONAL,
    EMIT_MIXED, /* each in a mode of its own */
};

/* What every world is to be like; zeroed: as it comes. */
struct emphasis {
    enum plot_kind plot;
    bool seals;
    bool follows;
    bool grows;
    enum emission emits;
};

/* What this world is like. */
struct plot {
    uint32_t workers; /* wanted at a time */
    uint32_t faults_left;
    uint32_t odds; /* one step in so many has a fault, while any are left */
    uint32_t weights[FAULT_COUNT];
    bool calm;    /* nothing fails: workers come and go */
    bool thaws;   /* the frozen wake up in the end */
    bool seals;   /* a master key is given, and citizens are erased */
    bool follows; /* rulebooks are published, and workers follow */
    bool grows;   /* partitions are added */
    enum emission emits;
    bool halts;  /* something may happen that a person must look at */
    bool quiet;  /* the end: no fault any more */
    bool ending; /* all is done, workers are stopped */
    int64_t quiet_at_us;
    int64_t seen_at_us; /* when others have looked at what a person must look at; 0: not yet */
    int64_t limit_us;
};

struct counts {
    uint64_t seeds;
    uint64_t steps;
    uint64_t records;
    uint64_t decisions;
    uint64_t outputs;
    uint64_t halted;
    uint64_t faults[FAULT_COUNT];
    uint64_t reached[LABEL_COUNT][PHASE_COUNT]; /* steps */
    uint64_t crashes[LABEL_COUNT][PHASE_COUNT];
};

struct event {
    int64_t at_us;
    uint64_t order;
    void (*run)(void *what, uint64_t life);
    void *what;
    uint64_t life;
};

struct sim {
    uint64_t seed;
    struct rng rng;
    struct arena arena; /* all that a world keeps */
    int64_t now_us;
    struct event events[SIM_EVENTS]; /* a heap */
    uint32_t event_count;
    uint64_t order;
    uint64_t lives;
    struct actor actors[SIM_ACTORS];
    struct actor *running; /* NULL: the world itself */
    struct strand *strand; /* of it */
    jmp_buf back;
    struct emphasis emphasis;
    struct plot plot;
    struct broker broker;
    struct database database;
    struct counts counts; /* over all seeds */
    bool tracing;
    bool breached;
    char breach[SIM_TEXT]; /* the first */
    uint64_t polls;
};

extern struct sim sim;

/* Runs one world; false: an invariant does not hold (sim.breach). */
bool sim_run(uint64_t seed);

/* schedule.c */
void sim_at(int64_t at_us, void (*run)(void *what, uint64_t life), void *what, uint64_t life);
/* The clock on everybody's wall but the database's, which may go back. */
int64_t sim_wall_ms(void);
/* The running thread does nothing for so long. Others go on meanwhile. */
void sim_spend(int64_t us);
/* The same, until sim_wake() at the latest. */
void sim_wait(int64_t until_us);
void sim_wake(struct actor *actor);
/* The same, by whoever speaks of `what`. */
void sim_wait_for(const void *what, int64_t until_us);
void sim_wake_for(struct actor *actor, const void *what);
/* A labelled step of the running worker: here it may be crashed, frozen, stopped, delayed. */
void sim_step(enum label label, enum phase phase);
/* Until nothing is left to happen, the world is done, or a breach. */
void sim_loop(bool (*done)(void));
void actor_go(struct actor *actor); /* a new process begins */
/* A thread more in a process. */
void strand_go(struct actor *actor, uint32_t number, void *(*run)(void *argument), void *argument);
void actor_thaw(struct actor *actor);
NO_RETURN void actor_end(void); /* the running worker's process is gone */
bool actor_frozen(const struct actor *actor);
/* When to look again at one that is frozen. */
int64_t actor_thaws_us(const struct actor *actor);

/* plot.c */
void plot_begin(void);
/* Whether this fault happens now; uses one up. */
bool plot_fault(enum fault fault);
/* How long a process is away at most when it is so for longer than a session. */
int64_t plot_away_us(void);
void plot_step(enum label label, enum phase phase);

/* life.c */
uint32_t life_count(void);          /* workers that run and are not frozen for ever */
void life_soon(int64_t us);         /* one more after so long, if one is wanted then */
void life_run(struct actor *actor); /* the process, from its first step to its last */
NO_RETURN void life_crash(struct actor *actor, enum label label, enum phase phase);
void life_ended(struct actor *actor, bool well); /* worker_run() has returned */

/* session.c, for what else is asked of the database: a question that locks nothing, up to the
 * moment when the server answers; the connection is lost, always false. */
bool session_look(struct actor *actor, enum label label, struct err *err);
bool session_lost(struct actor *actor, struct err *err);

/* chance.c */
uint32_t sim_below(uint32_t count); /* 0 … count - 1 */
int64_t sim_between(int64_t least, int64_t most);
bool sim_one_in(uint32_t count);
void *sim_alloc(size_t size); /* lives as long as the world */
struct bytes sim_keep(struct bytes bytes);
void sim_count(enum fault fault);
__attribute__((format(printf, 1, 2))) void sim_trace(const char *format, ...);
__attribute__((format(printf, 1, 2))) void sim_breach(const char *format, ...);
const char *label_name(enum label label);
const char *fault_name(enum fault fault);
void guard_remove(enum guard guard); /* GUARD_COUNT: none */

#endif /* TESTS_SIM_SIM_H */
