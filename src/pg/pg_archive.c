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
         !schema_check(&archive->session, err))) {
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
    if (!archive_ready(archive, err)) {
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
    for (size_t i = 0; i < ARCHIVE_ARRAYS; i++) {
        array_release(&(*archive)->arrays[i]);
    }
    forget_topic(*archive);
    free((*archive)->rows);
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

/* After the columns that stored_decision reads. */
enum decision_column {
    D_BATCH = STORED_COLUMNS,
    D_INDEX,
    D_PARTITION,
    D_APPLICATION_SEQ,
    D_RULEBOOK,
    D_CORE_VERSION,
    D_CONFLICT,
    D_QUARANTINED,
    D_PERIODS,
    D_HEADERS,
    D_INPUT,
};

static void fill_decision(const PGresult *rows, int row, struct archived_decision *decision)
{
    *decision =
        (struct archived_decision){.batch = field_int8(rows, row, D_BATCH),
                                   .index = field_int4(rows, row, D_INDEX),
                                   .partition = field_int4(rows, row, D_PARTITION),
                                   .application_seq = field_int8(rows, row, D_APPLICATION_SEQ),
                                   .stored = stored_decision(rows, row),
                                   .core_version = field_int4(rows, row, D_CORE_VERSION),
                                   .conflict = field_bool(rows, row, D_CONFLICT),
                                   .quarantined = field_bool(rows, row, D_QUARANTINED),
                                   .periods = field_bytes(rows, row, D_PERIODS),
                                   .headers = field_bytes(rows, row, D_HEADERS),
                                   .input = field_bytes(rows, row, D_INPUT)};
    decision->offset = decision->stored.offset;
    field_copy(rows, row, D_RULEBOOK, decision->rulebook_sha256, SHA256_SIZE);
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
        fill_decision(rows, row, &out[row]);
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

static bool archive_status(void *self, const struct archived_status **status, struct err *err)
{
    static const struct statement once = {"archive_status", sql_archive_status};
    static const struct statement each = {"archive_positions", sql_archive_positions};
    struct pg_archive *archive = self;
    if (!archive_ready(archive, err)) {
        return false;
    }
    struct params place = {0};
    params_text(&place, archive->cluster);
    params_text(&place, archive->topic);
    if (!session_send_once(&archive->session, &once, &(struct params){0}, err) ||
        !session_send_once(&archive->session, &each, &place, err) ||
        !session_run(&archive->session, err)) {
        return false;
    }
    const PGresult *one = session_result(&archive->session, 0);
    const PGresult *rows = session_result(&archive->session, 1);
    if (PQntuples(one) != 1) {
        return err_set(
            err, ERR_FATAL, "a migration was interrupted: run `mentord db migrate` again");
    }
    struct archived_position *out = archive_hand_out(archive, PQntuples(rows), sizeof(*out), err);
    if (out == NULL) {
        return false;
    }
    for (int row = 0; row < PQntuples(rows); row++) {
        out[row] = (struct archived_position){.partition = field_int4(rows, row, 0),
                                              .epoch = field_int8(rows, row, 1),
                                              .owner = field_text(rows, row, 2),
                                              .next_offset = field_int8(rows, row, 3),
                                              .emitted_offset = field_int8(rows, row, 4),
                                              .evaluated_at_ms = field_int8(rows, row, 5),
                                              .updated_at_ms = field_int8(rows, row, 6),
                                              .quarantined = field_int8(rows, row, 7)};
    }
    archive->status = (struct archived_status){.cluster = archive->cluster,
                                               .topic = archive->topic,
                                               .group = archive->group,
                                               .demo = field_bool(one, 0, 0),
                                               .decisions = field_int8(one, 0, 1),
                                               .estimated = field_bool(one, 0, 2),
                                               .rulebook_name = field_text(one, 0, 3),
                                               .rulebook_version = field_text(one, 0, 4),
                                               .positions = out,
                                               .position_count = (uint32_t)PQntuples(rows)};
    if (!field_null(one, 0, 5)) {
        field_copy(one, 0, 5, archive->status.rulebook_sha256, SHA256_SIZE);
    }
    *status = &archive->status;
    return true;
}

struct archive pg_archive_port(struct pg_archive *archive)
{
    return (struct archive){
        .application = archive_application,
        .rulebook = archive_rulebook,
        .rulebooks = archive_rulebooks,
        .publish = archive_publish,
        .status = archive_status,
        .quarantines = archive_quarantines,
        .dismiss = archive_dismiss,
        .pulse = archive_pulse,
        .self = archive,
    };
}
