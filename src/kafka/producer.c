#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "mentor/base/clock.h"
#include "mentor/base/err.h"
#include "mentor/base/log.h"
#include "mentor/kafka/kafka.h"

#include "outlet.h"
#include "ring.h"

/*
 * One rd_kafka_t at a time. The first error it reports makes it broken: nothing is known of what
 * follows, every call says ERR_RETRY, and begin() or purge() makes a new one. Delivery reports are
 * served on the caller's thread, inside rd_kafka_poll.
 *
 * A report's opaque is source partition and number in its ring, so that nothing is allocated for an
 * output.
 */

enum {
    FULL_MS = 30000,  /* without an acknowledgement, while the queue is full */
    PURGE_MS = 2000,  /* for what is in flight */
    POLL_EVERY = 512, /* outputs */
    NUMBER_BITS = 33, /* of the opaque; the rest is the partition, 31 bits */
};

#define NUMBER_MASK ((UINT64_C(1) << NUMBER_BITS) - 1)

_Static_assert(sizeof(void *) == sizeof(uint64_t), "an opaque holds partition and number");

struct producer {
    struct outlet outlet;
    struct rings rings;
    uint64_t acknowledged; /* reports without error, ever */
    uint32_t unpolled;     /* outputs since reports were served */
    bool purging;
    uint32_t purged;
    bool broken;
    char why[256];
};

static void *opaque_of(int32_t partition, uint64_t number)
{
    uint64_t both = ((uint64_t)partition << NUMBER_BITS) | (number & NUMBER_MASK);
    return (void *)(uintptr_t)both; /* NOLINT(performance-no-int-to-ptr) */
}

static void break_down(struct producer *producer, rd_kafka_resp_err_t code, const char *what)
{
    if (producer->broken) {
        return;
    }
    char fatal[192] = "";
    rd_kafka_resp_err_t reason = rd_kafka_fatal_error(producer->outlet.rk, fatal, sizeof(fatal));
    producer->broken = true;
    (void)snprintf(producer->why,
                   sizeof(producer->why),
                   "%s: %s%s%s",
                   what,
                   rd_kafka_err2name(code),
                   reason == RD_KAFKA_RESP_ERR_NO_ERROR ? "" : ", ",
                   fatal);
    LOG(LOG_LEVEL_WARN, "producer.broken", LOG_TEXT("why", producer->why));
}

static void on_delivery(rd_kafka_t *rk, const rd_kafka_message_t *message, void *opaque)
{
    struct producer *producer = opaque;
    uint64_t both = (uint64_t)(uintptr_t)message->_private;
    struct ring *ring = rings_at(&producer->rings, (int32_t)(both >> NUMBER_BITS));
    uint64_t number =
        ring->first + ((both - ring->first) & NUMBER_MASK); /* the nearest one from first on */
    (void)rk;
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        producer->acknowledged++;
        ring_settle(ring, number);
        return;
    }
    if (producer->purging && (message->err == RD_KAFKA_RESP_ERR__PURGE_QUEUE ||
                              message->err == RD_KAFKA_RESP_ERR__PURGE_INFLIGHT)) {
        producer->purged++;
        return;
    }
    const struct ring_output *output = ring_find(ring, number);
    outlet_failed(&producer->outlet,
                  message->err,
                  output != NULL && output->dlq,
                  output == NULL ? 0 : output->size);
    break_down(producer, message->err, rd_kafka_topic_name(message->rkt));
}

static bool rebuild(struct producer *producer, struct err *err)
{
    rings_forget(&producer->rings);
    producer->broken = false;
    producer->unpolled = 0;
    return outlet_open(&producer->outlet, NULL, on_delivery, producer, err);
}

static bool is_well(const struct producer *producer, struct err *err)
{
    if (producer->outlet.rk == NULL) {
        return err_set(
            err, ERR_RETRY, "the Kafka producer could not be made again; purge makes it");
    }
    if (producer->broken) {
        return err_set(err,
                       ERR_RETRY,
                       "the Kafka producer is broken and will be made again: %s",
                       producer->why);
    }
    return true;
}

static bool serve(struct producer *producer, int wait_ms, struct err *err)
{
    if (!is_well(producer, err)) {
        return false;
    }
    producer->unpolled = 0;
    (void)rd_kafka_poll(producer->outlet.rk, wait_ms);
    if (rd_kafka_fatal_error(producer->outlet.rk, NULL, 0) != RD_KAFKA_RESP_ERR_NO_ERROR) {
        break_down(producer, RD_KAFKA_RESP_ERR__FATAL, "producer");
    }
    return is_well(producer, err);
}

static bool sink_begin(void *self, int32_t partition, int64_t emitted_offset, struct err *err)
{
    struct producer *producer = self;
    if ((producer->broken || producer->outlet.rk == NULL) && !rebuild(producer, err)) {
        return false;
    }
    ring_begin(rings_at(&producer->rings, partition), emitted_offset);
    return true;
}

/* Waits for room as long as acknowledgements come. */
static rd_kafka_resp_err_t queue(
    struct producer *producer, const struct record *record, bool dlq, void *opaque, uint32_t *size)
{
    struct clock clock = clock_system();
    struct err ignored;
    uint64_t acknowledged = producer->acknowledged;
    int64_t since_us = clock.mono_us(clock.self);
    for (;;) {
        rd_kafka_resp_err_t code = outlet_queue(&producer->outlet, record, dlq, opaque, size);
        if (code != RD_KAFKA_RESP_ERR__QUEUE_FULL) {
            return code;
        }
        if (!serve(producer, 20, &ignored)) {
            return RD_KAFKA_RESP_ERR__FATAL;
        }
        int64_t now_us = clock.mono_us(clock.self);
        if (producer->acknowledged != acknowledged) {
            acknowledged = producer->acknowledged;
            since_us = now_us;
        } else if (now_us - since_us > FULL_MS * INT64_C(1000)) {
            return RD_KAFKA_RESP_ERR__QUEUE_FULL;
        }
    }
}

static bool sink_send(void *self, const struct record *record, bool dlq, struct err *err)
{
    struct producer *producer = self;
    struct ring *ring = rings_at(&producer->rings, record->partition);
    if (!is_well(producer, err) || !ring_is_begun(ring, record->partition, err)) {
        return false;
    }
    void *opaque = opaque_of(record->partition, ring->next);
    uint32_t size = 0;
    rd_kafka_resp_err_t code = queue(producer, record, dlq, opaque, &size);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
        break_down(producer, code, "cannot queue an output");
        return is_well(producer, err);
    }
    ring_add(ring, (struct ring_output){.offset = record->offset, .size = size, .dlq = dlq});
    producer->unpolled++;
    return producer->unpolled < POLL_EVERY || serve(producer, 0, err);
}

static bool sink_sent(void *self, int32_t partition, int64_t next_offset, struct err *err)
{
    struct producer *producer = self;
    if (!is_well(producer, err)) {
        return false;
    }
    ring_pass(rings_at(&producer->rings, partition), next_offset);
    return true;
}

static bool sink_settled(void *self, int32_t partition, int64_t *emitted_offset, struct err *err)
{
    struct producer *producer = self;
    if (!serve(producer, 0, err)) {
        return false;
    }
    const struct ring *ring = rings_at(&producer->rings, partition);
    if (!ring_is_begun(ring, partition, err)) {
        return false;
    }
    *emitted_offset = ring_emitted(ring);
    return true;
}

static bool sink_flush(void *self, uint32_t wait_ms, struct err *err)
{
    struct producer *producer = self;
    if (!is_well(producer, err)) {
        return false;
    }
    rd_kafka_resp_err_t code = rd_kafka_flush(producer->outlet.rk, (int)wait_ms);
    if (!serve(producer, 0, err)) {
        return false;
    }
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return err_set(err,
                       ERR_RETRY,
                       "%d outputs are not acknowledged by Kafka after %" PRIu32 " ms",
                       rd_kafka_outq_len(producer->outlet.rk),
                       wait_ms);
    }
    return true;
}

/*
 * What is purged from the queue leaves a hole in the idempotent producer's sequence numbers, and
 * what stays in flight would be reported later: either way a new producer. In-flight requests
 * themselves are never purged: that is fatal here.
 */
static bool sink_purge(void *self, struct err *err)
{
    struct producer *producer = self;
    if (producer->outlet.rk == NULL || producer->broken) {
        return rebuild(producer, err);
    }
    producer->purging = true;
    producer->purged = 0;
    (void)rd_kafka_purge(producer->outlet.rk, RD_KAFKA_PURGE_F_QUEUE);
    rd_kafka_resp_err_t code = rd_kafka_flush(producer->outlet.rk, PURGE_MS);
    producer->purging = false;
    rings_forget(&producer->rings);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR || producer->purged > 0 || producer->broken) {
        return rebuild(producer, err);
    }
    return true;
}

struct producer *producer_open(const struct kafka_settings *settings, struct err *err)
{
    struct producer *producer = calloc(1, sizeof(*producer));
    CHECK(producer != NULL);
    outlet_init(&producer->outlet, settings);
    if (!outlet_open(&producer->outlet, NULL, on_delivery, producer, err)) {
        producer_close(&producer);
    }
    return producer;
}

void producer_close(struct producer **producer)
{
    if (*producer == NULL) {
        return;
    }
    outlet_close(&(*producer)->outlet);
    rings_release(&(*producer)->rings);
    free(*producer);
    *producer = NULL;
}

struct sink producer_sink(struct producer *producer)
{
    return (struct sink){
        .begin = sink_begin,
        .send = sink_send,
        .sent = sink_sent,
        .settled = sink_settled,
        .flush = sink_flush,
        .purge = sink_purge,
        .self = producer,
    };
}
