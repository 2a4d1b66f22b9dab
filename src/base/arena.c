#include "mentor/base/arena.h"

#include <stdalign.h>
#include <stdlib.h>

#if defined(__SANITIZE_ADDRESS__)
#define ARENA_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_ASAN 1
#endif
#endif

#ifdef ARENA_ASAN
#include <sanitizer/asan_interface.h>
#define POISON(at, size)   ASAN_POISON_MEMORY_REGION((at), (size))
#define UNPOISON(at, size) ASAN_UNPOISON_MEMORY_REGION((at), (size))
#else
#define POISON(at, size)   ((void)(at), (void)(size))
#define UNPOISON(at, size) ((void)(at), (void)(size))
#endif

bool arena_init(struct arena *arena, size_t capacity)
{
    *arena = (struct arena){.base = malloc(capacity), .capacity = capacity};
    if (arena->base == NULL) {
        return false;
    }
    POISON(arena->base, capacity);
    return true;
}

void arena_release(struct arena *arena)
{
    if (arena == NULL || arena->base == NULL) {
        return;
    }
    UNPOISON(arena->base, arena->capacity);
    free(arena->base);
    *arena = (struct arena){0};
}

void *arena_alloc(struct arena *arena, size_t size)
{
    const size_t align = alignof(max_align_t);
    size_t start = (arena->used + align - 1) / align * align;
    if (start > arena->capacity || size > arena->capacity - start) {
        return NULL;
    }
    arena->used = start + size;
    UNPOISON(arena->base + start, size);
    return arena->base + start;
}

struct arena_mark arena_mark(const struct arena *arena)
{
    return (struct arena_mark){arena->used};
}

void arena_rewind(struct arena *arena, struct arena_mark mark)
{
    CHECK(mark.used <= arena->used);
    POISON(arena->base + mark.used, arena->used - mark.used);
    arena->used = mark.used;
}
