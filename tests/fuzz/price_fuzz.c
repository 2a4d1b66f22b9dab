/* Any cost within D08's limits is priced without a CHECK or an overflow, and the parts make the
 * whole. */

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "mentor/base/check.h"
#include "mentor/core/application.h"
#include "mentor/core/price.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
    DRAWS = 8,
};

/* Takes four bytes: low to high, the limits themselves often. */
static int64_t take(const uint8_t **data, int64_t low, int64_t high)
{
    uint32_t raw = 0;
    memcpy(&raw, *data, sizeof(raw));
    *data += sizeof(raw);
    if (raw % 8 == 0) {
        return raw % 16 == 0 ? low : high;
    }
    return low + (int64_t)(raw % (uint64_t)(high - low + 1));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1 + DRAWS * sizeof(uint32_t)) {
        return 0;
    }
    const uint8_t form = *data++;
    struct cost cost = {.basis = (form & 1) != 0 ? COST_FEE : COST_WAGE};
    if (cost.basis == COST_FEE) {
        cost.rate_ore = take(&data, 1, PRICE_HOURLY_ORE_MAX);
        cost.vat_bp = (form & 2) != 0 ? (uint32_t)PRICE_VAT_BP : 0;
    } else {
        cost.rate = (form & 2) != 0 ? WAGE_RATE_MONTHLY : WAGE_RATE_HOURLY;
        cost.rate_ore =
            take(&data, 1, (form & 2) != 0 ? PRICE_MONTHLY_ORE_MAX : PRICE_HOURLY_ORE_MAX);
        cost.holiday_bp = (uint32_t)take(&data, 0, PRICE_WAGE_BP_MAX);
        cost.pension_bp = (uint32_t)take(&data, 0, PRICE_WAGE_BP_MAX);
        cost.other_ore_per_hour = take(&data, 0, PRICE_OTHER_ORE_MAX);
    }
    cost.training_ore = take(&data, 0, PRICE_COST_ORE_MAX);
    const int64_t minutes_per_week = take(&data, 1, PRICE_WEEK_MINUTES_MAX);
    const int64_t days = take(&data, 1, PRICE_DAYS_MAX);

    const struct frame frame = price_frame(&cost, minutes_per_week, days);
    CHECK(frame.unit_ore == price_unit(&cost));
    CHECK(frame.total_ore == frame.support_ore + frame.training_ore);
    CHECK(frame.training_ore == cost.training_ore);
    CHECK(frame.minutes == price_divide(minutes_per_week * days, 7));
    CHECK(frame.support_ore == price_divide(frame.unit_ore * frame.minutes, 60));
    CHECK(frame.vat_ore == price_divide(frame.support_ore * cost.vat_bp, 10000));
    CHECK(frame.unit_ore >= (cost.basis == COST_FEE ? cost.rate_ore : price_wage_hour(&cost)));

    /* Another minute a week or another day never costs less. */
    if (minutes_per_week < PRICE_WEEK_MINUTES_MAX && days < PRICE_DAYS_MAX) {
        CHECK(price_frame(&cost, minutes_per_week + 1, days).total_ore >= frame.total_ore);
        CHECK(price_frame(&cost, minutes_per_week, days + 1).total_ore >= frame.total_ore);
    }
    return 0;
}
