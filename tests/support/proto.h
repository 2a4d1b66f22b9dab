#ifndef TESTS_SUPPORT_PROTO_H
#define TESTS_SUPPORT_PROTO_H

/* Protobuf bytes by hand: as a producer may write them, also badly. */

#include <string.h>

#include "mentor/base/bytes.h"

#include "support/test.h"

enum {
    PROTO_MAX = 300 * 1024,
};

struct proto {
    size_t size;
    uint8_t data[PROTO_MAX];
};

static inline struct bytes proto_bytes(const struct proto *proto)
{
    return bytes_of(proto->data, proto->size);
}

static inline void proto_raw(struct proto *proto, const void *data, size_t size)
{
    assert_in_range(size, 0, PROTO_MAX - proto->size);
    if (size > 0) {
        memcpy(proto->data + proto->size, data, size);
    }
    proto->size += size;
}

/* At least `least` bytes long: over-long when that is more than need be. */
static inline void proto_varint(struct proto *proto, uint64_t value, size_t least)
{
    for (size_t i = 1; value >= 0x80 || i < least; i++) {
        uint8_t byte = (uint8_t)(value | 0x80);
        proto_raw(proto, &byte, 1);
        value >>= 7;
    }
    uint8_t last = (uint8_t)value;
    proto_raw(proto, &last, 1);
}

static inline void proto_tag(struct proto *proto, uint32_t field, uint32_t wire_type)
{
    proto_varint(proto, (uint64_t)field << 3 | wire_type, 1);
}

static inline void proto_number(struct proto *proto, uint32_t field, uint64_t value)
{
    proto_tag(proto, field, 0);
    proto_varint(proto, value, 1);
}

static inline void proto_data(struct proto *proto, uint32_t field, const void *data, size_t size)
{
    proto_tag(proto, field, 2);
    proto_varint(proto, size, 1);
    proto_raw(proto, data, size);
}

static inline void proto_text(struct proto *proto, uint32_t field, const char *text)
{
    proto_data(proto, field, text, strlen(text));
}

static inline void proto_message(struct proto *proto, uint32_t field, const struct proto *message)
{
    proto_data(proto, field, message->data, message->size);
}

#endif /* TESTS_SUPPORT_PROTO_H */
