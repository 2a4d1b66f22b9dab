#include "mentor/port/record.h"

#include "mentor/base/arena.h"

#define SIZE_BYTES ((size_t)4)
#define NULL_VALUE UINT32_MAX

const struct header *record_header(const struct record *record, const char *name)
{
    for (uint32_t i = 0; i < record->header_count; i++) {
        if (bytes_is(record->headers[i].name, name)) {
            return &record->headers[i];
        }
    }
    return NULL;
}

bool record_number(const struct record *record, const char *name, int64_t *number)
{
    const struct header *header = record_header(record, name);
    *number = 0;
    if (header == NULL || header->value.size == 0 || header->value.size > 18) {
        return false;
    }
    int64_t sum = 0;
    for (size_t i = 0; i < header->value.size; i++) {
        uint8_t digit = header->value.data[i];
        if (digit < '0' || digit > '9') {
            return false;
        }
        sum = sum * 10 + (digit - '0');
    }
    *number = sum;
    return true;
}

size_t record_size(const struct record *record)
{
    size_t size = record->key.size + record->value.size;
    for (uint32_t i = 0; i < record->header_count; i++) {
        size += record->headers[i].name.size + record->headers[i].value.size + RECORD_HEADER_SIZE;
    }
    return size;
}

static uint8_t *put_size(uint8_t *out, uint32_t size)
{
    out[0] = (uint8_t)(size >> 24);
    out[1] = (uint8_t)(size >> 16 & 0xff);
    out[2] = (uint8_t)(size >> 8 & 0xff);
    out[3] = (uint8_t)(size & 0xff);
    return out + SIZE_BYTES;
}

static uint8_t *put(uint8_t *out, struct bytes bytes)
{
    out = put_size(out, (uint32_t)bytes.size);
    if (bytes.size > 0) {
        memcpy(out, bytes.data, bytes.size);
    }
    return out + bytes.size;
}

static size_t packed_size(const struct header *header)
{
    CHECK(header->name.size < NULL_VALUE);
    CHECK(header->value.size < NULL_VALUE);
    CHECK(header->value.data != NULL || header->value.size == 0);
    return 2 * SIZE_BYTES + header->name.size + header->value.size;
}

bool headers_pack(const struct header *headers,
                  uint32_t count,
                  struct arena *arena,
                  struct bytes *out)
{
    size_t size = 0;
    for (uint32_t i = 0; i < count; i++) {
        size += packed_size(&headers[i]);
    }
    uint8_t *packed = arena_alloc(arena, size);
    if (packed == NULL) {
        return false;
    }
    uint8_t *at = packed;
    for (uint32_t i = 0; i < count; i++) {
        at = put(at, headers[i].name);
        at = headers[i].value.data == NULL ? put_size(at, NULL_VALUE) : put(at, headers[i].value);
    }
    *out = bytes_of(packed, size);
    return true;
}

/* Takes a size and as many bytes off the front; data NULL for a null. */
static bool take(struct bytes *packed, struct bytes *taken)
{
    if (packed->size < SIZE_BYTES) {
        return false;
    }
    const uint8_t *at = packed->data;
    uint32_t size = (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
    *packed = bytes_of(at + SIZE_BYTES, packed->size - SIZE_BYTES);
    if (size == NULL_VALUE) {
        *taken = bytes_of(NULL, 0);
        return true;
    }
    if (size > packed->size) {
        return false;
    }
    *taken = bytes_of(packed->data, size);
    *packed = bytes_of(packed->data + size, packed->size - size);
    return true;
}

/* A name is never null. */
static bool take_header(struct bytes *packed, struct header *header)
{
    return take(packed, &header->name) && header->name.data != NULL && take(packed, &header->value);
}

bool headers_unpack(struct bytes packed,
                    struct arena *arena,
                    struct header **headers,
                    uint32_t *count)
{
    struct header header;
    uint32_t found = 0;
    for (struct bytes left = packed; left.size > 0; found++) {
        if (!take_header(&left, &header)) {
            return false;
        }
    }
    struct header *list = arena_alloc(arena, found * sizeof(*list));
    if (list == NULL) {
        return false;
    }
    for (uint32_t i = 0; i < found; i++) {
        bool taken = take_header(&packed, &list[i]);
        CHECK(taken);
    }
    *headers = list;
    *count = found;
    return true;
}
