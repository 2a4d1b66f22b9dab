/* Goal: the table of rules is rules.md § 2's, and a list of findings answers what was put into it.
 */

#include <string.h>

#include "mentor/core/finding.h"

#include "support/test.h"

static const struct {
    const char *name;
    enum weight weight;
} table[] = {
    {"D01", WEIGHT_OF_REFER_BLOCKING}, {"D02", WEIGHT_OF_NOTE},
    {"D03", WEIGHT_OF_REFER_BLOCKING}, {"D04", WEIGHT_OF_REFER_BLOCKING},
    {"D05", WEIGHT_OF_REFER_BLOCKING}, {"D06", WEIGHT_OF_REFER_BLOCKING},
    {"D07", WEIGHT_OF_REFER_BLOCKING}, {"D08", WEIGHT_OF_REFER_BLOCKING},
    {"E01", WEIGHT_OF_REJECT},         {"E02", WEIGHT_OF_REFER},
    {"E03", WEIGHT_OF_REFER},          {"E04", WEIGHT_OF_REFER_BLOCKING},
    {"E05", WEIGHT_OF_REFER_BLOCKING}, {"E06", WEIGHT_OF_REFER_BLOCKING},
    {"E07", WEIGHT_OF_RIGHT},          {"N01", WEIGHT_OF_REFER},
    {"N02", WEIGHT_OF_REJECT},         {"F01", WEIGHT_OF_REJECT},
    {"F02", WEIGHT_OF_REFER},          {"M01", WEIGHT_OF_REJECT},
    {"M02", WEIGHT_OF_REFER},          {"M03", WEIGHT_OF_REJECT},
    {"P01", WEIGHT_OF_REJECT},         {"P02", WEIGHT_OF_REFER},
    {"P03", WEIGHT_OF_REFER},          {"P04", WEIGHT_OF_REFER},
    {"H01", WEIGHT_OF_REFER},          {"K01", WEIGHT_OF_REFER},
    {"K02", WEIGHT_OF_REFUSE_ITEM},    {"K03", WEIGHT_OF_REFER},
    {"K04", WEIGHT_OF_REFER},          {"X01", WEIGHT_OF_REFER_BLOCKING},
    {"Q01", WEIGHT_OF_REFER},          {"L01", WEIGHT_OF_NOTE},
};

static void the_rules_have_the_order_and_weights_of_the_table(void **state)
{
    (void)state;
    assert_int_equal(RULE_COUNT, sizeof(table) / sizeof(table[0]));
    for (int rule = 0; rule < RULE_COUNT; rule++) {
        assert_string_equal(rule_name((enum rule_id)rule), table[rule].name);
        assert_int_equal(rule_weight((enum rule_id)rule), table[rule].weight);
        assert_int_equal(rule_find(table[rule].name), rule);
    }
    assert_int_equal(rule_find("D09"), -1);
    assert_int_equal(rule_find("D0"), -1);
    assert_int_equal(rule_find("d01"), -1);
    assert_int_equal(rule_find(""), -1);
}

static void findings_answer_by_rule_weight_and_field(void **state)
{
    (void)state;
    struct findings findings;
    memset(&findings, 0xff, sizeof(findings));
    findings_clear(&findings);
    for (int rule = 0; rule < RULE_COUNT; rule++) {
        assert_false(findings_has(&findings, (enum rule_id)rule));
    }
    assert_false(findings_has_weight(&findings, WEIGHT_OF_NOTE));
    findings_add(&findings, RULE_D02, FIELD_CPR, 0);
    assert_true(findings_has_weight(&findings, WEIGHT_OF_NOTE));
    findings_add(&findings, RULE_L01, FIELD_END_DATE, 0);
    assert_int_equal(findings.count, 2);
    assert_true(findings_has(&findings, RULE_D02));
    assert_true(findings_has(&findings, RULE_L01));
    assert_false(findings_has(&findings, RULE_D01));
    assert_true(findings_has_weight(&findings, WEIGHT_OF_NOTE));
    assert_false(findings_has_weight(&findings, WEIGHT_OF_RIGHT));
    assert_false(findings_invalid(&findings, FIELD_CPR));
    assert_false(findings_invalid(&findings, FIELD_END_DATE));
    findings_clear(&findings);
    assert_int_equal(findings.count, 0);
    assert_false(findings_has(&findings, RULE_L01));
}

/* D01, D03, D04, D05, D07 and D08 make a field invalid; no other rule does. */
static void only_the_rules_on_form_make_a_field_invalid(void **state)
{
    (void)state;
    for (int rule = 0; rule < RULE_COUNT; rule++) {
        const char *name = rule_name((enum rule_id)rule);
        bool invalidates = name[0] == 'D' && strchr("134578", name[2]) != NULL;
        for (int field = 0; field < FIELD_COUNT; field++) {
            struct findings findings;
            findings_clear(&findings);
            findings_add(&findings, (enum rule_id)rule, (enum field_id)field, 0);
            assert_int_equal(findings_invalid(&findings, (enum field_id)field), invalidates);
            assert_false(findings_invalid(&findings, (enum field_id)((field + 1) % FIELD_COUNT)));
        }
    }
}

static void a_path_is_the_proto_names_from_the_root(void **state)
{
    (void)state;
    static const struct {
        struct finding finding;
        const char *path;
    } paths[] = {
        {{RULE_D06, FIELD_VERSION, 0}, "version"},
        {{RULE_P01, FIELD_END_DATE, 0}, "support.end_date"},
        {{RULE_K01, FIELD_WAGE, 0}, "cost.wage"},
        {{RULE_D08, FIELD_WAGE_HOURLY, 0}, "cost.wage.hourly_ore"},
        {{RULE_D08, FIELD_OTHER_COST, 0}, "cost.other[0].cost_ore"},
        {{RULE_D08, FIELD_OTHER_COST, 63}, "cost.other[63].cost_ore"},
        {{RULE_K02, FIELD_OTHER, 9}, "cost.other[9]"},
        {{RULE_K02, FIELD_OTHER, 255}, "cost.other[255]"},
    };
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        char path[FIELD_PATH_MAX];
        uint32_t size = finding_path(&paths[i].finding, path);
        assert_string_equal(path, paths[i].path);
        assert_int_equal(size, strlen(path));
    }
}

static void as_many_findings_fit_as_there_can_be(void **state)
{
    (void)state;
    struct findings findings;
    findings_clear(&findings);
    for (uint32_t i = 0; i < FINDINGS_MAX; i++) {
        findings_add(&findings, RULE_K02, FIELD_OTHER, i);
    }
    assert_int_equal(findings.count, FINDINGS_MAX);
    assert_int_equal(findings.items[FINDINGS_MAX - 1].index, FINDINGS_MAX - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_rules_have_the_order_and_weights_of_the_table),
        cmocka_unit_test(findings_answer_by_rule_weight_and_field),
        cmocka_unit_test(only_the_rules_on_form_make_a_field_invalid),
        cmocka_unit_test(a_path_is_the_proto_names_from_the_root),
        cmocka_unit_test(as_many_findings_fit_as_there_can_be),
    };
    return cmocka_run_group_tests_name("core/finding", tests, NULL, NULL);
}
