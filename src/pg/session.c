#include "session.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#include <sys/socket.h>

#include "mentor/base/check.h"
#include "mentor/base/clock.h"
#include "mentor/base/err.h"
#include "mentor/base/log.h"
#include "mentor/pg/pg.h"

#include "sql_embedded.h"
#include "sqlstate.h"

enum {
    SERVER_LEAST = 140000,
    WAIT_MS = 75000, /* over statement_timeout in sql/session.sql, so that the server ends a
                        statement first */
    ASK_MS = 250,    /* how often a wait is asked for its end */
    PATIENT_MS = 24 * 3600 * 1000,
    APPLICATION_NAME_SIZE = 128,
};

static void clear(struct session *session)
{
    for (uint32_t i = 0; i < SESSION_FLIGHT_MAX; i++) {
        PQclear(session->results[i]);
        session->results[i] = NULL;
    }
}

void session_close(struct session *session)
{
    if (session == NULL) {
        return;
    }
    clear(session);
    PQfinish(session->conn);
    *session = (struct session){
        .work = session->work,
        .context = session->context,
        .waits = session->waits,
        .waiter = session->waiter,
    };
}

static bool lost(struct session *session, const char *what, struct err *err)
{
    const char *why = session->conn == NULL ? "" : PQerrorMessage(session->conn);
    err_set(
        err, ERR_RETRY, "PostgreSQL: %s: %.300s", what, why[0] == '\0' ? "no reason given" : why);
    session_close(session);
    return false;
}

/* What a failed statement means. No text of the server for poison: it may quote the record. */
static bool
refused(struct session *session, const PGresult *result, const char *name, struct err *err)
{
    const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    if (sqlstate == NULL) {
        return lost(session, "connection lost", err);
    }
    const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    const struct sqlstate_rule *rule =
        sqlstate_rule(sqlstate, PQresultErrorField(result, PG_DIAG_CONSTRAINT_NAME));
    bool quiet = rule->kind == ERR_POISON || message == NULL;
    bool lock_timed_out = strcmp(sqlstate, "55P03") == 0;
    err_set(err,
            rule->kind,
            "PostgreSQL: %s: SQLSTATE %s%s%.200s%s%s",
            name,
            sqlstate,
            quiet ? "" : ": ",
            quiet ? "" : message,
            rule->advice[0] == '\0' ? "" : "; ",
            rule->advice);
    if (rule->kind == ERR_RETRY) {
        session_close(session);
    }
    session->lock_timed_out = lock_timed_out;
    return false;
}

static void on_notice(void *self, const PGresult *result)
{
    struct session *session = self;
    const char *severity = PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED);
    const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    if (severity == NULL || sqlstate == NULL || strcmp(severity, "WARNING") != 0) {
        return;
    }
    LOG(LOG_LEVEL_WARN, "pg.warning", LOG_TEXT("sqlstate", sqlstate));
    if (sqlstate_unreplicated(
            severity, sqlstate, PQresultErrorField(result, PG_DIAG_SOURCE_FUNCTION))) {
        session->warned = true;
    }
}

bool session_url_check(const char *url, struct err *err)
{
    bool expands = url != NULL && (strchr(url, '=') != NULL || strstr(url, "://") != NULL);
    if (!expands) {
        return true;
    }
    PQconninfoOption *options = PQconninfoParse(url, NULL);
    PQconninfoFree(options);
    return options != NULL ||
           err_set(err,
                   ERR_FATAL,
                   "--database-url is neither a postgresql:// URL nor libpq's key=value pairs");
}

/* Defaults come before the URL, which may change them; what the promise rests on comes after it. */
static PGconn *connect_to(const struct pg_settings *settings)
{
    char name[APPLICATION_NAME_SIZE];
    (void)snprintf(
        name, sizeof(name), "mentord %s", settings->owner == NULL ? "" : settings->owner);
    const char *const pairs[][2] = {
        {"connect_timeout", "5"},
        {"keepalives_idle", "10"},
        {"keepalives_interval", "5"},
        {"keepalives_count", "3"},
        {"tcp_user_timeout", "15000"},
        {"dbname", settings->url},
        {"application_name", name},
        {"client_encoding", "UTF8"},
        {"target_session_attrs", "read-write"},
    };
    enum {
        PAIRS = sizeof(pairs) / sizeof(pairs[0]),
    };
    const char *keys[PAIRS + 1] = {0};
    const char *values[PAIRS + 1] = {0};
    for (size_t i = 0; i < PAIRS; i++) {
        keys[i] = pairs[i][0];
        values[i] = pairs[i][1];
    }
    return PQconnectdbParams(keys, values, 1);
}

bool session_open(struct session *session, const struct pg_settings *settings, struct err *err)
{
    static const struct statement set = {"session", sql_session};
    session_close(session);
    if (!session_url_check(settings->url, err)) {
        return false;
    }
    if (session_hurries(session)) {
        return err_set(err, ERR_RETRY, "PostgreSQL: not connected, and no time is left for it");
    }
    session->conn = connect_to(settings);
    if (session->conn == NULL || PQstatus(session->conn) != CONNECTION_OK) {
        return lost(session, "cannot connect", err);
    }
    if (PQserverVersion(session->conn) < SERVER_LEAST) {
        int version = PQserverVersion(session->conn);
        session_close(session);
        return err_set(
            err, ERR_FATAL, "PostgreSQL %d is too old: mentord needs 14 or later", version / 10000);
    }
    (void)PQsetErrorVerbosity(session->conn, PQERRORS_TERSE);
    (void)PQsetNoticeReceiver(session->conn, on_notice, session);
    /* A batch is megabytes, and libpq moves what a partial send leaves; the kernel caps the wish.
     */
    const int buffer = 8 * 1024 * 1024;
    (void)setsockopt(PQsocket(session->conn), SOL_SOCKET, SO_SNDBUF, &buffer, sizeof(buffer));
    if (PQsetnonblocking(session->conn, 1) != 0 || PQenterPipelineMode(session->conn) != 1) {
        return lost(session, "cannot pipeline", err);
    }
    if (!session_send_once(session, &set, &(struct params){0}, err) || !session_run(session, err)) {
        session_close(session);
        return false;
    }
    return true;
}

static bool
before_send(struct session *session, const char *name, const struct params *params, struct err *err)
{
    CHECK(session->sent < SESSION_FLIGHT_MAX);
    if (session->conn == NULL) {
        return err_set(err, ERR_RETRY, "PostgreSQL: %s: not connected", name);
    }
    if (session->sent == 0) {
        clear(session);
    }
    session->names[session->sent++] = name;
    if (params->failed) {
        session_close(session);
        return err_set(err, ERR_FATAL, "PostgreSQL: %s: out of memory", name);
    }
    return true;
}

static const int *all_binary(void)
{
    static const int formats[PARAMS_MAX] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
                                            1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
    return formats;
}

bool session_send(struct session *session,
                  const struct statement *statement,
                  const struct params *params,
                  struct err *err)
{
    if (!before_send(session, statement->name, params, err)) {
        return false;
    }
    return PQsendQueryPrepared(session->conn,
                               statement->name,
                               params->count,
                               params->values,
                               params->lengths,
                               all_binary(),
                               1) == 1 ||
           lost(session, statement->name, err);
}

bool session_send_once(struct session *session,
                       const struct statement *statement,
                       const struct params *params,
                       struct err *err)
{
    if (!before_send(session, statement->name, params, err)) {
        return false;
    }
    return PQsendQueryParams(session->conn,
                             statement->sql,
                             params->count,
                             NULL,
                             params->values,
                             params->lengths,
                             all_binary(),
                             1) == 1 ||
           lost(session, statement->name, err);
}

bool session_prepare(struct session *session,
                     const struct statement *table,
                     uint32_t count,
                     struct err *err)
{
    const struct params none = {0};
    for (uint32_t i = 0; i < count; i++) {
        if (!before_send(session, table[i].name, &none, err)) {
            return false;
        }
        if (PQsendPrepare(session->conn, table[i].name, table[i].sql, 0, NULL) != 1) {
            return lost(session, table[i].name, err);
        }
    }
    return session_run(session, err);
}

bool session_sync(struct session *session, struct err *err)
{
    if (session->conn == NULL) {
        return err_set(err, ERR_RETRY, "PostgreSQL: not connected");
    }
    return (PQpipelineSync(session->conn) == 1 && PQflush(session->conn) >= 0) ||
           lost(session, "cannot send", err);
}

/* Until PQgetResult answers at once. False when the connection or the time is gone. */
static bool ready(const struct session *session, int64_t deadline_us)
{
    PGconn *conn = session->conn;
    struct clock clock = clock_system();
    while (PQisBusy(conn) != 0) {
        int64_t left_us = deadline_us - clock.mono_us(clock.self);
        int unsent =
            PQflush(conn); /* a failed write may leave the server's last words to be read */
        struct pollfd socket = {.fd = PQsocket(conn), .events = POLLIN};
        if (unsent == 1) {
            socket.events = POLLIN | POLLOUT;
        }
        if (left_us <= 0 || socket.fd < 0 || session_hurries(session)) {
            return false;
        }
        bool busy = session->work != NULL && session->work(session->context);
        int64_t wait_ms = left_us / 1000 < ASK_MS ? left_us / 1000 + 1 : ASK_MS;
        int events = poll(&socket, 1, busy ? 0 : (int)wait_ms);
        if (events < 0 && errno != EINTR) {
            return false;
        }
        if (events > 0 && (socket.revents & ~POLLOUT) != 0 && PQconsumeInput(conn) != 1) {
            return false;
        }
    }
    return true;
}

/* The result of one statement, then its end. NULL: the connection or the time is gone. */
static PGresult *collect_one(const struct session *session, int64_t deadline_us)
{
    PGconn *conn = session->conn;
    PGresult *result = ready(session, deadline_us) ? PQgetResult(conn) : NULL;
    if (result == NULL || PQresultStatus(result) == PGRES_PIPELINE_SYNC) {
        return result;
    }
    PGresult *end = ready(session, deadline_us) ? PQgetResult(conn) : NULL;
    PQclear(end);
    return result;
}

/* All results of the flush up to its Sync, the connection being well; *culprit is the first that
 * failed. */
static bool collect(struct session *session, const PGresult **culprit, const char **name)
{
    struct clock clock = clock_system();
    int64_t deadline_us =
        clock.mono_us(clock.self) + INT64_C(1000) * (session->patient ? PATIENT_MS : WAIT_MS);
    uint32_t sent = session->sent;
    session->sent = 0;
    for (uint32_t i = 0; i < sent; i++) {
        PGresult *result = collect_one(session, deadline_us);
        session->results[i] = result;
        ExecStatusType status = PQresultStatus(result);
        bool well = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
        if (!well && *culprit == NULL && result != NULL) {
            *culprit = result;
            *name = session->names[i];
        }
        if (result == NULL || PQstatus(session->conn) != CONNECTION_OK) {
            return false;
        }
    }
    PGresult *end = collect_one(session, deadline_us);
    bool synced = end != NULL && PQresultStatus(end) == PGRES_PIPELINE_SYNC;
    PQclear(end);
    return synced;
}

static bool roll_back(struct session *session, struct err *err)
{
    PGresult *kept[SESSION_FLIGHT_MAX];
    memcpy(kept, session->results, sizeof(kept));
    memset(session->results, 0, sizeof(session->results));
    static const struct statement rollback = {"rollback", "ROLLBACK"};
    const PGresult *culprit = NULL;
    const char *name = rollback.name;
    bool done = session_send_once(session, &rollback, &(struct params){0}, err) &&
                session_sync(session, err) && collect(session, &culprit, &name) && culprit == NULL;
    clear(session);
    memcpy(session->results, kept, sizeof(kept));
    return done;
}

bool session_wait(struct session *session, struct err *err)
{
    if (session->conn == NULL) {
        return err_set(err, ERR_RETRY, "PostgreSQL: not connected");
    }
    const PGresult *culprit = NULL;
    const char *name = "";
    bool well = collect(session, &culprit, &name);
    if (session->warned) {
        return lost(session, "stopped waiting for its standby, so the outcome is unknown", err);
    }
    if (!well && culprit == NULL) {
        return lost(session, "connection lost or no answer in time", err);
    }
    bool aborted = well && PQtransactionStatus(session->conn) == PQTRANS_INERROR;
    if (culprit == NULL) {
        return !aborted || lost(session, "transaction aborted", err);
    }
    if (aborted && !roll_back(session, err)) {
        well = false;
    }
    (void)refused(session, culprit, name, err);
    if (!well) {
        session_close(session);
    }
    return false;
}

bool session_run(struct session *session, struct err *err)
{
    return session_sync(session, err) && session_wait(session, err);
}

bool session_script(struct session *session, const char *name, const char *sql, struct err *err)
{
    if (PQexitPipelineMode(session->conn) != 1) {
        return lost(session, name, err);
    }
    PGresult *result = PQexec(session->conn, sql);
    ExecStatusType status = PQresultStatus(result);
    bool done = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK ||
                refused(session, result, name, err);
    PQclear(result);
    return done && (PQenterPipelineMode(session->conn) == 1 || lost(session, name, err));
}
