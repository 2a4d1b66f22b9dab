#include "ring.h"

#include <stddef.h>
#include <stdlib.h>

#include "mentor/base/check.h"
#include "mentor/base/guard.h"

enum {
    CAPACITY_FIRST = 1024,
};

static struct ring_output *at(const struct ring *ring, uint64_t number)
{
    return &ring->outputs[number & (ring->capacity - 1)];
}

void ring_begin(struct ring *ring, int64_t emitted_offset)
{
    ring->first = ring->next;
    ring->emitted = emitted_offset;
    ring->begun = true;
}

void ring_forget(struct ring *ring)
{
    ring->first = ring->next;
    ring->begun = false;
}

void ring_release(struct ring *ring)
{
    free(ring->outputs);
    *ring = (struct ring){.outputs = NULL};
}

static void grow(struct ring *ring)
{
    struct ring old = *ring;
    ring->capacity = old.capacity == 0 ? CAPACITY_FIRST : old.capacity * 2;
    CHECK(ring->capacity > old.capacity);
    ring->outputs = calloc(ring->capacity, sizeof(struct ring_output));
    CHECK(ring->outputs != NULL);
    for (uint64_t number = old.first; number != old.next; number++) {
        *at(ring, number) = *at(&old, number);
    }
    free(old.outputs);
}

bool ring_is_begun(const struct ring *ring, int32_t partition, struct err *err)
{
    return ring->begun || err_set(err, ERR_RETRY, "partition %d was not begun", partition);
}

void ring_add(struct ring *ring, struct ring_output output)
{
    CHECK(ring->begun);
    if (ring->next - ring->first == ring->capacity) {
        grow(ring);
    }
    CHECK(ring->first == ring->next || output.offset >= at(ring, ring->next - 1)->offset);
    *at(ring, ring->next++) = output;
}

struct ring_output *ring_find(struct ring *ring, uint64_t number)
{
    if (number < ring->first || number >= ring->next || at(ring, number)->settled) {
        return NULL;
    }
    return at(ring, number);
}

void ring_settle(struct ring *ring, uint64_t number)
{
    struct ring_output *output = ring_find(ring, number);
    if (output == NULL) {
        return;
    }
    output->settled = true;
    if (!GUARD(CONTIGUOUS)) {
        ring_pass(ring, output->offset + 1);
        ring->first = number + 1;
        return;
    }
    while (ring->first != ring->next && at(ring, ring->first)->settled) {
        ring_pass(ring, at(ring, ring->first)->offset + 1);
        ring->first++;
    }
}

void ring_pass(struct ring *ring, int64_t next_offset)
{
    if (next_offset > ring->emitted) {
        ring->emitted = next_offset;
    }
}

int64_t ring_emitted(const struct ring *ring)
{
    CHECK(ring->begun);
    return ring->first == ring->next ? ring->emitted : at(ring, ring->first)->offset;
}

struct ring *rings_at(struct rings *rings, int32_t partition)
{
    CHECK(partition >= 0);
    if ((uint32_t)partition >= rings->count) {
        uint32_t count = (uint32_t)partition + 1;
        rings->rings = realloc(rings->rings, count * sizeof(struct ring));
        CHECK(rings->rings != NULL);
        for (uint32_t i = rings->count; i < count; i++) {
            rings->rings[i] = (struct ring){.outputs = NULL};
        }
        rings->count = count;
    }
    return &rings->rings[partition];
}

void rings_forget(struct rings *rings)
{
    for (uint32_t i = 0; i < rings->count; i++) {
        ring_forget(&rings->rings[i]);
    }
}

void rings_release(struct rings *rings)
{
    for (uint32_t i = 0; i < rings->count; i++) {
        ring_release(&rings->rings[i]);
    }
    free(rings->rings);
    *rings = (struct rings){.rings = NULL};
}
