/*
 * Goal: what the worker keeps from batch to batch and hands to the store: positions, moments,
 * marks, and of a refused record nothing that its citizen's number is in.
 */

#include "support/facts.h"
#include "support/fake_ports.h"

static int begin(void **state)
{
    (void)state;
    return world_set_up_with(1); /* a record a batch */
}

static void publish(int64_t offset, const char *event_id)
{
    world_content.version = (uint32_t)offset + 1;
    world_publish(0, offset, event_id, &world_content);
}

static void turn_the_clock_back(void)
{
    world.now_ms -= 1000;
}

static void a_later_batch_is_not_evaluated_before_an_earlier_one(void **state)
{
    (void)state;
    int64_t first = world.now_ms;
    publish(0, "a-0");
    publish(1, "a-1");
    world.after_read = turn_the_clock_back;
    assert_true(world_run());
    assert_string_equal(world.writes, "1 1 ");
    assert_int_equal(world.partitions[0].outputs[0].evaluated_at_ms, first);
    assert_int_equal(world.partitions[0].outputs[1].evaluated_at_ms, first);
    assert_int_equal(world.partitions[0].position.evaluated_at_ms, first);
}

static void the_last_real_record_is_kept_over_a_batch_without_one(void **state)
{
    (void)state;
    uint8_t digest[SHA256_SIZE];
    publish(0, "a-0");
    sha256_of(world.partitions[0].log[0].value, digest);
    world.partitions[0].high = 5;
    assert_true(world_run());
    assert_string_equal(world.partitions[0].fates, "0:decided 1-4:skipped ");
    assert_int_equal(world.write_count, 2);
    assert_int_equal(world.partitions[0].position.last_offset, 0);
    assert_memory_equal(world.partitions[0].position.last_digest, digest, SHA256_SIZE);
}

static void acknowledged_outputs_are_marked_once_when_nothing_comes(void **state)
{
    (void)state;
    publish(0, "a-0");
    assert_true(world_run()); /* ten seconds of nothing */
    assert_int_equal(world.mark_count, 1);
    assert_int_equal(world.partitions[0].position.emitted_offset, 1);
    assert_int_equal(world.partitions[0].committed, 1);
}

static void nothing_is_marked_while_acknowledgements_are_missing(void **state)
{
    (void)state;
    assert_true(world_run());
    assert_int_equal(world.mark_count, 0);
}

static void a_revocation_during_an_outage_is_answered(void **state)
{
    (void)state;
    publish(0, "a-0");
    world.plan[0] = WRITE_NOT_STORED;
    world.revoke_when_stopped = true;
    assert_true(world_run());
    assert_false(world.revoke_when_stopped);
    assert_string_equal(world.partitions[0].fates, "0:decided ");
    assert_int_equal(world.stop_count, 3); /* in the outage, for the group, and at the end */
}

static void at_event_evaluates_at_the_events_own_time(void **state)
{
    (void)state;
    static struct proto proto;
    static struct letter letter;
    world.worker.at_event = true;
    world.demo = true;
    letter_begin(&letter, content_write(&world_content, &proto));
    letter_set(&letter, "ce_time", "2026-02-01T12:00:00.5Z");
    world_add(0, 0, &letter.record);
    publish(1, "a-2"); /* has none: now */
    assert_true(world_run());
    assert_string_equal(world.partitions[0].fates, "0:decided 1:decided ");
    assert_int_equal(world.partitions[0].outputs[0].evaluated_at_ms, 1769947200500);
    assert_int_equal(world.partitions[0].outputs[1].evaluated_at_ms, world.now_ms);
}

static void at_event_is_refused_on_a_database_for_real(void **state)
{
    (void)state;
    world.worker.at_event = true;
    publish(0, "a-0");
    assert_false(world_run());
    assert_int_equal(world.worker.err.kind, ERR_FATAL);
    assert_int_equal(world.write_count, 0);
}

static void without_at_event_an_events_time_is_not_believed(void **state)
{
    (void)state;
    static struct proto proto;
    static struct letter letter;
    letter_begin(&letter, content_write(&world_content, &proto));
    letter_set(&letter, "ce_time", "2026-02-01T12:00:00Z");
    letter_set(&letter, "grpc-timeout", "1S");
    world_add(0, 0, &letter.record);
    assert_true(world_run());
    assert_int_equal(world.partitions[0].outputs[0].evaluated_at_ms, world.now_ms);
    assert_int_equal(world.partitions[0].outputs[0].late_ms, world.now_ms - 1769947200000 - 1000);
}

/* The headers of a DLQ record, as they are sent. */
static struct record refused(const char *type, const char *cpr)
{
    static struct proto proto;
    static struct letter letter;
    struct record record = {0};
    world_end();
    world_begin(1);
    world_content.cpr = cpr;
    letter_begin(&letter, content_write(&world_content, &proto));
    letter_set(&letter, "ce_type", type);
    letter_set(&letter, "traceparent", "00-4bf92f3577b34da6a3ce921403760101-00f067aa0ba902b7-01");
    letter_set(&letter, "tracestate", "a=1403760101");
    letter_set(&letter, "x", "kept");
    world_add(0, 0, &letter.record);
    assert_true(world_run());
    assert_string_equal(world.partitions[0].fates, "0:dlq(type-unknown) ");
    assert_true(headers_unpack(world.partitions[0].outputs[0].headers,
                               &world.arena,
                               &record.headers,
                               &record.header_count));
    return record;
}

static void a_trace_that_holds_the_cpr_number_is_not_kept(void **state)
{
    (void)state;
    struct record record = refused("unknown", "1403760101");
    assert_null(record_header(&record, "traceparent"));
    assert_null(record_header(&record, "tracestate"));
    assert_non_null(record_header(&record, "x"));
    assert_int_equal(record.header_count, 6);
    record = refused("unknown", "2305941102"); /* of somebody else it says nothing */
    assert_non_null(record_header(&record, "traceparent"));
    assert_non_null(record_header(&record, "tracestate"));
    assert_int_equal(record.header_count, 8);
}

static void a_refusal_is_remembered_by_a_later_batch(void **state)
{
    (void)state;
    static struct proto proto;
    static struct letter letter;
    letter_begin(&letter, content_write(&world_content, &proto));
    letter_set(&letter, "ce_type", "unknown");
    letter.record.key = bytes_text("another key");
    world_add(0, 0, &letter.record);
    publish(1, "a-1");
    assert_true(world_run());
    assert_string_equal(world.partitions[0].fates, "0:dlq(type-unknown) 1:decided ");
    assert_int_equal(world.citizens[0].armed, 1);
    assert_int_equal(world.partitions[0].outputs[1].outcome, OUTCOME_IS_REFERRED);
}

/* Whoever erases a citizen asks by it. */
static void a_refusal_that_arms_nothing_names_its_citizen_too(void **state)
{
    (void)state;
    static const char *const cprs[] = {"1403760101", /* as it may be, and as it is not */
                                       "140376-0101"};
    for (size_t i = 0; i < sizeof(cprs) / sizeof(cprs[0]); i++) {
        world_end();
        world_begin(100);
        world_content.cpr = cprs[i];
        world_content.version = 2;
        world_publish(0, 0, "a-1", &world_content);
        world_content.version = 1;
        world_publish(0, 1, "a-2", &world_content);
        assert_true(world_run());
        const struct world_partition *partition = &world.partitions[0];
        assert_string_equal(partition->fates, "0:decided 1:dlq(version-outdated) ");
        assert_true(partition->has_citizen[1]);
        assert_memory_equal(partition->citizens[1], world.citizens[0].ref, CITIZEN_REF_SIZE);
        assert_int_equal(world.citizens[0].armed, 0);
    }
}

/* A state that was read is still whole when it is written, and the next batch reads it. */
static void history_goes_from_batch_to_batch(void **state)
{
    (void)state;
    publish(0, "a-0");
    publish(1, "a-1");
    publish(2, "a-2");
    world_content.version = 2;
    world_publish(0, 3, "a-1", &world_content);
    assert_true(world_run());
    assert_string_equal(world.partitions[0].fates,
                        "0:decided 1:decided 2:decided 3:duplicate(duplicate-event) ");
    assert_int_equal(history_event_count(world.applications[0].state), 3);
    assert_int_equal(history_event_at(world.applications[0].state, 0).version, 1);
    assert_int_equal(history_period_count(world.citizens[0].state), 1);
}

static void three_dead_owners_are_not_yet_a_reason(void **state)
{
    (void)state;
    world_end();
    world_begin(100);
    world.partitions[0].known = true;
    world.partitions[0].position =
        (struct position){.last_offset = -1, .takeovers = WORKER_ALONE_AFTER};
    publish(0, "a-0");
    publish(1, "a-1");
    publish(2, "a-2");
    assert_true(world_run());
    assert_string_equal(world.writes, "3 ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            a_later_batch_is_not_evaluated_before_an_earlier_one, begin, world_tear_down),
        cmocka_unit_test_setup_teardown(
            the_last_real_record_is_kept_over_a_batch_without_one, begin, world_tear_down),
        cmocka_unit_test_setup_teardown(
            acknowledged_outputs_are_marked_once_when_nothing_comes, begin, world_tear_down),
        cmocka_unit_test_setup_teardown(
            nothing_is_marked_while_acknowledgements_are_missing, begin, world_tear_down),
        cmocka_unit_test_setup_teardown(
            a_revocation_during_an_outage_is_answered, begin, world_tear_down),
        cmocka_unit_test_setup_teardown(
            at_event_evaluates_at_the_events_own_time, begin, world_tear_down),
        cmocka_unit_test_setup_teardown(
            at_event_is_refused_on_a_database_for_real, begin, world_tear_down),
        cmocka_unit_test_setup_teardown(
            without_at_event_an_events_time_is_not_believed, begin, world_tear_down),
        cmocka_unit_test_setup_teardown(
            a_trace_that_holds_the_cpr_number_is_not_kept, begin, world_tear_down),
        cmocka_unit_test_setup_teardown(
            a_refusal_is_remembered_by_a_later_batch, begin, world_tear_down),
        cmocka_unit_test_setup_teardown(
            a_refusal_that_arms_nothing_names_its_citizen_too, begin, world_tear_down),
        cmocka_unit_test_setup_teardown(history_goes_from_batch_to_batch, begin, world_tear_down),
        cmocka_unit_test_setup_teardown(
            three_dead_owners_are_not_yet_a_reason, begin, world_tear_down),
    };
    return cmocka_run_group_tests_name("app/worker: rows", tests, NULL, NULL);
}
