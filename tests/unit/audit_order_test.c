/* Goal: a citizen's decisions of one partition that lie in another order than their numbers are
 * named, and no others; the database is asked where there are too many to keep. */

#include <stdlib.h>
#include <string.h>

#include "mentor/base/clock.h"

#include "../src/app/audit.h"
#include "support/test.h"

static struct audit audit;
static char *printed;
static size_t size;
static int asked;

static bool
disorders(void *self, const struct chronicle_oddity **rows, uint32_t *count, struct err *err)
{
    static const struct chronicle_oddity row = {
        .key = {9}, .progress_id = 7, .offset = 5, .expected = 1, .found = 2};
    (void)self;
    (void)err;
    asked++;
    *rows = &row;
    *count = 1;
    return true;
}

static int begin(void **state)
{
    (void)state;
    audit = (struct audit){.job_count = 2, .chronicle = {.disorders = disorders}};
    asked = 0;
    for (uint32_t i = 0; i < audit.job_count; i++) {
        audit.jobs[i].audit = &audit;
    }
    audit_order_init(&audit.order);
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
    for (uint32_t i = 0; i < audit.job_count; i++) {
        free(audit.jobs[i].numbers.items);
    }
    audit_order_release(&audit.order);
    return 0;
}

static void citizen(uint8_t key, int64_t decisions)
{
    audit_order_citizen(&audit.order, &(struct chronicle_row){.key = {key}, .seq = decisions});
}

struct made {
    uint8_t key;
    int64_t progress_id;
    int64_t number;
    int64_t offset;
};

static void decision(uint32_t job, struct made made)
{
    struct chronicle_decision row = {.progress_id = made.progress_id};
    row.archived.stored.citizen_ref[0] = made.key;
    row.archived.stored.citizen_seq = made.number;
    row.archived.stored.offset = made.offset;
    audit_order_decision(&audit.jobs[job], &row);
}

static int64_t named(void)
{
    struct err err;
    assert_true(audit_order_check(&audit, &err));
    assert_int_equal(fflush(audit.report.out), 0);
    return audit.report.breaches[INVARIANT_I8];
}

static void numbers_that_rise_with_the_offset_are_in_order(void **state)
{
    (void)state;
    citizen(1, 3);
    citizen(2, 1);
    audit_order_known(&audit.order);
    audit_order_await(&audit.order);
    decision(1, (struct made){1, 7, 3, 30});
    decision(0, (struct made){1, 7, 1, 10});
    decision(0, (struct made){1, 8, 2, 5}); /* of another partition */
    decision(0, (struct made){2, 7, 1, 9});
    assert_int_equal(named(), 0);
    assert_int_equal(asked, 0);
}

static void one_that_lies_before_its_predecessor_is_named(void **state)
{
    (void)state;
    citizen(1, 3);
    audit_order_known(&audit.order);
    decision(0, (struct made){1, 7, 1, 10});
    decision(1, (struct made){1, 7, 2, 40});
    decision(1, (struct made){1, 7, 3, 30});
    assert_int_equal(named(), 1);
    assert_non_null(strstr(printed, "decision 3"));
    assert_non_null(strstr(printed, "offset 30"));
    assert_non_null(strstr(printed, "citizen 0100"));
}

static void a_number_twice_is_named(void **state)
{
    (void)state;
    citizen(1, 2);
    audit_order_known(&audit.order);
    decision(0, (struct made){1, 7, 2, 10});
    decision(1, (struct made){1, 7, 2, 40});
    assert_int_equal(named(), 1);
}

static void the_database_is_asked_where_there_are_too_many(void **state)
{
    (void)state;
    audit.order.most = 5;
    citizen(1, 3);
    citizen(2, 3);
    citizen(3, 2);
    audit_order_known(&audit.order);
    decision(0, (struct made){1, 7, 1, 10});
    decision(0, (struct made){1, 7, 2, 5});
    assert_int_equal(named(), 1);
    assert_int_equal(asked, 1);
    assert_non_null(strstr(printed, "citizen 0900"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(numbers_that_rise_with_the_offset_are_in_order, begin, end),
        cmocka_unit_test_setup_teardown(one_that_lies_before_its_predecessor_is_named, begin, end),
        cmocka_unit_test_setup_teardown(a_number_twice_is_named, begin, end),
        cmocka_unit_test_setup_teardown(the_database_is_asked_where_there_are_too_many, begin, end),
    };
    return cmocka_run_group_tests_name("app/audit_order", tests, NULL, NULL);
}
