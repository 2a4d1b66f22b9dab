/*
 * Goal: only what was handed over and told goes into a transaction, and only what was in it counts
 * as emitted when it is committed.
 */

#include "../../src/kafka/passage.h"
#include "support/test.h"

static struct passages passages;
static struct position moved[PARTITIONS_MAX];

static int end(void **state)
{
    (void)state;
    passages_release(&passages);
    return 0;
}

/* NOLINTNEXTLINE(bugprone-easily-swappable-parameters) */
static struct passage *begin(int32_t partition, int64_t emitted, int64_t epoch, int64_t next)
{
    struct passage *passage = passage_at(&passages, partition);
    passage_begin(passage, emitted);
    passage->passed.epoch = epoch;
    passage->passed.next_offset = next;
    return passage;
}

static void one_that_is_not_told_waits(void **state)
{
    (void)state;
    begin(2, 5, 0, 0);
    assert_false(passages_moved(&passages));
    assert_int_equal(passages_load(&passages, moved), 0);
}

static void one_that_begins_is_told_once(void **state)
{
    (void)state;
    begin(2, 5, 7, 9);
    assert_true(passages_moved(&passages));
    assert_int_equal(passages_load(&passages, moved), 1);
    assert_int_equal(moved[0].partition, 2);
    assert_int_equal(moved[0].emitted_offset, 5);
    assert_int_equal(moved[0].next_offset, 9);
    assert_int_equal(moved[0].epoch, 7);
    passages_arrive(&passages);
    assert_false(passages_moved(&passages));
    assert_int_equal(passage_at(&passages, 2)->emitted, 5);
}

static void what_comes_while_one_is_under_way_goes_with_the_next(void **state)
{
    (void)state;
    struct passage *passage = begin(0, 5, 7, 9);
    passage->passed.emitted_offset = 6;
    assert_int_equal(passages_load(&passages, moved), 1);
    passage->passed.emitted_offset = 8;
    begin(1, 3, 1, 3);
    passages_arrive(&passages);
    assert_int_equal(passage_at(&passages, 0)->emitted, 6);
    assert_int_equal(passage_at(&passages, 1)->emitted, 3);
    assert_int_equal(passages_load(&passages, moved), 2); /* the other one is not told yet */
    assert_int_equal(moved[0].emitted_offset, 8);
    assert_int_equal(moved[1].emitted_offset, 3);
}

static void one_that_was_dropped_does_not_count(void **state)
{
    (void)state;
    struct passage *passage = begin(0, 5, 7, 9);
    passage->passed.emitted_offset = 6;
    assert_int_equal(passages_load(&passages, moved), 1);
    assert_int_equal(passage->emitted, 5);
    assert_int_equal(passages_load(&passages, moved), 1); /* it goes again */
    passages_forget(&passages);
    assert_false(passages_moved(&passages));
    assert_int_equal(passages_load(&passages, moved), 0);
}

static void what_is_sent_again_moves_nothing(void **state)
{
    (void)state;
    struct passage *passage = begin(0, 5, 7, 9);
    assert_int_equal(passages_load(&passages, moved), 1);
    passages_arrive(&passages);
    assert_false(passages_moved(&passages));
    passage_pass(passage, 3);
    assert_true(passages_moved(&passages));
    assert_int_equal(passages_load(&passages, moved), 1);
    assert_int_equal(moved[0].emitted_offset, 5);
    passages_arrive(&passages);
    assert_false(passages_moved(&passages));
    assert_int_equal(passage->emitted, 5);
    passage_pass(passage, 8);
    assert_int_equal(passages_load(&passages, moved), 1);
    assert_int_equal(moved[0].emitted_offset, 8);
}

/* What begins is seen when all that was sent again is. */
static void what_is_committed_at_the_mark_is_seen_after_it(void **state)
{
    (void)state;
    struct passage *passage = begin(0, 5, 7, 9);
    assert_int_equal(passages_load(&passages, moved), 1);
    passages_arrive(&passages);
    assert_true(passages_unseen(&passages));
    passages_mark(&passages); /* something below may still be sent again */
    passages_see(&passages);
    assert_int_equal(passages_marked(&passages, moved), 0);
    assert_int_equal(passage->seen, 0);
    passage_pass(passage, 3);
    passage_sent(passage, 5);
    passages_mark(&passages); /* it is not carried yet */
    passages_see(&passages);
    assert_int_equal(passage->seen, 0);
    assert_int_equal(passages_load(&passages, moved), 1);
    passages_arrive(&passages);
    passages_mark(&passages);
    passage_pass(passage, 8);
    assert_int_equal(passages_load(&passages, moved), 1);
    passages_arrive(&passages);
    assert_int_equal(passages_marked(&passages, moved), 1);
    assert_int_equal(passage->seen, 0);
    passages_see(&passages);
    assert_int_equal(passage->seen, 5);
    assert_true(passages_unseen(&passages));
    passages_mark(&passages);
    passages_see(&passages);
    assert_int_equal(passage->seen, 8);
    assert_false(passages_unseen(&passages));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(one_that_is_not_told_waits, end),
        cmocka_unit_test_teardown(one_that_begins_is_told_once, end),
        cmocka_unit_test_teardown(what_comes_while_one_is_under_way_goes_with_the_next, end),
        cmocka_unit_test_teardown(one_that_was_dropped_does_not_count, end),
        cmocka_unit_test_teardown(what_is_sent_again_moves_nothing, end),
        cmocka_unit_test_teardown(what_is_committed_at_the_mark_is_seen_after_it, end),
    };
    return cmocka_run_group_tests_name("passage", tests, NULL, NULL);
}
