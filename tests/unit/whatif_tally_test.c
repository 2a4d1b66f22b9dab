/* Goal: outcomes, rules and money are counted where they belong, whichever job counts them; and a
 * sample's estimate is what its share says. */

#include <string.h>

#include "../src/app/whatif_tally.h"
#include "support/facts.h"

static struct whatif_tally tally;

static int begin(void **state)
{
    (void)state;
    tally = (struct whatif_tally){0};
    return 0;
}

static int end(void **state)
{
    (void)state;
    whatif_tally_release(&tally);
    return 0;
}

static uint64_t bit(enum rule_id rule)
{
    return UINT64_C(1) << rule;
}

/* Granted 1,000.00, then referred by K01. */
static struct whatif_result flip(const char *day, int32_t municipality)
{
    return (struct whatif_result){
        .municipality = municipality,
        .day = day_of(day),
        .before = {OUTCOME_IS_APPROVED, bit(RULE_D02), 100000},
        .after = {OUTCOME_IS_REFERRED, bit(RULE_D02) | bit(RULE_K01), 0},
    };
}

static void a_flip_is_counted_by_way_rule_place_and_month(void **state)
{
    (void)state;
    struct whatif_result result = flip("2026-03-31", 20);
    whatif_tally_add(&tally, &result);
    result = flip("2026-04-01", 20);
    whatif_tally_add(&tally, &result);
    result.after = result.before;
    whatif_tally_add(&tally, &result);
    assert_int_equal(tally.decisions, 3);
    assert_int_equal(tally.flipped, 2);
    assert_int_equal(tally.shifted, 0);
    assert_int_equal(tally.outcomes[OUTCOME_IS_APPROVED][OUTCOME_IS_REFERRED], 2);
    assert_int_equal(tally.outcomes[OUTCOME_IS_APPROVED][OUTCOME_IS_APPROVED], 1);
    assert_int_equal(tally.difference[OUTCOME_IS_APPROVED][OUTCOME_IS_REFERRED], -200000);
    const int64_t *moves = tally.moves[OUTCOME_IS_APPROVED][OUTCOME_IS_REFERRED][RULE_K01];
    assert_int_equal(moves[WHATIF_APPEARED], 2);
    assert_int_equal(moves[WHATIF_GONE], 0);
    assert_int_equal(
        tally.moves[OUTCOME_IS_APPROVED][OUTCOME_IS_REFERRED][RULE_D02][WHATIF_APPEARED], 0);
    assert_int_equal(tally.month_count, 2);
    assert_int_equal(tally.months[0]->month, 2026 * 12 + 2);
    assert_int_equal(tally.months[1]->month, 2026 * 12 + 3);
    assert_int_equal(tally.months[1]->municipalities[20].before_ore, 200000);
    assert_int_equal(tally.months[1]->municipalities[20].after_ore, 100000);
    assert_int_equal(tally.first_day, day_of("2026-03-31"));
    assert_int_equal(tally.last_day, day_of("2026-04-01"));
}

static void a_rule_that_goes_is_told_apart_from_one_that_comes(void **state)
{
    (void)state;
    struct whatif_result result = flip("2026-03-31", 20);
    struct whatif_side before = result.before;
    result.before = result.after;
    result.after = before;
    whatif_tally_add(&tally, &result);
    const int64_t *moves = tally.moves[OUTCOME_IS_REFERRED][OUTCOME_IS_APPROVED][RULE_K01];
    assert_int_equal(moves[WHATIF_APPEARED], 0);
    assert_int_equal(moves[WHATIF_GONE], 1);
}

static void other_grounds_are_no_flip(void **state)
{
    (void)state;
    struct whatif_result result = flip("2026-03-31", 20);
    result.before.outcome = OUTCOME_IS_REFERRED;
    result.by_history = true;
    whatif_tally_add(&tally, &result);
    assert_int_equal(tally.flipped, 0);
    assert_int_equal(tally.shifted, 1);
    assert_int_equal(tally.by_history, 1);
}

/* Money stands once an application; what was decided is counted all the same. */
static void superseded_and_conflicting_decisions_hold_no_money(void **state)
{
    (void)state;
    struct whatif_result result = flip("2026-03-31", 20);
    result.superseded = true;
    whatif_tally_add(&tally, &result);
    result.superseded = false;
    result.conflict = true;
    whatif_tally_add(&tally, &result);
    assert_int_equal(tally.flipped, 2);
    assert_int_equal(tally.superseded, 1);
    assert_int_equal(tally.month_count, 0);
    assert_int_equal(whatif_money_total(&tally).before_ore, 0);
    assert_int_equal(tally.difference[OUTCOME_IS_APPROVED][OUTCOME_IS_REFERRED], 0);
}

static void no_municipality_has_a_place_of_its_own(void **state)
{
    (void)state;
    struct whatif_result result = flip("2026-03-31", -1);
    whatif_tally_add(&tally, &result);
    assert_int_equal(whatif_money_of(&tally, MUNICIPALITY_COUNT).grants_before, 1);
    assert_int_equal(whatif_money_of(&tally, 0).decisions, 0);
}

static void months_are_in_order_however_they_come(void **state)
{
    (void)state;
    static const char *const days[] = {"2026-05-01", "2025-12-31", "2026-01-01", "2026-05-31"};
    for (size_t i = 0; i < 4; i++) {
        struct whatif_result result = flip(days[i], 3);
        whatif_tally_add(&tally, &result);
    }
    assert_int_equal(tally.month_count, 3);
    assert_int_equal(tally.months[0]->month, 2025 * 12 + 11);
    assert_int_equal(tally.months[1]->month, 2026 * 12);
    assert_int_equal(whatif_money_of_month(tally.months[2]).decisions, 2);
    assert_int_equal(tally.first_day, day_of("2025-12-31"));
    assert_int_equal(tally.last_day, day_of("2026-05-31"));
}

/* Everything by one job, or each by its own and joined. */
static void jobs_come_to_the_same_together(void **state)
{
    (void)state;
    struct whatif_tally parts[3] = {0}; /* the last stays empty */
    static const char *const days[] = {"2026-05-01", "2025-12-31", "2026-01-01", "2026-05-31"};
    for (int i = 0; i < 4; i++) {
        struct whatif_result result = flip(days[i], i);
        whatif_tally_add(&tally, &result);
        whatif_tally_add(&parts[i % 2], &result);
    }
    parts[1].verdicts[WHATIF_UNLIKE] = 2;
    whatif_tally_spread(&parts[1], -300, 2);
    whatif_tally_join(&parts[2], &parts[1]);
    whatif_tally_join(&parts[2], &parts[0]);
    assert_int_equal(parts[2].decisions, tally.decisions);
    assert_int_equal(parts[2].flipped, tally.flipped);
    assert_int_equal(parts[2].first_day, tally.first_day);
    assert_int_equal(parts[2].last_day, tally.last_day);
    assert_int_equal(parts[2].verdicts[WHATIF_COUNTED], 4);
    assert_int_equal(parts[2].verdicts[WHATIF_UNLIKE], 2);
    assert_memory_equal(parts[2].outcomes, tally.outcomes, sizeof(tally.outcomes));
    assert_memory_equal(parts[2].difference, tally.difference, sizeof(tally.difference));
    assert_memory_equal(parts[2].moves, tally.moves, sizeof(tally.moves));
    assert_int_equal(parts[2].month_count, tally.month_count);
    for (uint32_t i = 0; i < tally.month_count; i++) {
        assert_memory_equal(parts[2].months[i], tally.months[i], sizeof(struct whatif_month));
    }
    assert_true(parts[2].squared_ore == 90000 && parts[2].squared_flips == 4);
    for (int i = 0; i < 3; i++) {
        whatif_tally_release(&parts[i]);
    }
}

static void an_estimate_follows_the_share(void **state)
{
    (void)state;
    struct whatif_result result = flip("2026-03-31", 20);
    whatif_tally_add(&tally, &result);
    whatif_tally_spread(&tally, -100000, 1);
    struct whatif_estimate estimate = whatif_estimate(&tally, 2500);
    assert_true(estimate.flipped == 4);
    assert_true(estimate.difference_ore == -400000);
    /* Variance 0.75 / 0.0625 = 12 times the square; 2 * sqrt(12) = 6.928. */
    assert_true(estimate.flipped_error > 6.92 && estimate.flipped_error < 6.93);
    assert_true(estimate.difference_error > 692800 && estimate.difference_error < 692900);
    estimate = whatif_estimate(&tally, WHATIF_WHOLE_BP);
    assert_true(estimate.flipped == 1 && estimate.flipped_error == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_flip_is_counted_by_way_rule_place_and_month, begin, end),
        cmocka_unit_test_setup_teardown(
            a_rule_that_goes_is_told_apart_from_one_that_comes, begin, end),
        cmocka_unit_test_setup_teardown(other_grounds_are_no_flip, begin, end),
        cmocka_unit_test_setup_teardown(
            superseded_and_conflicting_decisions_hold_no_money, begin, end),
        cmocka_unit_test_setup_teardown(no_municipality_has_a_place_of_its_own, begin, end),
        cmocka_unit_test_setup_teardown(months_are_in_order_however_they_come, begin, end),
        cmocka_unit_test_setup_teardown(jobs_come_to_the_same_together, begin, end),
        cmocka_unit_test_setup_teardown(an_estimate_follows_the_share, begin, end),
    };
    return cmocka_run_group_tests_name("app/whatif_tally", tests, NULL, NULL);
}
