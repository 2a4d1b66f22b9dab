#include "ledger.h"

#include "endian_be.h"

enum {
    KEY_FLAG = 0x80,
};

static bool is_record(enum fate fate)
{
    return fate == FATE_DECIDED || fate == FATE_DUPLICATE || fate == FATE_DLQ;
}

static uint8_t *put(uint8_t *to, const uint8_t *from, size_t size)
{
    memcpy(to, from, size);
    return to + size;
}

size_t ledger_pack(const struct ledger_entry *entry, uint8_t *to)
{
    uint8_t *at = to;
    *at++ = (uint8_t)((uint8_t)entry->fate | (entry->has_event_key ? KEY_FLAG : 0));
    if (!is_record(entry->fate)) {
        put_be64(at, (uint64_t)entry->count);
        return 1 + sizeof(uint64_t);
    }
    if (entry->has_event_key) {
        at = put(at, entry->event_key, EVENT_KEY_SIZE);
    }
    at = put(at, entry->input_digest, SHA256_SIZE);
    if (entry->fate == FATE_DECIDED) {
        at = put(at, entry->output_digest, SHA256_SIZE);
        put_be32(at, entry->index);
        at += sizeof(uint32_t);
    } else {
        CHECK(entry->reason.size <= LEDGER_REASON_MAX);
        *at++ = (uint8_t)entry->reason.size;
        at = put(at, entry->reason.data, entry->reason.size);
    }
    return (size_t)(at - to);
}

/* The next `size` bytes, or NULL when there are not as many. */
static const uint8_t *get(struct bytes *packed, size_t size)
{
    if (packed->size < size) {
        return NULL;
    }
    const uint8_t *at = packed->data;
    *packed = bytes_of(at + size, packed->size - size);
    return at;
}

static bool get_record(struct bytes *packed, struct ledger_entry *entry)
{
    entry->count = 1;
    entry->event_key = entry->has_event_key ? get(packed, EVENT_KEY_SIZE) : NULL;
    entry->input_digest = get(packed, SHA256_SIZE);
    if ((entry->has_event_key && entry->event_key == NULL) || entry->input_digest == NULL) {
        return false;
    }
    if (entry->fate == FATE_DECIDED) {
        entry->output_digest = get(packed, SHA256_SIZE);
        const uint8_t *index = get(packed, sizeof(uint32_t));
        entry->index = index == NULL ? 0 : get_be32(index);
        return entry->output_digest != NULL && index != NULL;
    }
    const uint8_t *size = get(packed, 1);
    const uint8_t *reason = size == NULL ? NULL : get(packed, *size);
    entry->reason = bytes_of(reason, reason == NULL ? 0 : *size);
    return reason != NULL;
}

bool ledger_next(struct bytes *packed, int64_t *offset, struct ledger_entry *entry)
{
    struct bytes rest = *packed;
    const uint8_t *tag = get(&rest, 1);
    if (tag == NULL || (*tag & ~KEY_FLAG) >= FATE_COUNT) {
        return false;
    }
    *entry = (struct ledger_entry){.fate = (enum fate)(*tag & ~KEY_FLAG),
                                   .offset = *offset,
                                   .has_event_key = (*tag & KEY_FLAG) != 0};
    if (is_record(entry->fate)) {
        if (!get_record(&rest, entry)) {
            return false;
        }
    } else {
        const uint8_t *count = get(&rest, sizeof(uint64_t));
        if (count == NULL || entry->has_event_key || get_be64(count) - 1 >= INT64_MAX) {
            return false;
        }
        entry->count = (int64_t)get_be64(count);
    }
    if (entry->count > INT64_MAX - *offset) {
        return false;
    }
    *packed = rest;
    *offset += entry->count;
    return true;
}
