#include "undo.h"

#include <stdlib.h>

#include "mentor/base/clock.h"
#include "mentor/base/err.h"
#include "mentor/base/guard.h"
#include "mentor/base/log.h"

#include "bounds.h"
#include "outputs.h"
#include "transaction.h"

enum {
    ASK_MS = 5000,
    END_MS = 2000, /* an abort is answered before its markers are written */
    END_PAUSE_MS = 20,
    LASTS_US = 500000,
};

/* In librdkafka 2.0.2 rd_kafka_committed asks again and again while one is pending, and says only
 * that time is over. */
static rd_kafka_event_t *ask(rd_kafka_t *rk,
                             const char *group,
                             const rd_kafka_topic_partition_list_t *partitions,
                             int stable)
{
    rd_kafka_AdminOptions_t *options =
        rd_kafka_AdminOptions_new(rk, RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPOFFSETS);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(rk);
    rd_kafka_ListConsumerGroupOffsets_t *question =
        rd_kafka_ListConsumerGroupOffsets_new(group, partitions);
    rd_kafka_error_t *error = rd_kafka_AdminOptions_set_require_stable_offsets(options, stable);
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
        if (at->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
            return UNDO_UNKNOWN;
        }
        for (int j = 0; j < partitions->cnt; j++) { /* the answer's order is its own */
            if (partitions->elems[j].partition == at->partition) {
                partitions->elems[j].offset = at->offset;
            }
        }
    }
    return pending;
}

static enum undo_pending
ask_as(rd_kafka_t *rk, const char *group, rd_kafka_topic_partition_list_t *partitions, int stable)
{
    rd_kafka_event_t *event = ask(rk, group, partitions, stable);
    enum undo_pending pending = event == NULL ? UNDO_UNKNOWN : read_answer(event, partitions);
    if (event != NULL) {
        rd_kafka_event_destroy(event);
    }
    return pending;
}

enum undo_pending
undo_ask(rd_kafka_t *rk, const char *group, rd_kafka_topic_partition_list_t *partitions)
{
    return ask_as(rk, group, partitions, 1);
}

bool undo_unanswered(const struct kafka_settings *settings, struct err *err)
{
    return err_set(err,
                   ERR_RETRY,
                   "group %s does not answer whether a transaction is pending",
                   settings->group);
}

/* All partitions of the input topic, UNDO_UNSEEN each, which undo_ask leaves to those that pend.
 * NULL: *err. */
static rd_kafka_topic_partition_list_t *
ask_all(rd_kafka_t *rk, const struct kafka_settings *settings, struct err *err)
{
    const char *topic = settings->topic_applications;
    int count = bounds_partitions(rk, topic, ASK_MS, err);
    if (count < 0) {
        return NULL;
    }
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(count);
    for (int i = 0; i < count; i++) {
        rd_kafka_topic_partition_list_add(list, topic, i)->offset = UNDO_UNSEEN;
    }
    return list;
}

rd_kafka_topic_partition_list_t *undo_pending_of(const rd_kafka_topic_partition_list_t *asked)
{
    rd_kafka_topic_partition_list_t *pending = rd_kafka_topic_partition_list_new(asked->cnt);
    for (int i = 0; i < asked->cnt; i++) {
        const rd_kafka_topic_partition_t *at = &asked->elems[i];
        if (at->offset == UNDO_UNSEEN) {
            rd_kafka_topic_partition_list_add(pending, at->topic, at->partition)->offset =
                UNDO_UNSEEN;
        }
    }
    return pending;
}

/* Those of `asked` that pend, in its place. NULL: *err. */
static rd_kafka_topic_partition_list_t *ask_pending(const struct consumer *consumer,
                                                    rd_kafka_topic_partition_list_t *asked,
                                                    struct err *err)
{
    const struct kafka_settings *settings = &consumer->settings;
    bool answered = undo_ask(consumer->rk, settings->group, asked) != UNDO_UNKNOWN ||
                    undo_unanswered(settings, err);
    rd_kafka_topic_partition_list_t *pending = answered ? undo_pending_of(asked) : NULL;
    rd_kafka_topic_partition_list_destroy(asked);
    return pending;
}

rd_kafka_topic_partition_list_t *undo_lasting(const struct consumer *consumer, struct err *err)
{
    if (!offsets_ready(consumer, err)) {
        return NULL;
    }
    struct clock clock = clock_system();
    int64_t until_us = clock.mono_us(clock.self) + LASTS_US;
    rd_kafka_topic_partition_list_t *all = ask_all(consumer->rk, &consumer->settings, err);
    rd_kafka_topic_partition_list_t *left = all == NULL ? NULL : ask_pending(consumer, all, err);
    while (left != NULL && left->cnt > 0 && clock.mono_us(clock.self) < until_us) {
        clock.sleep_ms(clock.self, END_PAUSE_MS);
        left = ask_pending(consumer, left, err);
    }
    return left;
}

/* What is told of each partition of the input topic: by index. */
struct telling {
    const struct consumer *consumer;
    struct undo_mark *marks;
    uint32_t count;
};

/* What is committed so far of those of `list` that pend, which has it of the others. */
static bool
ask_marks(struct telling *telling, const rd_kafka_topic_partition_list_t *list, struct err *err)
{
    const struct consumer *consumer = telling->consumer;
    rd_kafka_topic_partition_list_t *pending = rd_kafka_topic_partition_list_new(list->cnt);
    for (int i = 0; i < list->cnt; i++) {
        const rd_kafka_topic_partition_t *at = &list->elems[i];
        telling->marks[i] = (struct undo_mark){.partition = at->partition,
                                               .pends = at->offset == UNDO_UNSEEN,
                                               .committed = at->offset < 0 ? -1 : at->offset,
                                               .since_ms = INT64_MAX};
        if (telling->marks[i].pends) {
            rd_kafka_topic_partition_list_add(pending, at->topic, at->partition);
        }
    }
    bool done = pending->cnt == 0 ||
                ask_as(consumer->rk, consumer->settings.group, pending, 0) == UNDO_NONE ||
                undo_unanswered(&consumer->settings, err);
    for (int i = 0; i < pending->cnt; i++) {
        const rd_kafka_topic_partition_t *at = &pending->elems[i];
        telling->marks[at->partition].committed = at->offset < 0 ? -1 : at->offset;
    }
    rd_kafka_topic_partition_list_destroy(pending);
    return done;
}

/* Of an output that hangs, or that lies behind one. */
static void note_hanging(void *context, const struct output *output)
{
    struct telling *telling = context;
    if (output->partition < 0 || (uint32_t)output->partition >= telling->count) {
        return;
    }
    struct undo_mark *mark = &telling->marks[output->partition];
    int64_t written_ms = output->timestamp_ms < 0 ? 0 : output->timestamp_ms;
    if (output->offset < mark->committed && written_ms < mark->since_ms) {
        mark->since_ms = written_ms;
    }
}

/* After what is committed was asked: what hangs now, and is below, hangs without an end. */
static bool ask_hanging(struct telling *telling, const char *topic, struct err *err)
{
    const struct consumer *consumer = telling->consumer;
    struct outputs *outputs = outputs_open(consumer->rk, &consumer->settings, topic, err);
    int hang = outputs == NULL ? -1 : outputs_hang(outputs, 0, err);
    bool done =
        hang == 0 || (hang > 0 && outputs_read_hanging(outputs, note_hanging, telling, err));
    outputs_close(&outputs);
    return done;
}

/* Those of which something is to be told. */
static bool tell(const struct telling *telling, const char *transactional_id, struct err *err)
{
    const struct consumer *consumer = telling->consumer;
    uint32_t count = 0;
    for (uint32_t i = 0; i < telling->count; i++) {
        if (telling->marks[i].pends || telling->marks[i].since_ms != INT64_MAX) {
            telling->marks[count++] = telling->marks[i];
        }
    }
    return count == 0 ||
           consumer->tell(consumer->tell_context, transactional_id, telling->marks, count, err);
}

bool undo_tell(const struct consumer *consumer, const char *transactional_id, struct err *err)
{
    const struct kafka_settings *settings = &consumer->settings;
    if (consumer->tell == NULL || !GUARD(UNDO_KEPT)) {
        return true;
    }
    if (!offsets_ready(consumer, err)) {
        return false;
    }
    rd_kafka_topic_partition_list_t *list = ask_all(consumer->rk, settings, err);
    if (list == NULL) {
        return false;
    }
    struct telling telling = {.consumer = consumer, .count = (uint32_t)list->cnt};
    telling.marks = calloc((size_t)list->cnt + 1, sizeof(*telling.marks));
    CHECK(telling.marks != NULL);
    bool done = undo_ask(consumer->rk, settings->group, list) != UNDO_UNKNOWN
                    ? ask_marks(&telling, list, err)
                    : undo_unanswered(settings, err);
    done =
        done && (!GUARD(HANGING_TOLD) || (ask_hanging(&telling, settings->topic_decisions, err) &&
                                          ask_hanging(&telling, settings->topic_dlq, err)));
    done = done && tell(&telling, transactional_id, err);
    rd_kafka_topic_partition_list_destroy(list);
    free(telling.marks);
    return done;
}

bool undo_tell_since(const struct consumer *consumer,
                     const char *transactional_id,
                     int64_t since_ms,
                     struct err *err)
{
    const struct undo_mark all = {.partition = UNDO_MARK_ALL, .since_ms = since_ms};
    return consumer->tell == NULL ||
           consumer->tell(consumer->tell_context, transactional_id, &all, 1, err);
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

static bool offer(struct outlet *outlet,
                  const rd_kafka_topic_partition_list_t *partitions,
                  const rd_kafka_consumer_group_metadata_t *membership,
                  struct err *err)
{
    if (partitions == NULL) {
        return true;
    }
    rd_kafka_topic_partition_list_t *offsets = rd_kafka_topic_partition_list_copy(partitions);
    for (int i = 0; i < offsets->cnt; i++) {
        offsets->elems[i].offset = 0; /* nobody will see it */
    }
    bool done = transaction_offer(outlet, offsets, membership, err);
    rd_kafka_topic_partition_list_destroy(offsets);
    return done;
}

bool undo_run(struct outlet *outlet,
              const rd_kafka_topic_partition_list_t *partitions,
              const rd_kafka_consumer_group_metadata_t *membership,
              struct err *err)
{
    /* Offsets first: when the broker ends it half way, no offset counts as out whose outputs are
     * gone; outputs that are left open are found (hanging.h). Any partition of the group will do: a
     * marker drops all that its producer has pending. */
    return transaction_begin(outlet, err) && offer(outlet, partitions, membership, err) &&
           touch(outlet, outlet->decisions, err) && touch(outlet, outlet->dlq, err) &&
           await_acknowledged(outlet, err) && transaction_abort(outlet, err);
}

void undo_log(const struct kafka_settings *settings)
{
    LOG(LOG_LEVEL_WARN,
        "transaction.undone",
        LOG_TEXT("group", settings->group),
        LOG_TEXT("why",
                 "the broker had called a transaction complete and written no end of it "
                 "(KAFKA-20734)"),
        LOG_TEXT("then", "it was aborted; what is missing is sent again"));
}

bool undo_await(rd_kafka_t *rk,
                const char *group,
                rd_kafka_topic_partition_list_t *partitions,
                int wait_ms)
{
    struct clock clock = clock_system();
    int64_t until_us = clock.mono_us(clock.self) + wait_ms * INT64_C(1000);
    while (undo_ask(rk, group, partitions) != UNDO_NONE) {
        if (clock.mono_us(clock.self) > until_us) {
            return false;
        }
        clock.sleep_ms(clock.self, END_PAUSE_MS);
    }
    return true;
}

bool undo_told(const struct consumer *consumer, rd_kafka_topic_partition_list_t *partitions)
{
    bool done = undo_await(consumer->rk, consumer->settings.group, partitions, END_MS);
    if (done) {
        undo_log(&consumer->settings);
    }
    return done;
}
