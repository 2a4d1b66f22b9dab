#ifndef MENTOR_SRC_APP_MEMBERS_H
#define MENTOR_SRC_APP_MEMBERS_H

/* Private to app/: the members of a JSON object that must be there and of their kind, and how they
 * are written. */

#include <jansson.h>
#include <stdint.h>

#include "mentor/base/bytes.h"
#include "mentor/wire/json.h"

struct members {
    const json_t *object; /* borrowed; NULL has no members */
    const char *failed;   /* the first that is missing or of another kind; NULL: none */
};

/* Borrowed from the object. */
struct bytes member_text(struct members *members, const char *name);
/* 0 to `most`. */
int64_t member_number(struct members *members, const char *name, int64_t most);
/* Exactly `size` bytes as hex. */
void member_hex(struct members *members, const char *name, size_t size, uint8_t *to);
/* RFC 3339, in milliseconds since 1970. */
int64_t member_moment(struct members *members, const char *name);

/* "name":value, as text, hex, RFC 3339; `name` with the comma and quotes before it. */
void add_hex_member(struct text *line, const char *name, const uint8_t *data, size_t size);
void add_moment_member(struct text *line, const char *name, int64_t ms);
void add_number_member(struct text *line, const char *name, int64_t number);

#endif /* MENTOR_SRC_APP_MEMBERS_H */
