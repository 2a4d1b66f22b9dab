#include "undo.h"

#include "mentor/base/clock.h"
#include "mentor/base/err.h"
#include "mentor/base/guard.h"
#include "mentor/base/log.h"

#include "bounds.h"
#include "transaction.h"

enum {
    ASK_MS = 5000,
    END_MS = 2000, /* an abort is answered before its markers are written */
    END_PAUSE_MS = 20,
};

/* In librdkafka 2.0.2 rd_kafka_committed asks again and again while one is pending, and says only
 * that time is over. */
static rd_kafka_event_t *
ask(rd_kafka_t *rk, const char *group, const rd_kafka_topic_partition_list_t *partitions)
{
    rd_kafka_AdminOptions_t *options =
        rd_kafka_AdminOptions_new(rk, RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPOFFSETS);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(rk);
    rd_kafka_ListConsumerGroupOffsets_t *question =
        rd_kafka_ListConsumerGroupOffsets_new(group, partitions);
    rd_kafka_error_t *error = rd_kafka_AdminOptions_set_require_stable_offsets(options, 1);
    CHECK(error == NULL);
    CHECK(rd_kafka_AdminOptions_set_request_timeout(options, ASK_MS, NULL, 0) ==
          RD_KAFKA_RESP_ERR_NO_ERROR);
    rd_kafka_ListConsumerGroupOffsets(rk, &question, 1, options, queue);
    rd_kafka_event_t *event = rd_kafka_queue_poll(queue, ASK_MS + 1000);
    rd_kafka_ListConsumerGroupOffsets_destroy(question);
    rd_kafka_queue_destroy(queue);
    rd_kafka_AdminOptions_destroy(options);
    return event;
}

static enum undo_pending read_answer(rd_kafka_event_t *event,
                                     rd_kafka_topic_partition_list_t *partitions)
{
    const rd_kafka_ListConsumerGroupOffsets_result_t *result =
        rd_kafka_event_ListConsumerGroupOffsets_result(event);
    size_t count = 0;
    const rd_kafka_group_result_t **groups =
        result == NULL ? NULL : rd_kafka_ListConsumerGroupOffsets_result_groups(result, &count);
    const rd_kafka_topic_partition_list_t *list =
        count == 1 ? rd_kafka_group_result_partitions(groups[0]) : NULL;
    if (rd_kafka_event_error(event) != RD_KAFKA_RESP_ERR_NO_ERROR || list == NULL) {
        return UNDO_UNKNOWN;
    }
    enum undo_pending pending = UNDO_NONE;
    for (int i = 0; i < list->cnt; i++) {
        const rd_kafka_topic_partition_t *at = &list->elems[i];
        if (at->err == RD_KAFKA_RESP_ERR_UNSTABLE_OFFSET_COMMIT) {
            pending = UNDO_SOME;
            continue;
        }
        for (int j = 0; j < partitions->cnt; j++) { /* the answer's order is its own */
            if (partitions->elems[j].partition == at->partition) {
                partitions->elems[j].offset = at->offset;
            }
        }
    }
    return pending;
}

enum undo_pending
undo_ask(rd_kafka_t *rk, const char *group, rd_kafka_topic_partition_list_t *partitions)
{
    rd_kafka_event_t *event = ask(rk, group, partitions);
    enum undo_pending pending = event == NULL ? UNDO_UNKNOWN : read_answer(event, partitions);
    if (event != NULL) {
        rd_kafka_event_destroy(event);
    }
    return pending;
}

/* Which partitions the lost transaction wrote to is not known: an empty record to each. */
static bool touch(struct outlet *outlet, rd_kafka_topic_t *topic, struct err *err)
{
    int count = GUARD(UNDO_OUTPUTS)
                    ? bounds_partitions(outlet->rk, rd_kafka_topic_name(topic), ASK_MS, err)
                    : 0;
    for (int i = 0; i < count; i++) {
        if (rd_kafka_produce(topic, i, RD_KAFKA_MSG_F_COPY, NULL, 0, NULL, 0, NULL) != 0) {
            return err_set(err,
                           ERR_RETRY,
                           "Kafka transaction to undo a lost one: %s",
                           rd_kafka_err2str(rd_kafka_last_error()));
        }
    }
    return count >= 0;
}

/* An abort throws away what is not sent yet, with it the marker that we want. */
static bool await_acknowledged(struct outlet *outlet, struct err *err)
{
    rd_kafka_resp_err_t code = rd_kafka_flush(outlet->rk, TRANSACTION_WAIT_MS);
    return code == RD_KAFKA_RESP_ERR_NO_ERROR ||
           err_set(
               err, ERR_RETRY, "Kafka transaction to undo a lost one: %s", rd_kafka_err2str(code));
}

static rd_kafka_topic_partition_list_t *
offsets_of(const rd_kafka_topic_partition_list_t *partitions)
{
    rd_kafka_topic_partition_list_t *offsets = rd_kafka_topic_partition_list_copy(partitions);
    for (int i = 0; i < offsets->cnt; i++) {
        offsets->elems[i].offset = 0; /* nobody will see it */
    }
    return offsets;
}

/* `partitions` NULL: none. */
static bool offer(struct outlet *outlet,
                  const rd_kafka_topic_partition_list_t *partitions,
                  const rd_kafka_consumer_group_metadata_t *membership,
                  struct err *err)
{
    if (partitions == NULL) {
        return true;
    }
    rd_kafka_topic_partition_list_t *offsets = offsets_of(partitions);
    bool done = transaction_offer(outlet, offsets, membership, err);
    rd_kafka_topic_partition_list_destroy(offsets);
    return done;
}

bool undo_run(struct outlet *outlet,
              const rd_kafka_topic_partition_list_t *partitions,
              const rd_kafka_consumer_group_metadata_t *membership,
              struct err *err)
{
    return transaction_begin(outlet, err) && touch(outlet, outlet->decisions, err) &&
           touch(outlet, outlet->dlq, err) && await_acknowledged(outlet, err) &&
           offer(outlet, partitions, membership, err) && transaction_abort(outlet, err);
}

bool undo_told(struct consumer *consumer, rd_kafka_topic_partition_list_t *partitions)
{
    struct clock clock = clock_system();
    int64_t until_us = clock.mono_us(clock.self) + END_MS * INT64_C(1000);
    consumer->undone = true; /* also when another's pends besides, and is ended after this */
    while (undo_ask(consumer->rk, consumer->settings.group, partitions) != UNDO_NONE) {
        if (clock.mono_us(clock.self) > until_us) {
            return false;
        }
        clock.sleep_ms(clock.self, END_PAUSE_MS);
    }
    LOG(LOG_LEVEL_WARN,
        "transaction.undone",
        LOG_TEXT("group", consumer->settings.group),
        LOG_TEXT("why",
                 "the broker had called a transaction complete and written no end of it "
                 "(KAFKA-20734)"),
        LOG_TEXT("then", "it was aborted; what it held is sent again"));
    return true;
}
