#ifndef MENTOR_SRC_WIRE_JSON_MESSAGE_H
#define MENTOR_SRC_WIRE_JSON_MESSAGE_H

/* What the two JSON walks share: how protobuf-c keeps a member, by its type, and which messages
 * there are. */

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <protobuf-c/protobuf-c.h>

#include "mentor/wire/json.h"

enum json_shape {
    JSON_SHAPE_NONE, /* float and double: no message of ours has one */
    JSON_SHAPE_SIGNED,
    JSON_SHAPE_UNSIGNED,
    JSON_SHAPE_BOOL,
    JSON_SHAPE_ENUM,
    JSON_SHAPE_TEXT,
    JSON_SHAPE_BYTES,
    JSON_SHAPE_MESSAGE,
};

struct json_type {
    enum json_shape shape;
    size_t size;    /* of the member, or of one item of a list */
    uint64_t below; /* numbers: how far below zero */
    uint64_t above; /* and above */
};

/* A type without a shape is a CHECK. */
const struct json_type *json_type_of(const ProtobufCFieldDescriptor *field);

const ProtobufCMessageDescriptor *json_descriptor(enum json_message kind);

/* What protobuf-c's structs hold at an offset. */
static inline const void *json_pointer(const void *member)
{
    const void *pointer = NULL;
    memcpy(&pointer, member, sizeof(pointer));
    return pointer;
}

static inline uint32_t json_uint32(const void *member)
{
    uint32_t number = 0;
    memcpy(&number, member, sizeof(number));
    return number;
}

static inline uint64_t json_uint64(const void *member)
{
    uint64_t number = 0;
    memcpy(&number, member, sizeof(number));
    return number;
}

static inline size_t json_count(const void *member)
{
    size_t count = 0;
    memcpy(&count, member, sizeof(count));
    return count;
}

enum json_written {
    JSON_WRITTEN,
    JSON_NOT_DECODABLE,
    JSON_NO_MEMORY, /* the arena is full */
};

/* protobuf_to_json(), with the reason when it is not. */
MUST_CHECK enum json_written
json_write(enum json_message kind, struct bytes value, struct arena *arena, struct text *out);

/* What json_to_protobuf says when the arena is full. */
#define JSON_WHY_MEMORY "line needs more memory than a line may take"

/*
 * A name from the input that may be repeated to the sender: it begins with a letter, goes on with
 * letters, digits and underscores, and is too short of digits to be a CPR number.
 */
bool json_name_presentable(const char *name);

#endif /* MENTOR_SRC_WIRE_JSON_MESSAGE_H */
