/*
 * Goal: a published rulebook decides from the first batch whose moment has reached its time, with
 * no restart; each decision pins the one it was made by; and one that cannot be loaded stops the
 * worker instead of letting the old one go on.
 */

#include "support/facts.h"
#include "support/fake_ports.h"
#include "support/rulebook_trial.h"

static char *strict; /* serves 0101, and takes no wage over one øre */
static char *later;

static int begin(void **state)
{
    (void)state;
    strict = good_yaml();
    later = yaml_with("version: \"1\"", "version: \"2\"");
    (void)world_set_up_with(1); /* a record a batch */
    world.worker.follows = true;
    return 0;
}

static int end(void **state)
{
    (void)world_tear_down(state);
    free(strict);
    free(later);
    return 0;
}

static bool pins(int64_t output, const uint8_t sha256[SHA256_SIZE])
{
    struct bytes bytes = world.partitions[0].outputs[output].output;
    for (size_t i = 0; i + SHA256_SIZE <= bytes.size; i++) {
        if (memcmp(bytes.data + i, sha256, SHA256_SIZE) == 0) {
            return true;
        }
    }
    return false;
}

static void a_minute_passes(void)
{
    world.now_ms += 60000;
}

static void it_changes_at_a_batch_boundary_without_a_restart(void **state)
{
    (void)state;
    world_publish_versions(0, 3);
    world_publish_rulebook(world.now_ms + 60000, strict);
    world.after_read = a_minute_passes; /* of the first batch, whose moment was read before */
    assert_true(world_run());
    assert_string_equal(world.writes, "1 1 1 ");
    const struct stored_output *outputs = world.partitions[0].outputs;
    assert_true(pins(0, facts_rulebook()->sha256));
    assert_true(pins(1, world.publications[0].sha256));
    assert_true(pins(2, world.publications[0].sha256));
    assert_int_equal(outputs[0].outcome, OUTCOME_IS_APPROVED);
    assert_int_equal(outputs[1].outcome, OUTCOME_IS_REFERRED); /* K01 by the new limits */
    assert_int_equal(world.rulebook_count, 1); /* fetched when it changes, and not again */
    const struct metrics_rulebook *shown = metrics_rulebook(&world.worker.metrics);
    assert_string_equal(shown->version, "1");
    assert_string_not_equal(shown->sha256, "");
}

static void the_newest_in_force_decides(void **state)
{
    (void)state;
    world_publish_versions(0, 2);
    world_publish_rulebook(world.now_ms - 1, strict);
    world_publish_rulebook(world.now_ms + 60000, later);
    world.after_read = a_minute_passes;
    assert_true(world_run());
    assert_true(pins(0, world.publications[0].sha256));
    assert_true(pins(1, world.publications[1].sha256));
    assert_int_equal(world.rulebook_count, 2);
}

static void the_clock_goes_back(void)
{
    world.now_ms -= 1000;
}

/* The moment of a batch is not below what its partition has seen, and that moment decides. */
static void the_batch_s_own_moment_decides_and_not_the_clock(void **state)
{
    (void)state;
    world_publish_versions(0, 2);
    world_publish_rulebook(world.now_ms, strict);
    world.after_read = the_clock_goes_back;
    assert_true(world_run());
    assert_true(pins(0, world.publications[0].sha256));
    assert_true(pins(1, world.publications[0].sha256));
    assert_int_equal(world.rulebook_count, 1);
}

static void a_worker_with_a_file_of_its_own_follows_none(void **state)
{
    (void)state;
    world.worker.follows = false;
    world_publish_versions(0, 1);
    world_publish_rulebook(world.now_ms, strict);
    assert_true(world_run());
    assert_true(pins(0, facts_rulebook()->sha256));
    assert_int_equal(world.rulebook_count, 0);
}

static void one_that_cannot_be_loaded_halts_before_anything_is_decided(void **state)
{
    (void)state;
    char *newer = yaml_with("renewal_gap_days: 31\n", "renewal_gap_days: 31\nnew_feature: 1\n");
    world_publish_versions(0, 1);
    world_publish_rulebook(world.now_ms, newer);
    assert_false(world_run());
    assert_int_equal(world.worker.err.kind, ERR_HALT);
    assert_non_null(strstr(world.worker.err.text, "cannot load it: test.yaml:5:1"));
    assert_non_null(strstr(world.worker.err.text, "--rulebook FILE"));
    assert_string_equal(world.writes, "");
    free(newer);
}

static void altered_bytes_halt(void **state)
{
    (void)state;
    world_publish_versions(0, 1);
    world_publish_rulebook(world.now_ms, strict);
    world.publications[0].yaml = bytes_text(later);
    assert_false(world_run());
    assert_int_equal(world.worker.err.kind, ERR_HALT);
    assert_non_null(strstr(world.worker.err.text, "altered"));
    assert_string_equal(world.writes, "");
}

static void one_that_cannot_be_fetched_is_waited_for(void **state)
{
    (void)state;
    world_publish_versions(0, 1);
    world_publish_rulebook(world.now_ms, strict);
    world.rulebook_fails = 2;
    assert_true(world_run());
    assert_true(pins(0, world.publications[0].sha256));
    assert_int_equal(world.take_count, 3); /* by way of TAKE, as after every lost answer */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            it_changes_at_a_batch_boundary_without_a_restart, begin, end),
        cmocka_unit_test_setup_teardown(the_newest_in_force_decides, begin, end),
        cmocka_unit_test_setup_teardown(
            the_batch_s_own_moment_decides_and_not_the_clock, begin, end),
        cmocka_unit_test_setup_teardown(a_worker_with_a_file_of_its_own_follows_none, begin, end),
        cmocka_unit_test_setup_teardown(
            one_that_cannot_be_loaded_halts_before_anything_is_decided, begin, end),
        cmocka_unit_test_setup_teardown(altered_bytes_halt, begin, end),
        cmocka_unit_test_setup_teardown(one_that_cannot_be_fetched_is_waited_for, begin, end),
    };
    return cmocka_run_group_tests_name("app/follow", tests, NULL, NULL);
}
