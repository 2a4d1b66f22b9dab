/*
 * Goal: days, months, Easter, Denmark's clock and the complaint's deadline, against calendars
 * counted otherwise and the examples of rules.md § 3.
 */

#include "mentor/core/date.h"

#include "support/test.h"

#define HOUR INT64_C(3600000)
#define DAY  (24 * HOUR)

static int32_t parse(const char *text)
{
    int32_t day = INT32_MAX;
    assert_true(date_parse(bytes_text(text), &day));
    return day;
}

static void assert_date(int32_t day, const char *want)
{
    char text[DATE_TEXT_SIZE + 1] = "";
    date_format(day, text);
    assert_string_equal(text, want);
}

/* Says which row of a table it was. */
static void assert_row(const char *row, int32_t day, const char *want)
{
    char text[DATE_TEXT_SIZE + 1] = "";
    date_format(day, text);
    if (strcmp(text, want) != 0) {
        fail_msg("%s: %s, not %s", row, text, want);
    }
}

static bool leap(int32_t year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

/* Counts every day of nine centuries one by one. */
static void every_day_is_the_next_of_the_one_before(void **state)
{
    static const int32_t lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    (void)state;
    int32_t day = date_of_civil((struct civil){1600, 1, 1});
    assert_int_equal(day, -135140);
    for (int32_t year = 1600; year < 2500; year++) {
        for (int32_t month = 1; month <= 12; month++) {
            int32_t length = lengths[month - 1] + (month == 2 && leap(year) ? 1 : 0);
            assert_int_equal(date_month_days(year, month), length);
            for (int32_t of_month = 1; of_month <= length; of_month++, day++) {
                struct civil civil = date_civil(day);
                assert_int_equal(civil.year, year);
                assert_int_equal(civil.month, month);
                assert_int_equal(civil.day, of_month);
                assert_int_equal(date_of_civil(civil), day);
                assert_int_equal(date_weekday(day), ((day % 7) + 10) % 7);
            }
        }
    }
    assert_int_equal(date_of_civil((struct civil){1970, 1, 1}), 0);
    assert_int_equal(date_weekday(0), 3);
    assert_int_equal(date_of_civil((struct civil){-1, 12, 31}), -719529);
    assert_int_equal(date_civil(-719529).year, -1);
}

static void a_date_is_exactly_as_it_is_written(void **state)
{
    (void)state;
    assert_int_equal(parse("1900-01-01"), DATE_FIRST);
    assert_int_equal(parse("2199-12-31"), DATE_LAST);
    assert_int_equal(parse("1970-01-02"), 1);
    assert_int_equal(parse("2024-02-29") + 1, parse("2024-03-01"));
    assert_date(parse("2026-03-09"), "2026-03-09");
    assert_date(date_of_civil((struct civil){33, 4, 3}), "0033-04-03");
    assert_date(date_of_civil((struct civil){9999, 12, 31}), "9999-12-31");
    char danish[DATE_TEXT_SIZE + 1] = "";
    date_format_danish(parse("2026-03-31"), danish);
    assert_string_equal(danish, "31.03.2026");
}

static void what_is_no_date_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "1899-12-31",
        "2200-01-01",
        "2026-00-01",
        "2026-13-01",
        "2026-01-00",
        "2026-01-32",
        "2026-04-31",
        "2026-02-29",
        "1900-02-29",
        "2026-3-9",
        "2026-03-09 ",
        " 2026-03-09",
        "2026/03/09",
        "2026-03/09",
        "20260309",
        "2026-03-9a",
        "2026-0a-09",
        "202a-03-09",
        "2026-03-0",
        "2026-03-090",
        "-026-03-09",
        "2026--3-09",
        "+026-03-09",
        "2026-W10-1",
        "26-03-2009",
        "2026-03- 9",
        "2026-03-:9",
        "\xd9\xa2\xd9\xa0-03-09",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        int32_t day = 0;
        if (date_parse(bytes_text(bad[i]), &day)) {
            fail_msg("'%s' is taken for a date", bad[i]);
        }
    }
}

static void months_are_clamped_to_their_last_day(void **state)
{
    (void)state;
    assert_date(date_add_months(parse("2026-08-31"), 6), "2027-02-28");
    assert_date(date_add_months(parse("2027-08-31"), 6), "2028-02-29");
    assert_date(date_add_months(parse("2026-08-30"), 6), "2027-02-28");
    assert_date(date_add_months(parse("2026-08-28"), 6), "2027-02-28");
    assert_date(date_add_months(parse("2026-12-31"), 6), "2027-06-30");
    assert_date(date_add_months(parse("2026-06-30"), 6), "2026-12-30");
    assert_date(date_add_months(parse("2026-12-01"), 1), "2027-01-01");
    assert_date(date_add_months(parse("2026-03-09"), 0), "2026-03-09");
    assert_date(date_add_months(parse("2024-02-29"), 48), "2028-02-29");
}

static void the_latest_end_is_six_months_less_a_day(void **state)
{
    (void)state;
    assert_date(date_latest_end(parse("2026-03-09")), "2026-09-08");
    assert_date(date_latest_end(parse("2026-03-02")), "2026-09-01");
    assert_date(date_latest_end(parse("2026-03-01")), "2026-08-31");
    assert_date(date_latest_end(parse("2026-08-31")), "2027-02-27"); /* clamped first */
    assert_date(date_latest_end(parse("2027-08-31")), "2028-02-28");
    assert_date(date_latest_end(parse("2026-08-29")), "2027-02-27");
    assert_date(date_latest_end(parse("2199-12-31")), "2200-06-29"); /* may pass the last day */
}

static void easter_is_where_the_tables_have_it(void **state)
{
    (void)state;
    static const char *const easters[] = {
        "1900-04-15", "1913-03-23", "1943-04-25", "1954-04-18", "1961-04-02", "1981-04-19",
        "2000-04-23", "2008-03-23", "2011-04-24", "2016-03-27", "2019-04-21", "2023-04-09",
        "2024-03-31", "2025-04-20", "2026-04-05", "2027-03-28", "2030-04-21", "2038-04-25",
        "2049-04-18", "2076-04-19", "2100-03-28",
    };
    for (size_t i = 0; i < sizeof(easters) / sizeof(easters[0]); i++) {
        int32_t day = parse(easters[i]);
        assert_date(date_easter(date_civil(day).year), easters[i]);
    }
    for (int32_t year = 1900; year < 2200; year++) {
        int32_t day = date_easter(year);
        assert_int_equal(date_weekday(day), 6);
        assert_in_range(day - date_of_civil((struct civil){year, 3, 22}), 0, 34);
    }
}

struct moment {
    const char *name;
    const char *day; /* UTC */
    int64_t of_day;
    const char *denmark;
};

static const struct moment moments[] = {
    {"winter: the last millisecond", "2026-01-15", 23 * HOUR - 1, "2026-01-15"},
    {"winter: midnight", "2026-01-15", 23 * HOUR, "2026-01-16"},
    {"summer: the last millisecond", "2026-07-15", 22 * HOUR - 1, "2026-07-15"},
    {"summer: midnight", "2026-07-15", 22 * HOUR, "2026-07-16"},
    {"the last winter midnight, before", "2026-03-28", 23 * HOUR - 1, "2026-03-28"},
    {"the last winter midnight", "2026-03-28", 23 * HOUR, "2026-03-29"},
    {"the first summer midnight, before", "2026-03-29", 22 * HOUR - 1, "2026-03-29"},
    {"the first summer midnight", "2026-03-29", 22 * HOUR, "2026-03-30"},
    {"the last summer midnight, before", "2026-10-24", 22 * HOUR - 1, "2026-10-24"},
    {"the last summer midnight", "2026-10-24", 22 * HOUR, "2026-10-25"},
    {"the first winter midnight, before", "2026-10-25", 23 * HOUR - 1, "2026-10-25"},
    {"the first winter midnight", "2026-10-25", 23 * HOUR, "2026-10-26"},
    {"a last Sunday on 31 March", "2024-03-31", 22 * HOUR, "2024-04-01"},
    {"a last Sunday on 25 March", "2029-03-25", 22 * HOUR, "2029-03-26"},
    {"a last Sunday on 31 October", "2027-10-31", 22 * HOUR, "2027-10-31"},
    {"New Year", "2026-12-31", 23 * HOUR, "2027-01-01"},
    {"before 1970, winter", "1969-12-31", 23 * HOUR - 1, "1969-12-31"},
    {"1970 in Denmark", "1969-12-31", 23 * HOUR, "1970-01-01"},
    {"summer time in every year", "1950-07-15", 22 * HOUR, "1950-07-16"},
    {"a millisecond before summer, 1950", "1950-07-15", 22 * HOUR - 1, "1950-07-15"},
};

static void denmark_is_an_hour_or_two_ahead(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(moments) / sizeof(moments[0]); i++) {
        int64_t utc_ms = (int64_t)parse(moments[i].day) * DAY + moments[i].of_day;
        assert_row(moments[i].name, date_in_denmark(utc_ms), moments[i].denmark);
    }
}

/* Midnight is an hour earlier in UTC between the last Sundays, their own midnights aside. */
static void every_midnight_falls_where_the_season_has_it(void **state)
{
    (void)state;
    int32_t day = parse("1901-01-01");
    int32_t end = parse("2199-01-01");
    for (bool summer = false; day < end; day++) {
        struct civil civil = date_civil(day);
        bool last_sunday = date_weekday(day) == 6 && civil.day > 24;
        /* The midnight that begins a last Sunday still has the season before. */
        int64_t midnight = day * DAY - (summer ? 2 : 1) * HOUR;
        assert_int_equal(date_begins_ms(day), midnight);
        assert_int_equal(date_in_denmark(midnight), day);
        assert_int_equal(date_in_denmark(midnight - 1), day - 1);
        if (last_sunday && (civil.month == 3 || civil.month == 10)) {
            summer = civil.month == 3;
        }
    }
}

static const struct {
    const char *received;
    const char *last;
} deadlines[] = {
    {"2026-03-03", "2026-03-31"}, /* the five of rules.md § 3 */
    {"2026-03-05", "2026-04-07"}, /* Maundy Thursday to Easter Monday */
    {"2026-04-16", "2026-05-18"}, /* Ascension and the Friday after */
    {"2026-11-26", "2026-12-28"}, /* 24 December */
    {"2026-12-04", "2027-01-04"}, /* 1 January */
    {"2026-03-06", "2026-04-07"}, /* Good Friday */
    {"2026-03-09", "2026-04-07"}, /* Easter Monday */
    {"2026-03-10", "2026-04-07"}, /* the day after it is a weekday */
    {"2026-04-17", "2026-05-18"}, /* the Friday after Ascension */
    {"2026-04-27", "2026-05-26"}, /* Whit Monday */
    {"2026-05-08", "2026-06-08"}, /* 5 June, a Friday */
    {"2027-05-07", "2027-06-04"}, /* 4 June is none */
    {"2026-03-07", "2026-04-07"}, /* a Saturday */
    {"2026-05-24", "2026-06-22"}, /* a Sunday */
    {"2025-11-27", "2025-12-29"}, /* 25 December, a Thursday */
    {"2025-11-28", "2025-12-29"}, /* 26 December */
    {"2025-12-03", "2026-01-02"}, /* 31 December */
    {"2027-11-29", "2027-12-27"}, /* 27 December is none */
    {"2025-12-02", "2025-12-30"}, /* 30 December is none */
    {"2025-11-25", "2025-12-23"}, /* 23 December is none */
    {"2023-04-07", "2023-05-08"}, /* Great Prayer Day, the last one */
    {"2024-03-29", "2024-04-26"}, /* and no more */
    {"2026-04-03", "2026-05-01"}, /* 1 May is none */
};

static void the_deadline_is_four_weeks_on_and_no_closed_day(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(deadlines) / sizeof(deadlines[0]); i++) {
        int32_t received = parse(deadlines[i].received);
        assert_row(deadlines[i].received, date_complaint_deadline(received), deadlines[i].last);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_day_is_the_next_of_the_one_before),
        cmocka_unit_test(a_date_is_exactly_as_it_is_written),
        cmocka_unit_test(what_is_no_date_is_refused),
        cmocka_unit_test(months_are_clamped_to_their_last_day),
        cmocka_unit_test(the_latest_end_is_six_months_less_a_day),
        cmocka_unit_test(easter_is_where_the_tables_have_it),
        cmocka_unit_test(denmark_is_an_hour_or_two_ahead),
        cmocka_unit_test(every_midnight_falls_where_the_season_has_it),
        cmocka_unit_test(the_deadline_is_four_weeks_on_and_no_closed_day),
    };
    return cmocka_run_group_tests_name("core/date", tests, NULL, NULL);
}
