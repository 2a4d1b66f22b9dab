#ifndef MENTOR_SRC_APP_REPLAY_FEED_H
#define MENTOR_SRC_APP_REPLAY_FEED_H

/*
 * Private to app/: records of a topic in whatever order of partitions the ledger has them, while
 * the broker sends them in another. What comes too early waits, up to a limit; beyond it the topic
 * is read again for what is wanted alone.
 */

#include <stdbool.h>
#include <stdint.h>

#include "mentor/base/check.h"
#include "mentor/port/record.h"
#include "mentor/port/topic.h"

struct err;
struct feed_record;

struct feed_partition {
    int32_t partition;
    int64_t low;               /* the first record there is */
    int64_t high;              /* one after the last, when it was asked */
    int64_t next;              /* where it goes on, with what waits passed over */
    int64_t passed;            /* records that nobody asked for, between those that were */
    bool on;                   /* being read */
    struct feed_record *first; /* owned; waiting, offsets rise */
    struct feed_record *last;
};

struct feed {
    struct topic_reader reader;
    const char *topic;
    size_t limit; /* bytes that may wait */
    size_t waiting;
    struct feed_partition *partitions; /* owned */
    uint32_t count;
    struct feed_record *lent; /* owned; handed out last */
};

/* Asks for the topic's bounds; the reader is borrowed. feed_release() also after false. */
MUST_CHECK bool feed_open(struct feed *feed,
                          const struct topic_reader *reader,
                          const char *topic,
                          size_t limit,
                          struct err *err);
void feed_release(struct feed *feed);

/* NULL when the topic has none of that number. */
struct feed_partition *feed_partition_of(struct feed *feed, int32_t partition);

/*
 * 1: the record at the offset, borrowed until the next call. 0: the log has none there. -1: *err.
 * Offsets of one partition rise from call to call; what lies between is passed over, and what lies
 * before is not there.
 */
int feed_record(struct feed *feed,
                struct feed_partition *from,
                int64_t offset,
                const struct record **record,
                struct err *err);

#endif /* MENTOR_SRC_APP_REPLAY_FEED_H */
