#ifndef PG_STORE_H
#define PG_STORE_H

/* Between the files of the worker's side: pg_store.c connects and takes, store_*.c are one port
 * call each. */

#include <stdbool.h>

#include "mentor/pg/pg.h"

#include "array.h"
#include "session.h"
#include "vault.h"

enum {
    STORE_ARRAYS = 24,  /* the widest statement, sql/write_decisions.sql */
    STORE_ORPHANS = 64, /* of more, the rest comes with the next take */
};

/* The data key of one citizen of the batch in hand, as read and as it will be. */
struct store_key {
    int64_t id_read; /* 0: none */
    int64_t id;
    bool used; /* it seals something in this batch: so its citizen's row must not have moved */
    bool has_wrapped;
    uint8_t key[SEAL_KEY_SIZE]; /* of `id`, once it is used */
    uint8_t wrapped[VAULT_WRAPPED_SIZE];
};

struct pg_store {
    struct pg_settings settings;
    const char *topic;
    const char *group;
    const struct pg_rulebook *rulebook;
    char *cluster;           /* owned; NULL before the first open */
    int32_t partition_count; /* as the last open gave it */
    int32_t known_count;     /* as the database had it then, with a growth under way */
    int64_t *ends;           /* owned: of that growth */
    char orphans[STORE_ORPHANS][STORE_ORPHAN_SIZE]; /* of the last take */
    uint32_t orphan_count;
    struct session session;
    struct vault vault;
    struct store_key *keys; /* owned: one a citizen that was read last, and one of nobody */
    uint32_t key_capacity;
    struct array arrays[STORE_ARRAYS]; /* free between two sends */
};

/* X(statement), each a file in sql/. */
#define STORE_STATEMENTS(X)                                                                        \
    X(begin)                                                                                       \
    X(commit)                                                                                      \
    X(take_insert)                                                                                 \
    X(lock_limit)                                                                                  \
    X(take)                                                                                        \
    X(orphans)                                                                                     \
    X(orphan_ended)                                                                                \
    X(recall_note)                                                                                 \
    X(recall_unseen)                                                                               \
    X(recall_ask)                                                                                  \
    X(recall_over)                                                                                 \
    X(take_evict)                                                                                  \
    X(tried)                                                                                       \
    X(resumed)                                                                                     \
    X(redriven)                                                                                    \
    X(read_clock)                                                                                  \
    X(read_rulebook)                                                                               \
    X(read_applications)                                                                           \
    X(read_citizens)                                                                               \
    X(read_armed_keys)                                                                             \
    X(write_progress)                                                                              \
    X(write_closings)                                                                              \
    X(write_applications)                                                                          \
    X(write_applications_new)                                                                      \
    X(write_citizens)                                                                              \
    X(write_citizens_new)                                                                          \
    X(write_citizens_gone)                                                                         \
    X(write_keys)                                                                                  \
    X(write_decisions)                                                                             \
    X(write_quarantines)                                                                           \
    X(write_ledger)                                                                                \
    X(write_evict)                                                                                 \
    X(unsent_decisions)                                                                            \
    X(unsent_quarantines)                                                                          \
    X(emitted)                                                                                     \
    X(growth_end)                                                                                  \
    X(growth_note)                                                                                 \
    X(growth_pass)                                                                                 \
    X(growth_ask)

enum store_statement {
#define X(name) STORE_##name,
    STORE_STATEMENTS(X)
#undef X
    STORE_STATEMENT_COUNT
};

/* Connected, checked and prepared, again when the connection was lost. ERR_FATAL before the first
 * open of the port. */
MUST_CHECK bool store_ready(struct pg_store *store, struct err *err);
MUST_CHECK bool store_send(struct pg_store *store,
                           enum store_statement statement,
                           const struct params *params,
                           struct err *err);

/* store_columns.c: the first `count` arrays, empty, of these types; and they as the statement's
 * next parameters. */
void store_columns(struct pg_store *store, const enum array_type *types, uint32_t count);
void store_put_columns(struct pg_store *store, struct params *params, uint32_t count);

/* store_seal.c: room for the keys of so many citizens; false: no memory. And none of them left. */
MUST_CHECK bool store_keys_reserve(struct pg_store *store, uint32_t count);
void store_keys_wipe(struct pg_store *store);

/* Ends our role's frozen sessions, which hold rows that a batch waits for (sql/write_evict.sql). */
MUST_CHECK bool store_evict_frozen(struct pg_store *store, struct err *err);

bool store_take(void *self, struct position *positions, uint32_t count, struct err *err);
const char *store_orphan(void *self, uint32_t index);
bool store_orphan_ended(void *self,
                        const struct position *positions,
                        uint32_t count,
                        const char *transactional_id,
                        struct err *err);
bool store_unseen(void *self, struct position *positions, uint32_t count, struct err *err);
/* store_recall.c */
bool store_undoing(void *self,
                   const char *transactional_id,
                   const struct undo_mark *marks,
                   uint32_t count,
                   struct err *err);
bool store_recalled(void *self, const struct position *position, struct err *err);
bool store_doubt(void *self, struct position *position, struct err *err);
bool store_tried(
    void *self, const struct position *position, int64_t offset, int32_t *tries, struct err *err);
bool store_resumed(
    void *self, const struct position *positions, uint32_t count, bool *resumed, struct err *err);
bool store_redriven(void *self, struct batch_closing *closings, uint32_t count, struct err *err);
bool store_read(void *self,
                const struct position *positions,
                struct batch_read *read,
                struct err *err);
bool store_rulebook(void *self,
                    const uint8_t sha256[SHA256_SIZE],
                    struct stored_rulebook *rulebook,
                    struct err *err);
bool store_write(void *self,
                 const struct position *positions,
                 const struct batch *batch,
                 struct err *err);
bool store_shadow(void *self, const struct shadow_report *report, struct err *err);
bool store_unsent(void *self,
                  const struct position *position,
                  int64_t from,
                  struct stored_output *outputs,
                  uint32_t *count,
                  struct err *err);
bool store_emitted(
    void *self, const struct position *positions, uint32_t count, bool release, struct err *err);
bool store_growth(
    void *self, const int64_t *ends, int32_t count, struct growth *growth, struct err *err);
bool store_growth_end(void *self, int32_t from, int32_t partition, int64_t offset, struct err *err);

#endif /* PG_STORE_H */
