/* Goal: a place is read as it is written, and nothing else is taken for one. */

#include "../../src/app/place.h"
#include "support/facts.h"

static void places_are_read(void **state)
{
    (void)state;
    struct place place;
    assert_true(place_parse(bytes_text("3/1042"), &place));
    assert_int_equal(place.topic.size, 0);
    assert_int_equal(place.partition, 3);
    assert_int_equal(place.offset, 1042);
    assert_true(place_parse(bytes_text("mentor.applications.v1/0/17"), &place));
    assert_true(bytes_is(place.topic, "mentor.applications.v1"));
    assert_int_equal(place.partition, 0);
    assert_int_equal(place.offset, 17);
    assert_true(place_parse(bytes_text("t/2147483647/999999999999999999"), &place));
    assert_int_equal(place.partition, INT32_MAX);
    assert_int_equal(place.offset, 999999999999999999);
}

static void other_texts_are_not(void **state)
{
    (void)state;
    static const char *const texts[] = {"",      "/",      "//",    "1",
                                        "1/",    "/1",     "a/b",   "1/-1",
                                        "-1/1",  "1/+1",   "1/1 ",  " 1/1",
                                        "1/0x1", "t/1",    "t/1/",  "t//1",
                                        "t/a/1", "t/1/1/", "1/1e3", "t/2147483648/1",
                                        "1/1/x", "1/1\n",  "1/1.0", "1/1000000000000000000"};
    struct place place;
    for (size_t i = 0; i < ROW_COUNT(texts); i++) {
        if (place_parse(bytes_text(texts[i]), &place)) {
            fail_msg("taken for a place: '%s'", texts[i]);
        }
    }
    assert_false(place_parse(bytes_of("1/1\0", 4), &place));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(places_are_read),
        cmocka_unit_test(other_texts_are_not),
    };
    return cmocka_run_group_tests_name("app/place", tests, NULL, NULL);
}
