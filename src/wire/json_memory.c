#include "mentor/wire/json_memory.h"

#include <jansson.h>
#include <stdlib.h>

#include "mentor/base/arena.h"

static struct arena *lender; /* jansson's functions take no context */

static void *take(size_t size)
{
    void *memory = arena_alloc(lender, size);
    return memory != NULL ? memory : malloc(size);
}

static void give(void *memory)
{
    const uint8_t *at = memory;
    if (at < lender->base || at >= lender->base + lender->capacity) {
        free(memory);
    }
}

void json_memory_use(struct arena *arena)
{
    lender = arena;
    if (arena == NULL) {
        json_set_alloc_funcs(malloc, free);
    } else {
        json_set_alloc_funcs(take, give);
    }
}
