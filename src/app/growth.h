#ifndef MENTOR_SRC_APP_GROWTH_H
#define MENTOR_SRC_APP_GROWTH_H

/* A topic that gets more partitions (port/growth.h), as one worker meets it. */

#include <stdbool.h>
#include <stdint.h>

#include "mentor/base/check.h"

struct batch_read;
struct record;
struct worker;

/* At TAKE: which of the partitions taken must wait. Notes a growth that they show, or the broker.
 */
MUST_CHECK bool growth_learn(struct worker *worker);
/* Between two batches: asks now and then, and sets worker->grown when partitions may be read that
 * waited until now, or have come to their ends and need not be read for nothing. */
MUST_CHECK bool growth_look(struct worker *worker, int64_t now_us);
/* Before a batch with strays is decided: whether they come of a growth that nobody has noticed.
 * Sets worker->grown if so. */
MUST_CHECK bool growth_ask(struct worker *worker);
/* Whether the store still has the count by which the batch was gathered. */
bool growth_known(const struct worker *worker, const struct batch_read *read);
/* Whether an old partition has come to its end and waits for the others: the record at hand, at or
 * behind that end, is not to be gathered. */
bool growth_holds(struct worker *worker, uint32_t slot, const struct record *record);
/* The partition count that placed the record at `offset`: while the topic grows, the old one up to
 * where an old log ended. */
int32_t growth_count_at(const struct worker *worker, uint32_t slot, int64_t offset);

#endif /* MENTOR_SRC_APP_GROWTH_H */
