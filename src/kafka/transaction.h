#ifndef KAFKA_TRANSACTION_H
#define KAFKA_TRANSACTION_H

/* One Kafka transaction from its beginning to its end, on a transactional outlet. */

#include <stdatomic.h>

#include "cargo.h"
#include "outlet.h"

enum {
    TRANSACTION_WAIT_MS = 10000, /* one call's answer; a broker that restarts is back by then */
    TRANSACTION_INIT_MS = 5000,  /* the first call's, for which the worker's thread waits */
};

enum transaction_end {
    TRANSACTION_COMMITTED,
    TRANSACTION_DROPPED, /* never begun, as *drop asked for */
    TRANSACTION_UNKNOWN, /* *err; the outlet must be closed and opened anew */
};

/* ERR_FENCED when the group or another producer has taken over, else ERR_RETRY. Takes the error;
 * true for none. */
MUST_CHECK bool transaction_well(rd_kafka_error_t *error, const char *what, struct err *err);

/* Resolves what an earlier producer with this id has left. Once after outlet_open; after a failure
 * again, unless that has closed the outlet. */
MUST_CHECK bool transaction_init(struct outlet *outlet, struct err *err);

/* The parts of one, for whoever needs another order. After a failure the outlet must be closed and
 * opened anew. */
MUST_CHECK bool transaction_begin(struct outlet *outlet, struct err *err);
MUST_CHECK bool transaction_offer(struct outlet *outlet,
                                  const rd_kafka_topic_partition_list_t *offsets,
                                  const rd_kafka_consumer_group_metadata_t *membership,
                                  struct err *err);
MUST_CHECK bool transaction_abort(struct outlet *outlet, struct err *err);

/* The outputs and the group's offsets, all or none. *drop is looked at before it begins. */
enum transaction_end transaction_run(struct outlet *outlet,
                                     struct cargo *cargo,
                                     const rd_kafka_topic_partition_list_t *offsets,
                                     const rd_kafka_consumer_group_metadata_t *membership,
                                     const atomic_bool *drop,
                                     struct err *err);

/* Offsets are offered with this membership and taken back: the group has its say, and nothing
 * changes. */
MUST_CHECK bool transaction_prove(struct outlet *outlet,
                                  const rd_kafka_topic_partition_list_t *offsets,
                                  const rd_kafka_consumer_group_metadata_t *membership,
                                  struct err *err);

#endif /* KAFKA_TRANSACTION_H */
