#ifndef MENTOR_SRC_APP_AUDIT_REPORT_H
#define MENTOR_SRC_APP_AUDIT_REPORT_H

/*
 * Private to app/: what an audit has looked at and found. Breaches are printed as they are found,
 * the table at the end, so memory does not grow with what is wrong. May be called by several
 * threads.
 */

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "mentor/base/clock.h"
#include "mentor/port/payload.h"
#include "mentor/wire/json.h"

#include "progress.h"

/* X(id, "what holds"): delivery.md § 3, and the projections that § 2 has audit recompute. */
#define INVARIANTS(X)                                                                              \
    X(I1, "one decision per application and event key")                                            \
    X(I2, "a decision follows from its input, history, rulebook and time")                         \
    X(I3, "every offset has one fate")                                                             \
    X(I4, "each output is that of a stored decision, by its digest")                               \
    X(I5, "each decision below the emitted offset has its output")                                 \
    X(I6, "epochs only rise, ranges never overlap")                                                \
    X(I7, "emitted and committed offsets stay within what is decided, times only rise")            \
    X(I8, "order per key, numbers without holes")                                                  \
    X(I9, "outputs of one decision are identical")                                                 \
    X(I10, "the hash chain recomputes to its anchor")                                              \
    X(I11, "every DLQ record has its row; a redrive links back")                                   \
    X(I12, "nothing is emitted that is not committed")                                             \
    X(I13, "a reused id overwrites nothing")                                                       \
    X(I14, "no CPR number in an output")                                                           \
    X(P, "projections recompute: rows of applications and citizens")

enum invariant {
#define X(id, what) INVARIANT_##id,
    INVARIANTS(X)
#undef X
    INVARIANT_COUNT
};

const char *invariant_name(enum invariant invariant);

/* Where a breach is; what does not apply is -1 or NULL. */
struct audit_place {
    const char *topic;
    int32_t partition;
    int64_t offset;
    int64_t batch;
    int32_t index;
    const uint8_t *application; /* UUID_SIZE */
    const uint8_t *citizen;     /* CITIZEN_REF_SIZE */
};
#define AUDIT_NOWHERE                                                                              \
    (struct audit_place)                                                                           \
    {                                                                                              \
        .partition = -1, .offset = -1, .batch = -1, .index = -1                                    \
    }

struct audit_report {
    pthread_mutex_t mutex;
    FILE *out;
    bool json;
    bool muted; /* breaches are known already: a second look only locates */
    bool any;   /* a breach was printed */
    struct progress progress;
    int64_t begun_us;
    int64_t decisions;
    int64_t checked[INVARIANT_COUNT];
    int64_t breaches[INVARIANT_COUNT];
    int64_t gone[PAYLOAD_STATE_COUNT];         /* decisions that cannot be made again, by why */
    int64_t refused_gone[PAYLOAD_STATE_COUNT]; /* and refused records */
    const char *notes[INVARIANT_COUNT];        /* why it is not, or not wholly, checked */
    char dropped[96];                          /* room for a note with a number in it */
    struct text unanchored; /* owned; JSON: partitions with batches that no anchor covers */
};

void audit_report_begin(struct audit_report *report, FILE *out, bool json, struct clock clock);
/* Adds what was looked at, all invariants at once, and shows progress. */
void audit_report_add(struct audit_report *report,
                      const int64_t checked[INVARIANT_COUNT],
                      int64_t decisions);
__attribute__((format(printf, 4, 5))) void audit_breach(struct audit_report *report,
                                                        enum invariant invariant,
                                                        const struct audit_place *place,
                                                        const char *format,
                                                        ...);
/* Counts a decision, or a refused record, whose payload is not whole. */
void audit_report_gone(struct audit_report *report, enum payload_state state, bool refused);
/* The table. False when there was any breach. */
bool audit_report_end(struct audit_report *report);
/* In place of the table when the audit could not be finished. */
void audit_report_abandon(struct audit_report *report);

#endif /* MENTOR_SRC_APP_AUDIT_REPORT_H */
