#ifndef KAFKA_LOOKOUT_H
#define KAFKA_LOOKOUT_H

/*
 * Whether readers of what is committed see what a producer has written in its transactions: a
 * broker may answer a commit and lose its end in some of the partitions (README, "Lost ends"), and
 * who dies then leaves to others what it had not seen. One mark at a time: what was written before
 * it is seen when each partition's last stable offset has passed it.
 */

#include <librdkafka/rdkafka.h>

#include "mentor/base/check.h"

#include "outlet.h"

struct lookout_end;

/* One output topic. */
struct lookout_log {
    struct lookout_end *ends; /* by partition; owned */
    uint32_t count;
};

/* Zeroed is one that has written nothing. */
struct lookout {
    struct lookout_log decisions;
    struct lookout_log dlq;
    bool marked;
    int64_t hidden_us; /* the monotonic clock: since then a look was refused; 0: not yet */
    int64_t look_us;   /* the monotonic clock: not before */
};

void lookout_release(struct lookout *lookout);

/* A broker has acknowledged a record at `offset`; below 0: it does not say where. */
void lookout_wrote(struct lookout *lookout, bool dlq, int32_t partition, int64_t offset);
/* With nothing open, and all of it committed by what the broker has said. Nothing changes while
 * there is a mark. True: there was none, and is one now. */
bool lookout_mark(struct lookout *lookout);
void lookout_unmark(struct lookout *lookout);

/* Readers have not come past the mark for so long that something is open for longer than a
 * transaction at work is. */
bool lookout_hangs(const struct lookout *lookout);

/* When to look next: INT64_MAX when nothing is marked. */
int64_t lookout_due_us(const struct lookout *lookout);
/*
 * Asks, with nothing open; waits for a second for what is written, and for six for the group, at
 * most. True: what was written
 * before the mark is seen, nothing pends for the group in `partitions`, and the mark goes. False:
 * not yet, or nobody says.
 */
MUST_CHECK bool lookout_look(struct lookout *lookout,
                             struct outlet *outlet,
                             rd_kafka_topic_partition_list_t *partitions);

#endif /* KAFKA_LOOKOUT_H */
