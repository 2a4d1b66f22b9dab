/* Goal: a file's outcome is found by the application and event that it answers, once; what a line
 * is can be seen without parsing it, and is never seen wrongly. */

#include <string.h>

#include "mentor/base/arena.h"
#include "mentor/wire/wire.h"

#include "../src/app/lines.h"
#include "../src/app/replay_outcomes.h"
#include "support/facts.h"

static struct arena arena;
static struct keeper outcomes;
static struct trial trial;

static int begin(void **state)
{
    (void)state;
    trial_begin(&trial);
    return arena_init(&arena, (size_t)4 * 1024 * 1024) ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    keeper_release(&outcomes);
    arena_release(&arena);
    return 0;
}

static void a_line_shows_what_it_is(void **state)
{
    static const struct {
        const char *line;
        enum known_kind kind;
    } cases[] = {
        {"{\"id\":\"a\",\"type\":\"dk.mentor.application.submitted.v1\",\"data\":{}}",
         KNOWN_APPLICATION},
        {"{\"id\":\"a\",\"type\":\"dk.mentor.application.referred.v1\"}", KNOWN_OUTCOME},
        {"{\"id\":\"\\\"type\\\":\\\"dk.mentor.application.referred.v1\","
         "\"type\":\"dk.mentor.application.submitted.v1\"}",
         KNOWN_APPLICATION},
        {"{\"type\": \"dk.mentor.application.referred.v1\"}", KNOWN_EITHER},
        {"{\"type\":\"dk.mentor.dlq.v1\"}", KNOWN_EITHER},
        {"{\"applicationId\":\"x\"}", KNOWN_EITHER},
        {"{\"type\":\"dk.mentor", KNOWN_EITHER},
        {"\"type\":\"", KNOWN_EITHER},
        {"", KNOWN_EITHER},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(known_kind_of(bytes_text(cases[i].line)), cases[i].kind);
    }
}

static struct record outcome_of_event(const char *event_id)
{
    const struct wire_source source = {.topic = bytes_text("topic"),
                                       .partition = 2,
                                       .offset = 40,
                                       .event_id = bytes_text(event_id)};
    struct record record = {.has_value = true};
    trial_decide(&trial, true);
    assert_true(wire_encode_decision(&trial.decision, &source, &arena, &record.value));
    return record;
}

static void an_outcome_is_handed_out_once_by_what_it_answers(void **state)
{
    struct lines lines = {.number = 7, .at = 512};
    struct bytes application = trial.application.application_id;
    struct known known;
    bool again = true;
    (void)state;
    struct record record = outcome_of_event("a-1");
    assert_int_equal(known_note(&outcomes, &lines, &record, &arena, &known), KNOWN_NEW);
    assert_int_equal(known_note(&outcomes, &lines, &record, &arena, &known), KNOWN_AGAIN);
    assert_int_equal(known_left(&outcomes), 1);
    assert_false(known_take(&outcomes, application, bytes_text("a-2"), &known, &again));
    assert_false(again);
    assert_true(known_take(&outcomes, application, bytes_text("a-1"), &known, &again));
    assert_int_equal(known.line, 7);
    assert_int_equal(known.at, 512);
    assert_int_equal(known.partition, 2);
    assert_int_equal(known.offset, 40);
    assert_int_equal(known.evaluated_at_ms, trial.matter.evaluated_at_ms);
    assert_memory_equal(known.rulebook, trial.matter.rulebook->sha256, SHA256_SIZE);
    assert_int_equal(known_left(&outcomes), 0);
    assert_false(known_take(&outcomes, application, bytes_text("a-1"), &known, &again));
    assert_true(again);
}

static void two_outcomes_of_one_event_are_seen(void **state)
{
    struct lines lines = {.number = 1};
    struct known known;
    (void)state;
    struct record record = outcome_of_event("a-1");
    assert_int_equal(known_note(&outcomes, &lines, &record, &arena, &known), KNOWN_NEW);
    trial.matter.evaluated_at_ms++;
    record = outcome_of_event("a-1");
    assert_int_equal(known_note(&outcomes, &lines, &record, &arena, &known), KNOWN_DIFFERS);
    record.value = bytes_text("\xff");
    assert_int_equal(known_note(&outcomes, &lines, &record, &arena, &known), KNOWN_NOTHING);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_shows_what_it_is),
        cmocka_unit_test_setup_teardown(
            an_outcome_is_handed_out_once_by_what_it_answers, begin, end),
        cmocka_unit_test_setup_teardown(two_outcomes_of_one_event_are_seen, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
