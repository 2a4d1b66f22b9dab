#ifndef KAFKA_HANGING_H
#define KAFKA_HANGING_H

/*
 * Outputs of transactions that the broker has aborted, and whose end it has not written (undo.h),
 * with no offset of the group pending that would tell: they are open still, and the next marker of
 * their producer decides on them too. So nothing is committed after something was aborted before
 * its end is seen.
 */

#include <stdatomic.h>

#include "mentor/base/check.h"

#include "outlet.h"

struct err;

enum {
    HANGING_OPEN_US = 25000000, /* no longer is a transaction open that has an end:
                                   transaction.timeout.ms, and until the broker looks */
};

enum hanging {
    HANGING_UNKNOWN, /* *err: ERR_RETRY; ERR_FENCED as transaction.h */
    HANGING_NOTHING,
    HANGING_TOLD,    /* what counts as out is not ended, or behind what is not; *err */
    HANGING_PENDING, /* something is open, and offsets of the group are pending; *err */
    HANGING_OTHERS,  /* what was this producer's is ended, and something is open all the same; *err
                      */
};

/*
 * Whether all that the output topics hold now is ended: asked for up to half a second, since others
 * have transactions there too, and 2 s after its own. What is not is aborted by an empty
 * transaction of this outlet, which must have had its first answer. Takes some seconds when nothing
 * answers or much is to be read.
 *
 * told: of each source partition that may be in it, the offset below which outputs count as out:
 * where such a one hangs, the end of a commit may be lost, and nothing is aborted.
 * *stop: a caller's wish to be done with it, which is not known then; NULL: none. After
 * HANGING_UNKNOWN the outlet must be opened anew.
 */
enum hanging hanging_end(struct outlet *outlet,
                         const rd_kafka_topic_partition_list_t *told,
                         const atomic_bool *stop,
                         struct err *err);

#endif /* KAFKA_HANGING_H */
