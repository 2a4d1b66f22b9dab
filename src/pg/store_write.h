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

/* The store's first `count` arrays, empty, of these types. */
void write_columns(const struct write *write, const enum array_type *types, uint32_t count);
/* Sends the statement with these parameters and the first `count` arrays after them. */
MUST_CHECK bool write_send(const struct write *write,
                           enum store_statement statement,
                           struct params *params,
                           uint32_t count,
                           struct err *err);

/* store_rows.c: applications, then citizens. */
MUST_CHECK bool write_rows(const struct write *write, struct err *err);
/* store_records.c */
MUST_CHECK bool write_decisions(const struct write *write, struct err *err);
MUST_CHECK bool write_quarantines(const struct write *write, struct err *err);
MUST_CHECK bool write_ledger(const struct write *write, struct err *err);
/* store_redrive.c */
MUST_CHECK bool write_closings(const struct write *write, struct err *err);

#endif /* PG_STORE_WRITE_H */
