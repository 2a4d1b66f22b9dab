/* Goal: waits lie between the base and three times the last, never above the limit, and come back
 * by seed. */

#include <stdbool.h>

#include "mentor/base/rng.h"
#include "mentor/core/backoff.h"

#include "support/test.h"

static void a_wait_is_between_the_base_and_three_times_the_last(void **state)
{
    (void)state;
    struct rng rng;
    rng_init(&rng, 7);
    for (int round = 0; round < 200; round++) {
        struct backoff backoff = {.base_ms = 50, .limit_ms = 5000};
        uint32_t last = 50;
        for (int i = 0; i < 50; i++) {
            uint32_t wait = backoff_next_ms(&backoff, &rng);
            uint32_t most = 3 * last < 5000 ? 3 * last : 5000;
            assert_in_range(wait, 50, most);
            last = wait;
        }
    }
}

/* Over many rounds both ends of the first span are met, and the limit in the end. */
static void the_whole_span_is_used(void **state)
{
    (void)state;
    struct rng rng;
    rng_init(&rng, 1);
    bool shortest = false;
    bool longest = false;
    bool limit = false;
    for (int round = 0; round < 5000; round++) {
        struct backoff backoff = {.base_ms = 50, .limit_ms = 5000};
        uint32_t first = backoff_next_ms(&backoff, &rng);
        shortest = shortest || first == 50;
        longest = longest || first == 150;
        for (int i = 0; i < 20 && !limit; i++) {
            limit = backoff_next_ms(&backoff, &rng) == 5000;
        }
    }
    assert_true(shortest);
    assert_true(longest);
    assert_true(limit);
}

static void a_reset_begins_anew(void **state)
{
    (void)state;
    struct rng rng;
    rng_init(&rng, 3);
    struct backoff backoff = {.base_ms = 10, .limit_ms = 100000};
    for (int i = 0; i < 100; i++) {
        (void)backoff_next_ms(&backoff, &rng);
        backoff.last_ms = 90000;
        backoff_reset(&backoff);
        assert_in_range(backoff_next_ms(&backoff, &rng), 10, 30);
    }
}

static void the_same_seed_waits_the_same(void **state)
{
    (void)state;
    struct rng a;
    struct rng b;
    rng_init(&a, 42);
    rng_init(&b, 42);
    struct backoff one = {.base_ms = 50, .limit_ms = 5000};
    struct backoff two = one;
    for (int i = 0; i < 100; i++) {
        assert_int_equal(backoff_next_ms(&one, &a), backoff_next_ms(&two, &b));
    }
}

static void a_base_at_the_limit_waits_just_that(void **state)
{
    (void)state;
    struct rng rng;
    rng_init(&rng, 9);
    struct backoff backoff = {.base_ms = 100, .limit_ms = 100};
    for (int i = 0; i < 20; i++) {
        assert_int_equal(backoff_next_ms(&backoff, &rng), 100);
    }
    struct backoff large = {.base_ms = UINT32_MAX - 1, .limit_ms = UINT32_MAX};
    for (int i = 0; i < 20; i++) {
        assert_in_range(backoff_next_ms(&large, &rng), UINT32_MAX - 1, UINT32_MAX);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_wait_is_between_the_base_and_three_times_the_last),
        cmocka_unit_test(the_whole_span_is_used),
        cmocka_unit_test(a_reset_begins_anew),
        cmocka_unit_test(the_same_seed_waits_the_same),
        cmocka_unit_test(a_base_at_the_limit_waits_just_that),
    };
    return cmocka_run_group_tests_name("core/backoff", tests, NULL, NULL);
}
