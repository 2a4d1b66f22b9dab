/* Goal: the law in force is the last one whose first day has come, and before the first there is
 * none. */

#include "mentor/core/rulebook.h"

#include "support/facts.h"

static void the_law_of_a_day_is_the_last_that_has_begun(void **state)
{
    (void)state;
    const struct rulebook *rulebook = facts_rulebook();
    assert_null(rulebook_law(rulebook, day_of("2019-12-31")));
    assert_ptr_equal(rulebook_law(rulebook, day_of("2020-01-01")), &rulebook->laws[0]);
    assert_ptr_equal(rulebook_law(rulebook, day_of("2026-06-30")), &rulebook->laws[0]);
    assert_ptr_equal(rulebook_law(rulebook, day_of("2026-07-01")), &rulebook->laws[1]);
    assert_ptr_equal(rulebook_law(rulebook, day_of("2026-12-31")), &rulebook->laws[1]);
    assert_ptr_equal(rulebook_law(rulebook, day_of("2027-01-01")), &rulebook->laws[2]);
    assert_ptr_equal(rulebook_law(rulebook, DATE_LAST), &rulebook->laws[2]);
    assert_ptr_equal(rulebook_law(rulebook, INT32_MAX), &rulebook->laws[2]);
}

static void a_rulebook_without_laws_has_none(void **state)
{
    (void)state;
    static const struct rulebook empty;
    assert_null(rulebook_law(&empty, 0));
    assert_null(rulebook_law(&empty, INT32_MAX));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_law_of_a_day_is_the_last_that_has_begun),
        cmocka_unit_test(a_rulebook_without_laws_has_none),
    };
    return cmocka_run_group_tests_name("core/rulebook", tests, NULL, NULL);
}
