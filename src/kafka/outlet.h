#ifndef KAFKA_OUTLET_H
#define KAFKA_OUTLET_H

/*
 * A client that writes decisions and DLQ records; made anew as often as it breaks. What a broker's
 * refusal of a size has taught stays: first the batch is the suspect, then the record.
 */

#include <librdkafka/rdkafka.h>

#include "mentor/base/check.h"
#include "mentor/kafka/kafka.h"

struct outlet {
    struct kafka_settings settings;
    rd_kafka_t *rk; /* NULL before outlet_open, and when it failed */
    rd_kafka_topic_t *decisions;
    rd_kafka_topic_t *dlq;
    bool small_batches;
    bool size_refused;     /* by this rd_kafka_t */
    uint32_t refused_size; /* the largest DLQ record it refused */
    uint32_t dlq_limit;    /* DLQ records of this size go as stubs */
};

typedef void outlet_delivery(rd_kafka_t *rk, const rd_kafka_message_t *message, void *opaque);

/* The settings' texts are borrowed. */
void outlet_init(struct outlet *outlet, const struct kafka_settings *settings);
/*
 * A new client, with what was learnt; closes the old one. transactional_id NULL: idempotent only.
 * Reports go to on_delivery with `opaque`. ERR_FATAL on settings that do not go together.
 */
MUST_CHECK bool outlet_open(struct outlet *outlet,
                            const char *transactional_id,
                            outlet_delivery *on_delivery,
                            void *opaque,
                            struct err *err);
/* What is queued or on its way is dropped without a report. */
void outlet_close(struct outlet *outlet);

/*
 * Queues a copy; *size is about what it takes on the wire. A DLQ record that the topic does not
 * take goes without its value (stub.h); the bytes stay in quarantine. _QUEUE_FULL: nothing was
 * queued.
 */
rd_kafka_resp_err_t outlet_queue(
    struct outlet *outlet, const struct record *record, bool dlq, void *opaque, uint32_t *size);
/* Learns from a report that failed: its record, when it is known, had this size. */
void outlet_failed(struct outlet *outlet, rd_kafka_resp_err_t code, bool dlq, uint32_t size);

#endif /* KAFKA_OUTLET_H */
