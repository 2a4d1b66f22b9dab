#ifndef MENTOR_CORE_CYCLE_H
#define MENTOR_CORE_CYCLE_H

/*
 * The life of the worker as a table. The app runs the step of the current state and feeds its
 * outcome back; nothing else decides what comes next. Start-up, rebalance, a lost epoch and a lost
 * COMMIT reply are one path: TAKE, RESEND.
 */

#define CYCLE_STATES(X)                                                                            \
    X(OPEN, open)       /* reach the broker and the database */                                    \
    X(JOIN, join)       /* wait for an assignment, or prove that ours still stands */              \
    X(TAKE, take)       /* a new epoch; positions compared with Kafka's; reading begins */         \
    X(RESEND, resend)   /* emit what is stored and not known to be emitted */                      \
    X(CONSUME, consume) /* gather a batch */                                                       \
    X(READ, read)       /* clock and state rows, one flush */                                      \
    X(DECIDE, decide)   /* every record's fate */                                                  \
    X(WRITE, write)     /* one transaction */                                                      \
    X(COMMIT, commit)   /* the group's offset with our position, before any output */              \
    X(EMIT, emit)       /* what is stored */                                                       \
    X(SETTLE, settle)   /* give partitions back in order: revoked, or stopping */                  \
    X(LEAVE, leave)     /* leave the group; what is queued is dropped, it is stored */             \
    X(BACKOFF, backoff) /* wait, membership kept */                                                \
    X(STOP, stop)

enum cycle_state {
#define X(upper, lower) CYCLE_##upper,
    CYCLE_STATES(X)
#undef X
    CYCLE_STATE_COUNT
};

enum step_outcome {
    STEP_DONE,
    STEP_AGAIN,   /* nothing to do yet, or what was read has moved */
    STEP_RETRY,   /* the other side is away, or its answer was lost */
    STEP_FENCED,  /* a partition is another's */
    STEP_REVOKED, /* the group wants the partitions back */
    STEP_HALT,    /* a person must look */
    STEP_OUTCOME_COUNT
};

enum cycle_state cycle_next(enum cycle_state state, enum step_outcome outcome);
const char *cycle_state_name(enum cycle_state state);

#endif /* MENTOR_CORE_CYCLE_H */
