/* A dead worker's transaction, ended by whoever takes over from it. */

#include "mentor/base/err.h"
#include "mentor/base/guard.h"
#include "mentor/kafka/kafka.h"

#include "consumer.h"
#include "membership.h"
#include "outlet.h"
#include "transaction.h"
#include "undo.h"

static void on_delivery(rd_kafka_t *rk, const rd_kafka_message_t *message, void *opaque)
{
    (void)rk;
    (void)message; /* nothing is sent */
    (void)opaque;
}

static bool run(struct consumer *consumer, struct outlet *outlet, struct err *err)
{
    rd_kafka_topic_partition_list_t *partitions = offsets_assigned(consumer);
    rd_kafka_consumer_group_metadata_t *membership = membership_take(consumer->rk, err);
    bool done = membership != NULL && undo_run(outlet, partitions, membership, err);
    if (membership != NULL) {
        rd_kafka_consumer_group_metadata_destroy(membership);
    }
    /* Or the broker has lost the end of this one too, or another orphan's is pending besides. */
    done = done && (undo_told(consumer, partitions) || !GUARD(ORPHAN_ASKED) ||
                    err_set(err, ERR_RETRY, "a transaction is pending all the same"));
    rd_kafka_topic_partition_list_destroy(partitions);
    return done;
}

/* It has nothing open any more, so what is pending all the same may be its own, with a lost end. */
static bool undo(struct consumer *consumer, struct outlet *outlet, struct err *err)
{
    rd_kafka_topic_partition_list_t *partitions = offsets_assigned(consumer);
    enum undo_pending pending = undo_ask(outlet->rk, consumer->settings.group, partitions);
    rd_kafka_topic_partition_list_destroy(partitions);
    if (pending == UNDO_UNKNOWN && GUARD(ORPHAN_ASKED)) {
        return err_set(err,
                       ERR_RETRY,
                       "group %s does not answer whether a transaction is pending",
                       consumer->settings.group);
    }
    return pending != UNDO_SOME || run(consumer, outlet, err);
}

static bool is_member(const struct consumer *consumer)
{
    struct err ignored;
    rd_kafka_consumer_group_metadata_t *membership = membership_take(consumer->rk, &ignored);
    if (membership != NULL) {
        rd_kafka_consumer_group_metadata_destroy(membership);
    }
    return membership != NULL;
}

bool kafka_fence(struct consumer *consumer, const char *transactional_id, struct err *err)
{
    struct outlet outlet;
    if (consumer->rk == NULL) {
        return err_set(err, ERR_FENCED, "not in the group %s", consumer->settings.group);
    }
    outlet_init(&outlet, &consumer->settings);
    bool done = outlet_open(&outlet, transactional_id, on_delivery, NULL, err) &&
                transaction_init(&outlet, err) && undo(consumer, &outlet, err);
    outlet_close(&outlet);
    if (!done && err->kind == ERR_FENCED && is_member(consumer)) {
        err->kind = ERR_RETRY; /* not we: another heir of the same one is quicker */
    }
    return done;
}
