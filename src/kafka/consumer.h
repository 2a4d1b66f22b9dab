#ifndef KAFKA_CONSUMER_H
#define KAFKA_CONSUMER_H

/* The group member's insides, shared by consumer.c (membership, reading) and offsets.c (what the
 * group has stored). */

#include "mentor/kafka/kafka.h"

#include "held.h"
#include "waker.h"

struct consumer {
    struct kafka_settings settings;
    rd_kafka_t *rk; /* NULL after leave(): the next poll makes a new one */
    bool joined;    /* subscribed */
    bool reading;   /* start() was called, and stop() was not since */
    bool ours;      /* start() was called, and no revocation was answered since */
    bool settling;  /* revoked or lost, and stop() was not called since: no record is handed out */
    bool closing;   /* the rebalance callback must answer for itself */
    bool alone;     /* no broker answers, and poll() has not said so yet */
    bool failed;    /* fatally: the next poll makes a new client */
    enum source_event change; /* what the group said and poll() has not told yet */
    int32_t *partitions;      /* the last assignment */
    uint32_t partition_count;
    struct held held;
    struct waker waker;
};

bool offsets_bounds(void *self, int32_t partition, int64_t *low, int64_t *high, struct err *err);
bool offsets_committed(
    void *self, int32_t partition, int64_t *offset, char *metadata, uint32_t size, struct err *err);
bool offsets_commit(void *self, const struct position *positions, uint32_t count, struct err *err);

#endif /* KAFKA_CONSUMER_H */
