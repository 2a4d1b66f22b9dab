#include <inttypes.h>
#include <stdlib.h>

#include "mentor/base/clock.h"
#include "mentor/base/err.h"
#include "mentor/kafka/kafka.h"

#include "bounds.h"
#include "held.h"
#include "rdlog.h"
#include "settings.h"

/* librdkafka's older calls: they alone read without a group's name, so that no group's permission
 * is asked for. */

enum {
    AGAIN_MS = 50,
};

struct reading {
    bool on;
    bool ended; /* since the last record of it */
};

struct reader {
    struct kafka_settings settings;
    rd_kafka_t *rk;
    rd_kafka_topic_t *topic;
    rd_kafka_queue_t *queue;
    struct topic_bounds *bounds;
    struct reading *readings; /* beside bounds */
    uint32_t count;
    struct held held; /* the record handed out last */
};

static void stop(struct reader *reader)
{
    for (uint32_t i = 0; i < reader->count; i++) {
        if (reader->readings[i].on) {
            (void)rd_kafka_consume_stop(reader->topic, reader->bounds[i].partition);
        }
        reader->readings[i] = (struct reading){.on = false};
    }
}

static bool partitions_find(struct reader *reader, int wait_ms, struct err *err)
{
    const struct rd_kafka_metadata *metadata = NULL;
    const char *name = rd_kafka_topic_name(reader->topic);
    rd_kafka_resp_err_t code = rd_kafka_metadata(reader->rk, 0, reader->topic, &metadata, wait_ms);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return err_set(err,
                       ERR_RETRY,
                       "topic %s cannot be looked up: %s; check --kafka-brokers",
                       name,
                       rd_kafka_err2str(code));
    }
    const struct rd_kafka_metadata_topic *topic = &metadata->topics[0];
    bool done = metadata->topic_cnt == 1 && topic->err == RD_KAFKA_RESP_ERR_NO_ERROR;
    if (done) {
        size_t count = (size_t)topic->partition_cnt;
        free(reader->bounds);
        free(reader->readings);
        reader->bounds = calloc(count, sizeof(struct topic_bounds));
        reader->readings = calloc(count, sizeof(struct reading));
        reader->count = (uint32_t)count;
        CHECK(count > 0);
        CHECK(reader->bounds != NULL);
        CHECK(reader->readings != NULL);
        for (size_t i = 0; i < count; i++) {
            reader->bounds[i].partition = topic->partitions[i].id;
        }
    } else {
        (void)err_set(err, ERR_RETRY, "topic %s: %s", name, rd_kafka_err2str(topic->err));
    }
    rd_kafka_metadata_destroy(metadata);
    return done;
}

static int left_ms(int64_t until_us)
{
    struct clock clock = clock_system();
    int64_t left = (until_us - clock.mono_us(clock.self)) / 1000;
    return left < 1 ? 1 : (int)left;
}

static bool ends_find(struct reader *reader, int64_t until_us, struct err *err)
{
    const char *name = rd_kafka_topic_name(reader->topic);
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)reader->count);
    for (uint32_t i = 0; i < reader->count; i++) {
        (void)rd_kafka_topic_partition_list_add(list, name, reader->bounds[i].partition);
    }
    rd_kafka_resp_err_t code =
        bounds_ask(reader->rk, list, RD_KAFKA_OFFSET_BEGINNING, left_ms(until_us));
    for (uint32_t i = 0; i < reader->count; i++) {
        reader->bounds[i].low = list->elems[i].offset;
    }
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
        code = bounds_ask(reader->rk, list, RD_KAFKA_OFFSET_END, left_ms(until_us));
    }
    for (uint32_t i = 0; i < reader->count; i++) {
        reader->bounds[i].high = list->elems[i].offset;
    }
    rd_kafka_topic_partition_list_destroy(list);
    return code == RD_KAFKA_RESP_ERR_NO_ERROR ||
           err_set(
               err, ERR_RETRY, "the bounds of %s cannot be had: %s", name, rd_kafka_err2str(code));
}

/* A topic that was just made, or whose leader moves, answers a little later. */
static bool reader_bounds(void *self,
                          uint32_t wait_ms,
                          const struct topic_bounds **bounds,
                          uint32_t *count,
                          struct err *err)
{
    struct reader *reader = self;
    struct clock clock = clock_system();
    int64_t until_us = clock.mono_us(clock.self) + (int64_t)wait_ms * 1000;
    stop(reader);
    while (!partitions_find(reader, left_ms(until_us), err) || !ends_find(reader, until_us, err)) {
        if (clock.mono_us(clock.self) >= until_us) {
            return false;
        }
        clock.sleep_ms(clock.self, AGAIN_MS);
    }
    *bounds = reader->bounds;
    *count = reader->count;
    return true;
}

static bool reader_start(void *self, const int64_t *offsets, struct err *err)
{
    struct reader *reader = self;
    stop(reader);
    for (uint32_t i = 0; i < reader->count; i++) {
        int32_t partition = reader->bounds[i].partition;
        if (offsets[i] < 0) {
            continue;
        }
        if (rd_kafka_consume_start_queue(reader->topic, partition, offsets[i], reader->queue) !=
            0) {
            return err_set(err,
                           ERR_RETRY,
                           "cannot read %s/%" PRId32 " at %" PRId64 ": %s",
                           rd_kafka_topic_name(reader->topic),
                           partition,
                           offsets[i],
                           rd_kafka_err2str(rd_kafka_last_error()));
        }
        reader->readings[i].on = true;
    }
    return true;
}

static struct reading *reading_of(struct reader *reader, int32_t partition)
{
    for (uint32_t i = 0; i < reader->count; i++) {
        if (reader->bounds[i].partition == partition && reader->readings[i].on) {
            return &reader->readings[i];
        }
    }
    return NULL;
}

/* What is no record: 0 when it passes by itself. */
static int on_error(struct reader *reader, const rd_kafka_message_t *message, struct err *err)
{
    struct reading *reading = reading_of(reader, message->partition);
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        if (reading != NULL) {
            reading->ended = true;
        }
        return 0;
    }
    if (message->err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET ||
        message->err == RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE) {
        (void)err_set(err,
                      ERR_FATAL,
                      "%s/%" PRId32 " has no offset to read from: it is outside the log",
                      rd_kafka_topic_name(reader->topic),
                      message->partition);
        return -1;
    }
    rdlog_passing(reader->rk, message->err, rd_kafka_message_errstr(message));
    return 0;
}

static int reader_next(void *self, uint32_t wait_ms, struct record *record, struct err *err)
{
    struct reader *reader = self;
    held_drop(&reader->held, UINT32_MAX);
    rd_kafka_message_t *message = rd_kafka_consume_queue(reader->queue, (int)wait_ms);
    if (message == NULL) {
        (void)rd_kafka_poll(reader->rk, 0);
        return 0;
    }
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        struct reading *reading = reading_of(reader, message->partition);
        held_add(&reader->held, message, record);
        if (reading != NULL) {
            reading->ended = false;
        }
        return reading != NULL ? 1 : 0;
    }
    int result = on_error(reader, message, err);
    rd_kafka_message_destroy(message);
    return result;
}

static bool reader_at_end(void *self)
{
    const struct reader *reader = self;
    for (uint32_t i = 0; i < reader->count; i++) {
        if (reader->readings[i].on && !reader->readings[i].ended) {
            return false;
        }
    }
    return true;
}

static struct reader *reader_make(const struct kafka_settings *settings,
                                  const char *topic,
                                  const char *isolation_level,
                                  struct err *err)
{
    rd_kafka_conf_t *conf = settings_conf(settings, CLIENT_READER, err);
    if (conf == NULL) {
        return NULL;
    }
    CHECK(rd_kafka_conf_set(conf, "isolation.level", isolation_level, NULL, 0) == RD_KAFKA_CONF_OK);
    struct reader *reader = calloc(1, sizeof(*reader));
    CHECK(reader != NULL);
    reader->settings = *settings;
    reader->rk = client_new(conf, CLIENT_READER, err);
    if (reader->rk == NULL) {
        goto fail;
    }
    reader->topic = rd_kafka_topic_new(reader->rk, topic, NULL);
    if (reader->topic == NULL) {
        (void)err_set(err, ERR_FATAL, "%s is no topic name", topic);
        goto fail;
    }
    reader->queue = rd_kafka_queue_new(reader->rk);
    return reader;

fail:
    reader_close(&reader);
    return NULL;
}

struct reader *
reader_open(const struct kafka_settings *settings, const char *topic, struct err *err)
{
    return reader_make(settings, topic, "read_committed", err);
}

struct reader *
reader_open_uncommitted(const struct kafka_settings *settings, const char *topic, struct err *err)
{
    return reader_make(settings, topic, "read_uncommitted", err);
}

void reader_close(struct reader **reader)
{
    struct reader *self = *reader;
    if (self == NULL) {
        return;
    }
    held_release(&self->held);
    stop(self);
    if (self->queue != NULL) {
        rd_kafka_queue_destroy(self->queue);
    }
    if (self->topic != NULL) {
        rd_kafka_topic_destroy(self->topic);
    }
    if (self->rk != NULL) {
        rd_kafka_destroy(self->rk);
    }
    free(self->bounds);
    free(self->readings);
    free(self);
    *reader = NULL;
}

struct topic_reader reader_port(struct reader *reader)
{
    return (struct topic_reader){
        .bounds = reader_bounds,
        .start = reader_start,
        .next = reader_next,
        .at_end = reader_at_end,
        .self = reader,
    };
}
