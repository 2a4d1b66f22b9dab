/* The group's member as librdkafka has it: a client that joins, hears the group and leaves. */

#include <stdlib.h>

#include "mentor/base/clock.h"
#include "mentor/base/err.h"

#include "consumer.h"
#include "membership.h"
#include "rdlog.h"
#include "settings.h"

/*
 * The group's callback only notes what happened; poll() tells it, and stop() answers a revocation
 * later, from the same thread. librdkafka holds the rebalance until it does. An assignment is
 * answered at once, with nothing to read yet: a worker whose database is away may be long in coming
 * to start(), and a rebalance held until then would keep everybody who joins from working.
 * When the topic grows, librdkafka joins anew by itself, also while an assignment waits for poll()
 * or a revocation for stop(): then another comes with no revocation before (rd_kafka_cgrp.c,
 * revoke_all_rejoin).
 *
 * Nothing is ever paused: a resume that races with an assignment can leave a partition whose
 * records librdkafka takes for outdated and drops for ever. An assignment of nothing pauses as
 * well, and leaves all the work to librdkafka's own thread.
 */

enum {
    LEAVE_MS = 5000,
};

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
        consumer->granted = realloc(consumer->granted, size);
        CHECK(consumer->granted != NULL);
        consumer->granted_count = (uint32_t)list->cnt;
        for (int i = 0; i < list->cnt; i++) {
            consumer->granted[i] = list->elems[i].partition;
        }
        consumer->granted_generation = membership_generation(rk);
        rd_kafka_topic_partition_list_t *nothing = rd_kafka_topic_partition_list_new(0);
        (void)rd_kafka_assign(rk, nothing);
        rd_kafka_topic_partition_list_destroy(nothing);
        consumer->change = SOURCE_ASSIGNED;
    } else if (consumer->change == SOURCE_ASSIGNED && !consumer->assigned) {
        consumer->change = SOURCE_NOTHING; /* given and taken away, and nobody has heard of it */
        (void)rd_kafka_assign(rk, NULL);
    } else {
        consumer->change = rd_kafka_assignment_lost(rk) ? SOURCE_LOST : SOURCE_REVOKED;
        consumer->settling = true;
    }
    consumer->change_count++;
    rd_kafka_yield(rk); /* so that poll() returns at once */
}

/* Served inside rd_kafka_consumer_poll too. An idle worker hears of an absent broker only here. */
static void on_client_error(rd_kafka_t *rk, int code, const char *reason, void *opaque)
{
    struct consumer *consumer = opaque;
    rdlog_passing(rk, (rd_kafka_resp_err_t)code, reason);
    if (code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) {
        consumer->alone = true;
        consumer->change_count++; /* what is queued behind it is served yet */
        rd_kafka_yield(rk);
    }
}

bool consumer_client_open(struct consumer *consumer, struct err *err)
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

bool consumer_client_join(struct consumer *consumer, struct err *err)
{
    if (consumer->rk == NULL && !consumer_client_open(consumer, err)) {
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

void consumer_client_close(struct consumer *consumer)
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
    free(consumer->granted);
    consumer->granted = NULL;
}
