/*
 * Goal: a file's lines come one by one, however the bytes arrive and however long a line is; none
 * is lost, split or joined.
 */

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "mentor/base/err.h"
#include "mentor/wire/cloudevent.h"

#include "../src/app/lines.h"
#include "support/test.h"

static char path[] = "/tmp/mentord-lines-XXXXXX";
static struct lines lines;
static struct err err;

static int make_file(void **state)
{
    (void)state;
    int descriptor = mkstemp(path);
    return descriptor >= 0 && close(descriptor) == 0 ? 0 : -1;
}

static int remove_file(void **state)
{
    (void)state;
    return unlink(path);
}

static void write_bytes(struct bytes bytes, bool more)
{
    FILE *file = fopen(path, more ? "ab" : "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes.data, 1, bytes.size, file), bytes.size);
    assert_int_equal(fclose(file), 0);
}

static void open_text(const char *text)
{
    write_bytes(bytes_text(text), false);
    assert_true(lines_open(&lines, path, &err));
}

static void assert_line(int64_t number, const char *want)
{
    struct bytes line;
    assert_int_equal(lines_next(&lines, &line, &err), 1);
    assert_int_equal(lines.number, number);
    assert_true(bytes_is(line, want));
}

static void assert_end(void)
{
    struct bytes line;
    assert_int_equal(lines_next(&lines, &line, &err), 0);
    assert_int_equal(lines_next(&lines, &line, &err), 0);
    lines_close(&lines);
}

static void every_line_has_its_place_in_the_file(void **state)
{
    static const int64_t places[] = {0, 4, 5, 5 + CLOUDEVENT_LINE_MAX + 2};
    static uint8_t large[CLOUDEVENT_LINE_MAX + 2];
    (void)state;
    memset(large, 'x', sizeof(large));
    large[sizeof(large) - 1] = '\n';
    write_bytes(bytes_text("one\n\n"), false);
    write_bytes(bytes_of(large, sizeof(large)), true);
    write_bytes(bytes_text("last"), true);
    assert_true(lines_open(&lines, path, &err));
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        struct bytes line;
        assert_int_equal(lines_next(&lines, &line, &err), 1);
        assert_int_equal(lines.at, places[i]);
    }
    assert_end();
}

static void every_line_has_its_number_blank_ones_too(void **state)
{
    (void)state;
    open_text("one\n\n \t\r\nfour\n");
    assert_line(1, "one");
    assert_line(2, "");
    assert_line(3, " \t\r");
    assert_line(4, "four");
    assert_end();
}

static void the_last_line_may_lack_its_newline(void **state)
{
    (void)state;
    open_text("one\ntwo");
    assert_line(1, "one");
    assert_line(2, "two");
    assert_end();
    open_text("one\nx");
    assert_line(1, "one");
    assert_line(2, "x");
    assert_end();
}

static void standard_input_has_no_path(void **state)
{
    (void)state;
    static const char *const paths[] = {NULL, "-"};
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        assert_true(lines_open(&lines, paths[i], &err));
        assert_int_equal(lines.descriptor, STDIN_FILENO);
        assert_string_equal(lines.name, "standard input");
        lines_close(&lines);
    }
}

static void an_empty_file_has_no_line(void **state)
{
    (void)state;
    open_text("");
    assert_end();
    open_text("\n");
    assert_line(1, "");
    assert_end();
}

static void a_blank_line_is_one_of_spaces(void **state)
{
    (void)state;
    assert_true(line_blank(bytes_text("")));
    assert_true(line_blank(bytes_text(" \t\v\f\r")));
    assert_false(line_blank(bytes_text(" x")));
    assert_false(line_blank(bytes_text("\xc2\xa0")));
    assert_false(line_blank(bytes_of("\0", 1)));
}

/* A line of `size` and after it a short one, the last with or without its newline. */
static void check_long(size_t size, size_t want)
{
    uint8_t *text = malloc(size + 1);
    assert_non_null(text);
    memset(text, 'x', size);
    text[size] = '\n';
    for (int round = 0; round < 3; round++) {
        write_bytes(bytes_text("first\n"), false);
        write_bytes(bytes_of(text, round == 2 ? size : size + 1), true);
        write_bytes(bytes_text(round == 0 ? "next\nlast\n" : ""), true);
        assert_true(lines_open(&lines, path, &err));
        assert_line(1, "first");
        struct bytes line;
        assert_int_equal(lines_next(&lines, &line, &err), 1);
        assert_int_equal(line.size, want);
        assert_int_equal(line.data[0], 'x');
        assert_int_equal(line.data[want - 1], 'x');
        assert_int_equal(lines.number, 2);
        if (round == 0) {
            assert_line(3, "next");
            assert_line(4, "last");
        }
        assert_end();
    }
    free(text);
}

static void a_line_at_the_limit_is_whole(void **state)
{
    (void)state;
    check_long(CLOUDEVENT_LINE_MAX - 1, CLOUDEVENT_LINE_MAX - 1);
    check_long(CLOUDEVENT_LINE_MAX, CLOUDEVENT_LINE_MAX);
}

static void a_line_past_the_limit_is_cut_to_one_byte_more(void **state)
{
    (void)state;
    check_long((size_t)CLOUDEVENT_LINE_MAX + 1, (size_t)CLOUDEVENT_LINE_MAX + 1);
    check_long(CLOUDEVENT_LINE_MAX + (size_t)64 * 1024, (size_t)CLOUDEVENT_LINE_MAX + 1);
    check_long(CLOUDEVENT_LINE_MAX + (size_t)64 * 1024 + 1, (size_t)CLOUDEVENT_LINE_MAX + 1);
    check_long((size_t)3 * CLOUDEVENT_LINE_MAX, (size_t)CLOUDEVENT_LINE_MAX + 1);
}

static void just_past_the_limit_is_cut_too(void **state)
{
    (void)state;
    check_long((size_t)CLOUDEVENT_LINE_MAX + 100, (size_t)CLOUDEVENT_LINE_MAX + 1);
}

static void *write_slowly(void *argument)
{
    static const char *const pieces[] = {"on", "e\ntw", "o\n", "thr", "ee"};
    int descriptor = *(int *)argument;
    for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
        struct timespec wait = {.tv_nsec = 2000000};
        (void)nanosleep(&wait, NULL);
        if (write(descriptor, pieces[i], strlen(pieces[i])) < 0) {
            break;
        }
    }
    (void)close(descriptor);
    return NULL;
}

static void lines_may_come_in_pieces(void **state)
{
    (void)state;
    int ends[2];
    pthread_t writer;
    char name[32];
    assert_int_equal(pipe(ends), 0);
    (void)snprintf(name, sizeof(name), "/dev/fd/%d", ends[0]);
    assert_int_equal(pthread_create(&writer, NULL, write_slowly, &ends[1]), 0);
    assert_true(lines_open(&lines, name, &err));
    assert_true(lines_would_read(&lines));
    assert_line(1, "one");
    assert_line(2, "two");
    assert_true(lines_would_read(&lines));
    assert_line(3, "three");
    assert_end();
    assert_int_equal(pthread_join(writer, NULL), 0);
    (void)close(ends[0]);
}

static void a_waiting_line_would_not_read(void **state)
{
    (void)state;
    open_text("one\ntwo\n");
    assert_line(1, "one");
    assert_false(lines_would_read(&lines));
    assert_line(2, "two");
    assert_true(lines_would_read(&lines));
    assert_end();
}

static void a_file_that_is_not_there_is_said_so(void **state)
{
    (void)state;
    assert_false(lines_open(&lines, "/nonexistent/file", &err));
    assert_int_equal(err.kind, ERR_FATAL);
    assert_non_null(strstr(err.text, "/nonexistent/file: cannot be read"));
    assert_true(lines_open(&lines, "/", &err));
    struct bytes line;
    assert_int_equal(lines_next(&lines, &line, &err), -1);
    assert_int_equal(err.kind, ERR_FATAL);
    lines_close(&lines);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_line_has_its_place_in_the_file),
        cmocka_unit_test(every_line_has_its_number_blank_ones_too),
        cmocka_unit_test(the_last_line_may_lack_its_newline),
        cmocka_unit_test(standard_input_has_no_path),
        cmocka_unit_test(an_empty_file_has_no_line),
        cmocka_unit_test(a_blank_line_is_one_of_spaces),
        cmocka_unit_test(a_line_at_the_limit_is_whole),
        cmocka_unit_test(a_line_past_the_limit_is_cut_to_one_byte_more),
        cmocka_unit_test(just_past_the_limit_is_cut_too),
        cmocka_unit_test(lines_may_come_in_pieces),
        cmocka_unit_test(a_waiting_line_would_not_read),
        cmocka_unit_test(a_file_that_is_not_there_is_said_so),
    };
    return cmocka_run_group_tests_name("app/lines", tests, make_file, remove_file);
}
