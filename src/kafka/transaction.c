#include "transaction.h"

#include "mentor/base/err.h"
#include "mentor/base/guard.h"

#include "membership.h"

/*
 * librdkafka tells retriable, abortable and fatal errors apart. Here they are one: it has tried
 * again by itself for as long as we wait, and whatever is left over is ended by a new producer with
 * the same id, whose first call finishes or aborts what the old one began. Only the fenced are
 * another matter: they must leave the group.
 */
bool transaction_well(rd_kafka_error_t *error, const char *what, struct err *err)
{
    if (error == NULL) {
        return true;
    }
    rd_kafka_resp_err_t code = rd_kafka_error_code(error);
    (void)err_set(err,
                  membership_fenced(code) ? ERR_FENCED : ERR_RETRY,
                  "Kafka transaction, %s: %s (%s)",
                  what,
                  rd_kafka_error_string(error),
                  rd_kafka_err2name(code));
    rd_kafka_error_destroy(error);
    return false;
}

bool transaction_init(struct outlet *outlet, struct err *err)
{
    rd_kafka_error_t *error = rd_kafka_init_transactions(outlet->rk, TRANSACTION_INIT_MS);
    bool resumable = error != NULL && rd_kafka_error_is_retriable(error) != 0;
    bool done = transaction_well(error, "first call", err);
    if (!done && !resumable) {
        outlet_close(outlet);
    }
    return done;
}

static bool queue_all(struct outlet *outlet, struct cargo *cargo, struct err *err)
{
    for (uint32_t i = 0; i < cargo->count; i++) {
        struct cargo_item *item = &cargo->items[i];
        rd_kafka_resp_err_t code =
            outlet_queue(outlet, &item->record, item->dlq, item, &item->size);
        if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
            return err_set(err,
                           membership_fenced(code) ? ERR_FENCED : ERR_RETRY,
                           "Kafka transaction, output: %s",
                           rd_kafka_err2str(code));
        }
    }
    return true;
}

bool transaction_begin(struct outlet *outlet, struct err *err)
{
    return transaction_well(rd_kafka_begin_transaction(outlet->rk), "begin", err);
}

bool transaction_offer(struct outlet *outlet,
                       const rd_kafka_topic_partition_list_t *offsets,
                       const rd_kafka_consumer_group_metadata_t *membership,
                       struct err *err)
{
    return transaction_well(
        rd_kafka_send_offsets_to_transaction(outlet->rk, offsets, membership, TRANSACTION_WAIT_MS),
        "offsets",
        err);
}

bool transaction_abort(struct outlet *outlet, struct err *err)
{
    return transaction_well(
        rd_kafka_abort_transaction(outlet->rk, TRANSACTION_WAIT_MS), "abort", err);
}

enum transaction_end transaction_run(struct outlet *outlet,
                                     struct cargo *cargo,
                                     const rd_kafka_topic_partition_list_t *offsets,
                                     const rd_kafka_consumer_group_metadata_t *membership,
                                     const atomic_bool *drop,
                                     struct err *err)
{
    if (*drop) {
        return TRANSACTION_DROPPED;
    }
    /* Once begun it is committed, or given up: an abort is noted before (undo_tell). */
    if (!transaction_begin(outlet, err) || !queue_all(outlet, cargo, err) ||
        !transaction_offer(outlet, offsets, membership, err)) {
        return TRANSACTION_UNKNOWN;
    }
    return transaction_well(
               rd_kafka_commit_transaction(outlet->rk, TRANSACTION_WAIT_MS), "commit", err) ||
                   !GUARD(TXN_UNKNOWN)
               ? TRANSACTION_COMMITTED
               : TRANSACTION_UNKNOWN;
}

bool transaction_prove(struct outlet *outlet,
                       const rd_kafka_topic_partition_list_t *offsets,
                       const rd_kafka_consumer_group_metadata_t *membership,
                       struct err *err)
{
    return transaction_begin(outlet, err) && transaction_offer(outlet, offsets, membership, err) &&
           transaction_abort(outlet, err);
}
