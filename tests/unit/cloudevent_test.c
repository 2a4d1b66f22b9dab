/*
 * Goal: a line and a record are the same thing. What a line says becomes Kafka's headers and value,
 * what a record holds comes back from its line, and a line that is refused says why without a value
 * from it.
 */

#include <stdio.h>
#include <stdlib.h>

#include "mentor/base/arena.h"
#include "mentor/wire/cloudevent.h"
#include "mentor/wire/json.h"

#include "support/test.h"

#define NOW_MS  INT64_C(1772442000123) /* 2026-03-02T09:00:00.123Z */
#define CPR     "0101011234"
#define TYPE_IN "\"type\":\"dk.mentor.application.submitted.v1\""

static struct arena arena;

static int open_arena(void **state)
{
    (void)state;
    return arena_init(&arena, (size_t)16 << 20) ? 0 : -1;
}

static int close_arena(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

static struct record read_line(struct bytes line)
{
    struct record record;
    char why[256] = "";
    if (cloudevent_read(line, NOW_MS, &arena, &record, why, sizeof(why)) != REASON_NONE) {
        fail_msg("%.*s: %s", BYTES_ARGS(line), why);
    }
    return record;
}

/* name=value, one a line, so that a failing test shows all of them. */
static void assert_headers(const struct record *record, const char *want)
{
    struct text got = {0};
    for (uint32_t i = 0; i < record->header_count; i++) {
        text_add(&got, record->headers[i].name);
        text_add(&got, bytes_text("="));
        text_add(&got, record->headers[i].value);
        text_add(&got, bytes_text("\n"));
    }
    text_add(&got, bytes_of("", 1));
    assert_string_equal(got.data, want);
    text_release(&got);
}

static void assert_value(const struct record *record, const void *value, size_t size)
{
    assert_true(record->has_value);
    assert_int_equal(record->value.size, size);
    assert_memory_equal(record->value.data, value, size);
}

static void assert_line(bool written, struct text *line, const char *want)
{
    assert_true(written);
    text_add(line, bytes_of("", 1));
    assert_string_equal(line->data, want);
    text_release(line);
}

static void attributes_become_headers_in_their_order(void **state)
{
    (void)state;
    struct record record = read_line(bytes_text(
        "{\"id\":\"a-1\",\"specversion\":\"1.0\",\"source\":\"urn:x\"," TYPE_IN
        ",\"data\":{\"version\":1},\"grpctimeout\":\"5S\",\"subject\":\"\","
        "\"mentorseq\":7,\"mentorlatems\":-1,\"flag\":true,\"off\":false,\"eventid\":\"e\",\"gone\":null,"
        "\"grpcmethod\":\"/m\",\"traceparent\":\"00-1\",\"tracestate\":\"a=b\","
        "\"mentorredriveof\":\"t/0/1\",\"x9\":\"æ\",\"datacontenttype\":\"application/json\"}"));
    assert_headers(&record,
                   "ce_id=a-1\nce_specversion=1.0\nce_source=urn:x\n"
                   "ce_type=dk.mentor.application.submitted.v1\n"
                   "grpc-timeout=5S\nce_subject=\nmentor-seq=7\nmentor-late-ms=-1\nce_flag=true\n"
                   "ce_off=false\nce_eventid=e\ngrpc-method=/m\ntraceparent=00-1\ntracestate=a=b\n"
                   "mentor-redrive-of=t/0/1\nce_x9=æ\ncontent-type=application/protobuf\n");
    assert_value(&record, "\x10\x01", 2);
    assert_false(record.has_key);
    assert_int_equal(record.timestamp_ms, NOW_MS);
}

static void a_bare_application_gets_its_envelope(void **state)
{
    (void)state;
    struct record record = read_line(bytes_text("{\"application_id\":\"abc\",\"version\":\"12\"}"));
    assert_headers(&record,
                   "ce_specversion=1.0\nce_id=abc/12\nce_source=mentord\n"
                   "ce_type=dk.mentor.application.submitted.v1\nce_time=2026-03-02T09:00:00.123Z\n"
                   "content-type=application/protobuf\n");
    assert_value(&record,
                 "\x0a\x03"
                 "abc\x10\x0c",
                 7);

    record = read_line(bytes_text("{\"version\":4294967295}"));
    assert_int_equal(record.headers[1].value.size, strlen("/4294967295"));
}

static void a_decision_is_read_as_one(void **state)
{
    (void)state;
    static const char *const types[] = {"approved", "rejected", "referred"};
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        char line[256];
        (void)snprintf(line,
                       sizeof(line),
                       "{\"specversion\":\"1.0\",\"type\":\"dk.mentor.application.%s.v1\","
                       "\"data\":{\"outcome\":\"OUTCOME_APPROVED\"}}",
                       types[i]);
        struct record record = read_line(bytes_text(line));
        assert_value(&record, "\x20\x01", 2);
    }
}

static void no_data_is_a_null_value(void **state)
{
    (void)state;
    struct record record = read_line(bytes_text("{\"specversion\":\"0.3\",\"data\":null}"));
    assert_false(record.has_value);
    assert_headers(&record, "ce_specversion=0.3\n");
}

static void data_base64_is_the_value_as_it_is(void **state)
{
    (void)state;
    struct record record =
        read_line(bytes_text("{\"specversion\":\"1.0\",\"data_base64\":\"AP/+\",\"data\":null,"
                             "\"keybase64\":\"AAE=\",\"datacontenttype\":\"text/plain\"}"));
    assert_headers(&record, "ce_specversion=1.0\ncontent-type=text/plain\n");
    assert_value(&record, "\x00\xff\xfe", 3);
    assert_true(record.has_key);
    assert_true(bytes_equal(record.key, bytes_of("\x00\x01", 2)));
}

struct refusal {
    const char *line;
    const char *why;
};

static const struct refusal refusals[] = {
    {"", "the line ends too early, at byte 0"},
    {"{", "the line ends too early, at byte 1"},
    {"\"" CPR "\"", "not JSON, at byte 12"},
    {"{\"a\":1}" CPR, "something follows the object, at byte 8"},
    {"{\"a\":" CPR "}", "not JSON, at byte 6"},
    {"{\"cpr" CPR "\":1,\"cpr" CPR "\":2}", "a key is given twice, at byte 34"},
    {"{\"specversion\":\"1.0\",\"id\":\"" CPR "\\u0000\"}", "a NUL in a string, at byte 44"},
    {"{\"specversion\":\"1.0\",\"a\\u0000" CPR "\":1}", "a NUL in a key, at byte 40"},
    {"{\"specversion\":\"1.0\",\"id\":\"\xff\"}", "invalid UTF-8, at byte 27"},
    {"{\"specversion\":\"1.0\",\"id\":9223372036854775808}", "a number is too large, at byte 45"},
    {"[]", "not an object"},
    {"{\"specversion\":null,\"id\":\"a\"}", "specversion: unknown field"},
    {"{\"nope\":1}", "nope: unknown field"},
    {"{\"" CPR "\":1}", "holds a field that is unknown"},
    {"{\"specversion\":\"1.0\",\"ID\":\"" CPR "\"}",
     "ID: a name of other than lower-case letters and digits"},
    {"{\"specversion\":\"1.0\",\"a-b\":1}",
     "an attribute: a name of other than lower-case letters and digits"},
    {"{\"specversion\":\"1.0\",\"\":1}",
     "an attribute: a name of other than lower-case letters and digits"},
    {"{\"specversion\":\"1.0\",\"id\":[\"" CPR "\"]}",
     "id: not a string, a whole number or a boolean"},
    {"{\"specversion\":\"1.0\",\"id\":{}}", "id: not a string, a whole number or a boolean"},
    {"{\"specversion\":\"1.0\",\"id\":1.5}", "id: not a string, a whole number or a boolean"},
    {"{\"specversion\":\"1.0\",\"data\":{\"cost\":{\"wage\":{\"hourlyOre\":\"" CPR "x\"}}}}",
     "cost.wage.hourly_ore: not a whole number"},
    {"{\"specversion\":\"1.0\",\"data\":\"" CPR "\"}", "not an object"},
    {"{\"specversion\":\"1.0\",\"type\":\"x\",\"data\":{\"outcome\":1}}", "outcome: unknown field"},
    {"{\"specversion\":\"1.0\",\"data\":{},\"data_base64\":\"\"}",
     "data_base64: data is given too"},
    {"{\"specversion\":\"1.0\",\"data_base64\":\"" CPR "\"}", "data_base64: not base64"},
    {"{\"specversion\":\"1.0\",\"data_base64\":1}", "data_base64: not a string of base64"},
    {"{\"specversion\":\"1.0\",\"keybase64\":\"?\"}", "keybase64: not base64"},
};

static void a_refused_line_says_why_and_no_value(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        struct record record;
        char why[256] = "";
        struct bytes line = bytes_text(refusals[i].line);
        assert_int_equal(cloudevent_read(line, NOW_MS, &arena, &record, why, sizeof(why)),
                         REASON_JSON_INVALID);
        assert_string_equal(why, refusals[i].why);
        assert_null(strstr(why, CPR));
    }
}

static void a_line_over_4_mib_is_not_parsed(void **state)
{
    (void)state;
    char *line = malloc(CLOUDEVENT_LINE_MAX + 1);
    assert_non_null(line);
    memset(line, ' ', CLOUDEVENT_LINE_MAX + 1);
    line[0] = '{';
    line[1] = '}';
    struct record record;
    char why[64];
    assert_int_equal(
        cloudevent_read(
            bytes_of(line, CLOUDEVENT_LINE_MAX), NOW_MS, &arena, &record, why, sizeof(why)),
        REASON_NONE);
    assert_int_equal(
        cloudevent_read(
            bytes_of(line, CLOUDEVENT_LINE_MAX + 1), NOW_MS, &arena, &record, why, sizeof(why)),
        REASON_LINE_TOO_LARGE);
    assert_string_equal(why, "the line is over 4 MiB");
    free(line);
}

static void a_full_arena_is_said_wherever_it_comes(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "{\"application_id\":\"abc\",\"version\":\"12\"}",
        "{\"specversion\":\"1.0\",\"id\":\"a\",\"x\":1,\"keybase64\":\"AAE=\",\"data\":{}}",
        "{\"specversion\":\"1.0\",\"mentorseq\":1,\"data_base64\":\"AAE=\"}",
    };
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        bool read = false;
        for (size_t capacity = 1; !read; capacity += 8) {
            struct arena small;
            struct record record;
            char why[256] = "";
            assert_true(arena_init(&small, capacity));
            read =
                cloudevent_read(bytes_text(lines[i]), NOW_MS, &small, &record, why, sizeof(why)) ==
                REASON_NONE;
            assert_string_equal(why, read ? "" : "line needs more memory than a line may take");
            arena_release(&small);
        }
    }
}

#define HEADER(name_, value_)                                                                      \
    {                                                                                              \
        .name = {(const uint8_t *)(name_), sizeof(name_) - 1},                                     \
        .value = {(const uint8_t *)(value_), sizeof(value_) - 1},                                  \
    }

static struct header outcome_headers[] = {
    HEADER("content-type", "application/protobuf"),
    HEADER("ce_time", "2026-03-02T09:00:00Z"),
    HEADER("mentor-seq", "7"),
    HEADER("ce_type", "dk.mentor.application.approved.v1"),
    HEADER("grpc-status", "0"),
    HEADER("ce_source", "mentord"),
    HEADER("ce_id", "d\"1"),
    HEADER("ce_specversion", "1.0"),
    HEADER("traceparent", "00-1"),
    HEADER("ce_id", "second"),
    HEADER("ce_extra", "x"),
    HEADER("ce_extra", "second"),
    HEADER("ce_broken", "\xff"),
    HEADER("ce_broken", "whole"),
    HEADER("ce_nul", "a\0b"),
    HEADER("ce_empty", ""),
    HEADER("ce_Upper", "x"),
    HEADER("ce_traceparent", "x"),
    HEADER("ce_data", "x"),
    HEADER("ce_keybase64", "x"),
    HEADER("ce_", "x"),
    HEADER("foreign", "x"),
    {.name = {(const uint8_t *)"ce_null", 7}, .value = {NULL, 0}},
};

static struct record outcome(struct bytes value)
{
    return (struct record){
        .has_value = true,
        .value = value,
        .headers = outcome_headers,
        .header_count = sizeof(outcome_headers) / sizeof(outcome_headers[0]),
    };
}

#define OUTCOME_LEADING                                                                            \
    "{\"specversion\":\"1.0\",\"id\":\"d\\\"1\",\"source\":\"mentord\","                           \
    "\"type\":\"dk.mentor.application.approved.v1\",\"time\":\"2026-03-02T09:00:00Z\","
#define OUTCOME_OTHERS                                                                             \
    "\"mentorseq\":\"7\",\"grpcstatus\":\"0\",\"traceparent\":\"00-1\",\"extra\":\"x\","           \
    "\"broken\":\"whole\","

static void an_outcome_is_written_with_the_required_attributes_first(void **state)
{
    (void)state;
    struct text line = {0};
    struct record record = outcome(bytes_of("\x20\x01", 2));
    bool written = cloudevent_write(&record, &arena, &line);
    assert_line(written,
                &line,
                OUTCOME_LEADING OUTCOME_OTHERS "\"data\":{\"outcome\":\"OUTCOME_APPROVED\"}}");
}

static void a_value_that_is_no_message_stands_as_its_bytes(void **state)
{
    (void)state;
    struct text line = {0};
    struct record record = outcome(bytes_of("\x20", 1));
    bool written = cloudevent_write(&record, &arena, &line);
    assert_line(written,
                &line,
                OUTCOME_LEADING "\"datacontenttype\":\"application/protobuf\"," OUTCOME_OTHERS
                                "\"data_base64\":\"IA==\"}");
}

static void a_record_without_specversion_is_still_an_event(void **state)
{
    (void)state;
    struct text line = {0};
    struct record record = {0};
    bool written = cloudevent_write(&record, &arena, &line);
    assert_line(written, &line, "{\"specversion\":\"\"}");
    record = read_line(bytes_text("{\"specversion\":\"\"}"));
    assert_headers(&record, "ce_specversion=\n");
    assert_false(record.has_value);
}

static void a_writer_without_memory_appends_nothing(void **state)
{
    (void)state;
    struct arena small;
    struct text line = {0};
    struct record record = outcome(bytes_of("\x20\x01", 2));
    assert_true(arena_init(&small, 64));
    text_add(&line, bytes_text("before"));
    assert_false(cloudevent_write(&record, &small, &line));
    assert_int_equal(line.size, strlen("before"));
    text_release(&line);
    arena_release(&small);
}

static void what_is_written_is_read_again(void **state)
{
    (void)state;
    struct text line = {0};
    struct record record = outcome(bytes_of("\x20\x01", 2));
    assert_true(cloudevent_write(&record, &arena, &line));
    struct record back = read_line(bytes_of(line.data, line.size));
    assert_value(&back, "\x20\x01", 2);
    struct text again = {0};
    assert_true(cloudevent_write(&back, &arena, &again));
    assert_int_equal(again.size, line.size);
    assert_memory_equal(again.data, line.data, line.size);
    text_release(&line);
    text_release(&again);
}

static struct header refused_headers[] = {
    HEADER("ce_specversion", "0.3"),
    HEADER("ce_id", "a-1"),
    HEADER("ce_source", "urn:x"),
    HEADER("ce_type", "dk.mentor.application.submitted.v1"),
    HEADER("ce_time", "yesterday"),
    HEADER("ce_eventid", "x"),
    HEADER("content-type", "text/plain"),
    HEADER("grpc-status", "3"),
    HEADER("grpc-message", "a%20b"),
    HEADER("mentor-reason", "undecodable"),
    HEADER("mentor-topic", "mentor.applications.v1"),
    HEADER("mentor-partition", "2"),
    HEADER("mentor-offset", "41"),
    HEADER("mentor-redrives", "0"),
};

static struct record refused(void)
{
    return (struct record){
        .has_key = true,
        .key = bytes_of("\x00\xff", 2),
        .has_value = true,
        .value = bytes_of("\x00\xff\x0a", 3),
        .headers = refused_headers,
        .header_count = sizeof(refused_headers) / sizeof(refused_headers[0]),
    };
}

static void a_dlq_line_says_where_the_record_was_and_why(void **state)
{
    (void)state;
    struct text line = {0};
    struct record record = refused();
    bool written = cloudevent_write_dlq(&record, &arena, &line);
    assert_line(written,
                &line,
                "{\"specversion\":\"1.0\",\"id\":\"mentor.applications.v1/2/41\","
                "\"source\":\"mentord\",\"type\":\"dk.mentor.dlq.v1\",\"keybase64\":\"AP8=\","
                "\"eventspecversion\":\"0.3\",\"eventid\":\"a-1\",\"eventsource\":\"urn:x\","
                "\"eventtype\":\"dk.mentor.application.submitted.v1\",\"eventtime\":\"yesterday\","
                "\"eventeventid\":\"x\",\"datacontenttype\":\"text/plain\",\"grpcstatus\":\"3\","
                "\"grpcmessage\":\"a%20b\",\"mentorreason\":\"undecodable\","
                "\"mentortopic\":\"mentor.applications.v1\",\"mentorpartition\":\"2\","
                "\"mentoroffset\":\"41\",\"mentorredrives\":\"0\",\"data_base64\":\"AP8K\"}");
}

static void a_dlq_line_gives_the_record_back(void **state)
{
    (void)state;
    struct text line = {0};
    struct record record = refused();
    assert_true(cloudevent_write_dlq(&record, &arena, &line));
    struct record back = read_line(bytes_of(line.data, line.size));
    assert_true(back.has_key);
    assert_true(bytes_equal(back.key, record.key));
    assert_value(&back, record.value.data, record.value.size);
    assert_int_equal(back.header_count, record.header_count);
    for (uint32_t i = 0; i < back.header_count; i++) {
        assert_true(bytes_equal(back.headers[i].name, record.headers[i].name));
        assert_true(bytes_equal(back.headers[i].value, record.headers[i].value));
    }
    text_release(&line);
}

static void a_dlq_line_keeps_what_is_not_the_lines_own(void **state)
{
    (void)state;
    struct record record =
        read_line(bytes_text("{\"specversion\":\"1.0\",\"id\":\"t/0/1\",\"source\":\"mentord\","
                             "\"type\":\"dk.mentor.dlq.v1\",\"event\":\"x\",\"subject\":\"s\"}"));
    assert_headers(&record, "ce_event=x\nce_subject=s\n");
}

static void a_dlq_record_with_nothing_comes_back_as_nothing(void **state)
{
    (void)state;
    struct text line = {0};
    struct record record = {.has_key = true, .has_value = true};
    assert_true(cloudevent_write_dlq(&record, &arena, &line));
    struct record back = read_line(bytes_of(line.data, line.size));
    assert_true(back.has_key && back.has_value);
    assert_int_equal(back.key.size + back.value.size + back.header_count, 0);

    line.size = 0;
    record = (struct record){0};
    assert_true(cloudevent_write_dlq(&record, &arena, &line));
    back = read_line(bytes_of(line.data, line.size));
    assert_false(back.has_key || back.has_value);
    assert_int_equal(back.header_count, 0);
    text_release(&line);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(attributes_become_headers_in_their_order),
        cmocka_unit_test(a_bare_application_gets_its_envelope),
        cmocka_unit_test(a_decision_is_read_as_one),
        cmocka_unit_test(no_data_is_a_null_value),
        cmocka_unit_test(data_base64_is_the_value_as_it_is),
        cmocka_unit_test(a_refused_line_says_why_and_no_value),
        cmocka_unit_test(a_line_over_4_mib_is_not_parsed),
        cmocka_unit_test(a_full_arena_is_said_wherever_it_comes),
        cmocka_unit_test(an_outcome_is_written_with_the_required_attributes_first),
        cmocka_unit_test(a_value_that_is_no_message_stands_as_its_bytes),
        cmocka_unit_test(a_record_without_specversion_is_still_an_event),
        cmocka_unit_test(a_writer_without_memory_appends_nothing),
        cmocka_unit_test(what_is_written_is_read_again),
        cmocka_unit_test(a_dlq_line_says_where_the_record_was_and_why),
        cmocka_unit_test(a_dlq_line_gives_the_record_back),
        cmocka_unit_test(a_dlq_line_keeps_what_is_not_the_lines_own),
        cmocka_unit_test(a_dlq_record_with_nothing_comes_back_as_nothing),
    };
    return cmocka_run_group_tests_name("wire/cloudevent", tests, open_arena, close_arena);
}
