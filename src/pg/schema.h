#ifndef PG_SCHEMA_H
#define PG_SCHEMA_H

/* The migrations that this binary has, and whether a database has the same. */

#include <stdbool.h>
#include <stdint.h>

#include "mentor/base/check.h"
#include "mentor/base/sha256.h"

struct err;
struct session;

enum {
    MIGRATIONS_MAX = 256,
    MIGRATION_TIME_SIZE = 40,
};

struct migration {
    const char *name; /* 0001_tables */
    const char *sql;
};

/* In the order they are applied. */
uint32_t schema_migrations(const struct migration **migrations);
void schema_digest(const struct migration *migration, uint8_t sha256[SHA256_SIZE]);

/* What a database has, compared with what this binary has. */
struct schema_state {
    uint32_t applied; /* the first so many of ours are there, unaltered */
    char applied_at[MIGRATIONS_MAX][MIGRATION_TIME_SIZE]; /* of each of them */
};

/*
 * Reads schema_version; none at all is 0 applied. ERR_FATAL when one that is applied has been
 * altered since, or is unknown to this binary: the database is newer.
 */
MUST_CHECK bool schema_read(struct session *session, struct schema_state *state, struct err *err);
/* ERR_FATAL unless all of ours are applied. */
MUST_CHECK bool schema_check(struct session *session, struct err *err);

#endif /* PG_SCHEMA_H */
