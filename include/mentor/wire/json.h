#ifndef MENTOR_WIRE_JSON_H
#define MENTOR_WIRE_JSON_H

/*
 * ProtoJSON both ways by walking the generated descriptors: a new field needs no code here. What is
 * written: camel case names, fields in number order, defaults left out (members of a oneof and
 * messages that are set are written), int64 as strings, bytes base64, enums by name (an unknown
 * number as a number), Timestamp RFC 3339 in UTC with 0, 3, 6 or 9 decimals, no spaces, UTF-8 not
 * escaped. What is read: contract.md § 4.
 */

#include <jansson.h>
#include <stdbool.h>

#include "mentor/base/bytes.h"
#include "mentor/core/status.h"

struct arena;

/* The messages that files hold. */
enum json_message {
    JSON_APPLICATION,
    JSON_DECISION,
};

/* A growing text; zeroed is empty. Release with text_release(). */
struct text {
    char *data;
    size_t size;
    size_t capacity;
};

void text_release(struct text *text);
void text_add(struct text *text, struct bytes more);
/* A JSON string with its quotes; control characters, quotes and backslashes escaped. Valid UTF-8
 * given. */
void text_add_json(struct text *text, struct bytes more);
/* Lower-case hex. */
void text_add_hex(struct text *text, struct bytes data);

/*
 * A parsed JSON value to protobuf bytes in the arena, canonical as protobuf-c packs. false: `why`
 * (of `why_size` bytes) says which field and what is wrong with it, with nothing of its value.
 * Scratch lies in the arena beside *out.
 */
MUST_CHECK bool json_to_protobuf(enum json_message kind,
                                 const json_t *value,
                                 struct arena *arena,
                                 struct bytes *out,
                                 char *why,
                                 size_t why_size);

/*
 * Protobuf bytes to JSON, appended; nothing is on false: not decodable, a string that is not UTF-8,
 * a timestamp outside RFC 3339, or the arena is full. The arena is used and rewound. Fields that
 * this version does not know are left out, and protobuf-c cuts a string at a NUL and merges
 * messages that come twice: wire_decode_application() refuses those.
 */
MUST_CHECK bool
protobuf_to_json(enum json_message kind, struct bytes value, struct arena *arena, struct text *out);
/* The same, parsed; *owned* by the caller: json_decref(). NULL for its false. */
MUST_CHECK json_t *
protobuf_to_value(enum json_message kind, struct bytes value, struct arena *arena);

#endif /* MENTOR_WIRE_JSON_H */
