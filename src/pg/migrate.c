/* `mentord db migrate` and `mentord db status`. */

#include "mentor/base/err.h"
#include "mentor/pg/pg.h"

#include "field.h"
#include "schema.h"
#include "session.h"
#include "sql_embedded.h"

/* In the order of sql/migrate_roles.sql. Roles are the whole server's: a migration of another
 * database may make them at the same moment. */
static const struct statement roles[] = {
    {"mentord_owner", sql_migrate_role_mentord_owner},
    {"mentord_worker", sql_migrate_role_mentord_worker},
    {"mentord_reader", sql_migrate_role_mentord_reader},
};

enum {
    ROLE_COUNT = sizeof(roles) / sizeof(roles[0]),
};

static bool ask(struct session *session, const struct statement *statement, struct err *err)
{
    return session_send_once(session, statement, &(struct params){0}, err) &&
           session_run(session, err);
}

/* What somebody with the rights must run first, as psql reads it. */
static bool
print_statements(struct session *session, const PGresult *rows, FILE *out, struct err *err)
{
    char *user =
        PQescapeIdentifier(session->conn, PQuser(session->conn), strlen(PQuser(session->conn)));
    for (int i = 0; i < ROLE_COUNT; i++) {
        if (!field_bool(rows, i, 1)) {
            (void)fprintf(out, "%s", roles[i].sql);
        }
    }
    if (!field_bool(rows, 0, 2)) {
        (void)fprintf(out, "GRANT mentord_owner TO %s;\n", user == NULL ? "CURRENT_USER" : user);
    }
    if (!field_bool(rows, 0, 4)) {
        (void)fprintf(out, "CREATE SCHEMA mentord AUTHORIZATION mentord_owner;\n");
    }
    PQfreemem(user);
    return err_set(
        err,
        ERR_FATAL,
        "this PostgreSQL user may not make what mentord needs: have a superuser run the statements printed, in this "
        "database, then migrate again");
}

static bool make_roles(struct session *session, FILE *out, struct err *err)
{
    static const struct statement look = {"migrate_roles", sql_migrate_roles};
    if (!ask(session, &look, err)) {
        return false;
    }
    const PGresult *rows = session_result(session, 0);
    bool absent[ROLE_COUNT];
    bool missing = !field_bool(rows, 0, 2);
    for (int i = 0; i < ROLE_COUNT; i++) {
        absent[i] = !field_bool(rows, i, 1);
        missing = missing || absent[i];
    }
    bool member = field_bool(rows, 0, 2);
    if ((missing && !field_bool(rows, 0, 3)) || !field_bool(rows, 0, 4)) {
        return print_statements(session, rows, out, err);
    }
    for (int i = 0; i < ROLE_COUNT; i++) {
        if (absent[i]) {
            if (!session_script(session, roles[i].name, roles[i].sql, err)) {
                return false;
            }
            (void)fprintf(out, "made role %s\n", roles[i].name);
        }
    }
    /* A superuser may act as any role; then the answer is yes as soon as the role exists. */
    if (member) {
        return true;
    }
    if (!ask(session, &look, err)) {
        return false;
    }
    return field_bool(session_result(session, 0), 0, 2) ||
           session_script(session, "migrate_join", sql_migrate_join, err);
}

static bool apply(struct session *session, const struct migration *migration, struct err *err)
{
    static const struct statement note = {"migrate_applied", sql_migrate_applied};
    uint8_t digest[SHA256_SIZE];
    schema_digest(migration, digest);
    struct params params = {0};
    params_text(&params, migration->name);
    params_bytes(&params, bytes_of(digest, sizeof(digest)));
    return session_script(session, migration->name, sql_begin, err) &&
           session_script(session, migration->name, sql_migrate_as_owner, err) &&
           session_script(session, migration->name, migration->sql, err) &&
           session_send_once(session, &note, &params, err) && session_run(session, err) &&
           session_script(session, migration->name, sql_commit, err);
}

static bool apply_all(struct session *session, FILE *out, struct err *err)
{
    struct schema_state state;
    const struct migration *migrations = NULL;
    uint32_t count = schema_migrations(&migrations);
    if (!schema_read(session, &state, err)) {
        return false;
    }
    for (uint32_t i = 0; i < count; i++) {
        if (i < state.applied) {
            (void)fprintf(out, "%s applied %s\n", migrations[i].name, state.applied_at[i]);
            continue;
        }
        if (!apply(session, &migrations[i], err)) {
            return false;
        }
        (void)fprintf(out, "%s applied now\n", migrations[i].name);
    }
    return true;
}

static bool mark(struct session *session, bool demo, struct err *err)
{
    static const struct statement keep = {"migrate_meta", sql_migrate_meta};
    static const struct statement look = {"demo", sql_demo};
    struct params params = {0};
    params_bool(&params, demo);
    if (!session_send_once(session, &keep, &params, err) || !session_run(session, err) ||
        !ask(session, &look, err)) {
        return false;
    }
    if (demo && !field_bool(session_result(session, 0), 0, 0)) {
        return err_set(
            err, ERR_FATAL, "this database was made without --demo and stays so: make another one");
    }
    return true;
}

bool pg_migrate(const struct pg_settings *settings, bool demo, FILE *out, struct err *err)
{
    static const struct statement lock = {"migrate_lock", sql_migrate_lock};
    struct session session = {0};
    bool done = session_open(&session, settings, err) && ask(&session, &lock, err) &&
                session_script(&session, "migrate_patience", sql_migrate_patience, err) &&
                make_roles(&session, out, err) &&
                session_script(&session, "migrate_schema", sql_migrate_schema, err) &&
                apply_all(&session, out, err) && mark(&session, demo, err);
    session_close(&session);
    return done;
}

static void print_json(const struct schema_state *state, FILE *out)
{
    const struct migration *migrations = NULL;
    uint32_t count = schema_migrations(&migrations);
    (void)fprintf(
        out, "{\"current\":%s,\"migrations\":[", state->applied == count ? "true" : "false");
    for (uint32_t i = 0; i < count; i++) {
        (void)fprintf(
            out, "%s{\"name\":\"%s\",\"appliedAt\":", i == 0 ? "" : ",", migrations[i].name);
        if (i < state->applied) {
            (void)fprintf(out, "\"%s\"}", state->applied_at[i]);
        } else {
            (void)fprintf(out, "null}");
        }
    }
    (void)fprintf(out, "]}\n");
}

static void print_lines(const struct schema_state *state, FILE *out)
{
    const struct migration *migrations = NULL;
    uint32_t count = schema_migrations(&migrations);
    for (uint32_t i = 0; i < count; i++) {
        const char *when = i < state->applied ? state->applied_at[i] : "not applied";
        (void)fprintf(out, "%s %s\n", migrations[i].name, when);
    }
}

bool pg_migrate_status(
    const struct pg_settings *settings, bool json, FILE *out, bool *current, struct err *err)
{
    struct session session = {0};
    struct schema_state state;
    bool done = session_open(&session, settings, err) && schema_read(&session, &state, err);
    if (done) {
        const struct migration *migrations = NULL;
        *current = state.applied == schema_migrations(&migrations);
        (json ? print_json : print_lines)(&state, out);
    }
    session_close(&session);
    return done;
}
