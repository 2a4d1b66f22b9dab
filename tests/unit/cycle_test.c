/*
 * Goal: the table keeps its promises from every state and outcome: nothing is emitted that is not
 * stored, no failure goes on reading without taking the partitions anew, a halt stops.
 */

#include <stdbool.h>

#include "mentor/core/cycle.h"

#include "support/test.h"

/* Who leads to `to`, by which outcome? Only the one given. */
static void assert_only_way(enum cycle_state to, enum cycle_state from, enum step_outcome by)
{
    bool found = false;
    for (int state = 0; state < CYCLE_STATE_COUNT; state++) {
        for (int outcome = 0; outcome < STEP_OUTCOME_COUNT; outcome++) {
            enum cycle_state next = cycle_next((enum cycle_state)state, (enum step_outcome)outcome);
            if (next != to || (enum cycle_state)state == to) {
                continue;
            }
            assert_int_equal(state, from);
            assert_int_equal(outcome, by);
            found = true;
        }
    }
    assert_true(found);
}

static void what_is_emitted_is_stored_and_committed(void **state)
{
    (void)state;
    assert_only_way(CYCLE_EMIT, CYCLE_COMMIT, STEP_DONE);
    assert_only_way(CYCLE_COMMIT, CYCLE_WRITE, STEP_DONE);
    assert_only_way(CYCLE_WRITE, CYCLE_DECIDE, STEP_DONE);
    assert_only_way(CYCLE_RESEND, CYCLE_TAKE, STEP_DONE);
    assert_only_way(CYCLE_TAKE, CYCLE_JOIN, STEP_DONE);
    /* The states that wait for themselves do so without going on. */
    assert_int_equal(cycle_next(CYCLE_WRITE, STEP_AGAIN), CYCLE_READ);
    assert_int_equal(cycle_next(CYCLE_COMMIT, STEP_AGAIN), CYCLE_COMMIT);
    assert_int_equal(cycle_next(CYCLE_EMIT, STEP_AGAIN), CYCLE_EMIT);
}

/* Whatever fails, and whatever each step on the way then says, RESEND is done before CONSUME.
 * NOLINTNEXTLINE(misc-no-recursion) */
static void walk(enum cycle_state at, bool taken, bool resent, bool (*seen)[2][2])
{
    if (seen[at][taken][resent]) {
        return;
    }
    seen[at][taken][resent] = true;
    if (at == CYCLE_STOP) {
        return;
    }
    if (at == CYCLE_CONSUME) {
        assert_true(taken);
        assert_true(resent);
        return;
    }
    assert_false(at > CYCLE_CONSUME && at < CYCLE_SETTLE); /* READ to EMIT lie behind CONSUME */
    for (int outcome = 0; outcome < STEP_OUTCOME_COUNT; outcome++) {
        bool done = outcome == STEP_DONE;
        bool took = (taken && at != CYCLE_JOIN) || (at == CYCLE_TAKE && done);
        bool sent = (resent && at != CYCLE_JOIN) || (took && at == CYCLE_RESEND && done);
        walk(cycle_next(at, (enum step_outcome)outcome), took, sent, seen);
    }
}

static void no_failure_reads_on_but_by_way_of_take_and_resend(void **state)
{
    (void)state;
    for (int from = 0; from < CYCLE_STATE_COUNT; from++) {
        for (int outcome = STEP_RETRY; outcome < STEP_OUTCOME_COUNT; outcome++) {
            bool seen[CYCLE_STATE_COUNT][2][2] = {0};
            walk(
                cycle_next((enum cycle_state)from, (enum step_outcome)outcome), false, false, seen);
        }
    }
}

static void a_halt_always_stops_and_a_stop_stays(void **state)
{
    (void)state;
    for (int from = 0; from < CYCLE_STATE_COUNT; from++) {
        assert_int_equal(cycle_next((enum cycle_state)from, STEP_HALT), CYCLE_STOP);
    }
    for (int outcome = 0; outcome < STEP_OUTCOME_COUNT; outcome++) {
        assert_int_equal(cycle_next(CYCLE_STOP, (enum step_outcome)outcome), CYCLE_STOP);
    }
}

static void only_a_halt_stops(void **state)
{
    (void)state;
    for (int from = 0; from < CYCLE_STOP; from++) {
        for (int outcome = 0; outcome < STEP_HALT; outcome++) {
            assert_int_not_equal(cycle_next((enum cycle_state)from, (enum step_outcome)outcome),
                                 CYCLE_STOP);
        }
    }
}

static void fenced_leaves_and_revoked_settles(void **state)
{
    (void)state;
    for (int from = 0; from < CYCLE_SETTLE; from++) {
        assert_int_equal(cycle_next((enum cycle_state)from, STEP_FENCED), CYCLE_LEAVE);
        assert_int_equal(cycle_next((enum cycle_state)from, STEP_REVOKED), CYCLE_SETTLE);
        assert_int_equal(cycle_next((enum cycle_state)from, STEP_RETRY), CYCLE_BACKOFF);
    }
    assert_int_equal(cycle_next(CYCLE_BACKOFF, STEP_FENCED), CYCLE_LEAVE);
    assert_int_equal(cycle_next(CYCLE_BACKOFF, STEP_REVOKED), CYCLE_SETTLE);
    assert_int_equal(cycle_next(CYCLE_BACKOFF, STEP_DONE), CYCLE_OPEN);
}

static void what_was_read_and_has_moved_is_read_again(void **state)
{
    (void)state;
    assert_int_equal(cycle_next(CYCLE_WRITE, STEP_AGAIN), CYCLE_READ);
    assert_int_equal(cycle_next(CYCLE_DECIDE, STEP_AGAIN), CYCLE_READ);
    assert_int_equal(cycle_next(CYCLE_READ, STEP_AGAIN), CYCLE_READ);
    assert_int_equal(cycle_next(CYCLE_CONSUME, STEP_AGAIN), CYCLE_CONSUME);
}

static void without_trouble_a_batch_goes_from_step_to_step(void **state)
{
    (void)state;
    static const enum cycle_state way[] = {
        CYCLE_BACKOFF,
        CYCLE_OPEN,
        CYCLE_JOIN,
        CYCLE_TAKE,
        CYCLE_RESEND,
        CYCLE_CONSUME,
        CYCLE_READ,
        CYCLE_DECIDE,
        CYCLE_WRITE,
        CYCLE_COMMIT,
        CYCLE_EMIT,
        CYCLE_CONSUME,
    };
    for (size_t i = 1; i < sizeof(way) / sizeof(way[0]); i++) {
        assert_int_equal(cycle_next(way[i - 1], STEP_DONE), way[i]);
    }
    assert_int_equal(cycle_next(CYCLE_SETTLE, STEP_DONE), CYCLE_JOIN);
    assert_int_equal(cycle_next(CYCLE_LEAVE, STEP_DONE),
                     CYCLE_BACKOFF); /* wait before joining again */
}

/* A step with nothing to do yet is done again; TAKE asks the group once more. */
static void nothing_to_do_yet_goes_no_further(void **state)
{
    (void)state;
    static const enum cycle_state waiting[] = {
        CYCLE_OPEN, CYCLE_JOIN, CYCLE_RESEND, CYCLE_CONSUME, CYCLE_READ, CYCLE_COMMIT, CYCLE_EMIT};
    for (size_t i = 0; i < sizeof(waiting) / sizeof(waiting[0]); i++) {
        assert_int_equal(cycle_next(waiting[i], STEP_AGAIN), waiting[i]);
    }
    assert_int_equal(cycle_next(CYCLE_TAKE, STEP_AGAIN), CYCLE_JOIN);
}

/* What cannot be given back in order is left; from leaving one only waits. */
static void trouble_on_the_way_out_leaves(void **state)
{
    (void)state;
    assert_int_equal(cycle_next(CYCLE_SETTLE, STEP_RETRY), CYCLE_LEAVE);
    assert_int_equal(cycle_next(CYCLE_SETTLE, STEP_FENCED), CYCLE_LEAVE);
    assert_int_equal(cycle_next(CYCLE_SETTLE, STEP_AGAIN), CYCLE_OPEN);
    assert_int_equal(cycle_next(CYCLE_SETTLE, STEP_REVOKED), CYCLE_JOIN);
    for (int outcome = 0; outcome < STEP_HALT; outcome++) {
        assert_int_equal(cycle_next(CYCLE_LEAVE, (enum step_outcome)outcome), CYCLE_BACKOFF);
    }
    assert_int_equal(cycle_next(CYCLE_BACKOFF, STEP_AGAIN), CYCLE_OPEN);
    assert_int_equal(cycle_next(CYCLE_BACKOFF, STEP_RETRY), CYCLE_OPEN);
}

static void states_have_names(void **state)
{
    (void)state;
    assert_string_equal(cycle_state_name(CYCLE_OPEN), "open");
    assert_string_equal(cycle_state_name(CYCLE_RESEND), "resend");
    assert_string_equal(cycle_state_name(CYCLE_STOP), "stop");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_emitted_is_stored_and_committed),
        cmocka_unit_test(no_failure_reads_on_but_by_way_of_take_and_resend),
        cmocka_unit_test(a_halt_always_stops_and_a_stop_stays),
        cmocka_unit_test(only_a_halt_stops),
        cmocka_unit_test(fenced_leaves_and_revoked_settles),
        cmocka_unit_test(what_was_read_and_has_moved_is_read_again),
        cmocka_unit_test(without_trouble_a_batch_goes_from_step_to_step),
        cmocka_unit_test(nothing_to_do_yet_goes_no_further),
        cmocka_unit_test(trouble_on_the_way_out_leaves),
        cmocka_unit_test(states_have_names),
    };
    return cmocka_run_group_tests_name("core/cycle", tests, NULL, NULL);
}
