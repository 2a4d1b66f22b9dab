/*
 * Goal: what is noted before a transaction is undone lets the next owner go back to just that, and
 * to nothing else.
 */

#include <stdlib.h>

#include "pg/trial.h"
#include "support/test.h"

static int64_t stored_offset(int partition)
{
    return strtoll(
        trial_ask("SELECT emitted_offset FROM mentord.progress WHERE partition = %d", partition),
        NULL,
        10);
}

/* Two partitions, decided and emitted from 5 to 9. */
static struct trial_store emitted_to_nine(struct position *positions)
{
    struct trial_store store = trial_store("host/1");
    positions[0] = (struct position){.partition = 0, .next_offset = 5};
    positions[1] = (struct position){.partition = 1, .next_offset = 5};
    ASSERT_DONE(store.port.take(store.port.self, positions, 2, err));
    trial_sql("UPDATE mentord.progress SET next_offset = 9, emitted_offset = 9");
    ASSERT_DONE(store.port.take(store.port.self, positions, 2, err));
    assert_false(positions[0].noted);
    return store;
}

static void note(struct trial_store *store, int32_t partition, int64_t offset)
{
    struct group_mark mark = {.partition = partition, .offset = offset};
    ASSERT_DONE(store->port.undoing(store->port.self, &mark, 1, err));
}

static bool undone(struct trial_store *store, struct position *position, int64_t committed)
{
    bool undone = false;
    ASSERT_DONE(store->port.undone(store->port.self, position, committed, &undone, err));
    return undone;
}

static void just_what_was_noted_is_gone_back_to(void **state)
{
    (void)state;
    struct position positions[2];
    struct trial_store store = emitted_to_nine(positions);
    assert_false(undone(&store, &positions[0], 7));
    note(&store, 0, 6);
    note(&store, 0, 7); /* the newest counts */
    assert_false(undone(&store, &positions[1], 7));
    assert_true(undone(&store, &positions[0], 7));
    assert_int_equal(positions[0].emitted_offset, 7);
    assert_int_equal(stored_offset(0), 7);
    assert_int_equal(stored_offset(1), 9);
    trial_store_close(&store);
}

/* An owner may die before the group is told anything else. */
static void it_stays_noted_until_the_group_says_something_else(void **state)
{
    (void)state;
    struct position positions[2];
    struct trial_store store = emitted_to_nine(positions);
    note(&store, 0, 7);
    assert_true(undone(&store, &positions[0], 7));
    ASSERT_DONE(store.port.take(store.port.self, positions, 2, err));
    assert_true(positions[0].noted);
    assert_false(positions[1].noted);
    assert_true(undone(&store, &positions[0], 7));
    assert_false(undone(&store, &positions[0], 8));
    assert_false(undone(&store, &positions[0], 7));
    assert_int_equal(stored_offset(0), 7);
    trial_store_close(&store);
}

/* The first transaction of all: nothing was committed before it. */
static void nothing_is_where_the_ledger_begins(void **state)
{
    (void)state;
    struct position positions[2];
    struct trial_store store = emitted_to_nine(positions);
    note(&store, 1, -1);
    assert_true(undone(&store, &positions[1], -1));
    assert_int_equal(positions[1].emitted_offset, 5);
    assert_int_equal(stored_offset(1), 5);
    trial_store_close(&store);
}

static void only_the_owner_goes_back(void **state)
{
    (void)state;
    struct position positions[2];
    struct trial_store store = emitted_to_nine(positions);
    struct err err;
    bool gone_back = false;
    note(&store, 0, 7);
    positions[0].epoch--;
    assert_false(store.port.undone(store.port.self, &positions[0], 7, &gone_back, &err));
    assert_int_equal(err.kind, ERR_FENCED);
    assert_int_equal(stored_offset(0), 9);
    positions[0].epoch++;
    assert_true(undone(&store, &positions[0], 7));
    trial_store_close(&store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(just_what_was_noted_is_gone_back_to, trial_clear),
        cmocka_unit_test_setup(it_stays_noted_until_the_group_says_something_else, trial_clear),
        cmocka_unit_test_setup(nothing_is_where_the_ledger_begins, trial_clear),
        cmocka_unit_test_setup(only_the_owner_goes_back, trial_clear),
    };
    return TRIAL_RUN("undone", tests);
}
