#ifndef MENTOR_PORT_TOPIC_H
#define MENTOR_PORT_TOPIC_H

/* A topic as a person's commands use it: `tail` reads one, `publish` writes one. No group, no
 * promise of order. */

#include <stdbool.h>
#include <stdint.h>

#include "mentor/port/record.h"

struct err;

struct topic_bounds {
    int32_t partition;
    int64_t low;  /* the first offset there is */
    int64_t high; /* the one after the last */
};

struct topic_reader {
    /* Borrowed until the next call; ERR_RETRY when the broker does not answer within wait_ms. */
    bool (*bounds)(void *self,
                   uint32_t wait_ms,
                   const struct topic_bounds **bounds,
                   uint32_t *count,
                   struct err *err);
    /* Begins reading; offsets[i] belongs to bounds[i]; -1 leaves the partition out. */
    bool (*start)(void *self, const int64_t *offsets, struct err *err);
    /* 1: *record is filled, borrowed until the next call. 0: nothing within wait_ms. -1: *err. */
    int (*next)(void *self, uint32_t wait_ms, struct record *record, struct err *err);
    /* Whether next() has come to the end of every partition being read. What is there may lie below
     * `high`: markers. */
    bool (*at_end)(void *self);
    void *self;
};

struct topic_writer {
    /* The cluster's id, borrowed until the writer goes; ERR_RETRY when no broker answers within
     * wait_ms. */
    bool (*cluster)(void *self, uint32_t wait_ms, const char **cluster, struct err *err);
    /* Copies and queues; waits while the queue is full. Keyed by murmur2_random, as Java's
     * producers are. */
    bool (*write)(void *self, const struct record *record, struct err *err);
    /* Waits until all is acknowledged; ERR_RETRY after wait_ms, saying how many are not. */
    bool (*flush)(void *self, uint32_t wait_ms, struct err *err);
    void *self;
};

#endif /* MENTOR_PORT_TOPIC_H */
