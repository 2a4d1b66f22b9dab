#ifndef MENTOR_SRC_WIRE_WHOLE_H
#define MENTOR_SRC_WIRE_WHOLE_H

/* A whole number as JSON may give it: a number, also 1.0 and 1e3, or a string of decimal digits. */

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "mentor/base/check.h"

/* Any of 64 bits, signed or not. */
struct whole {
    bool negative;
    uint64_t magnitude;
};

/*
 * false: something else, a fraction, or too large. A string is as JSON writes an integer: no plus,
 * no space, no zero before other digits. A number with a point or an exponent only as far as a
 * double holds every integer.
 */
MUST_CHECK bool whole_of(const json_t *json, struct whole *whole);

#endif /* MENTOR_SRC_WIRE_WHOLE_H */
