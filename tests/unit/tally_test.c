/* Goal: what the real loop counts is what it did, whatever went wrong on the way. */

#include "../src/app/steps.h"
#include "support/facts.h"
#include "support/fake_ports.h"

static int64_t cell(uint32_t at)
{
    return atomic_load(&world.worker.metrics.cells[at]);
}

static int64_t fate(enum fate which)
{
    return metrics_fate(&world.worker.metrics, which);
}

/* How often a histogram's series was observed. */
static int64_t observed(uint32_t at)
{
    int64_t count = 0;
    for (uint32_t i = 0; i <= METRIC_BUCKETS; i++) {
        count += cell(at + i);
    }
    return count;
}

static int64_t stage(enum cycle_state state)
{
    return observed(METRIC_AT_STAGE_SECONDS +
                    (uint32_t)(state - CYCLE_CONSUME) * METRIC_CELLS_SECONDS);
}

static void publish_refused(int32_t partition, int64_t offset)
{
    static struct letter letter;
    letter_begin(&letter, bytes_text("\x10"));
    world_add(partition, offset, &letter.record);
}

static void a_batch_is_counted_by_fate_and_outcome(void **state)
{
    (void)state;
    world_publish(0, 0, "a-1", &world_content);
    world_publish(0, 1, "a-1", &world_content);
    publish_refused(0, 2);
    world_content.minutes = 181;
    world_publish(0, 5, "a-2", &world_content); /* D06; 3 and 4 have no record */
    assert_true(world_run());
    assert_int_equal(fate(FATE_DECIDED), 2);
    assert_int_equal(fate(FATE_DUPLICATE), 1);
    assert_int_equal(fate(FATE_DLQ), 1);
    assert_int_equal(fate(FATE_SKIPPED), 2);
    assert_int_equal(fate(FATE_GAP), 0);
    assert_int_equal(cell(METRIC_AT_DECISIONS + OUTCOME_IS_APPROVED - 1), 1);
    assert_int_equal(cell(METRIC_AT_DECISIONS + OUTCOME_IS_REFERRED - 1), 1);
    assert_int_equal(cell(METRIC_AT_OUTPUTS + OUTPUT_DECISION), 2);
    assert_int_equal(cell(METRIC_AT_OUTPUTS + OUTPUT_DLQ), 1);
    assert_int_equal(cell(METRIC_AT_RESENT), 0);
    assert_int_equal(cell(METRIC_AT_BATCHES), 1);
    assert_int_equal(observed(METRIC_AT_BATCH_RECORDS), 1);
    assert_int_equal(cell(METRIC_AT_BATCH_RECORDS + METRIC_BUCKETS + 1), 4);
    assert_int_equal(observed(METRIC_AT_BATCH_SECONDS), 1);
    for (int i = CYCLE_CONSUME; i <= CYCLE_EMIT; i++) {
        assert_int_equal(stage((enum cycle_state)i), 1);
    }
    assert_int_equal(cell(METRIC_AT_HELD), 0);
    assert_int_equal(cell(METRIC_AT_REBALANCES + CHANGE_ASSIGNED), 1);
    assert_int_equal(cell(METRIC_AT_REBALANCES + CHANGE_REVOKED), 0); /* we left, nobody took */
}

static void what_is_rolled_back_is_counted_once_it_is_stored(void **state)
{
    (void)state;
    world.plan[0] = WRITE_STALE;
    world.plan[1] = WRITE_STALE;
    world_publish(0, 0, "a-1", &world_content);
    assert_true(world_run());
    assert_int_equal(fate(FATE_DECIDED), 1);
    assert_int_equal(cell(METRIC_AT_AGAIN + AGAIN_STALE), 2);
    assert_int_equal(cell(METRIC_AT_AGAIN + AGAIN_POISON), 0);
    assert_int_equal(cell(METRIC_AT_BATCHES), 1);
    assert_int_equal(stage(CYCLE_READ), 3);
    assert_int_equal(stage(CYCLE_WRITE), 1);
}

static void a_poisoned_record_is_counted_alone(void **state)
{
    (void)state;
    world.poison = "a-1";
    world_publish(0, 0, "a-1", &world_content);
    assert_true(world_run());
    assert_int_equal(fate(FATE_DLQ), 1);
    assert_int_equal(cell(metrics_fate_cell(FATE_DLQ, REASON_RECORD_FAILED)), 1);
    assert_true(cell(METRIC_AT_AGAIN + AGAIN_POISON) > 0);
}

static void a_database_that_is_away_is_a_retry_of_that_step(void **state)
{
    (void)state;
    world.plan[0] = WRITE_NOT_STORED;
    world_publish(0, 0, "a-1", &world_content);
    assert_true(world_run());
    assert_int_equal(cell(METRIC_AT_RETRIES + CYCLE_WRITE), 1);
    assert_int_equal(cell(METRIC_AT_RETRIES + CYCLE_OPEN), 0);
    assert_int_equal(cell(METRIC_AT_WAITING), 0); /* no more */
    assert_int_equal(fate(FATE_DECIDED), 1);
}

/* Stored, and nobody told us: it is not ours to count, but its outputs are. */
static void a_lost_reply_is_sent_again_and_said_so(void **state)
{
    (void)state;
    world.plan[0] = WRITE_STORED_BUT_LOST;
    world_publish(0, 0, "a-1", &world_content);
    assert_true(world_run());
    assert_int_equal(cell(METRIC_AT_RESENT), 1);
    assert_int_equal(cell(METRIC_AT_OUTPUTS + OUTPUT_DECISION), 0);
    assert_int_equal(fate(FATE_DECIDED), 0);
}

static void fencings_and_revocations_are_counted(void **state)
{
    (void)state;
    world.plan[0] = WRITE_FENCED;
    world.revoke_at_record = 1;
    world_publish(0, 0, "a-1", &world_content);
    world_publish(0, 1, "a-1", &world_content);
    assert_true(world_run());
    assert_int_equal(cell(METRIC_AT_FENCINGS), 1);
    assert_int_equal(cell(METRIC_AT_REBALANCES + CHANGE_REVOKED), 1);
    assert_int_equal(cell(METRIC_AT_REBALANCES + CHANGE_ASSIGNED), 3);
}

static void a_halt_is_counted(void **state)
{
    (void)state;
    world.partitions[0].committed = 100; /* the group knows more than the store */
    world_publish(0, 0, "a-1", &world_content);
    assert_false(world_run());
    assert_int_equal(cell(METRIC_AT_HALTS), 1);
}

static struct position seen[PARTITIONS_MAX];
static uint32_t seen_count;

static void look(void)
{
    seen_count = metrics_partitions_read(&world.worker.metrics, seen);
}

static void positions_are_shown_while_they_are_ours(void **state)
{
    (void)state;
    world.after_read = look; /* in the middle of a batch */
    world_publish(0, 0, "a-1", &world_content);
    assert_true(world_run());
    assert_int_equal(seen_count, WORLD_PARTITIONS);
    assert_int_equal(seen[0].partition, 0);
    assert_int_equal(seen[1].partition, 1);
    assert_int_equal(seen[0].epoch, 1);
    assert_int_equal(seen[0].next_offset, 0);
    assert_int_equal(metrics_partitions_read(&world.worker.metrics, seen), 0);
}

/* The group gave it, the store has not: its position is not known yet. */
static void a_partition_that_is_not_taken_is_not_shown(void **state)
{
    (void)state;
    world.worker.slot_count = 1;
    world.worker.positions[0] = (struct position){.partition = 1};
    tally_begin(&world.worker, CYCLE_TAKE);
    tally_step(&world.worker, CYCLE_TAKE, STEP_RETRY);
    assert_int_equal(metrics_partitions_read(&world.worker.metrics, seen), 0);
    world.worker.taken = true;
    tally_step(&world.worker, CYCLE_TAKE, STEP_DONE);
    assert_int_equal(metrics_partitions_read(&world.worker.metrics, seen), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            a_batch_is_counted_by_fate_and_outcome, world_set_up, world_tear_down),
        cmocka_unit_test_setup_teardown(
            what_is_rolled_back_is_counted_once_it_is_stored, world_set_up, world_tear_down),
        cmocka_unit_test_setup_teardown(
            a_poisoned_record_is_counted_alone, world_set_up, world_tear_down),
        cmocka_unit_test_setup_teardown(
            a_database_that_is_away_is_a_retry_of_that_step, world_set_up, world_tear_down),
        cmocka_unit_test_setup_teardown(
            a_lost_reply_is_sent_again_and_said_so, world_set_up, world_tear_down),
        cmocka_unit_test_setup_teardown(
            fencings_and_revocations_are_counted, world_set_up, world_tear_down),
        cmocka_unit_test_setup_teardown(a_halt_is_counted, world_set_up, world_tear_down),
        cmocka_unit_test_setup_teardown(
            a_partition_that_is_not_taken_is_not_shown, world_set_up, world_tear_down),
        cmocka_unit_test_setup_teardown(
            positions_are_shown_while_they_are_ours, world_set_up, world_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
