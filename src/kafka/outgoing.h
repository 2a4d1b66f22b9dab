#ifndef KAFKA_OUTGOING_H
#define KAFKA_OUTGOING_H

/* A record on its way into librdkafka's queue. */

#include <stddef.h>

#include <librdkafka/rdkafka.h>

#include "mentor/base/check.h"
#include "mentor/port/record.h"

/*
 * Copies key, value and headers and queues them; the partition follows from the key, the timestamp
 * is now (one carried over could be refused by the other topic). Does not wait. `opaque` comes back
 * in the delivery report.
 */
MUST_CHECK rd_kafka_resp_err_t outgoing_queue(rd_kafka_t *rk,
                                              rd_kafka_topic_t *topic,
                                              const struct record *record,
                                              void *opaque);

/* About what it takes on the wire, never less. */
size_t outgoing_size(const struct record *record);

#endif /* KAFKA_OUTGOING_H */
