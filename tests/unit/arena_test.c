/* Goal: an arena hands out aligned memory to its last byte and no further, and a rewind gives it
 * again. */

#include <stdalign.h>

#include "mentor/base/arena.h"
#include "mentor/base/bytes.h"

#include "support/test.h"

static void memory_is_aligned_and_apart(void **state)
{
    (void)state;
    struct arena arena;
    assert_true(arena_init(&arena, 4096));
    uint8_t *last = NULL;
    for (size_t size = 0; size < 40; size++) {
        uint8_t *memory = arena_alloc(&arena, size);
        assert_non_null(memory);
        assert_int_equal((uintptr_t)memory % alignof(max_align_t), 0);
        assert_true(last == NULL || memory >= last);
        memset(memory, 0xff, size);
        last = memory + size;
    }
    arena_release(&arena);
}

static void a_full_arena_gives_nothing(void **state)
{
    (void)state;
    struct arena arena;
    assert_true(arena_init(&arena, 64));
    assert_null(arena_alloc(&arena, 65));
    assert_null(arena_alloc(&arena, SIZE_MAX));
    assert_null(arena_alloc(&arena, SIZE_MAX - 15));
    assert_non_null(arena_alloc(&arena, 48));
    assert_null(arena_alloc(&arena, 17));
    assert_non_null(arena_alloc(&arena, 16)); /* a refusal took nothing */
    assert_null(arena_alloc(&arena, 1));
    assert_non_null(arena_alloc(&arena, 0));
    assert_int_equal(arena.used, 64);
    arena_release(&arena);
}

static void a_rewind_gives_the_same_place_again(void **state)
{
    (void)state;
    struct arena arena;
    assert_true(arena_init(&arena, 256));
    uint8_t *kept = arena_alloc(&arena, 16);
    assert_non_null(kept);
    memset(kept, 7, 16);
    struct arena_mark mark = arena_mark(&arena);
    void *first = arena_alloc(&arena, 100);
    assert_non_null(arena_alloc(&arena, 100));
    arena_rewind(&arena, mark);
    assert_ptr_equal(arena_alloc(&arena, 100), first);
    assert_int_equal(kept[15], 7);
    arena_rewind(&arena, (struct arena_mark){0});
    assert_ptr_equal(arena_alloc(&arena, 200), kept);
    arena_release(&arena);
}

static void release_takes_nothing_and_twice(void **state)
{
    (void)state;
    struct arena arena = {0};
    arena_release(NULL);
    arena_release(&arena);
    assert_true(arena_init(&arena, 16));
    arena_release(&arena);
    assert_null(arena.base);
    assert_int_equal(arena.capacity, 0);
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_aligned_and_apart),
        cmocka_unit_test(a_full_arena_gives_nothing),
        cmocka_unit_test(a_rewind_gives_the_same_place_again),
        cmocka_unit_test(release_takes_nothing_and_twice),
    };
    return cmocka_run_group_tests_name("base/arena", tests, NULL, NULL);
}
