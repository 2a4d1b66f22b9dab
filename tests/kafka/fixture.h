#ifndef TESTS_KAFKA_FIXTURE_H
#define TESTS_KAFKA_FIXTURE_H

/* Topics of our own on the broker that MENTORD_TEST_KAFKA names, and what tests of the ports do
 * again and again. */

#include <librdkafka/rdkafka.h>

#include "mentor/base/err.h"
#include "mentor/kafka/kafka.h"
#include "mentor/port/note.h"

/* How the metadata of a position without a chain ends. */
#define NO_HEAD ",0000000000000000000000000000000000000000000000000000000000000000"

struct fixture {
    struct kafka_settings settings;
    char names[4][64]; /* group, applications, decisions, dlq: new ones for each fixture */
};

/* Prepares names and settings; makes no topic. */
void fixture_init(struct fixture *fixture, const char *brokers);
/* Another group, the same topics. */
void fixture_regroup(struct fixture *fixture);
/* CHECKs. config: "key=value" or NULL. */
void topic_make(const struct fixture *fixture,
                const char *name,
                int partitions,
                const char *config);
void topics_make(const struct fixture *fixture, int partitions);
void topic_grow(const struct fixture *fixture, const char *name, int partitions);
/* Drops the log below the offset. */
void records_drop(const struct fixture *fixture,
                  const char *topic,
                  int32_t partition,
                  int64_t below);
/* Records with key "K<i>" and value "V<i>", to one partition, acknowledged; header "n" = i. */
void records_write(
    const struct fixture *fixture, const char *topic, int32_t partition, int from, int count);
/* In one transaction, aborted or committed. */
void records_transact(
    const struct fixture *fixture, const char *topic, int32_t partition, int count, bool commit);

/* One record of a transaction that stays open, as an output of partition 0's offset; ended and
 * closed by transaction_end. */
rd_kafka_t *transaction_open(const struct fixture *fixture, const char *topic, const char *offset);
/* With the group's offset of partition 0. */
void transaction_pend(rd_kafka_t *rk, const struct fixture *fixture, int64_t offset);
void transaction_end(rd_kafka_t *rk, bool commit);

/* The keys of a topic's one partition as a reader of committed records sees them, in order, a blank
 * behind each. */
void topic_keys(const struct fixture *fixture, const char *topic, char *keys, size_t size);

/* Polls until the event comes; CHECKs that it does within 30 s. Records on the way are released. */
void source_await(struct source *source, enum source_event event, struct record *record);
/* Takes the assignment just announced, all from one offset, as epoch 1. Returns the number of
 * partitions. */
uint32_t source_take(struct source *source, struct position *positions, int64_t offset);

#endif /* TESTS_KAFKA_FIXTURE_H */
