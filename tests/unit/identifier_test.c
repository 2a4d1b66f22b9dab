/* Goal: CPR, CVR and municipality codes by form and checksum: centuries, days that exist, the 98.
 */

#include <stdio.h>

#include "mentor/core/date.h"
#include "mentor/core/identifier.h"

#include "support/test.h"

static int32_t birth_of(const char *cpr)
{
    int32_t birth = 0;
    return cpr_parse(bytes_text(cpr), &birth) ? birth : INT32_MIN;
}

static int32_t year_of(const char *cpr)
{
    int32_t birth = birth_of(cpr);
    return birth == INT32_MIN ? 0 : date_civil(birth).year;
}

/* The 15th of June in a two-digit year; `want` is 0 where there is none from 1900 on. */
struct century {
    int32_t year;
    char first; /* the seventh digits of which this holds */
    char last;
    int32_t want;
};

static const struct century centuries[] = {
    {0, '0', '3', 1900},
    {99, '0', '3', 1999},
    {36, '0', '3', 1936},
    {37, '0', '3', 1937},
    {0, '4', '4', 2000},
    {36, '4', '4', 2036},
    {37, '4', '4', 1937},
    {99, '4', '4', 1999},
    {0, '9', '9', 2000},
    {36, '9', '9', 2036},
    {37, '9', '9', 1937},
    {99, '9', '9', 1999},
    {0, '5', '8', 2000},
    {36, '5', '8', 2036},
    {37, '5', '8', 2037},
    {57, '5', '8', 2057},
    {58, '5', '8', 0},
    {99, '5', '8', 0},
};

static void the_seventh_digit_gives_the_century(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(centuries) / sizeof(centuries[0]); i++) {
        const struct century *century = &centuries[i];
        for (char seventh = century->first; seventh <= century->last; seventh++) {
            char cpr[16];
            (void)snprintf(cpr, sizeof(cpr), "1506%02d%c000", (int)century->year, seventh);
            if (year_of(cpr) != century->want) {
                fail_msg("%s: %d, not %d", cpr, (int)year_of(cpr), (int)century->want);
            }
        }
    }
}

static void a_birth_is_a_day_that_exists(void **state)
{
    (void)state;
    assert_int_equal(birth_of("1403760101"), date_of_civil((struct civil){1976, 3, 14}));
    assert_int_equal(birth_of("0101000000"), DATE_FIRST);
    assert_int_equal(birth_of("3112760101"), date_of_civil((struct civil){1976, 12, 31}));
    assert_int_equal(birth_of("2902004000"), date_of_civil((struct civil){2000, 2, 29}));
    assert_int_equal(birth_of("2902000000"), INT32_MIN); /* 1900 was no leap year */
    static const char *const bad[] = {
        "0000000000",
        "0001760101",
        "3201760101",
        "3002760101",
        "1400760101",
        "1413760101",
        "",
        "140376010",
        "14037601011",
        "140376-0101",
        "14037601a1",
        "1403760 01",
        "\xd9\xa0\xd9\xa0\xd9\xa0\xd9\xa0\xd9\xa0",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(birth_of(bad[i]), INT32_MIN);
    }
}

static void the_check_digit_is_modulus_11(void **state)
{
    (void)state;
    assert_true(cpr_mod11(bytes_text("0102565010"))); /* born 2056 */
    for (int last = '1'; last <= '9'; last++) {
        char cpr[] = "010256501x";
        cpr[9] = (char)last;
        assert_false(cpr_mod11(bytes_text(cpr)));
    }
    static const char *const safe[] = {"1403760101",
                                       "2305941102",
                                       "0811024101",
                                       "1902681101",
                                       "1107851101",
                                       "2503911101",
                                       "3006731101",
                                       "0704991101",
                                       "1706004101",
                                       "2811831101",
                                       "1206521101"};
    for (size_t i = 0; i < sizeof(safe) / sizeof(safe[0]); i++) {
        assert_false(cpr_mod11(bytes_text(safe[i])));
        assert_int_not_equal(birth_of(safe[i]), INT32_MIN);
    }
    /* Each weight by itself: a one in that place and what makes it whole in the last. */
    static const char weights[] = "4327654321";
    for (int i = 0; i < 9; i++) {
        char cpr[] = "0000000000";
        cpr[i] = '1';
        int rest = 11 - (weights[i] - '0');
        cpr[9] = (char)('0' + (rest == 10 ? 0 : rest));
        assert_int_equal(cpr_mod11(bytes_text(cpr)), rest != 10);
    }
}

static int32_t age(int32_t y, int32_t m, int32_t d, const char *today)
{
    int32_t day = 0;
    assert_true(date_parse(bytes_text(today), &day));
    return cpr_age(date_of_civil((struct civil){y, m, d}), day);
}

static void age_counts_birthdays(void **state)
{
    (void)state;
    assert_int_equal(age(2008, 3, 2, "2026-03-01"), 17);
    assert_int_equal(age(2008, 3, 2, "2026-03-02"), 18);
    assert_int_equal(age(2008, 12, 31, "2026-01-01"), 17);
    assert_int_equal(age(2008, 1, 1, "2026-12-31"), 18);
    assert_int_equal(age(2008, 2, 29, "2026-02-28"), 17); /* turns on 1 March */
    assert_int_equal(age(2008, 2, 29, "2026-03-01"), 18);
    assert_int_equal(age(2008, 2, 29, "2028-02-29"), 20);
    assert_int_equal(age(2008, 3, 2, "2008-03-02"), 0);
}

static void a_cvr_number_has_eight_digits_and_modulus_11(void **state)
{
    (void)state;
    static const char *const good[] = {"13748136", "99000007", "99000015", "99000023"};
    static const char *const bad[] = {
        "",
        "00000000",
        "13748137",
        "13748126",
        "31748136",
        "1374813",
        "013748136",
        "137481360",
        "1374813a",
        "13748136 ",
        " 3748136",
        "1374813\xc3",
    };
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_true(cvr_valid(bytes_text(good[i])));
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_false(cvr_valid(bytes_text(bad[i])));
    }
}

/* The sums are of Statistics Denmark's list. */
static void exactly_98_codes_are_municipalities_and_each_has_its_place(void **state)
{
    (void)state;
    int32_t count = 0;
    int32_t sum = 0;
    int32_t squares = 0;
    for (int32_t code = 0; code <= 9999; code++) {
        char text[16];
        (void)snprintf(text, sizeof(text), "%04d", (int)code);
        int32_t index = municipality_index(bytes_text(text));
        if (index >= 0) {
            assert_int_equal(index, count);
            count++;
            sum += code;
            squares += code * code;
        }
    }
    assert_int_equal(count, MUNICIPALITY_COUNT);
    assert_int_equal(sum, 45293);
    assert_int_equal(squares, 26361195);
    assert_int_equal(municipality_index(bytes_text("0101")), 0);
    assert_int_equal(municipality_index(bytes_text("0860")), 97);
    static const char *const none[] = {
        "", "101", "01010", "0411", "0000", "217 ", "\xff\xff\xff\xff"};
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
        assert_int_equal(municipality_index(bytes_text(none[i])), -1);
    }
}

static void digits_are_ascii_and_as_many_as_asked(void **state)
{
    (void)state;
    assert_true(digits_are(bytes_text("0123456789"), 10));
    assert_true(digits_are(bytes_text(""), 0));
    assert_false(digits_are(bytes_text("012345678"), 10));
    assert_false(digits_are(bytes_text("/"), 1));
    assert_false(digits_are(bytes_text(":"), 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_seventh_digit_gives_the_century),
        cmocka_unit_test(a_birth_is_a_day_that_exists),
        cmocka_unit_test(the_check_digit_is_modulus_11),
        cmocka_unit_test(age_counts_birthdays),
        cmocka_unit_test(a_cvr_number_has_eight_digits_and_modulus_11),
        cmocka_unit_test(exactly_98_codes_are_municipalities_and_each_has_its_place),
        cmocka_unit_test(digits_are_ascii_and_as_many_as_asked),
    };
    return cmocka_run_group_tests_name("core/identifier", tests, NULL, NULL);
}
