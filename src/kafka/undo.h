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

enum undo_pending {
    UNDO_UNKNOWN, /* no answer */
    UNDO_NONE,
    UNDO_SOME,
};

/* Whether an offset of the group for one of these partitions is that of a transaction without an
 * end. The others get theirs, RD_KAFKA_OFFSET_INVALID for none. Waits for one answer, up to 5 s. */
enum undo_pending
undo_ask(rd_kafka_t *rk, const char *group, rd_kafka_topic_partition_list_t *partitions);

/*
 * A transaction that writes an empty record to each output partition and an offset for each of
 * these partitions, and is aborted: with it ends, aborted, what this producer has left without an
 * end. The group has its say as in any other. partitions NULL: the outputs only. After a failure
 * the outlet must be opened anew.
 */
MUST_CHECK bool undo_run(struct outlet *outlet,
                         const rd_kafka_topic_partition_list_t *partitions,
                         const rd_kafka_consumer_group_metadata_t *membership,
                         struct err *err);

/* After undo_run: lets the consumer tell it (source.undone), and asks until its markers are
 * written, 2 s. true: nothing is pending any more. */
bool undo_told(struct consumer *consumer, rd_kafka_topic_partition_list_t *partitions);

#endif /* KAFKA_UNDO_H */
