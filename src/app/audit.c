#include "audit.h"

#include "mentor/port/record.h"

struct audit_place
audit_place_of(const struct audit_position *position, int64_t offset, int64_t batch)
{
    struct audit_place place = AUDIT_NOWHERE;
    place.batch = batch;
    place.offset = offset;
    if (position != NULL) {
        place.topic = position->topic;
        place.partition = position->position.partition;
    }
    return place;
}

struct audit_position *audit_position_of(struct audit *audit, int64_t id)
{
    uint32_t low = 0;
    uint32_t high = audit->position_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (audit->positions[middle].id < id) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < audit->position_count && audit->positions[low].id == id ? &audit->positions[low]
                                                                         : NULL;
}

struct audit_position *
audit_position_named(struct audit *audit, struct bytes topic, int32_t partition)
{
    for (uint32_t i = 0; i < audit->position_count; i++) {
        struct audit_position *position = &audit->positions[i];
        if (position->position.partition == partition && bytes_is(topic, position->topic)) {
            return position;
        }
    }
    return NULL;
}

struct audit_due *audit_due_at(struct audit_position *position, int64_t offset)
{
    return position->dues == NULL || offset < position->first_offset ||
                   offset >= position->position.next_offset
               ? NULL
               : &position->dues[offset - position->first_offset];
}

static void add_sized(struct sha256 *sha, struct bytes part)
{
    uint64_t size = part.data == NULL ? UINT64_MAX : part.size;
    sha256_add(sha, bytes_of(&size, sizeof(size)));
    sha256_add(sha, part);
}

void audit_due_of(const struct record *record, struct audit_due *due)
{
    struct sha256 sha;
    uint8_t digest[SHA256_SIZE];
    sha256_of(record->value, digest);
    memcpy(&due->value, digest, sizeof(due->value));
    sha256_init(&sha);
    add_sized(&sha, record->has_key ? record->key : (struct bytes){0});
    for (uint32_t i = 0; i < record->header_count; i++) {
        add_sized(&sha, record->headers[i].name);
        add_sized(&sha, record->headers[i].value);
    }
    sha256_finish(&sha, digest);
    memcpy(&due->envelope, digest, sizeof(due->envelope));
}
