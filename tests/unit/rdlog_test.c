/* Goal: a facility that repeats itself is heard a few times a window, and the next window says how
 * much was held back. */

#include "../../src/kafka/rdlog.h"
#include "support/test.h"

static void a_flood_is_a_few_lines_a_window(void **state)
{
    (void)state;
    struct rdlog_limit limit = {.count = 0};
    uint32_t suppressed = 9;
    int passed = 0;
    for (int i = 0; i < 100; i++) {
        passed += rdlog_admit(&limit, 1000 + i, &suppressed) ? 1 : 0;
        assert_int_equal(suppressed, 0);
    }
    assert_int_equal(passed, RDLOG_BURST);
    assert_true(rdlog_admit(&limit, 1000 + RDLOG_WINDOW_US, &suppressed));
    assert_int_equal(suppressed, 100 - RDLOG_BURST);
    assert_true(rdlog_admit(&limit, 1000 + 2 * (int64_t)RDLOG_WINDOW_US, &suppressed));
    assert_int_equal(suppressed, 0); /* told once */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_flood_is_a_few_lines_a_window),
    };
    return cmocka_run_group_tests_name("kafka/rdlog", tests, NULL, NULL);
}
