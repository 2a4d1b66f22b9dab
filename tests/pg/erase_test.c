/*
 * Goal: what a worker seals opens again, also for what it sends once more; a key that is destroyed
 * while a batch is on its way makes the batch stale, so that nothing is ever sealed with it; and no
 * worker writes in clear beside one that seals.
 */

#include <string.h>

#include "mentor/base/seal.h"

#include "pg/trial.h"
#include "support/test.h"

/* One row a key. */
#define KEYS "mentord.citizen_key y, unnest(y.citizen_ref, y.wrapped) AS k (citizen_ref, wrapped)"

static struct trial_batch batch;
static struct trial_batch other;
static const uint8_t master[SEAL_KEY_SIZE] = {1, 2, 3};

static struct archived_erasure erase(uint8_t citizen, enum err_kind expected)
{
    static char url[TRIAL_URL_SIZE];
    (void)snprintf(url, sizeof(url), "%s", trial_url(NULL));
    struct pg_settings settings = {.url = url, .owner = "person"};
    struct pg_archive *handle = NULL;
    struct archived_erasure erasure = {0};
    uint8_t ref[CITIZEN_REF_SIZE];
    struct err told = {0};
    trial_id(citizen, ref);
    struct archived_wish wish = {.citizen_ref = ref, .why = "art. 17"};
    ASSERT_DONE((handle = pg_archive_open(&settings, err)) != NULL);
    struct archive archive = pg_archive_port(handle);
    (void)archive.erase(archive.self, &wish, &erasure, &told);
    assert_int_equal(told.kind, expected);
    pg_archive_close(&handle);
    return erasure;
}

static void mark_emitted(struct trial_store *store, struct position *position)
{
    position->emitted_offset = position->next_offset;
    ASSERT_DONE(store->port.emitted(store->port.self, position, 1, false, err));
}

static void what_is_sealed_is_sent_again_as_it_came(void **state)
{
    (void)state;
    struct trial_store store = trial_store_sealed("a/1", master);
    struct position position = trial_take(&store, 2);
    struct stored_output outputs[4];
    uint32_t count = 4;
    trial_batch_begin(&batch, &position);
    trial_refused(&batch, "key", 9);
    trial_refused(&batch, NULL, 0);
    batch.records[1].has_value = false;
    batch.records[1].value = (struct bytes){0};
    batch.quarantines[0].headers = bytes_text("headers");
    trial_store_batch(&store, &batch);
    assert_string_equal(
        trial_ask(
            "SELECT count(*) FROM mentord.quarantine WHERE value = 'value' OR headers = 'headers'"),
        "0");
    assert_string_equal(trial_ask("SELECT count(k.citizen_ref) || '/' || count(*) FROM " KEYS),
                        "1/2");
    ASSERT_DONE(store.port.unsent(store.port.self, &position, 0, outputs, &count, err));
    assert_int_equal(count, 2);
    assert_true(outputs[0].has_value && bytes_is(outputs[0].value, "value"));
    assert_true(bytes_is(outputs[0].headers, "headers"));
    assert_false(outputs[1].has_value);
    assert_int_equal(outputs[1].headers.size, 0);
    trial_store_close(&store);
}

static void what_is_still_to_be_sent_is_not_erased(void **state)
{
    (void)state;
    struct trial_store store = trial_store_sealed("a/1", master);
    struct position position = trial_take(&store, 2);
    trial_batch_begin(&batch, &position);
    trial_refused(&batch, "key", 9);
    trial_store_batch(&store, &batch);
    (void)erase(9, ERR_RETRY);
    assert_string_equal(trial_ask("SELECT count(*) FROM mentord.erasure"), "0");
    mark_emitted(&store, &position);
    struct archived_erasure erasure = erase(9, ERR_NONE);
    assert_true(erasure.any && erasure.refused == 1 && erasure.open_refused == 1);
    assert_string_equal(trial_ask("SELECT count(k.wrapped) FROM " KEYS), "0");
    assert_string_equal(trial_ask("SELECT octet_length(headers) FROM mentord.quarantine"), "0");
    erasure = erase(9, ERR_NONE);
    assert_false(erasure.any);
    assert_true(erasure.before_ms > 0);
    trial_store_close(&store);
}

/* Between a batch's read and its write, also where the batch changes nothing of the citizen. */
static void a_key_destroyed_meanwhile_makes_the_batch_stale(void **state)
{
    (void)state;
    struct trial_store store = trial_store_sealed("a/1", master);
    struct position position = trial_take(&store, 2);
    trial_batch_begin(&batch, &position);
    trial_decided(&batch, 1, 5);
    trial_store_batch(&store, &batch);
    mark_emitted(&store, &position);
    for (int quiet = 0; quiet < 2; quiet++) {
        trial_batch_begin(&other, &position);
        if (quiet == 0) {
            trial_decided(&other, (uint8_t)(2 + quiet), 5);
        } else {
            trial_refused(&other, "key", 5);
            other.quarantines[0].has_citizen = false;
            other.quarantines[0].arms = false;
        }
        ASSERT_DONE(trial_read(&store, &other, err));
        trial_decide(&other);
        assert_true(erase(5, ERR_NONE).any);
        ASSERT_FAILS(ERR_STALE, trial_write(&store, &other, err));
        trial_store_batch(&store, &other);
        mark_emitted(&store, &position);
        assert_string_equal(trial_ask("SELECT count(k.wrapped) || '/' || count(*) FROM " KEYS),
                            quiet == 0 ? "1/2" : "1/3");
    }
    trial_store_close(&store);
}

static void two_workers_make_one_key(void **state)
{
    (void)state;
    struct trial_store first = trial_store_sealed("a/1", master);
    struct trial_store second = trial_store_sealed("b/1", master);
    struct position one = trial_take(&first, 1);
    struct position two = trial_take(&second, 2);
    trial_batch_begin(&batch, &one);
    trial_decided(&batch, 1, 5);
    ASSERT_DONE(trial_read(&first, &batch, err));
    trial_decide(&batch);
    trial_batch_begin(&other, &two);
    trial_decided(&other, 2, 5);
    trial_store_batch(&second, &other);
    ASSERT_FAILS(ERR_STALE, trial_write(&first, &batch, err));
    trial_store_batch(&first, &batch);
    assert_string_equal(
        trial_ask("SELECT count(DISTINCT d.key_id) || '/' || count(*) FROM mentord.decision d"),
        "1/2");
    assert_string_equal(trial_ask("SELECT count(*) FROM " KEYS), "1");
    trial_store_close(&first);
    trial_store_close(&second);
}

/* A row that only holds a key stays: the key of what is in quarantine hangs on it. */
static void a_citizen_with_a_key_keeps_its_row(void **state)
{
    (void)state;
    struct trial_store store = trial_store_sealed("a/1", master);
    struct position position = trial_take(&store, 2);
    trial_batch_begin(&batch, &position);
    trial_refused(&batch, "key", 9);
    trial_store_batch(&store, &batch);
    trial_batch_begin(&other, &position);
    trial_refused(&other, "key", 9);
    ASSERT_DONE(trial_read(&store, &other, err));
    other.quarantines[0].has_citizen = false;
    other.citizens[0].armed = 0; /* closed by what came */
    other.citizens[0].changed = true;
    ASSERT_DONE(trial_write(&store, &other, err));
    assert_string_equal(
        trial_ask("SELECT armed || '/' || (key_id IS NOT NULL) FROM mentord.citizen"), "0/true");
    assert_string_equal(trial_ask("SELECT count(DISTINCT key_id) FROM mentord.quarantine"), "1");
    trial_store_close(&store);
}

/* Found by tests/sim: the row was left with nothing in it, read as absent, and inserted in vain. */
static void who_is_erased_with_all_that_is_left_can_apply_again(void **state)
{
    a_citizen_with_a_key_keeps_its_row(state);
    struct trial_store store = trial_store_sealed("b/1", master);
    struct position position = trial_take(&store, 2);
    mark_emitted(&store, &position);
    assert_true(erase(9, ERR_NONE).any);
    assert_string_equal(trial_ask("SELECT count(*) FROM mentord.citizen"), "0");
    trial_batch_begin(&batch, &position);
    trial_decided(&batch, 1, 9);
    trial_store_batch(&store, &batch);
    trial_store_close(&store);
}

/* Found by tests/sim: the sequence goes back with commits that are lost, and key ids with it. */
static void an_id_given_a_second_time_is_another_key(void **state)
{
    (void)state;
    struct trial_store first = trial_store_sealed("a/1", master);
    for (int lost = 0; lost < 2; lost++) {
        trial_sql("ALTER SEQUENCE mentord.batch_id RESTART WITH 1000000");
        struct trial_store second = trial_store_sealed("b/1", master);
        struct position position = trial_take(lost == 0 ? &first : &second, 1);
        trial_batch_begin(&batch, &position);
        trial_decided(&batch, 1, 5);
        trial_store_batch(lost == 0 ? &first : &second, &batch);
        trial_store_close(&second);
        if (lost == 0) {
            trial_sql("SET session_replication_role = replica");
            trial_sql("DELETE FROM mentord.citizen_key; DELETE FROM mentord.citizen; "
                      "DELETE FROM mentord.application; DELETE FROM mentord.decision; "
                      "DELETE FROM mentord.batch; DELETE FROM mentord.progress");
            trial_sql("SET session_replication_role = origin");
        }
    }
    struct position position = trial_take(&first, 2);
    struct stored_output outputs[1];
    uint32_t count = 1;
    trial_batch_begin(&batch, &position);
    trial_refused(&batch, "key", 5);
    trial_store_batch(&first, &batch);
    struct trial_store third = trial_store_sealed("c/1", master);
    ASSERT_DONE(third.port.unsent(third.port.self, &position, 0, outputs, &count, err));
    assert_int_equal(count, 1);
    assert_true(bytes_is(outputs[0].value, "value"));
    trial_store_close(&first);
    trial_store_close(&third);
}

static void nobody_writes_in_clear_beside_one_that_seals(void **state)
{
    (void)state;
    struct trial_store plain = trial_store("a/1");
    struct position one = trial_take(&plain, 1);
    struct trial_store store = trial_store_sealed("b/1", master);
    struct position two = trial_take(&store, 2);
    trial_batch_begin(&batch, &two);
    trial_decided(&batch, 1, 5);
    trial_store_batch(&store, &batch);
    trial_batch_begin(&other, &one);
    trial_decided(&other, 2, 5);
    ASSERT_FAILS(ERR_HALT, trial_read(&plain, &other, err));
    trial_store_close(&plain);
    trial_store_close(&store);
    static char url[TRIAL_URL_SIZE];
    (void)snprintf(url, sizeof(url), "%s", trial_url("mentord_worker"));
    static const uint8_t wrong[SEAL_KEY_SIZE] = {9};
    const uint8_t *keys[] = {NULL, wrong};
    for (int i = 0; i < 2; i++) {
        struct pg_settings settings = {.url = url, .owner = "c/1", .master_key = keys[i]};
        struct trial_store late = {0};
        ASSERT_DONE((late.handle = pg_store_open(&settings, "in", "g", &trial_rulebook, err)) !=
                    NULL);
        late.port = pg_store_port(late.handle);
        ASSERT_FAILS(ERR_FATAL, late.port.open(late.port.self, "c", 4, err));
        trial_store_close(&late);
    }
}

/* Of citizen 5's application 1, and of the one refused record. */
static void assert_payloads(enum payload_state expected)
{
    static char url[TRIAL_URL_SIZE];
    (void)snprintf(url, sizeof(url), "%s", trial_url("mentord_reader"));
    struct pg_settings settings = {.url = url, .owner = "person"};
    struct pg_archive *handle = NULL;
    const struct archived_decision *decisions = NULL;
    const struct archived_quarantine *refused = NULL;
    uint32_t decided_count = 0;
    uint32_t refused_count = 2;
    uint8_t id[UUID_SIZE];
    trial_id(1, id);
    ASSERT_DONE((handle = pg_archive_open(&settings, err)) != NULL);
    struct archive archive = pg_archive_port(handle);
    ASSERT_DONE(archive.application(archive.self, id, &decisions, &decided_count, err));
    assert_int_equal(decided_count, 1);
    assert_int_equal(decisions[0].payload.state, expected);
    ASSERT_DONE(archive.quarantines(archive.self, false, -1, -1, &refused, &refused_count, err));
    assert_int_equal(refused_count, 1);
    assert_int_equal(refused[0].payload.state, expected);
    pg_archive_close(&handle);
}

/* part_erasures.sql. PostgreSQL's clock may have gone back by five minutes, and no more. */
static void what_went_after_an_erasure_did_not_go_by_it(void **state)
{
    (void)state;
    struct trial_store store = trial_store("a/1");
    struct position position = trial_take(&store, 2);
    trial_batch_begin(&batch, &position);
    trial_decided(&batch, 1, 5);
    trial_refused(&batch, "key", 5);
    trial_store_batch(&store, &batch);
    mark_emitted(&store, &position);
    assert_payloads(PAYLOAD_WHOLE);
    assert_true(erase(5, ERR_NONE).any);
    assert_payloads(PAYLOAD_ERASED);
    trial_sql("SET session_replication_role = replica");
    trial_sql("UPDATE mentord.erasure SET erased_at = erased_at - interval '4 minutes'");
    assert_payloads(PAYLOAD_ERASED);
    trial_sql("UPDATE mentord.erasure SET erased_at = erased_at - interval '2 minutes'");
    assert_payloads(PAYLOAD_BROKEN);
    trial_sql("UPDATE mentord.erasure SET erased_at = now(), citizen_ref = NULL, "
              "decided_before = now() - interval '1 hour'");
    assert_payloads(PAYLOAD_BROKEN);
    trial_sql("SET session_replication_role = origin");
    trial_store_close(&store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(what_is_sealed_is_sent_again_as_it_came, trial_clear),
        cmocka_unit_test_setup(what_is_still_to_be_sent_is_not_erased, trial_clear),
        cmocka_unit_test_setup(a_key_destroyed_meanwhile_makes_the_batch_stale, trial_clear),
        cmocka_unit_test_setup(two_workers_make_one_key, trial_clear),
        cmocka_unit_test_setup(a_citizen_with_a_key_keeps_its_row, trial_clear),
        cmocka_unit_test_setup(who_is_erased_with_all_that_is_left_can_apply_again, trial_clear),
        cmocka_unit_test_setup(an_id_given_a_second_time_is_another_key, trial_clear),
        cmocka_unit_test_setup(nobody_writes_in_clear_beside_one_that_seals, trial_clear),
        cmocka_unit_test_setup(what_went_after_an_erasure_did_not_go_by_it, trial_clear),
    };
    return TRIAL_RUN("erase", tests);
}
