/* Goal: a person sees what is stored, whole and in order; and dismissing a record disarms what it
 * armed, once. */

#include <string.h>

#include "pg/trial.h"
#include "support/test.h"

static struct trial_batch batch;
static struct trial_store store;
static struct position position;
static struct pg_archive *handle;
static struct archive archive;

static int begin(void **state)
{
    (void)state;
    static char url[TRIAL_URL_SIZE];
    trial_migrated("mentord_trial_archive");
    (void)snprintf(url, sizeof(url), "%s", trial_url("mentord_worker"));
    store = trial_store("a/1");
    position = trial_take(&store, 1);
    struct pg_settings settings = {.url = url, .owner = "person"};
    ASSERT_DONE((handle = pg_archive_open(&settings, err)) != NULL);
    archive = pg_archive_port(handle);
    return 0;
}

static int end(void **state)
{
    (void)state;
    pg_archive_close(&handle);
    pg_archive_close(&handle);
    trial_store_close(&store);
    trial_database_drop("mentord_trial_archive");
    return 0;
}

static void decisions_of_an_application_come_in_order(void **state)
{
    (void)state;
    const struct archived_decision *decisions = NULL;
    uint32_t count = 9;
    uint8_t id[UUID_SIZE];
    trial_id(1, id);
    ASSERT_DONE(archive.application(archive.self, id, &decisions, &count, err));
    assert_int_equal(count, 0);
    trial_batch_begin(&batch, &position);
    trial_decided(&batch, 1, 1);
    trial_decided(&batch, 2, 2);
    trial_store_batch(&store, &batch);
    int64_t first = batch.batch.read.batch_id;

    trial_batch_begin(&batch, &position);
    trial_decided(&batch, 1, 1);
    batch.decisions[0].application_seq = 2;
    batch.decisions[0].citizen_seq = 2;
    ASSERT_DONE(trial_read(&store, &batch, err));
    uint8_t events[2 * HISTORY_EVENT_SIZE];
    struct history_event event = {.version = 2, .batch = batch.batch.read.batch_id, .index = 0};
    struct bytes grown = history_event_append(batch.applications[0].state, &event, events);
    trial_decide(&batch);
    batch.applications[0].state = grown;
    ASSERT_DONE(trial_write(&store, &batch, err));

    ASSERT_DONE(archive.application(archive.self, id, &decisions, &count, err));
    assert_int_equal(count, 2);
    assert_int_equal(decisions[0].application_seq, 1);
    assert_int_equal(decisions[0].batch, first);
    assert_int_equal(decisions[0].partition, 1);
    assert_int_equal(decisions[0].offset, 0);
    assert_int_equal(decisions[0].core_version, CORE_VERSION);
    assert_memory_equal(decisions[0].rulebook_sha256, trial_rulebook.sha256, SHA256_SIZE);
    assert_int_equal(decisions[1].application_seq, 2);
    assert_int_equal(decisions[1].stored.citizen_seq, 2);
    assert_int_equal(decisions[1].offset, 2);
    assert_true(bytes_is(decisions[1].stored.output, "out 2"));
    assert_true(bytes_is(decisions[1].input, "value"));
}

static void a_rulebook_is_found_by_its_hash(void **state)
{
    (void)state;
    struct bytes yaml;
    uint8_t other[SHA256_SIZE] = {9};
    ASSERT_DONE(archive.rulebook(archive.self, trial_rulebook.sha256, &yaml, err));
    assert_true(bytes_equal(yaml, trial_rulebook.yaml));
    ASSERT_DONE(archive.rulebook(archive.self, other, &yaml, err));
    assert_int_equal(yaml.size, 0);
}

static void a_dismissed_record_disarms_once(void **state)
{
    (void)state;
    trial_batch_begin(&batch, &position);
    trial_decided(&batch, 5, 5);
    trial_refused(&batch, "five", 5);
    trial_refused(&batch, "six", 6);
    trial_refused(&batch, "none", 0);
    trial_refused(&batch, "open", 0);
    trial_store_batch(&store, &batch);
    int64_t at = batch.range.from + 1;
    bool found = false;
    for (int64_t i = 0; i < 3; i++) {
        ASSERT_DONE(archive.dismiss(archive.self, 1, at + i, "a test record", &found, err));
        assert_true(found);
        ASSERT_DONE(archive.dismiss(archive.self, 1, at + i, "again", &found, err));
        assert_false(found);
    }
    ASSERT_DONE(archive.dismiss(archive.self, 0, at, "elsewhere", &found, err));
    assert_false(found);
    assert_string_equal(
        trial_ask("SELECT seq || '/' || armed FROM mentord.citizen WHERE ref = '\\x05' || "
                  "decode(repeat('00', 15), 'hex')"),
        "1/0");
    assert_string_equal(trial_ask("SELECT count(*) FROM mentord.citizen WHERE seq = 0"), "0");
    assert_string_equal(
        trial_ask("SELECT string_agg(DISTINCT state || '/' || why || '/' || closed_by, ' ') FROM "
                  "mentord.quarantine WHERE source_offset >= %lld",
                  (long long)at),
        "dismissed/a test record/mentord_worker");
    /* And the worker's next read sees it. */
    struct armed_key keys[] = {
        {.key = bytes_text("five")}, {.key = bytes_text("none")}, {.key = bytes_text("open")}};
    trial_batch_begin(&batch, &position);
    trial_decided(&batch, 6, 6);
    batch.batch.read.keys = keys;
    batch.batch.read.key_count = 3;
    trial_store_batch(&store, &batch);
    assert_false(keys[0].armed || keys[1].armed);
    assert_true(keys[2].armed);
    ASSERT_DONE(archive.dismiss(archive.self, 1, at + 3, "a test record", &found, err));
    assert_true(found);
}

static void a_batch_read_before_the_dismissal_is_stale(void **state)
{
    (void)state;
    bool found = false;
    trial_batch_begin(&batch, &position);
    trial_refused(&batch, "seven", 7);
    trial_store_batch(&store, &batch);
    int64_t at = batch.range.from;
    trial_batch_begin(&batch, &position);
    trial_decided(&batch, 7, 7);
    ASSERT_DONE(trial_read(&store, &batch, err));
    trial_decide(&batch);
    ASSERT_DONE(archive.dismiss(archive.self, 1, at, "why", &found, err));
    ASSERT_FAILS(ERR_STALE, trial_write(&store, &batch, err));
}

static void quarantine_is_listed_in_order_from_a_place(void **state)
{
    (void)state;
    struct position zero = trial_take(&store, 0);
    trial_batch_begin(&batch, &zero);
    trial_refused(&batch, "zero", 0);
    trial_refused(&batch, NULL, 0);
    batch.records[1].has_value = false;
    trial_store_batch(&store, &batch);
    const struct archived_quarantine *rows = NULL;
    uint32_t count = 100;
    ASSERT_DONE(archive.quarantines(archive.self, true, -1, -1, &rows, &count, err));
    assert_int_equal(count, 2);
    assert_int_equal(rows[0].partition, 0);
    assert_int_equal(rows[0].offset, 0);
    assert_true(rows[0].has_key && bytes_is(rows[0].key, "zero"));
    assert_true(rows[0].has_value && bytes_is(rows[0].value, "value"));
    assert_int_equal(rows[0].reason, REASON_TEXT_INVALID);
    assert_int_equal(rows[0].redrives, 2);
    assert_string_equal(rows[0].topic, "in");
    assert_false(rows[1].has_key || rows[1].has_value);
    count = 100;
    ASSERT_DONE(archive.quarantines(archive.self, false, 0, 0, &rows, &count, err));
    assert_int_equal(count, 6);
    assert_int_equal(rows[0].offset, 1);
    assert_int_equal(rows[1].partition, 1);
    assert_int_equal(rows[1].state, QUARANTINE_DISMISSED);
    assert_string_equal(rows[1].why, "a test record");
    count = 2;
    ASSERT_DONE(archive.quarantines(archive.self, false, -1, -1, &rows, &count, err));
    assert_int_equal(count, 2);
}

static void status_counts_what_is_there(void **state)
{
    (void)state;
    const struct archived_status *status = NULL;
    ASSERT_DONE(archive.status(archive.self, &status, err));
    assert_string_equal(status->cluster, "c");
    assert_string_equal(status->topic, "in");
    assert_string_equal(status->group, "g");
    assert_false(status->demo);
    assert_false(status->estimated);
    assert_int_equal(status->decisions, 5);
    assert_string_equal(status->rulebook_name, "dk-test");
    assert_memory_equal(status->rulebook_sha256, trial_rulebook.sha256, SHA256_SIZE);
    assert_int_equal(status->position_count, 2);
    assert_int_equal(status->positions[0].quarantined, 2);
    assert_string_equal(status->positions[1].owner, "a/1");
    assert_int_equal(status->positions[1].next_offset, position.next_offset);
}

static void a_lost_connection_is_made_again(void **state)
{
    (void)state;
    const struct archived_status *status = NULL;
    trial_sql(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = 'mentord person'");
    ASSERT_FAILS(ERR_RETRY, archive.status(archive.self, &status, err));
    ASSERT_DONE(archive.status(archive.self, &status, err));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decisions_of_an_application_come_in_order),
        cmocka_unit_test(a_rulebook_is_found_by_its_hash),
        cmocka_unit_test(a_dismissed_record_disarms_once),
        cmocka_unit_test(a_batch_read_before_the_dismissal_is_stale),
        cmocka_unit_test(quarantine_is_listed_in_order_from_a_place),
        cmocka_unit_test(status_counts_what_is_there),
        cmocka_unit_test(a_lost_connection_is_made_again),
    };
    return trial_has_server() ? cmocka_run_group_tests_name("pg/archive", tests, begin, end) : 77;
}
