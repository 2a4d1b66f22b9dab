#ifndef KAFKA_HELD_H
#define KAFKA_HELD_H

/* Messages handed out as records: kept, with the header arrays that point into them, until they are
 * released. */

#include <stdint.h>

#include <librdkafka/rdkafka.h>

#include "mentor/port/record.h"

struct header_chunk;

struct held {
    rd_kafka_message_t **messages; /* owned */
    uint32_t count;
    uint32_t capacity;
    struct header_chunk *chunks;  /* all there are; kept */
    struct header_chunk *current; /* the one in use; NULL when none is yet */
};

/* Takes the message. *record borrows from it until held_clear. Allocates only until it has grown to
 * a batch. */
void held_add(struct held *held, rd_kafka_message_t *message, struct record *record);
/* Ends the life of every record; memory is kept. */
void held_clear(struct held *held);
void held_release(struct held *held);

#endif /* KAFKA_HELD_H */
