#include <stdlib.h>

#include "mentor/base/check.h"
#include "mentor/port/ledger.h"

#include "ceiling.h"

struct keyed {
    uint64_t high;
    uint64_t low;
    uint32_t place;
};

static int by_key(const void *a, const void *b)
{
    const struct keyed *left = a;
    const struct keyed *right = b;
    if (left->high != right->high) {
        return left->high < right->high ? -1 : 1;
    }
    return (left->low > right->low) - (left->low < right->low);
}

static void *take(struct ceiling *ceiling, size_t size)
{
    void *memory = arena_alloc(&ceiling->arena, size);
    CHECK(memory != NULL);
    return memory;
}

static void put(uint8_t *to, uint64_t value)
{
    for (int i = 0; i < 8; i++) {
        to[i] = (uint8_t)(value >> (56 - 8 * i));
    }
}

static uint64_t get(const uint8_t *from)
{
    uint64_t value = 0;
    for (int i = 0; i < 8; i++) {
        value = value << 8 | from[i];
    }
    return value;
}

/* 16 or 32 bytes that look like a digest. */
static void spread(uint8_t *to, size_t size, uint64_t number)
{
    for (size_t i = 0; i < size; i += 8) {
        put(to + i, number);
        number += UINT64_C(0x9e3779b97f4a7c15);
    }
}

static void ask_applications(struct ceiling *ceiling, struct keyed *keyed)
{
    struct batch_read *read = &ceiling->batch.read;
    uint32_t count = ceiling->record_count;
    for (uint32_t i = 0; i < count; i++) {
        uint64_t place = place_of(&ceiling->records[i]);
        keyed[i] = (struct keyed){.high = place, .low = mix(place), .place = i};
    }
    qsort(keyed, count, sizeof(*keyed), by_key);
    read->applications = take(ceiling, count * sizeof(*read->applications));
    read->application_count = count;
    for (uint32_t i = 0; i < count; i++) {
        struct application_row *row = &read->applications[i];
        *row = (struct application_row){.seq = 0};
        put(row->id, keyed[i].high);
        put(row->id + 8, keyed[i].low);
        ceiling->application_of[keyed[i].place] = i;
    }
}

/* The record's key is the citizen's ref in hex, so the citizens are the worker's. */
static void ask_citizens(struct ceiling *ceiling, struct keyed *keyed)
{
    struct batch_read *read = &ceiling->batch.read;
    uint32_t count = ceiling->record_count;
    for (uint32_t i = 0; i < count; i++) {
        uint8_t ref[CITIZEN_REF_SIZE];
        struct bytes key = ceiling->records[i].key;
        CHECK(key.size == 2 * sizeof(ref) && hex_decode((const char *)key.data, sizeof(ref), ref));
        keyed[i] = (struct keyed){.high = get(ref), .low = get(ref + 8), .place = i};
    }
    qsort(keyed, count, sizeof(*keyed), by_key);
    read->citizens = take(ceiling, count * sizeof(*read->citizens));
    read->citizen_count = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (i == 0 || by_key(&keyed[i - 1], &keyed[i]) != 0) {
            struct citizen_row *row = &read->citizens[read->citizen_count++];
            *row = (struct citizen_row){.seq = 0};
            put(row->ref, keyed[i].high);
            put(row->ref + 8, keyed[i].low);
        }
        ceiling->citizen_of[keyed[i].place] = read->citizen_count - 1;
    }
}

void ceiling_ask(struct ceiling *ceiling)
{
    struct batch_read *read = &ceiling->batch.read;
    uint32_t count = ceiling->record_count;
    arena_rewind(&ceiling->arena, (struct arena_mark){0});
    ceiling->batch = (struct batch){.entries = NULL};
    ceiling->application_of = take(ceiling, count * sizeof(uint32_t));
    ceiling->citizen_of = take(ceiling, count * sizeof(uint32_t));
    struct keyed *keyed = take(ceiling, count * sizeof(*keyed));
    ask_applications(ceiling, keyed);
    ask_citizens(ceiling, keyed);
    read->keys = take(ceiling, count * sizeof(*read->keys));
    read->key_count = count;
    for (uint32_t i = 0; i < count; i++) {
        const struct record *record = &ceiling->records[i];
        read->keys[i] =
            (struct armed_key){.slot = ceiling->slot_of[record->partition], .key = record->key};
    }
}

/* The state grows by what the worker appends, core/history.h. */
static struct bytes
grown(struct ceiling *ceiling, struct bytes state, size_t more, const uint8_t *from)
{
    uint8_t *to = take(ceiling, state.size + more);
    if (state.size > 0) {
        memcpy(to, state.data, state.size);
    }
    for (size_t i = 0; i < more; i++) {
        to[state.size + i] = from[i % SHA256_SIZE];
    }
    return bytes_of(to, state.size + more);
}

static void fill_decision(struct ceiling *ceiling, uint32_t i)
{
    struct batch *batch = &ceiling->batch;
    const struct record *record = &ceiling->records[i];
    struct batch_entry *entry = &batch->entries[i];
    struct batch_decision *row = &batch->decisions[i];
    struct application_row *application = &batch->read.applications[ceiling->application_of[i]];
    struct citizen_row *citizen = &batch->read.citizens[ceiling->citizen_of[i]];
    const struct sample *sample = sample_of(ceiling, record);
    uint64_t place = place_of(record);
    *entry = (struct batch_entry){
        .slot = ceiling->slot_of[record->partition],
        .offset = record->offset,
        .count = 1,
        .fate = FATE_DECIDED,
        .record = record,
        .has_event_key = true,
        .index = (int32_t)i,
    };
    spread(entry->event_key, EVENT_KEY_SIZE, place);
    spread(entry->input_digest, SHA256_SIZE, ~place);
    *row = (struct batch_decision){
        .entry = i,
        .version = 1,
        .application_seq = ++application->seq,
        .citizen_seq = ++citizen->seq,
        .outcome = sample->approved ? OUTCOME_IS_APPROVED : OUTCOME_IS_REFERRED,
        .has_frame = sample->approved,
        .total_ore = 893607,
        .has_period = true,
        .start = 20500,
        .end = 20600,
        .evaluated_at_ms = batch->read.now_ms,
        .periods = citizen->state,
        .output = sample->output,
        .late_ms = -1,
    };
    spread(row->decision_id, UUID_SIZE, place + 1);
    memcpy(row->application_id, application->id, UUID_SIZE);
    memcpy(row->citizen_ref, citizen->ref, CITIZEN_REF_SIZE);
    spread(row->output_digest, SHA256_SIZE, place + 2);
    CHECK(headers_pack(record->headers, record->header_count, &ceiling->arena, &row->headers));
    application->state = grown(ceiling, application->state, HISTORY_EVENT_SIZE, row->output_digest);
    application->changed = true;
    size_t more = sample->approved ? HISTORY_PERIOD_SIZE : 0;
    citizen->state = grown(ceiling, citizen->state, more, row->output_digest);
    citizen->changed = true;
}

void ceiling_fill(struct ceiling *ceiling)
{
    struct batch *batch = &ceiling->batch;
    uint32_t count = ceiling->record_count;
    struct batch_range *range_of[PARTITIONS_MAX] = {0};
    batch->entries = take(ceiling, count * sizeof(*batch->entries));
    batch->decisions = take(ceiling, count * sizeof(*batch->decisions));
    batch->ranges = take(ceiling, ceiling->slot_count * sizeof(*batch->ranges));
    batch->entry_count = count;
    batch->decision_count = count;
    for (uint32_t i = 0; i < count; i++) {
        const struct batch_entry *entry = &batch->entries[i];
        fill_decision(ceiling, i);
        struct batch_range *range = range_of[entry->slot];
        if (range == NULL) {
            range = range_of[entry->slot] = &batch->ranges[batch->range_count++];
            *range = (struct batch_range){
                .slot = entry->slot,
                .from = ceiling->positions[entry->slot].next_offset,
                .evaluated_at_ms = batch->read.now_ms,
            };
        }
        range->to = entry->offset + 1;
        range->last_offset = entry->offset;
        memcpy(range->last_digest, entry->input_digest, SHA256_SIZE);
    }
    ledger_write(batch, ceiling->positions, &ceiling->arena);
}
