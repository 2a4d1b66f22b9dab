#include "transactor.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "mentor/base/clock.h"
#include "mentor/base/err.h"
#include "mentor/base/log.h"

#include "consumer.h"
#include "passage.h"
#include "transaction.h"
#include "undo.h"
#include "wait.h"

/*
 * A thread carries: it takes what has been handed over and ends it as one transaction, while the
 * next outputs gather. So a transaction holds what came while the one before was being committed,
 * and none is open while there is nothing to do.
 *
 * The client is the thread's while it is busy, and the caller's while it is not.
 */

struct transactor {
    struct outlet outlet;
    char id[256];
    struct consumer *consumer; /* borrowed */
    pthread_t thread;
    atomic_bool drop; /* what is under way is not wanted any more */

    pthread_mutex_t mutex; /* guards what follows */
    pthread_cond_t changed;
    bool quit;
    bool busy;      /* the thread has the client, and the cargo that is not filling */
    bool due;       /* there is reason to go */
    bool ready;     /* the client's first call is answered, and it is not broken */
    struct err why; /* when it is not: of what broke */
    rd_kafka_consumer_group_metadata_t *membership; /* owned; NULL: none */
    struct passages passages;
    struct cargo cargos[2];
    struct cargo *filling;
};

static void on_delivery(rd_kafka_t *rk, const rd_kafka_message_t *message, void *opaque)
{
    struct transactor *transactor = opaque;
    const struct cargo_item *item = message->_private;
    (void)rk;
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR && item != NULL) { /* NULL: undo.c's */
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

static void unload(struct transactor *transactor, enum transaction_end end, const struct err *err)
{
    if (end == TRANSACTION_COMMITTED) {
        passages_arrive(&transactor->passages);
    }
    if (end == TRANSACTION_UNKNOWN) {
        transactor->ready = false;
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

static void *run(void *argument)
{
    struct transactor *transactor = argument;
    (void)pthread_mutex_lock(&transactor->mutex);
    while (!transactor->quit) {
        if (transactor->due && transactor->ready && passages_moved(&transactor->passages)) {
            carry(transactor);
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

/* Ends what is under way, one way or the other, and forgets what was to follow. */
static void stop_carrying(struct transactor *transactor)
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
}

/* A client whose id's past is resolved: what an earlier one left is committed or aborted. One that
 * has no answer yet is asked again: a new one would begin with finding the coordinator. */
static bool make_ready(struct transactor *transactor, struct err *err)
{
    if (transactor->ready) {
        return true;
    }
    struct outlet *outlet = &transactor->outlet;
    transactor->ready =
        (outlet->rk != NULL || outlet_open(outlet, transactor->id, on_delivery, transactor, err)) &&
        transaction_init(outlet, err);
    if (!transactor->ready) {
        transactor->why = *err;
    }
    return transactor->ready;
}

static bool is_member(const struct transactor *transactor, struct err *err)
{
    return transactor->membership != NULL ||
           err_set(err, ERR_FENCED, "the group has taken the partitions away");
}

static bool sink_begin(void *self, int32_t partition, int64_t emitted_offset, struct err *err)
{
    struct transactor *transactor = self;
    (void)pthread_mutex_lock(&transactor->mutex);
    bool done = is_well(transactor, err) && is_member(transactor, err);
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
        passage->passed.emitted_offset = record->offset + 1;
    }
    (void)pthread_mutex_unlock(&transactor->mutex);
    return done;
}

static bool sink_sent(void *self, int32_t partition, int64_t next_offset, struct err *err)
{
    struct transactor *transactor = self;
    (void)pthread_mutex_lock(&transactor->mutex);
    struct passage *passage = passage_at(&transactor->passages, partition);
    bool done = is_well(transactor, err);
    if (done && next_offset > passage->passed.emitted_offset) {
        passage->passed.emitted_offset = next_offset;
    }
    go(transactor);
    (void)pthread_mutex_unlock(&transactor->mutex);
    return done;
}

static bool sink_settled(void *self, int32_t partition, int64_t *emitted_offset, struct err *err)
{
    struct transactor *transactor = self;
    (void)pthread_mutex_lock(&transactor->mutex);
    bool done = is_well(transactor, err);
    if (done) {
        *emitted_offset = passage_at(&transactor->passages, partition)->emitted;
    }
    (void)pthread_mutex_unlock(&transactor->mutex);
    return done;
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
    stop_carrying(transactor);
    bool done = make_ready(transactor, err);
    (void)pthread_mutex_unlock(&transactor->mutex);
    return done;
}

void transactor_join(struct transactor *transactor, rd_kafka_consumer_group_metadata_t *membership)
{
    (void)pthread_mutex_lock(&transactor->mutex);
    stop_carrying(transactor);
    if (transactor->membership != NULL) {
        rd_kafka_consumer_group_metadata_destroy(transactor->membership);
    }
    transactor->membership = membership;
    (void)pthread_mutex_unlock(&transactor->mutex);
}

void transactor_tell(struct transactor *transactor,
                     const struct position *positions,
                     uint32_t count)
{
    (void)pthread_mutex_lock(&transactor->mutex);
    for (uint32_t i = 0; i < count; i++) {
        struct passage *passage = passage_at(&transactor->passages, positions[i].partition);
        passage->passed.epoch = positions[i].epoch;
        passage->passed.next_offset = positions[i].next_offset;
        memcpy(passage->passed.link, positions[i].link, SHA256_SIZE);
    }
    (void)pthread_mutex_unlock(&transactor->mutex);
}

typedef bool run_fn(struct outlet *outlet,
                    const rd_kafka_topic_partition_list_t *offsets,
                    const rd_kafka_consumer_group_metadata_t *membership,
                    struct err *err);

/* With nothing of ours open. After a failure the next make_ready makes a new client, whose first
 * call ends what this one began. */
static bool run_alone(struct transactor *transactor,
                      const rd_kafka_topic_partition_list_t *offsets,
                      run_fn *run_it,
                      struct err *err)
{
    (void)pthread_mutex_lock(&transactor->mutex);
    stop_carrying(transactor);
    bool done = is_member(transactor, err) && make_ready(transactor, err);
    if (done && run_it != NULL &&
        !run_it(&transactor->outlet, offsets, transactor->membership, err)) {
        done = false;
        outlet_close(&transactor->outlet);
        transactor->ready = false;
        transactor->why = *err;
    }
    (void)pthread_mutex_unlock(&transactor->mutex);
    return done;
}

bool transactor_prove(struct transactor *transactor,
                      const struct position *positions,
                      uint32_t count,
                      struct err *err)
{
    rd_kafka_topic_partition_list_t *offsets = offsets_list(transactor->consumer, positions, count);
    bool done = run_alone(transactor, offsets, count > 0 ? transaction_prove : NULL, err);
    rd_kafka_topic_partition_list_destroy(offsets);
    return done;
}

bool transactor_undo(struct transactor *transactor,
                     const rd_kafka_topic_partition_list_t *partitions,
                     struct err *err)
{
    return run_alone(transactor, partitions, partitions == NULL ? NULL : undo_run, err);
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
    self->consumer->transactor = NULL;
    transactor_join(self, NULL);
    (void)pthread_mutex_lock(&self->mutex);
    self->quit = true;
    (void)pthread_cond_broadcast(&self->changed);
    (void)pthread_mutex_unlock(&self->mutex);
    (void)pthread_join(self->thread, NULL);
    (void)pthread_cond_destroy(&self->changed);
    (void)pthread_mutex_destroy(&self->mutex);
    outlet_close(&self->outlet);
    cargo_release(&self->cargos[0]);
    cargo_release(&self->cargos[1]);
    passages_release(&self->passages);
    free(self);
    *transactor = NULL;
}

struct sink transactor_sink(struct transactor *transactor)
{
    return (struct sink){
        .begin = sink_begin,
        .send = sink_send,
        .sent = sink_sent,
        .settled = sink_settled,
        .flush = sink_flush,
        .purge = sink_purge,
        .self = transactor,
    };
}
