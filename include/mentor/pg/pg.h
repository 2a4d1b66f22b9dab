#ifndef MENTOR_PG_PG_H
#define MENTOR_PG_PG_H

/* PostgreSQL, 14 or later. All texts are borrowed and outlive what is opened with them. */

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "mentor/base/bytes.h"
#include "mentor/base/check.h"
#include "mentor/base/sha256.h"
#include "mentor/port/archive.h"
#include "mentor/port/chronicle.h"
#include "mentor/port/store.h"

struct err;

struct pg_settings {
    const char *url;   /* all that libpq takes; NULL or "": libpq's PG variables */
    const char *owner; /* host/pid of this worker, for progress and application_name */
    const char *life;  /* of this process, and of no other ever: a host/pid comes again, in
                          a container at each start; for the worker's side alone */
    const char *transactional_id; /* of this worker's producer, for progress; NULL: it has none */
    const uint8_t *master_key;    /* SEAL_KEY_SIZE bytes, borrowed; NULL: nothing is sealed, nothing
                                     sealed is read */
    const uint8_t *new_master_key; /* likewise; NULL, or the one that it is being changed to: what
                                      either wraps is read */
};

struct pg_rulebook {
    const char *name;
    const char *version;
    uint8_t sha256[SHA256_SIZE];
    struct bytes yaml;
};

/*
 * pg_store.c: the worker's side. Does not connect: the first open() of the port does, and every
 * call after a lost connection does again. Never blocks for ever: keepalives, tcp_user_timeout,
 * connect_timeout, lock_timeout.
 */
struct pg_store;
MUST_CHECK struct pg_store *pg_store_open(const struct pg_settings *settings,
                                          const char *topic,
                                          const char *group,
                                          const struct pg_rulebook *rulebook,
                                          struct err *err);
void pg_store_close(struct pg_store **store);
struct store pg_store_port(struct pg_store *store);
/* Whether the database was made by `db migrate --demo`; asks it. */
MUST_CHECK bool pg_store_demo(struct pg_store *store, bool *demo, struct err *err);

/* pg_archive.c: a person's side; connects. */
struct pg_archive;
MUST_CHECK struct pg_archive *pg_archive_open(const struct pg_settings *settings, struct err *err);
void pg_archive_close(struct pg_archive **archive);
struct archive pg_archive_port(struct pg_archive *archive);

/* pg_chronicle.c: all that is stored, as of one moment; connects. `moment` NULL: now; else
 * another's, which must still be open. */
struct pg_chronicle;
MUST_CHECK struct pg_chronicle *
pg_chronicle_open(const struct pg_settings *settings, const char *moment, struct err *err);
void pg_chronicle_close(struct pg_chronicle **chronicle);
struct chronicle pg_chronicle_port(struct pg_chronicle *chronicle);

/*
 * migrate.c: schema forward only, one transaction a migration, safe to run twice and at the same
 * time (an advisory lock). Roles are made when absent; without the right to, the statements to run
 * are printed to `out` and it is ERR_FATAL. Prints a line a migration.
 */
MUST_CHECK bool
pg_migrate(const struct pg_settings *settings, bool demo, FILE *out, struct err *err);
/* Prints the migrations with when they were applied; *current: all that this binary has, and none
 * it does not know. */
MUST_CHECK bool pg_migrate_status(
    const struct pg_settings *settings, bool json, FILE *out, bool *current, struct err *err);

#endif /* MENTOR_PG_PG_H */
