#ifndef MENTOR_SRC_APP_REJUDGE_H
#define MENTOR_SRC_APP_REJUDGE_H

/* Private to app/: a stored decision made again by the worker's own code, from what was stored with
 * it. */

#include "mentor/app/judge.h"
#include "mentor/port/chronicle.h"

struct rejudge {
    const struct rulebook *rulebook;
    struct bytes topic;                 /* of the position it came from */
    const struct hmac_key *citizen_key; /* NULL: the stored citizen_ref stands */
    bool lean; /* only the decision is wanted: where no event came before it the request has no
                  digests, and what it leaves for its application has none either */
};

/* In the arena, and borrowed from the row. */
struct rejudged {
    struct record record; /* as it came; its key is not stored, and no decision depends on it */
    struct request request;
    struct application_row application; /* as the decision left it */
    struct citizen_row citizen;         /* likewise */
    struct judgement judgement;
    struct bytes trace;
};

/* NULL, or why it cannot be made again; the text holds nothing of the record. */
const char *rejudge(const struct rejudge *given,
                    const struct chronicle_decision *row,
                    struct arena *arena,
                    struct rejudged *out);

/* The stored input as it came, but for its key, which is not stored; borrows from the row. False:
 * the payload is not whole, or its headers cannot be read. */
MUST_CHECK bool rejudge_record(const struct archived_decision *archived,
                               struct arena *arena,
                               struct record *record);

/* The first half: the stored input read again. *request borrows from *record and the row. NULL, or
 * why not. Of `given` only citizen_key and lean count. */
const char *rejudge_request(const struct archived_decision *archived,
                            const struct rejudge *given,
                            struct arena *arena,
                            struct record *record,
                            struct request *request);

/* What a decision left, by what is stored beside its payload: in the arena, or borrowed from the
 * row. Of its application, the events up to its own; false: the row does not keep them. Of its
 * citizen, the periods. */
MUST_CHECK bool rejudge_left_events(const struct chronicle_decision *row, struct bytes *events);
struct bytes rejudge_left_periods(const struct chronicle_decision *row, struct arena *arena);

/* What a stored row has of a decision: X(name, "as people call it"). */
#define REJUDGE_PARTS(X)                                                                           \
    X(OUTPUT, "output")                                                                            \
    X(DECISION_ID, "decision id")                                                                  \
    X(APPLICATION_ID, "application id")                                                            \
    X(VERSION, "version")                                                                          \
    X(CITIZEN_REF, "citizen_ref")                                                                  \
    X(OUTCOME, "outcome")                                                                          \
    X(AMOUNT, "amount")                                                                            \
    X(PERIOD, "period")                                                                            \
    X(CONFLICT, "mark of a conflict")                                                              \
    X(LATENESS, "lateness")                                                                        \
    X(TRACE, "trace")

enum rejudge_part {
#define X(name, text) REJUDGE_##name,
    REJUDGE_PARTS(X)
#undef X
    REJUDGE_PART_COUNT
};

/* The parts that the stored row has otherwise than what was made: a bit 1 << part each, 0 for
 * none. citizen_ref only with a citizen_key. */
uint32_t rejudge_compare(const struct rejudge *given,
                         const struct chronicle_decision *row,
                         const struct rejudged *made);
/* Of the first one set; `parts` is not 0. */
const char *rejudge_part_name(uint32_t parts);

#endif /* MENTOR_SRC_APP_REJUDGE_H */
