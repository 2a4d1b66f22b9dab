/*
 * Goal: the stateful rows of the disposition table, and what a decision leaves to the next: rows,
 * history, D06, supersedes, Q01.
 */

#include "mentor/app/judge.h"
#include "mentor/base/arena.h"

#include "support/facts.h"
#include "support/letter.h"

/* One application and the citizens it meets, as the store would hold them. */
static struct arena arena;
static struct application_row application;
static struct citizen_row citizen;
static struct content content;
static struct hmac_key citizen_key;
static struct judgement judgement;
static struct judge judge;

static int open_arena(void **state)
{
    (void)state;
    hmac_key_init(&citizen_key, bytes_text("secret"));
    return arena_init(&arena, (size_t)64 * 1024 * 1024) ? 0 : -1;
}

static int close_arena(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

static int begin(void **state)
{
    (void)state;
    arena_rewind(&arena, (struct arena_mark){0});
    application = (struct application_row){0};
    citizen = (struct citizen_row){0};
    content = content_default();
    judge = (struct judge){
        .rulebook = facts_rulebook(),
        .topic = bytes_text("mentor.applications.v1"),
        .evaluated_at_ms = noon_of("2026-03-02"),
        .batch = 9,
        .index = 4,
    };
    return 0;
}

/* The content under this event id, against a citizen's row. */
static enum reason judge_for(const char *event_id, struct citizen_row *row)
{
    struct letter *letter = arena_alloc(&arena, sizeof(*letter));
    struct proto *proto = arena_alloc(&arena, sizeof(*proto));
    assert_non_null(proto);
    struct request request;
    letter_begin(letter, content_write(&content, proto));
    letter_set(letter, "ce_id", event_id);
    request_read(&request, &letter->record, REASON_NONE, &citizen_key, &arena);
    assert_int_equal(request.reason, REASON_NONE);
    judge.evaluated_at_ms++;
    return judge_request(&judge, &request, &application, row, &arena, &judgement);
}

static enum reason judge_event(const char *event_id)
{
    return judge_for(event_id, &citizen);
}

static bool found(enum rule_id rule)
{
    return findings_has(&judgement.decision.findings, rule);
}

static void a_first_event_is_decided_and_remembered(void **state)
{
    (void)state;
    assert_int_equal(judge_event("a-1"), REASON_NONE);
    assert_int_equal(judgement.decision.outcome, OUTCOME_IS_APPROVED);
    assert_int_equal(judgement.periods.size, 0);
    uint8_t digest[SHA256_SIZE];
    hmac_of(&citizen_key, bytes_text("1403760101"), digest);
    assert_memory_equal(judgement.matter.citizen_ref, digest, CITIZEN_REF_SIZE);
    assert_true(judgement.output.size > 100);
    assert_false(judgement.matter.superseding);
    assert_int_equal(application.seq, 1);
    assert_true(application.changed);
    assert_int_equal(citizen.seq, 1);
    assert_true(citizen.changed);
    assert_int_equal(history_event_count(application.state), 1);
    struct history_event event = history_event_at(application.state, 0);
    assert_memory_equal(event.event_key, judgement.matter.event_key, EVENT_KEY_SIZE);
    assert_int_equal(event.version, 1);
    assert_false(event.conflict);
    assert_int_equal(event.evaluated_at_ms, judge.evaluated_at_ms);
    assert_int_equal(event.batch, 9);
    assert_int_equal(event.index, 4);
    assert_int_equal(history_period_count(citizen.state), 1);
    assert_int_equal(history_period_at(citizen.state, 0).start, day_of("2026-03-09"));
    assert_int_equal(history_period_at(citizen.state, 0).end, day_of("2026-06-07"));
}

/* Both rows stay as they are. */
static void assert_refused(const char *event_id, enum reason reason)
{
    struct application_row before = application;
    struct citizen_row citizen_before = citizen;
    assert_int_equal(judge_event(event_id), reason);
    assert_memory_equal(&application, &before, sizeof(before));
    assert_memory_equal(&citizen, &citizen_before, sizeof(citizen_before));
}

static void the_same_event_again_is_a_duplicate_or_a_conflict(void **state)
{
    (void)state;
    assert_int_equal(judge_event("a-1"), REASON_NONE);
    assert_refused("a-1", REASON_DUPLICATE_EVENT);
    content.minutes = 181;
    assert_refused("a-1", REASON_EVENT_CONFLICT);
    content.version = 2; /* a newer version under the old event id */
    assert_refused("a-1", REASON_EVENT_CONFLICT);
}

static void the_same_content_under_another_id_is_a_duplicate(void **state)
{
    (void)state;
    assert_int_equal(judge_event("a-1"), REASON_NONE);
    assert_refused("a-2", REASON_DUPLICATE_CONTENT);
    content.minutes = 181; /* that event id is not remembered */
    assert_int_equal(judge_event("a-2"), REASON_NONE);
    assert_true(found(RULE_D06));
}

static void a_content_is_known_also_when_a_newer_version_is_decided(void **state)
{
    (void)state;
    assert_int_equal(judge_event("a-1"), REASON_NONE);
    content.version = 2;
    assert_int_equal(judge_event("a-2"), REASON_NONE);
    content.version = 1;
    assert_refused("a-3", REASON_DUPLICATE_CONTENT);
    assert_refused("a-1", REASON_DUPLICATE_EVENT);
    content.minutes = 181;
    assert_refused("a-3", REASON_VERSION_OUTDATED);
    assert_refused("a-1", REASON_EVENT_CONFLICT);
}

static void other_content_under_a_version_is_d06_once(void **state)
{
    (void)state;
    assert_int_equal(judge_event("a-1"), REASON_NONE);
    content.minutes = 200;
    content.start = "2026-04-01";
    assert_int_equal(judge_event("a-2"), REASON_NONE);
    assert_true(found(RULE_D06));
    assert_int_equal(judgement.decision.outcome, OUTCOME_IS_REFERRED);
    assert_true(judgement.matter.conflict);
    assert_false(judgement.matter.superseding);
    assert_int_equal(application.seq, 2);
    assert_true(history_event_at(application.state, 1).conflict);
    /* The first decision stays the decided version, and its period the citizen's. */
    assert_int_equal(history_period_count(citizen.state), 1);
    assert_int_equal(history_period_at(citizen.state, 0).start, day_of("2026-03-09"));
    assert_refused("a-3", REASON_DUPLICATE_CONTENT);
    content.minutes = 201;
    assert_int_equal(judge_event("a-4"), REASON_NONE); /* again, with another content */
    assert_true(found(RULE_D06));
}

static void a_newer_version_supersedes_the_decided_one(void **state)
{
    (void)state;
    assert_int_equal(judge_event("a-1"), REASON_NONE);
    uint8_t first[UUID_SIZE];
    memcpy(first, judgement.decision.decision_id, UUID_SIZE);
    content.minutes = 200;
    assert_int_equal(judge_event("a-2"), REASON_NONE); /* D06: never the decided version */
    content.version = 5;
    assert_int_equal(judge_event("a-5"), REASON_NONE);
    assert_true(judgement.matter.superseding);
    assert_memory_equal(judgement.matter.supersedes, first, UUID_SIZE);
    uint8_t fifth[UUID_SIZE];
    memcpy(fifth, judgement.decision.decision_id, UUID_SIZE);
    content.version = 4;
    assert_refused("a-4", REASON_VERSION_OUTDATED);
    content.version = 6;
    assert_int_equal(judge_event("a-6"), REASON_NONE);
    assert_memory_equal(judgement.matter.supersedes, fifth, UUID_SIZE);
}

static void a_new_version_takes_the_place_of_the_old_period(void **state)
{
    (void)state;
    assert_int_equal(judge_event("a-1"), REASON_NONE);
    content.version = 2;
    content.end = "2026-05-01";
    assert_int_equal(judge_event("a-2"), REASON_NONE);
    assert_false(found(RULE_P04)); /* the own earlier version is no history */
    assert_int_equal(history_period_count(citizen.state), 1);
    assert_int_equal(history_period_at(citizen.state, 0).end, day_of("2026-05-01"));
    content.version = 3;
    content.relation = 2; /* rejected: nothing counts any more */
    assert_int_equal(judge_event("a-3"), REASON_NONE);
    assert_int_equal(history_period_count(citizen.state), 0);
}

static void another_application_of_the_citizen_is_history(void **state)
{
    (void)state;
    assert_int_equal(judge_event("a-1"), REASON_NONE);
    struct bytes before = citizen.state;
    application = (struct application_row){0};
    content.id = "00000000-0000-4000-8000-000000000002";
    content.start = "2026-06-08";
    content.end = "2026-08-31";
    assert_int_equal(judge_event("b-1"), REASON_NONE);
    assert_true(found(RULE_P02));
    assert_true(bytes_equal(judgement.periods, before));
    assert_int_equal(citizen.seq, 2);
    assert_int_equal(application.seq, 1);
    assert_int_equal(history_period_count(citizen.state), 1); /* referred: no period of its own */
}

/* The corrected CPR number's citizen gets the period; the other one keeps theirs. */
static void a_citizen_may_change_between_versions(void **state)
{
    (void)state;
    struct citizen_row other = {0};
    assert_int_equal(judge_event("a-1"), REASON_NONE);
    content.version = 2;
    content.cpr = "2305941102";
    assert_int_equal(judge_for("a-2", &other), REASON_NONE);
    assert_true(judgement.matter.superseding);
    assert_int_equal(application.seq, 2);
    assert_int_equal(other.seq, 1);
    assert_int_equal(citizen.seq, 1);
    assert_int_equal(history_period_count(other.state), 1);
    assert_int_equal(history_period_count(citizen.state), 1);
}

static void without_a_law_nothing_is_decided(void **state)
{
    (void)state;
    judge.evaluated_at_ms = noon_of("2019-12-31");
    assert_refused("a-1", REASON_NO_LAW);
    judge.evaluated_at_ms = noon_of("2026-03-02");
    assert_int_equal(judge_event("a-1"), REASON_NONE);
    judge.evaluated_at_ms = noon_of("2019-12-31");
    assert_refused("a-1", REASON_DUPLICATE_EVENT); /* goes before */
    content.version = 2;
    assert_refused("a-2", REASON_NO_LAW);
}

static void an_event_in_quarantine_is_q01_by_key_or_by_citizen(void **state)
{
    (void)state;
    judge.key_armed = true;
    assert_int_equal(judge_event("a-1"), REASON_NONE);
    assert_true(found(RULE_Q01));
    assert_true(judgement.matter.quarantined);
    judge.key_armed = false;
    content.version = 2;
    citizen.armed = 1;
    assert_int_equal(judge_event("a-2"), REASON_NONE);
    assert_true(found(RULE_Q01));
    assert_int_equal(citizen.armed, 1);
    content.version = 3;
    citizen.armed = 0;
    assert_int_equal(judge_event("a-3"), REASON_NONE);
    assert_false(found(RULE_Q01));
}

/* Out of memory on one record is that record's failure: the rows are as they were. */
static void a_full_arena_fails_the_record_alone(void **state)
{
    (void)state;
    struct letter letter;
    static struct proto proto;
    struct request request;
    letter_begin(&letter, content_write(&content, &proto));
    request_read(&request, &letter.record, REASON_NONE, &citizen_key, &arena);
    bool decided = false;
    for (size_t capacity = 16; capacity < 8192; capacity += 16) {
        struct arena small;
        application = (struct application_row){0};
        citizen = (struct citizen_row){0};
        assert_true(arena_init(&small, capacity));
        enum reason reason =
            judge_request(&judge, &request, &application, &citizen, &small, &judgement);
        assert_int_equal(reason,
                         decided || reason == REASON_NONE ? REASON_NONE : REASON_RECORD_FAILED);
        decided = reason == REASON_NONE;
        assert_int_equal(application.seq, decided);
        assert_int_equal(citizen.seq, decided);
        assert_int_equal(history_event_count(application.state), decided);
        arena_release(&small);
    }
    assert_true(decided);
}

static void traces_are_packed_for_the_outcome(void **state)
{
    (void)state;
    struct request request = {0};
    struct bytes trace;
    struct header *headers = NULL;
    uint32_t count = 0;
    assert_true(judge_trace(&request, &arena, &trace));
    assert_int_equal(trace.size, 0);
    request.envelope.tracestate = bytes_text("a=b");
    assert_true(judge_trace(&request, &arena, &trace));
    assert_true(headers_unpack(trace, &arena, &headers, &count));
    assert_int_equal(count, 1);
    assert_true(bytes_is(headers[0].name, "tracestate"));
    request.envelope.traceparent = bytes_text("p");
    assert_true(judge_trace(&request, &arena, &trace));
    assert_true(headers_unpack(trace, &arena, &headers, &count));
    assert_int_equal(count, 2);
    assert_true(bytes_is(headers[0].name, "traceparent"));
    assert_true(bytes_is(headers[0].value, "p"));
    assert_true(bytes_is(headers[1].value, "a=b"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_first_event_is_decided_and_remembered, begin),
        cmocka_unit_test_setup(the_same_event_again_is_a_duplicate_or_a_conflict, begin),
        cmocka_unit_test_setup(the_same_content_under_another_id_is_a_duplicate, begin),
        cmocka_unit_test_setup(a_content_is_known_also_when_a_newer_version_is_decided, begin),
        cmocka_unit_test_setup(other_content_under_a_version_is_d06_once, begin),
        cmocka_unit_test_setup(a_newer_version_supersedes_the_decided_one, begin),
        cmocka_unit_test_setup(a_new_version_takes_the_place_of_the_old_period, begin),
        cmocka_unit_test_setup(another_application_of_the_citizen_is_history, begin),
        cmocka_unit_test_setup(a_citizen_may_change_between_versions, begin),
        cmocka_unit_test_setup(without_a_law_nothing_is_decided, begin),
        cmocka_unit_test_setup(an_event_in_quarantine_is_q01_by_key_or_by_citizen, begin),
        cmocka_unit_test_setup(a_full_arena_fails_the_record_alone, begin),
        cmocka_unit_test_setup(traces_are_packed_for_the_outcome, begin),
    };
    return cmocka_run_group_tests_name("app/judge", tests, open_arena, close_arena);
}
