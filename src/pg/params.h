#ifndef PG_PARAMS_H
#define PG_PARAMS_H

/* Parameters of one statement, in binary form. Zeroed is none. What they point to is borrowed until
 * they are sent. */

#include <stdbool.h>
#include <stdint.h>

#include "mentor/base/bytes.h"

#include "array.h"

enum {
    PARAMS_MAX = 32,
};

struct params {
    int count;
    bool failed; /* an array had no memory */
    const char *values[PARAMS_MAX];
    int lengths[PARAMS_MAX];
    uint8_t scratch[PARAMS_MAX][8];
};

void params_bytes(struct params *params, struct bytes value);
void params_text(struct params *params, const char *text);
void params_bool(struct params *params, bool value);
void params_int4(struct params *params, int32_t value);
void params_int8(struct params *params, int64_t value);
void params_array(struct params *params, struct array *array);

#endif /* PG_PARAMS_H */
