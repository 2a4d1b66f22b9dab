#include <stdio.h>
#include <stdlib.h>

#include "mentor/base/clock.h"
#include "mentor/base/err.h"
#include "mentor/base/guard.h"
#include "mentor/base/log.h"

#include "transaction.h"
#include "transactor_state.h"
#include "undo.h"
#include "wait.h"

/*
 * A thread carries: it takes what has been handed over and ends it as one transaction, while the
 * next outputs gather. So a transaction holds what came while the one before was being committed,
 * and none is open while there is nothing to do.
 *
 * The client is the thread's while it is busy, and the caller's while it is not.
 */

static void on_delivery(rd_kafka_t *rk, const rd_kafka_message_t *message, void *opaque)
{
    struct transactor *transactor = opaque;
    const struct cargo_item *item = message->_private;
    (void)rk;
    if (item == NULL) {
        return; /* undo.c's */
    }
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        lookout_wrote(&transactor->lookout, item->dlq, message->partition, message->offset);
    } else {
        outlet_failed(&transactor->outlet, message->err, item->dlq, item->size);
    }
}

/* The thread's side */

/* What was handed over so far, as one transaction's. */
static rd_kafka_topic_partition_list_t *load(struct transactor *transactor, struct cargo **cargo)
{
    struct position moved[PARTITIONS_MAX];
    uint32_t count = passages_load(&transactor->passages, moved);
    *cargo = transactor->filling;
    transactor->filling =
        *cargo == &transactor->cargos[0] ? &transactor->cargos[1] : &transactor->cargos[0];
    return offsets_list(transactor->consumer, moved, count);
}

static void mark(struct transactor *transactor)
{
    if (passages_unseen(&transactor->passages) && lookout_mark(&transactor->lookout)) {
        passages_mark(&transactor->passages);
    }
}

static void unload(struct transactor *transactor, enum transaction_end end, const struct err *err)
{
    if (end == TRANSACTION_COMMITTED) {
        passages_arrive(&transactor->passages);
        mark(transactor);
    }
    if (end == TRANSACTION_UNKNOWN) {
        transactor->ready = false;
        transactor->doubted = true;
        transactor->why = *err;
    }
}

static void carry(struct transactor *transactor)
{
    struct cargo *cargo = NULL;
    struct err err = {.kind = ERR_NONE};
    rd_kafka_topic_partition_list_t *offsets = load(transactor, &cargo);
    transactor->busy = true;
    transactor->due = false;
    (void)pthread_cond_broadcast(&transactor->changed); /* there is room */
    (void)pthread_mutex_unlock(&transactor->mutex);

    enum transaction_end end = transaction_run(
        &transactor->outlet, cargo, offsets, transactor->membership, &transactor->drop, &err);
    rd_kafka_topic_partition_list_destroy(offsets);
    if (end == TRANSACTION_UNKNOWN) {
        outlet_close(&transactor->outlet);
    }

    (void)pthread_mutex_lock(&transactor->mutex);
    unload(transactor, end, &err);
    cargo_clear(cargo);
    transactor->busy = false;
    (void)pthread_cond_broadcast(&transactor->changed);
}

/* Between two transactions. */
static void look(struct transactor *transactor)
{
    struct position marked[PARTITIONS_MAX];
    uint32_t count = passages_marked(&transactor->passages, marked);
    rd_kafka_topic_partition_list_t *partitions = offsets_list(transactor->consumer, marked, count);
    transactor->busy = true;
    (void)pthread_mutex_unlock(&transactor->mutex);

    bool seen = lookout_look(&transactor->lookout, &transactor->outlet, partitions);
    rd_kafka_topic_partition_list_destroy(partitions);

    (void)pthread_mutex_lock(&transactor->mutex);
    if (seen) {
        passages_see(&transactor->passages);
        mark(transactor);
    }
    transactor->busy = false;
    (void)pthread_cond_broadcast(&transactor->changed);
}

static void *run(void *argument)
{
    struct transactor *transactor = argument;
    struct clock clock = clock_system();
    (void)pthread_mutex_lock(&transactor->mutex);
    while (!transactor->quit) {
        int64_t left_us = lookout_due_us(&transactor->lookout) - clock.mono_us(clock.self);
        bool looks = transactor->ready && transactor->lookout.marked;
        if (looks && left_us <= 0) {
            look(transactor);
        } else if (transactor->due && transactor->ready && passages_moved(&transactor->passages)) {
            carry(transactor);
        } else if (looks) {
            struct timespec until = wait_until((uint32_t)(left_us / 1000 + 1));
            (void)pthread_cond_timedwait(&transactor->changed, &transactor->mutex, &until);
        } else {
            (void)pthread_cond_wait(&transactor->changed, &transactor->mutex);
        }
    }
    (void)pthread_mutex_unlock(&transactor->mutex);
    return NULL;
}

/* The caller's side, under the mutex */

static void go(struct transactor *transactor)
{
    transactor->due = true;
    (void)pthread_cond_broadcast(&transactor->changed);
}

static bool is_well(const struct transactor *transactor, struct err *err)
{
    if (!transactor->ready) {
        *err = transactor->why;
    }
    return transactor->ready;
}

void transactor_stop(struct transactor *transactor)
{
    transactor->due = false;
    transactor->drop = true;
    while (transactor->busy) {
        (void)pthread_cond_wait(&transactor->changed, &transactor->mutex);
    }
    transactor->drop = false;
    transactor->due = false;
    cargo_clear(transactor->filling);
    passages_forget(&transactor->passages);
    lookout_unmark(&transactor->lookout);
}

bool transactor_ready(struct transactor *transactor, struct err *err)
{
    if (transactor->ready) {
        return true;
    }
    struct outlet *outlet = &transactor->outlet;
    transactor->ready =
        (outlet->rk != NULL || outlet_open(outlet, transactor->id, on_delivery, transactor, err)) &&
        (!transactor->doubted || undo_tell(transactor->consumer, transactor->id, err)) &&
        transaction_init(outlet, err);
    if (!transactor->ready) {
        transactor->why = *err;
    }
    return transactor->ready;
}

bool transactor_is_member(const struct transactor *transactor, struct err *err)
{
    return transactor->membership != NULL ||
           err_set(err, ERR_FENCED, "the group has taken the partitions away");
}

static bool sink_begin(void *self, int32_t partition, int64_t emitted_offset, struct err *err)
{
    struct transactor *transactor = self;
    (void)pthread_mutex_lock(&transactor->mutex);
    bool done = is_well(transactor, err) && transactor_is_member(transactor, err);
    if (done) {
        passage_begin(passage_at(&transactor->passages, partition), emitted_offset);
    }
    (void)pthread_mutex_unlock(&transactor->mutex);
    return done;
}

static bool sink_send(void *self, const struct record *record, bool dlq, struct err *err)
{
    struct transactor *transactor = self;
    (void)pthread_mutex_lock(&transactor->mutex);
    struct passage *passage = passage_at(&transactor->passages, record->partition);
    bool done = is_well(transactor, err);
    if (done && (!passage->begun || passage->passed.epoch == 0)) {
        done = err_set(err, ERR_RETRY, "partition %d was not begun", record->partition);
    }
    while (done && !cargo_add(transactor->filling, record, dlq)) {
        if (transactor->filling->count == 0) {
            done = err_set(err, ERR_HALT, "an output is larger than any broker takes");
            break;
        }
        go(transactor);
        (void)pthread_cond_wait(&transactor->changed, &transactor->mutex);
        done = is_well(transactor, err);
    }
    if (done) {
        passage_pass(passage, record->offset + 1);
    }
    (void)pthread_mutex_unlock(&transactor->mutex);
    return done;
}

static bool sink_sent(void *self, int32_t partition, int64_t next_offset, struct err *err)
{
    struct transactor *transactor = self;
    (void)pthread_mutex_lock(&transactor->mutex);
    bool done = is_well(transactor, err);
    if (done) {
        passage_sent(passage_at(&transactor->passages, partition), next_offset);
    }
    go(transactor);
    (void)pthread_mutex_unlock(&transactor->mutex);
    return done;
}

static bool sink_settled(void *self, int32_t partition, int64_t *emitted_offset, struct err *err)
{
    struct transactor *transactor = self;
    (void)pthread_mutex_lock(&transactor->mutex);
    const struct passage *passage = passage_at(&transactor->passages, partition);
    bool done =
        is_well(transactor, err) &&
        (passage->begun || err_set(err, ERR_RETRY, "partition %d was not begun", partition));
    if (done) {
        *emitted_offset = passage->emitted;
    }
    (void)pthread_mutex_unlock(&transactor->mutex);
    return done;
}

static int64_t sink_seen(void *self, int32_t partition)
{
    struct transactor *transactor = self;
    (void)pthread_mutex_lock(&transactor->mutex);
    const struct passage *passage = passage_at(&transactor->passages, partition);
    int64_t seen = passage->begun ? passage->seen : 0;
    (void)pthread_mutex_unlock(&transactor->mutex);
    return seen;
}

static bool sink_flush(void *self, uint32_t wait_ms, struct err *err)
{
    struct transactor *transactor = self;
    struct timespec until = wait_until(wait_ms);
    bool late = false;
    (void)pthread_mutex_lock(&transactor->mutex);
    bool done = is_well(transactor, err);
    while (done && !late && (transactor->busy || passages_moved(&transactor->passages))) {
        if (!transactor->busy) {
            go(transactor);
        }
        late = pthread_cond_timedwait(&transactor->changed, &transactor->mutex, &until) != 0;
        done = is_well(transactor, err);
    }
    if (done && (transactor->busy || passages_moved(&transactor->passages))) {
        done = err_set(err, ERR_RETRY, "a Kafka transaction is not committed after %u ms", wait_ms);
    }
    (void)pthread_mutex_unlock(&transactor->mutex);
    return done;
}

static bool sink_purge(void *self, struct err *err)
{
    struct transactor *transactor = self;
    (void)pthread_mutex_lock(&transactor->mutex);
    transactor_stop(transactor);
    bool done = transactor_ready(transactor, err);
    (void)pthread_mutex_unlock(&transactor->mutex);
    return done;
}

static void start(struct transactor *transactor)
{
    CHECK(pthread_mutex_init(&transactor->mutex, NULL) == 0);
    wait_init(&transactor->changed);
    CHECK(pthread_create(&transactor->thread, NULL, run, transactor) == 0);
}

struct transactor *transactor_open(const struct kafka_settings *settings,
                                   const char *id,
                                   struct consumer *consumer,
                                   struct err *err)
{
    struct transactor *transactor = calloc(1, sizeof(*transactor));
    CHECK(transactor != NULL);
    CHECK(cargo_init(&transactor->cargos[0]) && cargo_init(&transactor->cargos[1]));
    transactor->filling = &transactor->cargos[0];
    transactor->consumer = consumer;
    (void)snprintf(transactor->id, sizeof(transactor->id), "%s", id);
    (void)err_set(&transactor->why, ERR_RETRY, "the Kafka producer is not made yet");
    outlet_init(&transactor->outlet, settings);
    bool fits = outlet_open(&transactor->outlet, id, on_delivery, transactor, err);
    start(transactor);
    if (!fits) {
        transactor_close(&transactor);
        return NULL;
    }
    consumer->transactor = transactor;
    return transactor;
}

void transactor_close(struct transactor **transactor)
{
    struct transactor *self = *transactor;
    if (self == NULL) {
        return;
    }
    transactor_join(self, NULL);
    (void)pthread_mutex_lock(&self->mutex);
    self->quit = true;
    (void)pthread_cond_broadcast(&self->changed);
    (void)pthread_mutex_unlock(&self->mutex);
    (void)pthread_join(self->thread, NULL);
    self->consumer->transactor = NULL;
    (void)pthread_cond_destroy(&self->changed);
    (void)pthread_mutex_destroy(&self->mutex);
    outlet_close(&self->outlet);
    cargo_release(&self->cargos[0]);
    cargo_release(&self->cargos[1]);
    passages_release(&self->passages);
    lookout_release(&self->lookout);
    free(self);
    *transactor = NULL;
}

struct sink transactor_sink(struct transactor *transactor)
{
    return (struct sink){
        .clear = transactor_clear,
        .ended = transactor_ended,
        .begin = sink_begin,
        .send = sink_send,
        .sent = sink_sent,
        .settled = sink_settled,
        .seen = sink_seen,
        .flush = sink_flush,
        .purge = sink_purge,
        .self = transactor,
    };
}
