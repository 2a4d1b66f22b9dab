/*
 * Goal: CONSUME ends by itself, whatever comes: what an old partition gives behind its end, without
 * a pause, is let go, and the others are served meanwhile.
 */

#include "mentor/app/worker.h"

#include "../../src/app/growth.h"
#include "../../src/app/steps.h"
#include "support/quiet.h"
#include "support/test.h"

enum {
    END = 50,            /* of the old partition: here its records are held */
    POLL_US = 1000,      /* a thousand records a second */
    FAT = 900 * 1024,    /* a header that is refused nowhere */
    POLLS_MAX = 100000,  /* no end is found */
    PATIENCE_US = 250000 /* for one CONSUME */
};

static struct {
    int64_t now_us;
    int64_t next; /* offset of the record that comes next */
    bool fat;     /* it has a header of FAT bytes */
    uint32_t polled;
    uint32_t released;
    uint32_t asked; /* how far the topic has grown */
} world;

static struct worker worker; /* large */
static atomic_bool stop;

static int64_t mono_us(void *self)
{
    (void)self;
    return world.now_us;
}

static enum source_event poll(void *self, uint32_t wait_ms, struct record *record, struct err *err)
{
    (void)self, (void)wait_ms, (void)err;
    assert_in_range(world.polled++, 0, POLLS_MAX);
    world.now_us += world.fat ? 1 : POLL_US;
    static uint8_t fat[FAT];
    static struct header header;
    header = (struct header){bytes_text("x"), bytes_of(fat, sizeof(fat))};
    *record = (struct record){
        .headers = &header,
        .header_count = world.fat ? 1 : 0,
        .offset = world.next++,
        .has_key = true,
        .key = bytes_text("citizen-1"),
        .has_value = true,
        .value = bytes_text("value"),
    };
    return SOURCE_RECORD;
}

static void release(void *self, uint32_t count)
{
    (void)self;
    world.released += count;
}

static bool
store_growth(void *self, const int64_t *ends, int32_t count, struct growth *growth, struct err *err)
{
    static const int64_t old_ends[] = {END, 10, 10};
    (void)self, (void)ends, (void)count, (void)err;
    world.asked++;
    *growth = (struct growth){.from = 3, .to = 4, .behind = 1, .old_end = old_ends};
    return true;
}

static bool
store_emitted(void *self, const struct position *p, uint32_t count, bool release_, struct err *err)
{
    (void)self, (void)p, (void)count, (void)release_, (void)err;
    return true;
}

static bool
ends(void *self, uint32_t wait_ms, const int64_t **given, int32_t *count, struct err *err)
{
    (void)self, (void)wait_ms;
    *given = NULL;
    *count = 0;
    return err_set(err, ERR_HALT, "the growth is known: nobody asks");
}

/* Partition 0 of 3 is read from `from` on, while the topic grows to 4. */
static void begin_at(int64_t from)
{
    memset(&world, 0, sizeof(world));
    world.now_us = 1000000;
    world.next = from;
    worker.slot_count = 1;
    worker.positions[0] = (struct position){.next_offset = from, .last_offset = from - 1};
    worker.slots[0] = (struct worker_slot){.expected = from};
    worker.partition_count = 4;
    assert_true(growth_learn(&worker));
    worker.slots[0].waits = false; /* as when its end is put here while it is read */
    worker.marked_at_us = worker.confirmed_at_us = world.now_us;
}

static int set_up(void **state)
{
    (void)state;
    memset(&worker, 0, sizeof(worker));
    worker.edges = (struct worker_edges){
        .source = {.poll = poll, .release = release, .commit = quiet_commit},
        .store = {.growth = store_growth, .emitted = store_emitted},
        .sink = {.flush = quiet_flush, .settled = quiet_settled},
        .ends = ends,
    };
    worker.clock.mono_us = mono_us;
    worker.batch_most = WORKER_RECORDS_MAX;
    worker.arena_size = (size_t)1024 * 1024;
    worker.stop = &stop;
    assert_true(worker_init(&worker));
    worker.lot = &worker.lots[0];
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    worker_release(&worker);
    return 0;
}

/* One CONSUME: nothing is gathered and nothing kept. */
static void expect_let_go(void)
{
    int64_t began_us = world.now_us;
    assert_int_equal(step_consume(&worker), STEP_AGAIN);
    assert_in_range(world.now_us - began_us, 0, PATIENCE_US);
    assert_int_equal(worker.lot->gathered_count, 0);
    assert_int_equal(worker.lot->polled_count, 0);
    assert_int_equal(world.released, world.polled);
}

static void what_is_held_does_not_keep_consume(void **state)
{
    (void)state;
    begin_at(END);
    uint32_t asked = world.asked;
    while (world.asked == asked && world.now_us < 3000000) {
        expect_let_go();
    }
    assert_int_equal(world.asked, asked + 1); /* where CONSUME begins */
    assert_true(worker.grown);                /* nothing of it need be read any more */
}

static void what_is_held_is_bounded_while_the_store_works(void **state)
{
    (void)state;
    begin_at(END);
    worker.reading_ahead = true;
    for (uint32_t i = 0; i < 4 * WORKER_RECORDS_MAX / WORKER_SLICE; i++) {
        assert_false(worker_read_ahead(&worker));
    }
    assert_in_range(world.polled, WORKER_RECORDS_MAX, 2 * WORKER_RECORDS_MAX);
    worker.reading_ahead = false;
    worker.looked_at_us = world.now_us; /* else all is forgotten and taken again */
    worker.lot = lot_ahead(&worker);
    expect_let_go();
}

static void what_came_before_the_end_is_gathered(void **state)
{
    (void)state;
    begin_at(END - 3);
    assert_int_equal(step_consume(&worker), STEP_DONE);
    assert_int_equal(worker.lot->record_count, 3);
    assert_int_equal(worker.lot->polled_count, world.polled);
    assert_int_equal(world.released, 0);
}

/* They are copied to be stored: what they weigh counts. */
static void headers_fill_a_batch_too(void **state)
{
    (void)state;
    begin_at(0);
    world.fat = true;
    assert_int_equal(step_consume(&worker), STEP_DONE);
    assert_int_equal(worker.lot->record_count, WORKER_BATCH_BYTES / FAT + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_held_does_not_keep_consume, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            what_is_held_is_bounded_while_the_store_works, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_came_before_the_end_is_gathered, set_up, tear_down),
        cmocka_unit_test_setup_teardown(headers_fill_a_batch_too, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("app/step_consume", tests, NULL, NULL);
}
