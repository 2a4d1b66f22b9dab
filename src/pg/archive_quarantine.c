/* The quarantine, as a person lists and closes it. */

#include "mentor/base/err.h"

#include "archive.h"
#include "field.h"
#include "sql_embedded.h"
#include "stored.h"

enum {
    Q_PAYLOAD = 15, /* of sql/archive_quarantines.sql */
    Q_COLUMNS = Q_PAYLOAD + STORED_REFUSAL_COLUMNS,
};

/* The port's form. NOLINTNEXTLINE(readability-function-size) */
bool archive_quarantines(void *self,
                         bool open_only,
                         int32_t partition,
                         int64_t offset,
                         const struct archived_quarantine **rows,
                         uint32_t *count,
                         struct err *err)
{
    static const struct statement list = {"archive_quarantines", sql_archive_quarantines};
    struct pg_archive *archive = self;
    if (!archive_ready(archive, err)) {
        return false;
    }
    struct params params = {0};
    params_text(&params, archive->cluster);
    params_text(&params, archive->topic);
    params_bool(&params, open_only);
    params_int4(&params, partition);
    params_int8(&params, offset);
    params_int4(&params, *count > INT32_MAX ? INT32_MAX : (int32_t)*count);
    if (!archive_ask(archive, &list, &params, err)) {
        return false;
    }
    const PGresult *found = session_result(&archive->session, 0);
    struct archived_quarantine *out =
        archive_hand_out(archive, PQntuples(found), sizeof(*out), err);
    if (out == NULL) {
        return false;
    }
    for (int row = 0; row < PQntuples(found); row++) {
        struct bytes fields[Q_COLUMNS];
        field_row(found, row, fields, Q_COLUMNS);
        out[row] = (struct archived_quarantine){.partition = field_int4(found, row, 0),
                                                .offset = field_int8(found, row, 1),
                                                .topic = field_text(found, row, 11),
                                                .reason = stored_reason(field_text(found, row, 2)),
                                                .state = stored_state(field_text(found, row, 3)),
                                                .arms = field_bool(found, row, 4),
                                                .at_ms = field_int8(found, row, 5),
                                                .redrives = field_int8(found, row, 6),
                                                .why = field_text(found, row, 7),
                                                .has_key = !field_null(found, row, 8),
                                                .key = field_bytes(found, row, 8),
                                                .has_value = !field_null(found, row, 9),
                                                .value = field_bytes(found, row, 9),
                                                .headers = field_bytes(found, row, 10),
                                                .redriven_partition = field_int4(found, row, 12),
                                                .redriven_offset = field_int8(found, row, 13),
                                                .has_decision = !field_null(found, row, 14)};
        if (out[row].has_decision) {
            field_copy(found, row, 14, out[row].decision_id, UUID_SIZE);
        }
        out[row].payload = stored_refusal(&archive->vault,
                                          fields + Q_PAYLOAD,
                                          out[row].offset,
                                          &out[row].headers,
                                          &out[row].value);
    }
    *rows = out;
    *count = (uint32_t)PQntuples(found);
    return true;
}

/* The row's lock is held from here to the commit, so its citizen is disarmed once. */
static bool
close_row(struct pg_archive *archive, const struct params *params, bool *found, struct err *err)
{
    static const struct statement begin = {"begin", sql_begin};
    static const struct statement dismiss = {"archive_dismiss", sql_archive_dismiss};
    static const struct statement disarm = {"archive_disarm", sql_archive_disarm};
    static const struct statement disarmed = {"archive_disarmed", sql_archive_disarmed};
    if (!archive_ask(archive, &begin, &(struct params){0}, err) ||
        !archive_ask(archive, &dismiss, params, err)) {
        return false;
    }
    const PGresult *row = session_result(&archive->session, 0);
    *found = PQntuples(row) == 1;
    if (!*found || field_null(row, 0, 0)) {
        return true;
    }
    uint8_t ref[CITIZEN_REF_SIZE];
    if (!field_fits(row, 0, 0, ref, sizeof(ref))) {
        return archive_damaged("quarantine", "citizen_ref", err);
    }
    struct params citizen = {0};
    params_bytes(&citizen, bytes_of(ref, sizeof(ref)));
    return archive_ask(archive, &disarm, &citizen, err) &&
           archive_ask(archive, &disarmed, &citizen, err);
}

bool archive_dismiss(
    void *self, int32_t partition, int64_t offset, const char *why, bool *found, struct err *err)
{
    static const struct statement commit = {"commit", sql_commit};
    struct pg_archive *archive = self;
    if (!archive_ready(archive, err)) {
        return false;
    }
    struct params params = {0};
    params_text(&params, archive->cluster);
    params_text(&params, archive->topic);
    params_int4(&params, partition);
    params_int8(&params, offset);
    params_text(&params, why);
    return close_row(archive, &params, found, err) &&
           archive_ask(archive, &commit, &(struct params){0}, err);
}

bool archive_resume(void *self, int32_t partition, bool *found, struct err *err)
{
    static const struct statement resume = {"archive_resume", sql_archive_resume};
    struct pg_archive *archive = self;
    if (!archive_ready(archive, err)) {
        return false;
    }
    struct params params = {0};
    params_text(&params, archive->cluster);
    params_text(&params, archive->topic);
    params_int4(&params, partition);
    if (!archive_ask(archive, &resume, &params, err)) {
        return false;
    }
    *found = PQntuples(session_result(&archive->session, 0)) == 1;
    return true;
}
