#ifndef MENTOR_SRC_APP_FOLLOW_H
#define MENTOR_SRC_APP_FOLLOW_H

/*
 * Which rulebook decides the batch in hand: the one published under the name of the worker's own
 * that is in force at the batch's evaluated_at, else the worker's own. It changes between READ and
 * DECIDE, so a batch has one, and each lane by itself.
 */

#include <stdbool.h>

struct worker;

/* At the beginning of a life: the worker's own decides, and is shown. */
void follow_begin(struct worker *worker);
/* What READ said of publications. false: the one in force cannot be fetched (as the store says) or
 * not be loaded (ERR_HALT). */
bool follow_publication(struct worker *worker);
void follow_release(struct worker *worker);

#endif /* MENTOR_SRC_APP_FOLLOW_H */
