#ifndef MENTOR_SRC_APP_PLACE_H
#define MENTOR_SRC_APP_PLACE_H

/* Private to app/: where a record came from, [topic/]partition/offset, as a person names it and as
 * the header mentor-redrive-of does. */

#include <stdbool.h>
#include <stdint.h>

#include "mentor/base/bytes.h"

struct place {
    struct bytes topic; /* borrowed from the text; empty: whichever */
    int32_t partition;
    int64_t offset;
};

/* False on anything else: numbers are decimal digits and nothing but. */
MUST_CHECK bool place_parse(struct bytes text, struct place *place);

#endif /* MENTOR_SRC_APP_PLACE_H */
