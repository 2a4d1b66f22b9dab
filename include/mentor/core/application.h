#ifndef MENTOR_CORE_APPLICATION_H
#define MENTOR_CORE_APPLICATION_H

/*
 * The application as the rules see it. No wire type passes beyond decode. Texts are borrowed and
 * live as long as the message they were decoded from; enums keep the numbers of proto/mentor/v1,
 * and a number that this version does not know has become 0, unspecified (rules.md § 2).
 */

#include <stdbool.h>
#include <stdint.h>

#include "mentor/base/bytes.h"
#include "mentor/base/uuid.h"

enum {
    APPLICATION_OTHER_COSTS_MAX = 64,
};

enum target_group {
    TARGET_GROUP_NONE = 0,
    TARGET_GROUP_EDUCATION_READY = 4,
    TARGET_GROUP_EDUCATION_ACTIVITY_READY = 5,
    TARGET_GROUP_MINOR = 13,
    TARGET_GROUP_LAST = 13,
    TARGET_GROUP_OUTSIDE = 100,
};

enum activity_kind {
    ACTIVITY_NONE = 0,
    ACTIVITY_ORDINARY_EDUCATION = 3,
    ACTIVITY_OFFER_FIRST = 4,
    ACTIVITY_OFFER_LAST = 7,
    ACTIVITY_UNCOVERED = 9,
};

enum mentor_kind {
    MENTOR_NONE,
    MENTOR_EMPLOYEE,
    MENTOR_EXTERNAL,
};

enum relation {
    RELATION_MISSING,
    RELATION_STRANGER,
    RELATION_OF_SELF,
    RELATION_OF_FAMILY,
    RELATION_OF_OWNER,
};

enum answer {
    ANSWER_MISSING,
    ANSWER_IS_YES,
    ANSWER_IS_NO,
};

enum cost_basis {
    COST_NONE,
    COST_WAGE,
    COST_FEE,
};

enum wage_rate {
    WAGE_RATE_NONE,
    WAGE_RATE_HOURLY,
    WAGE_RATE_MONTHLY,
};

struct cost {
    enum cost_basis basis;
    enum wage_rate rate; /* COST_WAGE only */
    int64_t rate_ore;    /* of the wage by its rate, or the fee's hour */
    uint32_t holiday_bp;
    uint32_t pension_bp;
    int64_t other_ore_per_hour;
    uint32_t vat_bp; /* COST_FEE only */
    int64_t training_ore;
    struct bytes training_necessity;
    uint32_t other_count;
    int64_t other_ore[APPLICATION_OTHER_COSTS_MAX];
};

struct application {
    struct bytes application_id; /* as it came */
    uint8_t id[UUID_SIZE];
    uint32_t version;
    struct bytes municipality_code;

    struct bytes cpr;
    int32_t target_group;
    bool introduction_programme;
    bool psychiatric_discharge_right;
    struct bytes education_admission_date;
    struct bytes course_granted_on;

    struct bytes cvr;
    struct bytes p_number;
    struct bytes company_name;

    int32_t activity_kind;
    int32_t aim;

    int32_t mentor_kind;
    struct bytes mentor_name;
    struct bytes mentor_contact;
    int32_t relation;
    struct bytes qualifications;
    struct bytes supplier_cvr;
    bool does_own_work_in_hours;

    struct bytes goal;
    struct bytes tasks;
    uint32_t minutes_per_week;
    struct bytes start_date;
    struct bytes end_date;

    int32_t decisive;
    int32_t beyond_normal;
    bool compensates_lasting_impairment;
    bool adverse_fact_from_third_party;
    struct bytes renewal_reasons;

    struct cost
        cost; /* last, and other_ore last in it: decode clears what comes before that list */
};

#endif /* MENTOR_CORE_APPLICATION_H */
