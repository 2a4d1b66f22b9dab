/* Goal: a loop that stands still is told from one that waits, and ready means every lane and both
 * sides. */

#include <stdlib.h>

#include "mentor/app/metrics.h"
#include "mentor/wire/json.h"

#include "../src/app/health.h"
#include "support/test.h"

enum {
    SECOND = 1000000,
    LIMIT = 60 * SECOND,
};

static struct metrics one;
static struct metrics two;
static const struct metrics *const lanes[] = {&one, &two};
static struct text why;

static bool moving(uint32_t count, int64_t now_us)
{
    struct health health = {
        .lanes = lanes, .lane_count = count, .now_us = now_us, .limit_us = LIMIT};
    return health_moving(&health, &why);
}

static int64_t idle_us(int64_t now_us)
{
    struct health health = {.lanes = lanes, .lane_count = 2, .now_us = now_us};
    return health_idle_us(&health);
}

static bool ready(bool database_up, bool broker_up)
{
    struct health health = {
        .lanes = lanes, .lane_count = 2, .database_up = database_up, .broker_up = broker_up};
    return health_ready(&health, &why);
}

static int begin(void **state)
{
    (void)state;
    memset(&one, 0, sizeof(one));
    memset(&two, 0, sizeof(two));
    one.stepped_at_us = 1000 * (int64_t)SECOND;
    two.stepped_at_us = 1000 * (int64_t)SECOND;
    one.state = CYCLE_CONSUME;
    two.state = CYCLE_WRITE;
    return 0;
}

static int end(void **state)
{
    (void)state;
    text_release(&why);
    return 0;
}

static void assert_why(const char *text)
{
    text_add(&why, bytes_of("", 1));
    assert_string_equal(why.data, text);
}

static void a_loop_moves_as_long_as_steps_end(void **state)
{
    (void)state;
    int64_t now = one.stepped_at_us + LIMIT;
    assert_true(moving(2, now));
    assert_false(moving(1, now + 1));
    assert_why("lane 1: no step has ended for 60 s; it is in consume\n");
}

static void one_lane_that_stands_still_is_enough(void **state)
{
    (void)state;
    int64_t now = one.stepped_at_us + LIMIT + 5 * (int64_t)SECOND;
    one.stepped_at_us = now;
    assert_false(moving(2, now));
    assert_int_equal(idle_us(now), LIMIT + 5 * (int64_t)SECOND);
    assert_why("lane 2: no step has ended for 65 s; it is in write\n");
}

static void waiting_moves_as_its_steps_end(void **state)
{
    (void)state;
    for (int64_t now = 1000; now < 2000; now += 5) { /* BACKOFF ends within 5 s each time */
        one.state = CYCLE_BACKOFF;
        assert_true(moving(1, (now + 5) * SECOND));
        one.stepped_at_us = (now + 5) * SECOND;
    }
}

static void a_lane_before_its_first_step_or_after_its_last_moves(void **state)
{
    (void)state;
    one.stepped_at_us = 0;
    one.state = CYCLE_OPEN;
    two.state = CYCLE_STOP;
    assert_true(moving(2, 9000 * (int64_t)SECOND));
    assert_int_equal(idle_us(9000 * (int64_t)SECOND), 0);
}

static void ready_is_every_lane_between_consume_and_emit(void **state)
{
    (void)state;
    for (int step = 0; step < CYCLE_STATE_COUNT; step++) {
        two.state = (uint32_t)step;
        bool working = step >= CYCLE_CONSUME && step <= CYCLE_EMIT;
        assert_true(ready(true, true) == working);
    }
}

static void what_is_missing_is_named(void **state)
{
    (void)state;
    two.state = CYCLE_BACKOFF;
    assert_false(ready(false, false));
    assert_why("the database does not answer\nno broker answers\nlane 2: in backoff\n");
}

static void a_side_that_is_away_is_enough(void **state)
{
    (void)state;
    assert_true(ready(true, true));
    assert_false(ready(false, true));
    assert_false(ready(true, false));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_loop_moves_as_long_as_steps_end, begin, end),
        cmocka_unit_test_setup_teardown(one_lane_that_stands_still_is_enough, begin, end),
        cmocka_unit_test_setup_teardown(waiting_moves_as_its_steps_end, begin, end),
        cmocka_unit_test_setup_teardown(
            a_lane_before_its_first_step_or_after_its_last_moves, begin, end),
        cmocka_unit_test_setup_teardown(ready_is_every_lane_between_consume_and_emit, begin, end),
        cmocka_unit_test_setup_teardown(what_is_missing_is_named, begin, end),
        cmocka_unit_test_setup_teardown(a_side_that_is_away_is_enough, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
