#ifndef MENTOR_CORE_SIGHT_H
#define MENTOR_CORE_SIGHT_H

/*
 * What each rule looked at when it decided: read off a decision afterwards, so that deciding pays
 * nothing for it. One table says which things a rule looks at and within which bounds it wants
 * them; it decides nothing: what was found stands in the decision's findings.
 */

#include <stdbool.h>
#include <stdint.h>

#include "mentor/core/decide.h"
#include "mentor/core/finding.h"

/*
 * X(name, kind, field): the things that rules look at. `field` is the input it is read from;
 * COUNT where it is no field of the application.
 */
#define LOOKS(X)                                                                                   \
    X(CPR_DIGITS, FLAG, CPR)                                                                       \
    X(CPR_DATE, FLAG, CPR)                                                                         \
    X(CPR_CHECK_DIGIT, FLAG, CPR)                                                                  \
    X(AGE, NUMBER, CPR)                                                                            \
    X(CVR_VALID, FLAG, CVR)                                                                        \
    X(P_NUMBER_DIGITS, FLAG, P_NUMBER)                                                             \
    X(P_NUMBER_IS_CPR, FLAG, P_NUMBER)                                                             \
    X(SUPPLIER_CVR_VALID, FLAG, SUPPLIER_CVR)                                                      \
    X(MUNICIPALITY_KNOWN, FLAG, MUNICIPALITY_CODE)                                                 \
    X(MUNICIPALITY_SERVED, FLAG, MUNICIPALITY_CODE)                                                \
    X(COMPANY_NAME, FLAG, COMPANY_NAME)                                                            \
    X(ACTIVITY_KIND, ENUM, ACTIVITY_KIND)                                                          \
    X(OFFER, FLAG, ACTIVITY_KIND)                                                                  \
    X(AIM, ENUM, AIM)                                                                              \
    X(MENTOR_KIND, ENUM, MENTOR_KIND)                                                              \
    X(MENTOR_NAME, FLAG, MENTOR_NAME)                                                              \
    X(MENTOR_CONTACT, FLAG, MENTOR_CONTACT)                                                        \
    X(RELATION, ENUM, RELATION)                                                                    \
    X(QUALIFICATIONS, FLAG, QUALIFICATIONS)                                                        \
    X(OWN_WORK, FLAG, DOES_OWN_WORK)                                                               \
    X(GOAL, FLAG, GOAL)                                                                            \
    X(TASKS, FLAG, TASKS)                                                                          \
    X(MINUTES_PER_WEEK, NUMBER, MINUTES_PER_WEEK)                                                  \
    X(START_DATE, DATE, START_DATE)                                                                \
    X(END_DATE, DATE, END_DATE)                                                                    \
    X(DAYS, NUMBER, END_DATE)                                                                      \
    X(CONFLICT, FLAG, COUNT)                                                                       \
    X(BASIS, ENUM, COST_BASIS)                                                                     \
    X(RATE, ENUM, COST_BASIS)                                                                      \
    X(WAGE_HOURLY, ORE, WAGE_HOURLY)                                                               \
    X(WAGE_MONTHLY, ORE, WAGE_MONTHLY)                                                             \
    X(WAGE_HOLIDAY, BP, WAGE_HOLIDAY)                                                              \
    X(WAGE_PENSION, BP, WAGE_PENSION)                                                              \
    X(WAGE_OTHER, ORE, WAGE_OTHER)                                                                 \
    X(FEE_HOURLY, ORE, FEE_HOURLY)                                                                 \
    X(FEE_VAT, BP, FEE_VAT)                                                                        \
    X(UNIT, ORE, COUNT)                                                                            \
    X(TRAINING, ORE, TRAINING_COST)                                                                \
    X(NECESSITY, FLAG, TRAINING)                                                                   \
    X(OTHER_COST, ORE, OTHER_COST)                                                                 \
    X(OTHER_COSTS, NUMBER, OTHER)                                                                  \
    X(TARGET_GROUP, ENUM, TARGET_GROUP)                                                            \
    X(CLOSED_FROM, DATE, COUNT)                                                                    \
    X(COURSE_GRANTED_ON, DATE, COURSE_GRANTED_ON)                                                  \
    X(INTRODUCTION_PROGRAMME, FLAG, INTRODUCTION_PROGRAMME)                                        \
    X(DISCHARGE_RIGHT, FLAG, PSYCHIATRIC_DISCHARGE_RIGHT)                                          \
    X(EDUCATION_RIGHT, FLAG, COUNT)                                                                \
    X(EDUCATION_ADMISSION, DATE, EDUCATION_ADMISSION_DATE)                                         \
    X(RIGHT_FOUND, FLAG, COUNT)                                                                    \
    X(DECISIVE, ENUM, DECISIVE)                                                                    \
    X(BEYOND_NORMAL, ENUM, BEYOND_NORMAL)                                                          \
    X(COMPENSATES, FLAG, COMPENSATES)                                                              \
    X(GAP, NUMBER, COUNT)                                                                          \
    X(RENEWAL_REASONS, FLAG, RENEWAL_REASONS)                                                      \
    X(OVERLAPS, NUMBER, COUNT)                                                                     \
    X(ADVERSE_FACT, FLAG, ADVERSE_FACT)                                                            \
    X(REJECTS, NUMBER, COUNT)                                                                      \
    X(QUARANTINED, FLAG, COUNT)                                                                    \
    X(NEXT_LAW, DATE, COUNT)

enum look {
#define X(name, kind, field) LOOK_##name,
    LOOKS(X)
#undef X
    LOOK_COUNT
};

enum sight_kind {
    SIGHT_FLAG,   /* 0 or 1; of a text: whether it is given */
    SIGHT_ENUM,   /* the application's number; BASIS and RATE as core/application.h has them */
    SIGHT_NUMBER, /* DAYS and GAP in days, AGE in years, MINUTES_PER_WEEK in minutes, else a count
                   */
    SIGHT_ORE,
    SIGHT_BP,
    SIGHT_DATE, /* days */
};

enum {
    SIGHTS_MAX = 80, /* of one rule: D08 with 64 other costs */
};

/* A plain value. */
struct sight {
    uint8_t look;  /* enum look */
    uint8_t index; /* of OTHER_COST; 0 elsewhere */
    bool known;    /* value holds: it is there, and can be read */
    int64_t value;
    int64_t least; /* what the rule wants; INT64_MIN and INT64_MAX where it sets no bound */
    int64_t most;
    bool ends_only; /* least and most themselves, and nothing between */
};

enum sight_kind look_kind(enum look look);
/* FIELD_COUNT: no field of the application. */
enum field_id look_field(enum look look);

/*
 * What the rule looked at, in a fixed order; things that do not come up are left out (a wage's
 * parts where a fee is asked for). Returns how many. The decision's matter must still live.
 */
uint32_t
sights_of(const struct decision *decision, enum rule_id rule, struct sight sights[SIGHTS_MAX]);

/* The value is known and outside what the rule wants. */
bool sight_outside(const struct sight *sight);

/*
 * The rule found nothing because it reads an invalid field: the first of them among its sights; its
 * index, or -1. For a rule without a finding.
 */
int sight_silencing(const struct decision *decision,
                    enum rule_id rule,
                    const struct sight *sights,
                    uint32_t count);

#endif /* MENTOR_CORE_SIGHT_H */
