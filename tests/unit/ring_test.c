/*
 * Goal: whatever the order of acknowledgements, an offset is settled only when every output below
 * it is, and what was forgotten never counts again.
 */

#include "mentor/base/rng.h"

#include "../../src/kafka/ring.h"
#include "support/test.h"

static void add(struct ring *ring, int64_t offset)
{
    ring_add(ring, (struct ring_output){.offset = offset});
}

static void the_prefix_is_what_settles(void **state)
{
    (void)state;
    struct ring ring = {.outputs = NULL};
    ring_begin(&ring, 10);
    assert_int_equal(ring_emitted(&ring), 10);
    add(&ring, 12);
    add(&ring, 12); /* two outputs of one record */
    add(&ring, 15);
    assert_int_equal(ring_emitted(&ring), 12);
    ring_settle(&ring, 2);
    ring_settle(&ring, 1);
    assert_int_equal(ring_emitted(&ring), 12);
    ring_settle(&ring, 0);
    assert_int_equal(ring_emitted(&ring), 16);
    ring_pass(&ring, 20);
    assert_int_equal(ring_emitted(&ring), 20);
    ring_pass(&ring, 18);
    assert_int_equal(ring_emitted(&ring), 20);
    ring_release(&ring);
}

static void passing_waits_for_what_is_on_its_way(void **state)
{
    (void)state;
    struct ring ring = {.outputs = NULL};
    ring_begin(&ring, 0);
    add(&ring, 3);
    ring_pass(&ring, 9);
    assert_int_equal(ring_emitted(&ring), 3);
    ring_settle(&ring, 0);
    assert_int_equal(ring_emitted(&ring), 9);
    ring_release(&ring);
}

static void what_was_forgotten_never_counts(void **state)
{
    (void)state;
    struct ring ring = {.outputs = NULL};
    ring_begin(&ring, 0);
    add(&ring, 5);
    ring_begin(&ring, 2);
    add(&ring, 5);
    assert_null(ring_find(&ring, 0));
    ring_settle(&ring, 0); /* the old one, acknowledged late */
    assert_int_equal(ring_emitted(&ring), 5);
    ring_settle(&ring, 1);
    assert_int_equal(ring_emitted(&ring), 6);
    ring_settle(&ring, 1); /* twice */
    assert_int_equal(ring_emitted(&ring), 6);
    ring_forget(&ring);
    assert_false(ring.begun);
    ring_release(&ring);
}

/* Against a model that keeps every output. */
static void any_order_gives_the_smallest_offset_on_its_way(void **state)
{
    (void)state;
    enum {
        OUTPUTS = 20000
    };
    static bool settled[OUTPUTS];
    struct rng rng;
    struct ring ring = {.outputs = NULL};
    uint64_t added = 0;
    uint64_t oldest = 0;
    rng_init(&rng, 1);
    ring_begin(&ring, 0);
    while (oldest < OUTPUTS) {
        if (added < OUTPUTS && rng_next(&rng) % 100 < 52) {
            add(&ring, (int64_t)added++);
        } else if (added > 0) {
            uint64_t number =
                added > 3000 ? added - 1 - rng_next(&rng) % 3000 : rng_next(&rng) % added;
            if (added == OUTPUTS) {
                number = oldest;
            }
            settled[number] = true;
            ring_settle(&ring, number);
        }
        while (oldest < added && settled[oldest]) {
            oldest++;
        }
        assert_int_equal(ring_emitted(&ring), oldest);
    }
    assert_true(ring.capacity >= 2048); /* it has grown on the way */
    ring_release(&ring);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_prefix_is_what_settles),
        cmocka_unit_test(passing_waits_for_what_is_on_its_way),
        cmocka_unit_test(what_was_forgotten_never_counts),
        cmocka_unit_test(any_order_gives_the_smallest_offset_on_its_way),
    };
    return cmocka_run_group_tests_name("kafka/ring", tests, NULL, NULL);
}
