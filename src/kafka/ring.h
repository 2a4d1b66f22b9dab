#ifndef KAFKA_RING_H
#define KAFKA_RING_H

/*
 * The outputs of one source partition that are on their way: acknowledged in any order, settled as
 * a contiguous prefix. Outputs are numbered without end, so that a late acknowledgement of
 * something forgotten is known as such.
 */

#include <stdbool.h>
#include <stdint.h>

#include "mentor/base/err.h"

struct ring_output {
    int64_t offset; /* of the source record */
    uint32_t size;  /* about what it takes on the wire */
    bool dlq;
    bool settled;
};

struct ring {
    struct ring_output *outputs; /* by number modulo capacity, a power of two */
    uint32_t capacity;
    uint64_t first;  /* the oldest one that is not settled */
    uint64_t next;   /* the number that the next one gets */
    int64_t emitted; /* with none on its way */
    bool begun;
};

/* From this offset on; what was on its way is forgotten. */
void ring_begin(struct ring *ring, int64_t emitted_offset);
/* Forgets the partition until it is begun again. Numbers go on. */
void ring_forget(struct ring *ring);
void ring_release(struct ring *ring);

/* Else ERR_RETRY that names the partition. */
bool ring_is_begun(const struct ring *ring, int32_t partition, struct err *err);
/* Offsets never fall. The number is ring->next as it was. */
void ring_add(struct ring *ring, struct ring_output output);
/* One on its way, or NULL when it is forgotten or settled. Borrowed until the next ring_add. */
struct ring_output *ring_find(struct ring *ring, uint64_t number);
void ring_settle(struct ring *ring, uint64_t number);
/* No record below has an output that was not added. */
void ring_pass(struct ring *ring, int64_t next_offset);
/* Every output of records below it is settled. Of one that is begun: what was forgotten may be out
 * or not. */
int64_t ring_emitted(const struct ring *ring);

/* One ring a source partition, made when it is asked for. */
struct rings {
    struct ring *rings;
    uint32_t count;
};

/* Borrowed until the next rings_at. */
struct ring *rings_at(struct rings *rings, int32_t partition);
void rings_forget(struct rings *rings);
void rings_release(struct rings *rings);

#endif /* KAFKA_RING_H */
