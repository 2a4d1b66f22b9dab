#ifndef MENTOR_BASE_GUARD_H
#define MENTOR_BASE_GUARD_H

/*
 * What the promise of delivery rests on, each guard by name, so that a test can take one away and
 * see the simulator (tests/sim) find out. In the program GUARD(NAME) is the constant true; only the
 * simulator's own build, with MENTOR_MUTANTS, asks. Guards that stand in SQL are asked by the
 * simulator's database.
 *
 * X(NAME, lower-case name, what it protects)
 */

#include <stdbool.h>

#define GUARDS(X)                                                                                  \
    /* In src/pg/sql, write_*.sql and take.sql. */                                                 \
    X(EPOCH_CAS, "epoch-cas", "only the owner of the latest epoch stores a batch")                 \
    X(POSITION_CAS, "position-cas", "a batch is stored where the last one ended")                  \
    X(APPLICATION_CAS, "application-cas", "an application is not decided on a stale history")      \
    X(CITIZEN_CAS, "citizen-cas", "a citizen is not decided on stale grants")                      \
    X(EMITTED_EPOCH, "emitted-epoch", "only the owner marks what is emitted")                      \
    X(TAKE_BUMPS, "take-bumps", "what an earlier owner has under way cannot be stored any more")   \
    X(LOCKED_READ, "locked-read", "a position is read when nothing moves it: after a lost reply")  \
    X(EVICTION, "eviction", "a frozen owner's session does not hold a partition for ever")         \
    X(KEY_CAS, "key-cas", "nothing is sealed with a key that was destroyed meanwhile")             \
    X(ERASURE_WAITS, "erasure-waits", "what is still to be sent to the DLQ is not erased")         \
    X(ERASED_ROW, "erased-row", "a citizen of whom nothing is left has no row that is in the way") \
    X(RULEBOOK_TIME, "rulebook-time", "a published rulebook decides nothing before its time")      \
    X(RULEBOOK_MOMENT, "rulebook-moment", "which one decides is asked for the batch's own moment") \
    X(UNSEEN,                                                                                      \
      "unseen",                                                                                    \
      "what may be aborted behind a lost end is known by that nobody saw it end")                  \
    X(ORPHAN_KEPT, "orphan-kept", "what a dead one left is tried again by each who takes over")    \
    /* What the broker must do, tried out at start-up (src/kafka/probe.c); the simulator's asks.   \
     */                                                                                            \
    X(TXN_FENCE, "txn-fence", "a producer with the same transactional id replaces the older")      \
    X(TXN_OFFSETS, "txn-offsets", "offsets count when their transaction is committed")             \
    X(TXN_ABORT, "txn-abort", "what was aborted stays hidden")                                     \
    X(TXN_STABLE, "txn-stable", "an offset whose transaction has no end yet is waited for")        \
    /* In src/app. */                                                                              \
    X(REJOIN, "rejoin", "a fenced worker asks the group before it takes an epoch")                 \
    X(MEMBERSHIP, "membership", "after trouble the group is asked whether partitions are ours")    \
    X(METADATA, "metadata", "a database that lost commits is known by what the group has noted")   \
    X(GROUP_COMMIT, "group-commit", "the group notes a batch before any of its outputs is sent")   \
    X(RESEND_COMMIT, "resend-commit", "the group notes what is stored before it is sent again")    \
    X(COMMIT_FIRST, "commit-first", "nothing is sent that is not known to be stored")              \
    X(RESEND, "resend", "what is stored and not known to be sent is sent again")                   \
    X(HALT_OWNED, "halt-owned", "a worker that was overtaken does not halt over what it misses")   \
    X(LAST_RECORD, "last-record", "a log made anew is known by its last decided record")           \
    X(LOG_END, "log-end", "a log made anew is known by its end")                                   \
    X(SETTLE, "settle", "a revocation is answered when what was sent is acknowledged and marked")  \
    X(UNMARK, "unmark", "the group is not told of what the store has not taken")                   \
    X(SETTLE_FENCED, "settle-fenced", "a worker that settles and is fenced leaves the group")      \
    X(LOOK_AGAIN, "look-again", "a broker that has not heard of a growth yet is asked again")      \
    X(PURGE, "purge", "nothing that is queued is sent after the partition was given back")         \
    X(REVOCATION, "revocation", "a revocation met while reading ahead is answered")                \
    X(GRANTED, "granted", "partitions given without a revocation before are taken")                \
    X(FORGET, "forget", "after trouble what was read and not stored is read again")                \
    X(CLOCK_FLOOR, "clock-floor", "a partition's time of decision does not run back")              \
    X(RULEBOOK_PINNED, "rulebook-pinned", "a batch names the rulebook that has decided it")        \
    X(RULEBOOK_LOST, "rulebook-lost", "what is not published any more decides nothing")            \
    X(TXN_EXACT, "txn-exact", "what a transaction has told the group is not sent again")           \
    X(TXN_TOLD, "txn-told", "nothing is stored before the group knows that its offset is exact")   \
    X(RECALL, "recall", "what is out although its offset was undone is not sent again")            \
    X(ENDED, "ended", "nobody leaves for good what readers cannot see")                            \
    X(ISOLATION, "isolation", "a record that the store refuses goes to quarantine alone")          \
    X(NEW_WAITS, "new-waits", "new partitions are read when the old ones have passed their ends")  \
    X(OLD_WAITS, "old-waits", "no multiple: old ones that were quicker wait for the others")       \
    X(END_MET, "end-met", "an old partition ends where the first record of the new count lies")    \
    X(GROWTH_KNOWN, "growth-known", "nothing is decided by a partition count of yesterday")        \
    X(STRAY_ASKED, "stray-asked", "a key that belongs elsewhere may be a growth's first word")     \
    /* In src/pg. */                                                                               \
    X(KEY_COMPARED,                                                                                \
      "key-compared",                                                                              \
      "a citizen's row is compared wherever its key seals something")                              \
    X(KEY_ROW, "key-row", "a remembered data key is the one that the row has")                     \
    /* In src/kafka. */                                                                            \
    X(TXN_UNKNOWN, "txn-unknown", "a transaction without an answer is not taken for committed")    \
    X(UNDO, "undo", "a transaction whose end the broker lost is ended")                            \
    X(UNDO_OUTPUTS, "undo-outputs", "its outputs are ended with its offsets")                      \
    X(UNDO_KEPT, "undo-kept", "what was undone is sent again, whatever comes in between")          \
    X(HANGING, "hanging", "nothing is committed before the end of what was aborted is seen")       \
    X(HANGING_TOLD, "hanging-told", "what counts as out and is aborted after all is sent again")   \
    X(ORPHAN_HANGING, "orphan-hanging", "a dead one's outputs do not hang for ever")               \
    X(TXN_FORGET, "txn-forget", "positions of an earlier assignment are not told any more")        \
    X(GENERATION, "generation", "nothing is committed for an assignment that is replaced")         \
    /* In src/kafka/ring.c. */                                                                     \
    X(CONTIGUOUS, "contiguous", "acknowledged is what has nothing unacknowledged before it")

enum guard {
#define X(name, text, what) GUARD_##name,
    GUARDS(X)
#undef X
    GUARD_COUNT
};

#ifdef MENTOR_MUTANTS
bool guard_stands(enum guard guard);
#define GUARD(name) guard_stands(GUARD_##name)
#else
#define GUARD(name) true
#endif

#endif /* MENTOR_BASE_GUARD_H */
