/* COPY out of a session, which leaves its pipeline mode for as long. */

#include <errno.h>
#include <poll.h>
#include <time.h>

#include "mentor/base/err.h"

#include "session.h"

enum {
    STALL_MS = 75000, /* a page of rows is never this far from the next */
    NAP_NS = 50000,
};

static bool lost(struct session *session, const char *what, struct err *err)
{
    (void)err_set(err,
                  ERR_RETRY,
                  "PostgreSQL: %s: %.300s",
                  what,
                  session->conn == NULL ? "" : PQerrorMessage(session->conn));
    session_close(session);
    return false;
}

/* Until there is something to read. */
static bool wait_for_more(const struct session *session)
{
    struct pollfd socket = {.fd = PQsocket(session->conn), .events = POLLIN};
    int events = 0;
    do {
        events = poll(&socket, 1, STALL_MS);
    } while (events < 0 && errno == EINTR);
    return events > 0 && PQconsumeInput(session->conn) == 1;
}

/* The next result; NULL also when the connection is gone. */
static PGresult *next_result(const struct session *session)
{
    while (PQisBusy(session->conn) != 0) {
        if (PQflush(session->conn) < 0 || !wait_for_more(session)) {
            return NULL;
        }
    }
    return PQgetResult(session->conn);
}

bool session_copy(struct session *session, const struct statement *statement, struct err *err)
{
    if (session->conn == NULL) {
        return err_set(err, ERR_RETRY, "PostgreSQL: %s: not connected", statement->name);
    }
    if (PQexitPipelineMode(session->conn) != 1 || PQsendQuery(session->conn, statement->sql) != 1) {
        return lost(session, statement->name, err);
    }
    PGresult *result = next_result(session);
    bool begun = PQresultStatus(result) == PGRES_COPY_OUT;
    PQclear(result);
    return begun || lost(session, statement->name, err);
}

/* What comes after the last row: the answer, then the pipeline again. */
static bool finish(struct session *session)
{
    PGresult *result = next_result(session);
    bool done = PQresultStatus(result) == PGRES_COMMAND_OK;
    PQclear(result);
    while (done && (result = next_result(session)) != NULL) {
        PQclear(result);
    }
    return done && PQenterPipelineMode(session->conn) == 1;
}

/* The server sends 8 KB at a time, and a client that waits for it is woken for each of them: that
 * costs both sides more than the rows in it. Its socket takes ten times as much, so it is given the
 * time to fill it. */
static bool nap(const struct session *session)
{
    (void)nanosleep(&(struct timespec){.tv_nsec = NAP_NS}, NULL);
    return PQconsumeInput(session->conn) == 1;
}

int session_copy_next(struct session *session, char **message, int *size, struct err *err)
{
    if (session->conn == NULL) {
        (void)err_set(err, ERR_RETRY, "PostgreSQL: not connected");
        return -1;
    }
    /* What has come already is taken without asking for it: a poll costs as much as the row. */
    for (int asked = 0; (*size = PQgetCopyData(session->conn, message, 1)) == 0; asked++) {
        bool alive = asked == 0   ? PQconsumeInput(session->conn) == 1
                     : asked == 1 ? nap(session)
                                  : wait_for_more(session);
        if (!alive) {
            (void)lost(session, "no answer in time", err);
            return -1;
        }
    }
    if (*size > 0) {
        return 1;
    }
    if (*size == -1 && finish(session)) {
        return 0;
    }
    (void)lost(session, "the copy was broken off", err);
    return -1;
}
