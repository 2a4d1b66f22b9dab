#ifndef MENTOR_WIRE_RFC3339_H
#define MENTOR_WIRE_RFC3339_H

/* A moment as text, as ProtoJSON writes google.protobuf.Timestamp: 2026-03-02T09:00:00.123Z. */

#include <stdbool.h>
#include <stdint.h>

#include "mentor/base/bytes.h"

enum {
    RFC3339_SIZE = 30,
};

#define RFC3339_FIRST INT64_C(-62135596800) /* 0001-01-01T00:00:00Z */
#define RFC3339_LAST  INT64_C(253402300799) /* 9999-12-31T23:59:59Z */

/* A moment: seconds since 1970, UTC, and the nanoseconds after them. */
struct rfc3339 {
    int64_t seconds;
    int32_t nanos; /* 0 to 999,999,999, also before 1970 */
};

/* Milliseconds since 1970, UTC. */
struct rfc3339 rfc3339_of_ms(int64_t ms);
/* Rounded down. */
int64_t rfc3339_ms(struct rfc3339 moment);

/*
 * Upper-case T, then Z or an offset; none to nine decimals; years 1 to 9999, read and in UTC; no
 * leap second, as Timestamp has none.
 */
MUST_CHECK bool rfc3339_parse(struct bytes text, struct rfc3339 *moment);

/* In UTC with 0, 3, 6 or 9 decimals, no terminator. The size; 0 when the moment is outside its
 * limits. */
MUST_CHECK size_t rfc3339_format(struct rfc3339 moment, char text[RFC3339_SIZE]);

#endif /* MENTOR_WIRE_RFC3339_H */
