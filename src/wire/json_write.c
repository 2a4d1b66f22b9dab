#include "mentor/base/arena.h"
#include "mentor/wire/json.h"
#include "mentor/wire/rfc3339.h"

#include "google/protobuf/timestamp.pb-c.h"
#include "json_message.h"
#include "text.h"

/* Depth is the schema's: no message holds itself. NOLINTBEGIN(misc-no-recursion) */

static bool write_message(struct text *out, const ProtobufCMessage *message);

/* Protobuf's rule: an underscore goes, and the letter after it is a capital. */
static void write_name(struct text *out, const char *name)
{
    text_reserve(out, strlen(name) + sizeof("\"\":"));
    char *to = out->data + out->size;
    *to++ = '"';
    for (; *name != '\0'; name++) {
        if (*name != '_') {
            *to++ = *name;
        } else if (name[1] >= 'a' && name[1] <= 'z') {
            name++;
            *to++ = (char)(*name - 'a' + 'A');
        }
    }
    *to++ = '"';
    *to++ = ':';
    out->size = (size_t)(to - out->data);
}

static bool write_string(struct text *out, struct bytes string)
{
    if (!bytes_utf8(string)) {
        return false;
    }
    text_add_json(out, string);
    return true;
}

static void write_bytes(struct text *out, const ProtobufCBinaryData *data)
{
    text_add_char(out, '"');
    text_add_base64(out, bytes_of(data->data, data->len));
    text_add_char(out, '"');
}

static void write_enum(struct text *out, const ProtobufCEnumDescriptor *descriptor, int32_t number)
{
    const ProtobufCEnumValue *value = protobuf_c_enum_descriptor_get_value(descriptor, number);
    if (value == NULL) { /* a newer producer's */
        text_add_signed(out, number);
        return;
    }
    text_add_json(out, bytes_text(value->name));
}

static void write_signed(struct text *out, size_t size, const void *member)
{
    if (size == sizeof(int32_t)) {
        text_add_signed(out, (int32_t)json_uint32(member));
        return;
    }
    text_add_char(out, '"');
    text_add_signed(out, (int64_t)json_uint64(member));
    text_add_char(out, '"');
}

static void write_unsigned(struct text *out, size_t size, const void *member)
{
    if (size == sizeof(uint32_t)) {
        text_add_unsigned(out, json_uint32(member));
        return;
    }
    text_add_char(out, '"');
    text_add_unsigned(out, json_uint64(member));
    text_add_char(out, '"');
}

static bool
write_value(struct text *out, const ProtobufCFieldDescriptor *field, const uint8_t *member)
{
    const struct json_type *type = json_type_of(field);
    switch (type->shape) {
    case JSON_SHAPE_SIGNED:
        write_signed(out, type->size, member);
        return true;
    case JSON_SHAPE_UNSIGNED:
        write_unsigned(out, type->size, member);
        return true;
    case JSON_SHAPE_BOOL:
        text_add_string(out, json_uint32(member) != 0 ? "true" : "false");
        return true;
    case JSON_SHAPE_ENUM:
        write_enum(out, field->descriptor, (int32_t)json_uint32(member));
        return true;
    case JSON_SHAPE_TEXT:
        return write_string(out, bytes_text(json_pointer(member)));
    case JSON_SHAPE_BYTES:
        write_bytes(out, (const void *)member);
        return true;
    case JSON_SHAPE_MESSAGE:
        return write_message(out, json_pointer(member));
    case JSON_SHAPE_NONE:
        break;
    }
    UNREACHABLE("a type without a shape");
}

static bool write_list(struct text *out,
                       const ProtobufCFieldDescriptor *field,
                       const uint8_t *items,
                       size_t count)
{
    size_t size = json_type_of(field)->size;
    text_add_char(out, '[');
    for (size_t i = 0; i < count; i++) {
        if (i > 0) {
            text_add_char(out, ',');
        }
        if (!write_value(out, field, items + i * size)) {
            return false;
        }
    }
    text_add_char(out, ']');
    return true;
}

static bool is_set(const ProtobufCFieldDescriptor *field, const uint8_t *base)
{
    static const uint8_t zeros[sizeof(uint64_t)];
    const uint8_t *member = base + field->offset;
    if (field->label == PROTOBUF_C_LABEL_REPEATED) {
        return json_count(base + field->quantifier_offset) > 0;
    }
    if ((field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0) {
        return json_uint32(base + field->quantifier_offset) == field->id;
    }
    const struct json_type *type = json_type_of(field);
    if (type->shape == JSON_SHAPE_TEXT) {
        return bytes_text(json_pointer(member)).size > 0;
    }
    if (type->shape == JSON_SHAPE_BYTES) {
        return ((const ProtobufCBinaryData *)(const void *)member)->len > 0;
    }
    return memcmp(member, zeros, type->size) != 0;
}

static bool write_timestamp(struct text *out, const ProtobufCMessage *message)
{
    const Google__Protobuf__Timestamp *timestamp = (const Google__Protobuf__Timestamp *)message;
    struct rfc3339 moment = {.seconds = timestamp->seconds, .nanos = timestamp->nanos};
    char text[RFC3339_SIZE];
    size_t size = rfc3339_format(moment, text);
    text_add_json(out, bytes_of(text, size));
    return size > 0;
}

static bool write_message(struct text *out, const ProtobufCMessage *message)
{
    const ProtobufCMessageDescriptor *descriptor = message->descriptor;
    if (descriptor == &google__protobuf__timestamp__descriptor) {
        return write_timestamp(out, message);
    }
    const uint8_t *base = (const uint8_t *)message;
    text_add_char(out, '{');
    bool first = true;
    for (unsigned i = 0; i < descriptor->n_fields; i++) { /* sorted by number */
        const ProtobufCFieldDescriptor *field = &descriptor->fields[i];
        if (!is_set(field, base)) {
            continue;
        }
        if (!first) {
            text_add_char(out, ',');
        }
        first = false;
        write_name(out, field->name);
        const uint8_t *member = base + field->offset;
        bool written =
            field->label == PROTOBUF_C_LABEL_REPEATED
                ? write_list(
                      out, field, json_pointer(member), json_count(base + field->quantifier_offset))
                : write_value(out, field, member);
        if (!written) {
            return false;
        }
    }
    text_add_char(out, '}');
    return true;
}

/* NOLINTEND(misc-no-recursion) */

/* wire_allocator() with a memory: protobuf-c gives the same NULL for bytes it cannot read. */
struct scratch {
    struct arena *arena;
    bool full;
};

static void *scratch_alloc(void *self, size_t size)
{
    struct scratch *scratch = self;
    void *memory = arena_alloc(scratch->arena, size);
    scratch->full = scratch->full || memory == NULL;
    return memory;
}

static void scratch_free(void *self, void *memory)
{
    (void)self;
    (void)memory;
}

enum json_written
json_write(enum json_message kind, struct bytes value, struct arena *arena, struct text *out)
{
    static const uint8_t nothing[1];
    struct arena_mark mark = arena_mark(arena);
    size_t size = out->size;
    struct scratch scratch = {.arena = arena};
    ProtobufCAllocator allocator = {scratch_alloc, scratch_free, &scratch};
    const ProtobufCMessage *message = protobuf_c_message_unpack(
        json_descriptor(kind), &allocator, value.size, value.size == 0 ? nothing : value.data);
    bool written = message != NULL && write_message(out, message);
    if (!written) {
        out->size = size;
    }
    arena_rewind(arena, mark);
    if (scratch.full) {
        return JSON_NO_MEMORY;
    }
    return written ? JSON_WRITTEN : JSON_NOT_DECODABLE;
}

bool protobuf_to_json(enum json_message kind,
                      struct bytes value,
                      struct arena *arena,
                      struct text *out)
{
    return json_write(kind, value, arena, out) == JSON_WRITTEN;
}

json_t *protobuf_to_value(enum json_message kind, struct bytes value, struct arena *arena)
{
    struct text text = {0};
    json_t *parsed = protobuf_to_json(kind, value, arena, &text)
                         ? json_loadb(text.data, text.size, 0, NULL)
                         : NULL;
    text_release(&text);
    return parsed;
}
