/* Goal: of a record's headers those that matter are found, and more than are sensible are known
 * before anything is done with them, and cut down to those. */

#include "mentor/app/envelope.h"

#include "../../src/app/headers.h"
#include "support/letter.h"

static struct header many[HEADERS_MAX + 1];
static uint8_t fat[HEADERS_BYTES_MAX + 1];
static struct letter letter;

/* `count` headers with distinct names and no values. */
static struct record distinct(uint32_t count)
{
    static char names[HEADERS_MAX + 1][12];
    for (uint32_t i = 0; i < count; i++) {
        (void)snprintf(names[i], sizeof(names[i]), "%u", i);
        many[i] = (struct header){bytes_text(names[i]), bytes_text("")};
    }
    return (struct record){.headers = many, .header_count = count};
}

static int begin(void **state)
{
    (void)state;
    letter_begin(&letter, bytes_text("value"));
    return 0;
}

static void so_many_fit(void **state)
{
    (void)state;
    struct record record = distinct(HEADERS_MAX);
    assert_true(headers_fit(&record));
    record = distinct(HEADERS_MAX + 1);
    assert_false(headers_fit(&record));
    record.header_count = 0;
    assert_true(headers_fit(&record));
}

static void names_and_values_fit_together(void **state)
{
    (void)state;
    for (size_t more = 0; more < 2; more++) {
        struct header headers[] = {
            {.name = bytes_of(fat, 24), .value = bytes_of(NULL, 0)},
            {.name = bytes_of(fat, 1000), .value = bytes_of(fat, HEADERS_BYTES_MAX - 1024 + more)},
        };
        struct record record = {.headers = headers, .header_count = 2};
        assert_int_equal(headers_fit(&record), more == 0);
    }
}

static void the_first_of_each_known_name_is_kept(void **state)
{
    (void)state;
    struct header kept[KNOWN_COUNT];
    letter_set(&letter, "mentor-redrive-of", "in/0/7");
    letter_add(&letter, "ce_id", "second");
    letter_set(&letter, "x-trace", "nobody knows it");
    assert_int_equal(headers_kept(&letter.record, kept), 5);
    static const char *const names[] = {
        "ce_specversion", "ce_id", "ce_source", "ce_type", "mentor-redrive-of"};
    for (size_t i = 0; i < 5; i++) {
        assert_true(bytes_is(kept[i].name, names[i]));
    }
    assert_true(bytes_is(kept[1].value, "a-1"));
}

static void a_known_one_that_says_nothing_is_not_kept(void **state)
{
    (void)state;
    struct header kept[KNOWN_COUNT];
    for (uint32_t more = 0; more < 2; more++) {
        letter.headers[1].value = bytes_of(fat, ENVELOPE_HEADER_MAX + more);
        assert_int_equal(headers_kept(&letter.record, kept), 4 - more);
    }
}

static void every_name_of_ours_may_come_once(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        bool twice;
    } names[] = {{"ce_x", true}, {"grpc-x", true}, {"ce", false}, {"x", false}, {"", false}};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        letter_begin(&letter, bytes_text("value"));
        letter_add(&letter, names[i].name, "1");
        assert_false(headers_twice(&letter.record));
        letter_add(&letter, names[i].name, "2");
        assert_int_equal(headers_twice(&letter.record), names[i].twice);
    }
    letter.record = distinct(HEADERS_MAX);
    assert_false(headers_twice(&letter.record));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, begin)
    const struct CMUnitTest tests[] = {
        TEST(so_many_fit),
        TEST(names_and_values_fit_together),
        TEST(the_first_of_each_known_name_is_kept),
        TEST(a_known_one_that_says_nothing_is_not_kept),
        TEST(every_name_of_ours_may_come_once),
    };
    return cmocka_run_group_tests_name("app/headers", tests, NULL, NULL);
}
