/* What the consumer asks of its transactor, on the worker's thread. */

#include "mentor/base/err.h"
#include "mentor/base/guard.h"

#include "hanging.h"
#include "membership.h"
#include "transactor_state.h"
#include "undo.h"

enum {
    COMMITTED_MS = 500,
};

void transactor_join(struct transactor *transactor, rd_kafka_consumer_group_metadata_t *membership)
{
    (void)pthread_mutex_lock(&transactor->mutex);
    transactor_stop(transactor);
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

/* The next transactor_ready makes a new client, whose first call ends what this one began. */
static void broken(struct transactor *transactor, const struct err *err)
{
    outlet_close(&transactor->outlet);
    transactor->ready = false;
    transactor->why = *err;
}

static bool pends_no_more(const struct consumer *consumer,
                          rd_kafka_topic_partition_list_t *partitions,
                          struct err *err)
{
    return undo_await(consumer->rk, consumer->settings.group, partitions, COMMITTED_MS) ||
           err_set(err, ERR_RETRY, "an offset of ours is pending, or nobody says");
}

/* With nothing of ours open, under the mutex. */
static bool clear(struct transactor *transactor, struct err *err)
{
    struct consumer *consumer = transactor->consumer;
    if (!transactor_is_member(transactor, err)) {
        return false;
    }
    /* Without any, what pends of ours is where we were before, and nobody there may know it. */
    bool none = consumer->partition_count == 0;
    rd_kafka_topic_partition_list_t *partitions =
        none ? undo_lasting(consumer, err) : offsets_assigned(consumer);
    if (partitions == NULL) {
        return false;
    }
    enum hanging hanging =
        hanging_end(&transactor->outlet, partitions, transactor->membership, err);
    if (hanging == HANGING_UNKNOWN) {
        broken(transactor, err);
    }
    transactor->doubted =
        !hanging_is_over(&consumer->hanging, hanging, err) ||
        (none && partitions->cnt > 0 && !pends_no_more(consumer, partitions, err));
    rd_kafka_topic_partition_list_destroy(partitions);
    return !transactor->doubted;
}

bool transactor_clear(void *self, struct err *err)
{
    struct transactor *transactor = self;
    if (transactor == NULL || !GUARD(HANGING)) {
        return true;
    }
    (void)pthread_mutex_lock(&transactor->mutex);
    transactor_stop(transactor);
    bool done =
        !transactor->doubted || (transactor_ready(transactor, err) && clear(transactor, err));
    (void)pthread_mutex_unlock(&transactor->mutex);
    if (!done && err->kind == ERR_FENCED && membership_holds(transactor->consumer->rk)) {
        err->kind = ERR_RETRY; /* by an heir of what we had before */
    }
    return done;
}

static void doubt(struct transactor *transactor, const struct err *err)
{
    transactor->doubted = true;
    broken(transactor, err); /* what is left of it is noted before a new one begins */
}

void transactor_doubt(struct transactor *transactor, const struct err *err)
{
    if (transactor != NULL) {
        (void)pthread_mutex_lock(&transactor->mutex);
        transactor_stop(transactor);
        doubt(transactor, err);
        (void)pthread_mutex_unlock(&transactor->mutex);
    }
}

/* Nothing of ours is on its way: what hangs may be ours when it does so for longer than another's
 * transaction is open. */
static bool is_seen(struct transactor *transactor, bool now, struct err *err)
{
    struct hanging_time *time = &transactor->consumer->hanging;
    enum hanging hanging =
        hanging_look(&transactor->outlet, !lookout_hangs(&transactor->lookout), err);
    bool lasts = hanging_lasts(time, hanging);
    if (lasts && !now && !time->left) {
        doubt(transactor, err);
    }
    return hanging == HANGING_NOTHING ||
           (hanging == HANGING_OTHERS && (time->left || (!now && !transactor->doubted)));
}

/* Likewise: an offset that pends would be nobody's when the partition is given back. A commit is
 * answered before its markers are written. */
static bool is_committed(const struct consumer *consumer, struct err *err)
{
    if (!offsets_ready(consumer, err)) {
        return false;
    }
    rd_kafka_topic_partition_list_t *partitions = offsets_assigned(consumer);
    bool done = pends_no_more(consumer, partitions, err);
    rd_kafka_topic_partition_list_destroy(partitions);
    return done;
}

bool transactor_ended(void *self, bool now, struct err *err)
{
    struct transactor *transactor = self;
    (void)pthread_mutex_lock(&transactor->mutex);
    while (transactor->busy) {
        (void)pthread_cond_wait(&transactor->changed, &transactor->mutex);
    }
    bool done = !GUARD(ENDED);
    if (!done && !transactor->ready) {
        (void)err_set(err, ERR_RETRY, "how the last Kafka transaction ended is not known");
    } else if (!done && transactor->doubted) {
        done = clear(transactor, err);
    } else if (!done) {
        done = is_seen(transactor, now, err) && (!now || is_committed(transactor->consumer, err));
        if (done && now && !transactor->consumer->hanging.left) {
            passages_mark(&transactor->passages);
            passages_see(&transactor->passages);
        }
    }
    (void)pthread_mutex_unlock(&transactor->mutex);
    return done;
}

typedef bool run_fn(struct outlet *outlet,
                    const rd_kafka_topic_partition_list_t *offsets,
                    const rd_kafka_consumer_group_metadata_t *membership,
                    struct err *err);

/* With nothing of ours under way. What it aborts is noted before. */
static bool run_alone(struct transactor *transactor,
                      const rd_kafka_topic_partition_list_t *offsets,
                      run_fn *run_it,
                      struct err *err)
{
    (void)pthread_mutex_lock(&transactor->mutex);
    transactor_stop(transactor);
    bool done = transactor_is_member(transactor, err) && transactor_ready(transactor, err) &&
                undo_tell(transactor->consumer, transactor->id, err);
    if (done) {
        transactor->doubted = true;
        done = run_it(&transactor->outlet, offsets, transactor->membership, err);
        if (!done) {
            broken(transactor, err);
        }
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
    bool done = run_alone(transactor, offsets, transaction_prove, err);
    rd_kafka_topic_partition_list_destroy(offsets);
    return done;
}

bool transactor_undo(struct transactor *transactor,
                     const rd_kafka_topic_partition_list_t *partitions,
                     struct err *err)
{
    return run_alone(transactor, partitions, undo_run, err);
}
