#include "mentor/port/ledger.h"

#include "mentor/base/arena.h"
#include "mentor/base/endian_be.h"
#include "mentor/core/chain.h"

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

static struct ledger_entry entry_of(const struct batch *batch, const struct batch_entry *entry)
{
    bool decided = entry->fate == FATE_DECIDED;
    return (struct ledger_entry){
        .fate = entry->fate,
        .count = entry->count,
        .has_event_key = entry->has_event_key,
        .event_key = entry->event_key,
        .input_digest = entry->input_digest,
        .output_digest = decided ? batch->decisions[entry->index].output_digest : NULL,
        .index = decided ? (uint32_t)entry->index : 0,
        .reason = bytes_text(reason_id(entry->reason)),
    };
}

/* Entries by range, in order; ends[i]: where those of range i end. */
static uint32_t *sort(const struct batch *batch, uint32_t *ends, struct arena *arena)
{
    uint32_t range_of[PARTITIONS_MAX];
    uint32_t *sorted = arena_alloc(arena, (size_t)batch->entry_count * sizeof(*sorted));
    uint32_t begin = 0;
    CHECK(sorted != NULL);
    for (uint32_t i = 0; i < batch->range_count; i++) {
        range_of[batch->ranges[i].slot] = i;
        ends[i] = 0;
    }
    for (uint32_t i = 0; i < batch->entry_count; i++) {
        ends[range_of[batch->entries[i].slot]]++;
    }
    for (uint32_t i = 0; i < batch->range_count; i++) {
        uint32_t count = ends[i];
        ends[i] = begin;
        begin += count;
    }
    for (uint32_t i = 0; i < batch->entry_count; i++) {
        sorted[ends[range_of[batch->entries[i].slot]]++] = i;
    }
    return sorted;
}

/* The entries must tile the range. */
static void write_range(const struct batch *batch,
                        struct batch_range *range,
                        const struct position *position,
                        const uint32_t *sorted,
                        uint32_t count,
                        uint8_t *to)
{
    struct chain_tree tree = {.count = 0};
    struct chain_batch chained = {.first_offset = range->from,
                                  .next_offset = range->to,
                                  .epoch = position->epoch,
                                  .evaluated_at_ms = range->evaluated_at_ms};
    int64_t offset = range->from;
    size_t size = 0;
    memset(range->covered, 0, sizeof(range->covered));
    for (uint32_t i = 0; i < count; i++) {
        const struct batch_entry *entry = &batch->entries[sorted[i]];
        const struct ledger_entry ledger = entry_of(batch, entry);
        uint8_t leaf[SHA256_SIZE];
        CHECK(entry->offset == offset);
        size_t packed = ledger_pack(&ledger, to + size);
        chain_leaf(offset, range->evaluated_at_ms, bytes_of(to + size, packed), leaf);
        chain_tree_add(&tree, leaf);
        size += packed;
        offset += entry->count;
        range->covered[entry->fate] += entry->count;
    }
    CHECK(offset == range->to);
    range->entries = bytes_of(to, size);
    chain_tree_root(&tree, range->root);
    memcpy(chained.root, range->root, SHA256_SIZE);
    chain_link(position->link, &chained, range->link);
}

void ledger_write(struct batch *batch, const struct position *positions, struct arena *arena)
{
    uint32_t ends[PARTITIONS_MAX];
    if (batch->range_count == 0) {
        return;
    }
    const uint32_t *sorted = sort(batch, ends, arena);
    for (uint32_t i = 0; i < batch->range_count; i++) {
        struct batch_range *range = &batch->ranges[i];
        uint32_t begin = i == 0 ? 0 : ends[i - 1];
        uint32_t count = ends[i] - begin;
        uint8_t *to = arena_alloc(arena, (size_t)count * LEDGER_ENTRY_MAX);
        CHECK(to != NULL);
        write_range(batch, range, &positions[range->slot], sorted + begin, count, to);
    }
}
