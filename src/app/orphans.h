#ifndef MENTOR_SRC_APP_ORPHANS_H
#define MENTOR_SRC_APP_ORPHANS_H

/*
 * Private to app/: transactions that former owners of what was just taken may have left open.
 * Readers, and our look at the group's offset, would wait for the broker to time them out.
 */

#include <stdbool.h>

#include "mentor/base/check.h"

struct err;
struct worker;

/*
 * Ends them. *left, ERR_NONE before: why one could not be ended; nothing may be sent then that
 * would lie beside what it has left, and it is tried again by the next take, also another's. false
 * with worker->err: the partitions are not ours any more.
 */
MUST_CHECK bool orphans_end(struct worker *worker, struct err *left);

#endif /* MENTOR_SRC_APP_ORPHANS_H */
