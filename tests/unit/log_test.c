/*
 * Goal: a call is one line on stderr, logfmt or JSON, that a program can read whatever the values
 * hold, and nothing below the level asked for.
 */

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mentor/base/log.h"

#include "support/test.h"

static char captured[16384];

/* Runs `write` with stderr in a file and gives what came there. */
static const char *capture(void (*write_lines)(void))
{
    FILE *file = tmpfile();
    assert_non_null(file);
    (void)fflush(stderr);
    int kept = dup(STDERR_FILENO);
    assert_true(kept >= 0);
    assert_true(dup2(fileno(file), STDERR_FILENO) >= 0);
    write_lines();
    (void)fflush(stderr);
    assert_true(dup2(kept, STDERR_FILENO) >= 0);
    (void)close(kept);
    rewind(file);
    size_t size = fread(captured, 1, sizeof(captured) - 1, file);
    captured[size] = '\0';
    (void)fclose(file);
    return captured;
}

/* The line behind its time: ts=2026-03-02T09:00:00.123Z and a space. */
static const char *behind_time(const char *line)
{
    static const char form[] = "ts=dddd-dd-ddTdd:dd:dd.dddZ ";
    for (size_t i = 0; form[i] != '\0'; i++) {
        if (form[i] == 'd') {
            assert_in_range(line[i], '0', '9');
        } else {
            assert_int_equal(line[i], form[i]);
        }
    }
    return line + strlen(form);
}

static void write_plain(void)
{
    LOG(LOG_LEVEL_INFO, "worker.ready", LOG_TEXT("group", "mentord"), LOG_NUMBER("partitions", 12));
}

static void a_plain_line_is_pairs(void **state)
{
    (void)state;
    log_open(false, LOG_LEVEL_INFO);
    assert_string_equal(behind_time(capture(write_plain)),
                        "level=info event=worker.ready group=mentord partitions=12\n");
}

static void write_quoted(void)
{
    LOG(LOG_LEVEL_ERROR,
        "a.b",
        LOG_TEXT("empty", ""),
        LOG_TEXT("space", "a b"),
        LOG_TEXT("quote", "a\"b"),
        LOG_TEXT("slash", "a\\b"),
        LOG_TEXT("equals", "a=b"),
        LOG_TEXT("tab", "a\tb"),
        LOG_TEXT("danish", "æøå"),
        LOG_NUMBER("low", INT64_MIN),
        LOG_NUMBER("zero", 0));
}

static void what_needs_quotes_has_them(void **state)
{
    (void)state;
    log_open(false, LOG_LEVEL_INFO);
    assert_string_equal(behind_time(capture(write_quoted)),
                        "level=error event=a.b empty=\"\" space=\"a b\" quote=\"a\\\"b\" "
                        "slash=\"a\\\\b\" equals=\"a=b\" tab=\"a b\" danish=æøå "
                        "low=-9223372036854775808 zero=0\n");
}

static void json_lines_hold_the_same(void **state)
{
    (void)state;
    log_open(true, LOG_LEVEL_INFO);
    const char *line = capture(write_quoted);
    json_t *json = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(json);
    assert_int_equal(json_object_size(json), 12);
    assert_string_equal(json_string_value(json_object_get(json, "level")), "error");
    assert_string_equal(json_string_value(json_object_get(json, "event")), "a.b");
    assert_string_equal(json_string_value(json_object_get(json, "empty")), "");
    assert_string_equal(json_string_value(json_object_get(json, "quote")), "a\"b");
    assert_string_equal(json_string_value(json_object_get(json, "slash")), "a\\b");
    assert_string_equal(json_string_value(json_object_get(json, "danish")), "æøå");
    assert_true(json_integer_value(json_object_get(json, "low")) == INT64_MIN);
    assert_true(json_is_integer(json_object_get(json, "zero")));
    assert_int_equal(strlen(json_string_value(json_object_get(json, "ts"))), 24);
    json_decref(json);
    assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1);
}

static void write_newlines(void)
{
    LOG(LOG_LEVEL_INFO, "a", LOG_TEXT("spaced", "a \nb"));
    LOG(LOG_LEVEL_INFO, "b", LOG_TEXT("why", "a\nb\r"));
}

static uint32_t count_lines(const char *text)
{
    uint32_t count = 0;
    for (; *text != '\0'; text++) {
        count += *text == '\n';
    }
    return count;
}

static void a_newline_in_a_value_makes_no_second_line(void **state)
{
    (void)state;
    log_open(true, LOG_LEVEL_INFO);
    assert_int_equal(count_lines(capture(write_newlines)), 2);
    log_open(false, LOG_LEVEL_INFO);
    assert_int_equal(count_lines(capture(write_newlines)), 2);
    assert_null(strchr(captured, '\r'));
}

static char long_text[5000];

static void write_long(void)
{
    memset(long_text, 'x', sizeof(long_text) - 1);
    LOG(LOG_LEVEL_INFO, "long", LOG_TEXT("text", long_text), LOG_TEXT("more", "y"));
}

static void a_line_that_is_too_long_is_cut_and_not_split(void **state)
{
    (void)state;
    log_open(false, LOG_LEVEL_INFO);
    const char *line = capture(write_long);
    assert_int_equal(count_lines(line), 1);
    assert_in_range(strlen(line), 1000, 2048);
    assert_memory_equal(behind_time(line), "level=info event=long text=xxx", 30);
}

static void a_long_json_line_is_still_json(void **state)
{
    (void)state;
    log_open(true, LOG_LEVEL_INFO);
    const char *line = capture(write_long);
    assert_int_equal(count_lines(line), 1);
    json_t *json = json_loads(line, 0, NULL);
    assert_non_null(json);
    json_decref(json);
}

static void write_levels(void)
{
    LOG(LOG_LEVEL_DEBUG, "one", LOG_NUMBER("n", 1));
    LOG(LOG_LEVEL_INFO, "two", LOG_NUMBER("n", 2));
    LOG(LOG_LEVEL_WARN, "three", LOG_NUMBER("n", 3));
    LOG(LOG_LEVEL_ERROR, "four", LOG_NUMBER("n", 4));
}

static void only_the_level_asked_for_and_above_is_written(void **state)
{
    (void)state;
    for (int least = LOG_LEVEL_DEBUG; least <= LOG_LEVEL_ERROR; least++) {
        log_open(false, (enum log_level)least);
        const char *text = capture(write_levels);
        assert_int_equal(count_lines(text), 4 - least);
        assert_int_equal(strstr(text, "level=debug event=one") != NULL, least == LOG_LEVEL_DEBUG);
        assert_int_equal(strstr(text, "level=warn event=three") != NULL, least <= LOG_LEVEL_WARN);
        assert_non_null(strstr(text, "level=error event=four"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plain_line_is_pairs),
        cmocka_unit_test(what_needs_quotes_has_them),
        cmocka_unit_test(json_lines_hold_the_same),
        cmocka_unit_test(a_newline_in_a_value_makes_no_second_line),
        cmocka_unit_test(a_line_that_is_too_long_is_cut_and_not_split),
        cmocka_unit_test(a_long_json_line_is_still_json),
        cmocka_unit_test(only_the_level_asked_for_and_above_is_written),
    };
    return cmocka_run_group_tests_name("base/log", tests, NULL, NULL);
}
