/*
 * Goal: from findings to a decision: the weighing, frame, period, deadline, what may be copied, and
 * an id that is the same on every machine.
 */

#include "support/facts.h"

struct verdict {
    const char *name;
    struct change changes[CHANGES_MAX];
    enum outcome outcome;
    bool frame;
    bool period;
};

#define REFER             NUMBER(relation, RELATION_OF_FAMILY)
#define REJECT            NUMBER(beyond_normal, ANSWER_IS_NO)
#define BLOCK             NUMBER(introduction_programme, true)
#define DATES(start, end) TEXT(start_date, (start)), TEXT(end_date, (end))

/* clang-format off */
static struct verdict verdicts[] = {
    {"nothing but a note approves", {{0}}, OUTCOME_IS_APPROVED, true, true},
    {"a refused item approves", {NUMBER(cost.other_count, 1)}, OUTCOME_IS_APPROVED, true, true},
    {"REFER refers", {REFER}, OUTCOME_IS_REFERRED, true, true},
    {"REJECT rejects, without a frame", {REJECT}, OUTCOME_IS_REJECTED, false, true},
    {"REJECT goes before REFER", {REJECT, REFER}, OUTCOME_IS_REJECTED, false, true},
    {"REFER_BLOCKING refers", {BLOCK}, OUTCOME_IS_REFERRED, true, true},
    {"REFER_BLOCKING goes before REJECT", {BLOCK, REJECT, REFER}, OUTCOME_IS_REFERRED, true, true},
    {"an invalid CPR number has an indicative frame", {TEXT(cpr, "")}, OUTCOME_IS_REFERRED, true, true},
    {"an unknown municipality likewise", {TEXT(municipality_code, "")}, OUTCOME_IS_REFERRED, true, true},
    {"D06 likewise", {CONFLICT}, OUTCOME_IS_REFERRED, true, true},
    {"an empty name likewise", {TEXT(mentor_name, "")}, OUTCOME_IS_REFERRED, true, true},
    {"no basis: no frame", {NUMBER(cost.basis, COST_NONE)}, OUTCOME_IS_REFERRED, false, true},
    {"any D08: no frame", {NUMBER(cost.training_ore, -1)}, OUTCOME_IS_REFERRED, false, true},
    {"D08 on minutes: no frame", {NUMBER(minutes_per_week, 10081)}, OUTCOME_IS_REFERRED, false, true},
    {"no minutes: no frame", {NUMBER(minutes_per_week, 0)}, OUTCOME_IS_REFERRED, false, true},
    {"no start: neither", {TEXT(start_date, "")}, OUTCOME_IS_REFERRED, false, false},
    {"no end: neither", {TEXT(end_date, "")}, OUTCOME_IS_REFERRED, false, false},
    {"an end before the start: neither", {TEXT(end_date, "2026-03-08")}, OUTCOME_IS_REFERRED, false, false},
    {"a period that is too long: neither", {TEXT(end_date, "2036-03-16")}, OUTCOME_IS_REFERRED, false, false},
    {"a refused cost that is invalid: no frame",
     {NUMBER(cost.other_count, 1), NUMBER(cost.other_ore[0], 100000001)}, OUTCOME_IS_REFERRED, false, true},
};
/* clang-format on */

static void the_findings_are_weighed(void **state)
{
    static struct trial trial;
    const struct verdict *verdict = *state;
    trial_begin(&trial);
    for (int i = 0; i < CHANGES_MAX; i++) {
        trial_change(&trial, &verdict->changes[i]);
    }
    trial_decide(&trial, true);
    const struct decision *decision = &trial.decision;
    assert_int_equal(decision->outcome, verdict->outcome);
    assert_int_equal(decision->has_frame, verdict->frame);
    assert_int_equal(decision->indicative,
                     verdict->frame && verdict->outcome == OUTCOME_IS_REFERRED);
    assert_int_equal(decision->frame.total_ore, verdict->frame ? 893607 : 0);
    static const struct frame none;
    assert_true(verdict->frame || memcmp(&decision->frame, &none, sizeof(none)) == 0);
    assert_int_equal(decision->has_period, verdict->period);
    assert_false(decision->by_right);
    assert_int_equal(decision->complaint_deadline, day_of("2026-03-30"));
}

static struct trial *education(const char *end)
{
    static struct trial trial;
    trial_begin(&trial);
    trial.application.target_group = TARGET_GROUP_EDUCATION_READY;
    trial.application.activity_kind = ACTIVITY_ORDINARY_EDUCATION;
    trial.application.education_admission_date = bytes_text("2026-03-02");
    trial.application.end_date = bytes_text(end);
    trial_decide(&trial, true);
    return &trial;
}

static void only_an_approval_is_by_right(void **state)
{
    (void)state;
    struct trial *trial = education("2026-06-07");
    assert_int_equal(trial->decision.outcome, OUTCOME_IS_APPROVED);
    assert_true(trial->decision.by_right);
    trial = education("2026-10-07");
    assert_int_equal(trial->decision.outcome, OUTCOME_IS_REJECTED);
    assert_true(findings_has(&trial->decision.findings, RULE_E07));
    assert_false(trial->decision.by_right);
}

static void the_period_has_its_latest_end_also_at_discharge(void **state)
{
    (void)state;
    static struct trial trial;
    trial_begin(&trial);
    trial.application.psychiatric_discharge_right = true;
    trial.application.start_date = bytes_text("2026-08-31");
    trial.application.end_date = bytes_text("2027-08-31");
    trial_decide(&trial, true);
    assert_true(trial.decision.has_period);
    assert_int_equal(trial.decision.start, day_of("2026-08-31"));
    assert_int_equal(trial.decision.end, day_of("2027-08-31"));
    assert_int_equal(trial.decision.latest_end, day_of("2027-02-27"));
}

static void the_frame_is_case_1s(void **state)
{
    (void)state;
    static struct trial trial;
    trial_begin(&trial);
    trial.application.cost.other_count = 1;
    trial.application.cost.other_ore[0] = 60000; /* refused, never in the frame */
    trial_decide(&trial, true);
    assert_int_equal(trial.decision.frame.unit_ore, 22913);
    assert_int_equal(trial.decision.frame.minutes, 2340);
    assert_int_equal(trial.decision.frame.support_ore, 893607);
    assert_int_equal(trial.decision.frame.total_ore, 893607);
}

static void the_decision_date_is_denmarks(void **state)
{
    (void)state;
    static struct trial trial;
    trial_begin(&trial);
    trial.matter.evaluated_at_ms = (int64_t)day_of("2026-03-02") * 86400000 + (int64_t)23 * 3600000;
    trial_decide(&trial, true);
    assert_int_equal(trial.decision.decision_date, day_of("2026-03-03"));
    assert_int_equal(trial.decision.complaint_deadline, day_of("2026-03-31"));
    trial.matter.evaluated_at_ms--;
    trial_decide(&trial, true);
    assert_int_equal(trial.decision.decision_date, day_of("2026-03-02"));
}

static void only_what_is_valid_may_be_copied(void **state)
{
    (void)state;
    static struct trial trial;
    trial_begin(&trial);
    trial.application.p_number = bytes_text("1000000001");
    trial_decide(&trial, true);
    assert_true(trial.decision.municipality_valid);
    assert_true(trial.decision.cvr_valid);
    assert_true(trial.decision.p_number_valid);

    trial.application.municipality_code = bytes_text("0101"); /* the first */
    trial_decide(&trial, true);
    assert_true(trial.decision.municipality_valid);

    trial.application.municipality_code = bytes_text("0860"); /* known, not served */
    trial.application.p_number = bytes_text("  ");
    trial_decide(&trial, true);
    assert_true(trial.decision.municipality_valid);
    assert_false(trial.decision.p_number_valid);

    trial.application.municipality_code = bytes_text("0411");
    trial.application.cvr = bytes_text("1403760101");
    trial.application.p_number = trial.application.cpr;
    trial_decide(&trial, true);
    assert_false(trial.decision.municipality_valid);
    assert_false(trial.decision.cvr_valid);
    assert_false(trial.decision.p_number_valid);

    trial.application.supplier_cvr = bytes_text("x"); /* another field's D03 */
    trial.application.cvr = bytes_text("99000007");
    trial.application.p_number = bytes_text("1000000001");
    trial_decide(&trial, true);
    assert_true(trial.decision.cvr_valid);
    assert_true(trial.decision.p_number_valid);
}

static void put_bit(uint8_t *id, int at, int bit)
{
    id[at / 8] = (uint8_t)(id[at / 8] | bit << (7 - at % 8));
}

/* Bit by bit, as contract.md § 1 says it. */
static void independent_id(uint32_t version, int64_t ms, const uint8_t *event_key, uint8_t *id)
{
    char seed[UUID_TEXT_SIZE + 4 + EVENT_KEY_SIZE + 1];
    (void)snprintf(seed,
                   sizeof(seed),
                   "3f2504e0-4f89-41d3-9a0c-0305e82c3301%c%c%c%c",
                   (int)(version >> 24),
                   (int)(version >> 16 & 255),
                   (int)(version >> 8 & 255),
                   (int)(version & 255));
    memcpy(seed + UUID_TEXT_SIZE + 4, event_key, EVENT_KEY_SIZE);
    uint8_t digest[SHA256_SIZE];
    sha256_of(bytes_of(seed, sizeof(seed) - 1), digest);
    memset(id, 0, UUID_SIZE);
    int at = 0;
    for (int i = 47; i >= 0; i--) {
        put_bit(id, at++, (int)((uint64_t)ms >> i & 1));
    }
    static const char fixed[] = "0111............10";
    int taken = 0;
    for (; at < 128; at++) {
        char mark = '.';
        if (at - 48 < 18) {
            mark = fixed[at - 48];
        }
        int bit = mark == '.' ? digest[taken / 8] >> (7 - taken % 8) & 1 : mark - '0';
        taken += mark == '.';
        put_bit(id, at, bit);
    }
    assert_int_equal(taken, 74);
}

static void the_id_has_the_layout_of_the_contract(void **state)
{
    (void)state;
    static const int64_t moments[] = {0, 1, 1772445600123, INT64_C(0xffffffffffff)};
    static const uint32_t versions[] = {1, 2, 256, 0x01020304, UINT32_MAX};
    struct application application = facts_application();
    for (size_t i = 0; i < sizeof(moments) / sizeof(moments[0]); i++) {
        for (size_t j = 0; j < sizeof(versions) / sizeof(versions[0]); j++) {
            for (int key = 0; key < 64; key++) {
                uint8_t event_key[EVENT_KEY_SIZE];
                uint8_t got[UUID_SIZE];
                uint8_t want[UUID_SIZE];
                memset(event_key, key, sizeof(event_key));
                decision_id_of(application.id, versions[j], event_key, moments[i], got);
                independent_id(versions[j], moments[i], event_key, want);
                assert_memory_equal(got, want, UUID_SIZE);
            }
        }
    }
}

static void the_decision_has_the_id_of_its_event(void **state)
{
    (void)state;
    static struct trial trial;
    uint8_t want[UUID_SIZE];
    trial_begin(&trial);
    trial.application.version = 7;
    trial_decide(&trial, true);
    independent_id(7, trial.matter.evaluated_at_ms, trial.matter.event_key, want);
    assert_memory_equal(trial.decision.decision_id, want, UUID_SIZE);
    assert_ptr_equal(trial.decision.matter, &trial.matter);
}

int main(void)
{
    const struct CMUnitTest more[] = {
        cmocka_unit_test(only_an_approval_is_by_right),
        cmocka_unit_test(the_period_has_its_latest_end_also_at_discharge),
        cmocka_unit_test(the_frame_is_case_1s),
        cmocka_unit_test(the_decision_date_is_denmarks),
        cmocka_unit_test(only_what_is_valid_may_be_copied),
        cmocka_unit_test(the_id_has_the_layout_of_the_contract),
        cmocka_unit_test(the_decision_has_the_id_of_its_event),
    };
    struct CMUnitTest tests[ROW_COUNT(verdicts) + ROW_COUNT(more)];
    for (size_t i = 0; i < ROW_COUNT(verdicts); i++) {
        tests[i] = (struct CMUnitTest){
            verdicts[i].name, the_findings_are_weighed, NULL, NULL, &verdicts[i]};
    }
    memcpy(tests + ROW_COUNT(verdicts), more, sizeof(more));
    return cmocka_run_group_tests_name("core/decide", tests, NULL, NULL);
}
