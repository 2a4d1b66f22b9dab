#ifndef KAFKA_TRANSACTOR_H
#define KAFKA_TRANSACTOR_H

/* What the consumer hands to its transactor (kafka.h): in transactional mode positions reach the
 * group only with the outputs. */

#include <librdkafka/rdkafka.h>

#include "mentor/kafka/kafka.h"

/* Of the assignment that was just announced; taken over. NULL: it is over already. Waits for what
 * is under way, which is dropped. */
void transactor_join(struct transactor *transactor, rd_kafka_consumer_group_metadata_t *membership);
/* As source.commit: remembered, and told with the next transaction. No round trip. */
void transactor_tell(struct transactor *transactor,
                     const struct position *positions,
                     uint32_t count);
/* As source.prove. */
MUST_CHECK bool transactor_prove(struct transactor *transactor,
                                 const struct position *positions,
                                 uint32_t count,
                                 struct err *err);

/* Something hangs, and may be ours: the next sink.clear ends that. NULL: it is not. */
void transactor_doubt(struct transactor *transactor, const struct err *err);

/* As sink.clear, with nothing of ours under way; NULL: there is nothing. */
MUST_CHECK bool transactor_clear(void *self, struct err *err);

/* Ends what is under way, one way or the other; then undo_tell, undo_run. Errors as prove. */
MUST_CHECK bool transactor_undo(struct transactor *transactor,
                                const rd_kafka_topic_partition_list_t *partitions,
                                struct err *err);

#endif /* KAFKA_TRANSACTOR_H */
