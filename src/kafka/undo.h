#ifndef KAFKA_UNDO_H
#define KAFKA_UNDO_H

/*
 * Transactions whose end the broker has lost. Kafka 4.x takes a partition without a leader for a
 * deleted one (KAFKA-20734): while a broker shuts down it calls a transaction complete and writes
 * no marker, so that its offsets are pending and its outputs hidden for ever, although nothing is
 * open. The next marker of the same producer decides both; this is how it is written.
 */

#include "mentor/base/check.h"

#include "consumer.h"
#include "outlet.h"

struct err;

enum {
    UNDO_UNSEEN = RD_KAFKA_OFFSET_BEGINNING, /* no answer has it */
};

enum undo_pending {
    UNDO_UNKNOWN, /* no answer */
    UNDO_NONE,
    UNDO_SOME,
};

/* Whether an offset of the group for one of these partitions is that of a transaction without an
 * end. The others get theirs, RD_KAFKA_OFFSET_INVALID for none. Waits for one answer, up to 5 s. */
enum undo_pending
undo_ask(rd_kafka_t *rk, const char *group, rd_kafka_topic_partition_list_t *partitions);

/* Those of which an offset pends, once undo_ask was asked with UNDO_UNSEEN for each, which they
 * have in turn; the caller destroys it. */
rd_kafka_topic_partition_list_t *undo_pending_of(const rd_kafka_topic_partition_list_t *asked);
/* Those of all partitions of the input topic of which one pends whenever it is asked for half a
 * second, so not those of living workers at work. NULL: *err; ERR_FENCED without a client. */
MUST_CHECK rd_kafka_topic_partition_list_t *undo_lasting(const struct consumer *consumer,
                                                         struct err *err);

/* Sets *err for UNDO_UNKNOWN; false. */
bool undo_unanswered(const struct kafka_settings *settings, struct err *err);

/*
 * Before anything of this transactional id is aborted: tells the store (source.undoing) of all
 * partitions that pend now, and of those of which outputs hang that count as out, since a marker
 * ends whatever the producer has open, also of an earlier transaction whose end was lost. Reads
 * what hangs.
 */
MUST_CHECK bool
undo_tell(const struct consumer *consumer, const char *transactional_id, struct err *err);

/* The same of all its partitions, when nobody knows what was aborted: of what was written since.
 * Asks no broker. */
MUST_CHECK bool undo_tell_since(const struct consumer *consumer,
                                const char *transactional_id,
                                int64_t since_ms,
                                struct err *err);

/*
 * A transaction that writes an empty record to each output partition and an offset for each of
 * these partitions, and is aborted: with it ends, aborted, what this producer has left without an
 * end. The group has its say as in any other. `partitions`, NULL for none: where the store knows
 * this producer, for the end of this one may be lost too. After a failure the outlet must be opened
 * anew.
 */
MUST_CHECK bool undo_run(struct outlet *outlet,
                         const rd_kafka_topic_partition_list_t *partitions,
                         const rd_kafka_consumer_group_metadata_t *membership,
                         struct err *err);

/* Asks until nothing is pending of these partitions; false after so long. */
bool undo_await(rd_kafka_t *rk,
                const char *group,
                rd_kafka_topic_partition_list_t *partitions,
                int wait_ms);

/* After undo_run: asks until its markers are written, 2 s. true: of these partitions nothing is
 * pending any more. */
bool undo_told(const struct consumer *consumer, rd_kafka_topic_partition_list_t *partitions);

/* Says that something that hung is ended. */
void undo_log(const struct kafka_settings *settings);

#endif /* KAFKA_UNDO_H */
