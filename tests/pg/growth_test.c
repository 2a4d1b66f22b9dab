/*
 * Goal: a topic that gets more partitions is noted once, whoever comes first; the new ones are
 * opened when every old one has passed the end that was noted, and not before; the count never
 * falls and nobody sets it by hand.
 */

#include <string.h>

#include "pg/trial.h"
#include "support/test.h"

static struct trial_batch batch; /* large */

static struct growth ask(struct trial_store *store)
{
    struct growth growth = {0};
    ASSERT_DONE(store->port.growth(store->port.self, NULL, 0, &growth, err));
    return growth;
}

static struct growth note(struct trial_store *store, const int64_t *ends, int32_t count)
{
    struct growth growth = {0};
    ASSERT_DONE(store->port.growth(store->port.self, ends, count, &growth, err));
    return growth;
}

static void a_topic_that_has_not_grown(void **state)
{
    (void)state;
    struct trial_store store = trial_store("a/1");
    const int64_t ends[] = {5, 5, 5, 5};
    struct growth growth = note(&store, ends, 4);
    assert_int_equal(growth.from, 4);
    assert_int_equal(growth.to, 4);
    assert_int_equal(growth.behind, 0);
    assert_null(growth.old_end);
    assert_string_equal(trial_ask("SELECT count(*) FROM mentord.growth"), "0");
    trial_store_close(&store);
}

static void the_first_to_notice_says_it_for_all(void **state)
{
    (void)state;
    struct trial_store first = trial_store("a/1");
    struct trial_store second = trial_store("b/2");
    const int64_t ends[] = {2, 0, 0, 0, 7, 7};
    const int64_t later[] = {9, 9, 9, 9, 9, 9, 9};
    (void)note(&first, ends, 6);
    struct growth growth = note(&second, later, 7);
    assert_int_equal(growth.from, 4);
    assert_int_equal(growth.to, 6);
    assert_int_equal(growth.behind, 1);
    assert_int_equal(growth.slowest, 0);
    assert_int_equal(growth.slowest_emitted, 0);
    assert_int_equal(growth.slowest_end, 2);
    assert_int_equal(growth.old_end[0], 2);
    assert_int_equal(growth.old_end[3], 0);
    assert_string_equal(trial_ask("SELECT noted_by FROM mentord.growth"), "a/1");
    trial_store_close(&first);
    trial_store_close(&second);
}

static void it_waits_for_every_old_partition(void **state)
{
    (void)state;
    struct trial_store store = trial_store("a/1");
    struct position slow = trial_take(&store, 1);
    struct position other = trial_take(&store, 2);
    const int64_t ends[] = {0, 3, 1, 0, 50, 50, 50, 50};
    assert_int_equal(note(&store, ends, 8).behind, 2);
    struct position *moves[] = {&slow, &slow, &other, &slow};
    static const int32_t behind[] = {2, 2, 1, 0};
    for (int i = 0; i < 4; i++) {
        trial_batch_begin(&batch, moves[i]);
        trial_decided(&batch, (uint8_t)(i + 1), (uint8_t)(i + 1));
        int32_t before = ask(&store).behind;
        trial_store_batch(&store, &batch);
        assert_int_equal(ask(&store).behind, before); /* decided, and not told yet */
        moves[i]->emitted_offset = moves[i]->next_offset;
        ASSERT_DONE(store.port.emitted(store.port.self, moves[i], 1, false, err));
        struct growth growth = ask(&store);
        assert_int_equal(growth.behind, behind[i]);
        assert_int_equal(growth.from, behind[i] == 0 ? 8 : 4);
        assert_int_equal(growth.to, 8);
        assert_int_equal(growth.slowest_emitted, behind[i] == 0 ? 0 : slow.emitted_offset);
    }
    assert_string_equal(trial_ask("SELECT partition_count FROM mentord.topic"), "8");
    assert_string_equal(trial_ask("SELECT passed_at IS NOT NULL FROM mentord.growth"), "t");
    /* and again */
    const int64_t again[] = {0, 3, 1, 0, 0, 0, 0, 0, 0, 0};
    assert_int_equal(note(&store, again, 10).from, 10);
    assert_string_equal(trial_ask("SELECT count(*) FROM mentord.growth"), "2");
    trial_store_close(&store);
}

static void an_end_is_put_earlier_and_never_later(void **state)
{
    (void)state;
    struct trial_store store = trial_store("a/1");
    const int64_t ends[] = {5, 0, 9, 0, 0};
    static const struct {
        int32_t from;
        int32_t partition;
        int64_t offset;
        int64_t end; /* of partition 2 then */
    } cases[] = {
        {4, 2, 9, 9},
        {4, 2, 10, 9},
        {3, 2, 1, 9},
        {5, 2, 1, 9},
        {4, 4, 0, 9},
        {4, -1, 0, 9},
        {4, 2, 4, 4},
        {4, 2, 6, 4},
    };
    assert_int_equal(note(&store, ends, 5).behind, 2);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        ASSERT_DONE(store.port.growth_end(
            store.port.self, cases[i].from, cases[i].partition, cases[i].offset, err));
        assert_int_equal(ask(&store).old_end[2], cases[i].end);
    }
    ASSERT_DONE(store.port.growth_end(store.port.self, 4, 2, 0, err));
    ASSERT_DONE(store.port.growth_end(store.port.self, 4, 0, 0, err));
    assert_int_equal(ask(&store).from, 5);
    assert_string_equal(trial_ask("SELECT ends FROM mentord.growth"), "{0,0,0,0}");
    ASSERT_DONE(store.port.growth_end(store.port.self, 4, 0, 0, err));
    assert_string_equal(
        trial_sqlstate("mentord_reader", "SELECT mentord.growth_end('c', 'in', 4, 0, 0)"), "42501");
    trial_store_close(&store);
}

static void a_partition_that_nobody_has_taken_is_waited_for(void **state)
{
    (void)state;
    struct trial_store store = trial_store("a/1");
    const int64_t ends[] = {0, 0, 0, 1, 0};
    struct growth growth = note(&store, ends, 5);
    assert_int_equal(growth.behind, 1);
    assert_int_equal(growth.slowest, 3);
    struct position position = {.partition = 3, .next_offset = 1}; /* where its log begins now */
    ASSERT_DONE(store.port.take(store.port.self, &position, 1, err));
    assert_int_equal(ask(&store).from, 5);
    trial_store_close(&store);
}

static void fewer_partitions_than_known_is_another_topic(void **state)
{
    (void)state;
    struct trial_store store = trial_store("a/1");
    const int64_t ends[] = {2, 0, 0, 0, 7, 7};
    ASSERT_FAILS(ERR_STALE, store.port.open(store.port.self, "c", 3, err));
    ASSERT_DONE(store.port.open(store.port.self, "c", 9, err));
    (void)note(&store, ends, 6);
    ASSERT_FAILS(ERR_STALE, store.port.open(store.port.self, "c", 4, err));
    ASSERT_DONE(store.port.open(store.port.self, "c", 6, err));
    trial_store_close(&store);
}

/* Once the statement that asks stands still, another worker ends the growth. */
static bool pass_meanwhile(void *waits)
{
    if (strcmp(
            trial_ask("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"),
            "1") == 0) {
        trial_sql("SELECT mentord.growth_end('c', 'in', 4, 0, 0), mentord.growth_pass('c', 'in')");
        trial_sql("SELECT pg_advisory_unlock(1)");
        *(bool *)waits = false;
    }
    return *(bool *)waits;
}

static void a_growth_that_ends_while_it_is_asked_for_is_told_whole(void **state)
{
    (void)state;
    trial_sql("ALTER VIEW mentord.growth_behind RENAME TO growth_behind_now");
    trial_sql(
        "CREATE FUNCTION mentord.pause() RETURNS boolean LANGUAGE plpgsql AS "
        "'BEGIN IF current_user = ''mentord_worker'' THEN PERFORM pg_advisory_xact_lock_shared(1); END IF; "
        "RETURN true; END'");
    trial_sql(
        "CREATE VIEW mentord.growth_behind AS SELECT * FROM mentord.growth_behind_now WHERE mentord.pause()");
    trial_sql("GRANT SELECT ON mentord.growth_behind TO PUBLIC");
    struct trial_store store = trial_store("a/1");
    const int64_t ends[] = {2, 0, 0, 0, 7, 7};
    (void)note(&store, ends, 6);
    trial_sql("SELECT pg_advisory_lock(1)");
    bool waits = true;
    store.port.meanwhile(store.port.self, pass_meanwhile, &waits);
    struct growth growth = ask(&store);
    assert_false(waits);
    assert_int_equal(growth.from, 4);
    assert_int_equal(growth.to, 6);
    assert_int_equal(growth.old_end[0], 2);
    store.port.meanwhile(store.port.self, NULL, NULL);
    assert_int_equal(ask(&store).from, 6);
    trial_store_close(&store);
    trial_sql("DROP VIEW mentord.growth_behind");
    trial_sql("DROP FUNCTION mentord.pause");
    trial_sql("ALTER VIEW mentord.growth_behind_now RENAME TO growth_behind");
}

static void a_growth_is_not_made_up(void **state)
{
    (void)state;
    struct trial_store store = trial_store("a/1");
    const int64_t ends[] = {2, 0, 0, 0, 7, 7};
    (void)note(&store, ends, 6);
    static const char *const refused[] = {
        "UPDATE mentord.growth SET passed_at = now()",
        "UPDATE mentord.growth SET ends = '{0,0,0,0}'",
        "DELETE FROM mentord.growth",
        "UPDATE mentord.topic SET partition_count = 6",
    };
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        assert_string_equal(trial_sqlstate("mentord_worker", refused[i]), "42501");
    }
    assert_string_equal(trial_sqlstate("mentord_reader", "SELECT mentord.growth_pass('c', 'in')"),
                        "42501");
    assert_string_equal(trial_sqlstate("mentord_worker", "SELECT mentord.growth_pass('c', 'in')"),
                        "00000");
    assert_int_equal(ask(&store).from, 4);
    trial_store_close(&store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_topic_that_has_not_grown, trial_clear),
        cmocka_unit_test_setup(the_first_to_notice_says_it_for_all, trial_clear),
        cmocka_unit_test_setup(it_waits_for_every_old_partition, trial_clear),
        cmocka_unit_test_setup(an_end_is_put_earlier_and_never_later, trial_clear),
        cmocka_unit_test_setup(a_partition_that_nobody_has_taken_is_waited_for, trial_clear),
        cmocka_unit_test_setup(fewer_partitions_than_known_is_another_topic, trial_clear),
        cmocka_unit_test_setup(a_growth_that_ends_while_it_is_asked_for_is_told_whole, trial_clear),
        cmocka_unit_test_setup(a_growth_is_not_made_up, trial_clear),
    };
    return TRIAL_RUN("growth", tests);
}
