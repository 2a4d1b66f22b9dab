/* Payloads that go for good: of one citizen, or by age. The work is the database's
 * (migrations/0005_erasure.sql), so that nobody gets around its record. */

#include <stdio.h>

#include "mentor/base/err.h"

#include "archive.h"
#include "field.h"
#include "sql_embedded.h"

static void fill(const PGresult *row, struct archived_erasure *erasure)
{
    *erasure = (struct archived_erasure){
        .known = field_bool(row, 0, 0),
        .any = field_bool(row, 0, 1),
        .sealed = field_int8(row, 0, 2),
        .emptied = field_int8(row, 0, 3),
        .refused = field_int8(row, 0, 4),
        .open_refused = field_int8(row, 0, 5),
        .before_ms = field_int8(row, 0, 6),
    };
    (void)snprintf(erasure->before_why, sizeof(erasure->before_why), "%s", field_text(row, 0, 7));
}

bool archive_erase(void *self,
                   const struct archived_wish *wish,
                   struct archived_erasure *erasure,
                   struct err *err)
{
    static const struct statement begin = {"begin", sql_begin};
    static const struct statement as_owner = {"migrate_as_owner", sql_migrate_as_owner};
    static const struct statement patience = {"chronicle_patience", sql_chronicle_patience};
    static const struct statement citizen = {"archive_erase", sql_archive_erase};
    static const struct statement by_age = {"archive_retire", sql_archive_retire};
    static const struct statement commit = {"commit", sql_commit};
    static const struct statement rollback = {"rollback", sql_rollback};
    const struct params none = {0};
    struct pg_archive *archive = self;
    struct params params = {0};
    if (wish->citizen_ref != NULL) {
        params_bytes(&params, bytes_of(wish->citizen_ref, CITIZEN_REF_SIZE));
    } else {
        params_int8(&params, wish->before_ms);
    }
    params_text(&params, wish->why);
    archive->session.patient = true; /* it looks at every decision */
    bool done = archive_ready(archive, err) && archive_ask(archive, &begin, &none, err) &&
                archive_ask(archive, &as_owner, &none, err) &&
                archive_ask(archive, &patience, &none, err) &&
                archive_ask(archive, wish->citizen_ref != NULL ? &citizen : &by_age, &params, err);
    if (done) {
        fill(session_result(&archive->session, 0), erasure);
        done = archive_ask(archive, wish->dry || !erasure->any ? &rollback : &commit, &none, err);
    }
    archive->session.patient = false;
    return done;
}
