/* How it stands: positions, owners, what a growing topic waits for. */

#include <stdlib.h>

#include "mentor/base/err.h"

#include "archive.h"
#include "field.h"
#include "sql_embedded.h"

static void fill_position(const PGresult *rows, int row, struct archived_position *position)
{
    *position = (struct archived_position){.partition = field_int4(rows, row, 0),
                                           .epoch = field_int8(rows, row, 1),
                                           .owner = field_text(rows, row, 2),
                                           .next_offset = field_int8(rows, row, 3),
                                           .emitted_offset = field_int8(rows, row, 4),
                                           .evaluated_at_ms = field_int8(rows, row, 5),
                                           .updated_at_ms = field_int8(rows, row, 6),
                                           .quarantined = field_int8(rows, row, 7),
                                           .takeovers = field_int4(rows, row, 8),
                                           .stopped_at_ms = field_int8(rows, row, 9),
                                           .rulebook_version = field_text(rows, row, 10)};
    if (!field_null(rows, row, 11)) {
        field_copy(rows, row, 11, position->rulebook_sha256, SHA256_SIZE);
    }
}

/* No row before a worker has run; one without a partition when nothing is behind. */
static bool fill_growth(struct pg_archive *archive, const PGresult *rows, struct err *err)
{
    struct archived_status *status = &archive->status;
    int count = PQntuples(rows);
    free(archive->behind);
    archive->behind = calloc((size_t)count + 1, sizeof(*archive->behind));
    if (archive->behind == NULL) {
        return err_set(err, ERR_FATAL, "PostgreSQL: out of memory");
    }
    for (int row = 0; row < count; row++) {
        status->partition_count = field_int4(rows, row, 0);
        status->growth_to = field_int4(rows, row, 1);
        if (!field_null(rows, row, 2)) {
            archive->behind[status->behind_count++] =
                (struct archived_behind){.partition = field_int4(rows, row, 2),
                                         .emitted_offset = field_int8(rows, row, 3),
                                         .end_offset = field_int8(rows, row, 4)};
        }
    }
    status->behind = archive->behind;
    return true;
}

static bool ask(struct pg_archive *archive, struct err *err)
{
    static const struct statement once = {"archive_status", sql_archive_status};
    static const struct statement each = {"archive_positions", sql_archive_positions};
    static const struct statement growth = {"archive_growth", sql_archive_growth};
    struct params place = {0};
    params_text(&place, archive->cluster);
    params_text(&place, archive->topic);
    return session_send_once(&archive->session, &once, &(struct params){0}, err) &&
           session_send_once(&archive->session, &each, &place, err) &&
           session_send_once(&archive->session, &growth, &place, err) &&
           session_run(&archive->session, err);
}

bool archive_status(void *self, const struct archived_status **status, struct err *err)
{
    struct pg_archive *archive = self;
    if (!archive_ready(archive, err) || !ask(archive, err)) {
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
        fill_position(rows, row, &out[row]);
    }
    archive->status = (struct archived_status){.cluster = archive->cluster,
                                               .topic = archive->topic,
                                               .group = archive->group,
                                               .demo = field_bool(one, 0, 0),
                                               .decisions = field_int8(one, 0, 1),
                                               .estimated = field_bool(one, 0, 2),
                                               .rulebook_name = field_text(one, 0, 3),
                                               .rulebook_version = field_text(one, 0, 4),
                                               .now_ms = field_int8(one, 0, 6),
                                               .positions = out,
                                               .position_count = (uint32_t)PQntuples(rows)};
    if (!field_null(one, 0, 5) &&
        !field_fits(one, 0, 5, archive->status.rulebook_sha256, SHA256_SIZE)) {
        return archive_damaged("batch", "rulebook", err);
    }
    *status = &archive->status;
    return fill_growth(archive, session_result(&archive->session, 2), err);
}
