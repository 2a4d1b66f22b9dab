#ifndef MENTOR_APP_JUDGE_H
#define MENTOR_APP_JUDGE_H

/*
 * A request and the state its application and citizen are in: the rest of the disposition table,
 * and the decision. The same code for the worker, `decide` and every replay.
 */

#include <stdbool.h>
#include <stdint.h>

#include "mentor/app/request.h"
#include "mentor/core/decide.h"
#include "mentor/port/batch.h"

struct arena;
struct rulebook;

/* What one judgement needs beside the request. */
struct judge {
    const struct rulebook *rulebook;
    struct bytes topic; /* empty for a file */
    int64_t evaluated_at_ms;
    int64_t batch; /* where the decision will be stored */
    int32_t index;
    bool key_armed; /* Q01 by the record's key */
};

struct judgement {
    struct matter matter;
    struct decision decision;
    struct bytes periods; /* history considered: the citizen's state as it was */
    struct bytes output;  /* Decision, protobuf */
};

/*
 * REASON_NONE: decided; *judgement is filled and both rows have moved to what the next request must
 * see. Otherwise why not, and the rows are as they were. The request's reason is REASON_NONE. New
 * states and the output are in the arena; RECORD_FAILED: it is full.
 */
enum reason judge_request(const struct judge *judge,
                          const struct request *request,
                          struct application_row *application,
                          struct citizen_row *citizen,
                          struct arena *arena,
                          struct judgement *judgement);

/* The headers that an outcome carries over, packed in the arena; empty when none. false: full. */
MUST_CHECK bool
judge_trace(const struct request *request, struct arena *arena, struct bytes *trace);

#endif /* MENTOR_APP_JUDGE_H */
