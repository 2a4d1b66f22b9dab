/* What the group is asked: a consumer's membership, its offsets, and whether they are pending. */

#include <stdio.h>

#include "rdkafka.h"
#include "sim.h"

enum {
    ASKED_AGAIN_US = 300000,
    TEXT_SIZE = 16,
};

rd_kafka_consumer_group_metadata_t *rd_kafka_consumer_group_metadata(rd_kafka_t *rk)
{
    const struct client *client = &rk->actor->client;
    rd_kafka_consumer_group_metadata_t *membership = sim_alloc(sizeof(*membership));
    membership->member = client->member;
    membership->generation = client->ours ? client->generation : -1;
    return membership;
}

void rd_kafka_consumer_group_metadata_destroy(rd_kafka_consumer_group_metadata_t *membership)
{
    (void)membership;
}

/* As librdkafka writes it, up to the generation. */
rd_kafka_error_t *rd_kafka_consumer_group_metadata_write(
    const rd_kafka_consumer_group_metadata_t *membership, void **written, size_t *size)
{
    static const char magic[] = "CGMDv2:";
    int32_t generation = (int32_t)membership->generation;
    char *text = sim_alloc(TEXT_SIZE);
    memcpy(text, magic, sizeof(magic) - 1);
    memcpy(text + sizeof(magic) - 1, &generation, sizeof(generation));
    *written = text;
    *size = TEXT_SIZE;
    return NULL;
}

int rd_kafka_assignment_lost(rd_kafka_t *rk)
{
    return !rk->actor->client.ours;
}

static bool any_pending(const rd_kafka_topic_partition_list_t *list)
{
    for (int i = 0; i < list->cnt; i++) {
        if (coordinator_pending(list->elems[i].partition)) {
            return true;
        }
    }
    return false;
}

bool rdkafka_round_trip(const struct actor *actor, int64_t until_us)
{
    sim_spend(sim_between(50, 1000));
    if (!broker_reached(actor)) {
        sim_spend(until_us > sim.now_us ? until_us - sim.now_us : 0);
        return false;
    }
    return true;
}

/* isolation.level=read_committed: asked again while one of them is pending, and in the end it is
 * only said that time is over. */
rd_kafka_resp_err_t
rd_kafka_committed(rd_kafka_t *rk, rd_kafka_topic_partition_list_t *list, int timeout_ms)
{
    int64_t until = sim.now_us + (int64_t)timeout_ms * 1000;
    do {
        if (!rdkafka_round_trip(rk->actor, until)) {
            return RD_KAFKA_RESP_ERR__TIMED_OUT;
        }
        if (!any_pending(list) || !guard_stands(GUARD_TXN_STABLE)) {
            for (int i = 0; i < list->cnt; i++) {
                rd_kafka_topic_partition_t *at = &list->elems[i];
                const struct group_offset *offset = &sim.broker.group.offsets[at->partition];
                at->offset = offset->offset;
                at->metadata = sim_alloc(sizeof(offset->metadata));
                at->metadata_size = (size_t)snprintf(
                    at->metadata, sizeof(offset->metadata), "%s", offset->metadata);
            }
            return RD_KAFKA_RESP_ERR_NO_ERROR;
        }
        sim_count(FAULT_OFFSET_PENDING);
        sim_spend(ASKED_AGAIN_US);
    } while (sim.now_us < until);
    return RD_KAFKA_RESP_ERR__TIMED_OUT;
}

rd_kafka_resp_err_t rd_kafka_commit_queue(rd_kafka_t *rk,
                                          const rd_kafka_topic_partition_list_t *offsets,
                                          rd_kafka_queue_t *queue,
                                          void (*done)(rd_kafka_t *rk,
                                                       rd_kafka_resp_err_t code,
                                                       rd_kafka_topic_partition_list_t *offsets,
                                                       void *opaque),
                                          void *opaque)
{
    (void)rk;
    (void)offsets;
    (void)queue;
    (void)done;
    (void)opaque;
    sim_breach("positions are committed outside a transaction");
    return RD_KAFKA_RESP_ERR__FAIL;
}

/* ListConsumerGroupOffsets with stable offsets required */

struct rd_kafka_ListConsumerGroupOffsets_s {
    const rd_kafka_topic_partition_list_t *partitions;
};

struct rd_kafka_queue_s {
    rd_kafka_t *rk;
    const rd_kafka_topic_partition_list_t *asked;
    bool stable;
};

struct rd_kafka_AdminOptions_s {
    bool stable;
};

struct rd_kafka_group_result_s {
    rd_kafka_topic_partition_list_t *partitions;
};

struct rd_kafka_op_s { /* an event */
    struct rd_kafka_group_result_s result;
    const rd_kafka_group_result_t *results[1];
};

rd_kafka_AdminOptions_t *rd_kafka_AdminOptions_new(rd_kafka_t *rk, rd_kafka_admin_op_t what)
{
    (void)rk;
    (void)what;
    return sim_alloc(sizeof(rd_kafka_AdminOptions_t));
}

void rd_kafka_AdminOptions_destroy(rd_kafka_AdminOptions_t *options)
{
    (void)options;
}

rd_kafka_error_t *rd_kafka_AdminOptions_set_require_stable_offsets(rd_kafka_AdminOptions_t *options,
                                                                   int yes)
{
    options->stable = yes == 1;
    return NULL;
}

rd_kafka_resp_err_t
rd_kafka_AdminOptions_set_request_timeout(rd_kafka_AdminOptions_t *options,
                                          int timeout_ms,
                                          char *text, /* NOLINT(readability-non-const-parameter) */
                                          size_t size)
{
    (void)options;
    (void)timeout_ms; /* the queue is polled a second longer */
    (void)text;
    (void)size;
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

rd_kafka_ListConsumerGroupOffsets_t *
rd_kafka_ListConsumerGroupOffsets_new(const char *group,
                                      const rd_kafka_topic_partition_list_t *partitions)
{
    (void)group;
    rd_kafka_ListConsumerGroupOffsets_t *question = sim_alloc(sizeof(*question));
    question->partitions = partitions;
    return question;
}

void rd_kafka_ListConsumerGroupOffsets_destroy(rd_kafka_ListConsumerGroupOffsets_t *question)
{
    (void)question;
}

void rd_kafka_ListConsumerGroupOffsets(rd_kafka_t *rk,
                                       rd_kafka_ListConsumerGroupOffsets_t **questions,
                                       size_t count,
                                       const rd_kafka_AdminOptions_t *options,
                                       rd_kafka_queue_t *queue)
{
    CHECK(count == 1);
    queue->rk = rk;
    queue->stable = options->stable;
    queue->asked = questions[0]->partitions;
}

rd_kafka_queue_t *rd_kafka_queue_new(rd_kafka_t *rk)
{
    (void)rk;
    return sim_alloc(sizeof(rd_kafka_queue_t));
}

void rd_kafka_queue_destroy(rd_kafka_queue_t *queue)
{
    (void)queue;
}

rd_kafka_event_t *rd_kafka_queue_poll(rd_kafka_queue_t *queue, int timeout_ms)
{
    sim_step(LABEL_PENDING, PHASE_ASKED);
    if (!rdkafka_round_trip(queue->rk->actor, sim.now_us + (int64_t)timeout_ms * 1000)) {
        return NULL;
    }
    rd_kafka_event_t *event = sim_alloc(sizeof(*event));
    event->result.partitions = rd_kafka_topic_partition_list_copy(queue->asked);
    event->results[0] = &event->result;
    for (int i = 0; i < event->result.partitions->cnt; i++) {
        rd_kafka_topic_partition_t *at = &event->result.partitions->elems[i];
        at->err = queue->stable && coordinator_pending(at->partition)
                      ? RD_KAFKA_RESP_ERR_UNSTABLE_OFFSET_COMMIT
                      : RD_KAFKA_RESP_ERR_NO_ERROR;
        at->offset = sim.broker.group.offsets[at->partition].offset;
    }
    sim_step(LABEL_PENDING, PHASE_ANSWERED);
    return event;
}

const rd_kafka_ListConsumerGroupOffsets_result_t *
rd_kafka_event_ListConsumerGroupOffsets_result(rd_kafka_event_t *event)
{
    return event;
}

const rd_kafka_group_result_t **rd_kafka_ListConsumerGroupOffsets_result_groups(
    const rd_kafka_ListConsumerGroupOffsets_result_t *result, size_t *count)
{
    union { /* librdkafka's own type is as it is */
        const rd_kafka_group_result_t *const *ours;
        const rd_kafka_group_result_t **theirs;
    } both = {.ours = result->results};
    *count = 1;
    return both.theirs;
}

const rd_kafka_topic_partition_list_t *
rd_kafka_group_result_partitions(const rd_kafka_group_result_t *result)
{
    return result->partitions;
}

rd_kafka_resp_err_t rd_kafka_event_error(rd_kafka_event_t *event)
{
    (void)event;
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

rd_kafka_topic_partition_list_t *rd_kafka_event_topic_partition_list(rd_kafka_event_t *event)
{
    (void)event;
    return NULL;
}

void rd_kafka_event_destroy(rd_kafka_event_t *event)
{
    (void)event;
}
