/*
 * Goal: whatever fails between reading and sending, each record has one fate, what is stored is
 * sent with the same bytes, and what cannot be trusted halts.
 */

#include <inttypes.h>
#include <stdio.h>

#include "support/facts.h"
#include "support/fake_ports.h"

static void assert_all_decided_once(void)
{
    assert_string_equal(world.partitions[0].fates, "0:decided 1:decided 2:decided ");
    assert_int_equal(world.partitions[0].position.next_offset, 3);
    assert_int_equal(world.partitions[0].position.emitted_offset, 3);
    assert_int_equal(world.partitions[0].committed, 3);
    assert_int_equal(world.partitions[0].outputs[2].citizen_seq, 3);
}

static void a_lost_reply_of_a_stored_batch_sends_what_is_stored(void **state)
{
    (void)state;
    world_publish_versions(0, 3);
    world.plan[0] = WRITE_STORED_BUT_LOST;
    assert_true(world_run());
    assert_all_decided_once();
    assert_string_equal(world.partitions[0].sent, "0:decision 1:decision 2:decision ");
    assert_int_equal(world.take_count, 2);
    assert_int_equal(world.write_count, 1);
    assert_int_equal(world.partitions[0].position.epoch, 2);
    assert_true(world.stop_count > 1);
    assert_int_equal(world.leave_count, 1); /* at the end only */
}

static void a_lost_reply_of_a_batch_that_is_not_stored_decides_again(void **state)
{
    (void)state;
    world_publish_versions(0, 3);
    world.plan[0] = WRITE_NOT_STORED;
    world.plan[1] = WRITE_NOT_STORED;
    assert_true(world_run());
    assert_all_decided_once();
    assert_string_equal(world.partitions[0].sent, "0:decision 1:decision 2:decision ");
    assert_int_equal(world.take_count, 3);
    assert_int_equal(world.write_count, 3);
}

static void a_fenced_worker_leaves_the_group_and_joins_again(void **state)
{
    (void)state;
    world_publish_versions(0, 3);
    world.plan[0] = WRITE_FENCED;
    assert_true(world_run());
    assert_all_decided_once();
    assert_int_equal(world.leave_count, 2); /* then, and at the end */
    assert_int_equal(world.take_count, 2);
    assert_int_equal(world.partitions[0].position.epoch, 3);
}

static int32_t takeovers;
static void note_takeovers(void)
{
    takeovers += world.partitions[0].position.takeovers;
    world.after_take = note_takeovers;
}

/* The broker has ended its transaction: it is alive, and nobody need fence it as a dead one. */
static void who_is_fenced_by_the_broker_gives_its_partitions_back(void **state)
{
    (void)state;
    for (int transactional = 0; transactional < 2; transactional++) {
        world_end();
        world_begin(100);
        world_publish_versions(0, 3);
        world.worker.transactional = transactional == 1;
        world.count_deaths = true;
        world.send_fails_at = 1;
        world.send_fenced = true;
        world.after_take = note_takeovers;
        takeovers = 0;
        assert_true(world_run());
        assert_all_decided_once();
        assert_int_equal(world.take_count, 2);
        assert_int_equal(takeovers, transactional == 1 ? 0 : 1);
    }
}

/* The group takes away what was taken while what it had noted could not be read. A database that
 * was gone in between may have given the epoch to somebody else by then. */
static void what_was_taken_in_vain_is_not_given_back(void **state)
{
    (void)state;
    world_publish_versions(0, 3);
    world.worker.transactional = true;
    world.count_deaths = true;
    world.committed_fails = 1;
    world.revoke_when_stopped = true;
    world.after_take = note_takeovers;
    takeovers = 0;
    assert_true(world_run());
    assert_all_decided_once();
    assert_int_equal(world.take_count, 2);
    assert_int_equal(takeovers, 1);
}

static void a_revocation_while_gathering_loses_nothing(void **state)
{
    (void)state;
    static const enum source_event events[] = {
        SOURCE_REVOKED, SOURCE_LOST, SOURCE_ASSIGNED, SOURCE_RESET};
    for (size_t i = 0; i < ROW_COUNT(events); i++) {
        world_end();
        world_begin(100);
        world_publish_versions(0, 3);
        world.revoke_at_record = 2;
        world.revoke_as = events[i];
        assert_true(world_run());
        assert_all_decided_once();
        assert_int_equal(world.write_count, 1); /* what was gathered is dropped, and read again */
        assert_int_equal(world.record_count, 5);
        assert_int_equal(world.take_count, 2);
        assert_int_equal(world.leave_count, 1);
    }
}

/* What was taken is given back before others are, also amid an outage: nobody counts it as left by
 * a dead one. */
static void partitions_given_while_others_are_held_are_taken_after_these_are_settled(void **state)
{
    (void)state;
    static const enum source_event events[] = {SOURCE_REVOKED, SOURCE_ASSIGNED};
    for (size_t i = 0; i < ROW_COUNT(events); i++) {
        world_end();
        world_begin(100);
        world_publish_versions(0, 3);
        world.count_deaths = true;
        world.plan[0] = WRITE_STORED_BUT_LOST;
        world.revoke_when_stopped = true;
        world.revoke_as = events[i];
        world.after_take = note_takeovers;
        takeovers = 0;
        assert_true(world_run());
        assert_all_decided_once();
        assert_false(world.revoke_when_stopped);
        assert_int_equal(world.take_count, 2);
        assert_int_equal(takeovers, 0);
        assert_int_equal(world.leave_count, 1); /* at the end */
    }
}

static void told_to_stop_as_partitions_go_it_is_the_drain(void **state)
{
    (void)state;
    world_publish_versions(0, 3);
    world.revoke_at_record = 2;
    world.stop_when_revoked = true;
    assert_true(world_run());
    assert_int_equal(world.worker.metrics.cells[METRIC_AT_REBALANCES + CHANGE_REVOKED], 0);
    assert_true(world.partitions[0].released);
}

/* The group is not kept waiting for an answer that an outage made forgotten. */
static void a_revocation_while_the_database_is_waited_for_is_answered(void **state)
{
    (void)state;
    static const enum source_event events[] = {SOURCE_REVOKED, SOURCE_LOST, SOURCE_ASSIGNED};
    static const enum write_fault faults[] = {
        WRITE_FINE, WRITE_STALE, WRITE_NOT_STORED, WRITE_STORED_BUT_LOST, WRITE_FENCED};
    for (size_t i = 0; i < ROW_COUNT(events) * ROW_COUNT(faults); i++) {
        world_end();
        world_begin(2);
        world_publish_versions(0, 3);
        world.revoke_at_record = 3; /* the third is read ahead */
        world.revoke_as = events[i % ROW_COUNT(events)];
        world.plan[0] = faults[i / ROW_COUNT(events)];
        assert_true(world_run());
        assert_all_decided_once();
        assert_true(world.stop_count + world.leave_count >= 3); /* then, and both at the end */
    }
}

static void a_revocation_between_batches_settles_what_is_sent(void **state)
{
    (void)state;
    world.worker.batch_most = 1;
    world.worker.limit = 1;
    world.hold_acks = true;
    world_publish_versions(0, 3);
    world.revoke_at_record = 2;
    assert_true(world_run());
    assert_all_decided_once();
    assert_string_equal(world.partitions[0].sent, "0:decision 1:decision 2:decision ");
    assert_true(world.partitions[0].released);
}

static void a_failing_producer_sends_again_the_same_bytes(void **state)
{
    (void)state;
    world_publish_versions(0, 3);
    world.send_fails_at = 2;
    assert_true(world_run());
    assert_all_decided_once();
    /* Two were on their way when the producer went; fake_sink.c compares them. */
    assert_string_equal(world.partitions[0].sent,
                        "0:decision 1:decision 0:decision 1:decision 2:decision ");
    assert_int_equal(world.write_count, 1);
}

static void what_is_stored_and_not_sent_is_sent_by_the_next_owner(void **state)
{
    (void)state;
    static struct letter letter;
    world_publish_versions(0, 3);
    letter_begin(&letter, bytes_text("\x10"));
    letter_add(&letter, "traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
    world_add(0, 3, &letter.record);
    world.hold_acks = true;
    world.stop_at_write = true; /* it goes on to EMIT, and stops then */
    assert_true(world_run());
    assert_string_equal(world.partitions[0].sent, "0:decision 1:decision 2:decision 3:dlq ");
    /* As if it had died before the acknowledgements. */
    world.partitions[0].position.emitted_offset = 1;
    world.partitions[0].committed = 1;
    world.partitions[0].sent[0] = '\0';
    world.stop_at_write = false;
    world_restart();
    assert_true(world_run());
    assert_string_equal(world.partitions[0].sent, "1:decision 2:decision 3:dlq ");
    assert_string_equal(world.partitions[0].fates,
                        "0:decided 1:decided 2:decided 3:dlq(undecodable) ");
    assert_int_equal(world.partitions[0].position.emitted_offset, 4);
}

static void stopping_drains_what_is_in_hand(void **state)
{
    (void)state;
    world_publish_versions(0, 3);
    world.hold_acks = true;
    world.stop_at_write = true;
    assert_true(world_run());
    assert_all_decided_once();
    assert_true(world.partitions[0].released);
    assert_int_equal(world.stop_count, 1);
    assert_int_equal(world.leave_count, 1);
}

static void stopping_before_anything_is_no_failure(void **state)
{
    (void)state;
    world.stop = true;
    world_publish_versions(0, 3);
    assert_true(world_run());
    assert_int_equal(world.take_count, 0);
    assert_int_equal(world.write_count, 0);
    assert_int_equal(world.leave_count, 1);
}

static void the_log_from_where_it_begins_is_a_gap(void **state)
{
    (void)state;
    world_publish_versions(5, 7);
    world.partitions[0].low = 5;
    world.partitions[0].known = true;
    world.partitions[0].position =
        (struct position){.next_offset = 2, .emitted_offset = 2, .last_offset = 1, .epoch = 4};
    assert_true(world_run());
    assert_string_equal(world.partitions[0].fates, "2-4:gap 5:decided 6:decided ");
    assert_int_equal(world.partitions[0].position.next_offset, 7);
    assert_int_equal(world.partitions[0].position.emitted_offset, 7);
}

static void a_partition_never_seen_begins_where_its_log_does(void **state)
{
    (void)state;
    world_publish_versions(5, 7);
    world.partitions[0].low = 5;
    assert_true(world_run());
    assert_string_equal(world.partitions[0].fates, "5:decided 6:decided ");
}

/* Runs once over three records, then as another process over what came since. */
static void run_twice(int64_t more)
{
    world_publish_versions(0, 3);
    assert_true(world_run());
    world_publish_versions(3, more);
    world_restart();
}

static void the_last_record_is_read_again_and_is_the_same(void **state)
{
    (void)state;
    run_twice(5);
    assert_true(world_run());
    assert_int_equal(world.partitions[0].start, 2);
    assert_string_equal(world.partitions[0].fates,
                        "0:decided 1:decided 2:decided 3:decided 4:decided ");
}

static void another_record_in_its_place_halts(void **state)
{
    (void)state;
    static const uint8_t other[] = "another topic's";
    run_twice(5);
    world.partitions[0].log[2].value = bytes_of(other, sizeof(other) - 1);
    assert_false(world_run());
    assert_int_equal(world.worker.err.kind, ERR_HALT);
    assert_non_null(strstr(world.worker.err.text, "record at 2"));
    assert_int_equal(world.partitions[0].position.next_offset, 3);
}

static void a_log_that_ends_below_what_is_decided_halts(void **state)
{
    (void)state;
    run_twice(3);
    world.partitions[0].high = 2;
    assert_false(world_run());
    assert_int_equal(world.worker.err.kind, ERR_HALT);
    assert_non_null(strstr(world.worker.err.text, "ends at 2"));
}

static void the_log_grows(void)
{
    world.partitions[0].high = 3;
}

static void a_log_that_grew_while_the_take_waited_is_asked_again(void **state)
{
    (void)state;
    run_twice(3);
    world.partitions[0].high = 2;
    world.while_taking = the_log_grows;
    assert_true(world_run());
    assert_all_decided_once();
}

/* Takes partition 0 and decides a record, while we sleep. */
static void another_takes_it(void)
{
    struct world_partition *partition = &world.partitions[0];
    partition->position.epoch++;
    (void)note_write(&partition->position, false, partition->metadata);
}

static void who_sleeps_after_the_take_is_fenced_and_does_not_halt(void **state)
{
    (void)state;
    world_publish_versions(0, 3);
    world.after_take = another_takes_it;
    assert_true(world_run());
    assert_all_decided_once();
    assert_int_equal(world.leave_count, 2); /* then, and at the end */
    assert_int_equal(world.partitions[0].position.epoch, 3);
}

/* What the group knows against what the database says. */
static const struct {
    const char *metadata;
    int64_t committed;
    bool halts;
} metadatas[] = {
    {"idempotent,1,3", 3, false},
    {"", 3, false},
    {"", -1, false},
    {"somebody else's", 3, false},
    {"idempotent,1,4", 3, true}, /* the database has lost a batch */
    {"idempotent,2,3", 3, true}, /* or a take: its next epoch is 2 */
    {"idempotent,3,1", 1, true},
    {"", 4, true},
};

static void metadata_ahead_of_the_database_halts(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROW_COUNT(metadatas); i++) {
        world_end();
        world_begin(100);
        run_twice(3);
        world.partitions[0].committed = metadatas[i].committed;
        (void)snprintf(world.partitions[0].metadata,
                       sizeof(world.partitions[0].metadata),
                       "%s",
                       metadatas[i].metadata);
        int64_t sent = world.send_count;
        assert_int_equal(world_run(), !metadatas[i].halts);
        assert_int_equal(world.send_count, sent);
        if (metadatas[i].halts) {
            assert_int_equal(world.worker.err.kind, ERR_HALT);
            assert_non_null(strstr(world.worker.err.text, "ahead of the database"));
        }
    }
}

/* JOIN proves the membership by a commit, and must not do so over what is still to be compared. */
static void metadata_that_cannot_be_read_at_once_is_still_there_to_be_compared(void **state)
{
    (void)state;
    run_twice(3);
    (void)snprintf(
        world.partitions[0].metadata, sizeof(world.partitions[0].metadata), "idempotent,1,4");
    world.committed_fails = 1;
    assert_false(world_run());
    assert_int_equal(world.worker.err.kind, ERR_HALT);
    assert_string_equal(world.partitions[0].metadata, "idempotent,1,4");
}

static void a_later_owner_speaks(void)
{
    world.partitions[0].position.epoch += 1;
    (void)snprintf(world.partitions[0].metadata,
                   sizeof(world.partitions[0].metadata),
                   "idempotent,%" PRId64 ",3",
                   world.partitions[0].position.epoch);
}

static void metadata_of_a_later_owner_is_no_loss(void **state)
{
    (void)state;
    run_twice(3);
    world.before_committed = a_later_owner_speaks;
    uint32_t left = world.leave_count;
    assert_true(world_run());
    assert_int_equal(world.leave_count, left + 2); /* fenced, and at the end */
}

static void lose_a_commit(void)
{
    world.partitions[0].position.epoch--;
    world.partitions[0].position.next_offset--;
    world.partitions[0].position.emitted_offset--;
}

static void an_idle_worker_notices_that_the_database_lost_commits(void **state)
{
    (void)state;
    world_publish_versions(0, 3);
    world.when_idle = lose_a_commit;
    world.idle_most = 500; /* 50 seconds */
    assert_false(world_run());
    assert_int_equal(world.worker.err.kind, ERR_HALT);
    assert_non_null(strstr(world.worker.err.text, "has lost commits"));
    assert_int_equal(world.write_count, 1);
}

static void an_idle_worker_that_has_lost_nothing_goes_on(void **state)
{
    (void)state;
    world_publish_versions(0, 3);
    world.idle_most = 1000;
    assert_true(world_run());
    assert_all_decided_once();
    assert_int_equal(world.take_count, 1);
    assert_in_range(world.mark_count, 3, 5); /* the outputs, then each half minute */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            an_idle_worker_notices_that_the_database_lost_commits, world_set_up, world_tear_down),
        cmocka_unit_test_setup_teardown(
            an_idle_worker_that_has_lost_nothing_goes_on, world_set_up, world_tear_down),
        cmocka_unit_test_setup_teardown(
            a_lost_reply_of_a_stored_batch_sends_what_is_stored, world_set_up, world_tear_down),
        cmocka_unit_test_setup_teardown(a_lost_reply_of_a_batch_that_is_not_stored_decides_again,
                                        world_set_up,
                                        world_tear_down),
        cmocka_unit_test_setup_teardown(
            a_fenced_worker_leaves_the_group_and_joins_again, world_set_up, world_tear_down),
        cmocka_unit_test_setup_teardown(
            who_is_fenced_by_the_broker_gives_its_partitions_back, world_set_up, world_tear_down),
        cmocka_unit_test_setup_teardown(
            what_was_taken_in_vain_is_not_given_back, world_set_up, world_tear_down),
        cmocka_unit_test_setup_teardown(
            a_revocation_while_gathering_loses_nothing, world_set_up, world_tear_down),
        cmocka_unit_test_setup_teardown(
            partitions_given_while_others_are_held_are_taken_after_these_are_settled,
            world_set_up,
            world_tear_down),
        cmocka_unit_test_setup_teardown(
            told_to_stop_as_partitions_go_it_is_the_drain, world_set_up, world_tear_down),
        cmocka_unit_test_setup_teardown(a_revocation_while_the_database_is_waited_for_is_answered,
                                        world_set_up,
                                        world_tear_down),
        cmocka_unit_test_setup_teardown(
            a_revocation_between_batches_settles_what_is_sent, world_set_up, world_tear_down),
        cmocka_unit_test_setup_teardown(
            a_failing_producer_sends_again_the_same_bytes, world_set_up, world_tear_down),
        cmocka_unit_test_setup_teardown(
            what_is_stored_and_not_sent_is_sent_by_the_next_owner, world_set_up, world_tear_down),
        cmocka_unit_test_setup_teardown(
            stopping_drains_what_is_in_hand, world_set_up, world_tear_down),
        cmocka_unit_test_setup_teardown(
            stopping_before_anything_is_no_failure, world_set_up, world_tear_down),
        cmocka_unit_test_setup_teardown(
            the_log_from_where_it_begins_is_a_gap, world_set_up, world_tear_down),
        cmocka_unit_test_setup_teardown(
            a_partition_never_seen_begins_where_its_log_does, world_set_up, world_tear_down),
        cmocka_unit_test_setup_teardown(
            the_last_record_is_read_again_and_is_the_same, world_set_up, world_tear_down),
        cmocka_unit_test_setup_teardown(
            another_record_in_its_place_halts, world_set_up, world_tear_down),
        cmocka_unit_test_setup_teardown(
            a_log_that_ends_below_what_is_decided_halts, world_set_up, world_tear_down),
        cmocka_unit_test_setup_teardown(
            a_log_that_grew_while_the_take_waited_is_asked_again, world_set_up, world_tear_down),
        cmocka_unit_test_setup_teardown(
            who_sleeps_after_the_take_is_fenced_and_does_not_halt, world_set_up, world_tear_down),
        cmocka_unit_test_setup_teardown(
            metadata_ahead_of_the_database_halts, world_set_up, world_tear_down),
        cmocka_unit_test_setup_teardown(
            metadata_that_cannot_be_read_at_once_is_still_there_to_be_compared,
            world_set_up,
            world_tear_down),
        cmocka_unit_test_setup_teardown(
            metadata_of_a_later_owner_is_no_loss, world_set_up, world_tear_down),
    };
    return cmocka_run_group_tests_name("app/worker: recovery", tests, NULL, NULL);
}
