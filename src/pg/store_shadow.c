/* What a shadow rulebook would have decided: a transaction of its own, so that what befalls it
 * befalls no batch. */

#include "sql_embedded.h"
#include "store.h"

static bool send(struct pg_store *store,
                 const struct statement *statement,
                 struct params *params,
                 uint32_t columns,
                 struct err *err)
{
    store_put_columns(store, params, columns);
    return session_send_once(&store->session, statement, params, err);
}

static bool
send_candidate(struct pg_store *store, const struct shadow_report *report, struct err *err)
{
    static const struct statement keep = {"shadow_candidate", sql_shadow_candidate};
    struct params params = {0};
    params_bytes(&params, bytes_of(report->candidate_sha256, SHA256_SIZE));
    params_text(&params, report->candidate_name);
    params_text(&params, report->candidate_version);
    return send(store, &keep, &params, 0, err);
}

static bool send_counts(struct pg_store *store, const struct shadow_report *report, struct err *err)
{
    static const struct statement add = {"shadow_counts", sql_shadow_counts};
    static const enum array_type types[] = {ARRAY_BYTEA,
                                            ARRAY_INT8,
                                            ARRAY_INT2,
                                            ARRAY_INT2,
                                            ARRAY_INT8,
                                            ARRAY_INT8,
                                            ARRAY_INT8,
                                            ARRAY_INT8};
    enum {
        COUNT = sizeof(types) / sizeof(types[0]),
    };
    struct array *columns = store->arrays;
    struct params params = {0};
    store_columns(store, types, COUNT);
    for (uint32_t i = 0; i < report->count_count; i++) {
        const struct shadow_count *count = &report->counts[i];
        array_bytes(&columns[0], bytes_of(count->rulebook_sha256, SHA256_SIZE));
        array_int8(&columns[1], count->progress_id);
        array_int2(&columns[2], (int16_t)count->outcome);
        array_int2(&columns[3], (int16_t)count->candidate_outcome);
        array_int8(&columns[4], count->decided);
        array_int8(&columns[5], count->diverged);
        array_int8(&columns[6], count->granted_ore);
        array_int8(&columns[7], count->candidate_ore);
    }
    params_bytes(&params, bytes_of(report->candidate_sha256, SHA256_SIZE));
    return send(store, &add, &params, COUNT, err);
}

static bool
send_divergences(struct pg_store *store, const struct shadow_report *report, struct err *err)
{
    static const struct statement add = {"shadow_divergences", sql_shadow_divergences};
    static const struct statement prune = {"shadow_prune", sql_shadow_prune};
    static const enum array_type types[] = {ARRAY_BYTEA,
                                            ARRAY_INT8,
                                            ARRAY_INT8,
                                            ARRAY_UUID,
                                            ARRAY_INT8,
                                            ARRAY_INT8,
                                            ARRAY_INT2,
                                            ARRAY_INT2,
                                            ARRAY_TEXT,
                                            ARRAY_TEXT,
                                            ARRAY_INT8,
                                            ARRAY_INT8};
    enum {
        COUNT = sizeof(types) / sizeof(types[0]),
    };
    struct array *columns = store->arrays;
    struct params params = {0};
    if (report->divergence_count == 0) {
        return true;
    }
    store_columns(store, types, COUNT);
    for (uint32_t i = 0; i < report->divergence_count; i++) {
        const struct shadow_divergence *row = &report->divergences[i];
        array_bytes(&columns[0], bytes_of(row->rulebook_sha256, SHA256_SIZE));
        array_int8(&columns[1], row->progress_id);
        array_int8(&columns[2], row->offset);
        array_bytes(&columns[3], bytes_of(row->application_id, UUID_SIZE));
        array_int8(&columns[4], row->version);
        array_int8(&columns[5], row->evaluated_at_ms);
        array_int2(&columns[6], (int16_t)row->outcome);
        array_int2(&columns[7], (int16_t)row->candidate_outcome);
        array_bytes(&columns[8], bytes_text(row->rules));
        array_bytes(&columns[9], bytes_text(row->candidate_rules));
        array_int8(&columns[10], row->granted_ore);
        array_int8(&columns[11], row->candidate_ore);
    }
    params_bytes(&params, bytes_of(report->candidate_sha256, SHA256_SIZE));
    return send(store, &add, &params, COUNT, err) &&
           session_send_once(&store->session, &prune, &(struct params){0}, err);
}

bool store_shadow(void *self, const struct shadow_report *report, struct err *err)
{
    struct pg_store *store = self;
    const struct params none = {0};
    return store_send(store, STORE_begin, &none, err) &&
           store_send(store, STORE_lock_limit, &none, err) && send_candidate(store, report, err) &&
           send_counts(store, report, err) && send_divergences(store, report, err) &&
           store_send(store, STORE_commit, &none, err) && session_run(&store->session, err);
}
