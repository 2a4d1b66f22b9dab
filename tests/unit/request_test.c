/*
 * Goal: one record gives all that can be known of it without history: a reason or none, its
 * citizen also when refused, and a digest of its content that other bytes for the same facts share.
 */

#include "mentor/app/request.h"
#include "mentor/base/arena.h"
#include "mentor/wire/wire.h"

#include "support/letter.h"

static struct arena arena;
static struct letter letter;
static struct proto proto;
static struct content content;
static struct hmac_key citizen_key;

static int open_arena(void **state)
{
    (void)state;
    hmac_key_init(&citizen_key, bytes_text("secret"));
    return arena_init(&arena, (size_t)16 * 1024 * 1024) ? 0 : -1;
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
    content = content_default();
    return 0;
}

static struct request read_letter(void)
{
    struct request request;
    request_read(&request, &letter.record, REASON_NONE, &citizen_key, &arena);
    return request;
}

static struct request read_content(void)
{
    letter_begin(&letter, content_write(&content, &proto));
    return read_letter();
}

static void a_good_record_may_be_decided(void **state)
{
    (void)state;
    struct request request = read_content();
    assert_int_equal(request.reason, REASON_NONE);
    assert_ptr_equal(request.record, &letter.record);
    assert_true(request.has_event_key);
    assert_true(request.has_citizen);
    uint8_t digest[SHA256_SIZE];
    sha256_of(letter.record.value, digest);
    assert_memory_equal(request.input_digest, digest, SHA256_SIZE);
    assert_memory_equal(request.content, digest, SHA256_SIZE); /* canonical as it came */
    hmac_of(&citizen_key, bytes_text("1403760101"), digest);
    assert_memory_equal(request.citizen_ref, digest, CITIZEN_REF_SIZE);
    uint8_t key[EVENT_KEY_SIZE];
    envelope_event_key(&request.envelope, key);
    assert_memory_equal(request.event_key, key, EVENT_KEY_SIZE);
    uint8_t id[UUID_SIZE];
    assert_true(uuid_parse(bytes_text(LETTER_ID), id));
    assert_memory_equal(request.application->id, id, UUID_SIZE);
}

static void read_again_it_is_the_same_without_its_digests(void **state)
{
    (void)state;
    static const uint8_t none[SHA256_SIZE];
    struct request first = read_content();
    struct request again;
    request_read_again(&again, &letter.record, &citizen_key, &arena);
    assert_int_equal(again.reason, REASON_NONE);
    assert_memory_equal(again.input_digest, none, SHA256_SIZE);
    assert_memory_equal(again.content, none, SHA256_SIZE);
    assert_memory_equal(again.event_key, first.event_key, EVENT_KEY_SIZE);
    assert_memory_equal(again.citizen_ref, first.citizen_ref, CITIZEN_REF_SIZE);
    assert_memory_equal(again.application->id, first.application->id, UUID_SIZE);
    content.version = 0;
    letter_begin(&letter, content_write(&content, &proto));
    request_read_again(&again, &letter.record, &citizen_key, &arena);
    assert_int_equal(again.reason, REASON_VERSION_INVALID);
}

static void identifiers_are_judged_after_the_form(void **state)
{
    (void)state;
    content.id = "no uuid";
    content.version = 0;
    assert_int_equal(read_content().reason, REASON_APPLICATION_ID_INVALID);
    content.id = LETTER_ID;
    assert_int_equal(read_content().reason, REASON_VERSION_INVALID);
    content.version = 1;
    assert_int_equal(read_content().reason, REASON_NONE);
    letter.record.value = bytes_text("\x10");
    assert_int_equal(read_letter().reason, REASON_UNDECODABLE);
    letter_set(&letter, "ce_type", "x"); /* the headers go first */
    assert_int_equal(read_letter().reason, REASON_TYPE_UNKNOWN);
}

static void a_cpr_number_in_the_metadata_is_refused(void **state)
{
    (void)state;
    static const char *const names[] = {"ce_id", "ce_source", "ce_subject"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        letter_begin(&letter, content_write(&content, &proto));
        letter_set(&letter, names[i], "urn:1403760101:x");
        assert_int_equal(read_letter().reason, REASON_CPR_IN_METADATA);
        letter_set(&letter, names[i], "urn:140376010:x");
        assert_int_equal(read_letter().reason, REASON_NONE);
    }
    letter.record.key = bytes_text("1403760101");
    struct request request = read_letter();
    assert_int_equal(request.reason, REASON_CPR_IN_METADATA);
    assert_true(request.has_citizen);
    letter_set(&letter, "ce_time", "1403760101"); /* an earlier check */
    assert_int_equal(read_letter().reason, REASON_TIME_INVALID);
}

/* One that is not ten digits is no CPR number, but the reference is made of it as it came. */
static void what_is_no_cpr_number_is_not_looked_for(void **state)
{
    (void)state;
    content.cpr = "citizen-1";
    struct request request = read_content();
    assert_int_equal(request.reason, REASON_NONE);
    assert_false(request.has_citizen);
    uint8_t digest[SHA256_SIZE];
    hmac_of(&citizen_key, bytes_text("citizen-1"), digest);
    assert_memory_equal(request.citizen_ref, digest, CITIZEN_REF_SIZE);
    content.cpr = "";
    request = read_content();
    assert_int_equal(request.reason, REASON_NONE);
    hmac_of(&citizen_key, (struct bytes){0}, digest);
    assert_memory_equal(request.citizen_ref, digest, CITIZEN_REF_SIZE);
}

static void a_refused_records_citizen_is_known_where_it_can_be_read(void **state)
{
    (void)state;
    letter_begin(&letter, content_write(&content, &proto));
    letter_set(&letter, "ce_type", "x");
    struct request request = read_letter();
    assert_true(request.has_citizen);
    assert_false(request.has_event_key);

    proto_raw(&proto, "\x10", 1); /* cut short behind the citizen */
    letter_begin(&letter, proto_bytes(&proto));
    request = read_letter();
    assert_int_equal(request.reason, REASON_UNDECODABLE);
    assert_true(request.has_citizen);
    assert_true(request.has_event_key);

    letter_begin(&letter, bytes_text("\x10"));
    request = read_letter();
    assert_false(request.has_citizen);

    static uint8_t large[WIRE_VALUE_MAX + 1];
    letter_begin(&letter, bytes_of(large, sizeof(large)));
    request = read_letter();
    assert_int_equal(request.reason, REASON_VALUE_TOO_LARGE);
    assert_false(request.has_citizen);

    letter_begin(&letter, (struct bytes){0});
    letter.record.has_value = false;
    request = read_letter();
    assert_int_equal(request.reason, REASON_VALUE_NULL);
    assert_false(request.has_citizen);
}

static void a_reason_given_stands_unless_the_headers_come_first(void **state)
{
    (void)state;
    struct request request;
    letter_begin(&letter, content_write(&content, &proto));
    request_read(&request, &letter.record, REASON_JSON_INVALID, &citizen_key, &arena);
    assert_int_equal(request.reason, REASON_JSON_INVALID);
    letter_drop(&letter, "ce_id");
    request_read(&request, &letter.record, REASON_JSON_INVALID, &citizen_key, &arena);
    assert_int_equal(request.reason, REASON_HEADER_MISSING);
}

static void other_bytes_for_the_same_facts_have_the_same_content(void **state)
{
    (void)state;
    struct request first = read_content();
    proto_number(&proto, 2, 1); /* the version once more */
    letter_begin(&letter, proto_bytes(&proto));
    struct request second = read_letter();
    assert_int_equal(second.reason, REASON_NONE);
    assert_memory_not_equal(second.input_digest, first.input_digest, SHA256_SIZE);
    assert_memory_equal(second.content, first.content, SHA256_SIZE);

    content.id = "3F2504E0-4F89-41D3-9A0C-0305E82C3301"; /* ids compare without regard to case */
    struct request third = read_content();
    assert_memory_equal(third.content, first.content, SHA256_SIZE);
    assert_memory_equal(third.application->id, first.application->id, UUID_SIZE);
    assert_true(bytes_is(third.application->application_id, content.id));
    proto_number(&proto, 2, 1);
    letter_begin(&letter, proto_bytes(&proto));
    third = read_letter();
    assert_memory_equal(third.content, first.content, SHA256_SIZE);

    content.minutes = 181;
    struct request fourth = read_content();
    assert_memory_not_equal(fourth.content, first.content, SHA256_SIZE);
    content.minutes = 180;
    content.cpr = "140376010A"; /* case counts everywhere else */
    struct request upper = read_content();
    content.cpr = "140376010a";
    struct request lower = read_content();
    assert_memory_not_equal(upper.content, lower.content, SHA256_SIZE);
}

static void an_id_in_capitals_is_the_same_id(void **state)
{
    (void)state;
    char id[] = "abcdefab-cdef-4bcd-8fab-cdefabcdefab";
    content.id = id;
    struct request first = read_content();
    for (size_t i = 0; i < sizeof(id) - 1; i++) {
        if (id[i] >= 'a') {
            char lower = id[i];
            id[i] = (char)(lower - 'a' + 'A');
            struct request other = read_content();
            assert_int_equal(other.reason, REASON_NONE);
            assert_memory_equal(other.content, first.content, SHA256_SIZE);
            id[i] = lower;
        }
    }
}

static void a_value_of_256_kib_may_be_decided(void **state)
{
    (void)state;
    static char filling[WIRE_VALUE_MAX];
    struct bytes value = content_write(&content, &proto);
    memset(filling, 'x', sizeof(filling));
    proto_data(&proto, 31, filling, WIRE_VALUE_MAX - value.size - 5); /* tag 2, length 3 */
    assert_int_equal(proto.size, WIRE_VALUE_MAX);
    letter_begin(&letter, proto_bytes(&proto));
    struct request request = read_letter();
    assert_int_equal(request.reason, REASON_NONE);
    assert_true(request.has_citizen);
    proto_number(&proto, 31, 0);
    letter_begin(&letter, proto_bytes(&proto));
    assert_int_equal(read_letter().reason, REASON_VALUE_TOO_LARGE);
}

static void an_unknown_field_is_content(void **state)
{
    (void)state;
    struct request first = read_content();
    proto_number(&proto, 31, 0);
    letter_begin(&letter, proto_bytes(&proto));
    struct request second = read_letter();
    assert_int_equal(second.reason, REASON_NONE);
    assert_memory_not_equal(second.content, first.content, SHA256_SIZE);
}

static void a_trace_that_holds_the_cpr_number_is_dropped(void **state)
{
    (void)state;
    static const char parent[] = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    static const char holding[] = "00-4bf92f3577b34da6a3ce921403760101-00f067aa0ba902b7-01";
    letter_begin(&letter, content_write(&content, &proto));
    letter_set(&letter, "traceparent", parent);
    letter_set(&letter, "tracestate", "a=1403760101");
    struct request request = read_letter();
    assert_int_equal(request.reason, REASON_NONE);
    assert_true(bytes_is(request.envelope.traceparent, parent));
    assert_int_equal(request.envelope.tracestate.size, 0);
    letter_set(&letter, "traceparent", holding);
    letter_set(&letter, "tracestate", "a=b");
    request = read_letter();
    assert_int_equal(request.reason, REASON_NONE);
    assert_int_equal(request.envelope.traceparent.size, 0);
    assert_true(bytes_is(request.envelope.tracestate, "a=b"));
}

static void a_full_arena_fails_the_record_alone(void **state)
{
    (void)state;
    struct arena small;
    struct request request;
    letter_begin(&letter, content_write(&content, &proto));
    assert_true(arena_init(&small, 16));
    request_read(&request, &letter.record, REASON_NONE, &citizen_key, &small);
    assert_int_equal(request.reason, REASON_RECORD_FAILED);
    arena_release(&small);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_good_record_may_be_decided, begin),
        cmocka_unit_test_setup(read_again_it_is_the_same_without_its_digests, begin),
        cmocka_unit_test_setup(identifiers_are_judged_after_the_form, begin),
        cmocka_unit_test_setup(a_cpr_number_in_the_metadata_is_refused, begin),
        cmocka_unit_test_setup(what_is_no_cpr_number_is_not_looked_for, begin),
        cmocka_unit_test_setup(a_refused_records_citizen_is_known_where_it_can_be_read, begin),
        cmocka_unit_test_setup(a_reason_given_stands_unless_the_headers_come_first, begin),
        cmocka_unit_test_setup(other_bytes_for_the_same_facts_have_the_same_content, begin),
        cmocka_unit_test_setup(an_id_in_capitals_is_the_same_id, begin),
        cmocka_unit_test_setup(a_value_of_256_kib_may_be_decided, begin),
        cmocka_unit_test_setup(an_unknown_field_is_content, begin),
        cmocka_unit_test_setup(a_trace_that_holds_the_cpr_number_is_dropped, begin),
        cmocka_unit_test_setup(a_full_arena_fails_the_record_alone, begin),
    };
    return cmocka_run_group_tests_name("app/request", tests, open_arena, close_arena);
}
