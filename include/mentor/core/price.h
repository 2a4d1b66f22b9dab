#ifndef MENTOR_CORE_PRICE_H
#define MENTOR_CORE_PRICE_H

/*
 * Pricing (rules.md § 3): a cost and a period in, the frame of a grant out. The frame is the most
 * that will be paid; settlement on documented hours is another program's work. Amounts are int64_t
 * øre.
 */

#include <stdbool.h>
#include <stdint.h>

#include "mentor/base/check.h"

struct cost;

/* D08's limits: within them no product here overflows. */
#define PRICE_HOURLY_ORE_MAX   INT64_C(1000000)
#define PRICE_MONTHLY_ORE_MAX  INT64_C(160000000)
#define PRICE_OTHER_ORE_MAX    INT64_C(1000000) /* an hour, employer contributions */
#define PRICE_COST_ORE_MAX     INT64_C(100000000)
#define PRICE_WAGE_BP_MAX      INT64_C(5000)
#define PRICE_VAT_BP           INT64_C(2500)
#define PRICE_WEEK_MINUTES_MAX INT64_C(10080)
#define PRICE_DAYS_MAX         INT64_C(3660)

/* A plain value: holds no pointers, copy it freely. */
struct frame {
    int64_t unit_ore;     /* one hour, all wage components or the fee */
    int64_t minutes;      /* over the whole period */
    int64_t support_ore;  /* unit_ore for those minutes */
    int64_t vat_ore;      /* shown beside the frame, never part of it */
    int64_t training_ore; /* mentor training */
    int64_t total_ore;    /* support_ore + training_ore */
};

/* (2a + b) / (2b): a / b, half up. a >= 0, b > 0. */
int64_t price_divide(int64_t a, int64_t b);

/* One hour of wage before its additions: hourly_ore, or 12/1924 of monthly_ore. Within limits. */
int64_t price_wage_hour(const struct cost *cost);

/* The unit price alone. A basis and rate are there and their fields are within limits. */
int64_t price_unit(const struct cost *cost);

/*
 * The whole frame. Everything is within D08's limits: a breach is our bug. `days` counts both ends,
 * 1 to PRICE_DAYS_MAX; minutes_per_week is 1 to PRICE_WEEK_MINUTES_MAX.
 */
struct frame price_frame(const struct cost *cost, int64_t minutes_per_week, int64_t days);

#endif /* MENTOR_CORE_PRICE_H */
