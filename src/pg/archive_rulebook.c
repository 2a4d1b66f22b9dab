/* Rulebooks as a person manages them: listed, and put in force. */

#include "mentor/base/err.h"

#include "archive.h"
#include "field.h"
#include "rulebook.h"
#include "sql_embedded.h"

bool archive_rulebooks(void *self,
                       const struct archived_rulebook **rulebooks,
                       uint32_t *count,
                       struct err *err)
{
    static const struct statement list = {"archive_rulebooks", sql_archive_rulebooks};
    struct pg_archive *archive = self;
    if (!archive_ready(archive, err) || !archive_ask(archive, &list, &(struct params){0}, err)) {
        return false;
    }
    const PGresult *rows = session_result(&archive->session, 0);
    struct archived_rulebook *out = archive_hand_out(archive, PQntuples(rows), sizeof(*out), err);
    if (out == NULL) {
        return false;
    }
    for (int row = 0; row < PQntuples(rows); row++) {
        struct archived_rulebook *to = &out[row];
        *to = (struct archived_rulebook){
            .name = field_text(rows, row, 0),
            .version = field_text(rows, row, 1),
            .stored_at_ms = field_int8(rows, row, 3),
            .published = !field_null(rows, row, 4),
        };
        if (!field_fits(rows, row, 2, to->sha256, SHA256_SIZE)) {
            return archive_damaged("rulebook", "sha256", err);
        }
        if (to->published) {
            to->effective_from_ms = field_int8(rows, row, 4);
            to->published_at_ms = field_int8(rows, row, 5);
            to->published_by = field_text(rows, row, 6);
            to->in_force = field_bool(rows, row, 7);
        }
    }
    *rulebooks = out;
    *count = (uint32_t)PQntuples(rows);
    return true;
}

bool archive_publish(void *self,
                     const struct archived_rulebook *rulebook,
                     struct bytes yaml,
                     bool *published,
                     struct err *err)
{
    static const struct statement begin = {"begin", sql_begin};
    static const struct statement as_owner = {"migrate_as_owner", sql_migrate_as_owner};
    static const struct statement publish = {"archive_publish", sql_archive_publish};
    static const struct statement commit = {"commit", sql_commit};
    struct pg_archive *archive = self;
    struct pg_rulebook book = {.name = rulebook->name, .version = rulebook->version, .yaml = yaml};
    struct params params = {0};
    memcpy(book.sha256, rulebook->sha256, SHA256_SIZE);
    params_bytes(&params, bytes_of(rulebook->sha256, SHA256_SIZE));
    params_int8(&params, rulebook->effective_from_ms);
    if (!archive_ready(archive, err) || !archive_ask(archive, &begin, &(struct params){0}, err) ||
        !archive_ask(archive, &as_owner, &(struct params){0}, err) ||
        !rulebook_keep(&archive->session, &book, ERR_HALT, err) ||
        !archive_ask(archive, &publish, &params, err)) {
        return false;
    }
    *published = PQntuples(session_result(&archive->session, 0)) == 1;
    return archive_ask(archive, &commit, &(struct params){0}, err);
}
