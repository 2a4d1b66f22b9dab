/* Goal: a stored decision comes to what the other rules say, with what they would have made of the
 * citizen's earlier ones; and one that its own rules do not come to is never counted. */

#include <string.h>

#include "../src/app/whatif.h"
#include "support/facts.h"
#include "support/letter.h"

enum {
    TOTAL_ORE = 721500, /* 185.00 an hour, 180 minutes a week for 13 weeks */
    ROWS = 4,
};

#define OTHER_ID "00000000-0000-4000-8000-000000000001"

static struct rulebook candidate;
static struct whatif whatif;
static struct whatif_history history;
static struct whatif_result result;
static struct content content;
static struct proto inputs[ROWS];
static uint8_t states[ROWS][4 * HISTORY_PERIOD_SIZE];
static struct chronicle_case rows[ROWS];
static uint32_t row_count;

static int begin(void **state)
{
    (void)state;
    candidate = *facts_rulebook();
    memset(candidate.sha256, 7, SHA256_SIZE);
    whatif = (struct whatif){facts_rulebook(), &candidate, WHATIF_ANYWHERE};
    history = (struct whatif_history){0};
    content = content_default();
    row_count = 0;
    return 0;
}

static int end(void **state)
{
    (void)state;
    whatif_history_release(&history);
    return 0;
}

/* The content as it was decided by facts_rulebook(), after the row before, of the same citizen. */
static struct chronicle_case *stored(enum outcome outcome)
{
    struct chronicle_case *row = &rows[row_count];
    *row = (struct chronicle_case){
        .batch = 1,
        .index = (int32_t)row_count,
        .version = content.version,
        .citizen_ref = "citizen, 16 long",
        .citizen_seq = row_count + 1,
        .evaluated_at_ms = noon_of("2026-03-02"),
        .outcome = outcome,
        .has_total = outcome != OUTCOME_IS_REJECTED,
        .total_ore = outcome != OUTCOME_IS_REJECTED ? TOTAL_ORE : 0,
        .input = content_write(&content, &inputs[row_count]),
    };
    assert_true(uuid_parse(bytes_text(content.id), row->application_id));
    if (row_count > 0) {
        const struct chronicle_case *before = &rows[row_count - 1];
        struct history_period period = {.start = day_of("2026-03-09"), .end = day_of("2026-06-07")};
        memcpy(period.application_id, before->application_id, UUID_SIZE);
        row->periods = history_period_settle(
            before->periods, &period, before->outcome == OUTCOME_IS_APPROVED, states[row_count]);
    }
    row_count++;
    return row;
}

static void limit_unit(int64_t ore)
{
    for (int i = 0; i < MUNICIPALITY_COUNT; i++) {
        candidate.parameters[i].max_unit_ore = ore;
    }
}

static void counted(const struct chronicle_case *row)
{
    assert_int_equal(whatif_case(&whatif, row, &history, &result), WHATIF_COUNTED);
}

static bool has(const struct whatif_side *side, enum rule_id rule)
{
    return (side->rules & UINT64_C(1) << rule) != 0;
}

static void the_same_rules_change_nothing(void **state)
{
    (void)state;
    counted(stored(OUTCOME_IS_APPROVED));
    assert_false(whatif_changed(&result));
    assert_int_equal(result.before.granted_ore, TOTAL_ORE);
    assert_int_equal(result.municipality, municipality_index(bytes_text("0217")));
    assert_int_equal(result.day, day_of("2026-03-02"));
}

static void a_lower_limit_refers_what_was_granted(void **state)
{
    (void)state;
    limit_unit(18499);
    counted(stored(OUTCOME_IS_APPROVED));
    assert_true(whatif_flipped(&result));
    assert_int_equal(result.after.outcome, OUTCOME_IS_REFERRED);
    assert_true(has(&result.after, RULE_K01));
    assert_false(has(&result.before, RULE_K01));
    assert_int_equal(result.before.granted_ore, TOTAL_ORE);
    assert_int_equal(result.after.granted_ore, 0); /* what is indicative is not granted */
    assert_false(result.by_history);
}

static void a_limit_is_not_passed_by_what_equals_it(void **state)
{
    (void)state;
    limit_unit(18500);
    counted(stored(OUTCOME_IS_APPROVED));
    assert_false(whatif_changed(&result));
}

static void other_findings_alone_are_a_change_and_no_flip(void **state)
{
    (void)state;
    content.relation = 2; /* SELF: rejected */
    limit_unit(1);
    counted(stored(OUTCOME_IS_REJECTED));
    assert_true(whatif_changed(&result));
    assert_false(whatif_flipped(&result));
}

static void before_the_first_law_nothing_is_decided(void **state)
{
    (void)state;
    candidate.laws[0].from = day_of("2026-03-03");
    counted(stored(OUTCOME_IS_APPROVED));
    assert_int_equal(result.after.outcome, OUTCOME_NONE);
    assert_int_equal(result.after.granted_ore, 0);
}

/* Two applications for the same days: the first is granted, so the second overlaps it (P04). */
static void two_overlapping(void)
{
    (void)stored(OUTCOME_IS_APPROVED);
    content.id = OTHER_ID;
    (void)stored(OUTCOME_IS_REFERRED);
}

/* Below what the first costs; the second costs the same, so only its history tells them apart. */
static void two_under_a_limit(bool first_order)
{
    two_overlapping();
    history.stored = first_order;
    limit_unit(1);
    counted(&rows[0]);
    counted(&rows[1]);
}

static void what_is_not_granted_is_no_history_for_the_next(void **state)
{
    (void)state;
    two_under_a_limit(false);
    assert_true(has(&result.before, RULE_P04));
    assert_false(has(&result.after, RULE_P04));
    assert_true(has(&result.after, RULE_K01));
}

static void in_the_first_order_history_stands_as_it_was(void **state)
{
    (void)state;
    two_under_a_limit(true);
    assert_true(has(&result.after, RULE_P04));
    assert_int_equal(history.lost.count, 0);
}

static void a_change_by_history_alone_is_said_to_be_one(void **state)
{
    (void)state;
    two_overlapping();
    rows[0].evaluated_at_ms = noon_of("2026-03-01");
    candidate.laws[0].from = day_of("2026-03-02"); /* so the first would not have been decided */
    counted(&rows[0]);
    assert_false(result.by_history);
    counted(&rows[1]);
    assert_int_equal(result.before.outcome, OUTCOME_IS_REFERRED);
    assert_int_equal(result.after.outcome, OUTCOME_IS_APPROVED);
    assert_int_equal(result.after.granted_ore, TOTAL_ORE);
    assert_true(result.by_history);
}

static void what_is_granted_anew_is_history_for_the_next(void **state)
{
    (void)state;
    struct rulebook strict = *facts_rulebook();
    for (int i = 0; i < MUNICIPALITY_COUNT; i++) {
        strict.parameters[i].max_unit_ore = 1;
    }
    whatif.own = &strict;
    (void)stored(OUTCOME_IS_REFERRED);
    content.id = OTHER_ID;
    (void)stored(OUTCOME_IS_REFERRED);
    counted(&rows[0]);
    assert_int_equal(result.after.outcome, OUTCOME_IS_APPROVED);
    counted(&rows[1]);
    assert_true(has(&result.after, RULE_P04));
    assert_false(has(&result.after, RULE_K01));
    assert_int_equal(result.after.outcome, OUTCOME_IS_REFERRED);
    assert_false(result.by_history); /* K01 goes in any case */
}

static void a_newer_version_that_comes_to_the_same_mends_history(void **state)
{
    (void)state;
    (void)stored(OUTCOME_IS_APPROVED);
    limit_unit(1);
    counted(&rows[0]);
    assert_int_equal(history.lost.count, 1);
    content.version = 2;
    (void)stored(OUTCOME_IS_APPROVED);
    content.id = OTHER_ID;
    (void)stored(OUTCOME_IS_REFERRED);
    limit_unit(40000);
    counted(&rows[1]);
    counted(&rows[2]);
    assert_false(whatif_changed(&result));
}

static void what_is_out_of_the_range_stands_as_it_was_made(void **state)
{
    (void)state;
    two_overlapping();
    limit_unit(1);
    counted(&rows[0]);
    whatif_history_keep(&history, &rows[0]); /* as after a newer version out of the range */
    counted(&rows[1]);
    assert_true(has(&result.after, RULE_P04));
}

/* The first is lost, but a newer version of it cannot be decided again. */
static void what_is_left_out_stands_as_it_was_made(void **state)
{
    (void)state;
    (void)stored(OUTCOME_IS_APPROVED);
    content.version = 2;
    (void)stored(OUTCOME_IS_APPROVED);
    content.id = OTHER_ID;
    (void)stored(OUTCOME_IS_REFERRED);
    limit_unit(1);
    counted(&rows[0]);
    rows[1].total_ore++;
    assert_int_equal(whatif_case(&whatif, &rows[1], &history, &result), WHATIF_UNLIKE);
    counted(&rows[2]);
    assert_true(has(&result.after, RULE_P04));
}

static void another_municipality_is_outside(void **state)
{
    (void)state;
    whatif.municipality = municipality_index(bytes_text("0101"));
    (void)stored(OUTCOME_IS_APPROVED);
    assert_int_equal(whatif_case(&whatif, &rows[0], &history, &result), WHATIF_OUTSIDE);
    whatif.municipality = municipality_index(bytes_text("0217"));
    counted(&rows[0]);
}

static void a_conflict_moves_no_history(void **state)
{
    (void)state;
    (void)stored(OUTCOME_IS_REFERRED);
    rows[0].conflict = true;
    limit_unit(1);
    counted(&rows[0]);
    assert_true(has(&result.after, RULE_D06));
    assert_int_equal(history.lost.count + history.gained.count, 0);
    row_count = 0;
    two_overlapping();
    counted(&rows[0]);
    rows[2] = rows[0]; /* the granted one again, with other content */
    rows[2].conflict = true;
    rows[2].outcome = OUTCOME_IS_REFERRED;
    counted(&rows[2]);
    counted(&rows[1]);
    assert_false(has(&result.after, RULE_P04));
}

static void one_that_lies_after_a_later_one_is_told(void **state)
{
    (void)state;
    two_overlapping();
    limit_unit(1);
    rows[0].citizen_seq = 3;
    counted(&rows[0]);
    assert_false(result.disordered);
    counted(&rows[1]);
    assert_true(result.disordered);
}

/* Nothing here may be counted as if it were known. */
static void what_its_own_rules_do_not_come_to_is_left_out(void **state)
{
    (void)state;
    struct chronicle_case row = *stored(OUTCOME_IS_APPROVED);
    row.total_ore++;
    assert_int_equal(whatif_case(&whatif, &row, &history, &result), WHATIF_UNLIKE);
    row = rows[0];
    row.has_total = false;
    assert_int_equal(whatif_case(&whatif, &row, &history, &result), WHATIF_UNLIKE);
    row = rows[0];
    row.outcome = OUTCOME_IS_REFERRED;
    assert_int_equal(whatif_case(&whatif, &row, &history, &result), WHATIF_UNLIKE);
    row = rows[0];
    row.input.size--;
    assert_int_equal(whatif_case(&whatif, &row, &history, &result), WHATIF_UNREADABLE);
    row = rows[0];
    row.application_id[3] ^= 1;
    assert_int_equal(whatif_case(&whatif, &row, &history, &result), WHATIF_UNREADABLE);
    row = rows[0];
    row.periods = bytes_of(states, HISTORY_PERIOD_SIZE - 1);
    assert_int_equal(whatif_case(&whatif, &row, &history, &result), WHATIF_UNREADABLE);
    row = rows[0];
    row.damaged = "rulebook";
    assert_int_equal(whatif_case(&whatif, &row, &history, &result), WHATIF_UNREADABLE);
    whatif.own = NULL;
    assert_int_equal(whatif_case(&whatif, &rows[0], &history, &result), WHATIF_NO_RULEBOOK);
}

static void what_is_erased_or_sealed_is_told_by_kind_and_stands(void **state)
{
    (void)state;
    static const enum whatif_verdict verdicts[PAYLOAD_STATE_COUNT] = {
        WHATIF_COUNTED, WHATIF_SEALED, WHATIF_UNREADABLE, WHATIF_ERASED, WHATIF_RETIRED};
    two_overlapping();
    limit_unit(1);
    for (enum payload_state kind = PAYLOAD_LOCKED; kind < PAYLOAD_STATE_COUNT; kind++) {
        struct chronicle_case row = rows[0];
        row.payload.state = kind; /* what its input says then is not believed */
        assert_int_equal(whatif_case(&whatif, &row, &history, &result), verdicts[kind]);
    }
    counted(&rows[1]);
    assert_true(has(&result.after, RULE_P04)); /* the first one's grant */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_same_rules_change_nothing, begin, end),
        cmocka_unit_test_setup_teardown(a_lower_limit_refers_what_was_granted, begin, end),
        cmocka_unit_test_setup_teardown(a_limit_is_not_passed_by_what_equals_it, begin, end),
        cmocka_unit_test_setup_teardown(other_findings_alone_are_a_change_and_no_flip, begin, end),
        cmocka_unit_test_setup_teardown(before_the_first_law_nothing_is_decided, begin, end),
        cmocka_unit_test_setup_teardown(what_is_not_granted_is_no_history_for_the_next, begin, end),
        cmocka_unit_test_setup_teardown(in_the_first_order_history_stands_as_it_was, begin, end),
        cmocka_unit_test_setup_teardown(a_change_by_history_alone_is_said_to_be_one, begin, end),
        cmocka_unit_test_setup_teardown(what_is_granted_anew_is_history_for_the_next, begin, end),
        cmocka_unit_test_setup_teardown(
            a_newer_version_that_comes_to_the_same_mends_history, begin, end),
        cmocka_unit_test_setup_teardown(what_is_out_of_the_range_stands_as_it_was_made, begin, end),
        cmocka_unit_test_setup_teardown(what_is_left_out_stands_as_it_was_made, begin, end),
        cmocka_unit_test_setup_teardown(another_municipality_is_outside, begin, end),
        cmocka_unit_test_setup_teardown(a_conflict_moves_no_history, begin, end),
        cmocka_unit_test_setup_teardown(one_that_lies_after_a_later_one_is_told, begin, end),
        cmocka_unit_test_setup_teardown(what_its_own_rules_do_not_come_to_is_left_out, begin, end),
        cmocka_unit_test_setup_teardown(
            what_is_erased_or_sealed_is_told_by_kind_and_stands, begin, end),
    };
    return cmocka_run_group_tests_name("app/whatif", tests, NULL, NULL);
}
