#include "kinds.h"

#include <stddef.h>

#include <mentor/v1/application.pb-c.h>

#include "mentor/core/application.h"

#define AT(kind, member)                                                                           \
    {                                                                                              \
        PLACE_##kind, offsetof(struct application, member)                                         \
    }

/* Indexed by field number. */
static const struct place application_places[] = {
    [1] = AT(TEXT, application_id),
    [2] = AT(U32, version),
    [3] = AT(TEXT, municipality_code),
    [13] = {PLACE_NONE, 0},
};
static const struct place citizen_places[] = {
    [1] = AT(TEXT, cpr),
    [2] = AT(ENUM, target_group),
    [3] = AT(BOOL, introduction_programme),
    [4] = AT(BOOL, psychiatric_discharge_right),
    [5] = AT(TEXT, education_admission_date),
    [6] = AT(TEXT, course_granted_on),
};
static const struct place company_places[] = {
    [1] = AT(TEXT, cvr),
    [2] = AT(TEXT, p_number),
    [3] = AT(TEXT, company_name),
    [6] = {PLACE_NONE, 0},
};
static const struct place activity_places[] = {
    [1] = AT(ENUM, activity_kind),
    [3] = AT(ENUM, aim),
};
static const struct place mentor_places[] = {
    [1] = AT(ENUM, mentor_kind),
    [2] = AT(TEXT, mentor_name),
    [3] = AT(TEXT, mentor_contact),
    [4] = AT(ENUM, relation),
    [5] = AT(TEXT, qualifications),
    [6] = AT(TEXT, supplier_cvr),
    [7] = AT(BOOL, does_own_work_in_hours),
};
static const struct place support_places[] = {
    [1] = AT(TEXT, goal),
    [2] = AT(TEXT, tasks),
    [3] = AT(U32, minutes_per_week),
    [4] = AT(TEXT, start_date),
    [5] = AT(TEXT, end_date),
};
static const struct place cost_places[] = {
    [1] = {PLACE_WAGE, 0},
    [2] = {PLACE_FEE, 0},
    [3] = {PLACE_NONE, 0},
    [4] = {PLACE_OTHER, 0},
};
static const struct place wage_places[] = {
    [1] = AT(HOURLY, cost.rate_ore),
    [2] = AT(MONTHLY, cost.rate_ore),
    [3] = AT(U32, cost.holiday_bp),
    [4] = AT(U32, cost.pension_bp),
    [5] = AT(I64, cost.other_ore_per_hour),
};
static const struct place fee_places[] = {
    [1] = AT(I64, cost.rate_ore),
    [2] = AT(U32, cost.vat_bp),
};
static const struct place training_places[] = {
    [1] = AT(I64, cost.training_ore),
    [2] = AT(TEXT, cost.training_necessity),
};
static const struct place other_places[] = {
    [1] = {PLACE_NONE, 0},
    [2] = {PLACE_ITEM, 0},
};
static const struct place assessment_places[] = {
    [1] = AT(ENUM, decisive),
    [2] = AT(ENUM, beyond_normal),
    [3] = AT(BOOL, compensates_lasting_impairment),
    [4] = AT(TEXT, renewal_reasons),
    [8] = AT(BOOL, adverse_fact_from_third_party),
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define LEAF(message, places)                                                                      \
    {                                                                                              \
        &mentor__v1__##message##__descriptor, places, COUNT(places), NULL, false                   \
    }

static const struct kind timestamp_kind = {
    .descriptor = &google__protobuf__timestamp__descriptor,
    .timestamp = true,
};
static const struct kind citizen_kind = LEAF(citizen, citizen_places);
static const struct kind company_kind = LEAF(company, company_places);
static const struct kind activity_kind = LEAF(activity, activity_places);
static const struct kind mentor_kind = LEAF(mentor, mentor_places);
static const struct kind support_kind = LEAF(support, support_places);
static const struct kind wage_kind = LEAF(wage, wage_places);
static const struct kind fee_kind = LEAF(fee, fee_places);
static const struct kind training_kind = LEAF(training, training_places);
static const struct kind other_kind = LEAF(other_cost, other_places);
static const struct kind *const cost_children[] = {
    [1] = &wage_kind,
    [2] = &fee_kind,
    [3] = &training_kind,
    [4] = &other_kind,
};
static const struct kind cost_kind = {
    &mentor__v1__cost__descriptor, cost_places, COUNT(cost_places), cost_children, false};
static const struct kind *const assessment_children[] = {[7] = &timestamp_kind};
static const struct kind assessment_kind = {&mentor__v1__assessment__descriptor,
                                            assessment_places,
                                            COUNT(assessment_places),
                                            assessment_children,
                                            false};
static const struct kind *const application_children[] = {
    [4] = &citizen_kind,
    [5] = &company_kind,
    [6] = &activity_kind,
    [7] = &mentor_kind,
    [8] = &support_kind,
    [9] = &cost_kind,
    [10] = &assessment_kind,
    [11] = &timestamp_kind,
};
const struct kind application_kind = {&mentor__v1__application__descriptor,
                                      application_places,
                                      COUNT(application_places),
                                      application_children,
                                      false};
