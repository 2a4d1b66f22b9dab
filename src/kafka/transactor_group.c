/* What the consumer asks of its transactor, on the worker's thread. */

#include "mentor/base/err.h"
#include "mentor/base/guard.h"

#include "hanging.h"
#include "membership.h"
#include "transactor_state.h"
#include "undo.h"

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

/* With nothing of ours open, under the mutex. */
static bool clear(struct transactor *transactor, struct err *err)
{
    if (!transactor_is_member(transactor, err)) {
        return false;
    }
    rd_kafka_topic_partition_list_t *partitions = offsets_assigned(transactor->consumer);
    enum hanging hanging =
        hanging_end(&transactor->outlet, partitions, transactor->membership, err);
    rd_kafka_topic_partition_list_destroy(partitions);
    if (hanging == HANGING_UNKNOWN) {
        broken(transactor, err);
    }
    transactor->doubted =
        hanging != HANGING_NOTHING &&
        !(hanging == HANGING_OTHERS && hanging_is_left(&transactor->consumer->hanging, err));
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

/* Nothing of ours is on its way, and what hangs does so for longer than a transaction is open: it
 * may be ours. */
static bool may_be_ours(struct transactor *transactor, bool now, const struct err *err)
{
    struct hanging_time *time = &transactor->consumer->hanging;
    if (!now && hanging_lasts(time) && !time->left) {
        doubt(transactor, err);
    }
    return now || transactor->doubted;
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
        enum hanging hanging = hanging_look(&transactor->outlet, err);
        if (hanging == HANGING_NOTHING) {
            transactor->consumer->hanging = (struct hanging_time){0};
        }
        done = hanging == HANGING_NOTHING ||
               (hanging == HANGING_OTHERS && !may_be_ours(transactor, now, err));
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
