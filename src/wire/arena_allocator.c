#include "arena_allocator.h"

#include "mentor/base/arena.h"

static void *alloc(void *self, size_t size)
{
    return arena_alloc(self, size);
}

static void no_free(void *self, void *memory)
{
    (void)self;
    (void)memory;
}

ProtobufCAllocator wire_allocator(struct arena *arena)
{
    return (ProtobufCAllocator){.alloc = alloc, .free = no_free, .allocator_data = arena};
}
