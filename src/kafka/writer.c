#include <inttypes.h>
#include <stdlib.h>

#include "mentor/base/clock.h"
#include "mentor/base/err.h"
#include "mentor/kafka/kafka.h"

#include "outgoing.h"
#include "settings.h"

enum {
    FULL_MS = 30000,
    POLL_EVERY = 512,
};

struct writer {
    rd_kafka_t *rk;
    rd_kafka_topic_t *topic;
    uint64_t acknowledged;
    uint64_t failed;
    uint32_t unpolled;
    char *cluster;            /* librdkafka's; NULL until asked */
    rd_kafka_resp_err_t code; /* of the first that failed */
};

static void on_delivery(rd_kafka_t *rk, const rd_kafka_message_t *message, void *opaque)
{
    struct writer *writer = opaque;
    (void)rk;
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        writer->acknowledged++;
    } else if (writer->failed++ == 0) {
        writer->code = message->err;
    }
}

static bool is_well(const struct writer *writer, struct err *err)
{
    if (writer->failed == 0) {
        return true;
    }
    return err_set(err,
                   ERR_FATAL,
                   "topic %s refused %" PRIu64 " of %" PRIu64 " records: %s",
                   rd_kafka_topic_name(writer->topic),
                   writer->failed,
                   writer->failed + writer->acknowledged,
                   rd_kafka_err2str(writer->code));
}

static bool writer_write(void *self, const struct record *record, struct err *err)
{
    struct writer *writer = self;
    struct clock clock = clock_system();
    int64_t since_us = clock.mono_us(clock.self);
    uint64_t acknowledged = writer->acknowledged;
    if (++writer->unpolled == POLL_EVERY) {
        writer->unpolled = 0;
        (void)rd_kafka_poll(writer->rk, 0);
    }
    while (is_well(writer, err)) {
        rd_kafka_resp_err_t code = outgoing_queue(writer->rk, writer->topic, record, NULL);
        if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
            return true;
        }
        int64_t now_us = clock.mono_us(clock.self);
        if (writer->acknowledged != acknowledged) {
            acknowledged = writer->acknowledged;
            since_us = now_us;
        }
        bool full = code == RD_KAFKA_RESP_ERR__QUEUE_FULL;
        if (!full || now_us - since_us > FULL_MS * INT64_C(1000)) {
            return err_set(err,
                           full ? ERR_RETRY : ERR_FATAL,
                           "cannot write to topic %s: %s",
                           rd_kafka_topic_name(writer->topic),
                           rd_kafka_err2str(code));
        }
        (void)rd_kafka_poll(writer->rk, 20);
    }
    return false;
}

static bool writer_cluster(void *self, uint32_t wait_ms, const char **cluster, struct err *err)
{
    struct writer *writer = self;
    if (writer->cluster == NULL) {
        writer->cluster = rd_kafka_clusterid(writer->rk, (int)wait_ms);
    }
    *cluster = writer->cluster;
    return *cluster != NULL ||
           err_set(err,
                   ERR_RETRY,
                   "no Kafka broker answers within %" PRIu32 " ms; check --kafka-brokers",
                   wait_ms);
}

static bool writer_flush(void *self, uint32_t wait_ms, struct err *err)
{
    struct writer *writer = self;
    rd_kafka_resp_err_t code = rd_kafka_flush(writer->rk, (int)wait_ms);
    if (!is_well(writer, err)) {
        return false;
    }
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return err_set(err,
                       ERR_RETRY,
                       "%d records are not acknowledged by topic %s; check --kafka-brokers",
                       rd_kafka_outq_len(writer->rk),
                       rd_kafka_topic_name(writer->topic));
    }
    return true;
}

struct writer *
writer_open(const struct kafka_settings *settings, const char *topic, struct err *err)
{
    rd_kafka_conf_t *conf = settings_conf(settings, CLIENT_WRITER, err);
    if (conf == NULL) {
        return NULL;
    }
    struct writer *writer = calloc(1, sizeof(*writer));
    CHECK(writer != NULL);
    rd_kafka_conf_set_opaque(conf, writer);
    rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
    writer->rk = client_new(conf, CLIENT_WRITER, err);
    if (writer->rk == NULL) {
        goto fail;
    }
    writer->topic = rd_kafka_topic_new(writer->rk, topic, NULL);
    if (writer->topic == NULL) {
        (void)err_set(err, ERR_FATAL, "%s is no topic name", topic);
        goto fail;
    }
    return writer;

fail:
    writer_close(&writer);
    return NULL;
}

void writer_close(struct writer **writer)
{
    struct writer *self = *writer;
    if (self == NULL) {
        return;
    }
    if (self->topic != NULL) {
        rd_kafka_topic_destroy(self->topic);
    }
    if (self->rk != NULL) {
        if (self->cluster != NULL) {
            rd_kafka_mem_free(self->rk, self->cluster);
        }
        rd_kafka_destroy(self->rk);
    }
    free(self);
    *writer = NULL;
}

struct topic_writer writer_port(struct writer *writer)
{
    return (struct topic_writer){
        .cluster = writer_cluster,
        .write = writer_write,
        .flush = writer_flush,
        .self = writer,
    };
}
