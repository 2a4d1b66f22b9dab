/*
 * Goal: a quarantine row is closed once and only while it is open, in the transaction that gives
 * the redriven record its fate; what a worker says of a record that it tries, and a partition that
 * was stopped, outlive it.
 */

#include <string.h>

#include "pg/trial.h"
#include "support/test.h"

static struct trial_batch batch;
static struct trial_batch closer;

static struct archive person(struct pg_archive **handle)
{
    static char url[TRIAL_URL_SIZE];
    (void)snprintf(url, sizeof(url), "%s", trial_url("mentord_worker"));
    struct pg_settings settings = {.url = url, .owner = "person"};
    ASSERT_DONE((*handle = pg_archive_open(&settings, err)) != NULL);
    return pg_archive_port(*handle);
}

/* Two rows in partition 2: offset 0 with a citizen, offset 1 without key and value. */
static void store_two_refused(struct trial_store *store, struct position *position)
{
    trial_batch_begin(&batch, position);
    trial_refused(&batch, "key", 9);
    trial_refused(&batch, NULL, 0);
    batch.records[1].has_value = false;
    trial_store_batch(store, &batch);
}

static struct batch_closing look_up(struct trial_store *store, int32_t partition, int64_t offset)
{
    struct batch_closing closing = {.partition = partition, .offset = offset, .open = true};
    ASSERT_DONE(store->port.redriven(store->port.self, &closing, 1, err));
    return closing;
}

static void open_rows_are_found_by_place(void **state)
{
    (void)state;
    struct trial_store store = trial_store("a/1");
    struct position position = trial_take(&store, 2);
    uint8_t digest[SHA256_SIZE];
    uint8_t ref[CITIZEN_REF_SIZE];
    store_two_refused(&store, &position);
    struct batch_closing rows[] = {{.partition = 2, .offset = 1},
                                   {.partition = 2, .offset = 7, .open = true},
                                   {.partition = 1, .offset = 0, .open = true},
                                   {.partition = 2, .offset = 0},
                                   {.partition = 2, .offset = 0}};
    ASSERT_DONE(store.port.redriven(store.port.self, rows, 5, err));
    assert_true(rows[0].open && rows[3].open && rows[4].open);
    assert_false(rows[1].open || rows[2].open);
    assert_false(rows[0].has_key || rows[0].has_value || rows[0].has_citizen);
    assert_int_equal(rows[3].progress_id, position.progress_id);
    assert_int_equal(rows[3].redrives, 2);
    assert_true(rows[3].arms && rows[3].has_citizen && rows[3].has_value);
    assert_true(bytes_is(rows[3].key, "key"));
    trial_id(9, ref);
    assert_memory_equal(rows[3].citizen_ref, ref, CITIZEN_REF_SIZE);
    sha256_of(bytes_text("value"), digest);
    assert_memory_equal(rows[3].value_digest, digest, SHA256_SIZE);
    trial_store_close(&store);
}

/* A batch of one decided record that closes the row at partition 2, offset 0. */
static struct batch_closing close_first(struct trial_store *store, struct position *position)
{
    struct batch_closing closing = look_up(store, 2, 0);
    trial_batch_begin(&closer, position);
    trial_decided(&closer, 1, 9);
    closing.closed = true;
    ASSERT_DONE(trial_read(store, &closer, err));
    trial_decide(&closer);
    closer.citizens[0].armed--;
    return closing;
}

static void a_row_is_closed_with_its_lineage(void **state)
{
    (void)state;
    struct trial_store store = trial_store("a/1");
    struct position position = trial_take(&store, 2);
    struct position elsewhere = trial_take(&store, 3);
    struct pg_archive *handle = NULL;
    const struct archived_quarantine *rows = NULL;
    uint32_t count = 10;
    uint8_t id[UUID_SIZE];
    store_two_refused(&store, &position);
    struct batch_closing closings[] = {close_first(&store, &elsewhere), look_up(&store, 2, 1)};
    closer.batch.closings = closings; /* the second is looked at and left open */
    closer.batch.closing_count = 2;
    ASSERT_DONE(trial_write(&store, &closer, err));
    struct archive archive = person(&handle);
    ASSERT_DONE(archive.quarantines(archive.self, false, -1, -1, &rows, &count, err));
    assert_int_equal(count, 2);
    assert_int_equal(rows[0].state, QUARANTINE_REDRIVEN);
    assert_string_equal(rows[0].why, "decided");
    assert_int_equal(rows[0].redriven_partition, 3);
    assert_int_equal(rows[0].redriven_offset, 0);
    assert_true(rows[0].has_decision);
    trial_id(1, id);
    assert_memory_equal(rows[0].decision_id, id, UUID_SIZE);
    assert_int_equal(rows[1].state, QUARANTINE_OPEN);
    assert_int_equal(rows[1].redriven_partition, -1);
    assert_false(rows[1].has_decision);
    assert_string_equal(trial_ask("SELECT seq || '/' || armed FROM mentord.citizen"), "1/0");
    assert_false(look_up(&store, 2, 0).open);
    pg_archive_close(&handle);
    trial_store_close(&store);
}

static void a_row_closed_meanwhile_makes_the_batch_stale(void **state)
{
    (void)state;
    struct trial_store store = trial_store("a/1");
    struct position position = trial_take(&store, 2);
    struct pg_archive *handle = NULL;
    bool found = false;
    store_two_refused(&store, &position);
    struct batch_closing closing = close_first(&store, &position);
    closer.citizens[0].changed = false; /* so that only the row itself can tell */
    closer.batch.closings = &closing;
    closer.batch.closing_count = 1;
    struct archive archive = person(&handle);
    ASSERT_DONE(archive.dismiss(archive.self, 2, 0, "by hand", &found, err));
    assert_true(found);
    ASSERT_FAILS(ERR_STALE, trial_write(&store, &closer, err));
    assert_string_equal(trial_ask("SELECT state FROM mentord.quarantine WHERE source_offset = 0"),
                        "dismissed");
    assert_string_equal(trial_ask("SELECT count(*) FROM mentord.decision"), "0");
    pg_archive_close(&handle);
    trial_store_close(&store);
}

static void duplicates_and_refusals_close_too(void **state)
{
    (void)state;
    static const enum fate fates[] = {FATE_DUPLICATE, FATE_DLQ};
    for (size_t i = 0; i < 2; i++) {
        (void)trial_clear(NULL);
        struct trial_store store = trial_store("a/1");
        struct position position = trial_take(&store, 2);
        store_two_refused(&store, &position);
        struct batch_closing closing = look_up(&store, 2, 0);
        closing.closed = true;
        trial_batch_begin(&closer, &position);
        trial_refused(&closer, "key", 0);
        closer.entries[0].fate = fates[i];
        if (fates[i] == FATE_DUPLICATE) {
            closer.batch.quarantine_count = 0;
        }
        closer.batch.closings = &closing;
        closer.batch.closing_count = 1;
        trial_store_batch(&store, &closer);
        assert_string_equal(
            trial_ask("SELECT state || '/' || why || '/' || redriven_offset || '/' || "
                      "coalesce(redriven_index, -1) FROM mentord.quarantine WHERE source_offset = "
                      "0"),
            i == 0 ? "redriven/duplicate/2/-1" : "redriven/refused again/2/-1");
        trial_store_close(&store);
    }
}

/* dismiss holds the row and wants the citizen; the batch must want them in the same order. */
static void closing_and_dismissing_do_not_deadlock(void **state)
{
    (void)state;
    struct trial_store store = trial_store("a/1");
    struct position position = trial_take(&store, 2);
    store_two_refused(&store, &position);
    struct batch_closing closing = close_first(&store, &position);
    closer.batch.closings = &closing;
    closer.batch.closing_count = 1;
    PGconn *conn = trial_connect("mentord_worker", "dismiss");
    PQclear(PQexec(conn, "BEGIN"));
    PQclear(PQexec(conn,
                   "UPDATE mentord.quarantine SET state = 'dismissed', closed_at = now() WHERE "
                   "source_offset = 0"));
    /* The batch waits for the row now, and has no citizen yet: this would deadlock if it had. */
    assert_int_equal(PQsendQuery(conn,
                                 "SELECT pg_sleep(1); UPDATE "
                                 "mentord.citizen SET armed = armed - 1; COMMIT"),
                     1);
    ASSERT_FAILS(ERR_STALE, trial_write(&store, &closer, err));
    for (PGresult *result = PQgetResult(conn); result != NULL; result = PQgetResult(conn)) {
        assert_string_not_equal(PQresStatus(PQresultStatus(result)), "PGRES_FATAL_ERROR");
        PQclear(result);
    }
    PQfinish(conn);
    assert_string_equal(trial_ask("SELECT state FROM mentord.quarantine WHERE source_offset = 0"),
                        "dismissed");
    trial_store_close(&store);
}

static void armed_rows_are_counted_as_far_as_the_batch_may_close(void **state)
{
    (void)state;
    struct trial_store store = trial_store("a/1");
    struct position position = trial_take(&store, 2);
    struct armed_key keys[] = {{.key = bytes_text("key")}, {.key = bytes_text("other")}};
    trial_batch_begin(&batch, &position);
    for (int i = 0; i < 4; i++) {
        trial_refused(&batch, "key", 0);
    }
    trial_store_batch(&store, &batch);
    for (uint32_t more = 0; more < 5; more++) {
        trial_batch_begin(&batch, &position);
        batch.batch.read.keys = keys;
        batch.batch.read.key_count = 2;
        batch.batch.read.key_rows_more = more;
        ASSERT_DONE(trial_read(&store, &batch, err));
        assert_int_equal(keys[0].armed, more + 1 < 4 ? more + 1 : 4);
        assert_int_equal(keys[1].armed, 0);
    }
    trial_store_close(&store);
}

static int32_t try_it(struct trial_store *store, const struct position *position)
{
    int32_t tries = 0;
    ASSERT_DONE(store->port.tried(store->port.self, position, 7, &tries, err));
    return tries;
}

static void what_is_tried_outlives_its_owner(void **state)
{
    (void)state;
    struct trial_store store = trial_store("a/1");
    struct trial_store other = trial_store("b/1");
    struct position first = trial_take(&store, 2);
    int32_t tries = 0;
    assert_int_equal(first.tried_offset, -1);
    assert_int_equal(first.tries, 0);
    assert_int_equal(try_it(&store, &first), 1);
    assert_int_equal(try_it(&store, &first), 1);
    struct position second = trial_take(&other, 2);
    assert_int_equal(second.tried_offset, 7);
    assert_int_equal(second.tries, 1);
    assert_int_equal(try_it(&other, &second), 2);
    ASSERT_FAILS(ERR_FENCED, store.port.tried(store.port.self, &first, 7, &tries, err));
    assert_int_equal(try_it(&other, &second), 2);
    /* Another record begins anew; so does what was given back in order. */
    ASSERT_DONE(other.port.tried(other.port.self, &second, 8, &tries, err));
    assert_int_equal(tries, 1);
    ASSERT_DONE(other.port.emitted(other.port.self, &second, 1, true, err));
    assert_int_equal(trial_take(&store, 2).tries, 0);
    second = trial_take(&other, 2);
    assert_int_equal(try_it(&other, &second), 1);
    trial_store_close(&store);
    trial_store_close(&other);
}

static void a_stopped_partition_stays_so_until_it_is_resumed(void **state)
{
    (void)state;
    struct trial_store store = trial_store("a/1");
    struct position position = trial_take(&store, 2);
    struct pg_archive *handle = NULL;
    const struct archived_status *status = NULL;
    bool found = false;
    bool resumed = true;
    assert_false(position.stopped);
    assert_int_equal(position.breaker.count, 0);
    trial_batch_begin(&batch, &position);
    trial_refused(&batch, "key", 0);
    breaker_add(&batch.range.breaker, true);
    trial_store_batch(&store, &batch);
    struct position again = trial_take(&store, 2);
    assert_int_equal(again.breaker.refused, 1);
    assert_false(again.stopped);
    trial_batch_begin(&batch, &again);
    trial_refused(&batch, "key", 0);
    batch.range.stopped = true;
    trial_store_batch(&store, &batch);
    again = trial_take(&store, 2);
    assert_true(again.stopped);
    ASSERT_DONE(store.port.resumed(store.port.self, &again, 1, &resumed, err));
    assert_false(resumed);
    struct archive archive = person(&handle);
    ASSERT_DONE(archive.status(archive.self, &status, err));
    assert_true(status->positions[0].stopped_at_ms > 1700000000000);
    ASSERT_DONE(archive.resume(archive.self, 1, &found, err));
    assert_false(found);
    ASSERT_DONE(archive.resume(archive.self, 2, &found, err));
    assert_true(found);
    ASSERT_DONE(archive.resume(archive.self, 2, &found, err));
    assert_false(found);
    ASSERT_DONE(archive.status(archive.self, &status, err));
    assert_int_equal(status->positions[0].stopped_at_ms, 0);
    ASSERT_DONE(store.port.resumed(store.port.self, &again, 1, &resumed, err));
    assert_true(resumed);
    again = trial_take(&store, 2);
    assert_false(again.stopped);
    assert_int_equal(again.breaker.count, 0);
    pg_archive_close(&handle);
    trial_store_close(&store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(open_rows_are_found_by_place, trial_clear),
        cmocka_unit_test_setup(a_row_is_closed_with_its_lineage, trial_clear),
        cmocka_unit_test_setup(a_row_closed_meanwhile_makes_the_batch_stale, trial_clear),
        cmocka_unit_test_setup(duplicates_and_refusals_close_too, trial_clear),
        cmocka_unit_test_setup(closing_and_dismissing_do_not_deadlock, trial_clear),
        cmocka_unit_test_setup(armed_rows_are_counted_as_far_as_the_batch_may_close, trial_clear),
        cmocka_unit_test_setup(what_is_tried_outlives_its_owner, trial_clear),
        cmocka_unit_test_setup(a_stopped_partition_stays_so_until_it_is_resumed, trial_clear),
    };
    return TRIAL_RUN("redrive", tests);
}
