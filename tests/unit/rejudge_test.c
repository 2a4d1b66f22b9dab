/* Goal: what is stored of a decision is enough to make it again, bytes for bytes; what is missing
 * or damaged is said. */

#include <string.h>

#include "mentor/base/arena.h"

#include "../src/app/rejudge.h"
#include "support/facts.h"
#include "support/letter.h"

static struct arena arena;
static struct hmac_key citizen_key;
static struct application_row application;
static struct citizen_row citizen;
static struct chronicle_decision row;
static struct judgement judgement;
static struct rejudge given;
static struct rejudged made;
static struct content content;

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

/* Decides the content under this event id, and stores it in `row` as the worker does. */
static void decide_and_store(const char *event_id, bool armed)
{
    struct letter *letter = arena_alloc(&arena, sizeof(*letter));
    struct proto *proto = arena_alloc(&arena, sizeof(*proto));
    assert_non_null(proto);
    struct request request;
    letter_begin(letter, content_write(&content, proto));
    letter_set(letter, "ce_id", event_id);
    letter->record.partition = 3;
    letter->record.offset = 42;
    request_read(&request, &letter->record, REASON_NONE, &citizen_key, &arena);
    struct judge judge = {.rulebook = facts_rulebook(),
                          .topic = bytes_text("mentor.applications.v1"),
                          .evaluated_at_ms = noon_of("2026-03-02"),
                          .batch = 9,
                          .index = 4,
                          .key_armed = armed};
    assert_int_equal(judge_request(&judge, &request, &application, &citizen, &arena, &judgement),
                     REASON_NONE);
    row = (struct chronicle_decision){
        .archived = {.batch = 9,
                     .index = 4,
                     .partition = 3,
                     .offset = 42,
                     .application_seq = application.seq,
                     .conflict = judgement.matter.conflict,
                     .quarantined = judgement.matter.quarantined,
                     .periods = judgement.periods,
                     .input = letter->record.value,
                     .stored = {.offset = 42,
                                .citizen_seq = citizen.seq,
                                .evaluated_at_ms = judge.evaluated_at_ms,
                                .output = judgement.output}},
        .events = application.state,
    };
    memcpy(row.archived.stored.citizen_ref, request.citizen_ref, CITIZEN_REF_SIZE);
    assert_true(headers_pack(
        letter->record.headers, letter->record.header_count, &arena, &row.archived.headers));
}

static int begin(void **state)
{
    (void)state;
    arena_rewind(&arena, (struct arena_mark){0});
    application = (struct application_row){0};
    citizen = (struct citizen_row){0};
    content = content_default();
    given = (struct rejudge){.rulebook = facts_rulebook(),
                             .topic = bytes_text("mentor.applications.v1"),
                             .citizen_key = &citizen_key};
    decide_and_store("a-1", false);
    return 0;
}

static void assert_same(void)
{
    assert_null(rejudge(&given, &row, &arena, &made));
    assert_int_equal(made.judgement.output.size, row.archived.stored.output.size);
    assert_memory_equal(
        made.judgement.output.data, row.archived.stored.output.data, made.judgement.output.size);
}

static void a_decision_is_made_again_with_what_it_left(void **state)
{
    (void)state;
    assert_same();
    assert_int_equal(made.application.seq, 1);
    assert_int_equal(made.application.state.size, application.state.size);
    assert_memory_equal(
        made.application.state.data, application.state.data, application.state.size);
    assert_int_equal(made.citizen.seq, 1);
    assert_int_equal(made.citizen.state.size, citizen.state.size);
    assert_memory_equal(made.citizen.state.data, citizen.state.data, citizen.state.size);
}

/* Without its input: what audit and replay go on with where that is gone. */
static void what_it_left_is_stored_beside_its_input(void **state)
{
    (void)state;
    content.version = 2;
    decide_and_store("a-2", false);
    assert_same();
    row.archived.stored.outcome = judgement.decision.outcome;
    row.start = judgement.decision.start;
    row.end = judgement.decision.end;
    memcpy(row.application_id, made.request.application->id, UUID_SIZE);
    row.archived.input = row.archived.headers = (struct bytes){0};
    struct bytes events;
    assert_true(rejudge_left_events(&row, &events));
    assert_true(bytes_equal(events, application.state));
    assert_true(citizen.state.size > 0);
    assert_true(bytes_equal(rejudge_left_periods(&row, &arena), citizen.state));
    row.archived.conflict = true; /* it moved nothing */
    assert_true(bytes_equal(rejudge_left_periods(&row, &arena), row.archived.periods));
    row.archived.application_seq++;
    assert_false(rejudge_left_events(&row, &events));
    row.archived.application_seq = 0;
    assert_false(rejudge_left_events(&row, &events));
}

static void a_later_version_sees_the_decisions_before_it_only(void **state)
{
    (void)state;
    content.version = 2;
    decide_and_store("a-2", false);
    assert_true(judgement.matter.superseding);
    assert_same();
    assert_true(made.judgement.matter.superseding);
    row.events = bytes_of(row.events.data, 0);
    assert_non_null(rejudge(&given, &row, &arena, &made));
}

/* Digests are for telling events apart, so they are taken where one came before. */
static void a_lean_look_comes_to_the_same_bytes(void **state)
{
    (void)state;
    static const uint8_t none[SHA256_SIZE];
    given.lean = true;
    assert_same();
    assert_memory_equal(made.request.content, none, SHA256_SIZE);
    content.version = 2;
    decide_and_store("a-2", false);
    assert_same();
    assert_memory_not_equal(made.request.content, none, SHA256_SIZE);
}

static void a_conflict_and_a_quarantined_one_are_made_again(void **state)
{
    (void)state;
    content.minutes = 60;
    decide_and_store("a-3", true);
    assert_true(row.archived.conflict);
    assert_true(row.archived.quarantined);
    assert_same();
    row.archived.quarantined = false;
    assert_null(rejudge(&given, &row, &arena, &made));
    assert_false(bytes_equal(made.judgement.output, row.archived.stored.output));
}

static void without_the_secret_the_stored_pseudonym_stands(void **state)
{
    (void)state;
    given.citizen_key = NULL;
    assert_same();
}

static void other_facts_give_another_output(void **state)
{
    (void)state;
    row.archived.stored.evaluated_at_ms++;
    assert_null(rejudge(&given, &row, &arena, &made));
    assert_false(bytes_equal(made.judgement.output, row.archived.stored.output));
}

static void what_is_damaged_is_said(void **state)
{
    (void)state;
    struct chronicle_decision whole = row;
    row.archived.headers.size--;
    assert_non_null(rejudge(&given, &row, &arena, &made));
    row = whole;
    row.archived.input.size = 3;
    assert_non_null(rejudge(&given, &row, &arena, &made));
    row = whole;
    row.archived.periods = bytes_text("half");
    assert_non_null(rejudge(&given, &row, &arena, &made));
    row = whole;
    row.archived.application_seq = 0;
    assert_non_null(rejudge(&given, &row, &arena, &made));
}

/* The columns as the store fills them. */
static void fill_columns(struct chronicle_decision *whole)
{
    const struct decision *decision = &made.judgement.decision;
    *whole = row;
    memcpy(whole->archived.stored.decision_id, decision->decision_id, UUID_SIZE);
    memcpy(whole->application_id, made.request.application->id, UUID_SIZE);
    whole->version = made.request.application->version;
    whole->archived.stored.outcome = decision->outcome;
    whole->archived.stored.late_ms = -1;
    whole->has_total = decision->has_frame;
    whole->total_ore = decision->frame.total_ore;
    whole->has_period = decision->has_period;
    whole->start = decision->start;
    whole->end = decision->end;
}

static void every_column_that_is_otherwise_is_told(void **state)
{
    struct chronicle_decision whole;
    (void)state;
    assert_same();
    for (enum rejudge_part part = REJUDGE_OUTPUT; part < REJUDGE_PART_COUNT; part++) {
        fill_columns(&whole);
        assert_int_equal(rejudge_compare(&given, &whole, &made), 0);
        switch (part) {
        case REJUDGE_OUTPUT:
            whole.archived.stored.output.size--;
            break;
        case REJUDGE_DECISION_ID:
            whole.archived.stored.decision_id[15] ^= 1;
            break;
        case REJUDGE_APPLICATION_ID:
            whole.application_id[0] ^= 1;
            break;
        case REJUDGE_VERSION:
            whole.version++;
            break;
        case REJUDGE_CITIZEN_REF:
            whole.archived.stored.citizen_ref[15] ^= 1;
            break;
        case REJUDGE_OUTCOME:
            whole.archived.stored.outcome = OUTCOME_IS_REFERRED;
            break;
        case REJUDGE_AMOUNT:
            whole.total_ore++;
            break;
        case REJUDGE_PERIOD:
            whole.end++;
            break;
        case REJUDGE_CONFLICT:
            whole.archived.conflict = true;
            break;
        case REJUDGE_LATENESS:
            whole.archived.stored.late_ms = 0;
            break;
        case REJUDGE_TRACE:
            whole.archived.stored.trace = bytes_text("x");
            break;
        case REJUDGE_PART_COUNT:
            break;
        }
        uint32_t parts = rejudge_compare(&given, &whole, &made);
        assert_int_equal(parts, UINT32_C(1) << part);
        assert_true(strlen(rejudge_part_name(parts)) > 0);
    }
    fill_columns(&whole);
    whole.has_total = whole.has_period = false;
    assert_int_equal(rejudge_compare(&given, &whole, &made),
                     UINT32_C(1) << REJUDGE_AMOUNT | UINT32_C(1) << REJUDGE_PERIOD);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_decision_is_made_again_with_what_it_left, begin),
        cmocka_unit_test_setup(what_it_left_is_stored_beside_its_input, begin),
        cmocka_unit_test_setup(every_column_that_is_otherwise_is_told, begin),
        cmocka_unit_test_setup(a_later_version_sees_the_decisions_before_it_only, begin),
        cmocka_unit_test_setup(a_lean_look_comes_to_the_same_bytes, begin),
        cmocka_unit_test_setup(a_conflict_and_a_quarantined_one_are_made_again, begin),
        cmocka_unit_test_setup(without_the_secret_the_stored_pseudonym_stands, begin),
        cmocka_unit_test_setup(other_facts_give_another_output, begin),
        cmocka_unit_test_setup(what_is_damaged_is_said, begin),
    };
    return cmocka_run_group_tests_name("app/rejudge", tests, open_arena, close_arena);
}
