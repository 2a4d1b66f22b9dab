/* Goal: what jansson parses lies in the arena as far as it goes, beyond it on the heap, and nothing
 * is lost or freed twice. */

#include <jansson.h>
#include <string.h>

#include "mentor/base/arena.h"
#include "mentor/wire/json_memory.h"

#include "support/test.h"

static void values_lie_in_the_arena_and_beyond_it_on_the_heap(void **state)
{
    (void)state;
    static const size_t capacities[] = {64, 1000, 100000};
    for (size_t i = 0; i < 3; i++) {
        struct arena arena;
        assert_true(arena_init(&arena, capacities[i]));
        json_memory_use(&arena);
        for (int round = 0; round < 3; round++) {
            json_t *json = json_loads("{\"a\":[1,2,{\"b\":\"a text of some length\"}]}", 0, NULL);
            assert_non_null(json);
            assert_true(arena.used > 0);
            const json_t *third = json_array_get(json_object_get(json, "a"), 2);
            assert_string_equal(json_string_value(json_object_get(third, "b")),
                                "a text of some length");
            json_decref(json);
            arena_rewind(&arena, (struct arena_mark){0});
        }
        json_memory_use(NULL);
        arena_release(&arena);
    }
}

static void the_heap_is_given_back(void **state)
{
    (void)state;
    struct arena arena;
    assert_true(arena_init(&arena, 1000));
    json_memory_use(&arena);
    json_memory_use(NULL);
    json_t *json = json_loads("[1]", 0, NULL);
    assert_non_null(json);
    assert_int_equal(arena.used, 0);
    json_decref(json);
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_lie_in_the_arena_and_beyond_it_on_the_heap),
        cmocka_unit_test(the_heap_is_given_back),
    };
    return cmocka_run_group_tests_name("wire/json_memory", tests, NULL, NULL);
}
