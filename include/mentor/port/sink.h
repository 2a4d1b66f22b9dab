#ifndef MENTOR_PORT_SINK_H
#define MENTOR_PORT_SINK_H

/*
 * Where outputs go: a Kafka producer, or a test's model of one. Outputs of one source partition are
 * sent in the order given, and settle as a contiguous prefix.
 */

#include <stdbool.h>
#include <stdint.h>

#include "mentor/port/record.h"

struct err;

struct sink {
    /* A partition is ours from `emitted_offset` on; forgets what it knew of it. */
    bool (*begin)(void *self, int32_t partition, int64_t emitted_offset, struct err *err);
    /*
     * Hands one output over; copied, so the record may go. record->partition and record->offset
     * name the source; `dlq` picks the topic. Waits while the queue is full. ERR_RETRY when the
     * producer must be rebuilt: go by way of JOIN.
     */
    bool (*send)(void *self, const struct record *record, bool dlq, struct err *err);
    /* No record below `next_offset` has an output that was not sent. */
    bool (*sent)(void *self, int32_t partition, int64_t next_offset, struct err *err);
    /* Serves acknowledgements without waiting; *emitted_offset is the acknowledged prefix.
     * ERR_RETRY when the partition was not begun, or is forgotten since: then nobody knows. */
    bool (*settled)(void *self, int32_t partition, int64_t *emitted_offset, struct err *err);
    /* Waits until everything sent is acknowledged; ERR_RETRY after wait_ms. */
    bool (*flush)(void *self, uint32_t wait_ms, struct err *err);
    /* Drops what is queued and not yet on its way; forgets all partitions. */
    bool (*purge)(void *self, struct err *err);
    void *self;
};

#endif /* MENTOR_PORT_SINK_H */
