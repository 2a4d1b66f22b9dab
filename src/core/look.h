#ifndef MENTOR_SRC_CORE_LOOK_H
#define MENTOR_SRC_CORE_LOOK_H

/* Private to core/: what rules look at (core/sight.h), each thing by itself. */

#include "mentor/core/rulebook.h"
#include "mentor/core/sight.h"

/* What became of a look. */
enum seen {
    SEEN_NOT,     /* it does not come up */
    SEEN_UNKNOWN, /* it is missing or cannot be read */
    SEEN,         /* *value holds */
};

enum seen look_at(const struct decision *decision, enum look look, int64_t *value);

/* NULL: the municipality is not known or not served. */
const struct parameters *look_parameters(const struct decision *decision);

#endif /* MENTOR_SRC_CORE_LOOK_H */
