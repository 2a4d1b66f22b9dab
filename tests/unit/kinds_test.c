/* Goal: every field that a rule reads comes from the message's field of that name, as protobuf-c
 * itself wrote it. */

/* The initialisers that protoc-c generates cast const away. */
#pragma GCC diagnostic ignored "-Wcast-qual"

#include <mentor/v1/application.pb-c.h>

#include "mentor/core/application.h"
#include "mentor/wire/wire.h"

#include "support/test.h"

static char *text(const char *literal)
{
    static char memory[4096];
    static size_t used;
    size_t size = strlen(literal) + 1;
    assert_in_range(used + size, 0, sizeof(memory));
    char *copy = memory + used;
    memcpy(copy, literal, size);
    used += size;
    return copy;
}

static uint8_t packed[8192];

static struct application decode(const Mentor__V1__Application *message)
{
    struct application application;
    bool canonical = false;
    size_t size = mentor__v1__application__get_packed_size(message);
    assert_in_range(size, 0, sizeof(packed));
    size = mentor__v1__application__pack(message, packed);
    assert_int_equal(wire_decode_application(bytes_of(packed, size), &application, &canonical),
                     REASON_NONE);
    assert_true(canonical); /* as protobuf-c packs */
    return application;
}

static void assert_is(struct bytes got, const char *want)
{
    if (!bytes_is(got, want)) {
        fail_msg("\"%.*s\" is not \"%s\"", BYTES_ARGS(got), want);
    }
}

static void the_people_and_places(void **state)
{
    (void)state;
    Mentor__V1__Application message = MENTOR__V1__APPLICATION__INIT;
    Mentor__V1__Citizen citizen = MENTOR__V1__CITIZEN__INIT;
    Mentor__V1__Company company = MENTOR__V1__COMPANY__INIT;
    Mentor__V1__Mentor mentor = MENTOR__V1__MENTOR__INIT;
    message.application_id = text("id");
    message.version = UINT32_MAX;
    message.municipality_code = text("municipality");
    message.citizen = &citizen;
    citizen.cpr = text("cpr");
    citizen.target_group = MENTOR__V1__TARGET_GROUP__TARGET_GROUP_OUTSIDE_SECTION_6;
    citizen.introduction_programme = 1;
    citizen.education_admission_date = text("admission");
    citizen.course_granted_on = text("course");
    message.company = &company;
    company.cvr = text("cvr");
    company.p_number = text("p");
    company.name = text("company");
    company.contact_name = text("contact");
    message.mentor = &mentor;
    mentor.kind = MENTOR__V1__MENTOR_KIND__MENTOR_KIND_EXTERNAL;
    mentor.name = text("mentor");
    mentor.contact = text("telephone");
    mentor.relation = MENTOR__V1__RELATION__RELATION_OWNER;
    mentor.qualifications = text("qualifications");
    mentor.supplier_cvr = text("supplier");
    mentor.does_own_work_in_hours = 1;
    message.submitted_by = text("sender");
    message.case_number = text("case");
    struct application got = decode(&message);
    assert_is(got.application_id, "id");
    assert_int_equal(got.version, UINT32_MAX);
    assert_is(got.municipality_code, "municipality");
    assert_is(got.cpr, "cpr");
    assert_int_equal(got.target_group, TARGET_GROUP_OUTSIDE);
    assert_true(got.introduction_programme);
    assert_false(got.psychiatric_discharge_right);
    assert_is(got.education_admission_date, "admission");
    assert_is(got.course_granted_on, "course");
    assert_is(got.cvr, "cvr");
    assert_is(got.p_number, "p");
    assert_is(got.company_name, "company");
    assert_int_equal(got.mentor_kind, MENTOR_EXTERNAL);
    assert_is(got.mentor_name, "mentor");
    assert_is(got.mentor_contact, "telephone");
    assert_int_equal(got.relation, RELATION_OF_OWNER);
    assert_is(got.qualifications, "qualifications");
    assert_is(got.supplier_cvr, "supplier");
    assert_true(got.does_own_work_in_hours);
    citizen.introduction_programme = 0;
    citizen.psychiatric_discharge_right = 1;
    got = decode(&message);
    assert_false(got.introduction_programme);
    assert_true(got.psychiatric_discharge_right);
}

static void the_activity_support_and_assessment(void **state)
{
    (void)state;
    Mentor__V1__Application message = MENTOR__V1__APPLICATION__INIT;
    Mentor__V1__Activity activity = MENTOR__V1__ACTIVITY__INIT;
    Mentor__V1__Support support = MENTOR__V1__SUPPORT__INIT;
    Mentor__V1__Assessment assessment = MENTOR__V1__ASSESSMENT__INIT;
    Google__Protobuf__Timestamp when = GOOGLE__PROTOBUF__TIMESTAMP__INIT;
    message.activity = &activity;
    activity.kind = MENTOR__V1__ACTIVITY_KIND__ACTIVITY_KIND_NOT_COVERED;
    activity.title = text("title");
    activity.aim = MENTOR__V1__AIM__AIM_KEEP;
    message.support = &support;
    support.goal = text("goal");
    support.tasks = text("tasks");
    support.minutes_per_week = 180;
    support.start_date = text("start");
    support.end_date = text("end");
    message.assessment = &assessment;
    assessment.decisive = MENTOR__V1__ANSWER__ANSWER_YES;
    assessment.beyond_normal = MENTOR__V1__ANSWER__ANSWER_NO;
    assessment.compensates_lasting_impairment = 1;
    assessment.renewal_reasons = text("renewal");
    assessment.reasons = text("reasons");
    assessment.assessed_by = text("initials");
    when.seconds = 1772445600;
    when.nanos = 1;
    assessment.assessed_at = &when;
    message.submitted_at = &when;
    struct application got = decode(&message);
    assert_int_equal(got.activity_kind, ACTIVITY_UNCOVERED);
    assert_int_equal(got.aim, 2);
    assert_is(got.goal, "goal");
    assert_is(got.tasks, "tasks");
    assert_int_equal(got.minutes_per_week, 180);
    assert_is(got.start_date, "start");
    assert_is(got.end_date, "end");
    assert_int_equal(got.decisive, ANSWER_IS_YES);
    assert_int_equal(got.beyond_normal, ANSWER_IS_NO);
    assert_true(got.compensates_lasting_impairment);
    assert_false(got.adverse_fact_from_third_party);
    assert_is(got.renewal_reasons, "renewal");
    assessment.compensates_lasting_impairment = 0;
    assessment.adverse_fact_from_third_party = 1;
    got = decode(&message);
    assert_false(got.compensates_lasting_impairment);
    assert_true(got.adverse_fact_from_third_party);
}

static void the_costs(void **state)
{
    (void)state;
    Mentor__V1__Application message = MENTOR__V1__APPLICATION__INIT;
    Mentor__V1__Cost cost = MENTOR__V1__COST__INIT;
    Mentor__V1__Wage wage = MENTOR__V1__WAGE__INIT;
    Mentor__V1__Fee fee = MENTOR__V1__FEE__INIT;
    Mentor__V1__Training training = MENTOR__V1__TRAINING__INIT;
    Mentor__V1__OtherCost first = MENTOR__V1__OTHER_COST__INIT;
    Mentor__V1__OtherCost second = MENTOR__V1__OTHER_COST__INIT;
    Mentor__V1__OtherCost *others[] = {&first, &second};
    message.cost = &cost;
    struct application got = decode(&message);
    assert_int_equal(got.cost.basis, COST_NONE);

    cost.basis_case = MENTOR__V1__COST__BASIS_WAGE;
    cost.wage = &wage;
    got = decode(&message);
    assert_int_equal(got.cost.basis, COST_WAGE);
    assert_int_equal(got.cost.rate, WAGE_RATE_NONE);

    wage.rate_case = MENTOR__V1__WAGE__RATE_MONTHLY_ORE;
    wage.monthly_ore = -7;
    wage.holiday_bp = 1;
    wage.pension_bp = 2;
    wage.other_ore_per_hour = INT64_MIN;
    cost.training = &training;
    training.cost_ore = 320000;
    training.necessity = text("necessity");
    first.kind = MENTOR__V1__OTHER_COST_KIND__OTHER_COST_KIND_SICK_PAY;
    second.cost_ore = INT64_MAX;
    cost.n_other = 2;
    cost.other = others;
    got = decode(&message);
    assert_int_equal(got.cost.rate, WAGE_RATE_MONTHLY);
    assert_int_equal(got.cost.rate_ore, -7);
    assert_int_equal(got.cost.holiday_bp, 1);
    assert_int_equal(got.cost.pension_bp, 2);
    assert_true(got.cost.other_ore_per_hour == INT64_MIN);
    assert_int_equal(got.cost.training_ore, 320000);
    assert_is(got.cost.training_necessity, "necessity");
    assert_int_equal(got.cost.other_count, 2);
    assert_int_equal(got.cost.other_ore[0], 0);
    assert_true(got.cost.other_ore[1] == INT64_MAX);

    wage.rate_case = MENTOR__V1__WAGE__RATE_HOURLY_ORE;
    wage.hourly_ore = 0;
    got = decode(&message);
    assert_int_equal(got.cost.rate, WAGE_RATE_HOURLY);
    assert_int_equal(got.cost.rate_ore, 0);

    cost.basis_case = MENTOR__V1__COST__BASIS_FEE;
    cost.fee = &fee;
    fee.hourly_ore = 45000;
    fee.vat_bp = 2500;
    got = decode(&message);
    assert_int_equal(got.cost.basis, COST_FEE);
    assert_int_equal(got.cost.rate_ore, 45000);
    assert_int_equal(got.cost.vat_bp, 2500);
}

static void a_number_that_is_not_known_is_unspecified(void **state)
{
    (void)state;
    Mentor__V1__Application message = MENTOR__V1__APPLICATION__INIT;
    Mentor__V1__Citizen citizen = MENTOR__V1__CITIZEN__INIT;
    message.citizen = &citizen;
    static const int32_t numbers[] = {-1, 14, 99, 101, INT32_MAX, INT32_MIN};
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        memcpy(&citizen.target_group, &numbers[i], sizeof(numbers[i]));
        assert_int_equal(decode(&message).target_group, TARGET_GROUP_NONE);
    }
    for (int32_t known = 1; known <= TARGET_GROUP_LAST; known++) {
        memcpy(&citizen.target_group, &known, sizeof(known));
        assert_int_equal(decode(&message).target_group, known);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_people_and_places),
        cmocka_unit_test(the_activity_support_and_assessment),
        cmocka_unit_test(the_costs),
        cmocka_unit_test(a_number_that_is_not_known_is_unspecified),
    };
    return cmocka_run_group_tests_name("wire/kinds", tests, NULL, NULL);
}
