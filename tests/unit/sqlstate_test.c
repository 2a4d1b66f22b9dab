/*
 * Goal: every SQLSTATE leads to the caller's right next move, the table has no rule that an earlier
 * one hides, and nothing is left without an answer.
 */

#include <string.h>

#include "../../src/pg/sqlstate.h"
#include "support/test.h"

static const struct {
    const char *sqlstate;
    const char *constraint;
    enum err_kind kind;
} cases[] = {
    {"MD001", NULL, ERR_FENCED},
    {"MD002", NULL, ERR_STALE},
    {"MD003", NULL, ERR_FATAL},
    {"40001", NULL, ERR_STALE},
    {"40P01", NULL, ERR_STALE},
    {"40003", NULL, ERR_RETRY},
    {"23505", "application_pkey", ERR_STALE},
    {"23505", "citizen_pkey", ERR_STALE},
    {"23505", "decision_pkey", ERR_HALT},
    {"23505", "batch_pkey", ERR_HALT},
    {"23505", "quarantine_pkey", ERR_HALT},
    {"23505", "another", ERR_POISON},
    {"23505", NULL, ERR_POISON},
    {"23514", "progress_order", ERR_HALT},
    {"23514", "batch_range", ERR_HALT},
    {"23514", "citizen_counts", ERR_POISON},
    {"22021", NULL, ERR_POISON},
    {"22P05", NULL, ERR_POISON},
    {"23502", NULL, ERR_POISON},
    {"54000", NULL, ERR_POISON},
    {"08006", NULL, ERR_RETRY},
    {"53100", NULL, ERR_RETRY},
    {"53200", NULL, ERR_RETRY},
    {"53300", NULL, ERR_RETRY},
    {"55P03", NULL, ERR_RETRY},
    {"57014", NULL, ERR_RETRY},
    {"57P01", NULL, ERR_RETRY},
    {"57P02", NULL, ERR_RETRY},
    {"57P03", NULL, ERR_RETRY},
    {"58030", NULL, ERR_RETRY},
    {"25006", NULL, ERR_RETRY},
    {"25P03", NULL, ERR_RETRY},
    {"XX000", NULL, ERR_RETRY},
    {"XX001", NULL, ERR_HALT},
    {"42501", NULL, ERR_FATAL},
    {"42P01", NULL, ERR_FATAL},
    {"3F000", NULL, ERR_FATAL},
    {"26000", NULL, ERR_FATAL},
    {"0A000", NULL, ERR_FATAL},
    {"ZZZZZ", NULL, ERR_FATAL},
    {"", NULL, ERR_RETRY},
    {NULL, NULL, ERR_RETRY},
};

static void every_state_has_its_move(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct sqlstate_rule *rule = sqlstate_rule(cases[i].sqlstate, cases[i].constraint);
        if (rule->kind != cases[i].kind) {
            fail_msg("%s: %d, expected %d", cases[i].sqlstate, rule->kind, cases[i].kind);
        }
    }
}

static void every_rule_is_reached(void **state)
{
    (void)state;
    uint32_t count = 0;
    const struct sqlstate_rule *rules = sqlstate_rules(&count);
    for (uint32_t i = 0; i + 1 < count; i++) {
        assert_ptr_equal(sqlstate_rule(rules[i].prefix, rules[i].constraint), &rules[i]);
    }
    assert_string_equal(rules[count - 1].prefix, "");
    assert_null(rules[count - 1].constraint);
}

static void whoever_must_act_is_told_what_to_do(void **state)
{
    (void)state;
    uint32_t count = 0;
    const struct sqlstate_rule *rules = sqlstate_rules(&count);
    for (uint32_t i = 0; i < count; i++) {
        assert_non_null(rules[i].advice);
        if (rules[i].kind == ERR_FATAL || rules[i].kind == ERR_HALT) {
            assert_true(strlen(rules[i].advice) > 0);
        }
    }
}

static void only_a_wait_for_the_standby_that_was_stopped_leaves_it_unknown(void **state)
{
    (void)state;
    assert_true(sqlstate_unreplicated("WARNING", "01000", "SyncRepWaitForLSN"));
    assert_true(sqlstate_unreplicated("WARNING", "57P01", "SyncRepWaitForLSN"));
    assert_true(sqlstate_unreplicated("WARNING", "01000", NULL));
    assert_false(sqlstate_unreplicated("WARNING", "01000", "pg_wait_until_termination"));
    assert_false(sqlstate_unreplicated("WARNING", "01000", "exec_stmt_raise"));
    assert_false(sqlstate_unreplicated("WARNING", "25001", "SyncRepWaitForLSN"));
    assert_false(sqlstate_unreplicated("NOTICE", "01000", "SyncRepWaitForLSN"));
    assert_false(sqlstate_unreplicated(NULL, NULL, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_state_has_its_move),
        cmocka_unit_test(every_rule_is_reached),
        cmocka_unit_test(whoever_must_act_is_told_what_to_do),
        cmocka_unit_test(only_a_wait_for_the_standby_that_was_stopped_leaves_it_unknown),
    };
    return cmocka_run_group_tests_name("pg/sqlstate", tests, NULL, NULL);
}
