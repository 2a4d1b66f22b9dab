/* Goal: what a rule is said to have seen is enough to tell what it found: over random applications
 * each rule's sights alone give the core's answer, or name the invalid field that silenced it. */

#include "mentor/base/rng.h"
#include "mentor/core/sight.h"

#include "support/facts.h"

enum {
    TRIALS = 60000,
};

/* One rule's sights of one decision. */
struct seen {
    struct sight sights[SIGHTS_MAX];
    uint32_t count;
};

static const struct sight *of(const struct seen *seen, enum look look)
{
    for (uint32_t i = 0; i < seen->count; i++) {
        if (seen->sights[i].look == look) {
            return &seen->sights[i];
        }
    }
    return NULL;
}

static bool known(const struct seen *seen, enum look look)
{
    return of(seen, look) != NULL && of(seen, look)->known;
}

static int64_t value(const struct seen *seen, enum look look)
{
    return known(seen, look) ? of(seen, look)->value : 0;
}

static bool outside(const struct seen *seen, enum look look)
{
    return of(seen, look) != NULL && sight_outside(of(seen, look));
}

static bool any_outside(const struct seen *seen)
{
    bool any = false;
    for (uint32_t i = 0; i < seen->count; i++) {
        any = any || sight_outside(&seen->sights[i]);
    }
    return any;
}

static bool found_d05(const struct seen *seen)
{
    return any_outside(seen) || value(seen, LOOK_ACTIVITY_KIND) == 0 ||
           value(seen, LOOK_AIM) == 0 || value(seen, LOOK_MENTOR_KIND) == 0 ||
           value(seen, LOOK_RELATION) == 0 || !known(seen, LOOK_START_DATE) ||
           !known(seen, LOOK_END_DATE);
}

static bool found_d07(const struct seen *seen)
{
    int64_t basis = value(seen, LOOK_BASIS);
    int64_t kind = value(seen, LOOK_MENTOR_KIND);
    return basis == COST_NONE || (basis == COST_WAGE && value(seen, LOOK_RATE) == WAGE_RATE_NONE) ||
           (basis == COST_WAGE && kind == MENTOR_EXTERNAL) ||
           (basis == COST_FEE && kind == MENTOR_EMPLOYEE);
}

static bool found_e07(const struct seen *seen)
{
    int64_t group = value(seen, LOOK_TARGET_GROUP);
    return (group == 4 || group == 5) && value(seen, LOOK_ACTIVITY_KIND) == 3 &&
           value(seen, LOOK_EDUCATION_RIGHT) == 1 && known(seen, LOOK_EDUCATION_ADMISSION) &&
           known(seen, LOOK_START_DATE) && !outside(seen, LOOK_START_DATE);
}

/* rules.md section 2 once more, of nothing but sights. */
static bool found(enum rule_id rule, const struct seen *seen)
{
    int64_t group = value(seen, LOOK_TARGET_GROUP);
    int64_t relation = value(seen, LOOK_RELATION);
    switch ((int)rule) {
    case RULE_D05:
        return found_d05(seen);
    case RULE_D07:
        return found_d07(seen);
    case RULE_E01:
        return value(seen, LOOK_ACTIVITY_KIND) == 9;
    case RULE_E02:
        return value(seen, LOOK_OFFER) == 1 && (group == 0 || group == 100);
    case RULE_E03:
        return known(seen, LOOK_CLOSED_FROM) &&
               (!known(seen, LOOK_COURSE_GRANTED_ON) || outside(seen, LOOK_COURSE_GRANTED_ON));
    case RULE_E05:
        return outside(seen, LOOK_AGE) || group == 13;
    case RULE_E07:
        return found_e07(seen);
    case RULE_N01:
        return (value(seen, LOOK_DECISIVE) == 0 && value(seen, LOOK_RIGHT_FOUND) == 0) ||
               value(seen, LOOK_BEYOND_NORMAL) == 0;
    case RULE_N02:
        return value(seen, LOOK_DECISIVE) == 2 && value(seen, LOOK_RIGHT_FOUND) == 0;
    case RULE_F01:
        return value(seen, LOOK_BEYOND_NORMAL) == 2;
    case RULE_M01:
        return relation == 2;
    case RULE_M02:
        return relation == 3 || relation == 4;
    case RULE_M03:
        return value(seen, LOOK_MENTOR_KIND) == 2 && value(seen, LOOK_OWN_WORK) == 1;
    case RULE_P01:
        return outside(seen, LOOK_END_DATE) && value(seen, LOOK_DISCHARGE_RIGHT) == 0;
    case RULE_P02:
        return outside(seen, LOOK_GAP) && value(seen, LOOK_RENEWAL_REASONS) == 0;
    case RULE_K03:
        return value(seen, LOOK_TRAINING) > 0 &&
               (value(seen, LOOK_MENTOR_KIND) == 2 || value(seen, LOOK_NECESSITY) == 0);
    case RULE_X01:
        return value(seen, LOOK_ADVERSE_FACT) == 1 && value(seen, LOOK_REJECTS) > 0;
    default:
        return any_outside(seen);
    }
}

static uint32_t below(struct rng *rng, uint32_t count)
{
    return (uint32_t)(rng_next(rng) % count);
}

#define PICK(rng, ...)                                                                             \
    ((const char *[]){                                                                             \
        __VA_ARGS__})[below((rng), sizeof((const char *[]){__VA_ARGS__}) / sizeof(const char *))]
#define PICK_NUMBER(rng, ...)                                                                      \
    ((int64_t[]){__VA_ARGS__})[below((rng), sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t))]
/* Mostly as it is, so that one thing at a time is odd. */
#define SOMETIMES(rng, target, pick)                                                               \
    do {                                                                                           \
        if (below((rng), 4) == 0) {                                                                \
            (target) = (pick);                                                                     \
        }                                                                                          \
    } while (0)

static void vary_cost(struct rng *rng, struct cost *cost)
{
    if (below(rng, 3) == 0) {
        cost->basis = (enum cost_basis)below(rng, 3);
        cost->rate = cost->basis == COST_WAGE ? (enum wage_rate)below(rng, 3) : WAGE_RATE_NONE;
        cost->rate_ore =
            PICK_NUMBER(rng, 0, 1, 18500, 40000, 40001, 60000, 60001, 1000001, 3450000);
        cost->vat_bp =
            cost->basis == COST_FEE ? (uint32_t)PICK_NUMBER(rng, 0, 2500, 1200, 2501) : 0;
    }
    SOMETIMES(rng, cost->holiday_bp, (uint32_t)PICK_NUMBER(rng, 0, 5000, 5001));
    SOMETIMES(rng, cost->pension_bp, (uint32_t)PICK_NUMBER(rng, 0, 5000, 5001));
    SOMETIMES(rng, cost->other_ore_per_hour, PICK_NUMBER(rng, -1, 0, 1000000, 1000001));
    SOMETIMES(rng, cost->training_ore, PICK_NUMBER(rng, -1, 1, 500000, 500001, 100000001));
    SOMETIMES(rng, cost->training_necessity, bytes_text(PICK(rng, "\t", "Kursus")));
    if (below(rng, 4) == 0) {
        cost->other_count = below(rng, 4);
        for (uint32_t i = 0; i < cost->other_count; i++) {
            cost->other_ore[i] = PICK_NUMBER(rng, -1, 0, 60000, 100000001);
        }
    }
}

static void vary_people(struct rng *rng, struct application *application)
{
    SOMETIMES(rng,
              application->cpr,
              bytes_text(PICK(rng,
                              "1403760101",
                              "0102565010",
                              "1403081101",
                              "140376",
                              "3102760101",
                              "0303084101",
                              "0203084101",
                              "0000000000")));
    SOMETIMES(rng,
              application->target_group,
              (int32_t)PICK_NUMBER(rng, 0, 4, 4, 5, 8, 8, 10, 10, 13, 100));
    SOMETIMES(rng, application->introduction_programme, true);
    SOMETIMES(rng, application->psychiatric_discharge_right, true);
    SOMETIMES(rng,
              application->education_admission_date,
              bytes_text(PICK(rng, "2026-03-03", "2025-09-09", "2025-09-10", "no date")));
    SOMETIMES(rng,
              application->course_granted_on,
              bytes_text(PICK(rng, "2026-06-30", "2026-07-01", "2026-07-31", "2026-08-01", "x")));
    SOMETIMES(rng, application->cvr, bytes_text(PICK(rng, "", "99000008", "99000015")));
    SOMETIMES(
        rng, application->p_number, bytes_text(PICK(rng, "", "1234567890", "123", "1403760101")));
    SOMETIMES(rng, application->supplier_cvr, bytes_text(PICK(rng, " ", "99000023", "99000024")));
    SOMETIMES(rng, application->company_name, bytes_text(PICK(rng, "", " \n", "A")));
    SOMETIMES(rng, application->mentor_kind, (int32_t)below(rng, 3));
    SOMETIMES(rng, application->relation, (int32_t)below(rng, 5));
    SOMETIMES(rng, application->does_own_work_in_hours, true);
}

static void vary(struct rng *rng, struct trial *trial)
{
    static const char *const starts[] = {
        "2026-03-09", "2026-03-02", "2026-03-01", "2026-07-06", "2026-07-31", "2026-09-02", "-"};
    struct application *application = &trial->application;
    vary_people(rng, application);
    vary_cost(rng, &application->cost);
    SOMETIMES(rng, application->municipality_code, bytes_text(PICK(rng, "0860", "0411", "0101")));
    SOMETIMES(rng, application->activity_kind, (int32_t)below(rng, 10));
    SOMETIMES(rng, application->goal, bytes_text(""));
    SOMETIMES(rng,
              application->minutes_per_week,
              (uint32_t)PICK_NUMBER(rng, 0, 1, 600, 601, 10080, 10081));
    SOMETIMES(rng, application->start_date, bytes_text(starts[below(rng, 7)]));
    SOMETIMES(rng,
              application->end_date,
              bytes_text(PICK(rng,
                              "2026-06-30",
                              "2026-07-01",
                              "2026-09-08",
                              "2026-09-09",
                              "2026-12-31",
                              "2027-01-01",
                              "2036-03-15",
                              "2037-01-01",
                              "?")));
    SOMETIMES(rng, application->decisive, (int32_t)below(rng, 3));
    SOMETIMES(rng, application->beyond_normal, (int32_t)below(rng, 3));
    SOMETIMES(rng, application->compensates_lasting_impairment, true);
    SOMETIMES(rng, application->adverse_fact_from_third_party, true);
    SOMETIMES(rng, application->renewal_reasons, bytes_text("Fortsat behov"));
    if (below(rng, 8) == 0) { /* else the right is hardly ever found */
        application->target_group = (int32_t)PICK_NUMBER(rng, 4, 5);
        application->activity_kind = ACTIVITY_ORDINARY_EDUCATION;
        application->education_admission_date =
            bytes_text(PICK(rng, "2026-03-03", "2025-09-09", "2025-09-10", "2026-03-02"));
    }
    trial->matter.conflict = below(rng, 8) == 0;
    trial->matter.quarantined = below(rng, 8) == 0;
    trial_today(trial,
                PICK(rng, "2026-03-02", "2026-03-02", "2026-07-02", "2026-12-31", "2027-01-04"));
    for (uint32_t i = below(rng, 3); i > 0; i--) {
        trial_period(trial,
                     below(rng, 4) == 0,
                     "2025-09-01",
                     PICK(rng,
                          "2026-01-31",
                          "2026-02-05",
                          "2026-02-06",
                          "2026-03-01",
                          "2026-03-08",
                          "2026-03-09",
                          "2026-06-30"));
    }
}

static void look_at_rule(const struct trial *trial, enum rule_id rule, int fired[], int silent[])
{
    struct seen seen;
    bool finds = findings_has(&trial->decision.findings, rule);
    seen.count = sights_of(&trial->decision, rule, seen.sights);
    int silencing = sight_silencing(&trial->decision, rule, seen.sights, seen.count);
    if (seen.count == 0) {
        fail_msg("%s looks at nothing", rule_name(rule));
    }
    if (!finds && silencing >= 0) {
        silent[rule]++;
    } else if (found(rule, &seen) != finds) {
        fail_msg("%s: found %d, by its sights %d", rule_name(rule), finds, !finds);
    }
    fired[rule] += finds;
}

static void sights_alone_tell_what_each_rule_found(void **state)
{
    (void)state;
    static struct trial trial;
    int fired[RULE_COUNT] = {0};
    int silent[RULE_COUNT] = {0};
    struct rng rng;
    rng_init(&rng, 20261122);
    for (int i = 0; i < TRIALS; i++) {
        trial_begin(&trial);
        vary(&rng, &trial);
        decide(&trial.matter, &trial.decision);
        for (int rule = 0; rule < RULE_COUNT; rule++) {
            look_at_rule(&trial, (enum rule_id)rule, fired, silent);
        }
    }
    for (int rule = 0; rule < RULE_COUNT; rule++) {
        if (fired[rule] < 100 || fired[rule] + silent[rule] > TRIALS - 100) {
            fail_msg("%s: found in %d and silent in %d of the trials, which tests little",
                     rule_name((enum rule_id)rule),
                     fired[rule],
                     silent[rule]);
        }
    }
}

/* A rule is silenced only where its own answer would not be worth anything. */
static void a_rule_names_the_invalid_field_that_silenced_it(void **state)
{
    (void)state;
    static struct trial trial;
    struct sight sights[SIGHTS_MAX];
    trial_begin(&trial);
    trial.application.end_date = bytes_text("2026-02-30");
    decide(&trial.matter, &trial.decision);
    uint32_t count = sights_of(&trial.decision, RULE_P01, sights);
    int silencing = sight_silencing(&trial.decision, RULE_P01, sights, count);
    assert_in_range(silencing, 0, count - 1);
    assert_int_equal(look_field((enum look)sights[silencing].look), FIELD_END_DATE);
    count = sights_of(&trial.decision, RULE_P03, sights);
    assert_int_equal(sight_silencing(&trial.decision, RULE_P03, sights, count), -1);
    count = sights_of(&trial.decision, RULE_D05, sights);
    assert_int_equal(sight_silencing(&trial.decision, RULE_D05, sights, count), -1);
}

static void a_list_of_costs_is_seen_one_by_one(void **state)
{
    (void)state;
    static struct trial trial;
    struct sight sights[SIGHTS_MAX];
    trial_begin(&trial);
    trial.application.cost.other_count = APPLICATION_OTHER_COSTS_MAX;
    trial.application.cost.other_ore[63] = 7;
    decide(&trial.matter, &trial.decision);
    uint32_t count = sights_of(&trial.decision, RULE_D08, sights);
    assert_in_range(count, APPLICATION_OTHER_COSTS_MAX, SIGHTS_MAX);
    assert_int_equal(sights[count - 1].look, LOOK_OTHER_COST);
    assert_int_equal(sights[count - 1].index, 63);
    assert_int_equal(sights[count - 1].value, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sights_alone_tell_what_each_rule_found),
        cmocka_unit_test(a_rule_names_the_invalid_field_that_silenced_it),
        cmocka_unit_test(a_list_of_costs_is_seen_one_by_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
