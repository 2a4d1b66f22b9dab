#ifndef MENTOR_SRC_APP_DECIDER_H
#define MENTOR_SRC_APP_DECIDER_H

/*
 * Private to app/: lines of CloudEvents decided by the worker's own code, with no Kafka and no
 * PostgreSQL. Lines are one stream: what an earlier one granted is history for a later one.
 */

#include <stdbool.h>
#include <stdint.h>

#include "mentor/base/arena.h"
#include "mentor/base/bytes.h"
#include "mentor/base/check.h"
#include "mentor/base/clock.h"
#include "mentor/base/sha256.h"
#include "mentor/core/status.h"
#include "mentor/port/record.h"

#include "keeper.h"

struct judge;
struct judgement;
struct request;
struct rulebook;

/* When a line is evaluated. */
enum moment {
    MOMENT_NOW,
    MOMENT_EVENT, /* the line's time; now when it has none */
    MOMENT_FIXED,
};

struct decider {
    /* given */
    const struct rulebook *rulebook;
    struct hmac_key citizen_key;
    struct clock clock;
    enum moment moment;
    int64_t fixed_ms;

    /* ours */
    struct keeper applications;
    struct keeper citizens;
    struct arena arena; /* owned; rewound by each line */
    struct arena json;  /* likewise, what jansson takes */
};

enum {
    VERDICT_WHY_SIZE = 256,
};

/* What became of a line. Records live until the next line. */
struct verdict {
    enum reason reason; /* REASON_NONE: decided, and `record` is the outcome as it is sent */
    char why[VERDICT_WHY_SIZE]; /* more than the reason says; may be "" */
    struct record input; /* as a Kafka record would have been; headers only when it could be read */
    struct record record;
};

/* Begins; false: no memory. Until decider_release() jansson takes its memory from here. */
MUST_CHECK bool decider_init(struct decider *decider);
void decider_release(struct decider *decider);

void decider_line(struct decider *decider, struct bytes line, struct verdict *verdict);

/* The two halves of it, for who judges otherwise. Read: verdict->reason REASON_NONE: *request may
 * be decided; it lives until the next line. */
void decider_read(struct decider *decider,
                  struct bytes line,
                  int64_t now_ms,
                  struct request *request,
                  struct verdict *verdict);
/* By the judge's rulebook and time; what it decides is history for the lines after it. */
void decider_judge(struct decider *decider,
                   const struct request *request,
                   const struct judge *judge,
                   struct judgement *judgement,
                   struct verdict *verdict);

#endif /* MENTOR_SRC_APP_DECIDER_H */
