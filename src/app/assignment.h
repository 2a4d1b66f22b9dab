#ifndef MENTOR_SRC_APP_ASSIGNMENT_H
#define MENTOR_SRC_APP_ASSIGNMENT_H

/* The partitions that the group has just given to this worker. */

#include <stdbool.h>

#include "mentor/base/check.h"
#include "mentor/core/cycle.h"

struct worker;

/* Slots in order of partition, none of them taken yet. None at all when there are too many. */
void assignment_accept(struct worker *worker);
/* What poll() told as SOURCE_ASSIGNED: accepted, STEP_DONE; STEP_REVOKED while others are held,
 * which SETTLE gives back before it accepts these. */
enum step_outcome assignment_meet(struct worker *worker);
/* ERR_RETRY when there are: the worker stays a member, takes nothing, and waits for another to
 * join, since it cannot choose which citizens wait. */
MUST_CHECK bool assignment_fits(struct worker *worker);

#endif /* MENTOR_SRC_APP_ASSIGNMENT_H */
