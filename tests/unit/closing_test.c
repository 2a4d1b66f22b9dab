/*
 * Goal: a redriven record closes the row that it is, once, with the fate it gets; and nothing else
 * does. What the row armed no longer counts from that record on.
 */

#include "support/facts.h"
#include "support/fake_ports.h"

#define TOPIC "mentor.applications.v1"

static struct letter letter;
static struct proto proto;

/* Refused by its headers, with a value that can be read; or, `of` given, the same redriven with
 * headers that are in order. */
static struct letter *letter_for(const char *event, const char *of)
{
    letter_begin(&letter, content_write(&world_content, &proto));
    letter_set(&letter, "ce_id", event);
    letter.record.key = bytes_text("key");
    if (of == NULL) {
        letter_set(&letter, "ce_type", "unknown");
    } else {
        letter_set(&letter, "mentor-redrive-of", of);
        letter_set(&letter, "mentor-redrives", "1");
    }
    return &letter;
}

static void add(int32_t partition, int64_t offset, const char *event, const char *of)
{
    world_add(partition, offset, &letter_for(event, of)->record);
}

/* Over all citizens. */
static int64_t armed(void)
{
    int64_t sum = 0;
    for (uint32_t i = 0; i < world.citizen_count; i++) {
        sum += world.citizens[i].armed;
    }
    return sum;
}

static void it_closes_its_row_and_is_not_held_by_it(void **state)
{
    (void)state;
    add(0, 0, "a-0", NULL);
    assert_true(world_run());
    assert_int_equal(armed(), 1);
    assert_int_equal(world.redriven_count, 0); /* nothing is asked where nothing is redriven */
    add(0, 1, "a-0", TOPIC "/0/0");
    world_restart();
    assert_true(world_run());
    assert_string_equal(world.partitions[0].fates, "0:dlq(type-unknown) 1:decided ");
    assert_string_equal(world.closings, "0/0:decided:0/1 ");
    assert_int_equal(world.partitions[0].outputs[1].outcome, OUTCOME_IS_APPROVED);
    assert_int_equal(armed(), 0);
}

/* The citizen's other open row still holds it, by the citizen and by the key. */
static void another_open_row_still_holds_it(void **state)
{
    (void)state;
    for (int same_citizen = 0; same_citizen < 2; same_citizen++) {
        world_end();
        (void)world_set_up(NULL);
        add(0, 0, "a-0", NULL);
        world_content.version = 2;
        world_content.cpr = same_citizen ? world_content.cpr : "2305941102";
        add(0, 1, "a-1", NULL);
        world_content = content_default();
        assert_true(world_run());
        add(0, 2, "a-0", TOPIC "/0/0");
        world_restart();
        assert_true(world_run());
        assert_string_equal(world.closings, "0/0:decided:0/2 ");
        assert_int_equal(world.partitions[0].outputs[2].outcome, OUTCOME_IS_REFERRED);
        assert_int_equal(armed(), 1);
    }
}

static void later_records_of_the_batch_are_free_and_earlier_ones_are_not(void **state)
{
    (void)state;
    add(0, 0, "a-0", NULL);
    assert_true(world_run());
    world_content.id = "3f2504e0-4f89-41d3-9a0c-0305e82c3302";
    world_content.start = "2026-09-01";
    world_content.end = "2026-09-30";
    add(0, 1, "b-0", "");
    world_content = content_default();
    add(0, 2, "a-0", TOPIC "/0/0");
    world_content.id = "3f2504e0-4f89-41d3-9a0c-0305e82c3303";
    world_content.start = "2026-11-01";
    world_content.end = "2026-11-30";
    add(0, 3, "c-0", "");
    world_restart();
    world.worker.limit = 100;
    assert_true(world_run());
    assert_string_equal(world.partitions[0].fates,
                        "0:dlq(type-unknown) 1:decided 2:decided 3:decided ");
    assert_int_equal(world.partitions[0].outputs[1].outcome, OUTCOME_IS_REFERRED);
    assert_int_equal(armed(), 0);
    const struct stored_output *free_again = &world.partitions[0].outputs[3];
    assert_false(envelope_holds(free_again->output, bytes_text("Q01")));
    assert_true(envelope_holds(world.partitions[0].outputs[1].output, bytes_text("Q01")));
    assert_false(envelope_holds(world.partitions[0].outputs[2].output, bytes_text("Q01")));
}

static void a_second_copy_is_a_duplicate_and_closes_nothing(void **state)
{
    (void)state;
    for (int restarts = 0; restarts < 2; restarts++) { /* in one batch, and in two */
        world_end();
        (void)world_set_up(NULL);
        add(0, 0, "a-0", NULL);
        assert_true(world_run());
        add(0, 1, "a-0", TOPIC "/0/0");
        if (restarts > 0) {
            world_restart();
            assert_true(world_run());
        }
        add(0, 2, "a-0", TOPIC "/0/0");
        world_restart();
        assert_true(world_run());
        assert_string_equal(world.partitions[0].fates,
                            "0:dlq(type-unknown) 1:decided 2:duplicate(duplicate-event) ");
        assert_string_equal(world.closings, "0/0:decided:0/1 ");
        assert_int_equal(armed(), 0);
    }
}

static void refused_again_it_arms_anew_and_counts_one_more(void **state)
{
    (void)state;
    add(0, 0, "a-0", NULL);
    assert_true(world_run());
    struct letter *again = letter_for("a-0", TOPIC "/0/0");
    letter_set(again, "ce_type", "unknown");
    letter_set(again, "mentor-redrives", "0"); /* the row knows better */
    world_add(0, 1, &again->record);
    world_content.version = 2;
    add(0, 2, "a-1", "");
    world_restart();
    assert_true(world_run());
    assert_string_equal(world.partitions[0].fates,
                        "0:dlq(type-unknown) 1:dlq(type-unknown) 2:decided ");
    assert_string_equal(world.closings, "0/0:dlq:0/1 ");
    assert_int_equal(world.partitions[0].outputs[1].redrives, 1);
    assert_int_equal(armed(), 1);
    assert_int_equal(world.partitions[0].outputs[2].outcome, OUTCOME_IS_REFERRED);
}

/* Headers that no redrive wrote, and records that are not the row's. */
static const struct {
    const char *of;
    const char *key;
    const char *value;
} forgeries[] = {
    {"0/0", "key", NULL},
    {"/0/0", "key", NULL},
    {"another/0/0", "key", NULL},
    {TOPIC "/0/1", "key", NULL},
    {TOPIC "/1/0", "key", NULL},
    {TOPIC "/7/0", "key", NULL},
    {TOPIC "/0/-0", "key", NULL},
    {TOPIC "/0/0 ", "key", NULL},
    {TOPIC "/0/99999999999999999999", "key", NULL},
    {TOPIC "/0/0", "another", NULL},
    {TOPIC "/0/0", "key", "\x10"},
};

static void a_forged_header_closes_nothing(void **state)
{
    (void)state;
    for (size_t i = 0; i <= ROW_COUNT(forgeries); i++) {
        world_end();
        (void)world_set_up(NULL);
        add(0, 0, "a-0", NULL);
        assert_true(world_run());
        struct letter *forged = letter_for("a-0", TOPIC "/0/0");
        if (i == ROW_COUNT(forgeries)) {
            letter_add(forged, "mentor-redrive-of", TOPIC "/0/0"); /* twice */
        } else {
            letter_set(forged, "mentor-redrive-of", forgeries[i].of);
            forged->record.key = bytes_text(forgeries[i].key);
            forged->record.value =
                forgeries[i].value == NULL ? forged->record.value : bytes_text(forgeries[i].value);
        }
        world_add(0, 1, &forged->record);
        world_restart();
        assert_true(world_run());
        assert_string_equal(world.closings, "");
        assert_in_range(armed(), 1, 2);
    }
}

static void dismiss_first(void)
{
    world.partitions[0].closed[0] = true;
    world.citizens[0].armed--;
}

static void a_row_that_a_person_closes_meanwhile_is_left_alone(void **state)
{
    (void)state;
    add(0, 0, "a-0", NULL);
    assert_true(world_run());
    add(0, 1, "a-0", TOPIC "/0/0");
    world_restart();
    world.after_read = dismiss_first;
    assert_true(world_run());
    assert_string_equal(world.partitions[0].fates, "0:dlq(type-unknown) 1:decided ");
    assert_string_equal(world.closings, "");
    assert_int_equal(armed(), 0);
}

/* A row that was stored without its citizen disarms none. */
static void a_row_without_a_citizen_disarms_none(void **state)
{
    (void)state;
    add(0, 0, "a-0", NULL);
    world_content.version = 2;
    add(0, 1, "a-1", NULL);
    assert_true(world_run());
    world.partitions[0].has_citizen[0] = false;
    world.citizens[0].armed--;
    world_content = content_default();
    add(0, 2, "a-0", TOPIC "/0/0");
    world_restart();
    assert_true(world_run());
    assert_string_equal(world.closings, "0/0:decided:0/2 ");
    assert_int_equal(armed(), 1);
}

/* Of another secret's time: the row's citizen is disarmed, not the record's. */
static void the_citizen_of_the_row_is_disarmed(void **state)
{
    (void)state;
    add(0, 0, "a-0", NULL);
    world_content.cpr = "2305941102";
    add(0, 1, "b-0", NULL);
    assert_true(world_run());
    world_content = content_default();
    uint8_t *of_row = world.partitions[0].citizens[0];
    uint32_t own = memcmp(world.citizens[0].ref, of_row, CITIZEN_REF_SIZE) == 0 ? 0 : 1;
    memcpy(of_row, world.citizens[1 - own].ref, CITIZEN_REF_SIZE);
    world.citizens[1 - own].armed = 2;
    world.citizens[own].armed = 5;
    add(0, 2, "a-0", TOPIC "/0/0");
    world_restart();
    assert_true(world_run());
    assert_string_equal(world.closings, "0/0:decided:0/2 ");
    assert_int_equal(world.citizens[own].armed, 5);
    assert_int_equal(world.citizens[1 - own].armed, 1);
}

static void a_lost_reply_closes_once(void **state)
{
    (void)state;
    add(0, 0, "a-0", NULL);
    assert_true(world_run());
    add(0, 1, "a-0", TOPIC "/0/0");
    world_restart();
    world.plan[1] = WRITE_STORED_BUT_LOST;
    assert_true(world_run());
    assert_string_equal(world.closings, "0/0:decided:0/1 ");
    assert_int_equal(armed(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            it_closes_its_row_and_is_not_held_by_it, world_set_up, world_tear_down),
        cmocka_unit_test_setup_teardown(
            another_open_row_still_holds_it, world_set_up, world_tear_down),
        cmocka_unit_test_setup_teardown(
            later_records_of_the_batch_are_free_and_earlier_ones_are_not,
            world_set_up,
            world_tear_down),
        cmocka_unit_test_setup_teardown(
            a_second_copy_is_a_duplicate_and_closes_nothing, world_set_up, world_tear_down),
        cmocka_unit_test_setup_teardown(
            refused_again_it_arms_anew_and_counts_one_more, world_set_up, world_tear_down),
        cmocka_unit_test_setup_teardown(
            a_forged_header_closes_nothing, world_set_up, world_tear_down),
        cmocka_unit_test_setup_teardown(
            a_row_that_a_person_closes_meanwhile_is_left_alone, world_set_up, world_tear_down),
        cmocka_unit_test_setup_teardown(
            a_row_without_a_citizen_disarms_none, world_set_up, world_tear_down),
        cmocka_unit_test_setup_teardown(
            the_citizen_of_the_row_is_disarmed, world_set_up, world_tear_down),
        cmocka_unit_test_setup_teardown(a_lost_reply_closes_once, world_set_up, world_tear_down),
    };
    return cmocka_run_group_tests_name("app/closing", tests, NULL, NULL);
}
