/* Goal: the rules on form (D01 to D08): each field at its limits and one past them, and when each
 * is silent. */

#include "support/facts.h"

#define FEE(ore, vat)                                                                              \
    NUMBER(mentor_kind, MENTOR_EXTERNAL), NUMBER(cost.basis, COST_FEE),                            \
        NUMBER(cost.rate, WAGE_RATE_NONE), NUMBER(cost.rate_ore, (ore)),                           \
        NUMBER(cost.vat_bp, (vat))
#define MONTHLY(ore) NUMBER(cost.rate, WAGE_RATE_MONTHLY), NUMBER(cost.rate_ore, (ore))
#define SPACE        " \t\n\v\f\r"

/* clang-format off */
static struct row rows[] = {
    {"a valid application has no finding but the note", {{0}}, "D02 citizen.cpr"},

    {"D01: nine digits", {TEXT(cpr, "140376010")}, "D01 citizen.cpr"},
    {"D01: eleven digits", {TEXT(cpr, "14037601011")}, "D01 citizen.cpr"},
    {"D01: no CPR number", {TEXT(cpr, "")}, "D01 citizen.cpr"},
    {"D01: a hyphen", {TEXT(cpr, "140376-010")}, "D01 citizen.cpr"},
    {"D01: ten zeros", {TEXT(cpr, "0000000000")}, "D01 citizen.cpr"},
    {"D01: 31 June", {TEXT(cpr, "3106760101")}, "D01 citizen.cpr"},
    {"D01: 29 February of no leap year", {TEXT(cpr, "2902750101")}, "D01 citizen.cpr"},
    {"D01: born 1899", {TEXT(cpr, "3112995101")}, "D01 citizen.cpr"},
    {"D01: born 1900 is valid", {TEXT(cpr, "0201000101")}, ""},
    {"D02: a number whose check digit holds has not the note",
     {TEXT(cpr, "0102565010"), TODAY("2075-03-02"), TEXT(start_date, "2075-03-09"), TEXT(end_date, "2075-06-07")}, ""},
    {"D02: an invalid number has not the note", {TEXT(cpr, "3106760101")}, "D01 citizen.cpr"},

    {"D03: a check digit that fails", {TEXT(cvr, "99000008")}, "D03 company.cvr"},
    {"D03: seven digits", {TEXT(cvr, "9900000")}, "D03 company.cvr"},
    {"D03: eight zeros", {TEXT(cvr, "00000000")}, "D03 company.cvr"},
    {"D03: no CVR number", {TEXT(cvr, "")}, "D03 company.cvr"},
    {"D03: a space behind", {TEXT(cvr, "99000007 ")}, "D03 company.cvr"},
    {"D03: a P-number of nine digits", {TEXT(p_number, "100000000")}, "D03 company.p_number"},
    {"D03: a P-number of eleven digits", {TEXT(p_number, "10000000001")}, "D03 company.p_number"},
    {"D03: a P-number of ten digits is valid", {TEXT(p_number, "1000000001")}, ""},
    {"D03: a P-number of blanks is not given", {TEXT(p_number, SPACE)}, ""},
    {"D03: a P-number that is the CPR number", {TEXT(p_number, "1403760101")}, "D03 company.p_number"},
    {"D03: a supplier that fails", {TEXT(supplier_cvr, "99000016")}, "D03 mentor.supplier_cvr"},
    {"D03: a valid supplier", {TEXT(supplier_cvr, "99000015")}, ""},
    {"D03: a supplier of blanks is not given", {TEXT(supplier_cvr, SPACE)}, ""},
    {"D03: all three, in the order of fields",
     {TEXT(supplier_cvr, "1"), TEXT(p_number, "1"), TEXT(cvr, "1")},
     "D03 company.cvr, D03 company.p_number, D03 mentor.supplier_cvr"},

    {"D04: no code", {TEXT(municipality_code, "")}, "D04 municipality_code"},
    {"D04: Christiansø is no municipality", {TEXT(municipality_code, "0411")}, "D04 municipality_code"},
    {"D04: three digits", {TEXT(municipality_code, "217")}, "D04 municipality_code"},
    {"D04: one of the 98 that the rulebook does not serve", {TEXT(municipality_code, "0860")}, "D04 municipality_code"},
    {"D04: the first of the 98", {TEXT(municipality_code, "0101")}, ""},
    {"D04: the last that it serves", {TEXT(municipality_code, "0851")}, ""},

    {"D05: company.name", {TEXT(company_name, "")}, "D05 company.name"},
    {"D05: company.name of blanks", {TEXT(company_name, SPACE)}, "D05 company.name"},
    {"D05: one letter between blanks is a name", {TEXT(company_name, SPACE "x" SPACE)}, ""},
    {"D05: a no-break space is not trimmed", {TEXT(company_name, "\u00a0")}, ""},
    {"D05: activity.kind", {NUMBER(activity_kind, 0)}, "D05 activity.kind"},
    {"D05: activity.aim", {NUMBER(aim, 0)}, "D05 activity.aim"},
    {"D05: mentor.kind", {NUMBER(mentor_kind, 0)}, "D05 mentor.kind"},
    {"D05: mentor.name", {TEXT(mentor_name, SPACE)}, "D05 mentor.name"},
    {"D05: mentor.contact", {TEXT(mentor_contact, SPACE)}, "D05 mentor.contact"},
    {"D05: mentor.relation", {NUMBER(relation, 0)}, "D05 mentor.relation"},
    {"D05: mentor.qualifications", {TEXT(qualifications, SPACE)}, "D05 mentor.qualifications"},
    {"D05: support.goal", {TEXT(goal, SPACE)}, "D05 support.goal"},
    {"D05: support.tasks", {TEXT(tasks, SPACE)}, "D05 support.tasks"},
    {"D05: support.minutes_per_week", {NUMBER(minutes_per_week, 0)}, "D05 support.minutes_per_week"},
    {"D05: one minute a week is given", {NUMBER(minutes_per_week, 1)}, ""},
    {"D05: support.start_date", {TEXT(start_date, "")}, "D05 support.start_date"},
    {"D05: a start date is not trimmed", {TEXT(start_date, " 2026-03-09")}, "D05 support.start_date"},
    {"D05: a start day that does not exist", {TEXT(start_date, "2026-02-29")}, "D05 support.start_date"},
    {"D05: support.end_date", {TEXT(end_date, "2026-6-7")}, "D05 support.end_date"},
    {"D05: an end before the start", {TEXT(end_date, "2026-03-08")}, "D05 support.end_date"},
    {"D05: an end on the start day is valid", {TEXT(end_date, "2026-03-09")}, ""},
    {"D05: without a start no end is before it", {TEXT(start_date, "x"), TEXT(end_date, "2026-03-08")},
     "D05 support.start_date"},
    {"D05: both dates", {TEXT(start_date, "x"), TEXT(end_date, "x")}, "D05 support.start_date, D05 support.end_date"},
    {"D05: several, in the order of fields",
     {TEXT(tasks, ""), TEXT(goal, ""), NUMBER(relation, 0), TEXT(mentor_name, ""), NUMBER(aim, 0), TEXT(company_name, "")},
     "D05 company.name, D05 activity.aim, D05 mentor.name, D05 mentor.relation, D05 support.goal, D05 support.tasks"},

    {"D06: decided already with other content", {CONFLICT}, "D06 version"},

    {"D07: no basis", {NUMBER(cost.basis, COST_NONE)}, "D07 cost.basis"},
    {"D07: a wage without a rate", {NUMBER(cost.rate, WAGE_RATE_NONE)}, "D07 cost.basis"},
    {"D07: a wage for an external mentor", {NUMBER(mentor_kind, MENTOR_EXTERNAL)}, "D07 cost.basis"},
    {"D07: a fee for an employee", {FEE(45000, 0), NUMBER(mentor_kind, MENTOR_EMPLOYEE)}, "D07 cost.basis"},
    {"D07: a fee for an external mentor is valid", {FEE(45000, 0)}, ""},

    {"D08: hourly wage 1", {NUMBER(cost.rate_ore, 1)}, ""},
    {"D08: hourly wage 0", {NUMBER(cost.rate_ore, 0)}, "D08 cost.wage.hourly_ore"},
    {"D08: hourly wage below 0", {NUMBER(cost.rate_ore, -1)}, "D08 cost.wage.hourly_ore"},
    {"D08: hourly wage at its limit", {NUMBER(cost.rate_ore, 1000000)}, "K01 cost.wage"},
    {"D08: hourly wage past its limit", {NUMBER(cost.rate_ore, 1000001)}, "D08 cost.wage.hourly_ore"},
    {"D08: hourly wage INT64_MAX", {NUMBER(cost.rate_ore, INT64_MAX)}, "D08 cost.wage.hourly_ore"},
    {"D08: monthly wage 1", {MONTHLY(1)}, ""},
    {"D08: monthly wage 0", {MONTHLY(0)}, "D08 cost.wage.monthly_ore"},
    {"D08: monthly wage at its limit", {MONTHLY(160000000)}, "K01 cost.wage"},
    {"D08: monthly wage past its limit", {MONTHLY(160000001)}, "D08 cost.wage.monthly_ore"},
    {"D08: no holiday and no pension", {NUMBER(cost.holiday_bp, 0), NUMBER(cost.pension_bp, 0)}, ""},
    {"D08: holiday at its limit", {NUMBER(cost.holiday_bp, 5000)}, ""},
    {"D08: holiday past its limit", {NUMBER(cost.holiday_bp, 5001)}, "D08 cost.wage.holiday_bp"},
    {"D08: pension at its limit", {NUMBER(cost.pension_bp, 5000)}, ""},
    {"D08: pension past its limit", {NUMBER(cost.pension_bp, 5001)}, "D08 cost.wage.pension_bp"},
    {"D08: other an hour 0", {NUMBER(cost.other_ore_per_hour, 0)}, ""},
    {"D08: other an hour below 0", {NUMBER(cost.other_ore_per_hour, -1)}, "D08 cost.wage.other_ore_per_hour"},
    {"D08: other an hour at its limit", {NUMBER(cost.other_ore_per_hour, 1000000)}, "K01 cost.wage"},
    {"D08: other an hour past its limit", {NUMBER(cost.other_ore_per_hour, 1000001)}, "D08 cost.wage.other_ore_per_hour"},
    {"D08: fee 1", {FEE(1, 0)}, ""},
    {"D08: fee 0", {FEE(0, 0)}, "D08 cost.fee.hourly_ore"},
    {"D08: fee at its limit", {FEE(1000000, 0)}, "K01 cost.fee"},
    {"D08: fee past its limit", {FEE(1000001, 0)}, "D08 cost.fee.hourly_ore"},
    {"D08: VAT of 25 %", {FEE(45000, 2500)}, ""},
    {"D08: VAT below 25 %", {FEE(45000, 2499)}, "D08 cost.fee.vat_bp"},
    {"D08: VAT past 25 %", {FEE(45000, 2501)}, "D08 cost.fee.vat_bp"},
    {"D08: VAT of 1", {FEE(45000, 1)}, "D08 cost.fee.vat_bp"},
    {"D08: a fee has no wage components", {FEE(45000, 0), NUMBER(cost.holiday_bp, 5001)}, ""},
    {"D08: training 0", {NUMBER(cost.training_ore, 0)}, ""},
    {"D08: training below 0", {NUMBER(cost.training_ore, -1)}, "D08 cost.training.cost_ore"},
    {"D08: training at its limit",
     {NUMBER(cost.training_ore, 100000000), TEXT(cost.training_necessity, "x")}, "K04 cost.training"},
    {"D08: training past its limit",
     {NUMBER(cost.training_ore, 100000001), TEXT(cost.training_necessity, "x")}, "D08 cost.training.cost_ore"},
    {"D08: minutes at their limit", {NUMBER(minutes_per_week, 10080)}, "H01 support.minutes_per_week"},
    {"D08: minutes past their limit", {NUMBER(minutes_per_week, 10081)}, "D08 support.minutes_per_week"},
    {"D08: minutes UINT32_MAX", {NUMBER(minutes_per_week, UINT32_MAX)}, "D08 support.minutes_per_week"},
    {"D08: 3,660 days, both ends counted", /* 2026-03-09 + 3,659 days */
     {TEXT(end_date, "2036-03-15")}, "P01 support.end_date, L01 support.end_date"},
    {"D08: 3,661 days", {TEXT(end_date, "2036-03-16")}, "D08 support.end_date"},
    {"D08: from the first day there is to the last",
     {TEXT(start_date, "1900-01-01"), TEXT(end_date, "2199-12-31")}, "D08 support.end_date, P03 support.start_date"},
};
/* clang-format on */

static void another_cost_has_its_limits_too(void **state)
{
    (void)state;
    static struct trial trial;
    trial_begin(&trial);
    trial.application.cost.other_count = 5;
    trial.application.cost.other_ore[1] = -1;
    trial.application.cost.other_ore[2] = 100000000;
    trial.application.cost.other_ore[3] = 100000001;
    trial.application.cost.other_ore[5] = -1; /* behind the last */
    trial_decide(&trial, false);
    assert_string_equal(
        trial.found,
        "D08 cost.other[1].cost_ore, D08 cost.other[3].cost_ore, K02 cost.other[0], "
        "K02 cost.other[1], K02 cost.other[2], K02 cost.other[3], K02 cost.other[4]");
}

static void all_that_can_be_wrong_is_found_in_the_order_of_the_table(void **state)
{
    (void)state;
    static struct trial trial;
    trial_begin(&trial);
    trial.application = (struct application){
        .version = 1,
        .p_number = bytes_text("1"),
        .supplier_cvr = bytes_text("1"),
        .minutes_per_week = 10081,
        .cost = {.training_ore = -1, .other_count = APPLICATION_OTHER_COSTS_MAX},
    };
    for (int i = 0; i < APPLICATION_OTHER_COSTS_MAX; i++) {
        trial.application.cost.other_ore[i] = -1;
    }
    trial.matter.conflict = true;
    trial_decide(&trial, true);
    const char *start =
        "D01 citizen.cpr, D03 company.cvr, D03 company.p_number, D03 mentor.supplier_cvr, "
        "D04 municipality_code, D05 company.name, D05 activity.kind, D05 activity.aim, "
        "D05 mentor.kind, D05 mentor.name, D05 mentor.contact, D05 mentor.relation, "
        "D05 mentor.qualifications, D05 support.goal, D05 support.tasks, "
        "D05 support.start_date, D05 support.end_date, D06 version, D07 cost.basis, "
        "D08 support.minutes_per_week, D08 cost.training.cost_ore, "
        "D08 cost.other[0].cost_ore, D08 cost.other[1].cost_ore, ";
    assert_memory_equal(trial.found, start, strlen(start));
    assert_non_null(strstr(
        trial.found,
        "D08 cost.other[63].cost_ore, N01 assessment.decisive, N01 assessment.beyond_normal, K02 cost.other[0], "));
    const char *end = "K02 cost.other[63]";
    assert_string_equal(strstr(trial.found, end), end);
}

int main(void)
{
    const struct CMUnitTest more[] = {
        cmocka_unit_test(another_cost_has_its_limits_too),
        cmocka_unit_test(all_that_can_be_wrong_is_found_in_the_order_of_the_table),
    };
    struct CMUnitTest tests[ROW_COUNT(rows) + ROW_COUNT(more)];
    row_tests(rows, ROW_COUNT(rows), tests);
    memcpy(tests + ROW_COUNT(rows), more, sizeof(more));
    return cmocka_run_group_tests_name("core/validate", tests, NULL, NULL);
}
