#ifndef MENTOR_SRC_APP_INSIGHT_H
#define MENTOR_SRC_APP_INSIGHT_H

/* Private to app/: a stored decision made once more, to say what each rule saw. */

#include <jansson.h>
#include <stdbool.h>

#include "mentor/app/request.h"
#include "mentor/core/decide.h"
#include "mentor/port/archive.h"

struct arena;
struct rulebook;

/* In the arena, and borrowed from the row and the rulebook. Do not copy it: it points into itself.
 */
struct insight {
    struct record record;
    struct request request;
    struct matter matter;
    struct decision decision;
    bool same; /* and it came to the stored bytes */
};

/* NULL, or why it cannot be made again, in Danish. `told` is the stored outcome as ProtoJSON: it
 * names its source and what it supersedes. `rulebook` NULL: it is not stored. */
const char *insight_of(const struct archived_decision *row,
                       const json_t *told,
                       const struct rulebook *rulebook,
                       struct arena *arena,
                       struct insight *out);

#endif /* MENTOR_SRC_APP_INSIGHT_H */
