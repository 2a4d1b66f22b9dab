#ifndef TESTS_SIM_GROWTH_H
#define TESTS_SIM_GROWTH_H

/*
 * A topic that gets more partitions while workers run: when, who hears of it, the database's rows
 * of it (src/pg/sql/growth_*.sql), and the order of publication that must survive it.
 */

#include <stdint.h>

#include "mentor/app/edges.h"
#include "mentor/base/bytes.h"

#include "broker.h"

struct actor;
struct db_fate;
struct message;

/* Tables topic and growth. */
struct db_growth {
    int32_t count; /* as far as partitions are read; 0: no worker has run */
    int32_t to;    /* of a growth under way; 0: none */
    int64_t ends[BROKER_PARTITIONS];
};

/* Plans it, until `until_us`. */
void growth_begin(int64_t until_us);
/* What a worker asks of it. */
void growth_edges(struct actor *actor, struct worker_edges *edges);
/* What a broker says, which may not have heard of the newest partitions yet. */
int32_t growth_heard(void);
/* Where producers place a key, now. */
uint32_t growth_place(struct bytes key);
/* As topic_store.sql and topic_check.sql. */
bool growth_open(int32_t partition_count, struct err *err);
/* As read_clock.sql. */
void growth_read(struct batch_read *read);
/* I8 over all partitions: what a key's records come to is stored, and sent, in the order in which
 * they were published. Only where producers place by key. */
void growth_stored(int32_t partition, int64_t offset);
void growth_appended(const struct message *message);

#endif /* TESTS_SIM_GROWTH_H */
