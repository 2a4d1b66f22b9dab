#ifndef KAFKA_CONSUMER_H
#define KAFKA_CONSUMER_H

/* The group member's insides, shared by consumer_client.c (the client), consumer.c (reading) and
 * offsets.c (what the group has stored). */

#include "mentor/base/check.h"
#include "mentor/kafka/kafka.h"

#include "hanging.h"
#include "held.h"
#include "waker.h"

enum {
    OFFSETS_METADATA_SIZE = 256,
};

/* What the broker said of one partition when it was asked about all that are assigned. Handed out
 * once: who asks again gets a new answer. */
struct broker_answer {
    bool has_bounds;
    bool has_committed;
    int64_t low;
    int64_t high;
    int64_t committed; /* -1: nothing */
    char metadata[OFFSETS_METADATA_SIZE];
};

struct consumer {
    struct kafka_settings settings;
    rd_kafka_t *rk; /* NULL after leave(): the next poll makes a new one */
    bool joined;    /* subscribed */
    bool assigned;  /* poll() has told so, and no revocation was answered since; read or not */
    bool reading;   /* start() was called, and stop() was not since */
    bool settling;  /* revoked or lost, and stop() was not called since: no record is handed out */
    bool closing;   /* the rebalance callback must answer for itself */
    bool alone;     /* no broker answers, and poll() has not said so yet */
    bool failed;    /* fatally: the next poll makes a new client */
    enum source_event change; /* what the group said and poll() has not told yet */
    uint32_t change_count;    /* how often a callback has ended a poll */
    int32_t *partitions;      /* the last assignment that partitions() has told */
    uint32_t partition_count;
    int32_t generation; /* the group's, as it was given */
    int32_t *granted;   /* the one that it tells next; NULL: none */
    uint32_t granted_count;
    int32_t granted_generation;
    struct broker_answer *answers; /* owned; beside partitions, NULL before one is asked */
    struct held held;
    struct waker waker;
    struct transactor *transactor; /* borrowed; NULL: positions are committed at once */
    undoing_fn *tell;              /* before an undo (undo.h) */
    void *tell_context;
    int64_t undo_tried_us; /* 0: not since the last answer */
    struct hanging_time hanging;
};

/* consumer_client.c: a client with these settings, which the first consumer_client_join or poll
 * lets join. */
bool consumer_client_open(struct consumer *consumer, struct err *err);
/* Opens one when there is none. */
bool consumer_client_join(struct consumer *consumer, struct err *err);
/* Leaves the group; every record's life ends. */
void consumer_client_close(struct consumer *consumer);

/* ERR_HALT when another member has joined under our group.instance.id, which `code` or the client
 * says. */
bool consumer_replaced(const struct consumer *consumer, rd_kafka_resp_err_t code, struct err *err);

/* ERR_FENCED when there is no client to ask with. */
MUST_CHECK bool offsets_ready(const struct consumer *consumer, struct err *err);
/* When the assignment or what is committed changes, and when reading begins. */
void offsets_forget(struct consumer *consumer);
bool offsets_bounds(void *self, int32_t partition, int64_t *low, int64_t *high, struct err *err);
bool offsets_count(void *self, int32_t *count, struct err *err);
bool offsets_committed(
    void *self, int32_t partition, int64_t *offset, char *metadata, uint32_t size, struct err *err);
bool offsets_commit(void *self, const struct position *positions, uint32_t count, struct err *err);
/* recall.c: source.recall. */
bool consumer_recall(void *self, struct recall *recalls, uint32_t count, struct err *err);
bool offsets_prove(void *self, const struct position *positions, uint32_t count, struct err *err);
/* The assignment's partitions, without offsets; the caller destroys it. */
rd_kafka_topic_partition_list_t *offsets_assigned(const struct consumer *consumer);

/* emitted_offset of each, with metadata; the caller destroys it. */
rd_kafka_topic_partition_list_t *
offsets_list(const struct consumer *consumer, const struct position *positions, uint32_t count);

#endif /* KAFKA_CONSUMER_H */
