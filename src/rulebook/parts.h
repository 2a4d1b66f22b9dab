#ifndef RULEBOOK_PARTS_H
#define RULEBOOK_PARTS_H

/* The parts of a rulebook, each read from its node into the struct. Strings are copied into the
 * arena. */

#include <stdint.h>

#include "mentor/base/bytes.h"
#include "mentor/core/finding.h"

struct arena;
struct complaints;
struct node;
struct rulebook;

/* What a part is read into, and where complaints go. */
struct filling {
    struct complaints *complaints;
    struct arena *arena; /* the rulebook's own; has room for all within value.h's limits */
    struct rulebook *rulebook;
};

void serves_load(struct filling *filling, const struct node *node);
void parameters_load(struct filling *filling, const struct node *node);
void laws_load(struct filling *filling, const struct node *node);

/* After laws_load: every law gets its own copy of the Danish texts, with its authority in them. */
void texts_load(struct filling *filling, const struct node *node);
void complaint_text_load(struct filling *filling, const struct node *node);

/* A copy that lives as long as the rulebook. */
struct bytes filling_keep(struct filling *filling, struct bytes text);

#endif /* RULEBOOK_PARTS_H */
