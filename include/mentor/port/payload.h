#ifndef MENTOR_PORT_PAYLOAD_H
#define MENTOR_PORT_PAYLOAD_H

/* Whether what came in with a stored record (its value and headers) can still be read. */

#include <stdbool.h>
#include <stdint.h>

enum payload_state {
    PAYLOAD_WHOLE,   /* as it came */
    PAYLOAD_LOCKED,  /* sealed, and no master key is given */
    PAYLOAD_BROKEN,  /* sealed, and it does not open: another master key, or altered */
    PAYLOAD_ERASED,  /* for good, with its citizen's key */
    PAYLOAD_RETIRED, /* for good, by its age */
    PAYLOAD_STATE_COUNT,
};

struct payload {
    enum payload_state state;
    int64_t gone_at_ms; /* erased, retired; 0 where it was not asked for */
    const char *why;    /* likewise, a person's words; "" where there are none */
};

/* A few words for an error or a note: "its application was erased". */
const char *payload_text(enum payload_state state);
/* It cannot be read, and nothing is wrong with that: locked, erased, retired. */
bool payload_unread(enum payload_state state);
/* Of those: its name in JSON, "erased", and what many of them are: "erased by age". */
const char *payload_name(enum payload_state state);
const char *payload_kind(enum payload_state state);

#endif /* MENTOR_PORT_PAYLOAD_H */
