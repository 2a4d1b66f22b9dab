#ifndef TESTS_PG_TRIAL_H
#define TESTS_PG_TRIAL_H

/* A throwaway database in the server of MENTORD_TEST_DATABASE_URL, stores on it, and batches to
 * write. */

#include <stdbool.h>
#include <stdint.h>

#include <libpq-fe.h>

#include "mentor/base/err.h"
#include "mentor/pg/pg.h"

enum {
    TRIAL_URL_SIZE = 1024,
    TRIAL_ENTRIES_MAX = 300,
};

/* Exit status 77 from main() when there is no server to test against. */
bool trial_has_server(void);

/* Makes an empty database, over one of the same name. */
void trial_database(const char *name);
void trial_database_drop(const char *name);
/* How `user` reaches it; NULL: the superuser. Borrowed until the next call. */
const char *trial_url(const char *user);
/* As trial_database, and migrated. */
void trial_migrated(const char *name);

/* Empties every table but meta and schema_version: a test's setup. */
int trial_clear(void **state);

/* Of a group that has the migrated database mentord_trial to itself: its setup and teardown. */
int trial_begin(void **state);
int trial_end(void **state);
/* Its tests as main()'s exit status; 77 without a server. */
#define TRIAL_RUN(name, tests)                                                                     \
    (trial_has_server() ? cmocka_run_group_tests_name("pg/" name, (tests), trial_begin, trial_end) \
                        : 77)

/* As the superuser. An SQL error fails the test. */
void trial_sql(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The first field of the first row as text; "" when there is none. Borrowed until the next call. */
const char *trial_ask(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The SQLSTATE that one statement ends with as `user`; "00000" when it is done. Borrowed until the
 * next call. */
const char *trial_sqlstate(const char *user, const char *sql);
/* A connection of one's own. */
PGconn *trial_connect(const char *user, const char *application_name);

struct trial_store {
    struct pg_store *handle;
    struct store port;
};

extern const struct pg_rulebook trial_rulebook;

/* Opened as mentord_worker on cluster "c", topic "in", group "g", 4 partitions. */
struct trial_store trial_store(const char *owner);
/* The same with a master key, SEAL_KEY_SIZE bytes; NULL: none. */
struct trial_store trial_store_sealed(const char *owner, const uint8_t *master_key);
struct trial_store trial_store_transactional(const char *owner, const char *transactional_id);
void trial_store_close(struct trial_store *store);
/* One partition, taken. */
struct position trial_take(struct trial_store *store, int32_t partition);

/* One batch of one partition. Records are added, then it is read, decided trivially and written. */
struct trial_batch {
    struct position *position;
    struct batch batch;
    struct batch_range range;
    struct application_row applications[TRIAL_ENTRIES_MAX];
    struct citizen_row citizens[TRIAL_ENTRIES_MAX];
    struct batch_entry entries[TRIAL_ENTRIES_MAX];
    struct record records[TRIAL_ENTRIES_MAX];
    struct batch_decision decisions[TRIAL_ENTRIES_MAX];
    struct batch_quarantine quarantines[TRIAL_ENTRIES_MAX];
    uint8_t states[2][TRIAL_ENTRIES_MAX][HISTORY_EVENT_SIZE];
};

void trial_batch_begin(struct trial_batch *trial, struct position *position);
/* Application and citizen are numbers, rising within a batch; outputs are "out OFFSET". */
void trial_decided(struct trial_batch *trial, uint8_t application, uint8_t citizen);
/* Goes to quarantine with key `key` (NULL: none), arming citizen `citizen` (0: none known). */
void trial_refused(struct trial_batch *trial, const char *key, uint8_t citizen);
void trial_missing(struct trial_batch *trial, enum fate fate, int64_t count);
bool trial_read(struct trial_store *store, struct trial_batch *trial, struct err *err);
/* Counts up what was read, with one event and one period a row. */
void trial_decide(struct trial_batch *trial);
/* Makes it ready to be written; trial_write does so itself. Lives until the next one. */
void trial_link(struct trial_batch *trial, const struct position *positions);
/* Moves *position on when it is written. */
bool trial_write(struct trial_store *store, struct trial_batch *trial, struct err *err);
/* All three, which must be done. */
void trial_store_batch(struct trial_store *store, struct trial_batch *trial);

void trial_id(uint8_t number, uint8_t id[UUID_SIZE]);

#define ASSERT_DONE(call)                                                                          \
    do {                                                                                           \
        struct err done_err = {0};                                                                 \
        struct err *err = &done_err;                                                               \
        if (!(call)) {                                                                             \
            fail_msg("%s: kind %d: %s", #call, done_err.kind, done_err.text);                      \
        }                                                                                          \
    } while (0)

#define ASSERT_FAILS(kind_, call)                                                                  \
    do {                                                                                           \
        struct err fails_err = {0};                                                                \
        struct err *err = &fails_err;                                                              \
        if (call) {                                                                                \
            fail_msg("%s: done", #call);                                                           \
        }                                                                                          \
        if (fails_err.kind != (kind_)) {                                                           \
            fail_msg("%s: kind %d: %s", #call, fails_err.kind, fails_err.text);                    \
        }                                                                                          \
    } while (0)

#endif /* TESTS_PG_TRIAL_H */
