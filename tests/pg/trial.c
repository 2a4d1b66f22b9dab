#include "pg/trial.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mentor/base/arena.h"
#include "mentor/port/ledger.h"

#include "support/test.h"

static char database[64] = "postgres";
static PGconn *superuser;

const struct pg_rulebook trial_rulebook = {.name = "dk-test",
                                           .version = "1",
                                           .sha256 = {1, 2, 3},
                                           .yaml = {(const uint8_t *)"name: dk-test\n", 14}};

bool trial_has_server(void)
{
    const char *url = getenv("MENTORD_TEST_DATABASE_URL");
    if (url != NULL && url[0] != '\0') {
        return true;
    }
    (void)fprintf(
        stderr,
        "skipped: MENTORD_TEST_DATABASE_URL is not set (tests/support/postgres start DIR)\n");
    return false;
}

/* The superuser's URL with another database and user, as key='value' pairs. */
const char *trial_url(const char *user)
{
    static char url[TRIAL_URL_SIZE];
    PQconninfoOption *options = PQconninfoParse(getenv("MENTORD_TEST_DATABASE_URL"), NULL);
    assert_non_null(options);
    size_t used = 0;
    for (const PQconninfoOption *option = options; option->keyword != NULL; option++) {
        const char *value = option->val;
        if (strcmp(option->keyword, "dbname") == 0) {
            value = database;
        } else if (strcmp(option->keyword, "user") == 0 && user != NULL) {
            value = user;
        }
        if (value != NULL) {
            used += (size_t)snprintf(
                url + used, sizeof(url) - used, "%s='%s' ", option->keyword, value);
        }
    }
    PQconninfoFree(options);
    assert_in_range(used, 1, sizeof(url) - 1);
    return url;
}

PGconn *trial_connect(const char *user, const char *application_name)
{
    const char *const keys[] = {"dbname", "application_name", "options", NULL};
    const char *const values[] = {
        trial_url(user), application_name, "-c client_min_messages=error", NULL};
    PGconn *conn = PQconnectdbParams(keys, values, 1);
    if (PQstatus(conn) != CONNECTION_OK) {
        fail_msg("%s", PQerrorMessage(conn));
    }
    return conn;
}

__attribute__((format(printf, 1, 0))) static PGresult *run(const char *format, va_list arguments)
{
    char sql[4096];
    /* clang 14 thinks va_start did nothing. NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized) */
    (void)vsnprintf(sql, sizeof(sql), format, arguments);
    if (superuser == NULL) {
        superuser = trial_connect(NULL, "trial");
    }
    PGresult *result = PQexec(superuser, sql);
    if (PQresultStatus(result) != PGRES_COMMAND_OK && PQresultStatus(result) != PGRES_TUPLES_OK) {
        fail_msg("%s: %s", sql, PQresultErrorMessage(result));
    }
    return result;
}

void trial_sql(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    PQclear(run(format, arguments));
    va_end(arguments);
}

const char *trial_ask(const char *format, ...)
{
    static char answer[256];
    va_list arguments;
    va_start(arguments, format);
    PGresult *result = run(format, arguments);
    va_end(arguments);
    (void)snprintf(
        answer, sizeof(answer), "%s", PQntuples(result) > 0 ? PQgetvalue(result, 0, 0) : "");
    PQclear(result);
    return answer;
}

const char *trial_sqlstate(const char *user, const char *sql)
{
    static char sqlstate[6];
    PGconn *conn = trial_connect(user, "trial");
    PGresult *result = PQexec(conn, sql);
    const char *code = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    (void)snprintf(sqlstate, sizeof(sqlstate), "%s", code == NULL ? "00000" : code);
    PQclear(result);
    PQfinish(conn);
    return sqlstate;
}

static void use(const char *name)
{
    PQfinish(superuser);
    superuser = NULL;
    (void)snprintf(database, sizeof(database), "%s", name);
}

void trial_database(const char *name)
{
    use("postgres");
    trial_sql("DROP DATABASE IF EXISTS %s WITH (FORCE)", name);
    trial_sql("CREATE DATABASE %s", name);
    use(name);
}

void trial_database_drop(const char *name)
{
    use("postgres");
    trial_sql("DROP DATABASE IF EXISTS %s WITH (FORCE)", name);
    PQfinish(superuser);
    superuser = NULL;
}

void trial_migrated(const char *name)
{
    trial_database(name);
    struct pg_settings settings = {.url = trial_url(NULL), .owner = "trial"};
    FILE *out = fopen("/dev/null", "w");
    assert_non_null(out);
    ASSERT_DONE(pg_migrate(&settings, false, out, err));
    (void)fclose(out);
}

int trial_clear(void **state)
{
    (void)state;
    trial_sql("SET session_replication_role = replica");
    trial_sql(
        "TRUNCATE mentord.decision, mentord.batch, mentord.application, mentord.citizen, mentord.quarantine, "
        "mentord.progress, mentord.publication, mentord.rulebook, mentord.topic, "
        "mentord.erasure, mentord.citizen_key, mentord.rekeyed, mentord.master_key, "
        "mentord.growth, mentord.recall");
    trial_sql("SET session_replication_role = origin");
    return 0;
}

/* One name for all: ctest runs them one after the other (RESOURCE_LOCK). */
int trial_begin(void **state)
{
    (void)state;
    trial_migrated("mentord_trial");
    return 0;
}

int trial_end(void **state)
{
    (void)state;
    trial_database_drop("mentord_trial");
    return 0;
}

static struct trial_store open_with(const struct pg_settings *of)
{
    static char urls[16][TRIAL_URL_SIZE]; /* a store borrows its settings */
    static unsigned next;
    char *url = urls[next++ % 16];
    (void)snprintf(url, TRIAL_URL_SIZE, "%s", trial_url("mentord_worker"));
    struct pg_settings settings = *of;
    settings.url = url;
    settings.life = of->owner;
    struct trial_store store = {0};
    ASSERT_DONE((store.handle = pg_store_open(&settings, "in", "g", &trial_rulebook, err)) != NULL);
    store.port = pg_store_port(store.handle);
    ASSERT_DONE(store.port.open(store.port.self, "c", 4, err));
    return store;
}

struct trial_store trial_store(const char *owner)
{
    return open_with(&(struct pg_settings){.owner = owner});
}

struct trial_store trial_store_sealed(const char *owner, const uint8_t *master_key)
{
    return open_with(&(struct pg_settings){.owner = owner, .master_key = master_key});
}

struct trial_store trial_store_transactional(const char *owner, const char *transactional_id)
{
    return open_with(&(struct pg_settings){.owner = owner, .transactional_id = transactional_id});
}

void trial_store_close(struct trial_store *store)
{
    pg_store_close(&store->handle);
}

struct position trial_take(struct trial_store *store, int32_t partition)
{
    struct position position = {.partition = partition};
    ASSERT_DONE(store->port.take(store->port.self, &position, 1, err));
    return position;
}

void trial_id(uint8_t number, uint8_t id[UUID_SIZE])
{
    memset(id, 0, UUID_SIZE);
    id[0] = number;
}

void trial_batch_begin(struct trial_batch *trial, struct position *position)
{
    memset(trial, 0, sizeof(*trial));
    trial->position = position;
    trial->range = (struct batch_range){.from = position->next_offset,
                                        .to = position->next_offset,
                                        .emitted_offset = position->emitted_offset,
                                        .last_offset = position->last_offset};
    trial->batch =
        (struct batch){.read = {.applications = trial->applications, .citizens = trial->citizens},
                       .entries = trial->entries,
                       .decisions = trial->decisions,
                       .quarantines = trial->quarantines,
                       .ranges = &trial->range,
                       .range_count = 1};
    memcpy(trial->batch.rulebook_sha256, trial_rulebook.sha256, SHA256_SIZE);
}

static struct batch_entry *add(struct trial_batch *trial, enum fate fate, int64_t count)
{
    assert_in_range(trial->batch.entry_count, 0, TRIAL_ENTRIES_MAX - 1);
    struct batch_entry *entry = &trial->entries[trial->batch.entry_count++];
    *entry =
        (struct batch_entry){.offset = trial->range.to, .count = count, .fate = fate, .index = -1};
    trial->range.to += count;
    return entry;
}

static struct record *add_record(struct trial_batch *trial, struct batch_entry *entry)
{
    struct record *record = &trial->records[entry - trial->entries];
    *record =
        (struct record){.offset = entry->offset, .has_value = true, .value = bytes_text("value")};
    entry->record = record;
    sha256_of(record->value, entry->input_digest);
    trial->range.last_offset = entry->offset;
    memset(trial->range.last_digest, (int)(entry->offset & 0x7f), SHA256_SIZE);
    return record;
}

static void want_citizen(struct trial_batch *trial, uint8_t number)
{
    struct batch_read *read = &trial->batch.read;
    uint8_t ref[CITIZEN_REF_SIZE];
    trial_id(number, ref);
    if (read->citizen_count == 0 ||
        memcmp(trial->citizens[read->citizen_count - 1].ref, ref, CITIZEN_REF_SIZE) != 0) {
        memcpy(trial->citizens[read->citizen_count++].ref, ref, CITIZEN_REF_SIZE);
    }
}

void trial_decided(struct trial_batch *trial, uint8_t application, uint8_t citizen)
{
    static char outputs[TRIAL_ENTRIES_MAX][24];
    struct batch_entry *entry = add(trial, FATE_DECIDED, 1);
    uint32_t index = trial->batch.decision_count++;
    (void)snprintf(outputs[index], sizeof(outputs[index]), "out %lld", (long long)entry->offset);
    (void)add_record(trial, entry);
    entry->has_event_key = true;
    entry->index = (int32_t)index;
    struct batch_decision *decision = &trial->decisions[index];
    *decision = (struct batch_decision){.entry = trial->batch.entry_count - 1,
                                        .version = UINT32_MAX,
                                        .application_seq = 1,
                                        .citizen_seq = 1,
                                        .outcome = OUTCOME_IS_APPROVED,
                                        .has_frame = true,
                                        .total_ore = INT64_C(123456789012),
                                        .has_period = true,
                                        .start = 20454, /* 2026-01-01 */
                                        .end = 20634,   /* 2026-06-30 */
                                        .output = bytes_text(outputs[index]),
                                        .late_ms = -1};
    trial_id(application, decision->application_id);
    trial_id(application, decision->decision_id);
    trial_id(citizen, decision->citizen_ref);
    trial_id(application, trial->applications[trial->batch.read.application_count++].id);
    want_citizen(trial, citizen);
    decision->citizen = trial->batch.read.citizen_count - 1;
}

void trial_refused(struct trial_batch *trial, const char *key, uint8_t citizen)
{
    struct batch_entry *entry = add(trial, FATE_DLQ, 1);
    struct record *record = add_record(trial, entry);
    uint32_t index = trial->batch.quarantine_count++;
    entry->index = (int32_t)index;
    entry->reason = REASON_TEXT_INVALID;
    record->has_key = key != NULL;
    record->key = bytes_text(key);
    struct batch_quarantine *row = &trial->quarantines[index];
    *row = (struct batch_quarantine){
        .entry = trial->batch.entry_count - 1, .arms = true, .redrives = 2, .citizen = UINT32_MAX};
    if (citizen != 0) {
        row->has_citizen = true;
        trial_id(citizen, row->citizen_ref);
        want_citizen(trial, citizen);
        row->citizen = trial->batch.read.citizen_count - 1;
    }
}

void trial_missing(struct trial_batch *trial, enum fate fate, int64_t count)
{
    (void)add(trial, fate, count);
}

bool trial_read(struct trial_store *store, struct trial_batch *trial, struct err *err)
{
    return store->port.read(store->port.self, trial->position, &trial->batch.read, err);
}

static struct citizen_row *citizen_of(struct trial_batch *trial,
                                      const uint8_t ref[CITIZEN_REF_SIZE])
{
    for (uint32_t i = 0; i < trial->batch.read.citizen_count; i++) {
        if (memcmp(trial->citizens[i].ref, ref, CITIZEN_REF_SIZE) == 0) {
            trial->citizens[i].changed = true;
            return &trial->citizens[i];
        }
    }
    fail_msg("a citizen that was not asked for");
    return NULL;
}

void trial_decide(struct trial_batch *trial)
{
    trial->range.evaluated_at_ms = trial->batch.read.now_ms;
    for (uint32_t i = 0; i < trial->batch.decision_count; i++) {
        struct application_row *application = &trial->applications[i];
        struct history_event event = {
            .version = 1, .batch = trial->batch.read.batch_id, .index = (int32_t)i};
        application->seq++;
        application->state = history_event_append((struct bytes){0}, &event, trial->states[0][i]);
        application->changed = true;
        struct citizen_row *citizen = citizen_of(trial, trial->decisions[i].citizen_ref);
        citizen->seq++;
        citizen->state = bytes_of(trial->states[1][i], HISTORY_PERIOD_SIZE);
        trial->decisions[i].evaluated_at_ms = trial->range.evaluated_at_ms;
    }
    for (uint32_t i = 0; i < trial->batch.quarantine_count; i++) {
        if (trial->quarantines[i].has_citizen) {
            citizen_of(trial, trial->quarantines[i].citizen_ref)->armed++;
        }
    }
}

void trial_link(struct trial_batch *trial, const struct position *positions)
{
    static struct arena arena;
    arena_release(&arena);
    assert_true(arena_init(&arena, (size_t)1024 * 1024));
    ledger_write(&trial->batch, positions, &arena);
}

bool trial_write(struct trial_store *store, struct trial_batch *trial, struct err *err)
{
    trial_link(trial, trial->position);
    if (!store->port.write(store->port.self, trial->position, &trial->batch, err)) {
        return false;
    }
    memcpy(trial->position->link, trial->range.link, SHA256_SIZE);
    trial->position->next_offset = trial->range.to;
    trial->position->last_offset = trial->range.last_offset;
    return true;
}

void trial_store_batch(struct trial_store *store, struct trial_batch *trial)
{
    ASSERT_DONE(trial_read(store, trial, err));
    trial_decide(trial);
    ASSERT_DONE(trial_write(store, trial, err));
}
