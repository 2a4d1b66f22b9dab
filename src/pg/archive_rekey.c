/* Every data key wrapped with another master key, some rows in a transaction. */

#include "mentor/base/err.h"

#include "archive.h"
#include "field.h"
#include "sql_embedded.h"

enum {
    ROWS_AT_ONCE = 32, /* of up to so many keys */
};

/* In a transaction, with the rights of the owner. */
static bool begin(struct pg_archive *archive, struct err *err)
{
    static const struct statement start = {"begin", sql_begin};
    static const struct statement as_owner = {"migrate_as_owner", sql_migrate_as_owner};
    static const struct statement limit = {"lock_limit", sql_lock_limit};
    const struct params none = {0};
    return archive_ask(archive, &start, &none, err) &&
           archive_ask(archive, &as_owner, &none, err) && archive_ask(archive, &limit, &none, err);
}

static bool commit(struct pg_archive *archive, struct err *err)
{
    static const struct statement end = {"commit", sql_commit};
    return archive_ask(archive, &end, &(struct params){0}, err);
}

static bool is_new(const struct pg_archive *archive)
{
    return memcmp(archive->vault.master, archive->settings.new_master_key, SEAL_KEY_SIZE) == 0;
}

/* The master key that will wrap them all. */
static int16_t target(const struct pg_archive *archive)
{
    return (int16_t)(archive->vault.number + (is_new(archive) ? 0 : 1));
}

static bool check(struct pg_archive *archive, struct err *err)
{
    if (archive->vault.number == 0) {
        return err_set(err, ERR_FATAL, "this database is not sealed: there is no key to change");
    }
    if (memcmp(archive->settings.master_key, archive->settings.new_master_key, SEAL_KEY_SIZE) ==
        0) {
        return err_set(err, ERR_FATAL, "--new-master-key-file holds the same key as the old one");
    }
    return true;
}

static bool look(struct pg_archive *archive, struct archived_rekeying *rekeying, struct err *err)
{
    static const struct statement count = {"rekey_count", sql_rekey_count};
    static const struct statement master = {"vault_master", sql_vault_master};
    struct params params = {0};
    params_int8(&params, target(archive));
    if (!archive_ask(archive, &count, &params, err)) {
        return false;
    }
    *rekeying = (struct archived_rekeying){
        .known = true,
        .begun = is_new(archive),
        .left = field_int8(session_result(&archive->session, 0), 0, 0),
        .after = INT64_MIN,
    };
    if (!archive_ask(archive, &master, &(struct params){0}, err)) {
        return false;
    }
    rekeying->finished = rekeying->begun && field_bool(session_result(&archive->session, 0), 0, 2);
    return true;
}

/* From here on workers wrap new data keys with the new one. */
static bool change(struct pg_archive *archive, const char *why, struct err *err)
{
    static const struct statement note = {"rekey_begin", sql_rekey_begin};
    uint8_t fingerprint[SHA256_SIZE];
    struct params params = {0};
    vault_fingerprint(archive->settings.new_master_key, fingerprint);
    params_int8(&params, target(archive));
    params_bytes(&params, bytes_of(fingerprint, sizeof(fingerprint)));
    params_text(&params, why);
    return begin(archive, err) && archive_ask(archive, &note, &params, err) &&
           commit(archive, err) && vault_check(&archive->vault, &archive->session, false, err);
}

static bool wait_for_writers(struct pg_archive *archive, struct err *err)
{
    static const struct statement barrier = {"rekey_barrier", sql_rekey_barrier};
    return begin(archive, err) && archive_ask(archive, &barrier, &(struct params){0}, err) &&
           commit(archive, err);
}

/* Into the arrays: those of a page that open, and what is destroyed. */
static void rewrap(struct pg_archive *archive, int count, struct archived_rekeying *rekeying)
{
    const PGresult *rows = session_result(&archive->session, 0);
    array_begin(&archive->arrays[0], ARRAY_INT8);
    array_begin(&archive->arrays[1], ARRAY_BYTEA);
    for (int row = 0; row < count; row++) {
        uint8_t wrapped[VAULT_WRAPPED_SIZE];
        int64_t id = field_int8(rows, row, 0);
        rekeying->after = id;
        if (field_null(rows, row, 2)) {
            array_int8(&archive->arrays[0], id);
            array_null(&archive->arrays[1]);
        } else if (vault_rewrap(&archive->vault,
                                id,
                                field_bytes(rows, row, 1),
                                field_bytes(rows, row, 2),
                                wrapped)) {
            array_int8(&archive->arrays[0], id);
            array_bytes(&archive->arrays[1], bytes_of(wrapped, sizeof(wrapped)));
        } else if (rekeying->unopened++ == 0) {
            rekeying->first_unopened = id;
        }
    }
}

/* *count: how many there were behind `after`. */
static bool rewrap_some(struct pg_archive *archive,
                        struct archived_rekeying *rekeying,
                        int *count,
                        struct err *err)
{
    static const struct statement page = {"rekey_page", sql_rekey_page};
    static const struct statement write = {"rekey_write", sql_rekey_write};
    struct params which = {0};
    struct params params = {0};
    params_int8(&which, archive->vault.number);
    params_int8(&which, rekeying->after);
    params_int8(&which, ROWS_AT_ONCE);
    if (!begin(archive, err) || !archive_ask(archive, &page, &which, err)) {
        return false;
    }
    *count = PQntuples(session_result(&archive->session, 0));
    rewrap(archive, *count, rekeying);
    params_int8(&params, archive->vault.number);
    params_array(&params, &archive->arrays[0]);
    params_array(&params, &archive->arrays[1]);
    if (!archive_ask(archive, &write, &params, err)) {
        return false;
    }
    int64_t done = field_int8(session_result(&archive->session, 0), 0, 0);
    rekeying->rewrapped += done;
    return commit(archive, err);
}

/* An erasure may have held a page back, so that one looked empty: then once more from the first. */
static bool finish(struct pg_archive *archive, struct archived_rekeying *rekeying, struct err *err)
{
    static const struct statement end = {"rekey_end", sql_rekey_end};
    struct params params = {0};
    params_int8(&params, archive->vault.number);
    if (!begin(archive, err) || !archive_ask(archive, &end, &params, err)) {
        return false;
    }
    rekeying->finished = field_bool(session_result(&archive->session, 0), 0, 0);
    rekeying->stuck = !rekeying->finished && rekeying->unopened > 0;
    rekeying->after = INT64_MIN;
    return commit(archive, err);
}

bool archive_rekey(void *self, const char *why, struct archived_rekeying *rekeying, struct err *err)
{
    struct pg_archive *archive = self;
    int count = 0;
    if (!archive_ready(archive, err) || !check(archive, err)) {
        return false;
    }
    if (!rekeying->known) {
        return look(archive, rekeying, err);
    }
    if (rekeying->after == INT64_MIN) {
        rekeying->unopened = 0;
        if ((!rekeying->begun && !change(archive, why, err)) || !wait_for_writers(archive, err)) {
            return false;
        }
        rekeying->begun = true;
    }
    return rewrap_some(archive, rekeying, &count, err) &&
           (count > 0 || finish(archive, rekeying, err));
}
