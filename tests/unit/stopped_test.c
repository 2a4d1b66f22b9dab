/*
 * Goal: a partition that refuses too many of its last records stops with the one that was too many,
 * the others go on, nobody's record is lost or skipped, and only a person resumes it.
 */

#include "support/facts.h"
#include "support/fake_ports.h"

static int begin_with(uint32_t batch_most, uint32_t breaker_most)
{
    (void)world_set_up_with(batch_most);
    world.breaker_most = breaker_most;
    world.worker.breaker_most = breaker_most;
    return 0;
}

static int begin(void **state)
{
    (void)state;
    return begin_with(100, 2);
}

/* 'd': can be decided, 'x': not, '=': the first one again; from that offset on. */
static void publish(int32_t partition, int64_t offset, const char *what)
{
    static struct letter letter;
    static struct proto proto;
    for (; *what != '\0'; what++, offset++) {
        char event[16];
        (void)snprintf(event, sizeof(event), "%d-%d", partition, *what == '=' ? 0 : (int)offset);
        world_content.version = *what == '=' ? 1 : (uint32_t)offset + 1;
        world_content.id = partition == 0 ? LETTER_ID : "3f2504e0-4f89-41d3-9a0c-0305e82c3302";
        letter_begin(&letter, content_write(&world_content, &proto));
        letter_set(&letter, "ce_id", event);
        if (*what == 'x') {
            letter_set(&letter, "ce_type", "unknown");
        }
        world_add(partition, offset, &letter.record);
    }
}

static void assert_stopped(int64_t at)
{
    assert_true(world.partitions[0].position.stopped);
    assert_int_equal(world.partitions[0].position.next_offset, at);
    assert_int_equal(world.partitions[0].position.emitted_offset, at);
    assert_int_equal(world.partitions[0].committed, at);
}

static void it_stops_with_the_one_too_many_and_the_others_go_on(void **state)
{
    (void)state;
    static const uint32_t batches[] = {1, 2, 100};
    for (size_t i = 0; i < ROW_COUNT(batches); i++) {
        world_end();
        begin_with(batches[i], 2);
        publish(0, 0, "dxxdxxxd");
        publish(1, 0, "dddddddddd");
        assert_true(world_run());
        assert_string_equal(world.partitions[0].fates,
                            "0:decided 1:dlq(type-unknown) 2:dlq(type-unknown) 3:decided "
                            "4:dlq(type-unknown) ");
        assert_stopped(5);
        assert_int_equal(world.partitions[1].position.next_offset, 10);
        assert_int_equal(world.partitions[1].position.emitted_offset, 10);
        assert_int_equal(world.leave_count, 1); /* at the end only: the group is kept */
    }
}

static void duplicates_are_no_refusals(void **state)
{
    (void)state;
    publish(0, 0, "dx====x=");
    assert_true(world_run());
    assert_false(world.partitions[0].position.stopped);
    assert_int_equal(world.partitions[0].position.next_offset, 8);
    assert_int_equal(world.partitions[0].position.breaker.count, 8);
    assert_int_equal(world.partitions[0].position.breaker.refused, 2);
}

static void without_a_limit_nothing_stops(void **state)
{
    (void)state;
    world_end();
    begin_with(100, 0);
    publish(0, 0, "xxxxxxxxxxxx");
    assert_true(world_run());
    assert_int_equal(world.partitions[0].position.next_offset, 12);
}

/* A lower limit than before, say: what is in order stops nothing. */
static void only_a_refusal_stops_it(void **state)
{
    (void)state;
    world.partitions[0].known = true;
    world.partitions[0].released = true;
    world.partitions[0].position = (struct position){.last_offset = -1, .tried_offset = -1};
    for (int i = 0; i < 5; i++) {
        breaker_add(&world.partitions[0].position.breaker, true);
    }
    publish(0, 0, "ddxd");
    assert_true(world_run());
    assert_stopped(3);
}

static void it_counts_over_batches_and_processes(void **state)
{
    (void)state;
    publish(0, 0, "xd");
    assert_true(world_run());
    publish(0, 2, "xd");
    world_restart();
    assert_true(world_run());
    assert_int_equal(world.partitions[0].position.breaker.refused, 2);
    publish(0, 4, "xd");
    world_restart();
    assert_true(world_run());
    assert_stopped(5);
}

static void another_process_leaves_it_stopped(void **state)
{
    (void)state;
    publish(0, 0, "xxxdd");
    assert_true(world_run());
    assert_stopped(3);
    publish(1, 0, "dd");
    world_restart();
    assert_true(world_run());
    assert_stopped(3);
    assert_int_equal(world.partitions[1].position.next_offset, 2);
}

static void resumed_it_goes_on_where_it_stopped(void **state)
{
    (void)state;
    publish(0, 0, "xxxddxx");
    publish(1, 0, "dd");
    world.resume_at = 3;
    assert_true(world_run());
    assert_false(world.partitions[0].position.stopped);
    assert_string_equal(world.partitions[0].fates,
                        "0:dlq(type-unknown) 1:dlq(type-unknown) 2:dlq(type-unknown) 3:decided "
                        "4:decided 5:dlq(type-unknown) 6:dlq(type-unknown) ");
    assert_int_equal(world.partitions[0].position.emitted_offset, 7);
}

static void a_batch_that_is_not_stored_stops_it_all_the_same(void **state)
{
    (void)state;
    static const enum write_fault faults[] = {
        WRITE_STALE, WRITE_NOT_STORED, WRITE_STORED_BUT_LOST, WRITE_FENCED};
    for (size_t i = 0; i < ROW_COUNT(faults); i++) {
        world_end();
        begin_with(100, 2);
        publish(0, 0, "xxxdd");
        publish(1, 0, "dd");
        world.plan[0] = faults[i];
        assert_true(world_run());
        assert_stopped(3);
        assert_int_equal(world.partitions[1].position.next_offset, 2);
    }
}

/* What the group says in the meantime is not taken for our own way back. */
static void a_revocation_is_answered(void **state)
{
    (void)state;
    static const enum source_event events[] = {SOURCE_REVOKED, SOURCE_LOST, SOURCE_ASSIGNED};
    for (size_t i = 0; i < ROW_COUNT(events); i++) {
        for (int64_t at = 1; at < 9; at++) {
            world_end();
            begin_with(2, 2);
            publish(0, 0, "xxxdd");
            publish(1, 0, "dddd");
            world.revoke_at_record = at;
            world.revoke_as = events[i];
            assert_true(world_run());
            assert_stopped(3);
            assert_int_equal(world.partitions[1].position.next_offset, 4);
            if (events[i] != SOURCE_LOST) {
                assert_int_equal(world.leave_count, 1); /* at the end only */
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            it_stops_with_the_one_too_many_and_the_others_go_on, begin, world_tear_down),
        cmocka_unit_test_setup_teardown(duplicates_are_no_refusals, begin, world_tear_down),
        cmocka_unit_test_setup_teardown(without_a_limit_nothing_stops, begin, world_tear_down),
        cmocka_unit_test_setup_teardown(only_a_refusal_stops_it, begin, world_tear_down),
        cmocka_unit_test_setup_teardown(
            it_counts_over_batches_and_processes, begin, world_tear_down),
        cmocka_unit_test_setup_teardown(another_process_leaves_it_stopped, begin, world_tear_down),
        cmocka_unit_test_setup_teardown(
            resumed_it_goes_on_where_it_stopped, begin, world_tear_down),
        cmocka_unit_test_setup_teardown(
            a_batch_that_is_not_stored_stops_it_all_the_same, begin, world_tear_down),
        cmocka_unit_test_setup_teardown(a_revocation_is_answered, begin, world_tear_down),
    };
    return cmocka_run_group_tests_name("app/stopped", tests, NULL, NULL);
}
