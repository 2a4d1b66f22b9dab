/*
 * Goal: a record that ends every process that looks into it goes to quarantine unread, after a
 * bounded number of deaths; the others of its batch are decided, other partitions keep their
 * batches, and an outage is no death.
 */

#include <setjmp.h>

#include "support/facts.h"
#include "support/fake_ports.h"

static int begin(void **state)
{
    (void)world_set_up(state);
    world.count_deaths = true;
    return 0;
}

/* NOLINTNEXTLINE(bugprone-easily-swappable-parameters) */
static void publish(int32_t partition, int64_t from, int64_t to)
{
    for (int64_t offset = from; offset < to; offset++) {
        char event[16];
        (void)snprintf(event, sizeof(event), "%d-%d", partition, (int)offset);
        world_content.version = (uint32_t)offset + 1;
        world_content.id = partition == 0 ? LETTER_ID : "3f2504e0-4f89-41d3-9a0c-0305e82c3302";
        world_content.cpr = partition == 0 ? "1403760101" : "2305941102";
        world_publish(partition, offset, event, &world_content);
    }
}

/* A process that ends where it looks into the record at offset 5 of partition 0. */
static jmp_buf death;
static int deaths;

/* While records go alone, none is looked into that the store was not told of. */
static void check_reading_ahead(void)
{
    const struct worker *worker = &world.worker;
    for (int i = 0; i < 2 && worker->slots[0].alone > 0; i++) {
        const struct lot *lot = &worker->lots[i];
        uint32_t upto = lot == worker->lot ? lot->stored + worker->batch_count : 0;
        for (uint32_t at = upto; at < lot->request_count; at++) {
            assert_int_not_equal(lot->gathered[at].slot, 0);
        }
    }
}

static void die_over_5(void)
{
    const struct worker *worker = &world.worker;
    const struct lot *lot = worker->lot;
    world.after_read = die_over_5;
    check_reading_ahead();
    for (uint32_t i = 0; i < worker->batch_count && !worker->condemned; i++) {
        const struct batch_entry *entry = &lot->gathered[lot->stored + i];
        if (worker->positions[entry->slot].partition == 0 && entry->offset == 5) {
            deaths++;
            longjmp(death, 1);
        }
    }
}

static void run_until_it_lives(void)
{
    deaths = 0;
    world.after_read = die_over_5;
    if (setjmp(death) != 0) {
        assert_in_range(deaths, 1, 20);
        world_restart();
    }
    assert_true(world_run());
}

static void the_record_goes_to_quarantine_and_the_others_are_decided(void **state)
{
    (void)state;
    publish(0, 0, 8);
    run_until_it_lives();
    assert_int_equal(deaths, WORKER_ALONE_AFTER + 1 + WORKER_TRIES);
    assert_string_equal(world.partitions[0].fates,
                        "0:decided 1:decided 2:decided 3:decided 4:decided 5:dlq(record-failed) "
                        "6:decided 7:decided ");
    assert_string_equal(world.tried, "0 1 2 3 4 5 5 5 ");
    /* And what is left comes in one batch again. */
    assert_int_equal(world.writes[strlen(world.writes) - 2], '2');
    assert_int_equal(world.worker.slots[0].alone, 0);
}

static void it_is_not_looked_into_by_reading_ahead(void **state)
{
    (void)state;
    for (uint32_t most = 1; most < 5; most++) {
        world_end();
        world_begin(most);
        world.count_deaths = true;
        publish(0, 0, 8);
        run_until_it_lives();
        assert_int_equal(deaths, WORKER_ALONE_AFTER + 1 + WORKER_TRIES);
        assert_int_equal(world.partitions[0].position.next_offset, 8);
    }
}

/* A refusal of that kind leaves a fact unknown: Q01 by its key. */
static void what_is_condemned_arms_its_key(void **state)
{
    (void)state;
    publish(0, 0, 8);
    run_until_it_lives();
    const struct world_partition *partition = &world.partitions[0];
    assert_true(partition->outputs[5].dlq);
    assert_int_equal(partition->outputs[4].outcome, OUTCOME_IS_APPROVED);
    assert_true(envelope_holds(partition->outputs[6].output, bytes_text("Q01")));
}

static void another_partition_keeps_its_batches(void **state)
{
    (void)state;
    world.partitions[0].known = true;
    world.partitions[0].position = (struct position){
        .last_offset = -1, .tried_offset = -1, .takeovers = WORKER_ALONE_AFTER + 1};
    world.partitions[0].released = true;
    publish(0, 0, 3);
    publish(1, 0, 30);
    assert_true(world_run());
    assert_string_equal(world.tried, "0 1 2 ");
    assert_non_null(strstr(world.writes, "30 "));
    assert_int_equal(world.partitions[1].position.next_offset, 30);
}

/* The group's word comes while the third of sixty is read; `heard` is how many were stored by then.
 */
static uint32_t heard;
static void revoke_at_the_third(void)
{
    world.after_read = revoke_at_the_third;
    if (world.read_count == 3) {
        world.revoke_at_record = world.record_count;
    }
    if (heard == 0 && world.stop_count > 0) {
        heard = world.write_count;
    }
}

static void a_revocation_does_not_wait_for_all_that_go_alone(void **state)
{
    (void)state;
    world_end();
    world_begin(30); /* so that what is read ahead is full as well, and hears nothing */
    world.partitions[0].known = true;
    world.partitions[0].position = (struct position){
        .last_offset = -1, .tried_offset = -1, .takeovers = WORKER_ALONE_AFTER + 1};
    world.partitions[0].released = true;
    publish(0, 0, 60);
    heard = 0;
    world.after_read = revoke_at_the_third;
    assert_true(world_run());
    assert_in_range(heard, 3, WORKER_ALONE_LOT + 1);
    assert_int_equal(world.partitions[0].position.next_offset, 60);
}

static void an_outage_is_no_death(void **state)
{
    (void)state;
    world.partitions[0].known = true;
    world.partitions[0].position = (struct position){.last_offset = -1, .tries = WORKER_TRIES - 1};
    publish(0, 0, 2);
    for (int i = 0; i < 6; i++) {
        world.plan[i] = i % 2 == 0 ? WRITE_NOT_STORED : WRITE_STALE;
    }
    assert_true(world_run());
    assert_string_equal(world.partitions[0].fates, "0:decided 1:decided ");
    assert_string_equal(world.tried, "0 0 0 0 0 0 0 1 ");
}

/* One death is stored; this process tries it once, however often that is said. */
static void tried_before(void)
{
    world.partitions[0].known = true;
    world.partitions[0].position = (struct position){.last_offset = -1, .tries = WORKER_TRIES - 1};
    publish(0, 0, 2);
}

static void a_lost_reply_is_no_death(void **state)
{
    (void)state;
    tried_before();
    world.tried_lost = 3;
    assert_true(world_run());
    assert_string_equal(world.partitions[0].fates, "0:decided 1:decided ");
    assert_string_equal(world.tried, "0 0 0 0 1 ");
}

/* Nor is a rebalance in the middle of it, which the store did not hear of. */
static void a_partition_that_comes_back_was_not_died_over(void **state)
{
    (void)state;
    tried_before();
    world.plan[0] = WRITE_NOT_STORED;
    world.revoke_when_stopped = true;
    world.emitted_fails = 1;
    assert_true(world_run());
    assert_int_equal(world.emitted_fails, 0);
    assert_string_equal(world.partitions[0].fates, "0:decided 1:decided ");
    assert_string_equal(world.tried, "0 0 1 ");
}

/* Whoever takes a partition again, since its store was away, has not died in between. */
static void an_outage_is_no_take_over(void **state)
{
    (void)state;
    publish(0, 0, 3);
    for (int i = 0; i < WORLD_PLAN; i++) {
        world.plan[i] = WRITE_NOT_STORED;
    }
    assert_true(world_run());
    assert_in_range(world.take_count, 10, WORLD_PLAN + 1);
    assert_string_equal(world.tried, "");
    assert_string_equal(world.partitions[0].fates, "0:decided 1:decided 2:decided ");
}

/* Two such partitions by turns: what was tried of the one is not forgotten over the other. */
static void an_outage_condemns_none_of_two_partitions(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        world.partitions[i].known = true;
        world.partitions[i].released = true;
        world.partitions[i].position = (struct position){.partition = i,
                                                         .last_offset = -1,
                                                         .tried_offset = -1,
                                                         .takeovers = WORKER_ALONE_AFTER + 1};
        publish(i, 0, 2);
    }
    for (int i = 0; i < WORLD_PLAN; i++) {
        world.plan[i] = WRITE_NOT_STORED;
    }
    assert_true(world_run());
    assert_string_equal(world.partitions[0].fates, "0:decided 1:decided ");
    assert_string_equal(world.partitions[1].fates, "0:decided 1:decided ");
}

/* A redriven record that ends its readers is refused again, and its row goes with it. */
static void what_is_condemned_closes_the_row_it_was_redriven_of(void **state)
{
    (void)state;
    static struct letter letter;
    static struct proto proto;
    letter_begin(&letter, content_write(&world_content, &proto));
    letter_set(&letter, "ce_type", "unknown");
    world_add(0, 0, &letter.record);
    assert_true(world_run());
    letter_set(&letter, "mentor-redrive-of", "mentor.applications.v1/0/0");
    letter_set(&letter, "mentor-redrives", "1");
    world_add(0, 1, &letter.record);
    world.partitions[0].position.tried_offset = 1;
    world.partitions[0].position.tries = WORKER_TRIES;
    world_restart();
    assert_true(world_run());
    assert_string_equal(world.partitions[0].fates, "0:dlq(type-unknown) 1:dlq(record-failed) ");
    assert_string_equal(world.closings, "0/0:dlq:0/1 ");
    assert_int_equal(world.partitions[0].outputs[1].redrives, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            the_record_goes_to_quarantine_and_the_others_are_decided, begin, world_tear_down),
        cmocka_unit_test_setup_teardown(
            it_is_not_looked_into_by_reading_ahead, begin, world_tear_down),
        cmocka_unit_test_setup_teardown(what_is_condemned_arms_its_key, begin, world_tear_down),
        cmocka_unit_test_setup_teardown(
            another_partition_keeps_its_batches, begin, world_tear_down),
        cmocka_unit_test_setup_teardown(
            a_revocation_does_not_wait_for_all_that_go_alone, begin, world_tear_down),
        cmocka_unit_test_setup_teardown(an_outage_is_no_death, begin, world_tear_down),
        cmocka_unit_test_setup_teardown(a_lost_reply_is_no_death, begin, world_tear_down),
        cmocka_unit_test_setup_teardown(
            a_partition_that_comes_back_was_not_died_over, begin, world_tear_down),
        cmocka_unit_test_setup_teardown(an_outage_is_no_take_over, begin, world_tear_down),
        cmocka_unit_test_setup_teardown(
            an_outage_condemns_none_of_two_partitions, begin, world_tear_down),
        cmocka_unit_test_setup_teardown(
            what_is_condemned_closes_the_row_it_was_redriven_of, begin, world_tear_down),
    };
    return cmocka_run_group_tests_name("app/alone", tests, NULL, NULL);
}
