#ifndef PG_SESSION_H
#define PG_SESSION_H

/*
 * One connection in pipeline mode: send any number of statements, flush them with one Sync, wait
 * for all results. No wait is for ever. When a call fails with ERR_RETRY the connection has been
 * dropped.
 */

#include <stdbool.h>
#include <stdint.h>

#include <libpq-fe.h>

#include "mentor/base/bytes.h"

#include "params.h"

struct err;
struct pg_settings;

enum {
    SESSION_FLIGHT_MAX = 48, /* statements; also how many a client prepares */
};

struct statement {
    const char *name; /* for the server and in error texts */
    const char *sql;
};

struct session {
    /* Done while a wait would only wait, slice by slice; false when there is nothing left for now.
     * Outlives the connection. */
    bool (*work)(void *context);
    void *context;
    /* Asked while a wait lasts: false gives it up. NULL: it has its time. */
    bool (*waits)(void *waiter);
    void *waiter;
    PGconn *conn; /* NULL: closed; what is above stays from one connection to the next */
    uint32_t sent;
    const char *names[SESSION_FLIGHT_MAX];
    PGresult *results[SESSION_FLIGHT_MAX];
    bool patient; /* waits for as long as the server takes, within a day */
    bool warned;  /* the server was stopped from waiting for its standby: what it acknowledged is
                     local only */
    bool lock_timed_out; /* why the last flush failed: SQLSTATE 55P03. Outlives the connection */
};

/* Zeroed is closed. */
static inline bool session_connected(const struct session *session)
{
    return session->conn != NULL;
}

/* No wait has any time left. */
static inline bool session_hurries(const struct session *session)
{
    return session->waits != NULL && !session->waits(session->waiter);
}

/* Connects and sets what every session sets. Closes a session that is open. */
MUST_CHECK bool
session_open(struct session *session, const struct pg_settings *settings, struct err *err);
void session_close(struct session *session);
/* ERR_FATAL when libpq cannot read the URL; the text quotes none of it. */
MUST_CHECK bool session_url_check(const char *url, struct err *err);

/* Prepares all under their names, in one flush. */
MUST_CHECK bool session_prepare(struct session *session,
                                const struct statement *table,
                                uint32_t count,
                                struct err *err);

/* Queues a prepared statement, or one not prepared. The results of the flush before this one end
 * here. */
MUST_CHECK bool session_send(struct session *session,
                             const struct statement *statement,
                             const struct params *params,
                             struct err *err);
MUST_CHECK bool session_send_once(struct session *session,
                                  const struct statement *statement,
                                  const struct params *params,
                                  struct err *err);
/* Ends the flush and pushes it out as far as the socket takes it. */
MUST_CHECK bool session_sync(struct session *session, struct err *err);
/* Waits for every result. On an error all statements of the flush are rolled back, and *err names
 * the first culprit. */
MUST_CHECK bool session_wait(struct session *session, struct err *err);
/* Both of the above. */
MUST_CHECK bool session_run(struct session *session, struct err *err);

/* Runs a text of any number of statements, without parameters and results. Waits as long as the
 * server takes. */
MUST_CHECK bool
session_script(struct session *session, const char *name, const char *sql, struct err *err);

/*
 * COPY … TO STDOUT (FORMAT binary), the fastest way out: the rows come while they are worked on.
 * Nothing else is sent until it has ended. next: 1, and the next of the server's messages, which
 * the caller frees with PQfreemem(); 0 at the end; -1 with *err.
 */
MUST_CHECK bool
session_copy(struct session *session, const struct statement *statement, struct err *err);
MUST_CHECK int
session_copy_next(struct session *session, char **message, int *size, struct err *err);

/* Of the i-th statement sent in the last flush; lives until the next send. */
static inline const PGresult *session_result(const struct session *session, uint32_t i)
{
    return session->results[i];
}

#endif /* PG_SESSION_H */
