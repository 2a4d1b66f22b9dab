/* Goal: numbers as a caseworker reads them, whatever the machine's locale. */

#include <string.h>

#include "../src/app/danish.h"
#include "support/test.h"

static void thousands_have_points(void **state)
{
    (void)state;
    char text[DANISH_SIZE];
    assert_string_equal(danish_number(0, text), "0");
    assert_string_equal(danish_number(999, text), "999");
    assert_string_equal(danish_number(1000, text), "1.000");
    assert_string_equal(danish_number(2340, text), "2.340");
    assert_string_equal(danish_number(123456, text), "123.456");
    assert_string_equal(danish_number(1234567, text), "1.234.567");
    assert_string_equal(danish_number(-1234, text), "-1.234");
    assert_string_equal(danish_number(-999, text), "-999");
    assert_string_equal(danish_number(INT64_MAX, text), "9.223.372.036.854.775.807");
}

static void kroner_have_a_comma_and_two_decimals(void **state)
{
    (void)state;
    char text[DANISH_SIZE];
    assert_string_equal(danish_kroner(893607, text), "8.936,07");
    assert_string_equal(danish_kroner(0, text), "0,00");
    assert_string_equal(danish_kroner(5, text), "0,05");
    assert_string_equal(danish_kroner(100, text), "1,00");
    assert_string_equal(danish_kroner(2340000, text), "23.400,00");
    assert_string_equal(danish_kroner(-5, text), "-0,05");
    assert_string_equal(danish_kroner(-123456, text), "-1.234,56");
    assert_string_equal(danish_kroner(INT64_MAX, text), "92.233.720.368.547.758,07");
}

static void a_percentage_has_no_zeros_behind(void **state)
{
    (void)state;
    char text[DANISH_SIZE];
    assert_string_equal(danish_percent(1250, text), "12,5");
    assert_string_equal(danish_percent(1000, text), "10");
    assert_string_equal(danish_percent(100, text), "1");
    assert_string_equal(danish_percent(1255, text), "12,55");
    assert_string_equal(danish_percent(5, text), "0,05");
    assert_string_equal(danish_percent(0, text), "0");
    assert_string_equal(danish_percent(10000, text), "100");
    assert_string_equal(danish_percent(100000, text), "1.000");
}

static void what_a_sender_types_cannot_leave_its_line(void **state)
{
    (void)state;
    static const char *const none[] = {"", "a", " ", "~", "ø", "·", "–", "€", "’"};
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
        assert_int_equal(danish_unprintable(none[i]), 0);
    }
    /* Marks of direction are what is tested. NOLINTBEGIN(misc-misleading-bidirectional) */
    static const char *const controls[] = {"\n",
                                           "\r",
                                           "\t",
                                           "\x1b",
                                           "\x7f",
                                           "\xc2\x85",
                                           "\xc2\x9b",
                                           "\u061c",
                                           "\u200b",
                                           "\u200f",
                                           "\u2028",
                                           "\xe2\x80\xae",
                                           "\xe2\x81\xa6",
                                           "\ufeff"};
    /* NOLINTEND(misc-misleading-bidirectional) */
    for (size_t i = 0; i < sizeof(controls) / sizeof(controls[0]); i++) {
        assert_int_equal(danish_unprintable(controls[i]), strlen(controls[i]));
    }
    assert_int_equal(danish_unprintable("\xe2\x80"), 0); /* cut short */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(thousands_have_points),
        cmocka_unit_test(kroner_have_a_comma_and_two_decimals),
        cmocka_unit_test(a_percentage_has_no_zeros_behind),
        cmocka_unit_test(what_a_sender_types_cannot_leave_its_line),
    };
    return cmocka_run_group_tests_name("app/danish", tests, NULL, NULL);
}
