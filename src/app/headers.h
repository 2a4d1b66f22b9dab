#ifndef MENTOR_SRC_APP_HEADERS_H
#define MENTOR_SRC_APP_HEADERS_H

/*
 * A record's headers: those that matter, and how many may come with one. A broker bounds neither
 * their number nor, in a compressed batch, their size.
 */

#include <stdbool.h>
#include <stdint.h>

#include "mentor/port/record.h"

enum {
    HEADERS_MAX = 1000,              /* a record */
    HEADERS_BYTES_MAX = 1024 * 1024, /* of their names and values together */
};

enum known_header {
    KNOWN_SPECVERSION,
    KNOWN_ID,
    KNOWN_SOURCE,
    KNOWN_TYPE,
    KNOWN_REQUIRED, /* up to here */
    KNOWN_SUBJECT = KNOWN_REQUIRED,
    KNOWN_TIME,
    KNOWN_TIMEOUT,
    KNOWN_METHOD,
    KNOWN_TRACEPARENT,
    KNOWN_TRACESTATE,
    KNOWN_REDRIVES,
    KNOWN_REDRIVE_OF,
    KNOWN_COUNT,
};

struct known_headers {
    const struct header *headers[KNOWN_COUNT]; /* the first of each name, or NULL; borrowed */
};

/* In one pass, whatever the record holds. */
void headers_find(const struct record *record, struct known_headers *found);

/* They are within the bounds above. Looks at no more than HEADERS_MAX of them. */
bool headers_fit(const struct record *record);

/* Any ce_ or grpc- header a second time. They must fit. */
bool headers_twice(const struct record *record);

/*
 * What is kept of headers that do not fit: of each known name the first, unless it is over
 * ENVELOPE_HEADER_MAX bytes, which none is that says anything. Returns how many; `kept` has room
 * for KNOWN_COUNT.
 */
uint32_t headers_kept(const struct record *record, struct header *kept);

#endif /* MENTOR_SRC_APP_HEADERS_H */
