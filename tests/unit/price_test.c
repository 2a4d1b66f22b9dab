/*
 * Goal: the acceptance amounts of rules.md § 5 to the øre, rounding half up, and every limit at
 * once without overflow.
 */

#include "mentor/core/application.h"
#include "mentor/core/price.h"

#include "support/test.h"

struct acceptance {
    struct cost cost;
    int64_t minutes_per_week;
    int64_t days;
    struct frame want;
};

/* clang-format off */
#define HOURLY(ore, holiday, pension, other) \
    {.basis = COST_WAGE, .rate = WAGE_RATE_HOURLY, .rate_ore = (ore), .holiday_bp = (holiday), \
     .pension_bp = (pension), .other_ore_per_hour = (other)}
#define MONTHLY(ore, holiday, pension, other, course) \
    {.basis = COST_WAGE, .rate = WAGE_RATE_MONTHLY, .rate_ore = (ore), .holiday_bp = (holiday), \
     .pension_bp = (pension), .other_ore_per_hour = (other), .training_ore = (course)}
#define FEE(ore, vat) {.basis = COST_FEE, .rate_ore = (ore), .vat_bp = (vat)}

/* unit, minutes, support, vat, training, total */
static struct acceptance cases[] = {
    {HOURLY(18500, 1250, 1000, 250), 180, 91, {22913, 2340, 893607, 0, 0, 893607}},
    {FEE(45000, 2500), 120, 182, {45000, 3120, 2340000, 585000, 0, 2340000}},
    {MONTHLY(3450000, 100, 1500, 300, 0), 120, 182, {25261, 3120, 1313572, 0, 0, 1313572}},
    {MONTHLY(4420000, 100, 1200, 300, 320000), 90, 56, {31452, 720, 377424, 0, 320000, 697424}},
    {HOURLY(16550, 1250, 800, 250), 240, 38, {20193, 1303, 438525, 0, 0, 438525}},
    {FEE(95000, 0), 180, 91, {95000, 2340, 3705000, 0, 0, 3705000}},
    {HOURLY(19500, 1250, 1000, 250), 120, 91, {24138, 1560, 627588, 0, 0, 627588}},
    {HOURLY(1, 0, 0, 0), 1, 1, {1, 0, 0, 0, 0, 0}}, /* a seventh of a minute */
    {FEE(1, 2500), 4, 1, {1, 1, 0, 0, 0, 0}},
    {FEE(1000000, 2500), 10080, 3660,
     {1000000, 5270400, INT64_C(87840000000), INT64_C(21960000000), 0, INT64_C(87840000000)}},
};
/* clang-format on */

static void the_frame_agrees_with_the_case(void **state)
{
    const struct acceptance *acceptance = *state;
    struct frame got =
        price_frame(&acceptance->cost, acceptance->minutes_per_week, acceptance->days);
    assert_int_equal(got.unit_ore, acceptance->want.unit_ore);
    assert_int_equal(got.minutes, acceptance->want.minutes);
    assert_int_equal(got.support_ore, acceptance->want.support_ore);
    assert_int_equal(got.vat_ore, acceptance->want.vat_ore);
    assert_int_equal(got.training_ore, acceptance->want.training_ore);
    assert_int_equal(got.total_ore, acceptance->want.total_ore);
    assert_int_equal(price_unit(&acceptance->cost), acceptance->want.unit_ore);
}

static void division_rounds_half_up(void **state)
{
    (void)state;
    assert_int_equal(price_divide(0, 1), 0);
    assert_int_equal(price_divide(1, 2), 1);
    assert_int_equal(price_divide(1, 3), 0);
    assert_int_equal(price_divide(2, 3), 1);
    assert_int_equal(price_divide(3, 2), 2);
    assert_int_equal(price_divide(5, 10), 1);
    assert_int_equal(price_divide(4, 10), 0);
    for (int64_t a = 0; a < 200; a++) {
        for (int64_t b = 1; b < 60; b++) {
            int64_t whole = a / b;
            assert_int_equal(price_divide(a, b), 2 * (a - whole * b) >= b ? whole + 1 : whole);
        }
    }
}

static void a_month_is_12_of_1924_hours(void **state)
{
    (void)state;
    struct cost cost = MONTHLY(3450000, 0, 0, 0, 0);
    assert_int_equal(price_wage_hour(&cost), 21518); /* case 4: 215.18 */
    cost.rate_ore = 1;
    assert_int_equal(price_wage_hour(&cost), 0);
    cost.rate_ore = 80; /* 960 of 1924: below the half */
    assert_int_equal(price_wage_hour(&cost), 0);
    cost.rate_ore = 81;
    assert_int_equal(price_wage_hour(&cost), 1);
    cost.rate_ore = PRICE_MONTHLY_ORE_MAX;
    assert_int_equal(price_wage_hour(&cost), 997921);
}

static void each_addition_is_rounded_by_itself(void **state)
{
    (void)state;
    struct cost cost = HOURLY(1, 5000, 5000, 0); /* a half øre and a half øre */
    assert_int_equal(price_unit(&cost), 3);
    struct cost both = HOURLY(1, 4999, 4999, 7);
    assert_int_equal(price_unit(&both), 8);
}

static void every_limit_at_once_does_not_overflow(void **state)
{
    (void)state;
    struct cost cost = HOURLY(1000000, 5000, 5000, 1000000);
    cost.training_ore = 100000000;
    struct frame got = price_frame(&cost, 10080, 3660);
    assert_int_equal(got.unit_ore, 3000000);
    assert_int_equal(got.minutes, 5270400);
    assert_int_equal(got.support_ore, INT64_C(263520000000));
    assert_int_equal(got.total_ore, INT64_C(263620000000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(the_frame_agrees_with_the_case, &cases[0]),
        cmocka_unit_test_prestate(the_frame_agrees_with_the_case, &cases[1]),
        cmocka_unit_test_prestate(the_frame_agrees_with_the_case, &cases[2]),
        cmocka_unit_test_prestate(the_frame_agrees_with_the_case, &cases[3]),
        cmocka_unit_test_prestate(the_frame_agrees_with_the_case, &cases[4]),
        cmocka_unit_test_prestate(the_frame_agrees_with_the_case, &cases[5]),
        cmocka_unit_test_prestate(the_frame_agrees_with_the_case, &cases[6]),
        cmocka_unit_test_prestate(the_frame_agrees_with_the_case, &cases[7]),
        cmocka_unit_test_prestate(the_frame_agrees_with_the_case, &cases[8]),
        cmocka_unit_test_prestate(the_frame_agrees_with_the_case, &cases[9]),
        cmocka_unit_test(division_rounds_half_up),
        cmocka_unit_test(a_month_is_12_of_1924_hours),
        cmocka_unit_test(each_addition_is_rounded_by_itself),
        cmocka_unit_test(every_limit_at_once_does_not_overflow),
    };
    return cmocka_run_group_tests_name("core/price", tests, NULL, NULL);
}
