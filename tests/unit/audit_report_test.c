/* Goal: breaches are told with their place, as text and as JSON, and the table has a line an
 * invariant; only without a breach the answer is yes. */

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "../src/app/audit_report.h"
#include "support/test.h"

static struct audit_report report;
static char *printed;
static size_t size;

static void begin(bool json)
{
    audit_report_begin(&report, open_memstream(&printed, &size), json, clock_system());
    report.notes[INVARIANT_I10] = "not kept yet";
}

static bool end(void)
{
    FILE *out = report.out;
    bool yes = audit_report_end(&report);
    assert_int_equal(fclose(out), 0);
    return yes;
}

static void tell(void)
{
    static const uint8_t id[16] = {0x5f, 0x0c};
    struct audit_place place = AUDIT_NOWHERE;
    place.topic = "topic";
    place.partition = 3;
    place.offset = 1042;
    place.batch = 7;
    place.index = 0;
    place.application = id;
    place.citizen = id;
    audit_breach(&report, INVARIANT_I3, &place, "a \"%s\" breach", "quoted");
}

static void a_breach_is_told_with_its_place(void **state)
{
    (void)state;
    begin(false);
    tell();
    assert_false(end());
    assert_non_null(
        strstr(printed,
               "I3  topic partition 3 offset 1042 batch 7 index 0 application "
               "5f0c0000-0000-0000-0000-000000000000 citizen 5f0c0000000000000000000000000000: "
               "a \"quoted\" breach\n"));
    assert_non_null(strstr(printed, "1 breaches"));
    free(printed);
}

static void each_invariant_has_its_line_in_order(void **state)
{
    (void)state;
    begin(false);
    int64_t checked[INVARIANT_COUNT] = {[INVARIANT_I2] = 5};
    audit_report_add(&report, checked, 5);
    assert_true(end());
    const char *at = printed;
    for (int i = 0; i < INVARIANT_COUNT; i++) {
        char line[8];
        (void)snprintf(line, sizeof(line), "\n%-4s", invariant_name((enum invariant)i));
        at = strstr(at, line);
        assert_non_null(at);
    }
    assert_non_null(strstr(printed, "not kept yet"));
    assert_non_null(strstr(printed, "5 decisions verified"));
    free(printed);
}

static void json_holds_the_same(void **state)
{
    (void)state;
    begin(true);
    tell();
    tell();
    assert_false(end());
    json_t *root = json_loads(printed, 0, NULL);
    assert_non_null(root);
    assert_int_equal(json_array_size(json_object_get(root, "invariants")), INVARIANT_COUNT);
    assert_int_equal(json_array_size(json_object_get(root, "breaches")), 2);
    assert_int_equal(json_integer_value(json_object_get(root, "breach_count")), 2);
    const json_t *breach = json_array_get(json_object_get(root, "breaches"), 1);
    assert_string_equal(json_string_value(json_object_get(breach, "invariant")), "I3");
    assert_int_equal(json_integer_value(json_object_get(breach, "offset")), 1042);
    assert_string_equal(json_string_value(json_object_get(breach, "what")), "a \"quoted\" breach");
    json_decref(root);
    free(printed);
}

static void a_muted_report_neither_counts_nor_tells(void **state)
{
    (void)state;
    begin(false);
    int64_t checked[INVARIANT_COUNT] = {[INVARIANT_I2] = 5};
    report.muted = true;
    tell();
    audit_report_add(&report, checked, 5);
    assert_int_equal(report.checked[INVARIANT_I2], 0);
    assert_true(end());
    free(printed);
}

static void what_could_not_be_finished_is_still_json(void **state)
{
    (void)state;
    begin(true);
    tell();
    FILE *out = report.out;
    audit_report_abandon(&report);
    assert_int_equal(fclose(out), 0);
    json_t *root = json_loads(printed, 0, NULL);
    assert_true(json_is_true(json_object_get(root, "abandoned")));
    json_decref(root);
    free(printed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_breach_is_told_with_its_place),
        cmocka_unit_test(each_invariant_has_its_line_in_order),
        cmocka_unit_test(json_holds_the_same),
        cmocka_unit_test(a_muted_report_neither_counts_nor_tells),
        cmocka_unit_test(what_could_not_be_finished_is_still_json),
    };
    return cmocka_run_group_tests_name("app/audit_report", tests, NULL, NULL);
}
