/* What the consumer asks of its transactor, on the worker's thread. */

#include "mentor/base/err.h"

#include "hanging.h"
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

void transactor_clear(struct transactor *transactor, const rd_kafka_topic_partition_list_t *told)
{
    struct err err;
    if (transactor == NULL) {
        return;
    }
    (void)pthread_mutex_lock(&transactor->mutex);
    transactor_stop(transactor);
    if (transactor->doubted && transactor_ready(transactor, &err)) {
        enum hanging hanging = hanging_end(&transactor->outlet, told, NULL, &err);
        transactor->doubted = hanging != HANGING_NOTHING;
        if (hanging == HANGING_UNKNOWN) {
            broken(transactor, &err);
        }
    }
    (void)pthread_mutex_unlock(&transactor->mutex);
}

typedef bool run_fn(struct outlet *outlet,
                    const rd_kafka_topic_partition_list_t *offsets,
                    const rd_kafka_consumer_group_metadata_t *membership,
                    struct err *err);

/* With nothing of ours open. */
static bool run_alone(struct transactor *transactor,
                      const rd_kafka_topic_partition_list_t *offsets,
                      run_fn *run_it,
                      struct err *err)
{
    (void)pthread_mutex_lock(&transactor->mutex);
    transactor_stop(transactor);
    bool done = transactor_is_member(transactor, err) && transactor_ready(transactor, err);
    transactor->doubted = transactor->doubted || run_it == undo_run;
    if (done && run_it != NULL &&
        !run_it(&transactor->outlet, offsets, transactor->membership, err)) {
        done = false;
        broken(transactor, err);
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
