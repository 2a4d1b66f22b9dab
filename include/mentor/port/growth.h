#ifndef MENTOR_PORT_GROWTH_H
#define MENTOR_PORT_GROWTH_H

/*
 * The input topic got more partitions. A citizen's key may belong to another one from then on. So
 * the new ones are not read until the old ones have passed where their logs ended when it was
 * noticed, told outcomes included. When the new count is no multiple of the old, citizens move
 * between old ones too: then these are read to their ends, and not beyond until all have come to
 * theirs. An old partition's end is put earlier, to the first record that was placed by the new
 * count: what comes after it was sent when the new count was known.
 */

#include <stdint.h>

struct growth {
    int32_t from;   /* partitions below it are read */
    int32_t to;     /* partitions below it there are; `from` when no growth is under way */
    int32_t behind; /* old partitions that have not passed their ends, told outcomes included */
    int32_t
        slowest; /* of those the one that is furthest behind; how far it has told, and its end */
    int64_t slowest_emitted; /* an offset */
    int64_t slowest_end;     /* an offset */
    const int64_t *old_end;  /* by old partition; NULL when no growth is under way. Borrowed until
                                the store's next call */
};

#endif /* MENTOR_PORT_GROWTH_H */
