#ifndef KAFKA_HANGING_H
#define KAFKA_HANGING_H

/*
 * Outputs of transactions whose end the broker has not written (undo.h): they are open still, and
 * the next marker of their producer decides on them too. So nothing is committed after something
 * was aborted before its end is seen.
 */

#include "mentor/base/check.h"

#include "outlet.h"

struct err;

enum hanging {
    HANGING_UNKNOWN, /* *err: ERR_RETRY; ERR_FENCED as transaction.h */
    HANGING_NOTHING,
    HANGING_OTHERS, /* what was this producer's is ended, and something is open all the same; *err
                     */
};

/* Whether something hangs in the output topics: HANGING_OTHERS, perhaps ours. `waits`: for half a
 * second, since others have transactions there too. */
enum hanging hanging_look(struct outlet *outlet, bool waits, struct err *err);

/*
 * Ends by undo_run of this outlet, which must have had its first answer, whatever its producer has
 * left; looks for up to 2 s. What of it counts as out must be noted before (undo_tell). After
 * HANGING_UNKNOWN the outlet must be opened anew.
 */
enum hanging hanging_end(struct outlet *outlet,
                         const rd_kafka_topic_partition_list_t *partitions,
                         const rd_kafka_consumer_group_metadata_t *membership,
                         struct err *err);

/* For how long something hangs that none of ours has ended. Zeroed: nothing does. */
struct hanging_time {
    int64_t since_us; /* 0: it does not */
    bool left;        /* to a person */
};

/* After each look: whether it hangs for longer than a transaction is open that has an end. */
bool hanging_lasts(struct hanging_time *time, enum hanging hanging);
/* Likewise, after all that may be ours is ended: whether nothing is to be waited for any more. What
 * lasts is nobody's here, and left to a person, who is told. What comes behind it is hidden until
 * it is ended, and not lost. */
bool hanging_is_over(struct hanging_time *time, enum hanging hanging, const struct err *err);

#endif /* KAFKA_HANGING_H */
