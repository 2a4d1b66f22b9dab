#include "consumer.h"

#include <stdlib.h>

#include "mentor/base/clock.h"
#include "mentor/base/err.h"

#include "membership.h"
#include "rdlog.h"
#include "settings.h"
#include "transactor.h"

/*
 * The group's callback only notes what happened; poll() tells it, and stop() answers a revocation
 * later, from the same thread. librdkafka holds the rebalance until it does. An assignment is
 * answered at once, with nothing to read yet: a worker whose database is away may be long in coming
 * to start(), and a rebalance held until then would keep everybody who joins from working.
 *
 * Nothing is ever paused: a resume that races with an assignment can leave a partition whose
 * records librdkafka takes for outdated and drops for ever. An assignment of nothing pauses as
 * well, and leaves all the work to librdkafka's own thread.
 */

enum {
    LEAVE_MS = 5000,
};

static struct consumer *consumer_of(void *self)
{
    return self;
}

/* Served inside rd_kafka_consumer_poll, so on the consumer's thread. */
static void on_rebalance(rd_kafka_t *rk,
                         rd_kafka_resp_err_t code,
                         rd_kafka_topic_partition_list_t *list,
                         void *opaque)
{
    struct consumer *consumer = opaque;
    if (consumer->closing) {
        (void)rd_kafka_assign(rk, NULL);
        return;
    }
    if (code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
        size_t size = sizeof(int32_t) * (size_t)(list->cnt == 0 ? 1 : list->cnt);
        offsets_forget(consumer);
        consumer->partitions = realloc(consumer->partitions, size);
        CHECK(consumer->partitions != NULL);
        consumer->partition_count = (uint32_t)list->cnt;
        for (int i = 0; i < list->cnt; i++) {
            consumer->partitions[i] = list->elems[i].partition;
        }
        rd_kafka_topic_partition_list_t *nothing = rd_kafka_topic_partition_list_new(0);
        (void)rd_kafka_assign(rk, nothing);
        rd_kafka_topic_partition_list_destroy(nothing);
        consumer->change = SOURCE_ASSIGNED;
        consumer->assigned = true;
    } else {
        consumer->change = rd_kafka_assignment_lost(rk) ? SOURCE_LOST : SOURCE_REVOKED;
        consumer->settling = true;
    }
    rd_kafka_yield(rk); /* so that poll() returns at once */
}

/* Served inside rd_kafka_consumer_poll too. An idle worker hears of an absent broker only here. */
static void on_client_error(rd_kafka_t *rk, int code, const char *reason, void *opaque)
{
    struct consumer *consumer = opaque;
    rdlog_passing(rk, (rd_kafka_resp_err_t)code, reason);
    if (code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) {
        consumer->alone = true;
        rd_kafka_yield(rk);
    }
}

static bool client_open(struct consumer *consumer, struct err *err)
{
    rd_kafka_conf_t *conf = settings_conf(&consumer->settings, CLIENT_CONSUMER, err);
    if (conf == NULL) {
        return false;
    }
    rd_kafka_conf_set_opaque(conf, consumer);
    rd_kafka_conf_set_rebalance_cb(conf, on_rebalance);
    rd_kafka_conf_set_error_cb(conf, on_client_error);
    consumer->rk = client_new(conf, CLIENT_CONSUMER, err);
    if (consumer->rk == NULL) {
        return false;
    }
    (void)rd_kafka_poll_set_consumer(consumer->rk);
    waker_start(&consumer->waker, consumer->rk, consumer->settings.topic_applications);
    return true;
}

static bool join(struct consumer *consumer, struct err *err)
{
    if (consumer->rk == NULL && !client_open(consumer, err)) {
        return false;
    }
    rd_kafka_topic_partition_list_t *topics = rd_kafka_topic_partition_list_new(1);
    (void)rd_kafka_topic_partition_list_add(
        topics, consumer->settings.topic_applications, RD_KAFKA_PARTITION_UA);
    rd_kafka_resp_err_t code = rd_kafka_subscribe(consumer->rk, topics);
    rd_kafka_topic_partition_list_destroy(topics);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return err_set(err,
                       ERR_RETRY,
                       "cannot subscribe to %s: %s",
                       consumer->settings.topic_applications,
                       rd_kafka_err2str(code));
    }
    consumer->joined = true;
    return true;
}

/* Serves the group's farewell; what was fetched is thrown away. A broker that is away gets
 * LEAVE_MS. */
static void group_leave(rd_kafka_t *rk)
{
    struct clock clock = clock_system();
    int64_t until_us = clock.mono_us(clock.self) + LEAVE_MS * INT64_C(1000);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(rk);
    rd_kafka_error_t *error = rd_kafka_consumer_close_queue(rk, queue);
    if (error == NULL) {
        while (!rd_kafka_consumer_closed(rk) && clock.mono_us(clock.self) < until_us) {
            rd_kafka_message_t *message = rd_kafka_consume_queue(queue, 20);
            if (message != NULL) {
                rd_kafka_message_destroy(message);
            }
        }
    } else {
        rd_kafka_error_destroy(error); /* failed fatally: it is out of the group already */
    }
    rd_kafka_queue_destroy(queue);
}

static void client_close(struct consumer *consumer)
{
    held_drop(&consumer->held, UINT32_MAX);
    if (consumer->rk != NULL) {
        waker_stop(&consumer->waker);
        consumer->closing = true;
        (void)rd_kafka_assign(consumer->rk,
                              NULL); /* a rebalance not answered yet would keep it for ever */
        group_leave(consumer->rk);
        rd_kafka_destroy_flags(consumer->rk, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    }
    consumer->rk = NULL;
    consumer->joined = false;
    consumer->assigned = false;
    consumer->reading = false;
    consumer->settling = false;
    consumer->closing = false;
    consumer->failed = false;
    consumer->change = SOURCE_NOTHING;
    offsets_forget(consumer);
    consumer->partition_count = 0;
}

static bool is_fatal(rd_kafka_resp_err_t code)
{
    return code == RD_KAFKA_RESP_ERR__FATAL || code == RD_KAFKA_RESP_ERR__UNKNOWN_GROUP;
}

bool consumer_replaced(const struct consumer *consumer, rd_kafka_resp_err_t code, struct err *err)
{
    if (code != RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID &&
        (consumer->rk == NULL ||
         rd_kafka_fatal_error(consumer->rk, NULL, 0) != RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID)) {
        return false;
    }
    (void)err_set(err,
                  ERR_HALT,
                  "another worker has joined group %s with this group.instance.id and has the "
                  "partitions now: give each worker its own, or end the one that is too many",
                  consumer->settings.group);
    return true;
}

/* What is no record. SOURCE_NOTHING: it passes by itself. */
static enum source_event on_error(struct consumer *consumer,
                                  const rd_kafka_message_t *message,
                                  struct record *record,
                                  struct err *err)
{
    if (consumer_replaced(consumer, message->err, err)) {
        return SOURCE_FAILED;
    }
    if (is_fatal(message->err)) {
        consumer->failed = true;
        (void)err_set(
            err, ERR_RETRY, "the Kafka consumer failed: %s", rd_kafka_message_errstr(message));
        return SOURCE_FAILED;
    }
    *record = (struct record){.partition = message->partition, .offset = message->offset};
    bool ours = consumer->reading && !consumer->settling;
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        return ours ? SOURCE_END : SOURCE_NOTHING;
    }
    if (message->err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET ||
        message->err == RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE) {
        return ours ? SOURCE_RESET : SOURCE_NOTHING;
    }
    rdlog_passing(consumer->rk, message->err, rd_kafka_message_errstr(message));
    return SOURCE_NOTHING;
}

static enum source_event change_take(struct consumer *consumer, struct err *err)
{
    enum source_event change = consumer->change;
    consumer->change = SOURCE_NOTHING;
    if (change == SOURCE_ASSIGNED && consumer->transactor != NULL) {
        rd_kafka_consumer_group_metadata_t *membership = membership_take(consumer->rk, err);
        if (membership == NULL && err->kind != ERR_FENCED) {
            return SOURCE_FAILED;
        }
        transactor_join(consumer->transactor, membership);
    }
    return change;
}

static enum source_event
source_poll(void *self, uint32_t wait_ms, struct record *record, struct err *err)
{
    struct consumer *consumer = consumer_of(self);
    if (consumer_replaced(consumer, RD_KAFKA_RESP_ERR_NO_ERROR, err)) {
        return SOURCE_FAILED;
    }
    if (consumer->failed) {
        client_close(consumer);
    }
    if (!consumer->joined && !join(consumer, err)) {
        return SOURCE_FAILED;
    }
    while (consumer->change == SOURCE_NOTHING) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(consumer->rk, (int)wait_ms);
        if (message == NULL && consumer->alone && consumer->change == SOURCE_NOTHING) {
            consumer->alone = false;
            (void)err_set(err, ERR_RETRY, "no Kafka broker answers; waiting for one");
            return SOURCE_FAILED;
        }
        if (message == NULL) {
            break; /* nothing, or the group spoke */
        }
        if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR && !consumer->settling &&
            waker_polled(&consumer->waker, message->partition, message->offset)) {
            held_add(&consumer->held, message, record);
            return SOURCE_RECORD;
        }
        enum source_event event = SOURCE_NOTHING;
        if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
            event = on_error(consumer, message, record, err);
        }
        rd_kafka_message_destroy(message);
        if (event != SOURCE_NOTHING) {
            return event;
        }
        wait_ms = 0; /* it was not asked to wait twice */
    }
    if (consumer->change != SOURCE_NOTHING &&
        consumer_replaced(consumer, RD_KAFKA_RESP_ERR_NO_ERROR, err)) {
        return SOURCE_FAILED; /* and not a loss like any other: joining again would be a fight */
    }
    return change_take(consumer, err);
}

static void source_release(void *self, uint32_t count)
{
    held_drop(&consumer_of(self)->held, count);
}

static uint32_t source_partitions(void *self, const int32_t **partitions)
{
    struct consumer *consumer = consumer_of(self);
    *partitions = consumer->partitions;
    return consumer->partition_count;
}

static bool
assign(struct consumer *consumer, const rd_kafka_topic_partition_list_t *list, struct err *err)
{
    rd_kafka_resp_err_t code = rd_kafka_assign(consumer->rk, list);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
        return true;
    }
    return err_set(err,
                   ERR_RETRY,
                   "cannot %s partitions of %s: %s",
                   list == NULL ? "give back" : "take",
                   consumer->settings.topic_applications,
                   rd_kafka_err2str(code));
}

static bool source_start(void *self,
                         const struct position *positions,
                         const int64_t *offsets,
                         uint32_t count,
                         struct err *err)
{
    struct consumer *consumer = consumer_of(self);
    offsets_forget(consumer);
    if (!consumer->joined) {
        return err_set(err, ERR_FENCED, "not in the group %s", consumer->settings.group);
    }
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)count);
    for (uint32_t i = 0; i < count; i++) {
        rd_kafka_topic_partition_list_add(
            list, consumer->settings.topic_applications, positions[i].partition)
            ->offset = offsets[i];
    }
    waker_watch(&consumer->waker, positions, offsets, count);
    bool done = assign(consumer, list, err);
    rd_kafka_topic_partition_list_destroy(list);
    consumer->reading = done;
    consumer->settling = false;
    return done;
}

static void source_undoing(void *self, undoing_fn *tell, void *context)
{
    struct consumer *consumer = consumer_of(self);
    consumer->tell = tell;
    consumer->tell_context = context;
}

static bool source_stop(void *self, struct err *err)
{
    struct consumer *consumer = consumer_of(self);
    consumer->assigned = consumer->assigned && !consumer->settling;
    consumer->reading = false;
    consumer->settling = false;
    if (consumer->rk == NULL) {
        return true;
    }
    waker_watch(&consumer->waker, NULL, NULL, 0);
    return assign(consumer, NULL, err);
}

static bool source_leave(void *self, struct err *err)
{
    (void)err;
    client_close(consumer_of(self));
    return true;
}

struct consumer *consumer_open(const struct kafka_settings *settings, struct err *err)
{
    struct consumer *consumer = calloc(1, sizeof(*consumer));
    CHECK(consumer != NULL);
    consumer->settings = *settings;
    if (!client_open(consumer,
                     err)) { /* wrong properties show here; the group is joined by the first poll */
        consumer_close(&consumer);
    }
    return consumer;
}

void consumer_close(struct consumer **consumer)
{
    if (*consumer == NULL) {
        return;
    }
    client_close(*consumer);
    held_release(&(*consumer)->held);
    free((*consumer)->partitions);
    free(*consumer);
    *consumer = NULL;
}

struct source consumer_source(struct consumer *consumer)
{
    return (struct source){
        .poll = source_poll,
        .release = source_release,
        .partitions = source_partitions,
        .start = source_start,
        .stop = source_stop,
        .bounds = offsets_bounds,
        .count = offsets_count,
        .committed = offsets_committed,
        .undoing = source_undoing,
        .recall = consumer_recall,
        .commit = offsets_commit,
        .prove = offsets_prove,
        .leave = source_leave,
        .self = consumer,
    };
}
