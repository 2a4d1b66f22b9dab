#include "consumer.h"

#include <stdlib.h>

#include "mentor/base/err.h"

#include "membership.h"
#include "rdlog.h"
#include "transactor.h"

static struct consumer *consumer_of(void *self)
{
    return self;
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
    consumer->assigned = consumer->assigned || change == SOURCE_ASSIGNED;
    if (change == SOURCE_ASSIGNED && consumer->transactor != NULL) {
        rd_kafka_consumer_group_metadata_t *membership = membership_take(consumer->rk, err);
        if (membership == NULL && err->kind != ERR_FENCED) {
            return SOURCE_FAILED;
        }
        transactor_join(consumer->transactor, membership);
    }
    return change;
}

/* SOURCE_NOTHING: neither a record nor anything to tell. */
static enum source_event message_take(struct consumer *consumer,
                                      rd_kafka_message_t *message,
                                      struct record *record,
                                      struct err *err)
{
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR && !consumer->settling &&
        consumer->change == SOURCE_NOTHING &&
        waker_polled(&consumer->waker, message->partition, message->offset)) {
        held_add(&consumer->held, message, record);
        return SOURCE_RECORD;
    }
    enum source_event event = SOURCE_NOTHING;
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        event = on_error(consumer, message, record, err);
    }
    rd_kafka_message_destroy(message);
    return event;
}

/* Until there is something to tell. An assignment is when nothing is queued behind it: another may
 * have come in its place. */
static enum source_event
serve(struct consumer *consumer, uint32_t wait_ms, struct record *record, struct err *err)
{
    while (consumer->change == SOURCE_NOTHING || consumer->change == SOURCE_ASSIGNED) {
        uint32_t before = consumer->change_count;
        uint32_t wait = consumer->change == SOURCE_NOTHING ? wait_ms : 0;
        rd_kafka_message_t *message = rd_kafka_consumer_poll(consumer->rk, (int)wait);
        if (message != NULL) {
            enum source_event event = message_take(consumer, message, record, err);
            if (event != SOURCE_NOTHING) {
                return event;
            }
        } else if (consumer->change_count == before) {
            break;
        }
        wait_ms = 0; /* it was not asked to wait twice */
    }
    return SOURCE_NOTHING;
}

static enum source_event
source_poll(void *self, uint32_t wait_ms, struct record *record, struct err *err)
{
    struct consumer *consumer = consumer_of(self);
    if (consumer_replaced(consumer, RD_KAFKA_RESP_ERR_NO_ERROR, err)) {
        return SOURCE_FAILED;
    }
    if (consumer->failed) {
        consumer_client_close(consumer);
    }
    if (!consumer->joined && !consumer_client_join(consumer, err)) {
        return SOURCE_FAILED;
    }
    enum source_event event = serve(consumer, wait_ms, record, err);
    if (event != SOURCE_NOTHING) {
        return event;
    }
    if (consumer->change == SOURCE_NOTHING && consumer->alone) {
        consumer->alone = false;
        (void)err_set(err, ERR_RETRY, "no Kafka broker answers; waiting for one");
        return SOURCE_FAILED;
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
    if (consumer->granted != NULL) {
        offsets_forget(consumer);
        free(consumer->partitions);
        consumer->partitions = consumer->granted;
        consumer->partition_count = consumer->granted_count;
        consumer->granted = NULL;
        consumer->generation = consumer->granted_generation;
    }
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
    bool answers = consumer->settling;
    consumer->assigned = consumer->assigned && !answers;
    consumer->reading = false;
    consumer->settling = false;
    if (consumer->rk == NULL) {
        return true;
    }
    waker_watch(&consumer->waker, NULL, NULL, 0);
    /* None at all would answer a revocation that poll() has not told yet. */
    rd_kafka_topic_partition_list_t *nothing =
        answers ? NULL : rd_kafka_topic_partition_list_new(0);
    bool done = assign(consumer, nothing, err);
    if (nothing != NULL) {
        rd_kafka_topic_partition_list_destroy(nothing);
    }
    return done;
}

static bool source_leave(void *self, struct err *err)
{
    (void)err;
    consumer_client_close(consumer_of(self));
    return true;
}

struct consumer *consumer_open(const struct kafka_settings *settings, struct err *err)
{
    struct consumer *consumer = calloc(1, sizeof(*consumer));
    CHECK(consumer != NULL);
    consumer->settings = *settings;
    if (!consumer_client_open(
            consumer,
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
    consumer_client_close(*consumer);
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
