#ifndef PG_STORED_H
#define PG_STORED_H

/* Rows of decision and quarantine as the ports hand them out; borrowed from the result. */

#include "mentor/port/archive.h"
#include "mentor/port/store.h"

enum {
    STORED_COLUMNS = 9, /* of a decision: sql/unsent_decisions.sql, sql/archive_decisions.sql and
                           sql/chronicle_decision*.sql begin with the same */
    STORED_ARCHIVED_COLUMNS = STORED_COLUMNS + 11, /* and the last three go on with the same */
};

/* A row's fields in the order of its columns. */
struct stored_output stored_decision(const struct bytes *fields);
struct archived_decision stored_archived(const struct bytes *fields);

/* By its stable id; an id that only a newer version knows reads as REASON_RECORD_FAILED. */
enum reason stored_reason(const char *id);
enum quarantine_state stored_state(const char *text);

#endif /* PG_STORED_H */
