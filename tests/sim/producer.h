#ifndef TESTS_SIM_PRODUCER_H
#define TESTS_SIM_PRODUCER_H

/*
 * The sink: an idempotent producer as librdkafka and src/kafka/producer.c behave together; which
 * outputs are acknowledged is kept by the real src/kafka/ring.c.
 */

#include "mentor/port/sink.h"

#include "../../src/kafka/ring.h"
#include "broker.h"

enum {
    PRODUCER_MESSAGES = 192,
};

enum message_state {
    MESSAGE_QUEUED,
    MESSAGE_SENT,     /* in a request */
    MESSAGE_REPORTED, /* acknowledged, and the report not served */
    MESSAGE_SERVED,
};

struct message {
    int32_t partition; /* of the source */
    int64_t offset;
    bool dlq;
    struct bytes bytes; /* all of it: key, value, headers */
    struct bytes value;
    uint32_t out;    /* output partition */
    uint64_t number; /* in its ring */
    enum message_state state;
    bool given_back; /* its partition was given back while it was queued */
    const char *cpr; /* that must not occur in it */
    uint8_t citizen[CITIZEN_REF_SIZE];
    int64_t citizen_seq;
};

struct producer {
    uint64_t session; /* of the producer: a new one is another to the broker */
    struct message *messages[PRODUCER_MESSAGES];
    uint32_t message_count;
    bool pumping[OUT_PARTITIONS]; /* a request is under way, or about to be sent */
    struct ring rings[BROKER_PARTITIONS];
    bool broken;
};

struct sink producer_port(struct actor *actor);
/* As it would be produced. */
struct message *producer_message(const struct record *record, bool dlq);
void producer_begin(struct actor *actor);
void producer_crash(struct actor *actor);
/* The group has its partitions back: nothing that is queued may go out any more. */
void producer_given_back(struct actor *actor);

#endif /* TESTS_SIM_PRODUCER_H */
