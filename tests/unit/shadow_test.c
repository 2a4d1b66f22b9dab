/*
 * Goal: a candidate rulebook is tried on every decision that is stored, once, and leaves no trace
 * but its counts: decisions are the same bytes with and without it, and what fails in it fails
 * alone.
 */

#include "support/facts.h"
#include "support/fake_ports.h"
#include "support/rulebook_trial.h"

static struct rulebook *candidate;

static int begin(void **state)
{
    (void)state;
    return world_set_up_with(2);
}

static int end(void **state)
{
    (void)world_tear_down(state);
    rulebook_close(&candidate);
    return 0;
}

/* `yaml` is released. */
static void try(char *yaml)
{
    candidate = parse_text(yaml);
    assert_non_null(candidate);
    free(yaml);
    world.candidate = candidate;
    world_restart();
}

/* All that the store has of one row. */
static void
assert_row(uint32_t at, enum outcome from, enum outcome to, int64_t decided, int64_t diverged)
{
    const struct shadow_count *row = &world.shadow_counts[at];
    assert_in_range(at, 0, world.shadow_count - 1);
    assert_int_equal(row->outcome, from);
    assert_int_equal(row->candidate_outcome, to);
    assert_int_equal(row->decided, decided);
    assert_int_equal(row->diverged, diverged);
    assert_memory_equal(row->rulebook_sha256, facts_rulebook()->sha256, SHA256_SIZE);
}

static void what_would_be_decided_otherwise_is_counted_and_listed(void **state)
{
    (void)state;
    try(good_yaml()); /* four øre and an hour a week at most */
    world_publish_versions(0, 3);
    assert_true(world_run());
    assert_int_equal(world.shadow_count, 1);
    assert_row(0, OUTCOME_IS_APPROVED, OUTCOME_IS_REFERRED, 3, 3);
    assert_int_equal(world.shadow_counts[0].granted_ore, 3 * 721500);
    assert_int_equal(world.shadow_counts[0].candidate_ore, 0);
    assert_int_equal(world.divergence_count, 3);
    const struct shadow_divergence *row = &world.divergences[1];
    assert_int_equal(row->offset, 1);
    assert_int_equal(row->version, 2);
    assert_string_equal(row->rules, "D02");
    assert_string_equal(row->candidate_rules, "D02 H01 K01");
    assert_int_equal(row->granted_ore, 721500);
    assert_int_equal(row->candidate_ore, 0);
    assert_int_equal(row->evaluated_at_ms, world.now_ms);
    assert_int_equal(atomic_load(&world.worker.metrics.cells[METRIC_AT_SHADOW + SHADOW_DIVERGED]),
                     3);
}

static void the_same_limits_diverge_in_nothing(void **state)
{
    (void)state;
    try(yaml_with("max_minutes_per_week: 60, max_unit_ore: 4,",
                  "max_minutes_per_week: 600, max_unit_ore: 40000,"));
    world_publish_versions(0, 2);
    assert_true(world_run());
    assert_row(0, OUTCOME_IS_APPROVED, OUTCOME_IS_APPROVED, 2, 0);
    assert_int_equal(world.shadow_counts[0].candidate_ore, world.shadow_counts[0].granted_ore);
    assert_int_equal(world.divergence_count, 0);
}

/* The same outcome for another reason is a divergence, too. */
static void another_finding_alone_diverges(void **state)
{
    (void)state;
    world_content.minutes = 601; /* H01 by both */
    try(good_yaml());            /* and K01 */
    world_publish_versions(0, 1);
    assert_true(world_run());
    assert_row(0, OUTCOME_IS_REFERRED, OUTCOME_IS_REFERRED, 1, 1);
    assert_string_equal(world.divergences[0].rules, "D02 H01");
    assert_string_equal(world.divergences[0].candidate_rules, "D02 H01 K01");
}

static void decisions_are_the_same_bytes_with_and_without(void **state)
{
    (void)state;
    static uint8_t without[3][4096];
    static size_t size[3];
    const struct stored_output *outputs = world.partitions[0].outputs;
    world_publish_versions(0, 3);
    assert_true(world_run());
    for (int i = 0; i < 3; i++) {
        size[i] = outputs[i].output.size;
        assert_in_range(size[i], 1, sizeof(without[i]));
        memcpy(without[i], outputs[i].output.data, size[i]);
    }
    world_end();
    (void)begin(state);
    try(good_yaml());
    world_publish_versions(0, 3);
    assert_true(world_run());
    assert_int_equal(world.divergence_count, 3);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(outputs[i].output.size, size[i]);
        assert_memory_equal(outputs[i].output.data, without[i], size[i]);
    }
    assert_int_equal(world.citizens[0].seq, 3);
}

static void a_batch_that_is_decided_again_counts_once(void **state)
{
    (void)state;
    try(good_yaml());
    world.plan[0] = WRITE_STALE;
    world.plan[1] = WRITE_NOT_STORED;
    world_publish_versions(0, 2);
    assert_true(world_run());
    assert_row(0, OUTCOME_IS_APPROVED, OUTCOME_IS_REFERRED, 2, 2);
    assert_int_equal(world.divergence_count, 2);
}

static void a_store_that_refuses_its_counts_harms_no_decision(void **state)
{
    (void)state;
    try(good_yaml());
    world.shadow_fails = 1;
    world_publish_versions(0, 3);
    assert_true(world_run());
    assert_string_equal(world.partitions[0].fates, "0:decided 1:decided 2:decided ");
    assert_int_equal(world.take_count, 1);
    assert_row(0, OUTCOME_IS_APPROVED, OUTCOME_IS_REFERRED, 3, 3); /* at the drain */
    assert_int_equal(atomic_load(&world.worker.metrics.cells[METRIC_AT_SHADOW_UNSTORED]), 1);
}

/* One warning, not one a batch. */
static void a_store_that_refuses_is_left_alone_for_a_while(void **state)
{
    (void)state;
    try(good_yaml());
    world.shadow_fails = 2;
    world_publish_versions(0, 40);
    assert_true(world_run());
    assert_int_equal(world.write_count, 20);
    assert_int_equal(world.shadow_calls, 2); /* the second one at the drain */
}

static void a_candidate_without_a_law_for_the_day_has_failed(void **state)
{
    (void)state;
    try(yaml_with("from: 2020-01-01", "from: 2026-06-01"));
    world_publish_versions(0, 1);
    assert_true(world_run());
    assert_int_equal(world.partitions[0].outputs[0].outcome, OUTCOME_IS_APPROVED);
    assert_row(0, OUTCOME_IS_APPROVED, OUTCOME_NONE, 1, 1);
    assert_int_equal(atomic_load(&world.worker.metrics.cells[METRIC_AT_SHADOW + SHADOW_FAILED]), 1);
}

static void counts_are_stored_seldom_and_not_each_batch(void **state)
{
    (void)state;
    try(good_yaml());
    world_publish_versions(0, 40);
    assert_true(world_run());
    assert_int_equal(world.write_count, 20);
    assert_in_range(world.shadow_calls, 1, 5);
    assert_row(0, OUTCOME_IS_APPROVED, OUTCOME_IS_REFERRED, 40, 40);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            what_would_be_decided_otherwise_is_counted_and_listed, begin, end),
        cmocka_unit_test_setup_teardown(the_same_limits_diverge_in_nothing, begin, end),
        cmocka_unit_test_setup_teardown(another_finding_alone_diverges, begin, end),
        cmocka_unit_test_setup_teardown(decisions_are_the_same_bytes_with_and_without, begin, end),
        cmocka_unit_test_setup_teardown(a_batch_that_is_decided_again_counts_once, begin, end),
        cmocka_unit_test_setup_teardown(
            a_store_that_refuses_its_counts_harms_no_decision, begin, end),
        cmocka_unit_test_setup_teardown(a_store_that_refuses_is_left_alone_for_a_while, begin, end),
        cmocka_unit_test_setup_teardown(
            a_candidate_without_a_law_for_the_day_has_failed, begin, end),
        cmocka_unit_test_setup_teardown(counts_are_stored_seldom_and_not_each_batch, begin, end),
    };
    return cmocka_run_group_tests_name("app/shadow", tests, NULL, NULL);
}
