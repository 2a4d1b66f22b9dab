#include <stdio.h>

#include "mentor/base/arena.h"
#include "mentor/wire/json.h"
#include "mentor/wire/rfc3339.h"

#include "google/protobuf/timestamp.pb-c.h"
#include "json_message.h"
#include "text.h"
#include "whole.h"

enum {
    FIELDS_MAX = 64, /* of one message; more is a CHECK, and a test meets it first */
};

struct reader {
    struct arena *arena;
    char *why;
    size_t why_size;
};

/* Where the walk is, for `why`: cost.other[0].cost_ore. */
struct place {
    const struct place *parent;
    const char *name; /* NULL: the item `index` of the parent, or the root */
    size_t index;
};

/* Depth is the schema's: no message holds itself. NOLINTBEGIN(misc-no-recursion) */

static bool read_message(const struct reader *reader,
                         const struct place *place,
                         const ProtobufCMessageDescriptor *descriptor,
                         const json_t *json,
                         ProtobufCMessage **out);

static size_t put_place(const struct place *place, char *out, size_t size)
{
    if (place->parent == NULL || size == 0) {
        return 0;
    }
    size_t used = put_place(place->parent, out, size);
    const char *dot = used > 0 ? "." : "";
    int more = place->name != NULL ? snprintf(out + used, size - used, "%s%s", dot, place->name)
                                   : snprintf(out + used, size - used, "[%zu]", place->index);
    used += more < 0 ? 0 : (size_t)more;
    return used < size ? used : size - 1;
}

static bool fail(const struct reader *reader, const struct place *place, const char *what)
{
    if (reader->why_size > 0) {
        reader->why[0] = '\0';
        size_t used = put_place(place, reader->why, reader->why_size);
        (void)snprintf(
            reader->why + used, reader->why_size - used, "%s%s", used > 0 ? ": " : "", what);
    }
    return false;
}

static bool no_memory(const struct reader *reader)
{
    if (reader->why_size > 0) {
        (void)snprintf(reader->why, reader->why_size, "%s", JSON_WHY_MEMORY);
    }
    return false;
}

static bool read_whole(const struct reader *reader,
                       const struct place *place,
                       const struct json_type *type,
                       const json_t *json,
                       void *member)
{
    struct whole whole;
    if (!whole_of(json, &whole)) {
        return fail(reader, place, "not a whole number");
    }
    if (whole.magnitude > (whole.negative ? type->below : type->above)) {
        return fail(reader, place, "number out of range");
    }
    uint64_t number = whole.negative ? 0 - whole.magnitude : whole.magnitude;
    uint32_t narrow = (uint32_t)(number & UINT32_MAX);
    memcpy(member, type->size == sizeof(narrow) ? (void *)&narrow : (void *)&number, type->size);
    return true;
}

static bool read_enum(const struct reader *reader,
                      const struct place *place,
                      const ProtobufCFieldDescriptor *field,
                      const json_t *json,
                      void *member)
{
    if (!json_is_string(json)) {
        return read_whole(reader, place, json_type_of(field), json, member);
    }
    const ProtobufCEnumValue *value =
        protobuf_c_enum_descriptor_get_value_by_name(field->descriptor, json_string_value(json));
    if (value == NULL) {
        return fail(reader, place, "no value of this enum");
    }
    int32_t number = value->value;
    memcpy(member, &number, sizeof(number));
    return true;
}

static bool
read_bool(const struct reader *reader, const struct place *place, const json_t *json, void *member)
{
    if (!json_is_boolean(json)) {
        return fail(reader, place, "not true or false");
    }
    protobuf_c_boolean boolean = json_is_true(json);
    memcpy(member, &boolean, sizeof(boolean));
    return true;
}

/* Borrowed from the JSON until the message is packed. */
static bool read_string(const struct reader *reader,
                        const struct place *place,
                        const json_t *json,
                        void *member)
{
    if (!json_is_string(json)) {
        return fail(reader, place, "not a string");
    }
    const char *string = json_string_value(json);
    if (strlen(string) != json_string_length(json)) {
        return fail(reader, place, "holds a NUL");
    }
    memcpy(member, &string, sizeof(string));
    return true;
}

static bool
read_bytes(const struct reader *reader, const struct place *place, const json_t *json, void *member)
{
    struct bytes text = bytes_of(json_string_value(json), json_string_length(json));
    if (!json_is_string(json)) {
        return fail(reader, place, "not a string of base64");
    }
    ProtobufCBinaryData data = {.data = arena_alloc(reader->arena, text.size / 4 * 3 + 3)};
    if (data.data == NULL) {
        return no_memory(reader);
    }
    if (!base64_decode(text, data.data, &data.len)) {
        return fail(reader, place, "not base64");
    }
    memcpy(member, &data, sizeof(data));
    return true;
}

static bool read_value(const struct reader *reader,
                       const struct place *place,
                       const ProtobufCFieldDescriptor *field,
                       const json_t *json,
                       void *member)
{
    const struct json_type *type = json_type_of(field);
    switch (type->shape) {
    case JSON_SHAPE_SIGNED:
    case JSON_SHAPE_UNSIGNED:
        return read_whole(reader, place, type, json, member);
    case JSON_SHAPE_BOOL:
        return read_bool(reader, place, json, member);
    case JSON_SHAPE_ENUM:
        return read_enum(reader, place, field, json, member);
    case JSON_SHAPE_TEXT:
        return read_string(reader, place, json, member);
    case JSON_SHAPE_BYTES:
        return read_bytes(reader, place, json, member);
    case JSON_SHAPE_MESSAGE: {
        ProtobufCMessage *message = NULL;
        if (!read_message(reader, place, field->descriptor, json, &message)) {
            return false;
        }
        memcpy(member, (void *)&message, sizeof(void *));
        return true;
    }
    case JSON_SHAPE_NONE:
        break;
    }
    UNREACHABLE("a type without a shape");
}

static bool read_list(const struct reader *reader,
                      const struct place *place,
                      const ProtobufCFieldDescriptor *field,
                      const json_t *json,
                      uint8_t *base)
{
    if (!json_is_array(json)) {
        return fail(reader, place, "not a list");
    }
    size_t count = json_array_size(json);
    size_t size = json_type_of(field)->size;
    uint8_t *items = arena_alloc(reader->arena, count * size);
    if (items == NULL) {
        return no_memory(reader);
    }
    for (size_t i = 0; i < count; i++) {
        struct place item = {.parent = place, .index = i};
        if (!read_value(reader, &item, field, json_array_get(json, i), items + i * size)) {
            return false;
        }
    }
    memcpy(base + field->quantifier_offset, &count, sizeof(count));
    memcpy(base + field->offset, (void *)&items, sizeof(items));
    return true;
}

static bool read_field(const struct reader *reader,
                       const struct place *place,
                       const ProtobufCFieldDescriptor *field,
                       const json_t *json,
                       uint8_t *base)
{
    if (field->label == PROTOBUF_C_LABEL_REPEATED) {
        return read_list(reader, place, field, json, base);
    }
    CHECK(field->label == PROTOBUF_C_LABEL_NONE); /* no proto2, no `optional` */
    if ((field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0) {
        if (json_uint32(base + field->quantifier_offset) != 0) {
            return fail(reader, place, "another member of this oneof is given too");
        }
        memcpy(base + field->quantifier_offset, &field->id, sizeof(field->id));
    }
    return read_value(reader, place, field, json, base + field->offset);
}

/* The proto name itself, or camel case by the rule of write_name() in json_write.c. */
static bool is_named(const char *name, const char *key)
{
    if (strcmp(name, key) == 0) {
        return true;
    }
    for (; *name != '\0'; name++) {
        char want = *name;
        if (want == '_') {
            want = *++name;
            if (want == '\0') {
                break;
            }
            if (want >= 'a' && want <= 'z') {
                want = (char)(want - 'a' + 'A');
            }
        }
        if (*key != want) {
            return false;
        }
        key++;
    }
    return *key == '\0';
}

/* Keys mostly come in the order of the fields, so the search begins behind the last hit. */
static unsigned
find_field(const ProtobufCMessageDescriptor *descriptor, unsigned begin, const char *key)
{
    for (unsigned i = 0; i < descriptor->n_fields; i++) {
        unsigned at = (begin + i) % descriptor->n_fields;
        if (is_named(descriptor->fields[at].name, key)) {
            return at;
        }
    }
    return descriptor->n_fields;
}

static bool unknown_field(const struct reader *reader, const struct place *place, const char *key)
{
    if (!json_name_presentable(key)) {
        return fail(reader, place, "holds a field that is unknown");
    }
    struct place field = {.parent = place, .name = key};
    return fail(reader, &field, "unknown field");
}

static bool read_fields(const struct reader *reader,
                        const struct place *place,
                        const json_t *json,
                        ProtobufCMessage *message)
{
    const ProtobufCMessageDescriptor *descriptor = message->descriptor;
    bool seen[FIELDS_MAX] = {false};
    CHECK(descriptor->n_fields <= FIELDS_MAX);
    unsigned next = 0;
    /* Only iterated, for which jansson takes no const. NOLINTNEXTLINE(performance-no-int-to-ptr) */
    json_t *object = (json_t *)(uintptr_t)json;
    for (void *i = json_object_iter(object); i != NULL; i = json_object_iter_next(object, i)) {
        const char *key = json_object_iter_key(i);
        unsigned at = find_field(descriptor, next, key);
        if (at == descriptor->n_fields) {
            return unknown_field(reader, place, key);
        }
        struct place field = {.parent = place, .name = descriptor->fields[at].name};
        if (seen[at]) {
            return fail(reader, &field, "given twice");
        }
        seen[at] = true;
        next = at + 1;
        const json_t *value = json_object_iter_value(i);
        if (!json_is_null(value) &&
            !read_field(reader, &field, &descriptor->fields[at], value, (uint8_t *)message)) {
            return false;
        }
    }
    return true;
}

static bool read_timestamp(const struct reader *reader,
                           const struct place *place,
                           const json_t *json,
                           ProtobufCMessage *message)
{
    struct rfc3339 moment;
    struct bytes text = bytes_of(json_string_value(json), json_string_length(json));
    if (!json_is_string(json) || !rfc3339_parse(text, &moment)) {
        return fail(reader, place, "not a timestamp as 2026-03-02T09:00:00Z");
    }
    Google__Protobuf__Timestamp *timestamp = (Google__Protobuf__Timestamp *)message;
    timestamp->seconds = moment.seconds;
    timestamp->nanos = moment.nanos;
    return true;
}

static bool read_message(const struct reader *reader,
                         const struct place *place,
                         const ProtobufCMessageDescriptor *descriptor,
                         const json_t *json,
                         ProtobufCMessage **out)
{
    ProtobufCMessage *message = arena_alloc(reader->arena, descriptor->sizeof_message);
    if (message == NULL) {
        return no_memory(reader);
    }
    protobuf_c_message_init(descriptor, message);
    *out = message;
    if (descriptor == &google__protobuf__timestamp__descriptor) {
        return read_timestamp(reader, place, json, message);
    }
    if (!json_is_object(json)) {
        return fail(reader, place, "not an object");
    }
    return read_fields(reader, place, json, message);
}

/* NOLINTEND(misc-no-recursion) */

bool json_to_protobuf(enum json_message kind,
                      const json_t *value,
                      struct arena *arena,
                      struct bytes *out,
                      char *why,
                      size_t why_size)
{
    struct reader reader = {.arena = arena, .why = why, .why_size = why_size};
    struct place root = {.parent = NULL};
    ProtobufCMessage *message = NULL;
    if (why_size > 0) {
        why[0] = '\0';
    }
    if (!read_message(&reader, &root, json_descriptor(kind), value, &message)) {
        return false;
    }
    uint8_t *packed = arena_alloc(arena, protobuf_c_message_get_packed_size(message));
    if (packed == NULL) {
        return no_memory(&reader);
    }
    *out = bytes_of(packed, protobuf_c_message_pack(message, packed));
    return true;
}
