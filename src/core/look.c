/* What rules look at, each thing by itself. */

#include "look.h"

#include "mentor/core/identifier.h"

#include "rules.h"

typedef enum seen look_fn(const struct decision *decision, int64_t *value);

static const struct application *application_of(const struct decision *decision)
{
    return decision->matter->application;
}

static enum seen flag(bool holds, int64_t *value)
{
    *value = holds;
    return SEEN;
}

static enum seen date(struct bytes text, int64_t *value)
{
    int32_t day = 0;
    bool valid = date_parse(text, &day);
    *value = day;
    return valid ? SEEN : SEEN_UNKNOWN;
}

/* The number stands in the application as it is. */
#define SEES(name, member)                                                                         \
    static enum seen see_##name(const struct decision *decision, int64_t *value)                   \
    {                                                                                              \
        *value = application_of(decision)->member;                                                 \
        return SEEN;                                                                               \
    }
#define SEES_DATE(name, member)                                                                    \
    static enum seen see_##name(const struct decision *decision, int64_t *value)                   \
    {                                                                                              \
        return date(application_of(decision)->member, value);                                      \
    }
#define SEES_FLAG(name, holds)                                                                     \
    static enum seen see_##name(const struct decision *decision, int64_t *value)                   \
    {                                                                                              \
        return flag(holds, value);                                                                 \
    }
#define SEES_GIVEN(name, member) SEES_FLAG(name, !missing(application_of(decision)->member))
/* Of a wage or a fee alone. */
#define SEES_OF(name, comes_up, member)                                                            \
    static enum seen see_##name(const struct decision *decision, int64_t *value)                   \
    {                                                                                              \
        const struct cost *cost = &application_of(decision)->cost;                                 \
        *value = cost->member;                                                                     \
        return (comes_up) ? SEEN : SEEN_NOT;                                                       \
    }

SEES_FLAG(CPR_DIGITS, digits_are(application_of(decision)->cpr, CPR_SIZE))
SEES_FLAG(CVR_VALID, cvr_valid(application_of(decision)->cvr))
SEES_FLAG(MUNICIPALITY_KNOWN, municipality_index(application_of(decision)->municipality_code) >= 0)
SEES_FLAG(OFFER,
          application_of(decision)->activity_kind >= ACTIVITY_OFFER_FIRST &&
              application_of(decision)->activity_kind <= ACTIVITY_OFFER_LAST)
SEES_FLAG(CONFLICT, decision->matter->conflict)
SEES_FLAG(EDUCATION_RIGHT, decision->matter->law->education_right)
SEES_FLAG(RIGHT_FOUND, findings_has(&decision->findings, RULE_E07))
SEES_FLAG(QUARANTINED, decision->matter->quarantined)

SEES_GIVEN(COMPANY_NAME, company_name)
SEES_GIVEN(MENTOR_NAME, mentor_name)
SEES_GIVEN(MENTOR_CONTACT, mentor_contact)
SEES_GIVEN(QUALIFICATIONS, qualifications)
SEES_GIVEN(GOAL, goal)
SEES_GIVEN(TASKS, tasks)
SEES_GIVEN(RENEWAL_REASONS, renewal_reasons)
SEES_GIVEN(NECESSITY, cost.training_necessity)

SEES(ACTIVITY_KIND, activity_kind)
SEES(AIM, aim)
SEES(MENTOR_KIND, mentor_kind)
SEES(RELATION, relation)
SEES(OWN_WORK, does_own_work_in_hours)
SEES(MINUTES_PER_WEEK, minutes_per_week)
SEES(BASIS, cost.basis)
SEES(TRAINING, cost.training_ore)
SEES(OTHER_COSTS, cost.other_count)
SEES(TARGET_GROUP, target_group)
SEES(INTRODUCTION_PROGRAMME, introduction_programme)
SEES(DISCHARGE_RIGHT, psychiatric_discharge_right)
SEES(DECISIVE, decisive)
SEES(BEYOND_NORMAL, beyond_normal)
SEES(COMPENSATES, compensates_lasting_impairment)
SEES(ADVERSE_FACT, adverse_fact_from_third_party)

SEES_DATE(START_DATE, start_date)
SEES_DATE(END_DATE, end_date)
SEES_DATE(COURSE_GRANTED_ON, course_granted_on)
SEES_DATE(EDUCATION_ADMISSION, education_admission_date)

SEES_OF(RATE, cost->basis == COST_WAGE, rate)
SEES_OF(WAGE_HOURLY, cost->basis == COST_WAGE && cost->rate == WAGE_RATE_HOURLY, rate_ore)
SEES_OF(WAGE_MONTHLY, cost->basis == COST_WAGE && cost->rate == WAGE_RATE_MONTHLY, rate_ore)
SEES_OF(WAGE_HOLIDAY, cost->basis == COST_WAGE, holiday_bp)
SEES_OF(WAGE_PENSION, cost->basis == COST_WAGE, pension_bp)
SEES_OF(WAGE_OTHER, cost->basis == COST_WAGE, other_ore_per_hour)
SEES_OF(FEE_HOURLY, cost->basis == COST_FEE, rate_ore)
SEES_OF(FEE_VAT, cost->basis == COST_FEE, vat_bp)

static enum seen see_CPR_DATE(const struct decision *decision, int64_t *value)
{
    int32_t birth = 0;
    return flag(cpr_parse(application_of(decision)->cpr, &birth), value);
}

static enum seen see_CPR_CHECK_DIGIT(const struct decision *decision, int64_t *value)
{
    struct bytes cpr = application_of(decision)->cpr;
    return digits_are(cpr, CPR_SIZE) ? flag(cpr_mod11(cpr), value) : SEEN_UNKNOWN;
}

static enum seen see_AGE(const struct decision *decision, int64_t *value)
{
    int32_t birth = 0;
    if (!cpr_parse(application_of(decision)->cpr, &birth)) {
        return SEEN_UNKNOWN;
    }
    *value = cpr_age(birth, decision->decision_date);
    return SEEN;
}

static enum seen see_P_NUMBER_DIGITS(const struct decision *decision, int64_t *value)
{
    struct bytes number = application_of(decision)->p_number;
    return missing(number) ? SEEN_NOT : flag(digits_are(number, P_NUMBER_SIZE), value);
}

static enum seen see_P_NUMBER_IS_CPR(const struct decision *decision, int64_t *value)
{
    const struct application *application = application_of(decision);
    return missing(application->p_number)
               ? SEEN_NOT
               : flag(bytes_equal(application->p_number, application->cpr), value);
}

static enum seen see_SUPPLIER_CVR_VALID(const struct decision *decision, int64_t *value)
{
    struct bytes cvr = application_of(decision)->supplier_cvr;
    return missing(cvr) ? SEEN_NOT : flag(cvr_valid(cvr), value);
}

const struct parameters *look_parameters(const struct decision *decision)
{
    const struct rulebook *rulebook = decision->matter->rulebook;
    int32_t index = municipality_index(application_of(decision)->municipality_code);
    return index < 0 || !rulebook->serves[index] ? NULL : &rulebook->parameters[index];
}

static enum seen see_MUNICIPALITY_SERVED(const struct decision *decision, int64_t *value)
{
    return municipality_index(application_of(decision)->municipality_code) < 0
               ? SEEN_UNKNOWN
               : flag(look_parameters(decision) != NULL, value);
}

/* Both dates, the last not before the first. */
static bool period_of(const struct decision *decision, int64_t *start, int64_t *end)
{
    const struct application *application = application_of(decision);
    return date(application->start_date, start) == SEEN &&
           date(application->end_date, end) == SEEN && *end >= *start;
}

static enum seen see_DAYS(const struct decision *decision, int64_t *value)
{
    int64_t start = 0;
    int64_t end = 0;
    if (!period_of(decision, &start, &end)) {
        return SEEN_UNKNOWN;
    }
    *value = end - start + 1;
    return SEEN;
}

/* Within D08's limits, which price_unit wants. */
static enum seen see_UNIT(const struct decision *decision, int64_t *value)
{
    static const enum field_id parts[] = {FIELD_COST_BASIS,
                                          FIELD_WAGE_HOURLY,
                                          FIELD_WAGE_MONTHLY,
                                          FIELD_WAGE_HOLIDAY,
                                          FIELD_WAGE_PENSION,
                                          FIELD_WAGE_OTHER,
                                          FIELD_FEE_HOURLY};
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        if (findings_invalid(&decision->findings, parts[i])) {
            return SEEN_UNKNOWN;
        }
    }
    *value = price_unit(&application_of(decision)->cost);
    return SEEN;
}

static enum seen see_CLOSED_FROM(const struct decision *decision, int64_t *value)
{
    const struct law *law = decision->matter->law;
    enum seen seen = SEEN_NOT;
    for (uint32_t i = 0; i < law->closed_count; i++) {
        if (law->closed[i].group == application_of(decision)->target_group &&
            (seen == SEEN_NOT || law->closed[i].from < *value)) {
            *value = law->closed[i].from;
            seen = SEEN;
        }
    }
    return seen;
}

static bool of_another(const struct decision *decision, const struct history_period *period)
{
    return memcmp(period->application_id, application_of(decision)->id, UUID_SIZE) != 0;
}

/* Days from the end of the nearest earlier grant; back to back is 1. */
static enum seen see_GAP(const struct decision *decision, int64_t *value)
{
    struct bytes periods = decision->matter->periods;
    int64_t start = 0;
    enum seen seen = SEEN_NOT;
    if (date(application_of(decision)->start_date, &start) != SEEN) {
        return SEEN_UNKNOWN;
    }
    for (uint32_t i = 0; i < history_period_count(periods); i++) {
        struct history_period period = history_period_at(periods, i);
        int64_t days = start - period.end;
        if (of_another(decision, &period) && days >= 1 && (seen == SEEN_NOT || days < *value)) {
            *value = days;
            seen = SEEN;
        }
    }
    return seen;
}

static enum seen see_OVERLAPS(const struct decision *decision, int64_t *value)
{
    struct bytes periods = decision->matter->periods;
    int64_t start = 0;
    int64_t end = 0;
    if (!period_of(decision, &start, &end)) {
        return SEEN_UNKNOWN;
    }
    *value = 0;
    for (uint32_t i = 0; i < history_period_count(periods); i++) {
        struct history_period period = history_period_at(periods, i);
        *value += of_another(decision, &period) && start <= period.end && end >= period.start;
    }
    return SEEN;
}

static enum seen see_REJECTS(const struct decision *decision, int64_t *value)
{
    *value = 0;
    for (uint32_t i = 0; i < decision->findings.count; i++) {
        enum rule_id rule = (enum rule_id)decision->findings.items[i].rule;
        *value += rule_weight(rule) == WEIGHT_OF_REJECT;
    }
    return SEEN;
}

static enum seen see_NEXT_LAW(const struct decision *decision, int64_t *value)
{
    const struct rulebook *rulebook = decision->matter->rulebook;
    const struct law *next = decision->matter->law + 1;
    if (next >= rulebook->laws + rulebook->law_count) {
        return SEEN_NOT;
    }
    *value = next->from;
    return SEEN;
}

/* A list: sight.c goes through it. */
/* As look_fn has it. NOLINTNEXTLINE(readability-non-const-parameter) */
static enum seen see_OTHER_COST(const struct decision *decision, int64_t *value)
{
    (void)decision;
    (void)value;
    return SEEN_NOT;
}

static const struct {
    enum sight_kind kind;
    enum field_id field;
    look_fn *see;
} looks[LOOK_COUNT] = {
#define X(name, kind_, field_) [LOOK_##name] = {SIGHT_##kind_, FIELD_##field_, see_##name},
    LOOKS(X)
#undef X
};

enum sight_kind look_kind(enum look look)
{
    CHECK(look < LOOK_COUNT);
    return looks[look].kind;
}

enum field_id look_field(enum look look)
{
    CHECK(look < LOOK_COUNT);
    return looks[look].field;
}

enum seen look_at(const struct decision *decision, enum look look, int64_t *value)
{
    CHECK(look < LOOK_COUNT);
    *value = 0;
    return looks[look].see(decision, value);
}
