/*
 * Goal: protobuf-c reads back every field of a decision as it was; fields come in number order,
 * empty ones not at all, and {deadline} is filled in.
 */

#include <mentor/v1/decision.pb-c.h>

#include "mentor/base/arena.h"
#include "mentor/wire/wire.h"

#include "support/facts.h"

static struct arena arena;
static struct trial trial;

static const struct wire_source from_kafka = {
    .topic = {(const uint8_t *)"mentor.applications.v1", 22},
    .partition = 11,
    .offset = INT64_C(5000000000),
    .event_id = {(const uint8_t *)"a-1", 3},
};

static int open_arena(void **state)
{
    (void)state;
    return arena_init(&arena, (size_t)4 * 1024 * 1024) ? 0 : -1;
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
    trial_begin(&trial);
    return 0;
}

/* Field numbers of one message, in the order in which they stand. */
static uint32_t field_numbers(struct bytes message, uint32_t *numbers, uint32_t most)
{
    uint32_t count = 0;
    size_t at = 0;
    while (at < message.size) {
        uint64_t values[2] = {0};
        for (int i = 0; i < 2; i++) {
            for (unsigned shift = 0;; shift += 7) {
                assert_in_range(at, 0, message.size - 1);
                uint8_t byte = message.data[at++];
                values[i] |= (uint64_t)(byte & 0x7f) << shift;
                if (byte < 0x80) {
                    break;
                }
            }
        }
        assert_in_range(count, 0, most - 1);
        numbers[count++] = (uint32_t)(values[0] >> 3);
        at += (values[0] & 7) == 2 ? values[1] : 0;
    }
    assert_int_equal(at, message.size);
    return count;
}

static Mentor__V1__Decision *encode(const struct wire_source *source, struct bytes *out)
{
    assert_true(wire_encode_decision(&trial.decision, source, &arena, out));
    Mentor__V1__Decision *read = mentor__v1__decision__unpack(NULL, out->size, out->data);
    assert_non_null(read);
    assert_int_equal(read->base.n_unknown_fields, 0);
    /* Canonical: what protobuf-c writes of it is the same, byte for byte. */
    uint8_t *again = test_malloc(out->size + 1);
    assert_int_equal(mentor__v1__decision__get_packed_size(read), out->size);
    assert_int_equal(mentor__v1__decision__pack(read, again), out->size);
    assert_memory_equal(again, out->data, out->size);
    test_free(again);
    return read;
}

static void an_approval_has_every_field(void **state)
{
    (void)state;
    struct bytes out;
    trial.application.p_number = bytes_text("1000000001");
    trial.application.version = 2;
    trial.matter.superseding = true;
    memset(trial.matter.supersedes, 0xab, UUID_SIZE);
    trial.matter.evaluated_at_ms += 7;
    trial_decide(&trial, true);
    Mentor__V1__Decision *read = encode(&from_kafka, &out);

    char id[UUID_TEXT_SIZE + 1] = "";
    uuid_format(trial.decision.decision_id, id);
    assert_string_equal(read->decision_id, id);
    assert_string_equal(read->application_id,
                        "3F2504E0-4f89-41d3-9a0c-0305e82c3301"); /* as it came */
    assert_int_equal(read->version, 2);
    assert_int_equal(read->outcome, MENTOR__V1__OUTCOME__OUTCOME_APPROVED);
    assert_false(read->by_right);
    assert_string_equal(read->municipality_code, "0217");
    assert_string_equal(read->citizen_ref, "636974697a656e2c203136206c6f6e67");
    assert_int_equal(read->evaluated_at->seconds, noon_of("2026-03-02") / 1000);
    assert_int_equal(read->evaluated_at->nanos, 7000000);
    assert_string_equal(read->decision_date, "2026-03-02");
    assert_string_equal(read->rulebook->name, "dk-test");
    assert_string_equal(read->rulebook->version, "1");
    assert_int_equal(read->rulebook->sha256.len, SHA256_SIZE);
    assert_int_equal(read->rulebook->sha256.data[31], 0x5a);
    assert_string_equal(read->rulebook->law, "2020-01-01");
    assert_int_equal(read->n_findings, 1);
    assert_string_equal(read->findings[0]->rule, "D02");
    assert_int_equal(read->findings[0]->weight, MENTOR__V1__WEIGHT__WEIGHT_NOTE);
    assert_string_equal(read->findings[0]->field, "citizen.cpr");
    assert_string_equal(read->findings[0]->text_da, "D02");
    assert_string_equal(read->findings[0]->text_en, "english");
    assert_string_equal(read->findings[0]->legal_ref, "LAB § 167");
    assert_int_equal(read->frame->unit_ore, 22913);
    assert_int_equal(read->frame->minutes, 2340);
    assert_int_equal(read->frame->support_ore, 893607);
    assert_int_equal(read->frame->vat_ore, 0);
    assert_int_equal(read->frame->training_ore, 0);
    assert_int_equal(read->frame->total_ore, 893607);
    assert_false(read->frame->indicative);
    assert_string_equal(read->period->start_date, "2026-03-09");
    assert_string_equal(read->period->end_date, "2026-06-07");
    assert_string_equal(read->period->latest_end_date, "2026-09-08");
    assert_string_equal(read->complaint->text_da, "Klag senest 30.03.2026.");
    assert_string_equal(read->complaint->deadline, "2026-03-30");
    assert_string_equal(read->supersedes, "abababab-abab-abab-abab-abababababab");
    assert_string_equal(read->source->topic, "mentor.applications.v1");
    assert_int_equal(read->source->partition, 11);
    assert_int_equal(read->source->offset, INT64_C(5000000000));
    assert_string_equal(read->source->event_id, "a-1");
    assert_int_equal(read->mentor_kind, MENTOR__V1__MENTOR_KIND__MENTOR_KIND_EMPLOYEE);
    assert_string_equal(read->company_cvr, "99000007");
    assert_string_equal(read->company_p_number, "1000000001");
    mentor__v1__decision__free_unpacked(read, NULL);

    uint32_t numbers[32];
    uint32_t count = field_numbers(out, numbers, 32);
    static const uint32_t want[] = {1, 2, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19};
    assert_int_equal(count, sizeof(want) / sizeof(want[0]));
    assert_memory_equal(numbers, want, sizeof(want));
}

static void what_is_empty_is_left_out(void **state)
{
    (void)state;
    struct bytes out;
    trial.application = (struct application){.version = 1};
    trial.application.application_id = bytes_text("3f2504e0-4f89-41d3-9a0c-0305e82c3301");
    trial.application.cpr = bytes_text("1403760101");
    trial.application.cvr = trial.application.cpr;
    trial.application.p_number = trial.application.cpr;
    trial.application.municipality_code = bytes_text("1403");
    trial.matter.evaluated_at_ms = (int64_t)day_of("2026-03-02") * 86400000;
    trial_decide(&trial, true);
    static const struct wire_source file = {.event_id = {(const uint8_t *)"x", 1}};
    Mentor__V1__Decision *read = encode(&file, &out);
    assert_int_equal(read->outcome, MENTOR__V1__OUTCOME__OUTCOME_REFERRED);
    assert_null(read->frame);
    assert_null(read->period);
    assert_string_equal(read->municipality_code, "");
    assert_string_equal(read->company_cvr, "");
    assert_string_equal(read->company_p_number, "");
    assert_string_equal(read->supersedes, "");
    assert_string_equal(read->source->topic, "");
    assert_string_equal(read->source->event_id, "x");
    assert_int_equal(read->evaluated_at->nanos, 0);
    mentor__v1__decision__free_unpacked(read, NULL);
    static const char cpr[] = "1403760101";
    for (size_t i = 0; i + 10 <= out.size; i++) {
        assert_memory_not_equal(out.data + i, cpr, 10);
    }
}

static void a_referral_is_indicative_and_lists_its_findings_in_order(void **state)
{
    (void)state;
    struct bytes out;
    trial.application.cost.other_count = 2;
    trial.application.relation = RELATION_OF_OWNER;
    trial_decide(&trial, true);
    Mentor__V1__Decision *read = encode(&from_kafka, &out);
    assert_true(read->frame->indicative);
    assert_int_equal(read->n_findings, 4);
    assert_string_equal(read->findings[1]->rule, "M02");
    assert_int_equal(read->findings[1]->weight, MENTOR__V1__WEIGHT__WEIGHT_REFER);
    assert_string_equal(read->findings[3]->rule, "K02");
    assert_string_equal(read->findings[3]->field, "cost.other[1]");
    mentor__v1__decision__free_unpacked(read, NULL);
}

/* Both ends of a varint's one byte, and VAT beside the total. */
static void a_fee_has_vat_and_a_course_its_cost(void **state)
{
    (void)state;
    struct bytes out;
    trial.application.mentor_kind = MENTOR_EXTERNAL;
    trial.application.cost =
        (struct cost){.basis = COST_FEE, .rate_ore = 45000, .vat_bp = 2500, .training_ore = 128};
    trial.application.version = 127;
    trial_decide(&trial, true);
    static const struct wire_source source = {
        .partition = 128, .offset = 127, .event_id = {(const uint8_t *)"x", 1}};
    Mentor__V1__Decision *read = encode(&source, &out);
    assert_int_equal(read->frame->vat_ore, 438750);
    assert_int_equal(read->frame->training_ore, 128);
    assert_int_equal(read->frame->support_ore, 1755000);
    assert_int_equal(read->frame->total_ore, 1755128);
    assert_int_equal(read->mentor_kind, MENTOR__V1__MENTOR_KIND__MENTOR_KIND_EXTERNAL);
    assert_int_equal(read->version, 127);
    assert_int_equal(read->source->partition, 128);
    assert_int_equal(read->source->offset, 127);
    mentor__v1__decision__free_unpacked(read, NULL);
}

static void a_moment_before_1970_has_no_negative_fraction(void **state)
{
    (void)state;
    struct bytes out;
    trial.matter.evaluated_at_ms = -1;
    trial_decide(&trial, true);
    Mentor__V1__Decision *read = encode(&from_kafka, &out);
    assert_int_equal(read->evaluated_at->seconds, -1);
    assert_int_equal(read->evaluated_at->nanos, 999000000);
    mentor__v1__decision__free_unpacked(read, NULL);
    trial.matter.evaluated_at_ms = -1000;
    trial_decide(&trial, true);
    read = encode(&from_kafka, &out);
    assert_int_equal(read->evaluated_at->seconds, -1);
    assert_int_equal(read->evaluated_at->nanos, 0);
    mentor__v1__decision__free_unpacked(read, NULL);
}

static void by_right_is_written_when_it_is_so(void **state)
{
    (void)state;
    struct bytes out;
    trial.application.target_group = TARGET_GROUP_EDUCATION_READY;
    trial.application.activity_kind = ACTIVITY_ORDINARY_EDUCATION;
    trial.application.education_admission_date = bytes_text("2026-03-02");
    trial_decide(&trial, true);
    Mentor__V1__Decision *read = encode(&from_kafka, &out);
    assert_true(read->by_right);
    mentor__v1__decision__free_unpacked(read, NULL);
}

static void d06_supersedes_nothing(void **state)
{
    (void)state;
    struct bytes out;
    trial.matter.superseding = true;
    trial.matter.conflict = true;
    trial_decide(&trial, true);
    Mentor__V1__Decision *read = encode(&from_kafka, &out);
    assert_string_equal(read->supersedes, "");
    mentor__v1__decision__free_unpacked(read, NULL);
}

static void every_deadline_in_a_text_is_filled(void **state)
{
    (void)state;
    static struct rulebook rulebook;
    struct bytes out;
    rulebook = *facts_rulebook();
    rulebook.laws[0].text_da[RULE_D02] = bytes_text("{deadline} og {deadline}");
    rulebook.laws[0].complaint_da = bytes_text("uden frist");
    trial.matter.rulebook = &rulebook;
    trial_today(&trial, "2026-03-03");
    trial_decide(&trial, true);
    Mentor__V1__Decision *read = encode(&from_kafka, &out);
    assert_string_equal(read->findings[0]->text_da, "31.03.2026 og 31.03.2026");
    assert_string_equal(read->complaint->text_da, "uden frist");
    assert_string_equal(read->complaint->deadline, "2026-03-31");
    mentor__v1__decision__free_unpacked(read, NULL);
}

static void the_application_id_is_found_in_what_was_written(void **state)
{
    (void)state;
    struct bytes out;
    trial_decide(&trial, true);
    assert_true(wire_encode_decision(&trial.decision, &from_kafka, &arena, &out));
    struct bytes id;
    assert_true(wire_decision_application_id(out, &id));
    assert_true(bytes_is(id, "3F2504E0-4f89-41d3-9a0c-0305e82c3301"));
    assert_true(id.data > out.data);
}

/* What somebody put in its place is nobody's id. */
static void no_application_id_is_found_in_other_bytes(void **state)
{
    (void)state;
    struct bytes out;
    struct bytes id;
    trial_decide(&trial, true);
    assert_true(wire_encode_decision(&trial.decision, &from_kafka, &arena, &out));
    uint8_t *bytes = arena_alloc(&arena, out.size);
    memcpy(bytes, out.data, out.size);
    for (size_t at = 38; at < 40; at++) { /* the id's tag and length */
        bytes[at] ^= 1;
        assert_false(wire_decision_application_id(bytes_of(bytes, out.size), &id));
        bytes[at] ^= 1;
    }
    assert_true(wire_decision_application_id(bytes_of(bytes, out.size), &id));
    assert_false(wire_decision_application_id(bytes_of(bytes, 75), &id));
    assert_false(wire_decision_application_id((struct bytes){0}, &id));
}

static void a_full_arena_is_said_so_and_left_as_it_was(void **state)
{
    (void)state;
    struct bytes out;
    trial_decide(&trial, true);
    assert_true(wire_encode_decision(&trial.decision, &from_kafka, &arena, &out));
    for (size_t capacity = 1; capacity < out.size + 512; capacity++) {
        struct arena small;
        struct bytes got;
        assert_true(arena_init(&small, capacity));
        if (wire_encode_decision(&trial.decision, &from_kafka, &small, &got)) {
            assert_true(bytes_equal(got, out));
            assert_true(capacity >= out.size);
        } else {
            assert_int_equal(small.used, 0);
            assert_true(capacity < out.size + 256);
        }
        arena_release(&small);
    }
}

static void its_source_is_read_back_out_of_any_bytes(void **state)
{
    (void)state;
    struct bytes out;
    struct wire_source source;
    trial_decide(&trial, true);
    assert_true(wire_encode_decision(&trial.decision, &from_kafka, &arena, &out));
    assert_true(wire_decision_source(out, &arena, &source));
    assert_true(bytes_equal(source.topic, from_kafka.topic));
    assert_int_equal(source.partition, from_kafka.partition);
    assert_int_equal(source.offset, from_kafka.offset);
    assert_true(bytes_equal(source.event_id, from_kafka.event_id));
    struct wire_provenance provenance;
    assert_true(wire_decision_provenance(out, &arena, &provenance));
    assert_true(bytes_equal(provenance.source.event_id, from_kafka.event_id));
    assert_int_equal(provenance.evaluated_at_ms, trial.matter.evaluated_at_ms);
    assert_memory_equal(
        provenance.rulebook_sha256.data, trial.matter.rulebook->sha256, SHA256_SIZE);
    assert_false(provenance.quarantined);
    assert_false(provenance.conflict);
    assert_int_equal(provenance.version, trial.matter.application->version);
    assert_int_equal(provenance.outcome, trial.decision.outcome);
    assert_int_equal(provenance.has_total, trial.decision.has_frame);
    assert_int_equal(provenance.total_ore, trial.decision.frame.total_ore);
    assert_int_equal(provenance.has_period, trial.decision.has_period);
    assert_true(bytes_equal(provenance.start_date, trial.matter.application->start_date));
    assert_true(bytes_equal(provenance.end_date, trial.matter.application->end_date));
    assert_int_equal(provenance.decision_id.size, UUID_TEXT_SIZE);
    assert_int_equal(provenance.citizen_ref.size, 2 * CITIZEN_REF_SIZE);
    assert_false(wire_decision_provenance(bytes_text("\xff"), &arena, &provenance));
    assert_false(wire_decision_source(bytes_text("\xff"), &arena, &source));
    assert_false(wire_decision_source((struct bytes){0}, &arena, &source));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(an_approval_has_every_field, begin),
        cmocka_unit_test_setup(what_is_empty_is_left_out, begin),
        cmocka_unit_test_setup(a_referral_is_indicative_and_lists_its_findings_in_order, begin),
        cmocka_unit_test_setup(a_fee_has_vat_and_a_course_its_cost, begin),
        cmocka_unit_test_setup(a_moment_before_1970_has_no_negative_fraction, begin),
        cmocka_unit_test_setup(by_right_is_written_when_it_is_so, begin),
        cmocka_unit_test_setup(d06_supersedes_nothing, begin),
        cmocka_unit_test_setup(every_deadline_in_a_text_is_filled, begin),
        cmocka_unit_test_setup(the_application_id_is_found_in_what_was_written, begin),
        cmocka_unit_test_setup(no_application_id_is_found_in_other_bytes, begin),
        cmocka_unit_test_setup(its_source_is_read_back_out_of_any_bytes, begin),
        cmocka_unit_test_setup(a_full_arena_is_said_so_and_left_as_it_was, begin),
    };
    return cmocka_run_group_tests_name("wire/encode", tests, open_arena, close_arena);
}
