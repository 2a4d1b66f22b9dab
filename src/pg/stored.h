#ifndef PG_STORED_H
#define PG_STORED_H

/* Rows of decision and quarantine as the ports hand them out; borrowed from the result. */

#include <libpq-fe.h>

#include "mentor/port/store.h"

enum {
    STORED_COLUMNS = 9, /* of a decision: sql/unsent_decisions.sql and sql/archive_decisions.sql
                           begin with the same */
};

struct stored_output stored_decision(const PGresult *rows, int row);

/* By its stable id; an id that only a newer version knows reads as REASON_RECORD_FAILED. */
enum reason stored_reason(const char *id);

#endif /* PG_STORED_H */
