#include "schema.h"

#include <stdio.h>

#include "mentor/base/err.h"

#include "field.h"
#include "migrations_embedded.h"
#include "session.h"
#include "sql_embedded.h"

static const struct migration known[] = {
#define X(stem, name) {name, sql_##stem},
    MIGRATIONS_EMBEDDED_FILES(X)
#undef X
};

enum {
    MIGRATION_COUNT = sizeof(known) / sizeof(known[0]),
};

uint32_t schema_migrations(const struct migration **migrations)
{
    _Static_assert((int)MIGRATION_COUNT <= (int)MIGRATIONS_MAX, "raise MIGRATIONS_MAX");
    *migrations = known;
    return MIGRATION_COUNT;
}

void schema_digest(const struct migration *migration, uint8_t sha256[SHA256_SIZE])
{
    sha256_of(bytes_text(migration->sql), sha256);
}

static bool compare(const PGresult *rows, struct schema_state *state, struct err *err)
{
    for (int row = 0; row < PQntuples(rows); row++) {
        const char *name = field_text(rows, row, 0);
        if (row >= MIGRATION_COUNT || strcmp(name, known[row].name) != 0) {
            return err_set(
                err,
                ERR_FATAL,
                "the database has migration %s, which this mentord does not know: use a newer mentord",
                name);
        }
        uint8_t digest[SHA256_SIZE];
        schema_digest(&known[row], digest);
        if (!bytes_equal(field_bytes(rows, row, 1), bytes_of(digest, sizeof(digest)))) {
            return err_set(
                err,
                ERR_FATAL,
                "migration %s was altered after it was applied: use the mentord that the database was made with",
                name);
        }
        (void)snprintf(
            state->applied_at[row], sizeof(state->applied_at[row]), "%s", field_text(rows, row, 2));
        state->applied = (uint32_t)row + 1;
    }
    return true;
}

bool schema_read(struct session *session, struct schema_state *state, struct err *err)
{
    static const struct statement exists = {"schema_exists", sql_schema_exists};
    static const struct statement applied = {"schema_applied", sql_schema_applied};
    const struct params none = {0};
    *state = (struct schema_state){0};
    if (!session_send_once(session, &exists, &none, err) || !session_run(session, err)) {
        return false;
    }
    if (!field_bool(session_result(session, 0), 0, 0)) {
        return true;
    }
    return session_send_once(session, &applied, &none, err) && session_run(session, err) &&
           compare(session_result(session, 0), state, err);
}

bool schema_check(struct session *session, struct err *err)
{
    struct schema_state state;
    if (!schema_read(session, &state, err)) {
        return false;
    }
    if (state.applied < MIGRATION_COUNT) {
        return err_set(err,
                       ERR_FATAL,
                       "the database has %u of %u migrations: run `mentord db migrate`",
                       state.applied,
                       (unsigned)MIGRATION_COUNT);
    }
    static const struct statement tables = {"schema_tables", sql_schema_tables};
    if (!session_send_once(session, &tables, &(struct params){0}, err) ||
        !session_run(session, err)) {
        return false;
    }
    const PGresult *found = session_result(session, 0);
    return field_null(found, 0, 0) ||
           err_set(err,
                   ERR_FATAL,
                   "the database shows something else than what is stored: %.200s is no plain "
                   "table any more, or has a rule",
                   field_text(found, 0, 0));
}
