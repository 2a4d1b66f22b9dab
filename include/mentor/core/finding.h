#ifndef MENTOR_CORE_FINDING_H
#define MENTOR_CORE_FINDING_H

/* All that is to be said of an application, not just the first: the rules' ids and weights, and
 * what they found. */

#include <stdbool.h>
#include <stdint.h>

/* Rising: numbered as mentor.v1.Weight. */
enum weight {
    WEIGHT_NONE,
    WEIGHT_OF_NOTE,
    WEIGHT_OF_RIGHT,
    WEIGHT_OF_REFUSE_ITEM,
    WEIGHT_OF_REFER,
    WEIGHT_OF_REJECT,
    WEIGHT_OF_REFER_BLOCKING,
};

/* X(id, weight) in the order of rules.md § 2, which is the order of findings. */
#define RULES(X)                                                                                   \
    X(D01, WEIGHT_OF_REFER_BLOCKING)                                                               \
    X(D02, WEIGHT_OF_NOTE)                                                                         \
    X(D03, WEIGHT_OF_REFER_BLOCKING)                                                               \
    X(D04, WEIGHT_OF_REFER_BLOCKING)                                                               \
    X(D05, WEIGHT_OF_REFER_BLOCKING)                                                               \
    X(D06, WEIGHT_OF_REFER_BLOCKING)                                                               \
    X(D07, WEIGHT_OF_REFER_BLOCKING)                                                               \
    X(D08, WEIGHT_OF_REFER_BLOCKING)                                                               \
    X(E01, WEIGHT_OF_REJECT)                                                                       \
    X(E02, WEIGHT_OF_REFER)                                                                        \
    X(E03, WEIGHT_OF_REFER)                                                                        \
    X(E04, WEIGHT_OF_REFER_BLOCKING)                                                               \
    X(E05, WEIGHT_OF_REFER_BLOCKING)                                                               \
    X(E06, WEIGHT_OF_REFER_BLOCKING)                                                               \
    X(E07, WEIGHT_OF_RIGHT)                                                                        \
    X(N01, WEIGHT_OF_REFER)                                                                        \
    X(N02, WEIGHT_OF_REJECT)                                                                       \
    X(F01, WEIGHT_OF_REJECT)                                                                       \
    X(F02, WEIGHT_OF_REFER)                                                                        \
    X(M01, WEIGHT_OF_REJECT)                                                                       \
    X(M02, WEIGHT_OF_REFER)                                                                        \
    X(M03, WEIGHT_OF_REJECT)                                                                       \
    X(P01, WEIGHT_OF_REJECT)                                                                       \
    X(P02, WEIGHT_OF_REFER)                                                                        \
    X(P03, WEIGHT_OF_REFER)                                                                        \
    X(P04, WEIGHT_OF_REFER)                                                                        \
    X(H01, WEIGHT_OF_REFER)                                                                        \
    X(K01, WEIGHT_OF_REFER)                                                                        \
    X(K02, WEIGHT_OF_REFUSE_ITEM)                                                                  \
    X(K03, WEIGHT_OF_REFER)                                                                        \
    X(K04, WEIGHT_OF_REFER)                                                                        \
    X(X01, WEIGHT_OF_REFER_BLOCKING)                                                               \
    X(Q01, WEIGHT_OF_REFER)                                                                        \
    X(L01, WEIGHT_OF_NOTE)

enum rule_id {
#define X(id, weight) RULE_##id,
    RULES(X)
#undef X
    RULE_COUNT
};

const char *rule_name(enum rule_id rule);
enum weight rule_weight(enum rule_id rule);
/* -1 when there is no such rule. */
int rule_find(const char *name);

/*
 * The fields a finding can name, by proto names from the root: X(name, path). A %u in the path is
 * an index in a list. In the order of field numbers, depth first, which is the order of findings
 * within a rule.
 */
#define FIELDS(X)                                                                                  \
    X(APPLICATION_ID, "application_id")                                                            \
    X(VERSION, "version")                                                                          \
    X(MUNICIPALITY_CODE, "municipality_code")                                                      \
    X(CPR, "citizen.cpr")                                                                          \
    X(TARGET_GROUP, "citizen.target_group")                                                        \
    X(INTRODUCTION_PROGRAMME, "citizen.introduction_programme")                                    \
    X(PSYCHIATRIC_DISCHARGE_RIGHT, "citizen.psychiatric_discharge_right")                          \
    X(EDUCATION_ADMISSION_DATE, "citizen.education_admission_date")                                \
    X(COURSE_GRANTED_ON, "citizen.course_granted_on")                                              \
    X(CVR, "company.cvr")                                                                          \
    X(P_NUMBER, "company.p_number")                                                                \
    X(COMPANY_NAME, "company.name")                                                                \
    X(ACTIVITY_KIND, "activity.kind")                                                              \
    X(AIM, "activity.aim")                                                                         \
    X(MENTOR_KIND, "mentor.kind")                                                                  \
    X(MENTOR_NAME, "mentor.name")                                                                  \
    X(MENTOR_CONTACT, "mentor.contact")                                                            \
    X(RELATION, "mentor.relation")                                                                 \
    X(QUALIFICATIONS, "mentor.qualifications")                                                     \
    X(SUPPLIER_CVR, "mentor.supplier_cvr")                                                         \
    X(DOES_OWN_WORK, "mentor.does_own_work_in_hours")                                              \
    X(GOAL, "support.goal")                                                                        \
    X(TASKS, "support.tasks")                                                                      \
    X(MINUTES_PER_WEEK, "support.minutes_per_week")                                                \
    X(START_DATE, "support.start_date")                                                            \
    X(END_DATE, "support.end_date")                                                                \
    X(COST_BASIS, "cost.basis")                                                                    \
    X(WAGE, "cost.wage")                                                                           \
    X(WAGE_HOURLY, "cost.wage.hourly_ore")                                                         \
    X(WAGE_MONTHLY, "cost.wage.monthly_ore")                                                       \
    X(WAGE_HOLIDAY, "cost.wage.holiday_bp")                                                        \
    X(WAGE_PENSION, "cost.wage.pension_bp")                                                        \
    X(WAGE_OTHER, "cost.wage.other_ore_per_hour")                                                  \
    X(FEE, "cost.fee")                                                                             \
    X(FEE_HOURLY, "cost.fee.hourly_ore")                                                           \
    X(FEE_VAT, "cost.fee.vat_bp")                                                                  \
    X(TRAINING, "cost.training")                                                                   \
    X(TRAINING_COST, "cost.training.cost_ore")                                                     \
    X(OTHER, "cost.other[%u]")                                                                     \
    X(OTHER_COST, "cost.other[%u].cost_ore")                                                       \
    X(DECISIVE, "assessment.decisive")                                                             \
    X(BEYOND_NORMAL, "assessment.beyond_normal")                                                   \
    X(COMPENSATES, "assessment.compensates_lasting_impairment")                                    \
    X(RENEWAL_REASONS, "assessment.renewal_reasons")                                               \
    X(ADVERSE_FACT, "assessment.adverse_fact_from_third_party")

enum field_id {
#define X(name, path) FIELD_##name,
    FIELDS(X)
#undef X
    FIELD_COUNT
};

enum {
    FIELD_PATH_MAX = 64, /* bytes, with its terminator */
    FINDINGS_MAX = 256,  /* every rule on every field, with 64 other costs, stays below */
};

struct finding {
    uint8_t rule;  /* enum rule_id */
    uint8_t field; /* enum field_id */
    uint8_t index; /* in a list; 0 elsewhere */
};

struct findings {
    uint32_t count;
    struct finding items[FINDINGS_MAX];
    uint64_t rules;  /* a bit for each rule found */
    uint64_t fields; /* a bit for each field that an invalid-input rule reported: D01, D03, D04,
                        D05, D07, D08 */
};

void findings_clear(struct findings *findings);
/* In the order of rules and fields. */
void findings_add(struct findings *findings,
                  enum rule_id rule,
                  enum field_id field,
                  uint32_t index);
bool findings_has(const struct findings *findings, enum rule_id rule);
bool findings_has_weight(const struct findings *findings, enum weight weight);
/* The field is invalid: a rule that reads it is skipped. */
bool findings_invalid(const struct findings *findings, enum field_id field);

/* Writes the path with its index and a terminator; returns its length. */
uint32_t finding_path(const struct finding *finding, char path[FIELD_PATH_MAX]);

#endif /* MENTOR_CORE_FINDING_H */
