/*
 * Goal: a worker that gets new partitions notes the growth once, leaves them unread until the store
 * says that the old ones have passed their ends, then takes all again; and knows by which count a
 * record was placed. When the count is no multiple, old partitions wait at their ends likewise, or
 * at the first record that only the new count can have placed there.
 */

#include <stdio.h>

#include "mentor/app/worker.h"
#include "mentor/core/partition.h"

#include "../../src/app/growth.h"
#include "support/quiet.h"
#include "support/test.h"

static struct {
    struct growth growth; /* what the store says */
    int64_t ends[8];
    int32_t end_count; /* what the broker says; 0: it does not answer */
    int32_t noted_count;
    uint32_t asked;
    uint32_t emitted;
    int32_t broker_count; /* what the source says; 0: nobody answers */
    uint32_t counted;
    int32_t ended; /* the partition whose end was put earlier; -1: none */
    int64_t ended_at;
    int64_t now_us;
} world;

static struct worker worker; /* large */

static bool
store_growth(void *self, const int64_t *ends, int32_t count, struct growth *growth, struct err *err)
{
    (void)self;
    (void)err;
    world.asked++;
    if (ends != NULL && world.noted_count == 0) {
        world.noted_count = count;
        world.growth.to = count;
        world.growth.old_end = world.ends;
    }
    *growth = world.growth;
    return true;
}

static bool
store_emitted(void *self, const struct position *p, uint32_t count, bool release, struct err *err)
{
    (void)self, (void)p, (void)count, (void)err;
    assert_false(release);
    world.emitted++;
    return true;
}

static bool
ends(void *self, uint32_t wait_ms, const int64_t **given, int32_t *count, struct err *err)
{
    (void)self, (void)wait_ms;
    *given = world.ends;
    *count = world.end_count;
    return world.end_count > 0 || err_set(err, ERR_RETRY, "no broker");
}

static bool source_count(void *self, int32_t *count, struct err *err)
{
    (void)self;
    world.counted++;
    *count = world.broker_count;
    return world.broker_count > 0 || err_set(err, ERR_RETRY, "no broker");
}

static bool
store_growth_end(void *self, int32_t from, int32_t partition, int64_t offset, struct err *err)
{
    (void)self, (void)err;
    assert_int_equal(from, world.growth.from);
    world.ended = partition;
    world.ended_at = world.ends[partition] = offset;
    return true;
}

static int64_t mono_us(void *self)
{
    (void)self;
    return world.now_us;
}

/* Three partitions are known; ours are `first` and the one after it. */
static void begin(int32_t first)
{
    memset(&world, 0, sizeof(world));
    memset(&worker, 0, sizeof(worker));
    world.growth = (struct growth){.from = 3, .to = 3};
    world.ends[0] = 50;
    world.end_count = 6;
    world.ended = -1;
    worker.edges.store = (struct store){
        .growth = store_growth, .growth_end = store_growth_end, .emitted = store_emitted};
    worker.edges.source = (struct source){.commit = quiet_commit, .count = source_count};
    worker.edges.sink = (struct sink){.flush = quiet_flush, .settled = quiet_settled};
    worker.edges.ends = ends;
    worker.clock.mono_us = mono_us;
    worker.partition_count = 3;
    worker.slot_count = 2;
    worker.positions[0].partition = first;
    worker.positions[1].partition = first + 1;
}

/* So many do not wait; the first of them. */
static void expect_read(uint32_t count, int32_t first)
{
    uint32_t read = 0;
    int32_t lowest = -1;
    for (uint32_t i = 0; i < worker.slot_count; i++) {
        if (!worker.slots[i].waits) {
            lowest = read++ == 0 ? worker.positions[i].partition : lowest;
        }
    }
    assert_int_equal(read, count);
    assert_int_equal(lowest, first);
}

static void old_partitions_wait_for_nothing(void **state)
{
    (void)state;
    begin(0);
    assert_true(growth_learn(&worker));
    assert_int_equal(world.noted_count, 0);
    expect_read(2, 0);
    assert_int_equal(growth_count_at(&worker, 0, 0), 3);
}

static void new_partitions_are_noted_and_left(void **state)
{
    (void)state;
    begin(2);
    world.ends[2] = 40;
    assert_true(growth_learn(&worker));
    assert_int_equal(world.noted_count, 6);
    assert_int_equal(worker.partition_count, 6);
    expect_read(1, 2);
    /* Placed by the old count up to the old end, by the new one from there on. */
    assert_int_equal(growth_count_at(&worker, 0, 39), 3);
    assert_int_equal(growth_count_at(&worker, 0, 40), 6);
    assert_int_equal(growth_count_at(&worker, 1, 0), 6);
}

static void they_are_taken_again_when_the_old_ones_have_passed(void **state)
{
    (void)state;
    begin(2);
    assert_true(growth_learn(&worker));
    uint32_t asked = world.asked;
    world.now_us += 500000;
    assert_true(growth_look(&worker, world.now_us));
    assert_int_equal(world.asked, asked); /* not at every batch */
    world.now_us += 500000;
    assert_true(growth_look(&worker, world.now_us));
    assert_int_equal(world.asked, asked + 1);
    assert_false(worker.grown);
    world.growth = (struct growth){.from = 6, .to = 6};
    world.now_us += 1000000;
    assert_true(growth_look(&worker, world.now_us));
    assert_true(worker.grown);
    assert_int_equal(world.emitted, 1);
    assert_true(growth_learn(&worker));
    assert_false(worker.grown);
    expect_read(2, 2);
    assert_int_equal(growth_count_at(&worker, 0, 0), 6);
}

static void a_broker_that_does_not_know_yet_is_asked_again(void **state)
{
    (void)state;
    static const int32_t counts[] = {0, 3};
    for (size_t i = 0; i < 2; i++) {
        begin(2);
        world.end_count = counts[i];
        assert_false(growth_learn(&worker));
        assert_int_equal(worker.err.kind, ERR_RETRY);
        assert_int_equal(world.noted_count, 0);
    }
}

static void a_topic_that_grows_twice_waits_twice(void **state)
{
    (void)state;
    begin(6); /* six are noted, and there are twelve by now */
    world.noted_count = 6;
    world.growth = (struct growth){.from = 3, .to = 6, .behind = 1, .old_end = world.ends};
    world.end_count = 12;
    assert_true(growth_learn(&worker));
    expect_read(0, -1);
    world.growth = (struct growth){.from = 6, .to = 6};
    world.noted_count = 0;
    world.now_us += 1000000;
    assert_true(growth_look(&worker, world.now_us));
    assert_int_equal(world.noted_count, 12);
    assert_false(worker.grown);
}

/* A record of partition 0 at `offset` whose key belongs to `by_three` of three partitions and to
 * `by_four` of four. */
static struct record record_at(int64_t offset, int32_t by_three, int32_t by_four)
{
    static char key[16];
    for (int i = 0;; i++) {
        struct bytes bytes = bytes_of(key, (size_t)snprintf(key, sizeof(key), "k-%d", i));
        if (partition_of_key(bytes, 3) == by_three && partition_of_key(bytes, 4) == by_four) {
            return (struct record){.offset = offset, .has_key = true, .key = bytes};
        }
    }
}

static bool holds(int64_t offset, int32_t by_three, int32_t by_four)
{
    struct record record = record_at(offset, by_three, by_four);
    return growth_holds(&worker, 0, &record);
}

/* Three partitions grow to four; ours are 0 and 1, which end at 50 and 0. */
static void begin_mixing(void)
{
    begin(0);
    world.growth = (struct growth){.from = 3, .to = 4, .behind = 1, .old_end = world.ends};
    assert_true(growth_learn(&worker));
}

static void no_multiple_holds_old_partitions_at_their_ends(void **state)
{
    (void)state;
    begin_mixing();
    expect_read(1, 0); /* 1 is at its end */
    assert_false(holds(0, 0, 0));
    assert_false(holds(0, 0, 1)); /* placed by the old count */
    assert_false(holds(0, 1, 1)); /* by neither */
    assert_false(holds(49, 0, 0));
    assert_true(holds(50, 0, 0));
    assert_true(holds(49, 0, 0)); /* whatever comes now */
    assert_int_equal(world.ended, -1);
    world.now_us += 1000000;
    assert_true(growth_look(&worker, world.now_us));
    assert_false(worker.grown); /* what came before is not stored yet */
    worker.positions[0].next_offset = 50;
    world.now_us += 1000000;
    assert_true(growth_look(&worker, world.now_us));
    assert_true(worker.grown); /* and need not be read any more */
    assert_true(growth_learn(&worker));
    expect_read(0, -1);
    world.growth = (struct growth){.from = 4, .to = 4};
    world.now_us += 1000000;
    assert_true(growth_look(&worker, world.now_us));
    assert_true(worker.grown);
    assert_true(growth_learn(&worker));
    expect_read(2, 0);
}

static void a_record_of_the_new_count_is_where_an_old_partition_ends(void **state)
{
    (void)state;
    begin_mixing();
    assert_true(holds(30, 1, 0));
    assert_int_equal(worker.slots[0].old_end, 30);
    worker.positions[0].next_offset = 30;
    assert_true(growth_look(&worker, world.now_us)); /* at once: others wait for it */
    assert_int_equal(world.ended, 0);
    assert_int_equal(world.ended_at, 30);
    assert_true(growth_learn(&worker));
    expect_read(0, -1);
}

static void a_multiple_holds_no_old_partition(void **state)
{
    (void)state;
    begin(0);
    world.growth = (struct growth){.from = 3, .to = 6, .behind = 1, .old_end = world.ends};
    assert_true(growth_learn(&worker));
    expect_read(2, 0);
    assert_false(holds(50, 1, 0));
}

static void a_stray_key_asks_whether_the_topic_has_grown(void **state)
{
    (void)state;
    begin(0);
    assert_true(growth_learn(&worker));
    world.broker_count = 3;
    assert_true(growth_ask(&worker));
    assert_int_equal(world.counted, 1);
    assert_false(worker.grown);
    world.broker_count = 0;
    assert_false(growth_ask(&worker));
    world.broker_count = world.end_count = 4;
    assert_true(growth_ask(&worker));
    assert_true(worker.grown);
    assert_true(growth_learn(&worker));
    assert_int_equal(world.noted_count, 4);
    expect_read(1, 0);
    assert_true(growth_ask(&worker));
    assert_int_equal(world.counted, 3); /* it is known now */
}

static void what_was_read_before_another_noticed_is_read_again(void **state)
{
    (void)state;
    begin(0);
    assert_true(growth_learn(&worker));
    world.growth = (struct growth){.from = 3, .to = 4, .behind = 1, .old_end = world.ends};
    world.now_us += 10000000;
    assert_true(growth_look(&worker, world.now_us));
    assert_true(worker.grown);
}

static void a_batch_is_gathered_by_the_count_that_the_store_has(void **state)
{
    (void)state;
    begin_mixing();
    static const struct {
        int32_t partitions;
        int32_t to;
        bool known;
    } cases[] = {{3, 4, true}, {3, 3, false}, {4, 4, false}, {3, 5, false}, {0, 0, false}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct batch_read read = {.partitions = cases[i].partitions, .partitions_to = cases[i].to};
        assert_int_equal(growth_known(&worker, &read), cases[i].known);
    }
    worker.edges.ends = NULL;
    assert_true(growth_known(&worker, &(struct batch_read){0}));
}

static void a_store_that_never_grows_is_not_asked(void **state)
{
    (void)state;
    begin(0);
    worker.edges.ends = NULL;
    assert_true(growth_learn(&worker));
    assert_true(growth_look(&worker, 100000000));
    assert_int_equal(world.asked, 0);
    expect_read(2, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(old_partitions_wait_for_nothing),
        cmocka_unit_test(new_partitions_are_noted_and_left),
        cmocka_unit_test(they_are_taken_again_when_the_old_ones_have_passed),
        cmocka_unit_test(a_broker_that_does_not_know_yet_is_asked_again),
        cmocka_unit_test(a_topic_that_grows_twice_waits_twice),
        cmocka_unit_test(no_multiple_holds_old_partitions_at_their_ends),
        cmocka_unit_test(a_record_of_the_new_count_is_where_an_old_partition_ends),
        cmocka_unit_test(a_multiple_holds_no_old_partition),
        cmocka_unit_test(a_stray_key_asks_whether_the_topic_has_grown),
        cmocka_unit_test(what_was_read_before_another_noticed_is_read_again),
        cmocka_unit_test(a_batch_is_gathered_by_the_count_that_the_store_has),
        cmocka_unit_test(a_store_that_never_grows_is_not_asked),
    };
    return cmocka_run_group_tests_name("app/growth", tests, NULL, NULL);
}
