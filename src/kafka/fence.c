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
    QUICK_US = 2000000,
    SKEW_MS = 10000, /* of its clock */
};

struct orphan {
    struct consumer *consumer;
    struct outlet outlet;                           /* in its name */
    rd_kafka_topic_partition_list_t *partitions;    /* assigned to us */
    rd_kafka_consumer_group_metadata_t *membership; /* ours */
};

/* What pends is its own, with a lost end, as nothing of it is open any more; or another orphan's.
 */
static bool undo(struct orphan *orphan, struct err *err)
{
    rd_kafka_topic_partition_list_t *pending = undo_pending_of(orphan->partitions);
    bool done = undo_run(&orphan->outlet, pending, orphan->membership, err);
    rd_kafka_topic_partition_list_destroy(pending);
    /* Or the broker has lost the end of this one too, or another orphan's is pending besides. */
    return done && (undo_told(orphan->consumer, orphan->partitions) ||
                    err_set(err, ERR_RETRY, "a transaction is pending all the same"));
}

/* What hangs when its own is ended is another's, who ends it, or, when that lasts, may be ours. */
static bool end_hanging(struct orphan *orphan, struct err *err)
{
    struct consumer *consumer = orphan->consumer;
    enum hanging hanging = hanging_look(&orphan->outlet, true, err);
    if (hanging == HANGING_OTHERS) {
        hanging = hanging_end(&orphan->outlet, NULL, NULL, err);
        if (hanging == HANGING_NOTHING) {
            undo_log(&consumer->settings);
        }
    }
    if (consumer->transactor != NULL && hanging_lasts(&consumer->hanging, hanging)) {
        transactor_doubt(consumer->transactor, err);
        return transactor_clear(consumer->transactor, err);
    }
    return hanging_is_over(&consumer->hanging, hanging, err);
}

/* Once its first call is answered. */
static bool end(struct orphan *orphan, struct err *err)
{
    const struct kafka_settings *settings = &orphan->consumer->settings;
    for (int i = 0; i < orphan->partitions->cnt; i++) {
        orphan->partitions->elems[i].offset = UNDO_UNSEEN;
    }
    enum undo_pending pending = undo_ask(orphan->outlet.rk, settings->group, orphan->partitions);
    bool done = pending == UNDO_UNKNOWN ? undo_unanswered(settings, err)
                                        : pending == UNDO_NONE || undo(orphan, err);
    return done && (!GUARD(ORPHAN_HANGING) || end_hanging(orphan, err));
}

/* One that lives may have gone on since it was told of, while reading took long or the broker did
 * not answer us, or not in time. */
static bool fence(struct orphan *orphan, const char *transactional_id, struct err *err)
{
    struct clock clock = clock_system();
    int64_t began_ms = clock.wall_ms(clock.self);
    int64_t began_us = clock.mono_us(clock.self);
    if (!undo_tell(orphan->consumer, transactional_id, err)) {
        return false;
    }
    bool done = transaction_init(&orphan->outlet, err);
    if (clock.mono_us(clock.self) - began_us < QUICK_US) {
        return done;
    }
    struct err untold;
    if (!undo_tell_since(orphan->consumer, transactional_id, began_ms - SKEW_MS, &untold)) {
        *err = done ? untold : *err;
        return false;
    }
    return done;
}

bool kafka_fence(struct consumer *consumer, const char *transactional_id, struct err *err)
{
    struct orphan orphan = {.consumer = consumer};
    if (!offsets_ready(consumer, err)) {
        return false;
    }
    outlet_init(&orphan.outlet, &consumer->settings);
    orphan.partitions = offsets_assigned(consumer);
    orphan.membership = membership_take(consumer->rk, err);
    bool done = orphan.membership != NULL &&
                outlet_open(&orphan.outlet, transactional_id, on_delivery, NULL, err) &&
                fence(&orphan, transactional_id, err) && end(&orphan, err);
    outlet_close(&orphan.outlet);
    if (orphan.membership != NULL) {
        rd_kafka_consumer_group_metadata_destroy(orphan.membership);
    }
    rd_kafka_topic_partition_list_destroy(orphan.partitions);
    if (!done && err->kind == ERR_FENCED && membership_holds(consumer->rk)) {
        err->kind = ERR_RETRY; /* not we: another heir of the same one is quicker */
    }
    return done;
}
