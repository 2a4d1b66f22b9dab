#ifndef MENTOR_CORE_HISTORY_H
#define MENTOR_CORE_HISTORY_H

/*
 * What earlier decisions mean for the next one: the rows `application` and `citizen`, one per key,
 * as bytes that only this file reads and writes. Both are projections: recomputable from the
 * decisions.
 *
 * All state is borrowed; a new state is written to memory that the caller gives, *_SIZE larger than
 * the old at most.
 */

#include <stdbool.h>
#include <stdint.h>

#include "mentor/base/bytes.h"
#include "mentor/base/sha256.h"
#include "mentor/base/uuid.h"

enum {
    EVENT_KEY_SIZE = 16,
    CITIZEN_REF_SIZE = 16,
    HISTORY_EVENT_SIZE =
        16 + 32 + 4 + 1 + 8 + 8 + 4,  /* one decided event in an application's state */
    HISTORY_PERIOD_SIZE = 16 + 4 + 4, /* one granted period in a citizen's state */
};

/* A decided event of an application. */
struct history_event {
    uint8_t event_key[EVENT_KEY_SIZE];
    uint8_t content[SHA256_SIZE]; /* digest of the canonical message */
    uint32_t version;
    bool conflict; /* decided as D06: not the decided version */
    int64_t evaluated_at_ms;
    int64_t batch; /* where the decision row is */
    int32_t index;
};

/* One citizen's granted period from the newest decided version of one application. */
struct history_period {
    uint8_t application_id[UUID_SIZE];
    int32_t start; /* days */
    int32_t end;   /* counted */
};

uint32_t history_event_count(struct bytes state);
struct history_event history_event_at(struct bytes state, uint32_t index);
/* `to` holds state.size + HISTORY_EVENT_SIZE bytes and may be state.data's own buffer. */
struct bytes
history_event_append(struct bytes state, const struct history_event *event, uint8_t *to);

uint32_t history_period_count(struct bytes state);
struct history_period history_period_at(struct bytes state, uint32_t index);
/*
 * What one decided version leaves: its period when approved, none otherwise, in place of what an
 * earlier version of the application left. `to` holds state.size + HISTORY_PERIOD_SIZE bytes and
 * overlaps nothing.
 */
struct bytes history_period_settle(struct bytes state,
                                   const struct history_period *period,
                                   bool approved,
                                   uint8_t *to);

/* A stored state of another length or form: somebody else's bytes. */
MUST_CHECK bool history_events_valid(struct bytes state);
MUST_CHECK bool history_periods_valid(struct bytes state);

#endif /* MENTOR_CORE_HISTORY_H */
