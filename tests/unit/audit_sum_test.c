/* Goal: two heaps are the same in any order, and whatever is more, less or otherwise leaves its
 * bucket uneven. */

#include "../src/app/audit_sum.h"
#include "support/test.h"

static struct audit_sum sum;
static const struct siphash_key key = {{1, 2}};

static int begin(void **state)
{
    (void)state;
    return audit_sum_init(&sum, &key) ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    audit_sum_release(&sum);
    audit_sum_release(&sum);
    return 0;
}

static const uint8_t *key_of(uint8_t seed)
{
    static uint8_t keys[256][AUDIT_SUM_KEY_SIZE];
    for (size_t i = 0; i < AUDIT_SUM_KEY_SIZE; i++) {
        keys[seed][i] = (uint8_t)((size_t)seed * 31 + i);
    }
    return keys[seed];
}

static void the_same_things_in_another_order_are_even(void **state)
{
    (void)state;
    for (int i = 0; i < 100; i++) {
        audit_sum_add(&sum, key_of((uint8_t)i), i, bytes_text("what"));
    }
    assert_true(audit_sum_unsettled(&sum) > 50);
    for (int i = 99; i >= 0; i--) {
        audit_sum_take(&sum, key_of((uint8_t)i), i, bytes_text("what"));
    }
    assert_int_equal(audit_sum_unsettled(&sum), 0);
}

static void a_thing_twice_is_not_even_with_it_once(void **state)
{
    (void)state;
    audit_sum_add(&sum, key_of(1), 1, bytes_text("what"));
    audit_sum_add(&sum, key_of(1), 1, bytes_text("what"));
    audit_sum_take(&sum, key_of(1), 1, bytes_text("what"));
    assert_int_equal(audit_sum_unsettled(&sum), 1);
    assert_false(audit_sum_settled(&sum, audit_sum_bucket(key_of(1))));
}

static void key_number_and_content_all_count(void **state)
{
    (void)state;
    audit_sum_add(&sum, key_of(1), 1, bytes_text("what"));
    audit_sum_take(&sum, key_of(1), 2, bytes_text("what"));
    assert_int_equal(audit_sum_unsettled(&sum), 1);
    audit_sum_add(&sum, key_of(1), 2, bytes_text("what"));
    audit_sum_take(&sum, key_of(1), 1, bytes_text("else"));
    assert_int_equal(audit_sum_unsettled(&sum), 1);
    audit_sum_add(&sum, key_of(1), 1, bytes_text("else"));
    uint8_t other[AUDIT_SUM_KEY_SIZE];
    memcpy(other, key_of(1), sizeof(other));
    other[15] ^= 1;
    audit_sum_take(&sum, other, 1, bytes_text("what"));
    assert_int_equal(audit_sum_unsettled(&sum), 1);
}

static void what_two_have_summed_up_is_joined(void **state)
{
    (void)state;
    struct audit_sum other;
    assert_true(audit_sum_init(&other, &key));
    audit_sum_add(&sum, key_of(1), 1, bytes_text("what"));
    audit_sum_take(&other, key_of(1), 1, bytes_text("what"));
    audit_sum_join(&sum, &other);
    assert_int_equal(audit_sum_unsettled(&sum), 0);
    audit_sum_release(&other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_same_things_in_another_order_are_even, begin, end),
        cmocka_unit_test_setup_teardown(a_thing_twice_is_not_even_with_it_once, begin, end),
        cmocka_unit_test_setup_teardown(key_number_and_content_all_count, begin, end),
        cmocka_unit_test_setup_teardown(what_two_have_summed_up_is_joined, begin, end),
    };
    return cmocka_run_group_tests_name("app/audit_sum", tests, NULL, NULL);
}
