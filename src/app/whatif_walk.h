#ifndef MENTOR_SRC_APP_WHATIF_WALK_H
#define MENTOR_SRC_APP_WHATIF_WALK_H

/*
 * Private to app/: a log's decisions handed out by citizen, each in its own order, with the history
 * that was considered. By the citizens' numbers a decision that the log lacks leaves a hole; what
 * has no outcome goes into the holes first, in the order in which it came, and behind the others
 * then.
 */

#include <stdatomic.h>

#include "mentor/base/arena.h"
#include "mentor/port/chronicle.h"

#include "whatif_log.h"

struct whatif_walk {
    /* given */
    const struct whatif_log *log; /* closed */
    struct chronicle_slice slice;
    bool placed; /* only what has a known position is asked for */
    const atomic_bool *stop;
    void (*take)(void *self, const struct chronicle_case *row); /* borrowed for the call */
    void *self;

    /* ours */
    struct arena arena;         /* owned; of the case in hand */
    int64_t next;               /* number of the citizen's next decision */
    struct keeper applications; /* of the citizen in hand: decided events */
    struct bytes periods;       /* of the citizen in hand; in periods_at */
    uint8_t *periods_at[2];     /* owned; the new state is written beside the old */
    size_t capacity;
    struct whatif_log_counts
        counts; /* of the slice: decided_here, undecided, nowhere, twice, holes */
};

/* False: no memory. Release in either case. */
MUST_CHECK bool whatif_walk_run(struct whatif_walk *walk, struct err *err);
void whatif_walk_release(struct whatif_walk *walk);

#endif /* MENTOR_SRC_APP_WHATIF_WALK_H */
