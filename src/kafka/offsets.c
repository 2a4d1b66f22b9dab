/* What the group and the broker say about offsets: a consumer's questions that take a round trip.
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "mentor/base/err.h"

#include "bounds.h"
#include "consumer.h"

enum {
    ANSWER_MS = 5000,
    METADATA_SIZE = 64,
};

static bool client_ready(struct consumer *consumer, struct err *err)
{
    return consumer->rk != NULL ||
           err_set(err, ERR_FENCED, "not in the group %s", consumer->settings.group);
}

bool offsets_bounds(void *self, int32_t partition, int64_t *low, int64_t *high, struct err *err)
{
    struct consumer *consumer = self;
    if (!client_ready(consumer, err)) {
        return false;
    }
    const char *topic = consumer->settings.topic_applications;
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    const rd_kafka_topic_partition_t *at =
        rd_kafka_topic_partition_list_add(list, topic, partition);
    rd_kafka_resp_err_t code = bounds_ask(consumer->rk, list, RD_KAFKA_OFFSET_BEGINNING, ANSWER_MS);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
        *low = at->offset;
        code = bounds_ask(consumer->rk, list, RD_KAFKA_OFFSET_END, ANSWER_MS);
        *high = at->offset;
    }
    rd_kafka_topic_partition_list_destroy(list);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
        return true;
    }
    return err_set(err,
                   ERR_RETRY,
                   "the bounds of %s/%" PRId32 " cannot be had: %s",
                   topic,
                   partition,
                   rd_kafka_err2str(code));
}

bool offsets_committed(
    void *self, int32_t partition, int64_t *offset, char *metadata, uint32_t size, struct err *err)
{
    struct consumer *consumer = self;
    if (!client_ready(consumer, err)) {
        return false;
    }
    const char *topic = consumer->settings.topic_applications;
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    const rd_kafka_topic_partition_t *at =
        rd_kafka_topic_partition_list_add(list, topic, partition);
    rd_kafka_resp_err_t code = rd_kafka_committed(consumer->rk, list, ANSWER_MS);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
        code = at->err;
    }
    bool done = code == RD_KAFKA_RESP_ERR_NO_ERROR;
    if (done) {
        *offset = at->offset < 0 ? -1 : at->offset;
        (void)snprintf(metadata,
                       size,
                       "%.*s",
                       (int)at->metadata_size,
                       at->metadata == NULL ? "" : (const char *)at->metadata);
    } else {
        (void)err_set(err,
                      ERR_RETRY,
                      "what group %s has committed for %s/%" PRId32 " cannot be read: %s",
                      consumer->settings.group,
                      topic,
                      partition,
                      rd_kafka_err2str(code));
    }
    rd_kafka_topic_partition_list_destroy(list);
    return done;
}

/* The group has moved on: these partitions are, or soon will be, another's. */
static bool is_fenced(rd_kafka_resp_err_t code)
{
    static const rd_kafka_resp_err_t codes[] = {
        RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID,
        RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION,
        RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS,
        RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID,
        RD_KAFKA_RESP_ERR__ASSIGNMENT_LOST,
        RD_KAFKA_RESP_ERR__FENCED,
        RD_KAFKA_RESP_ERR__UNKNOWN_GROUP,
    };
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        if (code == codes[i]) {
            return true;
        }
    }
    return false;
}

static rd_kafka_topic_partition_list_t *
commit_list(const struct consumer *consumer, const struct position *positions, uint32_t count)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)count);
    for (uint32_t i = 0; i < count; i++) {
        rd_kafka_topic_partition_t *at = rd_kafka_topic_partition_list_add(
            list, consumer->settings.topic_applications, positions[i].partition);
        char *metadata = malloc(METADATA_SIZE); /* the list owns it */
        CHECK(metadata != NULL);
        int size = snprintf(metadata,
                            METADATA_SIZE,
                            "idempotent,%" PRId64 ",%" PRId64,
                            positions[i].epoch,
                            positions[i].next_offset);
        at->offset = positions[i].emitted_offset;
        at->metadata = metadata;
        at->metadata_size = (size_t)size;
    }
    return list;
}

/* The group's answer or the first partition's that is none; _TIMED_OUT when there is none. */
static rd_kafka_resp_err_t commit_wait(rd_kafka_queue_t *queue)
{
    rd_kafka_event_t *event = rd_kafka_queue_poll(queue, ANSWER_MS);
    if (event == NULL) {
        return RD_KAFKA_RESP_ERR__TIMED_OUT;
    }
    rd_kafka_resp_err_t code = rd_kafka_event_error(event);
    const rd_kafka_topic_partition_list_t *list = rd_kafka_event_topic_partition_list(event);
    for (int i = 0; list != NULL && code == RD_KAFKA_RESP_ERR_NO_ERROR && i < list->cnt; i++) {
        code = list->elems[i].err;
    }
    rd_kafka_event_destroy(event);
    return code;
}

/* Not rd_kafka_commit: that one waits for an absent broker without bound. */
bool offsets_commit(void *self, const struct position *positions, uint32_t count, struct err *err)
{
    struct consumer *consumer = self;
    if (count == 0) {
        return true;
    }
    /* One that is out of the group commits as nobody, and an empty group lets it. */
    if (consumer->rk == NULL || !consumer->ours || rd_kafka_assignment_lost(consumer->rk)) {
        return err_set(
            err, ERR_FENCED, "group %s has taken the partitions away", consumer->settings.group);
    }
    rd_kafka_topic_partition_list_t *list = commit_list(consumer, positions, count);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(consumer->rk);
    rd_kafka_resp_err_t code = rd_kafka_commit_queue(consumer->rk, list, queue, NULL, NULL);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
        code = commit_wait(queue);
    }
    rd_kafka_queue_destroy(queue);
    rd_kafka_topic_partition_list_destroy(list);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
        return true;
    }
    return err_set(err,
                   is_fenced(code) ? ERR_FENCED : ERR_RETRY,
                   "group %s did not take a commit: %s",
                   consumer->settings.group,
                   rd_kafka_err2str(code));
}
