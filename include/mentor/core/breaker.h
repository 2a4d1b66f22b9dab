#ifndef MENTOR_CORE_BREAKER_H
#define MENTOR_CORE_BREAKER_H

/*
 * The last records of one partition, each refused or not: a run of refusals that looks systemic
 * (a sender's new release, a rulebook that does not load a law) stops the partition before it has
 * filled the DLQ. Zeroed is a partition without records; a copy is a copy.
 */

#include <stdbool.h>
#include <stdint.h>

#include "mentor/base/bytes.h"

enum {
    BREAKER_WINDOW = 1000, /* records */
    BREAKER_MOST = 500,    /* refused ones of them that are still borne, by default */
    BREAKER_PACKED_SIZE = 4 + BREAKER_WINDOW / 8,
};

struct breaker {
    uint16_t count;                   /* records in the window, up to BREAKER_WINDOW */
    uint16_t next;                    /* where the next one goes */
    uint16_t refused;                 /* of them */
    uint8_t bits[BREAKER_WINDOW / 8]; /* 1: refused */
};

/* One more record; the oldest leaves a full window. */
void breaker_add(struct breaker *breaker, bool refused);

/* As the store keeps it: u16be count, u16be next, the bits. */
void breaker_pack(const struct breaker *breaker, uint8_t packed[BREAKER_PACKED_SIZE]);
/* Empty bytes are a partition without records. False on bytes that are no window. */
MUST_CHECK bool breaker_unpack(struct bytes packed, struct breaker *breaker);

#endif /* MENTOR_CORE_BREAKER_H */
