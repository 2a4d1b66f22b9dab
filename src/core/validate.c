/* Form: identifiers, mandatory content, limits (rules D01 to D08). */

#include "mentor/core/identifier.h"

#include "rules.h"

static void add(struct facts *facts, enum rule_id rule, enum field_id field)
{
    findings_add(facts->findings, rule, field, 0);
}

bool missing(struct bytes text)
{
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] != ' ' && (text.data[i] < '\t' || text.data[i] > '\r')) {
            return false;
        }
    }
    return true;
}

void rule_D01(struct facts *facts)
{
    facts->has_birth = cpr_parse(facts->application->cpr, &facts->birth);
    if (!facts->has_birth) {
        add(facts, RULE_D01, FIELD_CPR);
    }
}

void rule_D02(struct facts *facts)
{
    if (facts->has_birth && !cpr_mod11(facts->application->cpr)) {
        add(facts, RULE_D02, FIELD_CPR);
    }
}

void rule_D03(struct facts *facts)
{
    const struct application *application = facts->application;
    if (!cvr_valid(application->cvr)) {
        add(facts, RULE_D03, FIELD_CVR);
    }
    if (!missing(application->p_number) && (!digits_are(application->p_number, P_NUMBER_SIZE) ||
                                            bytes_equal(application->p_number, application->cpr))) {
        add(facts, RULE_D03, FIELD_P_NUMBER);
    }
    if (!missing(application->supplier_cvr) && !cvr_valid(application->supplier_cvr)) {
        add(facts, RULE_D03, FIELD_SUPPLIER_CVR);
    }
}

void rule_D04(struct facts *facts)
{
    const struct rulebook *rulebook = facts->matter->rulebook;
    facts->municipality = municipality_index(facts->application->municipality_code);
    if (facts->municipality < 0 || !rulebook->serves[facts->municipality]) {
        add(facts, RULE_D04, FIELD_MUNICIPALITY_CODE);
    } else {
        facts->parameters = &rulebook->parameters[facts->municipality];
    }
}

void rule_D05(struct facts *facts)
{
    const struct application *application = facts->application;
    int32_t end = 0;
    bool end_is_date = date_parse(application->end_date, &end);
    facts->has_start = date_parse(application->start_date, &facts->start);
    facts->has_end = end_is_date && (!facts->has_start || end >= facts->start);
    facts->end = end;
    facts->latest_end = facts->has_start ? date_latest_end(facts->start) : 0;
    const struct {
        enum field_id field;
        bool absent;
    } required[] = {
        {FIELD_COMPANY_NAME, missing(application->company_name)},
        {FIELD_ACTIVITY_KIND, application->activity_kind == ACTIVITY_NONE},
        {FIELD_AIM, application->aim == 0},
        {FIELD_MENTOR_KIND, application->mentor_kind == MENTOR_NONE},
        {FIELD_MENTOR_NAME, missing(application->mentor_name)},
        {FIELD_MENTOR_CONTACT, missing(application->mentor_contact)},
        {FIELD_RELATION, application->relation == RELATION_MISSING},
        {FIELD_QUALIFICATIONS, missing(application->qualifications)},
        {FIELD_GOAL, missing(application->goal)},
        {FIELD_TASKS, missing(application->tasks)},
        {FIELD_MINUTES_PER_WEEK, application->minutes_per_week == 0},
        {FIELD_START_DATE, !facts->has_start},
        {FIELD_END_DATE, !facts->has_end},
    };
    for (size_t i = 0; i < sizeof(required) / sizeof(required[0]); i++) {
        if (required[i].absent) {
            add(facts, RULE_D05, required[i].field);
        }
    }
}

void rule_D06(struct facts *facts)
{
    if (facts->matter->conflict) {
        add(facts, RULE_D06, FIELD_VERSION);
    }
}

void rule_D07(struct facts *facts)
{
    const struct cost *cost = &facts->application->cost;
    int32_t kind = facts->application->mentor_kind;
    if (cost->basis == COST_NONE || (cost->basis == COST_WAGE && cost->rate == WAGE_RATE_NONE) ||
        (cost->basis == COST_WAGE && kind == MENTOR_EXTERNAL) ||
        (cost->basis == COST_FEE && kind == MENTOR_EMPLOYEE)) {
        add(facts, RULE_D07, FIELD_COST_BASIS);
    }
}

static void
within(struct facts *facts, enum field_id field, int64_t value, int64_t low, int64_t high)
{
    if (value < low || value > high) {
        add(facts, RULE_D08, field);
    }
}

static void limit_support(struct facts *facts)
{
    within(facts,
           FIELD_MINUTES_PER_WEEK,
           facts->application->minutes_per_week,
           0,
           PRICE_WEEK_MINUTES_MAX);
    if (facts->has_start && facts->has_end &&
        (int64_t)facts->end - facts->start + 1 > PRICE_DAYS_MAX) {
        add(facts, RULE_D08, FIELD_END_DATE);
        facts->has_end = false;
    }
}

static void limit_wage(struct facts *facts, const struct cost *cost)
{
    if (cost->rate == WAGE_RATE_HOURLY) {
        within(facts, FIELD_WAGE_HOURLY, cost->rate_ore, 1, PRICE_HOURLY_ORE_MAX);
    } else if (cost->rate == WAGE_RATE_MONTHLY) {
        within(facts, FIELD_WAGE_MONTHLY, cost->rate_ore, 1, PRICE_MONTHLY_ORE_MAX);
    }
    within(facts, FIELD_WAGE_HOLIDAY, cost->holiday_bp, 0, PRICE_WAGE_BP_MAX);
    within(facts, FIELD_WAGE_PENSION, cost->pension_bp, 0, PRICE_WAGE_BP_MAX);
    within(facts, FIELD_WAGE_OTHER, cost->other_ore_per_hour, 0, PRICE_OTHER_ORE_MAX);
}

static void limit_fee(struct facts *facts, const struct cost *cost)
{
    within(facts, FIELD_FEE_HOURLY, cost->rate_ore, 1, PRICE_HOURLY_ORE_MAX);
    if (cost->vat_bp != 0 && cost->vat_bp != PRICE_VAT_BP) {
        add(facts, RULE_D08, FIELD_FEE_VAT);
    }
}

void rule_D08(struct facts *facts)
{
    const struct cost *cost = &facts->application->cost;
    limit_support(facts);
    if (cost->basis == COST_WAGE) {
        limit_wage(facts, cost);
    } else if (cost->basis == COST_FEE) {
        limit_fee(facts, cost);
    }
    within(facts, FIELD_TRAINING_COST, cost->training_ore, 0, PRICE_COST_ORE_MAX);
    for (uint32_t i = 0; i < cost->other_count; i++) {
        if (cost->other_ore[i] < 0 || cost->other_ore[i] > PRICE_COST_ORE_MAX) {
            findings_add(facts->findings, RULE_D08, FIELD_OTHER_COST, i);
        }
    }
}
