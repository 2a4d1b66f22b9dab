#ifndef KAFKA_WAKER_H
#define KAFKA_WAKER_H

/*
 * Where reading has come to in each partition, and a thread that keeps the reading going.
 * librdkafka 2.0.2 lets a broker's thread sleep up to a second once a partition's local queue is
 * full (queued.min.messages), and only a request through that same thread wakes it (2.2 has
 * fetch.queue.backoff.ms). So while a backlog is there this thread asks every leader for a
 * watermark each 15 ms. Functions are for the consumer's thread.
 */

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <librdkafka/rdkafka.h>

#include "mentor/port/batch.h"

struct waker_partition {
    int32_t partition;
    int32_t leader;        /* -1: not known */
    _Atomic int64_t next;  /* the offset that the consumer's thread wants next */
    int64_t busy_until_us; /* the waker thread's */
};

struct waker {
    rd_kafka_t *rk; /* borrowed */
    rd_kafka_topic_t *topic;
    pthread_t thread;
    pthread_mutex_t mutex; /* guards what follows, but for `next` */
    pthread_cond_t changed;
    bool quit;
    struct waker_partition *partitions;
    uint32_t count;
    uint32_t *slots; /* by partition: its index + 1, or 0 */
    uint32_t slot_count;
};

/* Starts the thread, with nothing to watch. */
void waker_start(struct waker *waker, rd_kafka_t *rk, const char *topic);
/* Ends the thread; takes up to a second when a broker is away. Does nothing when not started.
 */
void waker_stop(struct waker *waker);

/* These partitions are read from these offsets on; count 0: none. */
void waker_watch(struct waker *waker,
                 const struct position *positions,
                 const int64_t *offsets,
                 uint32_t count);

/*
 * A record at `offset` was polled. False when it is none of ours or was handed out before: drop it.
 * Costs an array look-up.
 */
static inline bool waker_polled(struct waker *waker, int32_t partition, int64_t offset)
{
    uint32_t slot = (uint32_t)partition < waker->slot_count ? waker->slots[partition] : 0;
    if (slot == 0) {
        return false;
    }
    struct waker_partition *at = &waker->partitions[slot - 1];
    if (offset < atomic_load_explicit(&at->next, memory_order_relaxed)) {
        return false;
    }
    atomic_store_explicit(&at->next, offset + 1, memory_order_relaxed);
    return true;
}

#endif /* KAFKA_WAKER_H */
