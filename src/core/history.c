#include "mentor/core/history.h"

#include "mentor/base/check.h"

/* Big-endian, so that a person reads a bytea without a program. */
static void put(uint8_t **at, uint64_t value, int size)
{
    for (int i = size - 1; i >= 0; i--) {
        *(*at)++ = (uint8_t)(value >> (8 * i));
    }
}

static uint64_t get(const uint8_t **at, int size)
{
    uint64_t value = 0;
    for (int i = 0; i < size; i++) {
        value = value << 8 | *(*at)++;
    }
    return value;
}

uint32_t history_event_count(struct bytes state)
{
    return (uint32_t)(state.size / HISTORY_EVENT_SIZE);
}

struct history_event history_event_at(struct bytes state, uint32_t index)
{
    CHECK(index < history_event_count(state));
    const uint8_t *at = state.data + (size_t)index * HISTORY_EVENT_SIZE;
    struct history_event event;
    memcpy(event.event_key, at, EVENT_KEY_SIZE);
    at += EVENT_KEY_SIZE;
    memcpy(event.content, at, SHA256_SIZE);
    at += SHA256_SIZE;
    event.version = (uint32_t)get(&at, 4);
    event.conflict = get(&at, 1) != 0;
    event.evaluated_at_ms = (int64_t)get(&at, 8);
    event.batch = (int64_t)get(&at, 8);
    event.index = (int32_t)get(&at, 4);
    return event;
}

struct bytes
history_event_append(struct bytes state, const struct history_event *event, uint8_t *to)
{
    if (state.size > 0 && state.data != to) {
        memcpy(to, state.data, state.size);
    }
    uint8_t *at = to + state.size;
    memcpy(at, event->event_key, EVENT_KEY_SIZE);
    at += EVENT_KEY_SIZE;
    memcpy(at, event->content, SHA256_SIZE);
    at += SHA256_SIZE;
    put(&at, event->version, 4);
    put(&at, event->conflict, 1);
    put(&at, (uint64_t)event->evaluated_at_ms, 8);
    put(&at, (uint64_t)event->batch, 8);
    put(&at, (uint32_t)event->index, 4);
    return bytes_of(to, state.size + HISTORY_EVENT_SIZE);
}

uint32_t history_period_count(struct bytes state)
{
    return (uint32_t)(state.size / HISTORY_PERIOD_SIZE);
}

struct history_period history_period_at(struct bytes state, uint32_t index)
{
    CHECK(index < history_period_count(state));
    const uint8_t *at = state.data + (size_t)index * HISTORY_PERIOD_SIZE;
    struct history_period period;
    memcpy(period.application_id, at, UUID_SIZE);
    at += UUID_SIZE;
    period.start = (int32_t)(uint32_t)get(&at, 4);
    period.end = (int32_t)(uint32_t)get(&at, 4);
    return period;
}

struct bytes history_period_settle(struct bytes state,
                                   const struct history_period *period,
                                   bool approved,
                                   uint8_t *to)
{
    uint8_t *at = to;
    for (size_t i = 0; i < state.size; i += HISTORY_PERIOD_SIZE) {
        if (memcmp(state.data + i, period->application_id, UUID_SIZE) != 0) {
            memcpy(at, state.data + i, HISTORY_PERIOD_SIZE);
            at += HISTORY_PERIOD_SIZE;
        }
    }
    if (approved) {
        memcpy(at, period->application_id, UUID_SIZE);
        at += UUID_SIZE;
        put(&at, (uint32_t)period->start, 4);
        put(&at, (uint32_t)period->end, 4);
    }
    return bytes_of(to, (size_t)(at - to));
}

bool history_events_valid(struct bytes state)
{
    return state.size % HISTORY_EVENT_SIZE == 0;
}

bool history_periods_valid(struct bytes state)
{
    return state.size % HISTORY_PERIOD_SIZE == 0;
}
