/* Goal: each thing that rules look at has its kind and its field, and is read as it stands; what is
 * missing or does not come up is told apart from a zero. */

#include "../src/core/look.h"
#include "support/facts.h"

struct look_row {
    const char *name;
    enum look look;
    struct change change;
    enum seen seen;
    int64_t value;
};

/* clang-format off */
static struct look_row rows[] = {
    {"an age by the day of decision", LOOK_AGE, {0}, SEEN, 49},
    {"no age without a number", LOOK_AGE, TEXT(cpr, "x"), SEEN_UNKNOWN, 0},
    {"no check digit without ten digits", LOOK_CPR_CHECK_DIGIT, TEXT(cpr, "140376"), SEEN_UNKNOWN, 0},
    {"a P-number that is not given does not come up", LOOK_P_NUMBER_DIGITS, TEXT(p_number, " "), SEEN_NOT, 0},
    {"a P-number is compared with the CPR number", LOOK_P_NUMBER_IS_CPR, TEXT(p_number, "1403760101"), SEEN, 1},
    {"served is not known of no municipality", LOOK_MUNICIPALITY_SERVED, TEXT(municipality_code, "0411"), SEEN_UNKNOWN, 0},
    {"a municipality that is not served", LOOK_MUNICIPALITY_SERVED, TEXT(municipality_code, "0860"), SEEN, 0},
    {"a text of spaces is not given", LOOK_GOAL, TEXT(goal, " \v"), SEEN, 0},
    {"days count both ends", LOOK_DAYS, TEXT(end_date, "2026-03-09"), SEEN, 1},
    {"no days backwards", LOOK_DAYS, TEXT(end_date, "2026-03-08"), SEEN_UNKNOWN, 0},
    {"a monthly wage does not come up with an hourly one", LOOK_WAGE_MONTHLY, {0}, SEEN_NOT, 0},
    {"the hour with its parts", LOOK_UNIT, {0}, SEEN, 22913},
    {"no hour of an invalid part", LOOK_UNIT, NUMBER(cost.holiday_bp, 5001), SEEN_UNKNOWN, 0},
    {"no closed group in this law", LOOK_CLOSED_FROM, NUMBER(target_group, 8), SEEN_NOT, 0},
    {"no gap without an earlier grant", LOOK_GAP, {0}, SEEN_NOT, 0},
    {"a gap, back to back", LOOK_GAP, PERIOD("2025-09-09", "2026-03-08"), SEEN, 1},
    {"a grant of its own is none", LOOK_GAP, OWN_PERIOD("2025-09-09", "2026-03-08"), SEEN_NOT, 0},
    {"an overlap", LOOK_OVERLAPS, PERIOD("2025-09-09", "2026-03-09"), SEEN, 1},
    {"the findings that reject", LOOK_REJECTS, NUMBER(beyond_normal, 2), SEEN, 1},
    {"the next law", LOOK_NEXT_LAW, {0}, SEEN, 20635},
    {"no next law after the last", LOOK_NEXT_LAW, TODAY("2027-03-01"), SEEN_NOT, 0},
};
/* clang-format on */

static void it_is_seen(void **state)
{
    static struct trial trial;
    const struct look_row *row = *state;
    int64_t value = 0;
    trial_begin(&trial);
    trial_change(&trial, &row->change);
    decide(&trial.matter, &trial.decision);
    assert_int_equal(look_at(&trial.decision, row->look, &value), row->seen);
    if (row->seen == SEEN) {
        assert_int_equal(value, row->value);
    }
}

int main(void)
{
    struct CMUnitTest tests[ROW_COUNT(rows)];
    for (size_t i = 0; i < ROW_COUNT(rows); i++) {
        tests[i] = (struct CMUnitTest){rows[i].name, it_is_seen, NULL, NULL, &rows[i]};
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
