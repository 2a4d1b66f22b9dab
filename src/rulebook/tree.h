#ifndef RULEBOOK_TREE_H
#define RULEBOOK_TREE_H

/*
 * YAML as a tree of what was written: scalars stay text, nothing is resolved. Anchors, aliases,
 * tags, directives, a byte order mark and a second document are complaints here, so nobody above
 * needs to know of them.
 */

#include <stdbool.h>
#include <stdint.h>

#include "mentor/base/bytes.h"

struct arena;
struct complaints;

enum node_kind {
    NODE_REFUSED, /* complained about already: whoever meets it says no more */
    NODE_SCALAR,
    NODE_LIST,
    NODE_MAP, /* children are key, value, key, value */
};

struct node {
    enum node_kind kind;
    bool plain; /* a scalar without quotes */
    int line;   /* from 1 */
    int column;
    struct bytes text; /* a scalar's, with a terminator after it */
    const struct node *first;
    const struct node *next;
};

/* Room that the tree of `size` bytes of YAML needs at most. */
size_t tree_capacity(size_t size);

/*
 * The root, NULL when the bytes cannot be read as one YAML document. There may be complaints when
 * it is not NULL too. The tree lives in the arena and borrows nothing from `yaml`.
 */
const struct node *tree_read(struct complaints *complaints, struct bytes yaml, struct arena *arena);

#endif /* RULEBOOK_TREE_H */
