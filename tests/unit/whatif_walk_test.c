/* Goal: a log's decisions come out by citizen, each in its own order and with what came before it,
 * however the log is ordered; and what it lacks is counted. */

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "mentor/app/request.h"
#include "mentor/base/arena.h"
#include "mentor/base/err.h"
#include "mentor/wire/wire.h"

#include "../src/app/whatif_walk.h"
#include "support/facts.h"
#include "support/letter.h"

enum {
    WHEN_MS = 1000,
};

static struct arena arena;
static struct whatif_log known_log;
static struct hmac_key key;
static struct trial trial;
static struct whatif_walk walk;
static struct err err;
static char seen[256]; /* "1:0 2:24": application's last digit, bytes of history considered */
static uint32_t seen_count;
static struct chronicle_case last;

static void take(void *self, const struct chronicle_case *row)
{
    (void)self;
    size_t used = strlen(seen);
    (void)snprintf(seen + used,
                   sizeof(seen) - used,
                   "%s%d:%zu",
                   used == 0 ? "" : " ",
                   row->application_id[UUID_SIZE - 1],
                   row->periods.size);
    seen_count++;
    last = *row;
}

/* The whole log, or what a test has asked for. */
static void run(void)
{
    static const atomic_bool stop = false;
    struct chronicle_slice slice = walk.slice;
    whatif_walk_release(&walk);
    walk = (struct whatif_walk){.log = &known_log, .slice = slice, .stop = &stop, .take = take};
    seen[0] = '\0';
    seen_count = 0;
    assert_true(whatif_walk_run(&walk, &err));
}

static void ask_for(int32_t slice, int32_t slices, int32_t sample_bp)
{
    walk.slice = (struct chronicle_slice){.from_ms = INT64_MIN,
                                          .to_ms = INT64_MAX,
                                          .slice = slice,
                                          .slices = slices,
                                          .sample_bp = sample_bp};
}

static int begin(void **state)
{
    (void)state;
    trial_begin(&trial);
    hmac_key_init(&key, bytes_text("secret"));
    known_log = (struct whatif_log){.decide = true, .rulebook = facts_rulebook()};
    ask_for(0, 1, 10000);
    return arena_init(&arena, (size_t)4 * 1024 * 1024) ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    whatif_walk_release(&walk);
    whatif_log_release(&known_log);
    arena_release(&arena);
    return 0;
}

static void name_of(int number, char id[UUID_TEXT_SIZE + 1], char event[16])
{
    (void)snprintf(id, UUID_TEXT_SIZE + 1, "00000000-0000-4000-8000-0000000000%02x", number);
    (void)snprintf(event, 16, "e-%d", number);
}

/* Of one citizen, granted when decided on the trial's day. */
static int64_t place = 42;

static void add_application(int number, const char *event_id)
{
    static struct proto value;
    static struct letter letter;
    char id[UUID_TEXT_SIZE + 1];
    char event[16];
    struct content content = content_default();
    struct request request;
    name_of(number, id, event);
    content.id = id;
    value.size = 0;
    letter_begin(&letter, content_write(&content, &value));
    letter.record.partition = 0;
    letter.record.offset = place;
    letter_set(&letter, "ce_id", event_id != NULL ? event_id : event);
    letter_add(&letter, "ce_time", "2026-03-02T11:00:00Z");
    arena_rewind(&arena, (struct arena_mark){0});
    request_read(&request, &letter.record, REASON_NONE, &key, &arena);
    assert_int_equal(request.reason, REASON_NONE);
    whatif_log_application(&known_log, &request, WHEN_MS);
}

/* `seq` NULL: it does not say. */
static void add_outcome(int number, const char *seq)
{
    struct header header = {bytes_text("mentor-seq"), bytes_text(seq == NULL ? "" : seq)};
    struct record record = {
        .has_value = true, .headers = &header, .header_count = seq == NULL ? 0 : 1};
    char id[UUID_TEXT_SIZE + 1];
    char event[16];
    name_of(number, id, event);
    struct wire_source source = {
        .topic = bytes_text("t"), .offset = 40, .event_id = bytes_text(event)};
    trial.application.application_id = bytes_text(id);
    assert_true(uuid_parse(bytes_text(id), trial.application.id));
    arena_rewind(&arena, (struct arena_mark){0});
    trial_decide(&trial, true);
    assert_int_equal(trial.decision.outcome, OUTCOME_IS_APPROVED);
    assert_true(wire_encode_decision(&trial.decision, &source, &arena, &record.value));
    whatif_log_outcome(&known_log, &record, &arena);
}

static void a_citizens_decisions_come_by_their_numbers(void **state)
{
    (void)state;
    for (int i = 1; i <= 3; i++) {
        add_application(i, NULL);
    }
    add_outcome(3, "1");
    add_outcome(1, "3");
    add_outcome(2, "2");
    add_outcome(2, "2"); /* sent again after a crash */
    whatif_log_close(&known_log);
    run();
    assert_string_equal(seen, "3:0 2:24 1:48");
    assert_memory_equal(last.citizen_ref, "citizen, 16 long", CITIZEN_REF_SIZE);
    assert_int_equal(last.citizen_seq, 3);
    assert_int_equal(last.outcome, OUTCOME_IS_APPROVED);
    assert_int_equal(last.total_ore, trial.decision.frame.total_ore);
    assert_int_equal(last.evaluated_at_ms, trial.matter.evaluated_at_ms);
    assert_false(last.absent);
    assert_int_equal(walk.counts.holes + walk.counts.twice + walk.counts.decided_here, 0);
    assert_int_equal(known_log.counts.contradicted, 0);
}

static void what_has_no_outcome_goes_where_a_number_lacks(void **state)
{
    (void)state;
    add_outcome(2, "2");
    add_application(1, NULL);
    add_application(3, NULL);
    add_application(2, NULL);
    whatif_log_close(&known_log);
    run();
    /* The third overlaps what is granted, so it is referred and leaves nothing. */
    assert_string_equal(seen, "1:0 2:24 3:48");
    assert_int_equal(last.citizen_seq, 3);
    assert_int_equal(last.outcome, OUTCOME_IS_REFERRED);
    assert_int_equal(last.partition, -1);
    assert_int_equal(walk.counts.decided_here, 2);
    assert_int_equal(walk.counts.holes, 0);
}

static void without_a_rulebook_it_is_left_aside_and_the_hole_told(void **state)
{
    (void)state;
    known_log.rulebook = NULL;
    add_outcome(2, "2");
    add_application(1, NULL);
    whatif_log_close(&known_log);
    run();
    assert_string_equal(seen, "2:0");
    assert_true(last.absent);
    assert_int_equal(known_log.counts.undecided, 1);
    assert_int_equal(walk.counts.holes, 1);
}

static void a_duplicate_under_another_id_is_no_decision(void **state)
{
    (void)state;
    add_application(1, NULL);
    add_application(1, "copy");
    add_application(1, NULL); /* the same line again */
    add_outcome(1, "1");
    whatif_log_close(&known_log);
    assert_int_equal(known_log.count, 2);
    run();
    assert_string_equal(seen, "1:0");
    assert_int_equal(walk.counts.undecided, 1);
    assert_int_equal(walk.counts.decided_here, 0);
}

static void two_with_one_number_are_told(void **state)
{
    (void)state;
    add_outcome(1, "1");
    add_outcome(2, "1");
    add_outcome(3, NULL);
    whatif_log_close(&known_log);
    run();
    assert_int_equal(seen_count, 3);
    assert_int_equal(walk.counts.twice, 1);
}

static void two_outcomes_of_one_event_are_not_believed(void **state)
{
    (void)state;
    add_application(1, NULL);
    add_outcome(1, "1");
    trial.matter.evaluated_at_ms++;
    add_outcome(1, "1");
    whatif_log_close(&known_log);
    run();
    assert_int_equal(known_log.counts.contradicted, 1);
    assert_string_equal(last.damaged, "outcome");
}

static void what_is_no_decision_is_counted(void **state)
{
    struct record record = {.has_value = true, .value = bytes_text("\xff")};
    (void)state;
    whatif_log_outcome(&known_log, &record, &arena);
    assert_int_equal(known_log.counts.unreadable, 1);
    assert_int_equal(known_log.count, 0);
}

static void slices_divide_the_citizens(void **state)
{
    (void)state;
    add_outcome(1, "1");
    add_application(1, NULL);
    add_application(2, NULL);
    memset(trial.matter.citizen_ref, 0xff, CITIZEN_REF_SIZE);
    add_outcome(3, "1");
    whatif_log_close(&known_log);
    run();
    assert_int_equal(seen_count, 3);
    ask_for(0, 2, 10000);
    run();
    assert_string_equal(seen, "1:0 2:24");
    ask_for(1, 2, 10000);
    run();
    assert_string_equal(seen, "3:0");
    ask_for(0, 1, 9999);
    run();
    assert_string_equal(seen, "1:0 2:24");
}

/* An outcome names a place of the topic; an application of another event stands there. */
static void by_place_another_event_is_a_contradiction(void **state)
{
    (void)state;
    known_log.by_place = true;
    known_log.topic = bytes_text("t");
    add_outcome(1, "1"); /* partition 0, offset 40 */
    assert_true(whatif_log_wants(&known_log, 0, 40));
    assert_false(whatif_log_wants(&known_log, 0, 42));
    add_application(1, NULL); /* there */
    assert_int_equal(known_log.count, 2);
    assert_int_equal(known_log.counts.contradicted, 0);
    place = 40;
    add_application(2, NULL);
    place = 42;
    assert_int_equal(known_log.count, 2);
    assert_int_equal(known_log.counts.contradicted, 1);
    whatif_log_release(&known_log);
    known_log = (struct whatif_log){.by_place = true, .topic = bytes_text("another")};
    add_outcome(1, "1");
    assert_false(whatif_log_wants(&known_log, 0, 40));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(a_citizens_decisions_come_by_their_numbers),
        TEST(what_has_no_outcome_goes_where_a_number_lacks),
        TEST(without_a_rulebook_it_is_left_aside_and_the_hole_told),
        TEST(a_duplicate_under_another_id_is_no_decision),
        TEST(two_with_one_number_are_told),
        TEST(two_outcomes_of_one_event_are_not_believed),
        TEST(what_is_no_decision_is_counted),
        TEST(slices_divide_the_citizens),
        TEST(by_place_another_event_is_a_contradiction),
    };
#undef TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}
