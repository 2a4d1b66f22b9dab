/*
 * Goal: a schema is made once however often and by however many it is asked for; what was applied
 * cannot change under us; roles may do the least they need; and what is stored for good is refused
 * any change, to the owner and superuser too.
 */

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/wait.h>

#include "pg/trial.h"
#include "support/test.h"

static const char name[] = "mentord_trial_migrate";

/* Runs it with what it prints in `out`. */
static bool migrate(const char *user, bool demo, char *out, size_t size, struct err *err)
{
    FILE *file = tmpfile();
    assert_non_null(file);
    struct pg_settings settings = {.url = trial_url(user), .owner = "trial"};
    bool done = pg_migrate(&settings, demo, file, err);
    rewind(file);
    out[fread(out, 1, size - 1, file)] = '\0';
    (void)fclose(file);
    return done;
}

static int fresh(void **state)
{
    (void)state;
    trial_database(name);
    return 0;
}

static int migrated(void **state)
{
    (void)state;
    trial_migrated(name);
    return 0;
}

static int drop(void **state)
{
    (void)state;
    trial_database_drop(name);
    return 0;
}

static bool is_current(void)
{
    struct pg_settings settings = {.url = trial_url(NULL), .owner = "trial"};
    FILE *out = tmpfile();
    bool current = false;
    ASSERT_DONE(pg_migrate_status(&settings, true, out, &current, err));
    (void)fclose(out);
    return current;
}

static void twice_is_as_once(void **state)
{
    (void)state;
    char out[4096];
    assert_false(is_current());
    ASSERT_DONE(migrate(NULL, false, out, sizeof(out), err));
    assert_non_null(strstr(out, "0001_tables applied now"));
    assert_true(is_current());
    ASSERT_DONE(migrate(NULL, false, out, sizeof(out), err));
    assert_null(strstr(out, "now"));
    assert_string_equal(trial_ask("SELECT count(*) FROM mentord.meta WHERE NOT demo"), "1");
    assert_string_equal(
        trial_ask("SELECT count(*) FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner WHERE "
                  "relnamespace = 'mentord'::regnamespace AND rolname <> 'mentord_owner'"),
        "0");
}

static void many_at_a_time_make_one(void **state)
{
    (void)state;
    enum {
        MANY = 6,
    };
    char url[TRIAL_URL_SIZE];
    (void)snprintf(url, sizeof(url), "%s", trial_url(NULL));
    for (int i = 0; i < MANY; i++) {
        if (fork() == 0) {
            struct pg_settings settings = {.url = url, .owner = "trial"};
            FILE *out = tmpfile();
            struct err err = {0};
            bool done = out != NULL && pg_migrate(&settings, false, out, &err);
            _exit(done ? 0 : 1);
        }
    }
    for (int i = 0; i < MANY; i++) {
        int status = 1;
        assert_true(wait(&status) > 0);
        assert_int_equal(status, 0);
    }
    assert_true(is_current());
}

static void demo_is_said_when_it_is_made(void **state)
{
    (void)state;
    char out[4096];
    ASSERT_DONE(migrate(NULL, true, out, sizeof(out), err));
    ASSERT_DONE(migrate(NULL, false, out, sizeof(out), err));
    assert_string_equal(trial_ask("SELECT demo FROM mentord.meta"), "t");
    (void)migrated(NULL);
    ASSERT_FAILS(ERR_FATAL, migrate(NULL, true, out, sizeof(out), err));
    assert_string_equal(trial_ask("SELECT demo FROM mentord.meta"), "f");
}

static void open_fails(const char *with)
{
    struct pg_settings settings = {.url = trial_url("mentord_worker"), .owner = "a/1"};
    struct err err = {0};
    struct pg_store *store = pg_store_open(&settings, "in", "g", &trial_rulebook, &err);
    struct store port = pg_store_port(store);
    assert_false(port.open(port.self, "c", 4, &err));
    assert_int_equal(err.kind, ERR_FATAL);
    if (strstr(err.text, with) == NULL) {
        fail_msg("%s", err.text);
    }
    pg_store_close(&store);
}

static void another_schema_is_told(void **state)
{
    (void)state;
    char out[4096];
    trial_sql("UPDATE mentord.schema_version SET sha256 = '\\x00' WHERE migration = '0002_guards'");
    ASSERT_FAILS(ERR_FATAL, migrate(NULL, false, out, sizeof(out), err));
    open_fails("0002_guards was altered");
    (void)migrated(NULL);
    trial_sql("INSERT INTO mentord.schema_version VALUES ('9999_later', '\\x00')");
    ASSERT_FAILS(ERR_FATAL, migrate(NULL, false, out, sizeof(out), err));
    open_fails("newer mentord");
    (void)migrated(NULL);
    trial_sql("DELETE FROM mentord.schema_version WHERE migration >= '0002'");
    open_fails("mentord db migrate");
    (void)fresh(NULL);
    open_fails("mentord db migrate");
}

static void without_rights_the_statements_are_printed(void **state)
{
    (void)state;
    char out[4096];
    trial_sql("DROP ROLE IF EXISTS mentord_trial_plain");
    trial_sql("CREATE ROLE mentord_trial_plain LOGIN");
    ASSERT_FAILS(ERR_FATAL, migrate("mentord_trial_plain", false, out, sizeof(out), err));
    assert_non_null(strstr(out, "GRANT mentord_owner TO \"mentord_trial_plain\";"));
    assert_non_null(strstr(out, "CREATE SCHEMA mentord AUTHORIZATION mentord_owner;"));
    trial_sql("%s", out);
    ASSERT_DONE(migrate("mentord_trial_plain", false, out, sizeof(out), err));
    assert_true(is_current());
    trial_sql("DROP ROLE mentord_trial_plain");
}

static const struct {
    const char *user;
    const char *sql;
    const char *sqlstate;
} rights[] = {
    {"mentord_worker", "UPDATE mentord.decision SET conflict = true", "42501"},
    {"mentord_worker", "DELETE FROM mentord.decision", "42501"},
    {"mentord_worker", "TRUNCATE mentord.decision", "42501"},
    {"mentord_worker", "UPDATE mentord.batch SET epoch = 1", "42501"},
    {"mentord_worker", "DELETE FROM mentord.progress", "42501"},
    {"mentord_worker", "UPDATE mentord.progress SET partition = 1", "42501"},
    {"mentord_worker", "UPDATE mentord.progress SET epoch = 1", "00000"},
    {"mentord_worker", "DELETE FROM mentord.application", "42501"},
    {"mentord_worker", "DELETE FROM mentord.quarantine", "42501"},
    {"mentord_worker", "UPDATE mentord.quarantine SET value = NULL", "42501"},
    {"mentord_worker", "UPDATE mentord.quarantine SET why = ''", "00000"},
    {"mentord_worker", "UPDATE mentord.topic SET partition_count = 9", "42501"},
    {"mentord_worker", "UPDATE mentord.meta SET demo = true", "42501"},
    {"mentord_worker", "UPDATE mentord.rulebook SET version = ''", "42501"},
    {"mentord_worker", "UPDATE mentord.schema_version SET sha256 = ''", "42501"},
    {"mentord_worker", "CREATE TABLE mentord.mine ()", "42501"},
    {"mentord_worker", "ALTER TABLE mentord.decision DISABLE TRIGGER ALL", "42501"},
    {"mentord_reader", "SELECT * FROM mentord.decision, mentord.schema_version", "00000"},
    {"mentord_reader", "INSERT INTO mentord.meta (demo) VALUES (true)", "42501"},
    {"mentord_reader", "UPDATE mentord.progress SET epoch = 1", "42501"},
    {"mentord_reader", "SELECT nextval('mentord.batch_id')", "42501"},
    {NULL, "UPDATE mentord.decision SET conflict = true", "MD003"},
    {NULL, "DELETE FROM mentord.decision", "MD003"},
    {NULL, "TRUNCATE mentord.decision", "MD003"},
    {NULL, "UPDATE mentord.batch SET epoch = 1", "MD003"},
    {NULL, "DELETE FROM mentord.batch", "MD003"},
    {NULL, "TRUNCATE mentord.batch", "MD003"},
    {NULL, "UPDATE mentord.rulebook SET version = ''", "MD003"},
    {NULL, "DELETE FROM mentord.rulebook", "MD003"},
    {NULL, "TRUNCATE mentord.rulebook CASCADE", "MD003"},
    {NULL, "UPDATE mentord.publication SET effective_from = now()", "MD003"},
    {NULL, "DELETE FROM mentord.publication", "MD003"},
    {NULL, "TRUNCATE mentord.publication", "MD003"},
    {"mentord_worker",
     "INSERT INTO mentord.publication (rulebook, effective_from) SELECT sha256, now() FROM mentord.rulebook",
     "42501"},
    {NULL, "DELETE FROM mentord.quarantine", "MD003"},
    {NULL, "TRUNCATE mentord.quarantine", "MD003"},
};

static void everyone_may_do_the_least(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rights) / sizeof(rights[0]); i++) {
        const char *sqlstate = trial_sqlstate(rights[i].user, rights[i].sql);
        if (strcmp(sqlstate, rights[i].sqlstate) != 0) {
            fail_msg("%s: %s: %s",
                     rights[i].user == NULL ? "superuser" : rights[i].user,
                     rights[i].sql,
                     sqlstate);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(twice_is_as_once, fresh),
        cmocka_unit_test_setup(many_at_a_time_make_one, fresh),
        cmocka_unit_test_setup(demo_is_said_when_it_is_made, fresh),
        cmocka_unit_test_setup(another_schema_is_told, migrated),
        cmocka_unit_test_setup(without_rights_the_statements_are_printed, fresh),
        cmocka_unit_test_setup(everyone_may_do_the_least, migrated),
    };
    return trial_has_server() ? cmocka_run_group_tests_name("pg/migrate", tests, NULL, drop) : 77;
}
