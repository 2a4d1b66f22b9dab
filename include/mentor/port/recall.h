#ifndef MENTOR_PORT_RECALL_H
#define MENTOR_PORT_RECALL_H

/*
 * Which outputs of a source partition the output topics hold, read back when nobody knows any
 * more: a broker may lose the end of a transaction in some of the partitions that it wrote to, so
 * that part of what counts as out is aborted later, or part of what was aborted is out. By what
 * lies there just the missing ones are sent again. Zeroed is one that has seen nothing.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Source offsets. */
struct recall_set {
    int64_t *offsets; /* owned */
    size_t count;
    size_t room;
};

struct recall {
    int32_t partition; /* of the source */
    int64_t since_ms;  /* Unix: what was written before is not asked for, and may be there */
    struct recall_set written; /* whether committed or not */
    struct recall_set visible; /* to readers of what is committed */
};

/* In any order, and more than once. */
void recall_add(struct recall_set *set, int64_t offset);
/* After the last, before what follows is asked. */
void recall_sort(struct recall *recall);
/*
 * Whether the output of the record at `offset` is to be sent, when those below `emitted` count as
 * out: of those only what was written and is not visible; of the others whatever is not visible.
 */
bool recall_wants(const struct recall *recall, int64_t emitted, int64_t offset);
/* The first that is wanted below `emitted`; `emitted` when none is. */
int64_t recall_first(const struct recall *recall, int64_t emitted);
void recall_release(struct recall *recall);

#endif /* MENTOR_PORT_RECALL_H */
