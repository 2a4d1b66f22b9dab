/* Substance: eligibility, need, mentor, period, cost (rules E01 to L01). */

#include "mentor/core/identifier.h"

#include "rules.h"

static void add(struct facts *facts, enum rule_id rule, enum field_id field)
{
    findings_add(facts->findings, rule, field, 0);
}

static bool invalid(const struct facts *facts, enum field_id field)
{
    return findings_invalid(facts->findings, field);
}

void rule_E01(struct facts *facts)
{
    if (facts->application->activity_kind == ACTIVITY_UNCOVERED) {
        add(facts, RULE_E01, FIELD_ACTIVITY_KIND);
    }
}

void rule_E02(struct facts *facts)
{
    int32_t kind = facts->application->activity_kind;
    int32_t group = facts->application->target_group;
    if (kind >= ACTIVITY_OFFER_FIRST && kind <= ACTIVITY_OFFER_LAST &&
        (group == TARGET_GROUP_NONE || group == TARGET_GROUP_OUTSIDE)) {
        add(facts, RULE_E02, FIELD_TARGET_GROUP);
    }
}

void rule_E03(struct facts *facts)
{
    const struct law *law = facts->matter->law;
    for (uint32_t i = 0; i < law->closed_count; i++) {
        int32_t granted = 0;
        if (law->closed[i].group == facts->application->target_group &&
            (!date_parse(facts->application->course_granted_on, &granted) ||
             granted >= law->closed[i].from)) {
            add(facts, RULE_E03, FIELD_COURSE_GRANTED_ON);
            return;
        }
    }
}

void rule_E04(struct facts *facts)
{
    if (facts->application->introduction_programme) {
        add(facts, RULE_E04, FIELD_INTRODUCTION_PROGRAMME);
    }
}

void rule_E05(struct facts *facts)
{
    const int32_t nineteen_years = 19 * 366; /* beyond it nobody's birthdays need counting */
    if (facts->has_birth && facts->today - facts->birth < nineteen_years &&
        cpr_age(facts->birth, facts->today) < 18) {
        add(facts, RULE_E05, FIELD_CPR);
    } else if (facts->application->target_group == TARGET_GROUP_MINOR) {
        add(facts, RULE_E05, FIELD_TARGET_GROUP);
    }
}

void rule_E06(struct facts *facts)
{
    if (facts->application->psychiatric_discharge_right) {
        add(facts, RULE_E06, FIELD_PSYCHIATRIC_DISCHARGE_RIGHT);
    }
}

void rule_E07(struct facts *facts)
{
    const struct application *application = facts->application;
    int32_t admitted = 0;
    if ((application->target_group == TARGET_GROUP_EDUCATION_READY ||
         application->target_group == TARGET_GROUP_EDUCATION_ACTIVITY_READY) &&
        application->activity_kind == ACTIVITY_ORDINARY_EDUCATION &&
        facts->matter->law->education_right &&
        date_parse(application->education_admission_date, &admitted) && facts->has_start &&
        facts->start < date_add_months(admitted, 6)) {
        add(facts, RULE_E07, FIELD_EDUCATION_ADMISSION_DATE);
    }
}

void rule_N01(struct facts *facts)
{
    if (facts->application->decisive == ANSWER_MISSING &&
        !findings_has(facts->findings, RULE_E07)) {
        add(facts, RULE_N01, FIELD_DECISIVE);
    }
    if (facts->application->beyond_normal == ANSWER_MISSING) {
        add(facts, RULE_N01, FIELD_BEYOND_NORMAL);
    }
}

void rule_N02(struct facts *facts)
{
    if (facts->application->decisive == ANSWER_IS_NO && !findings_has(facts->findings, RULE_E07)) {
        add(facts, RULE_N02, FIELD_DECISIVE);
    }
}

void rule_F01(struct facts *facts)
{
    if (facts->application->beyond_normal == ANSWER_IS_NO) {
        add(facts, RULE_F01, FIELD_BEYOND_NORMAL);
    }
}

void rule_F02(struct facts *facts)
{
    if (facts->application->compensates_lasting_impairment) {
        add(facts, RULE_F02, FIELD_COMPENSATES);
    }
}

void rule_M01(struct facts *facts)
{
    if (facts->application->relation == RELATION_OF_SELF) {
        add(facts, RULE_M01, FIELD_RELATION);
    }
}

void rule_M02(struct facts *facts)
{
    if (facts->application->relation == RELATION_OF_FAMILY ||
        facts->application->relation == RELATION_OF_OWNER) {
        add(facts, RULE_M02, FIELD_RELATION);
    }
}

void rule_M03(struct facts *facts)
{
    if (facts->application->mentor_kind == MENTOR_EXTERNAL &&
        facts->application->does_own_work_in_hours) {
        add(facts, RULE_M03, FIELD_DOES_OWN_WORK);
    }
}

void rule_P01(struct facts *facts)
{
    if (facts->has_start && facts->has_end && !facts->application->psychiatric_discharge_right &&
        facts->end > facts->latest_end) {
        add(facts, RULE_P01, FIELD_END_DATE);
    }
}

/* Whether a granted period of another application fits. */
static bool history_any(const struct facts *facts,
                        bool (*fits)(const struct facts *facts,
                                     const struct history_period *period))
{
    struct bytes periods = facts->matter->periods;
    for (uint32_t i = 0; i < history_period_count(periods); i++) {
        struct history_period period = history_period_at(periods, i);
        if (memcmp(period.application_id, facts->application->id, UUID_SIZE) != 0 &&
            fits(facts, &period)) {
            return true;
        }
    }
    return false;
}

static bool renews(const struct facts *facts, const struct history_period *period)
{
    int32_t days = facts->start - period->end;
    return days >= 1 && days <= facts->matter->rulebook->renewal_gap_days;
}

static bool overlaps(const struct facts *facts, const struct history_period *period)
{
    return facts->start <= period->end && facts->end >= period->start;
}

void rule_P02(struct facts *facts)
{
    if (facts->has_start && missing(facts->application->renewal_reasons) &&
        history_any(facts, renews)) {
        add(facts, RULE_P02, FIELD_RENEWAL_REASONS);
    }
}

void rule_P03(struct facts *facts)
{
    if (facts->has_start && facts->start < facts->today) {
        add(facts, RULE_P03, FIELD_START_DATE);
    }
}

void rule_P04(struct facts *facts)
{
    if (facts->has_start && facts->has_end && history_any(facts, overlaps)) {
        add(facts, RULE_P04, FIELD_START_DATE);
    }
}

void rule_H01(struct facts *facts)
{
    if (facts->parameters != NULL && !invalid(facts, FIELD_MINUTES_PER_WEEK) &&
        facts->application->minutes_per_week > facts->parameters->max_minutes_per_week) {
        add(facts, RULE_H01, FIELD_MINUTES_PER_WEEK);
    }
}

void rule_K01(struct facts *facts)
{
    const struct cost *cost = &facts->application->cost;
    if (facts->parameters == NULL || invalid(facts, FIELD_COST_BASIS) ||
        invalid(facts, FIELD_WAGE_HOURLY) || invalid(facts, FIELD_WAGE_MONTHLY) ||
        invalid(facts, FIELD_WAGE_HOLIDAY) || invalid(facts, FIELD_WAGE_PENSION) ||
        invalid(facts, FIELD_WAGE_OTHER) || invalid(facts, FIELD_FEE_HOURLY)) {
        return;
    }
    bool fee = cost->basis == COST_FEE;
    int64_t most = fee ? facts->parameters->max_fee_ore : facts->parameters->max_unit_ore;
    if (price_unit(cost) > most) {
        add(facts, RULE_K01, fee ? FIELD_FEE : FIELD_WAGE);
    }
}

void rule_K02(struct facts *facts)
{
    for (uint32_t i = 0; i < facts->application->cost.other_count; i++) {
        findings_add(facts->findings, RULE_K02, FIELD_OTHER, i);
    }
}

void rule_K03(struct facts *facts)
{
    const struct application *application = facts->application;
    if (!invalid(facts, FIELD_TRAINING_COST) && application->cost.training_ore > 0 &&
        (application->mentor_kind == MENTOR_EXTERNAL ||
         missing(application->cost.training_necessity))) {
        add(facts, RULE_K03, FIELD_TRAINING);
    }
}

void rule_K04(struct facts *facts)
{
    if (facts->parameters != NULL && !invalid(facts, FIELD_TRAINING_COST) &&
        facts->application->cost.training_ore > facts->parameters->max_training_ore) {
        add(facts, RULE_K04, FIELD_TRAINING);
    }
}

void rule_X01(struct facts *facts)
{
    if (facts->application->adverse_fact_from_third_party &&
        findings_has_weight(facts->findings, WEIGHT_OF_REJECT)) {
        add(facts, RULE_X01, FIELD_ADVERSE_FACT);
    }
}

void rule_Q01(struct facts *facts)
{
    if (facts->matter->quarantined) {
        add(facts, RULE_Q01, FIELD_APPLICATION_ID);
    }
}

void rule_L01(struct facts *facts)
{
    const struct rulebook *rulebook = facts->matter->rulebook;
    const struct law *law = facts->matter->law;
    if (facts->has_end && law + 1 < rulebook->laws + rulebook->law_count &&
        law[1].from <= facts->end) {
        add(facts, RULE_L01, FIELD_END_DATE);
    }
}
