#ifndef MENTOR_APP_OUTCOME_H
#define MENTOR_APP_OUTCOME_H

/* What is stored, as the record that is sent: the same bytes the first time and every time after.
 */

#include "mentor/port/record.h"
#include "mentor/port/store.h"

struct arena;
struct batch_decision;
struct batch_entry;
struct batch_quarantine;

/* Where records come from, for DLQ headers. */
struct outcome_source {
    struct bytes topic;
    int32_t partition;
};

/* A decision or DLQ record as it is sent. Headers lie in the arena, the rest is borrowed. false:
 * full, or a stored row was altered so that it is none. */
MUST_CHECK bool outcome_record(const struct stored_output *output,
                               const struct outcome_source *source,
                               struct arena *arena,
                               struct record *record);

/* Which record of `topic` this one of an output topic comes of; false: of none, or of another
 * topic's. */
MUST_CHECK bool
outcome_origin(const struct record *output, const char *topic, int32_t *partition, int64_t *offset);

/* The event type of an outcome. */
const char *outcome_type(enum outcome outcome);

/* The batch's own, as they are stored. */
struct stored_output outcome_of_decision(const struct batch_decision *decision, int64_t offset);
struct stored_output outcome_of_quarantine(const struct batch_quarantine *quarantine,
                                           const struct batch_entry *entry);

#endif /* MENTOR_APP_OUTCOME_H */
