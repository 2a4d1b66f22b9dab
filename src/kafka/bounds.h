#ifndef KAFKA_BOUNDS_H
#define KAFKA_BOUNDS_H

/*
 * Where logs begin and end. rd_kafka_query_watermark_offsets takes a timeout and, in 2.0.2, waits
 * for an absent broker without bound; this one does not, and asks each leader once for all its
 * partitions.
 */

#include <librdkafka/rdkafka.h>

#include "mentor/base/check.h"

struct err;

/* `end`: RD_KAFKA_OFFSET_BEGINNING or RD_KAFKA_OFFSET_END, or a time, Unix ms: the first record
 * that is not older, RD_KAFKA_OFFSET_END when there is none. Fills each element's offset. The first
 * error there is. */
MUST_CHECK rd_kafka_resp_err_t bounds_ask(rd_kafka_t *rk,
                                          rd_kafka_topic_partition_list_t *list,
                                          int64_t end,
                                          int wait_ms);

/* The number of a topic's partitions; 0 when it is not there (yet), -1 with *err otherwise. */
MUST_CHECK int bounds_partitions(rd_kafka_t *rk, const char *name, int wait_ms, struct err *err);

#endif /* KAFKA_BOUNDS_H */
