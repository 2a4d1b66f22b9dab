#ifndef KAFKA_CARGO_H
#define KAFKA_CARGO_H

/* Outputs handed over and not yet on their way: copies in an arena, in the order given. */

#include "mentor/base/arena.h"
#include "mentor/port/record.h"

struct cargo_item {
    struct record record; /* everything it names lies in the arena */
    uint32_t size;        /* on the wire, once it is queued */
    bool dlq;
};

struct cargo {
    struct arena arena;
    struct cargo_item *items; /* owned */
    uint32_t count;
};

MUST_CHECK bool cargo_init(struct cargo *cargo);
void cargo_release(struct cargo *cargo);
/* false: full, and nothing was added. An empty one takes what a broker would take. */
MUST_CHECK bool cargo_add(struct cargo *cargo, const struct record *record, bool dlq);
void cargo_clear(struct cargo *cargo);

#endif /* KAFKA_CARGO_H */
