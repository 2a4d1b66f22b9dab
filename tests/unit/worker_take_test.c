/*
 * Goal: what the simulator found (tests/sim): a worker that stood still or lost an answer while it
 * took its partitions neither halts for nothing nor wipes out what others can know.
 */

#include "support/facts.h"
#include "support/fake_ports.h"

/* Three decided records, and another process in the place of the one that did it. */
static void three_decided(void)
{
    world_publish_versions(0, 3);
    assert_true(world_run());
    world_restart();
}

static void note(const char *metadata)
{
    (void)snprintf(
        world.partitions[0].metadata, sizeof(world.partitions[0].metadata), "%s", metadata);
}

static void assert_halted(const char *why)
{
    assert_false(world_run());
    assert_int_equal(world.worker.err.kind, ERR_HALT);
    assert_non_null(strstr(world.worker.err.text, why));
}

/* JOIN proves membership by a commit; it must not write over what TAKE has not compared yet. */
static void a_note_of_lost_commits_survives_an_answer_that_is_lost(void **state)
{
    (void)state;
    three_decided();
    note("idempotent,1,4");
    world.committed_fails = 1;
    assert_halted("ahead of the database");
}

static void a_take_that_breaks_off_notes_nothing(void **state)
{
    (void)state;
    world_publish_versions(5, 7);
    world.partitions[0].low = 5;
    world.partitions[0].known = true;
    world.partitions[0].position =
        (struct position){.next_offset = 2, .emitted_offset = 2, .last_offset = 1, .epoch = 4};
    world.plan[0] = WRITE_NOT_STORED;
    world.bounds_fails_at = 4; /* the second partition's, when taken again */
    assert_true(world_run());  /* the group is told only of what is stored: fake_ports.c */
    assert_string_equal(world.partitions[0].fates, "2-4:gap 5:decided 6:decided ");
}

static void what_the_store_did_not_mark_is_not_told_to_the_group(void **state)
{
    (void)state;
    world_publish_versions(0, 3);
    world.emitted_fails = 1;
    assert_true(world_run());
    assert_int_equal(world.take_count, 2);
    assert_int_equal(world.partitions[0].committed, 3);
}

static void a_successor_notes(void)
{
    world.partitions[0].position.epoch++;
    note("idempotent,3,3");
}

static void who_stood_still_after_a_take_is_fenced_and_does_not_halt(void **state)
{
    (void)state;
    three_decided();
    world.after_take = a_successor_notes;
    assert_true(world_run());
    assert_int_equal(world.leave_count, 3);
    assert_int_equal(world.partitions[0].position.epoch, 4);
}

static void the_log_has_grown(void)
{
    world.partitions[0].high = 3;
}

static void where_the_log_ends_is_asked_again_before_it_is_believed(void **state)
{
    (void)state;
    three_decided();
    world.partitions[0].high = 2;
    world.while_taking = the_log_has_grown;
    assert_true(world_run());
}

/* The row as it stood before the third was stored, by its last record. */
static void last_is(int64_t offset)
{
    world.partitions[0].position.last_offset = offset;
    sha256_of(world.partitions[0].log[offset].value, world.partitions[0].position.last_digest);
}

static void take_as_of_before(void)
{
    world.partitions[0].position.next_offset = 2;
    world.partitions[0].position.emitted_offset = 2;
    last_is(1);
}

static void a_successor_stores(void)
{
    world.partitions[0].position.next_offset = 3;
    last_is(2);
    world.partitions[0].position.epoch++;
}

static void what_a_successor_stored_is_not_sent(void **state)
{
    (void)state;
    three_decided();
    world.partitions[0].committed = 2;
    note("idempotent,1,2");
    world.while_taking = take_as_of_before;
    world.after_take = a_successor_stores;
    int64_t sent = world.send_count;
    assert_true(world_run());
    assert_int_equal(world.leave_count, 3);
    assert_int_equal(world.send_count, sent + 1); /* once it is taken anew */
}

static void the_log_is_cut(void)
{
    world.partitions[0].high = 2;
    world.partitions[0].log_count = 2;
}

static void a_log_that_is_cut_after_it_was_asked_halts(void **state)
{
    (void)state;
    three_decided();
    world.after_take = the_log_is_cut;
    assert_halted("ends at 2");
}

static void a_record_where_there_was_none_halts(void **state)
{
    (void)state;
    world_publish_versions(0, 2);
    world.partitions[0].high = 3;
    assert_true(world_run());
    assert_string_equal(world.partitions[0].fates, "0:decided 1:decided 2:skipped ");
    world_publish_versions(2, 3);
    world_restart();
    assert_halted("record at 2");
}

static void the_log_begins_behind_it(void)
{
    world.partitions[0].low = 3;
}

static void a_last_record_that_is_gone_halts_unless_the_log_begins_behind_it(void **state)
{
    (void)state;
    for (int64_t low = 0; low <= 3; low += 3) {
        world_end();
        world_begin(100);
        three_decided();
        world.partitions[0].log_count = 2;
        world_publish_versions(3, 4);
        world.after_take = low == 3 ? the_log_begins_behind_it : NULL;
        if (low == 0) {
            assert_halted("record at 2");
        } else {
            assert_true(world_run());
        }
    }
}

/* A topic that has grown, as a broker tells it who has not heard of that yet. */
static void a_broker_that_hears_late_of_a_growth_is_asked_again(void **state)
{
    (void)state;
    world.facts_stale_until = world.now_us + WORKER_FEWER_US - 1;
    world.idle_most = 1000;
    world_publish_versions(0, 3);
    assert_true(world_run());
    assert_in_range(world.facts_count, 5, 100); /* with pauses between */
    assert_int_equal(world.partitions[0].position.next_offset, 3);
}

static void a_topic_with_fewer_partitions_halts_in_the_end(void **state)
{
    (void)state;
    int64_t began_us = world.now_us;
    world.facts_stale_until = INT64_MAX;
    world.idle_most = 1000;
    assert_halted("1 partitions");
    assert_in_range(world.now_us - began_us, WORKER_FEWER_US, 2 * WORKER_FEWER_US);
}

/* Whether they are really gone is not known while nobody answers. */
static void an_outage_between_two_answers_counts_for_nothing(void **state)
{
    (void)state;
    world.facts_stale_until = world.now_us + 3 * WORKER_FEWER_US / 2;
    world.facts_fails_from = world.now_us + WORKER_FEWER_US / 2;
    world.facts_fails_until = world.facts_fails_from + WORKER_FEWER_US * 2 / 3;
    world.idle_most = 2000;
    world_publish_versions(0, 3);
    assert_true(world_run());
    assert_int_equal(world.partitions[0].position.next_offset, 3);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_set_up, world_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_note_of_lost_commits_survives_an_answer_that_is_lost),
        TEST(a_take_that_breaks_off_notes_nothing),
        TEST(what_the_store_did_not_mark_is_not_told_to_the_group),
        TEST(who_stood_still_after_a_take_is_fenced_and_does_not_halt),
        TEST(where_the_log_ends_is_asked_again_before_it_is_believed),
        TEST(what_a_successor_stored_is_not_sent),
        TEST(a_log_that_is_cut_after_it_was_asked_halts),
        TEST(a_record_where_there_was_none_halts),
        TEST(a_last_record_that_is_gone_halts_unless_the_log_begins_behind_it),
        TEST(a_broker_that_hears_late_of_a_growth_is_asked_again),
        TEST(a_topic_with_fewer_partitions_halts_in_the_end),
        TEST(an_outage_between_two_answers_counts_for_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
