#include "keeper.h"

#include <stdlib.h>
#include <string.h>

/* The keys are UUIDs and digests; mixed, so that a file of chosen UUIDs does not pile up. */
static size_t place_of(const uint8_t *key, size_t capacity)
{
    uint64_t low = 0;
    uint64_t high = 0;
    memcpy(&low, key, sizeof(low));
    memcpy(&high, key + sizeof(low), sizeof(high));
    uint64_t mixed = (low ^ (high >> 32 | high << 32)) * UINT64_C(0x9e3779b97f4a7c15);
    return (size_t)((mixed ^ mixed >> 29) * UINT64_C(0xbf58476d1ce4e5b9) >> 20) & (capacity - 1);
}

/* A free row has seq -1. */
static struct keeper_row *probe(struct keeper_row *rows, size_t capacity, const uint8_t *key)
{
    size_t at = place_of(key, capacity);
    while (rows[at].seq >= 0 && memcmp(rows[at].key, key, KEEPER_KEY_SIZE) != 0) {
        at = (at + 1) & (capacity - 1);
    }
    return &rows[at];
}

static void grow(struct keeper *keeper)
{
    size_t capacity = keeper->capacity == 0 ? 1024 : 2 * keeper->capacity;
    struct keeper_row *rows = calloc(capacity, sizeof(*rows));
    CHECK(rows != NULL);
    for (size_t i = 0; i < capacity; i++) {
        rows[i].seq = -1;
    }
    for (size_t i = 0; i < keeper->capacity; i++) {
        if (keeper->rows[i].seq >= 0) {
            *probe(rows, capacity, keeper->rows[i].key) = keeper->rows[i];
        }
    }
    free(keeper->rows);
    keeper->rows = rows;
    keeper->capacity = capacity;
}

struct keeper_row *keeper_row(struct keeper *keeper, const uint8_t key[KEEPER_KEY_SIZE])
{
    if (4 * (keeper->count + 1) > 3 * keeper->capacity) {
        grow(keeper);
    }
    struct keeper_row *row = probe(keeper->rows, keeper->capacity, key);
    if (row->seq < 0) {
        *row = (struct keeper_row){0};
        memcpy(row->key, key, KEEPER_KEY_SIZE);
        keeper->count++;
    }
    return row;
}

const struct keeper_row *keeper_find(const struct keeper *keeper,
                                     const uint8_t key[KEEPER_KEY_SIZE])
{
    const struct keeper_row *row =
        keeper->capacity == 0 ? NULL : probe(keeper->rows, keeper->capacity, key);
    return row == NULL || row->seq < 0 ? NULL : row;
}

void keeper_row_set(struct keeper_row *row, int64_t seq, struct bytes state)
{
    row->seq = seq;
    if (state.size > row->capacity) {
        uint8_t *larger = realloc(row->state, state.size);
        CHECK(larger != NULL);
        row->state = larger;
        row->capacity = state.size;
    }
    if (state.size > 0) {
        memcpy(row->state, state.data, state.size);
    }
    row->size = state.size;
}

void keeper_release(struct keeper *keeper)
{
    for (size_t i = 0; i < keeper->capacity; i++) {
        if (keeper->rows[i].seq >= 0) {
            free(keeper->rows[i].state);
        }
    }
    free(keeper->rows);
    *keeper = (struct keeper){0};
}
