/* Goal: an anchor's line says what it was made from, and a line that says anything else, or not
 * all, is refused by name. */

#include <stdlib.h>
#include <string.h>

#include "mentor/base/err.h"

#include "../../src/app/anchor.h"
#include "support/facts.h"
#include "support/test.h"

#define LINK "6c696e6b00000000000000000000000000000000000000000000000000000000"

static const struct anchor example = {
    .cluster = {(const uint8_t *)"c\"1", 3},
    .topic = {(const uint8_t *)"in", 2},
    .partition = 7,
    .next_offset = INT64_C(9007199254740993),
    .batch = 12,
    .evaluated_at_ms = INT64_C(1772442000123),
    .link = "link",
};

static const char expected[] =
    "{\"specversion\":\"1.0\",\"source\":\"mentord\",\"type\":\"dk.mentor.audit.anchor.v1\","
    "\"subject\":\"in/7\",\"id\":\"in/7/9007199254740993\",\"time\":\"2026-03-02T09:00:00.123Z\","
    "\"datacontenttype\":\"application/json\",\"data\":{\"cluster\":\"c\\\"1\",\"topic\":\"in\","
    "\"partition\":7,\"next_offset\":9007199254740993,\"batch\":12,\"link\":\"" LINK
    "\",\"evaluated_at\":\"2026-03-02T09:00:00.123Z\"}}";

static void a_line_is_read_as_it_was_written(void **state)
{
    (void)state;
    struct text line = {0};
    struct anchor anchor;
    json_t *event = NULL;
    struct err err = {.kind = ERR_NONE};
    anchor_write(&example, &line);
    assert_int_equal(line.size, strlen(expected));
    assert_memory_equal(line.data, expected, line.size);
    assert_true(anchor_read(bytes_of(line.data, line.size), &anchor, &event, &err));
    assert_true(bytes_equal(anchor.cluster, example.cluster));
    assert_true(bytes_is(anchor.topic, "in"));
    assert_int_equal(anchor.partition, 7);
    assert_int_equal(anchor.next_offset, example.next_offset);
    assert_int_equal(anchor.batch, 12);
    assert_int_equal(anchor.evaluated_at_ms, example.evaluated_at_ms);
    assert_memory_equal(anchor.link, example.link, SHA256_SIZE);
    assert_false(anchor.is_signed);
    json_decref(event);
    text_release(&line);
}

/* Each is put in place of the one before it in the example's line. */
static const struct {
    const char *from;
    const char *to;
    const char *named; /* NULL: it may be */
} changes[] = {
    {"\"source\":\"mentord\"", "\"source\":\"somebody\"", NULL},
    {"\"id\":\"in/7/", "\"id\":\"x/7/", NULL}, /* what counts are the data */
    {"anchor.v1", "anchor.v2", "type is wrong"},
    {"\"partition\":7", "\"partition\":-7", "partition is wrong"},
    {"\"partition\":7", "\"partition\":7.0", "partition is wrong"},
    {"\"partition\":7", "\"partition\":\"7\"", "partition is wrong"},
    {"\"partition\":7,", "", "partition is wrong"},
    {"\"partition\":7", "\"partition\":2147483648", "partition is wrong"},
    {"\"topic\":\"in\"", "\"topic\":1", "topic is wrong"},
    {LINK, "6c", "link is wrong"},
    {LINK, "x" LINK, "link is wrong"},
    {"\"evaluated_at\":\"2026", "\"evaluated_at\":\"x2026", "evaluated_at is wrong"},
    {"\"datacontenttype\":\"application/json\"", "\"signature\":\"00\"", "signature is wrong"},
    {"\"datacontenttype\":\"application/json\"", "\"batch\":1,\"batch\":2", "no JSON object"},
    {"}}", "}", "no JSON object"},
};

static void other_lines_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROW_COUNT(changes); i++) {
        struct text line = {0};
        struct anchor anchor;
        json_t *event = NULL;
        struct err err = {.kind = ERR_NONE};
        const char *at = strstr(expected, changes[i].from);
        assert_non_null(at);
        text_add(&line, bytes_of(expected, (size_t)(at - expected)));
        text_add(&line, bytes_text(changes[i].to));
        text_add(&line, bytes_text(at + strlen(changes[i].from)));
        bool done = anchor_read(bytes_of(line.data, line.size), &anchor, &event, &err);
        assert_int_equal(done, changes[i].named == NULL);
        if (!done) {
            assert_non_null(strstr(err.text, changes[i].named == NULL ? "" : changes[i].named));
            assert_null(event);
        }
        json_decref(event);
        text_release(&line);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_is_read_as_it_was_written),
        cmocka_unit_test(other_lines_are_refused),
    };
    return cmocka_run_group_tests_name("anchor", tests, NULL, NULL);
}
