#ifndef MENTOR_PORT_RECORD_H
#define MENTOR_PORT_RECORD_H

/*
 * A record as Kafka has it, in or out. All slices are borrowed; whoever hands the record out says
 * how long they live.
 */

#include <stdbool.h>
#include <stdint.h>

#include "mentor/base/bytes.h"

struct arena;

enum {
    RECORD_HEADER_SIZE = 40, /* bytes beside name and value, in memory and packed */
};

struct header {
    struct bytes name;
    struct bytes value; /* data NULL: the header's value is null */
};

struct record {
    int32_t partition;
    int64_t offset;
    int64_t timestamp_ms;
    bool has_key;
    struct bytes key;
    bool has_value; /* false: a null value */
    struct bytes value;
    struct header *headers;
    uint32_t header_count;
};

/* The first header of that name, or NULL. Names compare exactly. */
const struct header *record_header(const struct record *record, const char *name);

/* A header of up to 18 digits and nothing else; false: *number is 0. */
MUST_CHECK bool record_number(const struct record *record, const char *name, int64_t *number);

/* Bytes that it takes in memory, and again to pack its headers. */
size_t record_size(const struct record *record);

/*
 * Headers as one run of bytes, as the store keeps them: per header u32be name size, name, u32be
 * value size (0xffffffff: null), value. pack fails when the arena is full, unpack also on any other
 * bytes.
 */
MUST_CHECK bool
headers_pack(const struct header *headers, uint32_t count, struct arena *arena, struct bytes *out);
MUST_CHECK bool
headers_unpack(struct bytes packed, struct arena *arena, struct header **headers, uint32_t *count);

#endif /* MENTOR_PORT_RECORD_H */
