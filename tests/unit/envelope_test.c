/*
 * Goal: a record's headers are checked in the order of contract.md § 2, each check at its limits;
 * times, traces and the event key are as the specifications have them.
 */

#include "mentor/app/envelope.h"
#include "mentor/wire/wire.h"

#include "support/letter.h"

static struct letter letter;
static struct envelope envelope;
static char long_text[1024];

static enum reason judge(void)
{
    return envelope_read(&letter.record, &envelope);
}

static const char *text_of(size_t size)
{
    assert_in_range(size, 0, sizeof(long_text) - 1);
    memset(long_text, 'x', size);
    long_text[size] = '\0';
    return long_text;
}

static int begin(void **state)
{
    (void)state;
    letter_begin(&letter, bytes_text("value"));
    return 0;
}

struct heading {
    const char *title;
    const char *name; /* of the header set; before it, the one dropped, when value is DROPPED */
    const char *value;
    enum reason reason;
};

static const char dropped[] = "";
#define DROPPED dropped

/* clang-format off */
static struct heading headings[] = {
    {"a good record", "ce_subject", "x", REASON_NONE},
    {"no ce_specversion", "ce_specversion", DROPPED, REASON_HEADER_MISSING},
    {"no ce_id", "ce_id", DROPPED, REASON_HEADER_MISSING},
    {"no ce_source", "ce_source", DROPPED, REASON_HEADER_MISSING},
    {"no ce_type", "ce_type", DROPPED, REASON_HEADER_MISSING},
    {"a null ce_id", "ce_id", NULL, REASON_HEADER_MISSING},
    {"specversion 0.3", "ce_specversion", "0.3", REASON_SPECVERSION_UNKNOWN},
    {"specversion 1.0.0", "ce_specversion", "1.0.0", REASON_SPECVERSION_UNKNOWN},
    {"a ce_id that is not UTF-8", "ce_id", "\xe6", REASON_HEADER_INVALID},
    {"a ce_source that is not UTF-8", "ce_source", "a\xed\xa0\x80", REASON_HEADER_INVALID},
    {"a ce_subject may be anything", "ce_subject", "\xff", REASON_NONE},
    {"ce_time", "ce_time", "2026-03-02T09:00:00Z", REASON_NONE},
    {"a ce_time without a zone", "ce_time", "2026-03-02T09:00:00", REASON_TIME_INVALID},
    {"a null ce_time", "ce_time", NULL, REASON_TIME_INVALID},
    {"ce_time in words", "ce_time", "today", REASON_TIME_INVALID},
    {"grpc-timeout", "grpc-timeout", "1H", REASON_NONE},
    {"eight digits", "grpc-timeout", "99999999n", REASON_NONE},
    {"nine digits", "grpc-timeout", "100000000n", REASON_TIMEOUT_INVALID},
    {"no digit", "grpc-timeout", "S", REASON_TIMEOUT_INVALID},
    {"no unit", "grpc-timeout", "10", REASON_TIMEOUT_INVALID},
    {"another unit", "grpc-timeout", "10s", REASON_TIMEOUT_INVALID},
    {"a fraction", "grpc-timeout", "1.5S", REASON_TIMEOUT_INVALID},
    {"a sign", "grpc-timeout", "-1S", REASON_TIMEOUT_INVALID},
    {"a null grpc-timeout", "grpc-timeout", NULL, REASON_TIMEOUT_INVALID},
    {"the method by name", "grpc-method", "/mentor.v1.MentorGrantService/DecideApplication", REASON_NONE},
    {"another method", "grpc-method", "/mentor.v1.MentorGrantService/Decide", REASON_METHOD_UNKNOWN},
    {"a null method", "grpc-method", NULL, REASON_METHOD_UNKNOWN},
    {"another type", "ce_type", "dk.mentor.application.approved.v1", REASON_TYPE_UNKNOWN},
    {"a type in other letters", "ce_type", "DK.mentor.application.submitted.v1", REASON_TYPE_UNKNOWN},
    {"an extension of CloudEvents", "ce_comexampleextension", "x", REASON_NONE},
};
/* clang-format on */

static void the_header_is_judged(void **state)
{
    const struct heading *heading = *state;
    letter_begin(&letter, bytes_text("value"));
    if (heading->value == DROPPED) {
        letter_drop(&letter, heading->name);
        assert_int_equal(judge(), heading->reason);
        letter_add(&letter, heading->name, ""); /* empty is as missing */
    } else {
        letter_set(&letter, heading->name, heading->value);
    }
    assert_int_equal(judge(), heading->reason);
}

static void a_required_header_has_at_most_512_bytes(void **state)
{
    (void)state;
    letter_set(&letter, "ce_source", text_of(512));
    assert_int_equal(judge(), REASON_NONE);
    letter_set(&letter, "ce_source", text_of(513));
    assert_int_equal(judge(), REASON_HEADER_INVALID);
    letter_set(&letter, "ce_source", "x");
    letter_set(&letter, "ce_id", text_of(513));
    assert_int_equal(judge(), REASON_HEADER_INVALID);
}

static void a_ce_or_grpc_header_comes_once(void **state)
{
    (void)state;
    letter_add(&letter, "content-type", "x"); /* others may come again */
    letter_add(&letter, "traceparent", "x");
    letter_add(&letter, "traceparent", "y");
    assert_int_equal(judge(), REASON_NONE);
    letter.headers[0] = (struct header){bytes_text("ce_x"), bytes_text("1")};
    letter.headers[1] = letter.headers[0]; /* the first two */
    letter_add(&letter, "ce_specversion", "1.0");
    letter_add(&letter, "ce_id", "a-1");
    assert_int_equal(judge(), REASON_HEADER_TWICE);
    static const char *const names[] = {"ce_id", "ce_x", "grpc-timeout", "grpc-x", "ce_"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        letter_begin(&letter, bytes_text("value"));
        letter_set(&letter, names[i], "1S");
        letter_add(&letter, "between", "x");
        letter_add(&letter, names[i], "1S");
        assert_int_equal(judge(), REASON_HEADER_TWICE);
    }
}

static void a_key_has_1_to_64_bytes(void **state)
{
    (void)state;
    letter.record.key = bytes_text(text_of(64));
    assert_int_equal(judge(), REASON_NONE);
    letter.record.key = bytes_text(text_of(65));
    assert_int_equal(judge(), REASON_KEY_INVALID);
    letter.record.key = bytes_text("");
    assert_int_equal(judge(), REASON_KEY_INVALID);
    letter.record.has_key = false;
    assert_int_equal(judge(), REASON_KEY_INVALID);
}

static void a_value_has_at_most_256_kib(void **state)
{
    (void)state;
    static uint8_t value[WIRE_VALUE_MAX + 1];
    letter.record.value = bytes_of(value, 262144);
    assert_int_equal(judge(), REASON_NONE);
    letter.record.value = bytes_of(value, 262145);
    assert_int_equal(judge(), REASON_VALUE_TOO_LARGE);
    letter.record.value = (struct bytes){0};
    assert_int_equal(judge(), REASON_NONE);
    letter.record.has_value = false;
    assert_int_equal(judge(), REASON_VALUE_NULL);
}

static void the_first_check_that_fits_decides(void **state)
{
    (void)state;
    static uint8_t value[WIRE_VALUE_MAX + 1];
    letter_set(&letter, "grpc-method", "/x/y");
    letter_set(&letter, "ce_type", "x");
    assert_int_equal(judge(), REASON_METHOD_UNKNOWN);
    letter.record.has_key = false; /* INVALID_ARGUMENT goes before UNIMPLEMENTED */
    assert_int_equal(reason_status(judge()), STATUS_INVALID_ARGUMENT);
    letter.record.has_key = true;
    letter_set(&letter, "ce_time", "x");
    assert_int_equal(reason_status(judge()), STATUS_INVALID_ARGUMENT);
    static uint8_t header[1024 * 1024];
    letter.headers[4].value = bytes_of(header, sizeof(header));
    assert_int_equal(judge(), REASON_HEADERS_TOO_LARGE);
    letter.record.value = bytes_of(value, sizeof(value));
    assert_int_equal(judge(), REASON_VALUE_TOO_LARGE); /* before all others */
    letter_drop(&letter, "ce_id");
    assert_int_equal(judge(), REASON_VALUE_TOO_LARGE);
}

static void a_timeout_is_milliseconds_rounded_down(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t ms;
    } timeouts[] = {
        {"2H", 7200000},
        {"3M", 180000},
        {"4S", 4000},
        {"5m", 5},
        {"6000u", 6},
        {"6999u", 6},
        {"999u", 0},
        {"7000000n", 7},
        {"7999999n", 7},
        {"0S", 0},
        {"00000001S", 1000},
        {"99999999H", INT64_C(359999996400000)},
    };
    for (size_t i = 0; i < sizeof(timeouts) / sizeof(timeouts[0]); i++) {
        letter_set(&letter, "grpc-timeout", timeouts[i].text);
        assert_int_equal(judge(), REASON_NONE);
        assert_true(envelope.has_timeout);
        assert_int_equal(envelope.timeout_ms, timeouts[i].ms);
    }
}

static void what_is_late_is_late_by_the_callers_deadline(void **state)
{
    (void)state;
    letter_set(&letter, "ce_time", "2026-03-02T10:00:00.0009+01:00");
    assert_int_equal(judge(), REASON_NONE);
    assert_true(envelope.has_time);
    assert_int_equal(envelope.time_ms, 1772442000000);
    assert_int_equal(envelope_late_ms(&envelope, 1772442000000 + 100000), -1); /* no deadline */
    letter_set(&letter, "grpc-timeout", "1S");
    assert_int_equal(judge(), REASON_NONE);
    assert_int_equal(envelope_late_ms(&envelope, 1772442000000), -1);
    assert_int_equal(envelope_late_ms(&envelope, 1772442001000), -1);
    assert_int_equal(envelope_late_ms(&envelope, 1772442001001), 1);
    assert_int_equal(envelope_late_ms(&envelope, 1772442061000), 60000);
    letter_drop(&letter, "ce_time");
    assert_int_equal(judge(), REASON_NONE);
    assert_int_equal(envelope_late_ms(&envelope, 1772442061000), -1);
}

static void the_event_key_is_that_of_the_contract(void **state)
{
    (void)state;
    assert_int_equal(judge(), REASON_NONE);
    static const char joined[] = "\0\0\0\x17urn:oio:cvr-nr:64502018\0\0\0\x03"
                                 "a-1";
    uint8_t digest[SHA256_SIZE];
    uint8_t key[EVENT_KEY_SIZE];
    sha256_of(bytes_of(joined, sizeof(joined) - 1), digest);
    envelope_event_key(&envelope, key);
    assert_memory_equal(key, digest, EVENT_KEY_SIZE);
    /* The lengths tell "ab" + "c" from "a" + "bc". */
    uint8_t other[EVENT_KEY_SIZE];
    letter_set(&letter, "ce_source", "ab");
    letter_set(&letter, "ce_id", "c");
    assert_int_equal(judge(), REASON_NONE);
    envelope_event_key(&envelope, key);
    letter_set(&letter, "ce_source", "a");
    letter_set(&letter, "ce_id", "bc");
    assert_int_equal(judge(), REASON_NONE);
    envelope_event_key(&envelope, other);
    assert_memory_not_equal(key, other, EVENT_KEY_SIZE);
}

static void redrives_are_counted_from_what_came(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t redrives;
    } counts[] = {{"0", 0},
                  {"7", 7},
                  {"999999999", 999999999},
                  {"1000000000", 0},
                  {"-1", 0},
                  {"x", 0},
                  {"", 0}};
    assert_int_equal(judge(), REASON_NONE);
    assert_int_equal(envelope.redrives, 0);
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        letter_set(&letter, "mentor-redrives", counts[i].text);
        assert_int_equal(judge(), REASON_NONE);
        assert_int_equal(envelope.redrives, counts[i].redrives);
    }
}

static void a_text_holds_the_ten_digits_anywhere(void **state)
{
    (void)state;
    struct bytes cpr = bytes_text("1403760101");
    assert_true(envelope_holds(bytes_text("1403760101"), cpr));
    assert_true(envelope_holds(bytes_text("x1403760101"), cpr));
    assert_true(envelope_holds(bytes_text("11403760101y"), cpr));
    assert_false(envelope_holds(bytes_text("140376010"), cpr));
    assert_false(envelope_holds(bytes_text("140376-0101"), cpr));
    assert_false(envelope_holds(bytes_text(""), cpr));
}

int main(void)
{
    enum {
        HEADINGS = sizeof(headings) / sizeof(headings[0]),
    };
    const struct CMUnitTest more[] = {
        cmocka_unit_test_setup(a_required_header_has_at_most_512_bytes, begin),
        cmocka_unit_test_setup(a_ce_or_grpc_header_comes_once, begin),
        cmocka_unit_test_setup(a_key_has_1_to_64_bytes, begin),
        cmocka_unit_test_setup(a_value_has_at_most_256_kib, begin),
        cmocka_unit_test_setup(the_first_check_that_fits_decides, begin),
        cmocka_unit_test_setup(a_timeout_is_milliseconds_rounded_down, begin),
        cmocka_unit_test_setup(what_is_late_is_late_by_the_callers_deadline, begin),
        cmocka_unit_test_setup(the_event_key_is_that_of_the_contract, begin),
        cmocka_unit_test_setup(redrives_are_counted_from_what_came, begin),
        cmocka_unit_test_setup(a_text_holds_the_ten_digits_anywhere, begin),
    };
    struct CMUnitTest tests[HEADINGS + sizeof(more) / sizeof(more[0])];
    for (size_t i = 0; i < HEADINGS; i++) {
        tests[i] =
            (struct CMUnitTest){headings[i].title, the_header_is_judged, NULL, NULL, &headings[i]};
    }
    memcpy(tests + HEADINGS, more, sizeof(more));
    return cmocka_run_group_tests_name("app/envelope", tests, NULL, NULL);
}
