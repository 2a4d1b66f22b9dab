#include "mentor/core/price.h"

#include "mentor/core/application.h"

#define BASIS_POINTS   INT64_C(10000)
#define HOURS_PER_YEAR INT64_C(1924) /* 37 hours a week, 52 weeks */

/* The limits alone keep the largest product here within 63 bits. */
#define UNIT_ORE_MAX (3 * PRICE_HOURLY_ORE_MAX + PRICE_OTHER_ORE_MAX)
#define MINUTES_MAX  (PRICE_WEEK_MINUTES_MAX * PRICE_DAYS_MAX / 7 + 1)
_Static_assert(UNIT_ORE_MAX <= INT64_MAX / 4 / MINUTES_MAX, "support_ore can overflow");
_Static_assert(UNIT_ORE_MAX *MINUTES_MAX / 60 <= INT64_MAX / 4 / PRICE_VAT_BP, "vat_ore can");

int64_t price_divide(int64_t a, int64_t b)
{
    CHECK(a >= 0);
    CHECK(b > 0);
    return (2 * a + b) / (2 * b);
}

int64_t price_wage_hour(const struct cost *cost)
{
    CHECK(cost->basis == COST_WAGE);
    CHECK(cost->rate_ore >= 1);
    if (cost->rate == WAGE_RATE_HOURLY) {
        CHECK(cost->rate_ore <= PRICE_HOURLY_ORE_MAX);
        return cost->rate_ore;
    }
    CHECK(cost->rate == WAGE_RATE_MONTHLY);
    CHECK(cost->rate_ore <= PRICE_MONTHLY_ORE_MAX);
    return price_divide(cost->rate_ore * 12, HOURS_PER_YEAR);
}

int64_t price_unit(const struct cost *cost)
{
    if (cost->basis == COST_FEE) {
        CHECK(cost->rate_ore >= 1);
        CHECK(cost->rate_ore <= PRICE_HOURLY_ORE_MAX);
        return cost->rate_ore;
    }
    CHECK(cost->holiday_bp <= PRICE_WAGE_BP_MAX);
    CHECK(cost->pension_bp <= PRICE_WAGE_BP_MAX);
    CHECK(cost->other_ore_per_hour >= 0);
    CHECK(cost->other_ore_per_hour <= PRICE_OTHER_ORE_MAX);
    int64_t hour = price_wage_hour(cost);
    return hour + price_divide(hour * cost->holiday_bp, BASIS_POINTS) +
           price_divide(hour * cost->pension_bp, BASIS_POINTS) + cost->other_ore_per_hour;
}

struct frame price_frame(const struct cost *cost, int64_t minutes_per_week, int64_t days)
{
    CHECK(minutes_per_week >= 1);
    CHECK(minutes_per_week <= PRICE_WEEK_MINUTES_MAX);
    CHECK(days >= 1);
    CHECK(days <= PRICE_DAYS_MAX);
    CHECK(cost->training_ore >= 0);
    CHECK(cost->training_ore <= PRICE_COST_ORE_MAX);
    struct frame frame = {.unit_ore = price_unit(cost), .training_ore = cost->training_ore};
    frame.minutes = price_divide(minutes_per_week * days, 7);
    frame.support_ore = price_divide(frame.unit_ore * frame.minutes, 60);
    if (cost->basis == COST_FEE) {
        CHECK(cost->vat_bp <= PRICE_VAT_BP);
        frame.vat_ore = price_divide(frame.support_ore * cost->vat_bp, BASIS_POINTS);
    }
    frame.total_ore = frame.support_ore + frame.training_ore;
    return frame;
}
