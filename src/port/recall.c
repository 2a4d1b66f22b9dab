#include "mentor/port/recall.h"

#include <stdlib.h>

#include "mentor/base/check.h"

enum {
    ROOM_LEAST = 64,
};

void recall_add(struct recall_set *set, int64_t offset)
{
    if (set->count == set->room) {
        set->room = set->room == 0 ? ROOM_LEAST : set->room * 2;
        set->offsets = realloc(set->offsets, set->room * sizeof(*set->offsets));
        CHECK(set->offsets != NULL);
    }
    set->offsets[set->count++] = offset;
}

static int by_offset(const void *left, const void *right)
{
    int64_t a = *(const int64_t *)left;
    int64_t b = *(const int64_t *)right;
    return (a > b) - (a < b);
}

static void sort(struct recall_set *set)
{
    if (set->count > 0) {
        qsort(set->offsets, set->count, sizeof(*set->offsets), by_offset);
    }
}

void recall_sort(struct recall *recall)
{
    sort(&recall->written);
    sort(&recall->visible);
}

static bool has(const struct recall_set *set, int64_t offset)
{
    return set->count > 0 &&
           bsearch(&offset, set->offsets, set->count, sizeof(*set->offsets), by_offset) != NULL;
}

bool recall_wants(const struct recall *recall, int64_t emitted, int64_t offset)
{
    return !has(&recall->visible, offset) && (offset >= emitted || has(&recall->written, offset));
}

int64_t recall_first(const struct recall *recall, int64_t emitted)
{
    for (size_t i = 0; i < recall->written.count; i++) {
        int64_t offset = recall->written.offsets[i];
        if (offset < emitted && recall_wants(recall, emitted, offset)) {
            return offset;
        }
    }
    return emitted;
}

void recall_release(struct recall *recall)
{
    free(recall->written.offsets);
    free(recall->visible.offsets);
    recall->written = recall->visible = (struct recall_set){0};
}
