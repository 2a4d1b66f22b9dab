/*
 * Goal: the real loop over ports in memory: every record of a batch gets its fate, in order, and
 * what the store refuses harms no other record.
 */

#include "support/facts.h"
#include "support/fake_ports.h"

#define OTHER_ID "00000000-0000-4000-8000-00000000000"

/* A record of a citizen and application of its own: `number` 0 to 9. */
static void publish_own(int32_t partition, int64_t offset, int number)
{
    static const char *const ids[] = {
        OTHER_ID "0", OTHER_ID "1", OTHER_ID "2", OTHER_ID "3", OTHER_ID "4"};
    static const char *const cprs[] = {
        "2305941102", "0811024101", "1902681101", "1107851101", "2503911101"};
    static const char *const events[] = {"own-0", "own-1", "own-2", "own-3", "own-4"};
    struct content own = content_default();
    own.id = ids[number];
    own.cpr = cprs[number];
    world_publish(partition, offset, events[number], &own);
}

static void publish_unknown_type(int32_t partition, int64_t offset)
{
    static struct proto proto;
    static struct letter letter;
    letter_begin(&letter, content_write(&world_content, &proto));
    letter_set(&letter, "ce_type", "unknown");
    letter.record.key = bytes_text("refused");
    world_add(partition, offset, &letter.record);
}

static void a_batch_has_decisions_duplicates_and_refusals(void **state)
{
    (void)state;
    world_publish(0, 0, "a-1", &world_content);
    world_publish(0, 1, "a-1", &world_content);
    publish_own(0, 2, 0);
    world_content.minutes = 181;
    world_publish(0, 3, "a-1", &world_content);
    world_publish(0, 4, "a-2", &world_content); /* D06 */
    publish_own(1, 0, 1);
    assert_true(world_run());
    assert_string_equal(
        world.partitions[0].fates,
        "0:decided 1:duplicate(duplicate-event) 2:decided 3:dlq(event-conflict) 4:decided ");
    assert_string_equal(world.partitions[0].sent, "0:decision 2:decision 3:dlq 4:decision ");
    assert_string_equal(world.partitions[1].fates, "0:decided ");
    assert_int_equal(world.partitions[0].outputs[0].outcome, OUTCOME_IS_APPROVED);
    assert_int_equal(world.partitions[0].outputs[3].outcome, OUTCOME_IS_REFERRED);
    assert_int_equal(world.partitions[0].outputs[3].citizen_seq, 2);
    assert_int_equal(world.write_count, 1);
    assert_int_equal(world.partitions[0].position.next_offset, 5);
    assert_int_equal(world.partitions[0].position.evaluated_at_ms, world.now_ms);
}

/* A refused record that hides a fact arms Q01 for the same citizen and the same key behind it. */
static void a_refusal_is_remembered_by_later_records(void **state)
{
    (void)state;
    publish_own(0, 0, 0);
    publish_unknown_type(0, 1); /* of the mechanic, under another key */
    world_publish(0, 2, "a-1", &world_content);
    assert_true(world_run());
    assert_string_equal(world.partitions[0].fates, "0:decided 1:dlq(type-unknown) 2:decided ");
    assert_int_equal(world.partitions[0].outputs[0].outcome, OUTCOME_IS_APPROVED);
    assert_int_equal(world.partitions[0].outputs[2].outcome, OUTCOME_IS_REFERRED);
    assert_int_equal(world.citizens[world.citizen_count - 1].armed + world.citizens[0].armed, 1);
}

/* What a broker takes of a hostile producer: far more headers than a batch has memory for. */
static void headers_beyond_all_bounds_are_refused_and_left(void **state)
{
    (void)state;
    enum {
        MANY = 100000,
        REFUSED = 60
    };
    static struct header many[MANY];
    static uint8_t fat[4 * 1024 * 1024];
    for (uint32_t i = 0; i < MANY; i++) {
        many[i] = (struct header){bytes_text("x"), bytes_of(fat, sizeof(fat))};
    }
    for (int i = 0; i < REFUSED; i++) {
        world_publish(0, i, "a-1", &world_content);
        struct record *record = &world.partitions[0].log[i];
        memcpy(many, record->headers, record->header_count * sizeof(*many));
        record->header_count =
            i % 2 == 0 ? MANY : record->header_count + 1; /* or one that is fat */
        record->headers = many;
    }
    world_publish(0, REFUSED, "a-1", &world_content);
    assert_true(world_run());
    const struct world_partition *partition = &world.partitions[0];
    assert_int_equal(partition->output_count, REFUSED + 1);
    for (int i = 0; i < REFUSED; i++) {
        assert_true(partition->outputs[i].dlq);
        assert_int_equal(partition->outputs[i].reason, REASON_HEADERS_TOO_LARGE);
        assert_in_range(partition->outputs[i].headers.size, 100, 500); /* those that are known */
    }
    assert_int_equal(partition->outputs[REFUSED].outcome, OUTCOME_IS_REFERRED); /* Q01 */
}

static void a_refused_key_is_remembered_within_the_batch_and_after(void **state)
{
    (void)state;
    static struct letter letter;
    world.worker.batch_most = 2;
    world.worker.limit = 2;
    letter_begin(&letter, bytes_text("\x10")); /* nobody can read whose it is */
    letter.record.key = bytes_text("0101");    /* as the mechanic's */
    world_add(0, 0, &letter.record);
    world_publish(0, 1, "a-1", &world_content);
    world_content.version = 2;
    world_publish(0, 2, "a-2", &world_content); /* a batch later */
    publish_own(0, 3, 0);
    world_content.version = 3;
    world_publish(1, 0, "a-3", &world_content); /* another partition's keys are other keys */
    assert_true(world_run());
    const struct stored_output *outputs = world.partitions[0].outputs;
    assert_string_equal(world.partitions[0].fates,
                        "0:dlq(undecodable) 1:decided 2:decided 3:decided ");
    assert_int_equal(outputs[1].outcome, OUTCOME_IS_REFERRED);
    assert_int_equal(outputs[2].outcome, OUTCOME_IS_REFERRED);
    assert_int_equal(outputs[3].outcome, OUTCOME_IS_APPROVED);
    assert_int_equal(world.partitions[1].outputs[0].outcome, OUTCOME_IS_APPROVED);
}

static void within_a_batch_only_that_key_of_that_partition_is_armed(void **state)
{
    (void)state;
    static struct letter letter;
    letter_begin(&letter, bytes_text("\x10"));
    letter.record.key = bytes_text("0101");
    world_add(0, 0, &letter.record);
    publish_own(0, 1, 0);
    world_publish(1, 0, "a-1", &world_content); /* the same key, another partition */
    assert_true(world_run());
    assert_int_equal(world.write_count, 1);
    assert_int_equal(world.partitions[0].outputs[1].outcome, OUTCOME_IS_APPROVED);
    assert_int_equal(world.partitions[1].outputs[0].outcome, OUTCOME_IS_APPROVED);
}

static void a_stale_batch_is_read_and_decided_again(void **state)
{
    (void)state;
    world.plan[0] = WRITE_STALE;
    world.plan[1] = WRITE_STALE;
    world_publish(0, 0, "a-1", &world_content);
    world_publish(0, 1, "a-1", &world_content);
    assert_true(world_run());
    assert_string_equal(world.partitions[0].fates, "0:decided 1:duplicate(duplicate-event) ");
    assert_string_equal(world.partitions[0].sent, "0:decision ");
    assert_int_equal(world.write_count, 3);
    assert_int_equal(world.read_count, 3);
    assert_int_equal(world.take_count, 1); /* nothing but the batch again */
}

/* Another worker grants the citizen a period between our read and our write. */
static void grant_meanwhile(void)
{
    static uint8_t memory[HISTORY_PERIOD_SIZE];
    struct history_period period = {.start = day_of("2026-04-01"), .end = day_of("2026-04-30")};
    struct citizen_row *row = &world.citizens[0];
    row->state = history_period_settle(row->state, &period, true, memory);
    row->seq++;
}

static void what_another_worker_stored_meanwhile_is_history(void **state)
{
    (void)state;
    world.after_read = grant_meanwhile;
    world_publish(0, 0, "a-1", &world_content);
    assert_true(world_run());
    assert_int_equal(world.write_count, 2);
    assert_int_equal(world.partitions[0].outputs[0].outcome, OUTCOME_IS_REFERRED); /* P04 */
    assert_int_equal(world.partitions[0].outputs[0].citizen_seq, 2);
}

static void a_record_that_cannot_be_stored_goes_to_quarantine_alone(void **state)
{
    (void)state;
    for (int i = 0; i < 5; i++) {
        publish_own(0, i, i);
    }
    world_publish(0, 5, "a-1", &world_content);
    world.poison = "own-3";
    assert_true(world_run());
    assert_string_equal(world.partitions[0].fates,
                        "0:decided 1:decided 2:decided 3:dlq(record-failed) 4:decided 5:decided ");
    assert_string_equal(world.partitions[0].sent,
                        "0:decision 1:decision 2:decision 3:dlq 4:decision 5:decision ");
    assert_int_equal(world.partitions[0].outputs[3].reason, REASON_RECORD_FAILED);
    assert_true(world.partitions[0].outputs[3].has_value);
}

static void the_first_and_the_last_can_be_the_one(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++) {
        publish_own(0, i, i);
    }
    world.poison = "own-0";
    assert_true(world_run());
    assert_string_equal(world.partitions[0].fates,
                        "0:dlq(record-failed) 1:decided 2:decided 3:decided ");
    world_end();
    world_begin(100);
    for (int i = 0; i < 4; i++) {
        publish_own(0, i, i);
    }
    world.poison = "own-3";
    assert_true(world_run());
    assert_string_equal(world.partitions[0].fates,
                        "0:decided 1:decided 2:decided 3:dlq(record-failed) ");
}

/* Not even the quarantine row is taken: a loop without an end would be silent. */
static void a_record_that_nothing_stores_halts(void **state)
{
    (void)state;
    publish_own(0, 0, 0);
    world.plan[0] = WRITE_POISON;
    world.plan[1] = WRITE_POISON;
    assert_false(world_run());
    assert_int_equal(world.worker.err.kind, ERR_HALT);
    assert_int_equal(world.write_count, 2);
}

/* Poison seen, then the database away, and when all is read again another record comes first. */
static void the_quarantine_is_for_that_record_and_no_other(void **state)
{
    (void)state;
    publish_own(0, 0, 0);
    world.poison = "own-0";
    world.plan[1] = WRITE_NOT_STORED; /* of the record alone, as record-failed */
    world.worker.batch_most = 1;
    world.worker.limit = 1;
    world_publish(1, 0, "a-1", &world_content);
    assert_true(world_run());
    assert_string_equal(world.partitions[0].fates, "0:dlq(record-failed) ");
    assert_string_equal(world.partitions[1].fates, "0:decided ");
}

static void offsets_without_records_are_skipped(void **state)
{
    (void)state;
    publish_own(0, 2, 0); /* 0 and 1 are a transaction's */
    publish_own(0, 3, 1);
    publish_own(0, 7, 2);
    world.partitions[0].high = 10; /* 8 and 9 are markers */
    world.partitions[1].high = 4;  /* markers alone */
    assert_true(world_run());
    assert_string_equal(world.partitions[0].fates,
                        "0-1:skipped 2:decided 3:decided 4-6:skipped 7:decided 8-9:skipped ");
    assert_string_equal(world.partitions[1].fates, "0-3:skipped ");
    assert_int_equal(world.partitions[0].position.next_offset, 10);
    assert_int_equal(world.partitions[0].position.last_offset, 7);
    assert_int_equal(world.partitions[1].position.last_offset, -1);
    assert_int_equal(world.partitions[0].position.emitted_offset, 10);
}

static void an_empty_log_is_waited_at(void **state)
{
    (void)state;
    assert_true(world_run());
    assert_int_equal(world.write_count, 0);
    assert_int_equal(world.read_count, 0);
    assert_true(world.partitions[0].released);
    assert_int_equal(world.leave_count, 1);
}

static void a_batch_has_at_most_as_many_records_as_asked(void **state)
{
    (void)state;
    world.worker.batch_most = 2;
    world.worker.limit = 2;
    for (int i = 0; i < 5; i++) {
        publish_own(0, i, i);
    }
    assert_true(world_run());
    assert_string_equal(world.writes, "2 2 1 ");
    assert_string_equal(world.partitions[0].sent,
                        "0:decision 1:decision 2:decision 3:decision 4:decision ");
}

static void the_clock_never_goes_back(void **state)
{
    (void)state;
    world.partitions[0].known = true;
    world.partitions[0].position = (struct position){
        .last_offset = -1, .evaluated_at_ms = world.now_ms + WORKER_CLOCK_BACK_MS};
    publish_own(0, 0, 0);
    assert_true(world_run());
    assert_int_equal(world.partitions[0].outputs[0].evaluated_at_ms, world.now_ms + 5000);
    assert_int_equal(world.partitions[0].position.evaluated_at_ms, world.now_ms + 5000);
}

static void a_clock_far_behind_halts(void **state)
{
    (void)state;
    world.partitions[0].known = true;
    world.partitions[0].position = (struct position){
        .last_offset = -1, .evaluated_at_ms = world.now_ms + WORKER_CLOCK_BACK_MS + 1};
    publish_own(0, 0, 0);
    assert_false(world_run());
    assert_int_equal(world.worker.err.kind, ERR_HALT);
    assert_int_equal(world.write_count, 0);
}

static void a_place_where_owners_died_is_taken_record_by_record(void **state)
{
    (void)state;
    world.partitions[0].known = true;
    world.partitions[0].position =
        (struct position){.last_offset = -1, .takeovers = WORKER_ALONE_AFTER + 1};
    for (int i = 0; i < 5; i++) {
        publish_own(0, i, i);
    }
    assert_true(world_run());
    assert_string_equal(world.writes, "1 1 1 1 1 ");
    assert_string_equal(world.tried, "0 1 2 3 4 ");
    assert_int_equal(world.partitions[0].position.takeovers, 0);
    assert_string_equal(world.partitions[0].fates,
                        "0:decided 1:decided 2:decided 3:decided 4:decided ");
}

static void check_that_it_is_open(void)
{
    assert_true(world.worker.opened);
    assert_non_null(world.worker.cluster);
}

/* The broker answers the group, and not yet what OPEN asks: nothing is taken before that. */
static void partitions_that_come_and_go_before_it_is_open_are_not_taken(void **state)
{
    (void)state;
    publish_own(0, 0, 0);
    world.facts_fails = 2;
    world.revoke_at_record = 0;
    world.while_taking = check_that_it_is_open;
    assert_true(world_run());
    assert_int_equal(world.facts_fails, 0);
    assert_int_equal(world.revoke_at_record, -1);
    assert_null(world.while_taking);
    assert_string_equal(world.partitions[0].fates, "0:decided ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            headers_beyond_all_bounds_are_refused_and_left, world_set_up, world_tear_down),
        cmocka_unit_test_setup_teardown(
            a_batch_has_decisions_duplicates_and_refusals, world_set_up, world_tear_down),
        cmocka_unit_test_setup_teardown(
            a_refusal_is_remembered_by_later_records, world_set_up, world_tear_down),
        cmocka_unit_test_setup_teardown(
            a_refused_key_is_remembered_within_the_batch_and_after, world_set_up, world_tear_down),
        cmocka_unit_test_setup_teardown(
            within_a_batch_only_that_key_of_that_partition_is_armed, world_set_up, world_tear_down),
        cmocka_unit_test_setup_teardown(
            a_stale_batch_is_read_and_decided_again, world_set_up, world_tear_down),
        cmocka_unit_test_setup_teardown(
            what_another_worker_stored_meanwhile_is_history, world_set_up, world_tear_down),
        cmocka_unit_test_setup_teardown(
            a_record_that_cannot_be_stored_goes_to_quarantine_alone, world_set_up, world_tear_down),
        cmocka_unit_test_setup_teardown(
            the_first_and_the_last_can_be_the_one, world_set_up, world_tear_down),
        cmocka_unit_test_setup_teardown(
            a_record_that_nothing_stores_halts, world_set_up, world_tear_down),
        cmocka_unit_test_setup_teardown(
            the_quarantine_is_for_that_record_and_no_other, world_set_up, world_tear_down),
        cmocka_unit_test_setup_teardown(
            offsets_without_records_are_skipped, world_set_up, world_tear_down),
        cmocka_unit_test_setup_teardown(an_empty_log_is_waited_at, world_set_up, world_tear_down),
        cmocka_unit_test_setup_teardown(partitions_that_come_and_go_before_it_is_open_are_not_taken,
                                        world_set_up,
                                        world_tear_down),
        cmocka_unit_test_setup_teardown(
            a_batch_has_at_most_as_many_records_as_asked, world_set_up, world_tear_down),
        cmocka_unit_test_setup_teardown(the_clock_never_goes_back, world_set_up, world_tear_down),
        cmocka_unit_test_setup_teardown(a_clock_far_behind_halts, world_set_up, world_tear_down),
        cmocka_unit_test_setup_teardown(
            a_place_where_owners_died_is_taken_record_by_record, world_set_up, world_tear_down),
    };
    return cmocka_run_group_tests_name("app/worker", tests, NULL, NULL);
}
