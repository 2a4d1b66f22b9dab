/* What a person asks. A command's pace: statements are not prepared. */

#include <stdlib.h>

#include "mentor/base/err.h"

#include "archive.h"
#include "field.h"
#include "schema.h"
#include "sql_embedded.h"
#include "stored.h"

bool archive_ask(struct pg_archive *archive,
                 const struct statement *statement,
                 const struct params *params,
                 struct err *err)
{
    return session_send_once(&archive->session, statement, params, err) &&
           session_run(&archive->session, err);
}

bool archive_damaged(const char *table, const char *column, struct err *err)
{
    return err_set(err,
                   ERR_HALT,
                   "mentord.%s was altered: its %s is none; keep the database, run `mentord audit "
                   "verify`, and restore it",
                   table,
                   column);
}

static char *copy(const char *text)
{
    size_t size = strlen(text) + 1;
    char *to = malloc(size);
    if (to != NULL) {
        memcpy(to, text, size);
    }
    return to;
}

void *archive_hand_out(struct pg_archive *archive, int count, size_t size, struct err *err)
{
    vault_drop(&archive->vault);
    free(archive->rows);
    archive->rows = calloc((size_t)count + 1, size);
    if (archive->rows == NULL) {
        (void)err_set(err, ERR_FATAL, "PostgreSQL: out of memory");
    }
    return archive->rows;
}

static void forget_topic(struct pg_archive *archive)
{
    free(archive->cluster);
    free(archive->topic);
    free(archive->group);
    archive->cluster = NULL;
    archive->topic = NULL;
    archive->group = NULL;
}

static bool find_topic(struct pg_archive *archive, struct err *err)
{
    static const struct statement find = {"archive_topic", sql_archive_topic};
    if (!archive_ask(archive, &find, &(struct params){0}, err)) {
        return false;
    }
    const PGresult *row = session_result(&archive->session, 0);
    bool found = PQntuples(row) == 1;
    forget_topic(archive);
    archive->cluster = copy(found ? field_text(row, 0, 0) : "");
    archive->topic = copy(found ? field_text(row, 0, 1) : "");
    archive->group = copy(found ? field_text(row, 0, 2) : "");
    return (archive->cluster != NULL && archive->topic != NULL && archive->group != NULL) ||
           err_set(err, ERR_FATAL, "PostgreSQL: out of memory");
}

bool archive_ready(struct pg_archive *archive, struct err *err)
{
    if (!session_connected(&archive->session) &&
        (!session_open(&archive->session, &archive->settings, err) ||
         !schema_check(&archive->session, err) ||
         !vault_check(&archive->vault, &archive->session, false, err))) {
        session_close(&archive->session);
        return false;
    }
    return find_topic(archive, err);
}

struct pg_archive *pg_archive_open(const struct pg_settings *settings, struct err *err)
{
    struct pg_archive *archive = calloc(1, sizeof(*archive));
    if (archive == NULL) {
        (void)err_set(err, ERR_FATAL, "PostgreSQL: out of memory");
        return NULL;
    }
    archive->settings = *settings;
    if (!vault_init(&archive->vault, settings, err) || !archive_ready(archive, err)) {
        pg_archive_close(&archive);
    }
    return archive;
}

void pg_archive_close(struct pg_archive **archive)
{
    if (archive == NULL || *archive == NULL) {
        return;
    }
    session_close(&(*archive)->session);
    vault_release(&(*archive)->vault);
    for (size_t i = 0; i < ARCHIVE_ARRAYS; i++) {
        array_release(&(*archive)->arrays[i]);
    }
    forget_topic(*archive);
    free((*archive)->rows);
    free((*archive)->behind);
    free(*archive);
    *archive = NULL;
}

/* The places of an application's decisions, as parameters. */
static bool find_places(struct pg_archive *archive,
                        const uint8_t id[UUID_SIZE],
                        uint32_t *count,
                        struct err *err)
{
    static const struct statement find = {"archive_application", sql_archive_application};
    struct params params = {0};
    params_bytes(&params, bytes_of(id, UUID_SIZE));
    if (!archive_ask(archive, &find, &params, err)) {
        return false;
    }
    const PGresult *row = session_result(&archive->session, 0);
    struct bytes state = PQntuples(row) == 1 ? field_bytes(row, 0, 0) : (struct bytes){0};
    if (!history_events_valid(state)) {
        return err_set(
            err,
            ERR_HALT,
            "this application's row in mentord.application is damaged: run `mentord audit verify`");
    }
    *count = history_event_count(state);
    array_begin(&archive->arrays[0], ARRAY_INT8);
    array_begin(&archive->arrays[1], ARRAY_INT4);
    for (uint32_t i = 0; i < *count; i++) {
        struct history_event event = history_event_at(state, i);
        array_int8(&archive->arrays[0], event.batch);
        array_int4(&archive->arrays[1], event.index);
    }
    return true;
}

static bool archive_application(void *self,
                                const uint8_t id[UUID_SIZE],
                                const struct archived_decision **decisions,
                                uint32_t *count,
                                struct err *err)
{
    static const struct statement list = {"archive_decisions", sql_archive_decisions};
    struct pg_archive *archive = self;
    uint32_t expected = 0;
    if (!archive_ready(archive, err) || !find_places(archive, id, &expected, err)) {
        return false;
    }
    struct params params = {0};
    params_array(&params, &archive->arrays[0]);
    params_array(&params, &archive->arrays[1]);
    if (!archive_ask(archive, &list, &params, err)) {
        return false;
    }
    const PGresult *rows = session_result(&archive->session, 0);
    if (PQntuples(rows) != (int)expected) {
        return err_set(err,
                       ERR_HALT,
                       "%u decisions are noted and %d stored: run `mentord audit verify`",
                       expected,
                       PQntuples(rows));
    }
    struct archived_decision *out = archive_hand_out(archive, PQntuples(rows), sizeof(*out), err);
    if (out == NULL) {
        return false;
    }
    for (int row = 0; row < PQntuples(rows); row++) {
        struct bytes fields[STORED_ARCHIVED_COLUMNS];
        field_row(rows, row, fields, STORED_ARCHIVED_COLUMNS);
        out[row] = stored_archived(&archive->vault, fields);
        if (out[row].stored.damaged != NULL) {
            return archive_damaged("decision", out[row].stored.damaged, err);
        }
    }
    *decisions = out;
    *count = expected;
    return true;
}

static bool
archive_rulebook(void *self, const uint8_t sha256[SHA256_SIZE], struct bytes *yaml, struct err *err)
{
    static const struct statement find = {"archive_rulebook", sql_archive_rulebook};
    struct pg_archive *archive = self;
    struct params params = {0};
    params_bytes(&params, bytes_of(sha256, SHA256_SIZE));
    if (!archive_ready(archive, err) || !archive_ask(archive, &find, &params, err)) {
        return false;
    }
    const PGresult *row = session_result(&archive->session, 0);
    *yaml = PQntuples(row) == 1 ? field_bytes(row, 0, 0) : (struct bytes){0};
    return true;
}

struct archive pg_archive_port(struct pg_archive *archive)
{
    return (struct archive){
        .application = archive_application,
        .rulebook = archive_rulebook,
        .rulebooks = archive_rulebooks,
        .publish = archive_publish,
        .shadow_counts = archive_shadow_counts,
        .divergences = archive_divergences,
        .status = archive_status,
        .quarantines = archive_quarantines,
        .dismiss = archive_dismiss,
        .pulse = archive_pulse,
        .resume = archive_resume,
        .erase = archive_erase,
        .rekey = archive_rekey,
        .self = archive,
    };
}
