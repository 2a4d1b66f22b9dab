#include "mentor/core/sight.h"

#include "look.h"
#include "rules.h"

/* A bound that comes from the case or the rulebook. */
typedef void bound_fn(const struct decision *decision, struct sight *sight);

static void not_before_start(const struct decision *decision, struct sight *sight)
{
    int64_t start = 0;
    if (look_at(decision, LOOK_START_DATE, &start) == SEEN) {
        sight->least = start;
    }
}

static void before_closing(const struct decision *decision, struct sight *sight)
{
    int64_t from = 0;
    if (look_at(decision, LOOK_CLOSED_FROM, &from) == SEEN) {
        sight->most = from - 1;
    }
}

static void within_right(const struct decision *decision, struct sight *sight)
{
    int64_t admitted = 0;
    if (look_at(decision, LOOK_EDUCATION_ADMISSION, &admitted) == SEEN) {
        sight->most = date_add_months((int32_t)admitted, 6) - 1;
    }
}

static void latest_end(const struct decision *decision, struct sight *sight)
{
    int64_t start = 0;
    if (look_at(decision, LOOK_START_DATE, &start) == SEEN) {
        sight->most = date_latest_end((int32_t)start);
    }
}

static void beyond_renewal(const struct decision *decision, struct sight *sight)
{
    sight->least = (int64_t)decision->matter->rulebook->renewal_gap_days + 1;
}

static void from_today(const struct decision *decision, struct sight *sight)
{
    sight->least = decision->decision_date;
}

static void minutes_limit(const struct decision *decision, struct sight *sight)
{
    const struct parameters *parameters = look_parameters(decision);
    if (parameters != NULL) {
        sight->most = parameters->max_minutes_per_week;
    }
}

static void unit_limit(const struct decision *decision, struct sight *sight)
{
    const struct parameters *parameters = look_parameters(decision);
    if (parameters != NULL) {
        sight->most = decision->matter->application->cost.basis == COST_FEE
                          ? parameters->max_fee_ore
                          : parameters->max_unit_ore;
    }
}

static void training_limit(const struct decision *decision, struct sight *sight)
{
    const struct parameters *parameters = look_parameters(decision);
    if (parameters != NULL) {
        sight->most = parameters->max_training_ore;
    }
}

static void before_next_law(const struct decision *decision, struct sight *sight)
{
    int64_t from = 0;
    if (look_at(decision, LOOK_NEXT_LAW, &from) == SEEN) {
        sight->most = from - 1;
    }
}

/* VAT is charged or not. */
static void all_or_none(const struct decision *decision, struct sight *sight)
{
    (void)decision;
    sight->least = 0;
    sight->most = PRICE_VAT_BP;
    sight->ends_only = true;
}

/* Which rule looks at what, in the order of rules, and within which bounds it wants it. */
#define FREE(rule, look)                                                                           \
    {                                                                                              \
        RULE_##rule, LOOK_##look, INT64_MIN, INT64_MAX, NULL                                       \
    }
#define WITHIN(rule, look, low, high)                                                              \
    {                                                                                              \
        RULE_##rule, LOOK_##look, (low), (high), NULL                                              \
    }
#define BOUND(rule, look, bound)                                                                   \
    {                                                                                              \
        RULE_##rule, LOOK_##look, INT64_MIN, INT64_MAX, (bound)                                    \
    }
static const struct {
    enum rule_id rule;
    enum look look;
    int64_t least;
    int64_t most;
    bound_fn *bound; /* NULL: those two */
} uses[] = {
    WITHIN(D01, CPR_DIGITS, 1, 1),
    WITHIN(D01, CPR_DATE, 1, 1),
    WITHIN(D02, CPR_CHECK_DIGIT, 1, 1),
    WITHIN(D03, CVR_VALID, 1, 1),
    WITHIN(D03, P_NUMBER_DIGITS, 1, 1),
    WITHIN(D03, P_NUMBER_IS_CPR, 0, 0),
    WITHIN(D03, SUPPLIER_CVR_VALID, 1, 1),
    WITHIN(D04, MUNICIPALITY_KNOWN, 1, 1),
    WITHIN(D04, MUNICIPALITY_SERVED, 1, 1),
    WITHIN(D05, COMPANY_NAME, 1, 1),
    FREE(D05, ACTIVITY_KIND),
    FREE(D05, AIM),
    FREE(D05, MENTOR_KIND),
    WITHIN(D05, MENTOR_NAME, 1, 1),
    WITHIN(D05, MENTOR_CONTACT, 1, 1),
    FREE(D05, RELATION),
    WITHIN(D05, QUALIFICATIONS, 1, 1),
    WITHIN(D05, GOAL, 1, 1),
    WITHIN(D05, TASKS, 1, 1),
    WITHIN(D05, MINUTES_PER_WEEK, 1, INT64_MAX),
    FREE(D05, START_DATE),
    BOUND(D05, END_DATE, not_before_start),
    WITHIN(D06, CONFLICT, 0, 0),
    FREE(D07, BASIS),
    FREE(D07, RATE),
    FREE(D07, MENTOR_KIND),
    WITHIN(D08, MINUTES_PER_WEEK, 0, PRICE_WEEK_MINUTES_MAX),
    WITHIN(D08, DAYS, INT64_MIN, PRICE_DAYS_MAX),
    WITHIN(D08, WAGE_HOURLY, 1, PRICE_HOURLY_ORE_MAX),
    WITHIN(D08, WAGE_MONTHLY, 1, PRICE_MONTHLY_ORE_MAX),
    WITHIN(D08, WAGE_HOLIDAY, 0, PRICE_WAGE_BP_MAX),
    WITHIN(D08, WAGE_PENSION, 0, PRICE_WAGE_BP_MAX),
    WITHIN(D08, WAGE_OTHER, 0, PRICE_OTHER_ORE_MAX),
    WITHIN(D08, FEE_HOURLY, 1, PRICE_HOURLY_ORE_MAX),
    BOUND(D08, FEE_VAT, all_or_none),
    WITHIN(D08, TRAINING, 0, PRICE_COST_ORE_MAX),
    WITHIN(D08, OTHER_COST, 0, PRICE_COST_ORE_MAX),
    FREE(E01, ACTIVITY_KIND),
    FREE(E02, OFFER),
    FREE(E02, TARGET_GROUP),
    FREE(E03, TARGET_GROUP),
    FREE(E03, CLOSED_FROM),
    BOUND(E03, COURSE_GRANTED_ON, before_closing),
    WITHIN(E04, INTRODUCTION_PROGRAMME, 0, 0),
    WITHIN(E05, AGE, 18, INT64_MAX),
    FREE(E05, TARGET_GROUP),
    WITHIN(E06, DISCHARGE_RIGHT, 0, 0),
    FREE(E07, TARGET_GROUP),
    FREE(E07, ACTIVITY_KIND),
    WITHIN(E07, EDUCATION_RIGHT, 1, 1),
    FREE(E07, EDUCATION_ADMISSION),
    BOUND(E07, START_DATE, within_right),
    FREE(N01, DECISIVE),
    FREE(N01, BEYOND_NORMAL),
    FREE(N01, RIGHT_FOUND),
    FREE(N02, DECISIVE),
    FREE(N02, RIGHT_FOUND),
    FREE(F01, BEYOND_NORMAL),
    WITHIN(F02, COMPENSATES, 0, 0),
    FREE(M01, RELATION),
    FREE(M02, RELATION),
    FREE(M03, MENTOR_KIND),
    FREE(M03, OWN_WORK),
    FREE(P01, START_DATE),
    BOUND(P01, END_DATE, latest_end),
    FREE(P01, DISCHARGE_RIGHT),
    FREE(P02, START_DATE),
    BOUND(P02, GAP, beyond_renewal),
    FREE(P02, RENEWAL_REASONS),
    BOUND(P03, START_DATE, from_today),
    FREE(P04, START_DATE),
    FREE(P04, END_DATE),
    WITHIN(P04, OVERLAPS, 0, 0),
    FREE(H01, MUNICIPALITY_SERVED),
    BOUND(H01, MINUTES_PER_WEEK, minutes_limit),
    FREE(K01, MUNICIPALITY_SERVED),
    FREE(K01, BASIS),
    FREE(K01, WAGE_HOURLY),
    FREE(K01, WAGE_MONTHLY),
    FREE(K01, WAGE_HOLIDAY),
    FREE(K01, WAGE_PENSION),
    FREE(K01, WAGE_OTHER),
    FREE(K01, FEE_HOURLY),
    BOUND(K01, UNIT, unit_limit),
    WITHIN(K02, OTHER_COSTS, 0, 0),
    FREE(K03, TRAINING),
    FREE(K03, MENTOR_KIND),
    FREE(K03, NECESSITY),
    FREE(K04, MUNICIPALITY_SERVED),
    BOUND(K04, TRAINING, training_limit),
    FREE(X01, ADVERSE_FACT),
    FREE(X01, REJECTS),
    WITHIN(Q01, QUARANTINED, 0, 0),
    BOUND(L01, END_DATE, before_next_law),
    FREE(L01, NEXT_LAW),
};

/* The other costs, one by one. */
static uint32_t other_costs(const struct decision *decision, struct sight one, struct sight *sights)
{
    const struct cost *cost = &decision->matter->application->cost;
    for (uint32_t i = 0; i < cost->other_count; i++) {
        one.index = (uint8_t)i;
        one.known = true;
        one.value = cost->other_ore[i];
        sights[i] = one;
    }
    return cost->other_count;
}

uint32_t
sights_of(const struct decision *decision, enum rule_id rule, struct sight sights[SIGHTS_MAX])
{
    uint32_t count = 0;
    for (size_t i = 0; i < sizeof(uses) / sizeof(uses[0]); i++) {
        struct sight sight = {
            .look = (uint8_t)uses[i].look, .least = uses[i].least, .most = uses[i].most};
        if (uses[i].rule != rule) {
            continue;
        }
        if (uses[i].look == LOOK_OTHER_COST) {
            count += other_costs(decision, sight, sights + count);
            continue;
        }
        enum seen seen = look_at(decision, uses[i].look, &sight.value);
        if (seen == SEEN_NOT) {
            continue;
        }
        sight.known = seen == SEEN;
        if (uses[i].bound != NULL) {
            uses[i].bound(decision, &sight);
        }
        CHECK(count < SIGHTS_MAX);
        sights[count++] = sight;
    }
    return count;
}

bool sight_outside(const struct sight *sight)
{
    bool between = sight->value > sight->least && sight->value < sight->most;
    return sight->known && (sight->value < sight->least || sight->value > sight->most ||
                            (sight->ends_only && between));
}

/* A rule on form finds the invalid fields itself; only D02 wants D01's number. */
int sight_silencing(const struct decision *decision,
                    enum rule_id rule,
                    const struct sight *sights,
                    uint32_t count)
{
    for (uint32_t i = 0; i < count && (rule > RULE_D08 || rule == RULE_D02); i++) {
        enum field_id field = look_field((enum look)sights[i].look);
        if (field < FIELD_COUNT && findings_invalid(&decision->findings, field)) {
            return (int)i;
        }
    }
    return -1;
}
