#ifndef PG_STORE_WRITE_H
#define PG_STORE_WRITE_H

/* Between store_write.c and the files that send one kind of row each. Nothing is sent for no rows.
 */

#include "store.h"

struct write {
    struct pg_store *store;
    const struct position *positions;
    const struct batch *batch;
};

/* Sends the statement with these parameters and the first `count` arrays after them. */
MUST_CHECK bool write_send(const struct write *write,
                           enum store_statement statement,
                           struct params *params,
                           uint32_t count,
                           struct err *err);

/*
 * store_seal.c: before the rows, which data keys the batch needs, and the ids of those that are not
 * there; after them, while the server is at work on them, makes those and sends them. Nothing to do
 * without a master key. ERR_HALT when one does not open.
 */
void write_keys_numbered(const struct write *write);
MUST_CHECK bool write_keys(const struct write *write, struct err *err);
/* A payload's columns: the id of its key, its headers and its value, each behind what is there. In
 * clear without a master key; `citizen` UINT32_MAX: nobody's. */
struct write_payload {
    struct vault_place place;
    uint32_t citizen;
    struct bytes headers;
    struct bytes value;
    bool has_value;
};
void write_payload(const struct write *write,
                   const struct write_payload *payload,
                   struct array *key_id,
                   struct array *headers,
                   struct array *value);
/* store_rows.c: applications, then citizens. */
MUST_CHECK bool write_rows(const struct write *write, struct err *err);
/* store_records.c */
MUST_CHECK bool write_decisions(const struct write *write, struct err *err);
MUST_CHECK bool write_quarantines(const struct write *write, struct err *err);
MUST_CHECK bool write_ledger(const struct write *write, struct err *err);
/* store_redrive.c */
MUST_CHECK bool write_closings(const struct write *write, struct err *err);

#endif /* PG_STORE_WRITE_H */
