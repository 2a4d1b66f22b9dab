#include <mentor/v1/application.pb-c.h>

#include "mentor/base/arena.h"
#include "mentor/wire/wire.h"

#include "arena_allocator.h"

/* Shortens a varint in place; returns the bytes it takes now, and in *rest where it ended. */
static size_t shorten(uint8_t *data, size_t size, size_t *rest)
{
    uint64_t value = 0;
    size_t at = 0;
    for (unsigned shift = 0; at < size; shift += 7) {
        uint8_t byte = data[at++];
        value |= shift < 64 ? (uint64_t)(byte & 0x7f) << shift : 0;
        if (byte < 0x80) {
            break;
        }
    }
    *rest = at;
    size_t length = 0;
    while (value >= 0x80) {
        data[length++] = (uint8_t)(value | 0x80);
        value >>= 7;
    }
    data[length++] = (uint8_t)value;
    return length;
}

/* protobuf-c keeps unknown fields as they came; their varints and lengths may be longer than need
 * be. */
static void shorten_unknown(ProtobufCMessage *message)
{
    for (unsigned i = 0; i < message->n_unknown_fields; i++) {
        ProtobufCMessageUnknownField *field = &message->unknown_fields[i];
        if (field->wire_type != PROTOBUF_C_WIRE_TYPE_VARINT &&
            field->wire_type != PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED) {
            continue;
        }
        size_t rest = 0;
        size_t length = shorten(field->data, field->len, &rest);
        memmove(field->data + length, field->data + rest, field->len - rest);
        field->len -= rest - length;
    }
}

static void shorten_all(ProtobufCMessage *message);

/* Depth is the schema's: no message holds itself. NOLINTBEGIN(misc-no-recursion) */
static void shorten_field(const ProtobufCFieldDescriptor *field, void *at, const void *quantifier)
{
    if (field->label == PROTOBUF_C_LABEL_REPEATED) {
        size_t count = *(const size_t *)quantifier;
        ProtobufCMessage **items = *(ProtobufCMessage ***)at;
        for (size_t i = 0; i < count; i++) {
            shorten_all(items[i]);
        }
        return;
    }
    bool chosen = (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) == 0 ||
                  *(const uint32_t *)quantifier == field->id;
    ProtobufCMessage *child = chosen ? *(ProtobufCMessage **)at : NULL;
    if (child != NULL) {
        shorten_all(child);
    }
}

static void shorten_all(ProtobufCMessage *message)
{
    shorten_unknown(message);
    for (unsigned i = 0; i < message->descriptor->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &message->descriptor->fields[i];
        if (field->type == PROTOBUF_C_TYPE_MESSAGE) {
            shorten_field(field,
                          (uint8_t *)message + field->offset,
                          (const uint8_t *)message + field->quantifier_offset);
        }
    }
}

/* NOLINTEND(misc-no-recursion) */

bool wire_canonical_application(struct bytes value, struct arena *arena, struct bytes *out)
{
    ProtobufCAllocator allocator = wire_allocator(arena);
    ProtobufCMessage *message = protobuf_c_message_unpack(
        &mentor__v1__application__descriptor, &allocator, value.size, value.data);
    if (message == NULL) {
        return false;
    }
    shorten_all(message);
    size_t size = protobuf_c_message_get_packed_size(message);
    uint8_t *data = arena_alloc(arena, size);
    if (data == NULL) {
        return false;
    }
    *out = bytes_of(data, protobuf_c_message_pack(message, data));
    return true;
}
