#ifndef TESTS_SIM_COORDINATOR_H
#define TESTS_SIM_COORDINATOR_H

/*
 * The modelled Kafka's transactions: the coordinator of transactional ids, the output logs with
 * what is open in them, and the group's offsets that are pending. What is asked here has arrived.
 */

#include "mentor/port/sink.h"

#include "broker.h"

struct message;

enum {
    COORDINATOR_IDS = 96,
    COORDINATOR_TIMEOUT_US = SINK_TRANSACTION_MS * 1000,
    COORDINATOR_LOOKS_US = 10000000, /* how often the broker looks for those */
    OUT_ENTRIES = 512,               /* an output log */
};

enum reply {
    REPLY_DONE,
    REPLY_LATER,   /* CONCURRENT_TRANSACTIONS: asked again */
    REPLY_FENCED,  /* another producer has the id */
    REPLY_INVALID, /* there is no such transaction */
    REPLY_EXPELLED /* the group has moved on */
};

/* As the coordinator knows a producer. */
struct identity {
    uint32_t id; /* of the name; the producer's id too */
    int32_t epoch;
};

/* An offset with its metadata, as it was given. */
struct offer {
    int32_t partition;
    struct group_offset offset;
};

void coordinator_begin(void);
/* InitProducerId: what an earlier producer of this name has open is ended first. */
enum reply coordinator_init(const char *name, struct identity *identity);
/* AddPartitionsToTxn; AddOffsetsToTxn for `out` OUT_PARTITIONS. The first begins the transaction.
 */
enum reply coordinator_add(const struct identity *identity, uint32_t out);
/* A record at the leader of its partition, and where it lies. NULL: one that nobody may see (an
 * undo's). */
enum reply coordinator_produce(const struct identity *identity,
                               uint32_t out,
                               const struct message *message,
                               int64_t *offset);
/* One outside of any transaction. */
void coordinator_append(const struct message *message);
/* TxnOffsetCommit. */
enum reply coordinator_offer(const struct identity *identity,
                             uint64_t member,
                             int64_t generation,
                             const struct offer *offers,
                             uint32_t count);
/* EndTxn. Answered before its markers are written. */
enum reply coordinator_end(const struct identity *identity, bool commit);
/* Whether a transaction has an offset for it that is neither committed nor aborted. */
bool coordinator_pending(int32_t partition);
/* The worker of that name has given partitions back: nobody asks after what it may have lost. */
void coordinator_gave_back(uint64_t life);
/* Every record is decided on and, if committed, read. */
bool coordinator_settled(void);
/* Whether readers of what is committed see an output of this source record, or will. */
bool coordinator_shows(int32_t partition, int64_t offset);

#endif /* TESTS_SIM_COORDINATOR_H */
