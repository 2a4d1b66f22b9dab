#ifndef TESTS_SIM_RDKAFKA_H
#define TESTS_SIM_RDKAFKA_H

/*
 * In place of librdkafka, as much of it as src/kafka's transactional files call: rdkafka.c the
 * producer, rdkafka_group.c what the group is asked, rdkafka_logs.c the output logs,
 * rdkafka_parts.c lists and errors. A client is gone with its process; what it has sent arrives all
 * the same.
 */

#include <librdkafka/rdkafka.h>

#include "coordinator.h"

struct actor;
struct message;
struct call;

enum {
    RDKAFKA_MESSAGES = 16, /* a transaction */
    RDKAFKA_OFFERS = 4,
};

struct rd_kafka_topic_s {
    rd_kafka_t *rk;
    const char *name;
    uint32_t first; /* its partitions among the outputs */
    uint32_t count;
};

struct rd_kafka_s {
    struct actor *actor;
    uint64_t life;
    bool closed;
    const char *id; /* NULL: a consumer's */
    struct identity identity;
    struct call *init;          /* the first call, until it is answered */
    rd_kafka_resp_err_t failed; /* 0: well */
    bool open;                  /* a transaction, by its own account */
    bool changed;               /* and at the coordinator */
    bool registered[OUT_PARTITIONS];
    bool pumping[OUT_PARTITIONS];
    const struct message *messages[RDKAFKA_MESSAGES];
    void *items[RDKAFKA_MESSAGES]; /* the caller's */
    uint32_t outs[RDKAFKA_MESSAGES];
    bool sent[RDKAFKA_MESSAGES];
    uint32_t message_count;
    void (*delivered)(rd_kafka_t *rk, const rd_kafka_message_t *message, void *opaque);
    void *opaque;
    uint32_t unacknowledged;
};

/* `id` NULL: a consumer, which is only asked about the group. */
rd_kafka_t *rdkafka_open(struct actor *actor, const char *id);
void rdkafka_close(rd_kafka_t *rk);
/* message NULL: an empty one. `item` goes with the report. */
void rdkafka_queue(rd_kafka_t *rk, const struct message *message, uint32_t out, void *item);
/* There and back; false: no answer by then. */
bool rdkafka_round_trip(const struct actor *actor, int64_t until_us);
rd_kafka_error_t *rdkafka_error(rd_kafka_resp_err_t code, bool retriable);
/* The membership as the client knows it; generation -1: none. */
struct rd_kafka_consumer_group_metadata_s {
    uint64_t member;
    int64_t generation;
};

/* In place of app/outcome.c's: of what reader_next has given. */
bool rdkafka_origin(const struct record *output,
                    const char *topic,
                    int32_t *partition,
                    int64_t *offset);

#endif /* TESTS_SIM_RDKAFKA_H */
