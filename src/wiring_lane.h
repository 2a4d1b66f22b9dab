#ifndef MENTOR_SRC_WIRING_LANE_H
#define MENTOR_SRC_WIRING_LANE_H

/* What one lane of a worker has of its own of Kafka and PostgreSQL. */

#include "mentor/app/edges.h"
#include "mentor/kafka/kafka.h"
#include "mentor/pg/pg.h"

enum {
    OWNER_SIZE = 96, /* of a worker's name; a lane's has a number behind it */
};

/* Zeroed is closed. */
struct wiring_lane {
    struct kafka_settings kafka; /* given, its lane's number, too */
    struct pg_settings pg;       /* given, with the worker's name as the owner */
    struct kafka_facts facts;
    int64_t *ends; /* owned */
    char owner[OWNER_SIZE + 16];
    char transactional_id[KAFKA_TRANSACTIONAL_ID_SIZE];
    struct consumer *consumer;
    struct producer *producer;
    struct transactor *transactor;
    struct pg_store *store;
};

/* The rulebook is borrowed as long as it is open. *worker is filled, and borrows from the lane.
 * Close in either case. */
MUST_CHECK bool wiring_lane_open(struct wiring_lane *lane,
                                 const struct options *options,
                                 const struct pg_rulebook *rulebook,
                                 struct worker_edges *worker,
                                 struct err *err);
void wiring_lane_close(struct wiring_lane *lane);

#endif /* MENTOR_SRC_WIRING_LANE_H */
