/* Goal: an age, a day or a time names the moment that it says, in Denmark, and nothing else is
 * taken. */

#include "mentor/core/date.h"

#include "../src/app/erasure.h"
#include "support/test.h"

static const int64_t now_ms = INT64_C(1774777500000); /* 2026-03-29T09:45:00Z: summer time begins */

static void moments_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *day;
    } cases[] = {
        {"0d", "2026-03-29"},
        {"1d", "2026-03-28"},
        {"90d", "2025-12-29"},
        {"8w", "2026-02-01"},
        {"1m", "2026-02-28"},
        {"18m", "2024-09-29"},
        {"3m", "2025-12-29"},
        {"12m", "2025-03-29"},
        {"5y", "2021-03-29"},
        {"2021-03-01", "2021-03-01"},
        {"126y", "1900-03-29"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int64_t ms = 0;
        int32_t day = 0;
        assert_true(date_parse(bytes_text(cases[i].day), &day));
        if (!erasure_moment(cases[i].text, now_ms, &ms) || ms != date_begins_ms(day)) {
            fail_msg("%s: %lld", cases[i].text, (long long)ms);
        }
    }
    int64_t ms = 0;
    assert_true(erasure_moment("2026-01-01T00:00:00+01:00", now_ms, &ms));
    assert_int_equal(ms, INT64_C(1767222000000));
}

static void anything_else_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {"",
                                        "d",
                                        "5",
                                        "5 y",
                                        "-5y",
                                        "5h",
                                        "5Y",
                                        "5yy",
                                        "999999d",
                                        "127y",
                                        "99999y",
                                        "2021-02-30",
                                        "yesterday"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        int64_t ms = 0;
        if (erasure_moment(texts[i], now_ms, &ms)) {
            fail_msg("'%s' is taken for %lld", texts[i], (long long)ms);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(moments_are_read),
        cmocka_unit_test(anything_else_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
