/* A dead worker's transaction, ended by whoever takes over from it. */

#include "mentor/base/clock.h"
#include "mentor/base/err.h"
#include "mentor/base/guard.h"
#include "mentor/kafka/kafka.h"

#include "consumer.h"
#include "hanging.h"
#include "membership.h"
#include "outlet.h"
#include "transaction.h"
#include "transactor.h"
#include "undo.h"

static void on_delivery(rd_kafka_t *rk, const rd_kafka_message_t *message, void *opaque)
{
    (void)rk;
    (void)message; /* an undo's; nobody waits for it */
    (void)opaque;
}

enum {
    PENDING_US = 12000000, /* one call of a living worker that waits (transaction.h), and more */
};

struct orphan {
    struct consumer *consumer;
    struct outlet outlet;             /* in its name */
    const struct position *positions; /* just taken */
    uint32_t count;
};

/* What pends is its own, with a lost end, as nothing of it is open any more; or another orphan's.
 */
static bool undo(struct orphan *orphan, rd_kafka_topic_partition_list_t *pending, struct err *err)
{
    struct consumer *consumer = orphan->consumer;
    rd_kafka_consumer_group_metadata_t *membership = membership_take(consumer->rk, err);
    bool done = membership != NULL && undo_run(&orphan->outlet, pending, membership, err);
    if (membership != NULL) {
        rd_kafka_consumer_group_metadata_destroy(membership);
    }
    /* Or the broker has lost the end of this one too, or another orphan's is pending besides. */
    return done && (undo_told(consumer, pending) ||
                    err_set(err, ERR_RETRY, "a transaction is pending all the same"));
}

/* Or that of another who has died over it: an heir has sent nothing before all of them are ended.
 */
static bool may_be_its_own(const struct orphan *orphan, int32_t partition)
{
    for (uint32_t i = 0; i < orphan->count; i++) {
        if (orphan->positions[i].partition == partition) {
            return orphan->positions[i].takeovers > 0;
        }
    }
    return false;
}

/* Whoever has the partition of what pends ends it, and cannot while each who waits for that goes on
 * fencing it; and what counts as out waits for a person. */
static bool hangs_for_long(struct consumer *consumer, enum hanging hanging)
{
    struct clock clock = clock_system();
    int64_t now_us = clock.mono_us(clock.self);
    int64_t most_us = hanging == HANGING_PENDING ? PENDING_US : HANGING_OPEN_US;
    if (consumer->hanging_since_us == 0) {
        consumer->hanging_since_us = now_us;
    }
    return now_us - consumer->hanging_since_us > most_us;
}

/* `committed`: below it outputs count as out. */
static bool end_hanging(struct orphan *orphan,
                        const rd_kafka_topic_partition_list_t *committed,
                        struct err *err)
{
    const char *topic = orphan->consumer->settings.topic_applications;
    rd_kafka_topic_partition_list_t *told = rd_kafka_topic_partition_list_new(committed->cnt);
    for (int i = 0; i < committed->cnt; i++) {
        const rd_kafka_topic_partition_t *at = &committed->elems[i];
        if (may_be_its_own(orphan, at->partition)) {
            rd_kafka_topic_partition_list_add(told, topic, at->partition)->offset = at->offset;
        }
    }
    enum hanging hanging = hanging_end(&orphan->outlet, told, NULL, err);
    rd_kafka_topic_partition_list_destroy(told);
    if (hanging == HANGING_NOTHING) {
        orphan->consumer->hanging_since_us = 0;
    }
    if (hanging == HANGING_OTHERS) {
        transactor_clear(orphan->consumer->transactor, committed); /* perhaps it is ours */
    }
    if ((hanging == HANGING_PENDING || hanging == HANGING_TOLD) &&
        hangs_for_long(orphan->consumer, hanging)) {
        err->kind = ERR_STALE;
    }
    return hanging == HANGING_NOTHING;
}

/* Once its first call is answered. */
static bool end(struct orphan *orphan, struct err *err)
{
    const struct kafka_settings *settings = &orphan->consumer->settings;
    rd_kafka_topic_partition_list_t *partitions = offsets_assigned(orphan->consumer);
    enum undo_pending pending = undo_ask(orphan->outlet.rk, settings->group, partitions);
    bool done = true;
    if (pending == UNDO_UNKNOWN) {
        done = undo_unanswered(settings, err);
    } else if (pending == UNDO_SOME) {
        done = undo(orphan, partitions, err);
    }
    if (done && GUARD(ORPHAN_HANGING)) {
        done = end_hanging(orphan, partitions, err);
    }
    rd_kafka_topic_partition_list_destroy(partitions);
    return done;
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

bool kafka_fence(struct consumer *consumer,
                 const char *transactional_id,
                 const struct position *positions,
                 uint32_t count,
                 struct err *err)
{
    struct orphan orphan = {.consumer = consumer, .positions = positions, .count = count};
    if (consumer->rk == NULL) {
        return err_set(err, ERR_FENCED, "not in the group %s", consumer->settings.group);
    }
    outlet_init(&orphan.outlet, &consumer->settings);
    bool done = outlet_open(&orphan.outlet, transactional_id, on_delivery, NULL, err) &&
                undo_tell(consumer, err) && transaction_init(&orphan.outlet, err) &&
                end(&orphan, err);
    outlet_close(&orphan.outlet);
    if (!done && err->kind == ERR_FENCED && is_member(consumer)) {
        err->kind = ERR_RETRY; /* not we: another heir of the same one is quicker */
    }
    return done;
}
