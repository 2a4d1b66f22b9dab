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

/* The first half: the stored input read again. *request borrows from *record and the row. NULL, or
 * why not. */
const char *rejudge_request(const struct archived_decision *archived,
                            const struct hmac_key *citizen_key,
                            struct arena *arena,
                            struct record *record,
                            struct request *request);

#endif /* MENTOR_SRC_APP_REJUDGE_H */
