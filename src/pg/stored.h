#ifndef PG_STORED_H
#define PG_STORED_H

/* Rows of decision and quarantine as the ports hand them out; borrowed from the result. */

#include "mentor/port/archive.h"
#include "mentor/port/store.h"

#include "vault.h"

enum {
    STORED_COLUMNS = 9, /* of a decision: sql/unsent_decisions.sql, sql/archive_decisions.sql and
                           sql/chronicle_decision*.sql begin with the same */
    STORED_ARCHIVED_COLUMNS = STORED_COLUMNS + 17, /* and the last three go on with the same */
    STORED_PAYLOAD_COLUMNS = 6, /* progress id and what its data key and erasure say */
    STORED_REFUSAL_COLUMNS = 1 + STORED_PAYLOAD_COLUMNS, /* what all statements on quarantine end
                                                            with: of whom its key is, and those */
};

/* Whose payload it is, and where it lies beside its progress id. */
struct stored_place {
    enum vault_table table;
    int64_t offset;
    struct bytes citizen_ref; /* of the key; may be empty */
};

/* A payload, out of its last columns, STORED_PAYLOAD_COLUMNS: *headers and *value are given as
 * stored. Opens what is sealed; that lives until vault_drop. */
struct payload stored_payload(struct vault *vault,
                              const struct stored_place *at,
                              const struct bytes *fields,
                              struct bytes *headers,
                              struct bytes *value);

/* A row's fields in the order of its columns; those that are none are repaired, and `damaged` names
 * one. */
struct stored_output stored_decision(struct bytes *fields);
/* Opens what is sealed; that lives until vault_drop. */
struct archived_decision stored_archived(struct vault *vault, struct bytes *fields);
/* A refused record's payload, out of the last columns, STORED_REFUSAL_COLUMNS: *headers and *value
 * are given as stored. */
struct payload stored_refusal(struct vault *vault,
                              const struct bytes *fields,
                              int64_t offset,
                              struct bytes *headers,
                              struct bytes *value);

/* By its stable id; an id that only a newer version knows reads as REASON_RECORD_FAILED. */
enum reason stored_reason(const char *id);
enum quarantine_state stored_state(const char *text);

#endif /* PG_STORED_H */
