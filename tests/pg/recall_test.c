/*
 * Goal: what is noted before a transaction is undone is there for the next owner until that one has
 * read it back, for the partitions of the producer that it is noted of and no others, and from the
 * earliest time that anybody has named.
 */

#include <stdlib.h>

#include "mentor/base/clock.h"

#include "pg/trial.h"
#include "support/test.h"

#define ID "group/life/0"

enum {
    STORED_MS = 5000000,
    SLACK_MS = 10000,
};

static const struct undo_mark nothing = {.partition = 0, .since_ms = INT64_MAX};

/* Two partitions from 5 on, each with batches of two offsets up to 9; the first is of our id. */
static struct trial_store taken_at(struct position *positions, int64_t stored_ms)
{
    struct trial_store store = trial_store("host/1");
    positions[0] = (struct position){.partition = 0, .next_offset = 5};
    positions[1] = (struct position){.partition = 1, .next_offset = 5};
    ASSERT_DONE(store.port.take(store.port.self, positions, 2, err));
    trial_sql(
        "INSERT INTO mentord.batch (id, progress_id, first_offset, next_offset, epoch,"
        " evaluated_at_ms, skipped, gap, decided, duplicate, dlq, owner, rulebook, entries, root,"
        " link) SELECT n, p.id, 3 + 2 * n, 5 + 2 * n, 1, %lld + n, 2, 0, 0, 0, 0, 'x', '', '',"
        " decode(repeat('00', 32), 'hex'), decode(repeat('00', 32), 'hex')"
        " FROM mentord.progress p, generate_series(1, 2) n",
        (long long)stored_ms);
    trial_sql("UPDATE mentord.progress SET next_offset = 9, emitted_offset = 9, orphan_ids ="
              " CASE partition WHEN 0 THEN ARRAY['%s'] ELSE ARRAY['other'] END",
              ID);
    ASSERT_DONE(store.port.take(store.port.self, positions, 2, err));
    assert_false(positions[0].noted);
    return store;
}

static struct trial_store taken(struct position *positions)
{
    return taken_at(positions, STORED_MS);
}

static void note(struct trial_store *store, struct undo_mark mark)
{
    ASSERT_DONE(store->port.undoing(store->port.self, ID, &mark, 1, err));
}

static void note_pending(struct trial_store *store, int64_t committed)
{
    struct undo_mark mark = nothing;
    mark.pends = true;
    mark.committed = committed;
    note(store, mark);
}

static void note_hanging(struct trial_store *store, int64_t since_ms)
{
    struct undo_mark mark = nothing;
    mark.since_ms = since_ms;
    note(store, mark);
}

/* Since when it is to be read back; -1: it is not. */
static int64_t doubted(struct trial_store *store, struct position *position)
{
    ASSERT_DONE(store->port.doubt(store->port.self, position, err));
    return position->recall_ms;
}

static void recalled(struct trial_store *store, const struct position *position)
{
    ASSERT_DONE(store->port.recalled(store->port.self, position, err));
}

static void what_pends_is_looked_for_from_when_it_was_stored(void **state)
{
    (void)state;
    struct position positions[2];
    struct trial_store store = taken(positions);
    assert_int_equal(doubted(&store, &positions[0]), -1);
    note_pending(&store, 7);
    assert_int_equal(doubted(&store, &positions[0]), STORED_MS + 2 - SLACK_MS);
    recalled(&store, &positions[0]);
    note_pending(&store, -1); /* the first transaction of all */
    assert_int_equal(doubted(&store, &positions[0]), STORED_MS + 1 - SLACK_MS);
    assert_int_equal(positions[0].emitted_offset, 9);
    trial_store_close(&store);
}

static void the_earliest_time_counts(void **state)
{
    (void)state;
    struct position positions[2];
    struct trial_store store = taken(positions);
    note_hanging(&store, 300);
    assert_int_equal(doubted(&store, &positions[0]), 300);
    note_hanging(&store, 200);
    note_hanging(&store, 400);
    note_pending(&store, 7);
    assert_int_equal(doubted(&store, &positions[0]), 200);
    trial_store_close(&store);
}

/* What another producer has open is not in doubt because this one is fenced. */
static void only_of_the_producer_s_own_and_orphaned_partitions(void **state)
{
    (void)state;
    struct position positions[2];
    struct trial_store store = taken(positions);
    struct undo_mark mark = {.partition = 1, .since_ms = 300};
    note(&store, mark);
    mark.pends = true;
    note(&store, mark);
    assert_int_equal(doubted(&store, &positions[1]), -1);
    trial_sql("UPDATE mentord.progress SET transactional_id = '%s'", ID);
    note(&store, mark);
    assert_int_equal(doubted(&store, &positions[1]), 300);
    assert_int_equal(doubted(&store, &positions[0]), -1);
    mark = (struct undo_mark){.partition = UNDO_MARK_ALL, .since_ms = 200};
    note(&store, mark);
    assert_int_equal(doubted(&store, &positions[0]), 200);
    assert_int_equal(doubted(&store, &positions[1]), 200);
    trial_store_close(&store);
}

/* An owner may die over it, and a newer note is not that one's. */
static void it_stays_until_it_is_read_back(void **state)
{
    (void)state;
    struct position positions[2];
    struct trial_store store = taken(positions);
    note_hanging(&store, 300);
    ASSERT_DONE(store.port.take(store.port.self, positions, 2, err));
    assert_true(positions[0].noted);
    assert_false(positions[1].noted);
    assert_int_equal(doubted(&store, &positions[0]), 300);
    note_hanging(&store, 400);
    recalled(&store, &positions[0]);
    assert_int_equal(doubted(&store, &positions[0]), 300);
    recalled(&store, &positions[0]);
    assert_int_equal(doubted(&store, &positions[0]), -1);
    trial_store_close(&store);
}

enum {
    LONG_MS = 25000, /* so long that the broker may have ended a transaction by itself */
    SHORT_MS = 15000,
};

static int64_t now_ms(void)
{
    struct clock clock = clock_system();
    return clock.wall_ms(clock.self);
}

static void unseen(struct trial_store *store, struct position *positions)
{
    ASSERT_DONE(store->port.unseen(store->port.self, positions, 2, err));
}

static void what_nobody_saw_is_looked_for_when_the_broker_may_have_ended_it(void **state)
{
    (void)state;
    struct position positions[2];
    int64_t stored_ms = now_ms() - LONG_MS;
    struct trial_store store = taken_at(positions, stored_ms);
    trial_sql("UPDATE mentord.progress SET seen_offset = CASE partition WHEN 0 THEN 7 ELSE 9 END");
    positions[0].epoch--;
    unseen(&store, positions);
    assert_false(positions[0].noted); /* another's */
    positions[0].epoch++;
    unseen(&store, positions);
    assert_true(positions[0].noted);
    assert_false(positions[1].noted); /* all of it was seen */
    assert_int_equal(doubted(&store, &positions[0]), stored_ms + 2 - SLACK_MS);
    recalled(&store, &positions[0]);
    assert_int_equal(doubted(&store, &positions[0]), -1);
    trial_store_close(&store);
}

/* Then what may be missing is found with what its owner has left open. */
static void what_nobody_saw_yet_is_not_looked_for(void **state)
{
    (void)state;
    struct position positions[2];
    struct trial_store store = taken_at(positions, now_ms() - SHORT_MS);
    trial_sql("UPDATE mentord.progress SET seen_offset = 5");
    unseen(&store, positions);
    assert_false(positions[0].noted);
    assert_int_equal(doubted(&store, &positions[0]), -1);
    trial_store_close(&store);
}

/* Idempotent mode has left it, with which nothing is unseen. */
static void what_goes_in_transactions_from_now_on_is_unseen(void **state)
{
    (void)state;
    struct position positions[2];
    struct trial_store store = taken_at(positions, now_ms() - LONG_MS);
    struct trial_store other = trial_store_transactional("host/2", "other");
    const char *ask = "SELECT string_agg(seen_offset::text, ' ' ORDER BY partition) FROM "
                      "mentord.progress";
    trial_sql("UPDATE mentord.progress SET emitted_offset = 7 + partition, seen_offset = 9");
    unseen(&store, positions);
    assert_string_equal(trial_ask("%s", ask), "9 9");
    ASSERT_DONE(other.port.take(other.port.self, positions, 2, err));
    unseen(&other, positions);
    assert_false(positions[0].noted);
    assert_string_equal(trial_ask("%s", ask), "7 8");
    ASSERT_DONE(store.port.take(store.port.self, positions, 2, err));
    unseen(&store, positions);
    assert_true(positions[0].noted);
    trial_store_close(&other);
    trial_store_close(&store);
}

static void what_is_seen_goes_forward_with_the_owner_s_word(void **state)
{
    (void)state;
    struct position positions[2];
    struct trial_store store = taken(positions);
    trial_sql("UPDATE mentord.progress SET seen_offset = 6");
    positions[0].seen_offset = 5;
    positions[1].seen_offset = INT64_MAX; /* without transactions */
    ASSERT_DONE(store.port.emitted(store.port.self, positions, 2, false, err));
    assert_string_equal(
        trial_ask("SELECT string_agg(seen_offset::text, ' ' ORDER BY partition) FROM "
                  "mentord.progress"),
        "6 9");
    positions[0].seen_offset = 8;
    ASSERT_DONE(store.port.emitted(store.port.self, positions, 1, false, err));
    assert_string_equal(
        trial_ask("SELECT seen_offset::text FROM mentord.progress WHERE partition = 0"), "8");
    ASSERT_DONE(store.port.emitted(store.port.self, positions, 1, true, err));
    assert_string_equal(/* given back, and no more seen by that */
                        trial_ask(
                            "SELECT seen_offset::text FROM mentord.progress WHERE partition = 0"),
                        "8");
    trial_store_close(&store);
}

static void only_the_owner_asks_and_ends_it(void **state)
{
    (void)state;
    struct position positions[2];
    struct trial_store store = taken(positions);
    struct err err;
    note_hanging(&store, 300);
    assert_int_equal(doubted(&store, &positions[0]), 300);
    positions[0].epoch--;
    assert_false(store.port.doubt(store.port.self, &positions[0], &err));
    assert_int_equal(err.kind, ERR_FENCED);
    assert_false(store.port.recalled(store.port.self, &positions[0], &err));
    assert_int_equal(err.kind, ERR_FENCED);
    positions[0].epoch++;
    assert_int_equal(doubted(&store, &positions[0]), 300);
    trial_store_close(&store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(what_pends_is_looked_for_from_when_it_was_stored, trial_clear),
        cmocka_unit_test_setup(the_earliest_time_counts, trial_clear),
        cmocka_unit_test_setup(only_of_the_producer_s_own_and_orphaned_partitions, trial_clear),
        cmocka_unit_test_setup(it_stays_until_it_is_read_back, trial_clear),
        cmocka_unit_test_setup(only_the_owner_asks_and_ends_it, trial_clear),
        cmocka_unit_test_setup(what_nobody_saw_is_looked_for_when_the_broker_may_have_ended_it,
                               trial_clear),
        cmocka_unit_test_setup(what_nobody_saw_yet_is_not_looked_for, trial_clear),
        cmocka_unit_test_setup(what_goes_in_transactions_from_now_on_is_unseen, trial_clear),
        cmocka_unit_test_setup(what_is_seen_goes_forward_with_the_owner_s_word, trial_clear),
    };
    return TRIAL_RUN("recall", tests);
}
