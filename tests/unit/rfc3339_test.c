/*
 * Goal: every moment that google.protobuf.Timestamp may hold is read and written, to the nanosecond
 * and before 1970, and nothing else is.
 */

#include "mentor/wire/rfc3339.h"

#include "support/test.h"

static void rfc3339_reads_what_timestamp_may_be(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t seconds;
        int32_t nanos;
    } good[] = {
        {"0001-01-01T00:00:00Z", RFC3339_FIRST, 0},
        {"9999-12-31T23:59:59.999999999Z", RFC3339_LAST, 999999999},
        {"1969-12-31T23:59:59.25Z", -1, 250000000},
        {"2026-03-02T09:00:00+00:00", 1772442000, 0},
        {"2026-03-02T00:00:00-09:00", 1772442000, 0},
        {"2026-03-02T10:30:00.000000001+01:30", 1772442000, 1},
        {"2024-02-29T00:00:00Z", 1709164800, 0},
    };
    static const char *const bad[] = {
        "",
        "2026-03-02",
        "2026-03-02T09:00:00",
        "2026-03-02t09:00:00Z",
        "2026-03-02T09:00:00z",
        "2026-03-02 09:00:00Z",
        "2026-03-02T09:00:00Z ",
        "2026-03-02T09:00Z",
        "2026-3-02T09:00:00Z",
        "2026-00-02T09:00:00Z",
        "2026-13-02T09:00:00Z",
        "2026-02-29T09:00:00Z",
        "2026-03-00T09:00:00Z",
        "2026-03-02T24:00:00Z",
        "2026-03-02T09:60:00Z",
        "2026-03-02T09:00:60Z",
        "2026-03-02T09:00:00.Z",
        "2026-03-02T09:00:00.1234567890Z",
        "2026-03-02T09:00:00+0100",
        "2026-03-02T09:00:00+24:00",
        "2026-03-02T09:00:00+01:60",
        "0000-12-31T00:00:00Z",
        "0000-12-31T23:59:59-01:00",
        "0001-01-01T00:00:00+00:01",
        "9999-12-31T23:59:59-00:01",
        "10000-01-01T00:00:00Z",
    };
    struct rfc3339 moment;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_true(rfc3339_parse(bytes_text(good[i].text), &moment));
        assert_int_equal(moment.seconds, good[i].seconds);
        assert_int_equal(moment.nanos, good[i].nanos);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        if (rfc3339_parse(bytes_text(bad[i]), &moment)) {
            fail_msg("%s is read", bad[i]);
        }
    }
}

static void rfc3339_rounds_milliseconds_down(void **state)
{
    (void)state;
    static const int64_t moments[] = {0, 1, -1, -1000, -1001, 1772442000123};
    for (size_t i = 0; i < sizeof(moments) / sizeof(moments[0]); i++) {
        struct rfc3339 moment = rfc3339_of_ms(moments[i]);
        assert_in_range(moment.nanos, 0, 999999999);
        moment.nanos += 999999;
        assert_int_equal(rfc3339_ms(moment), moments[i]);
    }
    char text[RFC3339_SIZE];
    assert_int_equal(rfc3339_format(rfc3339_of_ms(-1), text), 24);
    assert_memory_equal(text, "1969-12-31T23:59:59.999Z", 24);
}

static void rfc3339_writes_no_moment_outside_the_limits(void **state)
{
    (void)state;
    static const struct rfc3339 outside[] = {
        {RFC3339_FIRST - 1, 999999999}, {RFC3339_LAST + 1, 0}, {0, -1}, {0, 1000000000}};
    char text[RFC3339_SIZE];
    for (size_t i = 0; i < sizeof(outside) / sizeof(outside[0]); i++) {
        assert_int_equal(rfc3339_format(outside[i], text), 0);
    }
    assert_int_equal(rfc3339_format((struct rfc3339){RFC3339_LAST, 999999999}, text), RFC3339_SIZE);
    assert_memory_equal(text, "9999-12-31T23:59:59.999999999Z", RFC3339_SIZE);
    assert_int_equal(rfc3339_format((struct rfc3339){RFC3339_FIRST, 1000}, text), 27);
    assert_memory_equal(text, "0001-01-01T00:00:00.000001Z", 27);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rfc3339_reads_what_timestamp_may_be),
        cmocka_unit_test(rfc3339_rounds_milliseconds_down),
        cmocka_unit_test(rfc3339_writes_no_moment_outside_the_limits),
    };
    return cmocka_run_group_tests_name("wire/rfc3339", tests, NULL, NULL);
}
