/* Goal: what does not come out even is named by invariant and place: numbers twice, holes,
 * histories that do not follow, rows that are not what decisions left. */

#include <stdlib.h>
#include <string.h>

#include "mentor/base/clock.h"

#include "../src/app/audit.h"
#include "support/test.h"

static struct audit audit;
static struct audit_item items[16];
static char *printed;
static size_t size;

static int begin(void **state)
{
    (void)state;
    audit = (struct audit){.items = items};
    audit_report_begin(&audit.report, open_memstream(&printed, &size), false, clock_system());
    return 0;
}

static int end(void **state)
{
    (void)state;
    FILE *out = audit.report.out;
    (void)audit_report_end(&audit.report);
    (void)fclose(out);
    free(printed);
    return 0;
}

/* An item of one key: what it holds is one byte. */
static void put(enum audit_heap heap, enum audit_side side, int64_t number, uint8_t what)
{
    struct audit_item *item = &items[audit.item_count++];
    *item = (struct audit_item){
        .heap = heap, .key = {7}, .number = number, .side = side, .place = AUDIT_NOWHERE};
    item->digest[0] = what;
    item->event_key[0] = what;
    item->place.batch = 40 + (int64_t)audit.item_count;
}

static void assert_named(enum invariant invariant, const char *where)
{
    audit_locate(&audit);
    assert_int_equal(fflush(audit.report.out), 0);
    for (int i = 0; i < INVARIANT_COUNT; i++) {
        assert_int_equal(audit.report.breaches[i], i == (int)invariant ? 1 : 0);
    }
    assert_non_null(strstr(printed, where));
}

static void what_is_even_is_not_named(void **state)
{
    (void)state;
    put(AUDIT_APPLICATIONS, AUDIT_KEPT, 1, 1);
    put(AUDIT_APPLICATIONS, AUDIT_LEFT, 1, 1);
    put(AUDIT_CITIZENS, AUDIT_LEFT, 1, 1);
    put(AUDIT_CITIZENS, AUDIT_CONSIDERED, 1, 1);
    put(AUDIT_CITIZENS, AUDIT_KEPT, 2, 2);
    put(AUDIT_CITIZENS, AUDIT_LEFT, 2, 2);
    put(AUDIT_CITIZENS, AUDIT_LEFT, 3, 3); /* nothing goes on from it */
    assert_named(INVARIANT_P, "batch 47 citizen 0700");
}

static void a_decision_that_no_row_knows(void **state)
{
    (void)state;
    put(AUDIT_APPLICATIONS, AUDIT_LEFT, 1, 1);
    assert_named(INVARIANT_P, "batch 41 application 0700");
}

static void a_decision_that_is_gone(void **state)
{
    (void)state;
    put(AUDIT_APPLICATIONS, AUDIT_KEPT, 1, 1);
    assert_named(INVARIANT_I8, "batch 41 application 0700");
}

static void a_row_that_has_it_otherwise(void **state)
{
    (void)state;
    put(AUDIT_APPLICATIONS, AUDIT_KEPT, 1, 1);
    put(AUDIT_APPLICATIONS, AUDIT_LEFT, 1, 2);
    assert_named(INVARIANT_P, "batch 42 application 0700");
}

static void one_event_in_two_decisions(void **state)
{
    (void)state;
    put(AUDIT_APPLICATIONS, AUDIT_KEPT, 1, 1);
    put(AUDIT_APPLICATIONS, AUDIT_LEFT, 1, 1);
    put(AUDIT_APPLICATIONS, AUDIT_KEPT, 2, 1);
    put(AUDIT_APPLICATIONS, AUDIT_LEFT, 2, 1);
    assert_named(INVARIANT_I1, "batch 44 application 0700");
}

static void a_citizens_number_twice(void **state)
{
    (void)state;
    put(AUDIT_CITIZENS, AUDIT_KEPT, 1, 1);
    put(AUDIT_CITIZENS, AUDIT_LEFT, 1, 1);
    put(AUDIT_CITIZENS, AUDIT_LEFT, 1, 1);
    assert_named(INVARIANT_I8, "batch 4");
}

static void a_hole_in_a_citizens_numbers(void **state)
{
    (void)state;
    put(AUDIT_CITIZENS, AUDIT_CONSIDERED, 1, 1);
    put(AUDIT_CITIZENS, AUDIT_LEFT, 2, 2);
    put(AUDIT_CITIZENS, AUDIT_KEPT, 2, 2);
    assert_named(INVARIANT_I8, "batch 41 citizen 0700");
}

static void a_history_that_does_not_follow(void **state)
{
    (void)state;
    put(AUDIT_CITIZENS, AUDIT_LEFT, 1, 1);
    put(AUDIT_CITIZENS, AUDIT_CONSIDERED, 1, 2);
    assert_named(INVARIANT_I2, "batch 42 citizen 0700");
}

static void a_citizens_row_that_is_not_what_was_left(void **state)
{
    (void)state;
    put(AUDIT_CITIZENS, AUDIT_LEFT, 1, 1);
    put(AUDIT_CITIZENS, AUDIT_KEPT, 1, 2);
    assert_named(INVARIANT_P, "batch 41 citizen 0700");
}

static void unevenness_that_nothing_shows_is_still_a_breach(void **state)
{
    (void)state;
    assert_named(INVARIANT_P, "P");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_even_is_not_named, begin, end),
        cmocka_unit_test_setup_teardown(a_decision_that_no_row_knows, begin, end),
        cmocka_unit_test_setup_teardown(a_decision_that_is_gone, begin, end),
        cmocka_unit_test_setup_teardown(a_row_that_has_it_otherwise, begin, end),
        cmocka_unit_test_setup_teardown(one_event_in_two_decisions, begin, end),
        cmocka_unit_test_setup_teardown(a_citizens_number_twice, begin, end),
        cmocka_unit_test_setup_teardown(a_hole_in_a_citizens_numbers, begin, end),
        cmocka_unit_test_setup_teardown(a_history_that_does_not_follow, begin, end),
        cmocka_unit_test_setup_teardown(a_citizens_row_that_is_not_what_was_left, begin, end),
        cmocka_unit_test_setup_teardown(
            unevenness_that_nothing_shows_is_still_a_breach, begin, end),
    };
    return cmocka_run_group_tests_name("app/audit_locate", tests, NULL, NULL);
}
