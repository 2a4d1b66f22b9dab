/*
 * Goal: the store keeps its promises against a real server: a batch is all or nothing, and only the
 * latest owner's; what moved since it was read is told from what another owns; a frozen owner
 * cannot hold a partition; and what was stored comes back in source order, unchanged.
 */

#include <string.h>
#include <time.h>

#include "mentor/port/ledger.h"

#include "pg/trial.h"
#include "support/test.h"

static struct trial_batch batch; /* large */

static void what_is_written_is_there(void **state)
{
    (void)state;
    struct trial_store store = trial_store("a/1");
    struct position position = trial_take(&store, 2);
    assert_int_equal(position.epoch, 1);
    assert_int_equal(position.last_offset, -1);
    trial_batch_begin(&batch, &position);
    trial_missing(&batch, FATE_GAP, 10);
    trial_decided(&batch, 1, 7);
    trial_decided(&batch, 2, 7);
    trial_refused(&batch, "key", 9);
    trial_missing(&batch, FATE_SKIPPED, 3);
    trial_store_batch(&store, &batch);
    assert_string_equal(
        trial_ask(
            "SELECT decided || '/' || dlq || '/' || gap || '/' || skipped || '/' || first_offset || "
            "'/' || next_offset || '/' || epoch || '/' || owner FROM mentord.batch"),
        "2/1/10/3/0/16/1/a/1");
    assert_string_equal(
        trial_ask(
            "SELECT version || '/' || total_ore || '/' || start_date || '/' || end_date || '/' || "
            "outcome || '/' || source_offset || '/' || convert_from(output, 'UTF8') || '/' || "
            "late_ms FROM mentord.decision WHERE index = 1"),
        "4294967295/123456789012/2026-01-01/2026-06-30/1/11/out 11/-1");
    assert_string_equal(trial_ask("SELECT count(*) || '/' || sum(seq) FROM mentord.application"),
                        "2/2");
    assert_string_equal(
        trial_ask("SELECT string_agg(seq || '/' || armed, ' ' ORDER BY ref) FROM mentord.citizen"),
        "2/0 0/1");
    assert_string_equal(
        trial_ask(
            "SELECT reason || '/' || status || '/' || redrives || '/' || source_offset || '/' || "
            "convert_from(key, 'UTF8') FROM mentord.quarantine WHERE arms AND state = 'open'"),
        "text-invalid/3/2/12/key");

    struct position again = trial_take(&store, 2);
    assert_int_equal(again.epoch, 2);
    assert_int_equal(again.next_offset, 16);
    assert_int_equal(again.emitted_offset, 0);
    assert_int_equal(again.last_offset, 12);
    assert_int_equal(again.evaluated_at_ms, batch.range.evaluated_at_ms);
    assert_memory_equal(again.last_digest, batch.range.last_digest, SHA256_SIZE);
    trial_store_close(&store);
}

static void rows_are_read_by_place(void **state)
{
    (void)state;
    struct trial_store store = trial_store("a/1");
    struct position positions[] = {trial_take(&store, 0), trial_take(&store, 1)};
    trial_batch_begin(&batch, positions);
    trial_decided(&batch, 2, 5);
    trial_refused(&batch, "armed", 6);
    trial_store_batch(&store, &batch);
    int64_t first_batch = batch.batch.read.batch_id;

    struct armed_key keys[] = {{.key = bytes_text("armed")},
                               {.key = bytes_text("other")},
                               {.slot = 1, .key = bytes_text("armed")}};
    trial_batch_begin(&batch, positions);
    trial_decided(&batch, 1, 4);
    trial_decided(&batch, 2, 5);
    trial_decided(&batch, 3, 6);
    batch.batch.read.keys = keys;
    batch.batch.read.key_count = 3;
    ASSERT_DONE(trial_read(&store, &batch, err));
    assert_true(batch.batch.read.batch_id > first_batch);
    assert_int_equal(batch.applications[0].seq_read, 0);
    assert_int_equal(batch.applications[0].state.size, 0);
    assert_int_equal(batch.applications[1].seq_read, 1);
    assert_int_equal(batch.applications[1].seq, 1);
    struct history_event event = history_event_at(batch.applications[1].state, 0);
    assert_int_equal(event.batch, first_batch);
    assert_int_equal(batch.applications[2].seq_read, 0);
    assert_int_equal(batch.citizens[0].seq_read, 0);
    assert_int_equal(batch.citizens[1].seq, 1);
    assert_int_equal(batch.citizens[1].state.size, HISTORY_PERIOD_SIZE);
    assert_int_equal(batch.citizens[2].seq, 0);
    assert_int_equal(batch.citizens[2].armed, 1);
    assert_true(keys[0].armed);
    assert_false(keys[1].armed);
    assert_false(keys[2].armed);
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    assert_in_range(batch.batch.read.now_ms, now.tv_sec * 1000 - 5000, now.tv_sec * 1000 + 5000);
    trial_store_close(&store);
}

static void a_key_of_any_size_can_be_refused(void **state)
{
    (void)state;
    static char large[20001];
    for (size_t i = 0; i + 1 < sizeof(large); i++) {
        large[i] = (char)(1 + (i * 2654435761u >> 16) % 255); /* an index cannot squeeze it */
    }
    struct trial_store store = trial_store("a/1");
    struct position position = trial_take(&store, 0);
    trial_batch_begin(&batch, &position);
    trial_refused(&batch, large, 0);
    trial_refused(&batch, NULL, 0);
    trial_refused(&batch, "", 0);
    trial_store_batch(&store, &batch);
    assert_string_equal(trial_ask("SELECT count(*) || '/' || count(key) FROM mentord.quarantine"),
                        "3/2");
    trial_store_close(&store);
}

static void nothing_is_stored(int64_t next_offset)
{
    assert_string_equal(
        trial_ask("SELECT count(*) FROM mentord.decision WHERE source_offset >= %lld",
                  (long long)next_offset),
        "0");
    assert_string_equal(trial_ask("SELECT count(*) FROM mentord.batch WHERE next_offset > %lld",
                                  (long long)next_offset),
                        "0");
    assert_string_equal(trial_ask("SELECT count(*) FROM mentord.progress WHERE next_offset > %lld",
                                  (long long)next_offset),
                        "0");
}

static void a_former_owner_is_fenced(void **state)
{
    (void)state;
    struct trial_store old = trial_store("old/1");
    struct trial_store new = trial_store("new/1");
    struct position olds = trial_take(&old, 0);
    trial_batch_begin(&batch, &olds);
    trial_decided(&batch, 1, 1);
    ASSERT_DONE(trial_read(&old, &batch, err));
    trial_decide(&batch);
    struct position news = trial_take(&new, 0);
    assert_int_equal(news.epoch, olds.epoch + 1);
    ASSERT_FAILS(ERR_FENCED, trial_write(&old, &batch, err));
    nothing_is_stored(0);
    ASSERT_FAILS(ERR_FENCED, old.port.emitted(old.port.self, &olds, 1, false, err));
    ASSERT_FAILS(ERR_FENCED, old.port.emitted(old.port.self, &olds, 1, true, err));
    assert_string_equal(trial_ask("SELECT owner FROM mentord.progress"), "new/1");
    /* And the session goes on: the new owner's batch by the old one's connection. */
    batch.position = &news;
    ASSERT_DONE(trial_write(&old, &batch, err));
    trial_store_close(&old);
    trial_store_close(&new);
}

static void a_batch_is_written_once(void **state)
{
    (void)state;
    struct trial_store store = trial_store("a/1");
    struct position position = trial_take(&store, 0);
    struct position before = position;
    trial_batch_begin(&batch, &position);
    trial_refused(&batch, NULL, 0);
    trial_store_batch(&store, &batch);
    batch.position = &before;
    ASSERT_FAILS(ERR_FENCED, trial_write(&store, &batch, err));
    nothing_is_stored(1);
    trial_store_close(&store);
}

static struct stale {
    const char *what;
    const char *before; /* the batch was read */
    const char *after;
} stales[] = {
    {"an application that moved",
     "INSERT INTO mentord.application VALUES ('01000000-0000-0000-0000-000000000000', 4, '')",
     "UPDATE mentord.application SET seq = 5"},
    {"an application that was absent",
     "SELECT 1",
     "INSERT INTO mentord.application VALUES ('01000000-0000-0000-0000-000000000000', 1, '')"},
    {"a citizen that moved",
     "INSERT INTO mentord.citizen VALUES ('\\x01000000000000000000000000000000', 4, 0, '')",
     "UPDATE mentord.citizen SET seq = 5"},
    {"a citizen that was armed",
     "INSERT INTO mentord.citizen VALUES ('\\x01000000000000000000000000000000', 4, 0, '')",
     "UPDATE mentord.citizen SET armed = 1"},
    {"a citizen that was disarmed and went",
     "INSERT INTO mentord.citizen VALUES ('\\x01000000000000000000000000000000', 0, 1, '')",
     "DELETE FROM mentord.citizen"},
    {"a citizen that was absent",
     "SELECT 1",
     "INSERT INTO mentord.citizen VALUES ('\\x01000000000000000000000000000000', 0, 1, '')"},
};

static void what_moved_is_stale(void **state)
{
    const struct stale *stale = *state;
    (void)trial_clear(NULL);
    print_message("%s\n", stale->what);
    struct trial_store store = trial_store("a/1");
    struct position position = trial_take(&store, 0);
    trial_sql("%s", stale->before);
    trial_batch_begin(&batch, &position);
    trial_decided(&batch, 1, 1);
    ASSERT_DONE(trial_read(&store, &batch, err));
    trial_decide(&batch);
    trial_sql("%s", stale->after);
    ASSERT_FAILS(ERR_STALE, trial_write(&store, &batch, err));
    nothing_is_stored(0);
    trial_batch_begin(&batch, &position);
    trial_decided(&batch, 1, 1);
    trial_store_batch(&store, &batch);
    trial_store_close(&store);
}

static void a_citizen_that_says_nothing_goes(void **state)
{
    (void)state;
    struct trial_store store = trial_store("a/1");
    struct position position = trial_take(&store, 0);
    trial_batch_begin(&batch, &position);
    trial_refused(&batch, NULL, 1);
    trial_store_batch(&store, &batch);
    trial_batch_begin(&batch, &position);
    trial_refused(&batch, NULL, 1);
    ASSERT_DONE(trial_read(&store, &batch, err));
    assert_int_equal(batch.citizens[0].armed, 1);
    batch.citizens[0].armed = 0;
    batch.citizens[0].changed = true;
    ASSERT_DONE(trial_write(&store, &batch, err));
    assert_string_equal(trial_ask("SELECT count(*) FROM mentord.citizen"), "0");
    trial_store_close(&store);
}

static void poison_is_told_and_leaves_the_session_well(void **state)
{
    (void)state;
    struct trial_store store = trial_store("a/1");
    struct position position = trial_take(&store, 0);
    const char *pid = trial_ask("SELECT backend_pid FROM mentord.progress");
    for (size_t i = 0; i < 2; i++) {
        trial_batch_begin(&batch, &position);
        trial_decided(&batch, 1, 1);
        ASSERT_DONE(trial_read(&store, &batch, err));
        trial_decide(&batch);
        batch.decisions[0].has_period = true;
        batch.decisions[0].start = i == 0 ? INT32_MAX : batch.decisions[0].start;
        batch.decisions[0].end =
            i == 0 ? batch.decisions[0].end : INT32_MAX; /* no day of PostgreSQL's */
        struct err err = {0};
        assert_false(trial_write(&store, &batch, &err));
        assert_int_equal(err.kind, ERR_POISON);
        nothing_is_stored(0);
    }
    batch.decisions[0].start = 0;
    batch.decisions[0].end = 0;
    ASSERT_DONE(trial_write(&store, &batch, err));
    assert_string_equal(
        trial_ask("SELECT pid FROM pg_stat_activity WHERE application_name = 'mentord a/1'"), pid);
    trial_store_close(&store);
}

static void the_ledger_tiles_the_partition(void **state)
{
    (void)state;
    struct trial_store store = trial_store("a/1");
    struct position position = trial_take(&store, 0);
    trial_batch_begin(&batch, &position);
    trial_missing(&batch, FATE_GAP, 5);
    trial_decided(&batch, 1, 1);
    trial_refused(&batch, "k", 0);
    trial_store_batch(&store, &batch);
    PGconn *conn = trial_connect(NULL, "trial");
    PGresult *row =
        PQexecParams(conn, "SELECT entries FROM mentord.batch", 0, NULL, NULL, NULL, NULL, 1);
    struct bytes entries = bytes_of(PQgetvalue(row, 0, 0), (size_t)PQgetlength(row, 0, 0));
    static const enum fate fates[] = {FATE_GAP, FATE_DECIDED, FATE_DLQ};
    int64_t offset = 0;
    for (size_t i = 0; i < 3; i++) {
        struct ledger_entry entry;
        assert_true(ledger_next(&entries, &offset, &entry));
        assert_int_equal(entry.fate, fates[i]);
    }
    assert_int_equal(entries.size, 0);
    assert_int_equal(offset, 7);
    PQclear(row);
    PQfinish(conn);
    trial_store_close(&store);
}

static void open_fails_on(const char *group,
                          int32_t partitions,
                          const struct pg_rulebook *book,
                          enum err_kind kind)
{
    struct pg_settings settings = {.url = trial_url("mentord_worker"), .owner = "a/1"};
    struct err err = {0};
    struct pg_store *store = pg_store_open(&settings, "in", group, book, &err);
    assert_non_null(store);
    struct store port = pg_store_port(store);
    assert_false(port.open(port.self, "c", partitions, &err));
    assert_int_equal(err.kind, kind);
    print_message("%s\n", err.text);
    pg_store_close(&store);
}

static void what_the_database_belongs_to_is_checked(void **state)
{
    (void)state;
    struct trial_store store = trial_store("a/1");
    struct pg_rulebook changed = trial_rulebook;
    changed.sha256[0] = 99;
    open_fails_on("another", 4, &trial_rulebook, ERR_HALT);
    open_fails_on("g", 3, &trial_rulebook, ERR_STALE);
    open_fails_on("g", 4, &changed, ERR_FATAL);
    bool demo = true;
    ASSERT_DONE(pg_store_demo(store.handle, &demo, err));
    assert_false(demo);
    trial_store_close(&store);
}

static void a_url_is_never_quoted(void **state)
{
    (void)state;
    static const char *const urls[] = {"postgresql://user:s3cret@localhost:notaport/x",
                                       "password=s3cret host",
                                       "postgresql://u:s3cret@/?s3cret=1"};
    for (size_t i = 0; i < 3; i++) {
        struct pg_settings settings = {.url = urls[i], .owner = "a/1"};
        struct err err = {0};
        struct pg_store *store = pg_store_open(&settings, "in", "g", &trial_rulebook, &err);
        if (store != NULL) {
            struct store port = pg_store_port(store);
            assert_false(port.open(port.self, "c", 1, &err));
        }
        assert_null(strstr(err.text, "s3cret"));
        pg_store_close(&store);
    }
}

int main(void)
{
#define STALE(i)                                                                                   \
    {                                                                                              \
        "what_moved_is_stale", what_moved_is_stale, NULL, NULL, &stales[i]                         \
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(what_is_written_is_there, trial_clear),
        cmocka_unit_test_setup(rows_are_read_by_place, trial_clear),
        cmocka_unit_test_setup(a_key_of_any_size_can_be_refused, trial_clear),
        cmocka_unit_test_setup(a_former_owner_is_fenced, trial_clear),
        cmocka_unit_test_setup(a_batch_is_written_once, trial_clear),
        STALE(0),
        STALE(1),
        STALE(2),
        STALE(3),
        STALE(4),
        STALE(5),
        cmocka_unit_test_setup(a_citizen_that_says_nothing_goes, trial_clear),
        cmocka_unit_test_setup(poison_is_told_and_leaves_the_session_well, trial_clear),
        cmocka_unit_test_setup(the_ledger_tiles_the_partition, trial_clear),
        cmocka_unit_test_setup(what_the_database_belongs_to_is_checked, trial_clear),
        cmocka_unit_test_setup(a_url_is_never_quoted, trial_clear),
    };
    return TRIAL_RUN("store", tests);
}
