/* Everything stored, as of one moment: one read-only transaction that others can join by its name.
 */

#include <stdlib.h>
#include <string.h>

#include "mentor/base/err.h"
#include "mentor/pg/pg.h"
#include "mentor/port/ledger.h"

#include "chronicle.h"
#include "schema.h"
#include "sql_embedded.h"

_Static_assert((int)CHRONICLE_STATEMENT_COUNT <= (int)SESSION_FLIGHT_MAX,
               "all are prepared in one flush");

static const struct statement statements[CHRONICLE_STATEMENT_COUNT] = {
#define X(name) [CHRONICLE_##name] = {"chronicle_" #name, sql_chronicle_##name},
    CHRONICLE_STATEMENTS(X)
#undef X
};

const PGresult *chronicle_ask(struct pg_chronicle *chronicle,
                              enum chronicle_statement statement,
                              const struct params *params,
                              struct err *err)
{
    if (!session_connected(&chronicle->session)) {
        (void)err_set(err, ERR_RETRY, "PostgreSQL: the connection is gone, and its moment with it");
        return NULL;
    }
    return session_send(&chronicle->session, &statements[statement], params, err) &&
                   session_run(&chronicle->session, err)
               ? session_result(&chronicle->session, 0)
               : NULL;
}

const PGresult *chronicle_search(struct pg_chronicle *chronicle,
                                 enum chronicle_statement statement,
                                 const struct params *params,
                                 struct err *err)
{
    struct params on = {0};
    struct params off = {0};
    params_text(&on, "on");
    params_text(&off, "off");
    return session_connected(&chronicle->session) &&
                   session_send(&chronicle->session, &statements[CHRONICLE_planner], &on, err) &&
                   session_send(&chronicle->session, &statements[statement], params, err) &&
                   session_send(&chronicle->session, &statements[CHRONICLE_planner], &off, err) &&
                   session_run(&chronicle->session, err)
               ? session_result(&chronicle->session, 1)
               : NULL;
}

void *chronicle_hand_out(struct pg_chronicle *chronicle, int count, size_t size, struct err *err)
{
    size_t bytes = ((size_t)count + 1) * size;
    if (bytes > chronicle->rows_size) {
        free(chronicle->rows);
        chronicle->rows = malloc(bytes);
        chronicle->rows_size = chronicle->rows == NULL ? 0 : bytes;
    }
    if (chronicle->rows == NULL) {
        (void)err_set(err, ERR_FATAL, "PostgreSQL: out of memory");
    }
    return chronicle->rows;
}

/* SET TRANSACTION SNAPSHOT takes a literal only, so the name is looked at first. */
static bool join_moment(struct pg_chronicle *chronicle, const char *moment, struct err *err)
{
    char sql[CHRONICLE_MOMENT_SIZE + 64];
    if (strlen(moment) >= CHRONICLE_MOMENT_SIZE ||
        strspn(moment, "0123456789ABCDEFabcdef-") != strlen(moment)) {
        return err_set(err, ERR_FATAL, "PostgreSQL: that is no moment's name");
    }
    (void)snprintf(sql, sizeof(sql), "SET TRANSACTION SNAPSHOT '%s'", moment);
    (void)snprintf(chronicle->moment, sizeof(chronicle->moment), "%s", moment);
    return session_script(&chronicle->session, "snapshot", sql, err);
}

static bool name_moment(struct pg_chronicle *chronicle, struct err *err)
{
    const struct statement name = {"chronicle_moment", sql_chronicle_moment};
    if (!session_send_once(&chronicle->session, &name, &(struct params){0}, err) ||
        !session_run(&chronicle->session, err)) {
        return false;
    }
    (void)snprintf(chronicle->moment,
                   sizeof(chronicle->moment),
                   "%s",
                   field_text(session_result(&chronicle->session, 0), 0, 0));
    return true;
}

static bool read_partitions(struct pg_chronicle *chronicle, struct err *err)
{
    const struct chronicle_position *rows = NULL;
    uint32_t count = 0;
    if (!chronicle_positions(chronicle, &rows, &count, err)) {
        return false;
    }
    chronicle->partitions = calloc((size_t)count + 1, sizeof(*chronicle->partitions));
    if (chronicle->partitions == NULL) {
        return err_set(err, ERR_FATAL, "PostgreSQL: out of memory");
    }
    chronicle->partition_count = count;
    for (uint32_t i = 0; i < count; i++) {
        chronicle->partitions[i] = (struct partition_of){rows[i].id, rows[i].position.partition};
    }
    return true;
}

int32_t chronicle_partition_of(const struct pg_chronicle *chronicle, int64_t progress_id)
{
    for (uint32_t i = 0; i < chronicle->partition_count; i++) {
        if (chronicle->partitions[i].progress_id == progress_id) {
            return chronicle->partitions[i].partition;
        }
    }
    return -1;
}

static bool begin(struct pg_chronicle *chronicle, const char *moment, struct err *err)
{
    const struct statement first = {"chronicle_begin", sql_chronicle_begin};
    const struct statement patience = {"chronicle_patience", sql_chronicle_patience};
    const struct statement room = {"chronicle_room", sql_chronicle_room};
    struct session *session = &chronicle->session;
    return vault_init(&chronicle->vault, &chronicle->settings, err) &&
           session_open(session, &chronicle->settings, err) && schema_check(session, err) &&
           vault_check(&chronicle->vault, session, false, err) &&
           session_prepare(session, statements, CHRONICLE_STATEMENT_COUNT, err) &&
           session_send_once(session, &first, &(struct params){0}, err) &&
           session_run(session, err) &&
           (moment == NULL ? name_moment(chronicle, err) : join_moment(chronicle, moment, err)) &&
           session_send_once(session, &patience, &(struct params){0}, err) &&
           session_send_once(session, &room, &(struct params){0}, err) &&
           session_run(session, err) && read_partitions(chronicle, err);
}

struct pg_chronicle *
pg_chronicle_open(const struct pg_settings *settings, const char *moment, struct err *err)
{
    struct pg_chronicle *chronicle = calloc(1, sizeof(*chronicle));
    if (chronicle == NULL) {
        (void)err_set(err, ERR_FATAL, "PostgreSQL: out of memory");
        return NULL;
    }
    chronicle->settings = *settings;
    chronicle->selection = chronicle_all();
    if (!begin(chronicle, moment, err)) {
        pg_chronicle_close(&chronicle);
    }
    return chronicle;
}

void pg_chronicle_close(struct pg_chronicle **chronicle)
{
    if (chronicle == NULL || *chronicle == NULL) {
        return;
    }
    chronicle_copy_drop(*chronicle);
    vault_release(&(*chronicle)->vault);
    free((*chronicle)->partitions);
    session_close(&(*chronicle)->session);
    free((*chronicle)->rows);
    free(*chronicle);
    *chronicle = NULL;
}

struct chronicle pg_chronicle_port(struct pg_chronicle *chronicle)
{
    return (struct chronicle){
        .moment = chronicle->moment,
        .facts = chronicle_facts,
        .positions = chronicle_positions,
        .rulebooks = chronicle_rulebooks,
        .select = chronicle_select,
        .decisions = chronicle_decisions,
        .more = chronicle_more,
        .cases = chronicle_cases,
        .more_cases = chronicle_more_cases,
        .next_batch = chronicle_next_batch,
        .batches = chronicle_batches,
        .ranges = chronicle_ranges,
        .refusals = chronicle_refusals,
        .applications = chronicle_applications,
        .citizens = chronicle_citizens,
        .repeated = chronicle_repeated,
        .more_rows = chronicle_more_rows,
        .disorders = chronicle_disorders,
        .misarmed = chronicle_misarmed,
        .loose_ends = chronicle_loose_ends,
        .guards = chronicle_guards,
        .entry = ledger_next,
        .self = chronicle,
    };
}
