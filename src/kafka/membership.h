#ifndef KAFKA_MEMBERSHIP_H
#define KAFKA_MEMBERSHIP_H

/* What a transaction shows the group, so that a member that was replaced cannot move its offsets.
 */

#include <stdbool.h>
#include <stdint.h>

#include <librdkafka/rdkafka.h>

#include "mentor/base/check.h"

struct err;

/*
 * The consumer's membership as of now, owned by the caller. NULL with ERR_FENCED when it is out of
 * the group: a transaction of nobody would be taken at any time. ERR_FATAL when this librdkafka
 * writes it in a way that is not known here.
 */
MUST_CHECK rd_kafka_consumer_group_metadata_t *membership_take(rd_kafka_t *rk, struct err *err);

/* The group's generation as of now; negative: out of the group, or (the same each time) not known.
 */
int32_t membership_generation(rd_kafka_t *rk);

/* The group has moved on: these partitions are, or soon will be, another's. Or another producer has
 * our transactional.id. */
bool membership_fenced(rd_kafka_resp_err_t code);

/* Whether there is one now. */
bool membership_holds(rd_kafka_t *rk);

#endif /* KAFKA_MEMBERSHIP_H */
