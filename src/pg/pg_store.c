#include <stdlib.h>

#include "mentor/base/err.h"

#include "field.h"
#include "rulebook.h"
#include "schema.h"
#include "sql_embedded.h"
#include "store.h"

_Static_assert((int)STORE_STATEMENT_COUNT <= (int)SESSION_FLIGHT_MAX,
               "all are prepared in one flush");

static const struct statement statements[STORE_STATEMENT_COUNT] = {
#define X(name) [STORE_##name] = {#name, sql_##name},
    STORE_STATEMENTS(X)
#undef X
};

bool store_send(struct pg_store *store,
                enum store_statement statement,
                const struct params *params,
                struct err *err)
{
    return session_send(&store->session, &statements[statement], params, err);
}

struct pg_store *pg_store_open(const struct pg_settings *settings,
                               const char *topic,
                               const char *group,
                               const struct pg_rulebook *rulebook,
                               struct err *err)
{
    if (!session_url_check(settings->url, err)) {
        return NULL;
    }
    struct pg_store *store = calloc(1, sizeof(*store));
    if (store == NULL) {
        (void)err_set(err, ERR_FATAL, "PostgreSQL: out of memory");
        return NULL;
    }
    store->settings = *settings;
    if (!vault_init(&store->vault, settings, err)) {
        free(store);
        return NULL;
    }
    store->topic = topic;
    store->group = group;
    store->rulebook = rulebook;
    return store;
}

void pg_store_close(struct pg_store **store)
{
    if (store == NULL || *store == NULL) {
        return;
    }
    session_close(&(*store)->session);
    vault_release(&(*store)->vault);
    store_keys_wipe(*store);
    free((*store)->keys);
    for (size_t i = 0; i < STORE_ARRAYS; i++) {
        array_release(&(*store)->arrays[i]);
    }
    free((*store)->cluster);
    free((*store)->ends);
    free(*store);
    *store = NULL;
}

static bool check_topic(struct pg_store *store, struct err *err)
{
    static const struct statement keep = {"topic_store", sql_topic_store};
    static const struct statement check = {"topic_check", sql_topic_check};
    struct params kept = {0};
    params_text(&kept, store->cluster);
    params_text(&kept, store->topic);
    params_int4(&kept, store->partition_count);
    params_text(&kept, store->group);
    struct params asked = {0};
    params_text(&asked, store->cluster);
    params_text(&asked, store->topic);
    params_text(&asked, store->group);
    if (!session_send_once(&store->session, &keep, &kept, err) ||
        !session_run(&store->session, err) ||
        !session_send_once(&store->session, &check, &asked, err) ||
        !session_run(&store->session, err)) {
        return false;
    }
    const PGresult *row = session_result(&store->session, 0);
    if (!field_null(row, 0, 0)) {
        return err_set(
            err,
            ERR_HALT,
            "this database belongs to consumer group %.100s, not %.100s: positions of two groups cannot share it. "
            "Give --group %.100s, or another database",
            field_text(row, 0, 0),
            store->group,
            field_text(row, 0, 0));
    }
    store->known_count = field_int4(row, 0, 1);
    return true;
}

/* Only open() has just asked the broker: another worker may have noticed a growth since. */
static bool check_count(struct pg_store *store, struct err *err)
{
    return store->partition_count >= store->known_count ||
           err_set(
               err,
               ERR_STALE,
               "topic %.80s has %d partitions, the database knows %d: the broker has not heard of the others yet, or "
               "the topic was made anew; then give the new one another name",
               store->topic,
               store->partition_count,
               store->known_count);
}

static bool connected(struct pg_store *store, struct err *err)
{
    if (session_connected(&store->session)) {
        return true;
    }
    if (!session_open(&store->session, &store->settings, err)) {
        return false;
    }
    if (!schema_check(&store->session, err) ||
        !session_prepare(&store->session, statements, STORE_STATEMENT_COUNT, err)) {
        session_close(&store->session);
        return false;
    }
    return true;
}

bool store_ready(struct pg_store *store, struct err *err)
{
    if (session_connected(&store->session)) {
        return true;
    }
    if (store->cluster == NULL) {
        return err_set(err, ERR_FATAL, "PostgreSQL: the store was not opened");
    }
    if (!connected(store, err)) {
        return false;
    }
    if (!vault_check(&store->vault, &store->session, true, err) || !check_topic(store, err) ||
        !rulebook_keep(&store->session, store->rulebook, ERR_FATAL, err)) {
        session_close(&store->session);
        return false;
    }
    return true;
}

static bool store_open(void *self, const char *cluster, int32_t partition_count, struct err *err)
{
    struct pg_store *store = self;
    if (store->cluster == NULL || strcmp(store->cluster, cluster) != 0 ||
        store->partition_count != partition_count) {
        size_t size = strlen(cluster) + 1;
        char *copy = malloc(size);
        if (copy == NULL) {
            return err_set(err, ERR_FATAL, "PostgreSQL: out of memory");
        }
        memcpy(copy, cluster, size);
        free(store->cluster);
        store->cluster = copy;
        store->partition_count = partition_count;
        session_close(&store->session); /* so that the checks are made for this one */
    }
    return store_ready(store, err) && check_count(store, err);
}

static void store_meanwhile(void *self, bool (*work)(void *context), void *context)
{
    struct pg_store *store = self;
    store->session.work = work;
    store->session.context = context;
}

static void store_patience(void *self, bool (*waits)(void *context), void *context)
{
    struct pg_store *store = self;
    store->session.waits = waits;
    store->session.waiter = context;
}

struct store pg_store_port(struct pg_store *store)
{
    return (struct store){
        .meanwhile = store_meanwhile,
        .patience = store_patience,
        .open = store_open,
        .take = store_take,
        .orphan = store_orphan,
        .orphan_ended = store_orphan_ended,
        .undoing = store_undoing,
        .unseen = store_unseen,
        .doubt = store_doubt,
        .recalled = store_recalled,
        .tried = store_tried,
        .resumed = store_resumed,
        .redriven = store_redriven,
        .read = store_read,
        .rulebook = store_rulebook,
        .write = store_write,
        .shadow = store_shadow,
        .unsent = store_unsent,
        .emitted = store_emitted,
        .growth = store_growth,
        .growth_end = store_growth_end,
        .self = store,
    };
}

bool pg_store_demo(struct pg_store *store, bool *demo, struct err *err)
{
    static const struct statement ask = {"demo", sql_demo};
    bool was = session_connected(&store->session);
    bool done = connected(store, err) &&
                session_send_once(&store->session, &ask, &(struct params){0}, err) &&
                session_run(&store->session, err);
    if (done) {
        const PGresult *row = session_result(&store->session, 0);
        *demo = PQntuples(row) == 1 && field_bool(row, 0, 0);
    }
    if (!was) {
        session_close(&store->session); /* open() has its own checks to make */
    }
    return done;
}
