#ifndef PG_CHRONICLE_H
#define PG_CHRONICLE_H

/* Between the files of audit's and replay's side: pg_chronicle.c holds the moment, chronicle_*.c
 * read its rows. */

#include <stdbool.h>

#include "mentor/pg/pg.h"
#include "mentor/port/chronicle.h"

#include "field.h"
#include "session.h"
#include "vault.h"

enum {
    CHRONICLE_MOMENT_SIZE = 64,
    CHRONICLE_MESSAGES_MAX = 1024, /* rows of a copy handed out at once */
};

struct partition_of {
    int64_t progress_id;
    int32_t partition;
};

struct pg_chronicle {
    struct pg_settings settings;
    struct session session;
    struct vault vault;
    char moment[CHRONICLE_MOMENT_SIZE];
    void *rows; /* what the last call handed out */
    size_t rows_size;
    struct partition_of *partitions; /* owned; by progress id, as of the moment */
    uint32_t partition_count;
    struct chronicle_selection selection;
    bool copy_begins;                           /* its header comes with the first row */
    void *messages[CHRONICLE_MESSAGES_MAX + 1]; /* owned; of the page handed out last, and the
                                                   trailer */
    uint32_t message_count;
};

/* X(statement), each a file in sql/, chronicle_ before it. */
#define CHRONICLE_STATEMENTS(X)                                                                    \
    X(planner)                                                                                     \
    X(facts)                                                                                       \
    X(positions)                                                                                   \
    X(rulebooks)                                                                                   \
    X(between)                                                                                     \
    X(slice)                                                                                       \
    X(next_batch)                                                                                  \
    X(batches)                                                                                     \
    X(ranges)                                                                                      \
    X(refusals)                                                                                    \
    X(disorders)                                                                                   \
    X(misarmed)                                                                                    \
    X(loose_ends)                                                                                  \
    X(guards)

enum chronicle_statement {
#define X(name) CHRONICLE_##name,
    CHRONICLE_STATEMENTS(X)
#undef X
    CHRONICLE_STATEMENT_COUNT
};

/* One statement, one flush; NULL: *err. The result lives until the next call. */
MUST_CHECK const PGresult *chronicle_ask(struct pg_chronicle *chronicle,
                                         enum chronicle_statement statement,
                                         const struct params *params,
                                         struct err *err);
/* The same for a question about all rows: its plan may scan and hash. */
MUST_CHECK const PGresult *chronicle_search(struct pg_chronicle *chronicle,
                                            enum chronicle_statement statement,
                                            const struct params *params,
                                            struct err *err);
/* Room for the rows that a call hands out; the call before it ends here. NULL: *err. */
MUST_CHECK void *
chronicle_hand_out(struct pg_chronicle *chronicle, int count, size_t size, struct err *err);

/*
 * chronicle_copy.c: a COPY and its rows, of so many fields; data NULL is null. 1: *fields lie in a
 * message that lives until the page is dropped; 0: the end; -1: *err.
 */
MUST_CHECK bool
chronicle_copy(struct pg_chronicle *chronicle, const struct statement *copy, struct err *err);
MUST_CHECK int chronicle_copy_next(struct pg_chronicle *chronicle,
                                   struct bytes *fields,
                                   int count,
                                   struct err *err);
void chronicle_copy_drop(struct pg_chronicle *chronicle);

/* -1: of no known position. */
int32_t chronicle_partition_of(const struct pg_chronicle *chronicle, int64_t progress_id);

/* chronicle_decisions.c, chronicle_cases.c, chronicle_ledger.c, chronicle_rows.c:
 * port/chronicle.h's. */
bool chronicle_facts(void *self, struct chronicle_facts *facts, struct err *err);
bool chronicle_positions(void *self,
                         const struct chronicle_position **rows,
                         uint32_t *count,
                         struct err *err);
bool chronicle_rulebooks(void *self,
                         const struct chronicle_rulebook **rows,
                         uint32_t *count,
                         struct err *err);
void chronicle_select(void *self, const struct chronicle_selection *selection);
bool chronicle_decisions(void *self, int64_t batch, int64_t batch_end, struct err *err);
bool chronicle_more(void *self,
                    const struct chronicle_decision **rows,
                    uint32_t *count,
                    struct err *err);
bool chronicle_cases(void *self, const struct chronicle_slice *slice, struct err *err);
bool chronicle_more_cases(void *self,
                          const struct chronicle_case **rows,
                          uint32_t *count,
                          struct err *err);
bool chronicle_next_batch(void *self, int64_t from, int64_t *batch, struct err *err);
bool chronicle_batches(void *self,
                       int64_t batch,
                       int64_t batch_end,
                       const struct chronicle_range **rows,
                       uint32_t *count,
                       struct err *err);
bool chronicle_ranges(void *self,
                      const struct chronicle_place *after,
                      const struct chronicle_range **rows,
                      uint32_t *count,
                      struct err *err);
bool chronicle_refusals(void *self,
                        int64_t progress_id,
                        int64_t offset,
                        const struct chronicle_refusal **rows,
                        uint32_t *count,
                        struct err *err);
bool chronicle_applications(void *self, struct err *err);
bool chronicle_citizens(void *self, struct err *err);
bool chronicle_repeated(void *self, struct err *err);
bool chronicle_more_rows(void *self,
                         const struct chronicle_row **rows,
                         uint32_t *count,
                         struct err *err);
bool chronicle_disorders(void *self,
                         const struct chronicle_oddity **rows,
                         uint32_t *count,
                         struct err *err);
bool chronicle_loose_ends(void *self,
                          const struct chronicle_end **rows,
                          uint32_t *count,
                          struct err *err);
bool chronicle_guards(void *self, const char **missing, struct err *err);
bool chronicle_misarmed(void *self,
                        const struct chronicle_oddity **rows,
                        uint32_t *count,
                        struct err *err);

#endif /* PG_CHRONICLE_H */
