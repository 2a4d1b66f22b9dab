#ifndef KAFKA_HELD_H
#define KAFKA_HELD_H

/* Messages handed out as records: kept, with the header arrays that point into them, until they are
 * released. */

#include <stdint.h>

#include <librdkafka/rdkafka.h>

#include "mentor/port/record.h"

struct header_chunk;

struct held_message {
    rd_kafka_message_t *message; /* owned */
    struct header_chunk *chunk;  /* where its headers are; NULL for none */
};

struct held {
    struct held_message *messages; /* owned; oldest first */
    uint32_t count;
    uint32_t capacity;
    struct header_chunk *chunks;  /* all there are; kept */
    struct header_chunk *current; /* the one in use; NULL when none is yet */
};

/* Takes the message. *record borrows from it until it is dropped. Allocates only until it has grown
 * to two batches. */
void held_add(struct held *held, rd_kafka_message_t *message, struct record *record);
/* Ends the life of the `count` oldest records, or of all there are; memory is kept. */
void held_drop(struct held *held, uint32_t count);
void held_release(struct held *held);

#endif /* KAFKA_HELD_H */
