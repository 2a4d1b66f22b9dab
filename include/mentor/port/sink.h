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

enum {
    SINK_TRANSACTION_MS = 30000, /* one that is open for longer the broker may abort by itself */
};

struct sink {
    /*
     * After trouble, once what others have left is ended (store.orphan) and before anything is
     * begun: what this sink has left is ended too. ERR_RETRY. NULL in a sink that leaves nothing.
     */
    bool (*clear)(void *self, struct err *err);
    /*
     * With nothing on its way: whether readers see all that was acknowledged; a second, or some
     * when nobody answers or something is to be ended. ERR_RETRY: no, and since an earlier call so
     * long that it is no other's open transaction; go by way of JOIN. `now`: no is the answer also
     * while it may be. NULL likewise.
     */
    bool (*ended)(void *self, bool now, struct err *err);
    /* A partition is ours from `emitted_offset` on; forgets what it knew of it. */
    bool (*begin)(void *self, int32_t partition, int64_t emitted_offset, struct err *err);
    /*
     * Hands one output over; copied, so the record may go. record->partition and record->offset
     * name the source; `dlq` picks the topic. One from below emitted_offset is sent again, which
     * leaves that where it is, in a sink that tells the group itself (transactions). Waits while
     * the queue is full. ERR_RETRY when the producer must be rebuilt: go by way of JOIN.
     */
    bool (*send)(void *self, const struct record *record, bool dlq, struct err *err);
    /* No record below `next_offset` has an output that was not sent. */
    bool (*sent)(void *self, int32_t partition, int64_t next_offset, struct err *err);
    /* Serves acknowledgements without waiting; *emitted_offset is the acknowledged prefix.
     * ERR_RETRY when the partition was not begun, or is forgotten since: then nobody knows. */
    bool (*settled)(void *self, int32_t partition, int64_t *emitted_offset, struct err *err);
    /*
     * Of what is acknowledged: readers see the outputs below it, and nothing that becomes of others
     * changes that; seconds behind, and 0 as long as nobody knows. NULL in a sink without
     * transactions: all of it.
     */
    int64_t (*seen)(void *self, int32_t partition);
    /* Waits until everything sent is acknowledged; ERR_RETRY after wait_ms. */
    bool (*flush)(void *self, uint32_t wait_ms, struct err *err);
    /* Drops what is queued and not yet on its way; forgets all partitions. */
    bool (*purge)(void *self, struct err *err);
    void *self;
};

#endif /* MENTOR_PORT_SINK_H */
