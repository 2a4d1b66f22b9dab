#ifndef MENTOR_SRC_APP_SHADOW_H
#define MENTOR_SRC_APP_SHADOW_H

/*
 * A candidate rulebook beside the one that decides (worker --shadow): the same inputs, history and
 * time, and nothing comes of it but counts and the newest divergences. History is what was really
 * decided, not what the candidate would have. What fails here is counted, and harms no batch: it is
 * stored between two batches, about once a second, in a transaction of its own.
 *
 * All of it does nothing in a worker without a candidate.
 */

#include <stdbool.h>
#include <stdint.h>

struct judgement;
struct worker;

enum {
    SHADOW_EVERY_US = 1000000,          /* stored this often */
    SHADOW_AFTER_FAILURE_US = 30000000, /* and not sooner after it could not be stored */
    SHADOW_LISTED_MAX = 256,            /* divergences kept between two times; all are counted */
};

/* false: no memory. */
bool shadow_init(struct worker *worker);
void shadow_release(struct worker *worker);
/* A batch is decided, perhaps not for the first time. */
void shadow_batch(struct worker *worker);
/* A decision was made; the batch's `index`-th. */
void shadow_judge(struct worker *worker, uint32_t index, const struct judgement *judgement);
/* The batch is stored: only now it counts. */
void shadow_stored(struct worker *worker);
/* Between two batches: stores what has come, when it is time or `now`. */
void shadow_report(struct worker *worker, bool now);

#endif /* MENTOR_SRC_APP_SHADOW_H */
