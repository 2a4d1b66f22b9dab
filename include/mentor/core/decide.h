#ifndef MENTOR_CORE_DECIDE_H
#define MENTOR_CORE_DECIDE_H

/*
 * The core: (event, history, rulebook, evaluated_at) to a decision. Pure: no allocation, clock, I/O
 * or globals, so that the worker, `decide`, the replayer and the fuzzers all get the same answer,
 * years later too.
 */

#include <stdbool.h>
#include <stdint.h>

#include "mentor/base/bytes.h"
#include "mentor/base/sha256.h"
#include "mentor/base/uuid.h"
#include "mentor/core/finding.h"
#include "mentor/core/history.h"
#include "mentor/core/price.h"

struct application;
struct law;
struct rulebook;

/* Rises when the same facts would be decided otherwise; stored with each decision. */
#define CORE_VERSION 1

/* Numbered as mentor.v1.Outcome. */
enum outcome {
    OUTCOME_NONE,
    OUTCOME_IS_APPROVED,
    OUTCOME_IS_REJECTED,
    OUTCOME_IS_REFERRED,
};

/* Everything a decision depends on. Borrowed for the call; the decision borrows application,
 * rulebook and law. */
struct matter {
    const struct application *application;
    const struct rulebook *rulebook;
    const struct law *law; /* in force on the decision date; never NULL */
    uint8_t event_key[EVENT_KEY_SIZE];
    uint8_t citizen_ref[CITIZEN_REF_SIZE];
    int64_t evaluated_at_ms;
    struct bytes periods; /* the citizen's state, history.h */
    bool conflict;        /* D06 */
    bool quarantined;     /* Q01 */
    bool superseding;     /* a version before this one is decided */
    uint8_t supersedes[UUID_SIZE];
};

struct decision {
    const struct matter *matter;
    uint8_t decision_id[UUID_SIZE];
    enum outcome outcome;
    bool by_right;
    int32_t decision_date;
    struct findings findings;
    bool has_frame;
    bool indicative;
    struct frame frame;
    bool has_period;
    int32_t start;
    int32_t end;
    int32_t latest_end;
    int32_t complaint_deadline;
    bool municipality_valid; /* only then is it copied */
    bool cvr_valid;
    bool p_number_valid; /* given and valid */
};

/* Fills *decision. The matter and what it borrows must live as long as the decision is read. */
void decide(const struct matter *matter, struct decision *decision);

/* The id of a decision (contract.md § 1): the same event evaluated at the same time has the same on
 * every machine. */
void decision_id_of(const uint8_t application_id[UUID_SIZE],
                    uint32_t version,
                    const uint8_t event_key[EVENT_KEY_SIZE],
                    int64_t evaluated_at_ms,
                    uint8_t id[UUID_SIZE]);

#endif /* MENTOR_CORE_DECIDE_H */
