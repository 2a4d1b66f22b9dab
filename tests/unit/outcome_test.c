/* Goal: what is stored makes the record that is sent: key, value, and every header that contract.md
 * § 2 names, no other. */

#include "mentor/app/envelope.h"
#include "mentor/app/outcome.h"
#include "mentor/base/arena.h"
#include "mentor/wire/wire.h"

#include "support/facts.h"
#include "support/letter.h"

static struct arena arena;

static const struct outcome_source source = {
    .topic = {(const uint8_t *)"mentor.applications.v1", 22},
    .partition = 7,
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
    return 0;
}

struct pair {
    const char *name;
    const char *value;
};

/* These headers, in this order, and no more. */
static void assert_headers(const struct record *record, const struct pair *pairs, size_t count)
{
    for (uint32_t i = 0; i < record->header_count && i < count; i++) {
        const struct header *header = &record->headers[i];
        if (!bytes_is(header->name, pairs[i].name) || !bytes_is(header->value, pairs[i].value)) {
            fail_msg("%.*s: \"%.*s\", not %s: \"%s\"",
                     BYTES_ARGS(header->name),
                     BYTES_ARGS(header->value),
                     pairs[i].name,
                     pairs[i].value);
        }
    }
    assert_int_equal(record->header_count, count);
}

static struct stored_output decided(void)
{
    static struct trial trial;
    static const struct wire_source file = {.event_id = {(const uint8_t *)"x", 1}};
    struct batch_decision row = {
        .outcome = OUTCOME_IS_REFERRED,
        .citizen_seq = 12,
        .evaluated_at_ms = 1772445600123,
        .late_ms = -1,
        .total_ore = 5,
    };
    trial_begin(&trial);
    trial_decide(&trial, true);
    assert_true(wire_encode_decision(&trial.decision, &file, &arena, &row.output));
    memset(row.decision_id, 0xab, UUID_SIZE);
    memset(row.citizen_ref, 0xcd, CITIZEN_REF_SIZE);
    return outcome_of_decision(&row, 99);
}

static void a_decision_is_a_cloud_event_of_its_citizen(void **state)
{
    (void)state;
    struct stored_output output = decided();
    struct record record;
    assert_int_equal(output.offset, 99);
    assert_false(output.dlq);
    assert_true(outcome_record(&output, &source, &arena, &record));
    static const struct pair want[] = {
        {"ce_specversion", "1.0"},
        {"ce_id", "abababab-abab-abab-abab-abababababab"},
        {"ce_source", "mentord"},
        {"ce_type", "dk.mentor.application.referred.v1"},
        {"ce_subject", "3F2504E0-4f89-41d3-9a0c-0305e82c3301"},
        {"ce_time", "2026-03-02T10:00:00.123Z"},
        {"content-type", "application/protobuf"},
        {"mentor-seq", "12"},
        {"grpc-status", "0"},
        {"grpc-message", ""},
    };
    assert_headers(&record, want, ROW_COUNT(want));
    assert_true(record.has_key);
    assert_true(bytes_is(record.key, "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd"));
    assert_true(record.has_value);
    assert_true(bytes_equal(record.value, output.output));
    assert_int_equal(record.partition, 7);
    assert_int_equal(record.offset, 99);
}

static void traces_and_lateness_go_with_it(void **state)
{
    (void)state;
    struct stored_output output = decided();
    struct header traces[] = {
        {bytes_text("traceparent"), bytes_text("p")},
        {bytes_text("tracestate"), bytes_text("s")},
    };
    struct record record;
    assert_true(headers_pack(traces, 2, &arena, &output.trace));
    output.late_ms = 1500;
    assert_true(outcome_record(&output, &source, &arena, &record));
    static const struct pair want[] = {{"content-type", "application/protobuf"},
                                       {"traceparent", "p"},
                                       {"tracestate", "s"},
                                       {"mentor-seq", "12"},
                                       {"mentor-late-ms", "1500"},
                                       {"grpc-status", "0"},
                                       {"grpc-message", ""}};
    record.headers += 6;
    record.header_count -= 6;
    assert_headers(&record, want, ROW_COUNT(want));
}

static void the_same_row_gives_the_same_bytes_again(void **state)
{
    (void)state;
    struct stored_output output = decided();
    struct record first;
    struct record second;
    assert_true(outcome_record(&output, &source, &arena, &first));
    assert_true(outcome_record(&output, &source, &arena, &second));
    assert_true(bytes_equal(first.key, second.key));
    assert_true(bytes_equal(first.value, second.value));
    assert_int_equal(first.header_count, second.header_count);
    for (uint32_t i = 0; i < first.header_count; i++) {
        assert_true(bytes_equal(first.headers[i].name, second.headers[i].name));
        assert_true(bytes_equal(first.headers[i].value, second.headers[i].value));
    }
}

static void types_are_those_of_the_contract(void **state)
{
    (void)state;
    assert_string_equal(outcome_type(OUTCOME_IS_APPROVED), "dk.mentor.application.approved.v1");
    assert_string_equal(outcome_type(OUTCOME_IS_REJECTED), "dk.mentor.application.rejected.v1");
    assert_string_equal(outcome_type(OUTCOME_IS_REFERRED), "dk.mentor.application.referred.v1");
}

static struct stored_output refused(struct letter *letter, enum reason reason)
{
    struct batch_entry entry = {.offset = 42, .reason = reason, .record = &letter->record};
    struct batch_quarantine row = {.redrives = 3};
    assert_true(headers_pack(letter->headers, letter->record.header_count, &arena, &row.headers));
    return outcome_of_quarantine(&row, &entry);
}

static void a_dlq_record_is_as_it_came_with_why_in_the_headers(void **state)
{
    (void)state;
    static struct letter letter;
    struct record record;
    letter_begin(&letter, bytes_text("value"));
    letter_add(&letter, "x", NULL);
    letter_add(&letter, "x", "again");
    struct stored_output output = refused(&letter, REASON_TEXT_INVALID);
    assert_true(output.dlq);
    assert_true(outcome_record(&output, &source, &arena, &record));
    static const struct pair want[] = {
        {"ce_specversion", "1.0"},
        {"ce_id", "a-1"},
        {"ce_source", "urn:oio:cvr-nr:64502018"},
        {"ce_type", "dk.mentor.application.submitted.v1"},
        {"content-type", "application/protobuf"},
        {"x", NULL},
        {"x", "again"},
        {"grpc-status", "3"},
        {"grpc-message", "a string is not UTF-8 or holds a NUL"},
        {"mentor-reason", "text-invalid"},
        {"mentor-topic", "mentor.applications.v1"},
        {"mentor-partition", "7"},
        {"mentor-offset", "42"},
        {"mentor-redrives", "3"},
    };
    assert_headers(&record, want, ROW_COUNT(want));
    assert_null(record.headers[5].value.data); /* a null stays a null */
    assert_true(record.has_key);
    assert_true(bytes_is(record.key, "citizen-1"));
    assert_true(record.has_value);
    assert_true(bytes_is(record.value, "value"));
}

static void nulls_stay_nulls(void **state)
{
    (void)state;
    static struct letter letter;
    struct record record;
    letter_begin(&letter, (struct bytes){0});
    letter.record.has_key = false;
    letter.record.has_value = false;
    struct stored_output output = refused(&letter, REASON_KEY_INVALID);
    assert_true(outcome_record(&output, &source, &arena, &record));
    assert_false(record.has_key);
    assert_false(record.has_value);
}

/* What came under our names was an earlier round's; where it was redriven from stays. */
static void an_earlier_rounds_headers_are_replaced(void **state)
{
    (void)state;
    static struct letter letter;
    struct record record;
    letter_begin(&letter, bytes_text("value"));
    static const char *const ours[] = {"grpc-status",
                                       "grpc-message",
                                       "mentor-reason",
                                       "mentor-topic",
                                       "mentor-offset",
                                       "mentor-partition",
                                       "mentor-redrives"};
    for (size_t i = 0; i < ROW_COUNT(ours); i++) {
        letter_add(&letter, ours[i], "old");
    }
    letter_add(&letter, "mentor-redrive-of", "mentor.applications.dlq.v1/0/5");
    struct stored_output output = refused(&letter, REASON_EVENT_CONFLICT);
    assert_true(outcome_record(&output, &source, &arena, &record));
    assert_int_equal(record.header_count, 5 + 1 + 7);
    assert_non_null(record_header(&record, "mentor-redrive-of"));
    for (size_t i = 0; i < ROW_COUNT(ours); i++) {
        const struct header *header = record_header(&record, ours[i]);
        assert_non_null(header);
        assert_false(bytes_is(header->value, "old"));
    }
    assert_true(bytes_is(record_header(&record, "grpc-status")->value, "10"));
}

/* gRPC's percent-encoding of a message leaves printable ASCII, the per cent sign aside, as it is.
 */
static void every_reason_makes_a_message_that_reads_back(void **state)
{
    (void)state;
    static struct letter letter;
    letter_begin(&letter, bytes_text("value"));
    for (int reason = REASON_NONE + 1; reason < REASON_COUNT; reason++) {
        struct record record;
        struct stored_output output = refused(&letter, (enum reason)reason);
        assert_true(outcome_record(&output, &source, &arena, &record));
        assert_true(bytes_is(record_header(&record, "grpc-message")->value,
                             reason_text((enum reason)reason)));
        assert_true(bytes_is(record_header(&record, "mentor-reason")->value,
                             reason_id((enum reason)reason)));
    }
}

static void a_full_arena_is_said_so(void **state)
{
    (void)state;
    static struct letter letter;
    letter_begin(&letter, bytes_text("value"));
    struct stored_output outputs[] = {decided(), refused(&letter, REASON_NO_LAW)};
    for (size_t i = 0; i < ROW_COUNT(outputs); i++) {
        bool failed = false;
        bool done = false;
        for (size_t capacity = 16; capacity < 4096; capacity += 16) {
            struct arena small;
            struct record record;
            assert_true(arena_init(&small, capacity));
            bool made = outcome_record(&outputs[i], &source, &small, &record);
            assert_false(done && !made);
            failed = failed || !made;
            done = made;
            arena_release(&small);
        }
        assert_true(failed);
        assert_true(done);
    }
}

/* By what the source's name and number are found again in an output topic. */
static void an_output_says_where_it_comes_from(void **state)
{
    (void)state;
    static struct trial trial;
    const struct wire_source from = {
        .topic = source.topic, .partition = 7, .offset = 99, .event_id = bytes_text("x")};
    struct bytes value;
    int32_t partition = 0;
    int64_t offset = 0;
    trial_begin(&trial);
    trial_decide(&trial, true);
    assert_true(wire_encode_decision(&trial.decision, &from, &arena, &value));
    struct record decision = {.has_value = true, .value = value};
    assert_true(outcome_origin(&decision, "mentor.applications.v1", &partition, &offset));
    assert_int_equal(partition, 7);
    assert_int_equal(offset, 99);
    assert_false(outcome_origin(&decision, "mentor.applications.v2", &partition, &offset));

    struct header headers[] = {{bytes_text("mentor-topic"), source.topic},
                               {bytes_text("mentor-partition"), bytes_text("3")},
                               {bytes_text("mentor-offset"), bytes_text("4")}};
    struct record refused = {
        .headers = headers, .header_count = 3, .has_value = true, .value = value};
    assert_true(outcome_origin(&refused, "mentor.applications.v1", &partition, &offset));
    assert_int_equal(partition, 3);
    assert_int_equal(offset, 4);
    assert_false(outcome_origin(&refused, "another", &partition, &offset));
    refused.header_count = 2;
    assert_false(outcome_origin(&refused, "mentor.applications.v1", &partition, &offset));

    const struct record empty = {.has_value = true, .value = bytes_text("")}; /* an undo's */
    assert_false(outcome_origin(&empty, "mentor.applications.v1", &partition, &offset));
    const struct record noise = {.has_value = true, .value = bytes_text("\xff\xff")};
    assert_false(outcome_origin(&noise, "mentor.applications.v1", &partition, &offset));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_decision_is_a_cloud_event_of_its_citizen, begin),
        cmocka_unit_test_setup(traces_and_lateness_go_with_it, begin),
        cmocka_unit_test_setup(the_same_row_gives_the_same_bytes_again, begin),
        cmocka_unit_test_setup(types_are_those_of_the_contract, begin),
        cmocka_unit_test_setup(a_dlq_record_is_as_it_came_with_why_in_the_headers, begin),
        cmocka_unit_test_setup(nulls_stay_nulls, begin),
        cmocka_unit_test_setup(an_earlier_rounds_headers_are_replaced, begin),
        cmocka_unit_test_setup(every_reason_makes_a_message_that_reads_back, begin),
        cmocka_unit_test_setup(a_full_arena_is_said_so, begin),
        cmocka_unit_test_setup(an_output_says_where_it_comes_from, begin),
    };
    return cmocka_run_group_tests_name("app/outcome", tests, open_arena, close_arena);
}
