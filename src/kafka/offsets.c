/* What the group and the broker say about offsets: a consumer's questions that take a round trip.
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "mentor/base/clock.h"
#include "mentor/base/err.h"
#include "mentor/base/guard.h"
#include "mentor/port/note.h"

#include "bounds.h"
#include "consumer.h"
#include "membership.h"
#include "transactor.h"
#include "undo.h"

enum {
    ANSWER_MS = 5000,
    UNDO_EVERY_US = 30000000,
};

bool offsets_ready(const struct consumer *consumer, struct err *err)
{
    return consumer->rk != NULL ||
           err_set(err, ERR_FENCED, "not in the group %s", consumer->settings.group);
}

/* Our place for a partition of the assignment; -1 for another. */
static int64_t place_of(const struct consumer *consumer, int32_t partition)
{
    for (uint32_t i = 0; i < consumer->partition_count; i++) {
        if (consumer->partitions[i] == partition) {
            return i;
        }
    }
    return -1;
}

/* All that is assigned, or one partition that is not: a worker with hundreds of them asks once. */
static rd_kafka_topic_partition_list_t *list_of(const struct consumer *consumer, int32_t partition)
{
    const char *topic = consumer->settings.topic_applications;
    bool ours = place_of(consumer, partition) >= 0;
    uint32_t count = ours ? consumer->partition_count : 1;
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)count);
    for (uint32_t i = 0; i < count; i++) {
        (void)rd_kafka_topic_partition_list_add(
            list, topic, ours ? consumer->partitions[i] : partition);
    }
    return list;
}

rd_kafka_topic_partition_list_t *offsets_assigned(const struct consumer *consumer)
{
    return list_of(consumer, consumer->partition_count == 0 ? 0 : consumer->partitions[0]);
}

/* Keeps an answer of the whole list for whoever is asked about next, once each. */
static struct broker_answer *answers_make(struct consumer *consumer)
{
    if (consumer->answers == NULL) {
        consumer->answers =
            calloc((size_t)consumer->partition_count + 1, sizeof(struct broker_answer));
        CHECK(consumer->answers != NULL);
    }
    return consumer->answers;
}

void offsets_forget(struct consumer *consumer)
{
    free(consumer->answers);
    consumer->answers = NULL;
}

typedef rd_kafka_resp_err_t
look_fn(rd_kafka_t *rk, rd_kafka_topic_partition_list_t *list, struct broker_answer *answers);

/* Of all partitions that are assigned at once, when this one is among them; else into `one`. */
static rd_kafka_resp_err_t
look_up(struct consumer *consumer, int32_t partition, look_fn *look, struct broker_answer *one)
{
    rd_kafka_topic_partition_list_t *list = list_of(consumer, partition);
    bool alone = place_of(consumer, partition) < 0;
    rd_kafka_resp_err_t code = look(consumer->rk, list, alone ? one : consumer->answers);
    rd_kafka_topic_partition_list_destroy(list);
    return code;
}

/* Where the answer stands, or is to be put. */
static struct broker_answer *
answer_of(struct consumer *consumer, int32_t partition, struct broker_answer *one)
{
    int64_t place = place_of(consumer, partition);
    return place < 0 ? one : &answers_make(consumer)[place];
}

static rd_kafka_resp_err_t
bounds_look(rd_kafka_t *rk, rd_kafka_topic_partition_list_t *list, struct broker_answer *answers)
{
    rd_kafka_resp_err_t code = bounds_ask(rk, list, RD_KAFKA_OFFSET_BEGINNING, ANSWER_MS);
    for (int i = 0; i < list->cnt; i++) {
        answers[i].low = list->elems[i].offset;
    }
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
        code = bounds_ask(rk, list, RD_KAFKA_OFFSET_END, ANSWER_MS);
    }
    for (int i = 0; i < list->cnt; i++) {
        answers[i].high = list->elems[i].offset;
        answers[i].has_bounds = code == RD_KAFKA_RESP_ERR_NO_ERROR;
    }
    return code;
}

bool offsets_bounds(void *self, int32_t partition, int64_t *low, int64_t *high, struct err *err)
{
    struct consumer *consumer = self;
    if (!offsets_ready(consumer, err)) {
        return false;
    }
    struct broker_answer one = {0};
    struct broker_answer *answer = answer_of(consumer, partition, &one);
    rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR_NO_ERROR;
    if (!answer->has_bounds) {
        code = look_up(consumer, partition, bounds_look, &one);
    }
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return err_set(err,
                       ERR_RETRY,
                       "the bounds of %s/%" PRId32 " and its like cannot be had: %s",
                       consumer->settings.topic_applications,
                       partition,
                       rd_kafka_err2str(code));
    }
    answer->has_bounds = false;
    *low = answer->low;
    *high = answer->high;
    return true;
}

static rd_kafka_resp_err_t
committed_look(rd_kafka_t *rk, rd_kafka_topic_partition_list_t *list, struct broker_answer *answers)
{
    rd_kafka_resp_err_t code = rd_kafka_committed(rk, list, ANSWER_MS);
    for (int i = 0; code == RD_KAFKA_RESP_ERR_NO_ERROR && i < list->cnt; i++) {
        code = list->elems[i].err;
    }
    for (int i = 0; i < list->cnt; i++) {
        const rd_kafka_topic_partition_t *at = &list->elems[i];
        answers[i].has_committed = code == RD_KAFKA_RESP_ERR_NO_ERROR;
        answers[i].committed = at->offset < 0 ? -1 : at->offset;
        (void)snprintf(answers[i].metadata,
                       sizeof(answers[i].metadata),
                       "%.*s",
                       (int)at->metadata_size,
                       at->metadata == NULL ? "" : (const char *)at->metadata);
    }
    return code;
}

static bool undo(struct consumer *consumer, struct err *err)
{
    rd_kafka_topic_partition_list_t *partitions = offsets_assigned(consumer);
    bool done = transactor_undo(consumer->transactor, partitions, err);
    if (done) {
        (void)undo_told(consumer, partitions);
    }
    rd_kafka_topic_partition_list_destroy(partitions);
    return done;
}

/* Nothing of ours is open here, so what is pending may be our own with a lost end (undo.h), or is
 * another producer's. Tried once in a while: the other's passes by itself. */
static void try_undo(struct consumer *consumer)
{
    struct clock clock = clock_system();
    struct err ignored;
    int64_t now_us = clock.mono_us(clock.self);
    if (consumer->undo_tried_us == 0 || now_us - consumer->undo_tried_us >= UNDO_EVERY_US) {
        consumer->undo_tried_us = now_us;
        (void)undo(consumer, &ignored);
    }
}

/* What librdkafka calls a timeout: no answer, or one that says that offsets are pending. */
static enum undo_pending ask_pending(struct consumer *consumer)
{
    rd_kafka_topic_partition_list_t *partitions = offsets_assigned(consumer);
    enum undo_pending pending = undo_ask(consumer->rk, consumer->settings.group, partitions);
    rd_kafka_topic_partition_list_destroy(partitions);
    return pending;
}

static bool
unanswered(struct consumer *consumer, int32_t partition, rd_kafka_resp_err_t code, struct err *err)
{
    bool pending = code == RD_KAFKA_RESP_ERR__TIMED_OUT && consumer->transactor != NULL &&
                   ask_pending(consumer) == UNDO_SOME;
    if (pending && GUARD(UNDO)) {
        try_undo(consumer);
    }
    return err_set(err,
                   ERR_RETRY,
                   "what group %s has committed for %s/%" PRId32 " cannot be read: %s",
                   consumer->settings.group,
                   consumer->settings.topic_applications,
                   partition,
                   pending
                       ? "a transaction is pending at the broker; one that is open ends within "
                         "40 s, one whose end was lost (KAFKA-20734) is undone when it is ours; "
                         "if this is said again, see the README's \"Lost ends\""
                       : rd_kafka_err2str(code));
}

bool offsets_count(void *self, int32_t *count, struct err *err)
{
    struct consumer *consumer = self;
    if (!offsets_ready(consumer, err)) {
        return false;
    }
    *count = bounds_partitions(consumer->rk, consumer->settings.topic_applications, ANSWER_MS, err);
    return *count >= 0;
}

bool offsets_committed(
    void *self, int32_t partition, int64_t *offset, char *metadata, uint32_t size, struct err *err)
{
    struct consumer *consumer = self;
    if (!offsets_ready(consumer, err)) {
        return false;
    }
    struct broker_answer one = {0};
    struct broker_answer *answer = answer_of(consumer, partition, &one);
    rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR_NO_ERROR;
    if (!answer->has_committed) {
        code = look_up(consumer, partition, committed_look, &one);
    }
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return unanswered(consumer, partition, code, err);
    }
    consumer->undo_tried_us = 0;
    answer->has_committed = false;
    *offset = answer->committed;
    (void)snprintf(metadata, size, "%s", answer->metadata);
    return true;
}

rd_kafka_topic_partition_list_t *
offsets_list(const struct consumer *consumer, const struct position *positions, uint32_t count)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)count);
    for (uint32_t i = 0; i < count; i++) {
        rd_kafka_topic_partition_t *at = rd_kafka_topic_partition_list_add(
            list, consumer->settings.topic_applications, positions[i].partition);
        char *metadata = malloc(NOTE_SIZE); /* the list owns it */
        CHECK(metadata != NULL);
        int size = note_write(&positions[i], consumer->transactor != NULL, metadata);
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
static bool
commit(struct consumer *consumer, const struct position *positions, uint32_t count, struct err *err)
{
    rd_kafka_topic_partition_list_t *list = offsets_list(consumer, positions, count);
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
    if (consumer_replaced(consumer, code, err)) {
        return false;
    }
    return err_set(err,
                   membership_fenced(code) ? ERR_FENCED : ERR_RETRY,
                   "group %s did not take a commit: %s",
                   consumer->settings.group,
                   rd_kafka_err2str(code));
}

/* One that is out of the group commits as nobody, and an empty group lets it. One for whom
 * librdkafka has joined anew, which poll() is still to tell, would commit what is another's by now.
 * An assignment that is served just while it does so has the new generation already: then only the
 * store knows, which is asked before. */
static bool is_member(const struct consumer *consumer, struct err *err)
{
    if (consumer->rk != NULL && consumer->assigned && !rd_kafka_assignment_lost(consumer->rk)) {
        return !GUARD(GENERATION) || membership_generation(consumer->rk) == consumer->generation ||
               err_set(
                   err, ERR_RETRY, "group %s gives its partitions anew", consumer->settings.group);
    }
    if (!consumer_replaced(consumer, RD_KAFKA_RESP_ERR__ASSIGNMENT_LOST, err)) {
        (void)err_set(
            err, ERR_FENCED, "group %s has taken the partitions away", consumer->settings.group);
    }
    return false;
}

bool offsets_commit(void *self, const struct position *positions, uint32_t count, struct err *err)
{
    struct consumer *consumer = self;
    offsets_forget(consumer);
    if (count == 0) {
        return true;
    }
    if (!is_member(consumer, err)) {
        return false;
    }
    if (consumer->transactor != NULL) {
        transactor_tell(consumer->transactor, positions, count);
        return true;
    }
    return commit(consumer, positions, count, err);
}

bool offsets_prove(void *self, const struct position *positions, uint32_t count, struct err *err)
{
    struct consumer *consumer = self;
    offsets_forget(consumer);
    if (count == 0) {
        return true;
    }
    if (!is_member(consumer, err)) {
        return false;
    }
    return consumer->transactor != NULL
               ? transactor_prove(consumer->transactor, positions, count, err)
               : commit(consumer, positions, count, err);
}
