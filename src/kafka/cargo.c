#include "cargo.h"

#include <stdlib.h>

enum {
    ARENA_SIZE = 64 * 1024 * 1024, /* touched only as far as it is needed; several large batches */
    ITEMS_MAX = 20000,
};

bool cargo_init(struct cargo *cargo)
{
    cargo->count = 0;
    cargo->items = calloc(ITEMS_MAX, sizeof(*cargo->items));
    return cargo->items != NULL && arena_init(&cargo->arena, ARENA_SIZE);
}

void cargo_release(struct cargo *cargo)
{
    free(cargo->items);
    arena_release(&cargo->arena);
    *cargo = (struct cargo){.items = NULL};
}

/* An empty slice keeps an address: none is null. */
static bool copy(struct arena *arena, struct bytes from, struct bytes *to)
{
    if (from.size > 0 || from.data == NULL) {
        *to = from;
        return from.size == 0 || bytes_copy(arena, from, to);
    }
    *to = bytes_of("", 0);
    return true;
}

static bool copy_headers(struct arena *arena, const struct record *from, struct record *to)
{
    to->headers = arena_alloc(arena, from->header_count * sizeof(*to->headers));
    if (to->headers == NULL) {
        return false;
    }
    for (uint32_t i = 0; i < from->header_count; i++) {
        if (!copy(arena, from->headers[i].name, &to->headers[i].name) ||
            !copy(arena, from->headers[i].value, &to->headers[i].value)) {
            return false;
        }
    }
    return true;
}

bool cargo_add(struct cargo *cargo, const struct record *record, bool dlq)
{
    struct arena_mark mark = arena_mark(&cargo->arena);
    if (cargo->count == ITEMS_MAX) {
        return false;
    }
    struct cargo_item *item = &cargo->items[cargo->count];
    *item = (struct cargo_item){.record = *record, .dlq = dlq};
    if (!copy(&cargo->arena, record->key, &item->record.key) ||
        !copy(&cargo->arena, record->value, &item->record.value) ||
        !copy_headers(&cargo->arena, record, &item->record)) {
        arena_rewind(&cargo->arena, mark);
        return false;
    }
    cargo->count++;
    return true;
}

void cargo_clear(struct cargo *cargo)
{
    cargo->count = 0;
    arena_rewind(&cargo->arena, (struct arena_mark){0});
}
