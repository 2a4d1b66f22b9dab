/* Whether the database answers, and the one thing that is counted there for whoever watches. */

#include "archive.h"
#include "field.h"
#include "sql_embedded.h"

bool archive_pulse(void *self, int64_t *open, struct err *err)
{
    static const struct statement ask = {"archive_pulse", sql_archive_pulse};
    struct pg_archive *archive = self;
    if (!archive_ready(archive, err) || !archive_ask(archive, &ask, &(struct params){0}, err)) {
        return false;
    }
    *open = field_int8(session_result(&archive->session, 0), 0, 0);
    return true;
}
