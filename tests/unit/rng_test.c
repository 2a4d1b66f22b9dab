/* Goal: the generator is SplitMix64, so that a seed means the same on every machine. */

#include "mentor/base/rng.h"

#include "support/test.h"

static void the_published_sequence_holds(void **state)
{
    (void)state;
    static const uint64_t want[] = {
        UINT64_C(6457827717110365317),
        UINT64_C(3203168211198807973),
        UINT64_C(9817491932198370423),
        UINT64_C(4593380528125082431),
        UINT64_C(16408922859458223821),
    };
    struct rng rng;
    rng_init(&rng, 1234567);
    for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
        assert_int_equal(rng_next(&rng), want[i]);
    }
}

static void a_seed_begins_anew(void **state)
{
    (void)state;
    struct rng rng;
    rng_init(&rng, 0);
    uint64_t first = rng_next(&rng);
    assert_int_not_equal(rng_next(&rng), first);
    rng_init(&rng, 0);
    assert_int_equal(rng_next(&rng), first);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_published_sequence_holds),
        cmocka_unit_test(a_seed_begins_anew),
    };
    return cmocka_run_group_tests_name("base/rng", tests, NULL, NULL);
}
