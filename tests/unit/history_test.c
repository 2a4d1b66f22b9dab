/*
 * Goal: the state rows come back as they were written, in the bytes that the database holds, and an
 * application leaves one period at most.
 */

#include "mentor/core/history.h"

#include "support/test.h"

static struct history_event event_of(uint8_t seed)
{
    struct history_event event = {
        .version = 1U + seed,
        .conflict = seed % 2 == 1,
        .evaluated_at_ms = INT64_C(1772445600000) + seed,
        .batch = INT64_C(0x0102030405060708) + seed,
        .index = seed,
    };
    memset(event.event_key, seed, sizeof(event.event_key));
    memset(event.content, 0xff - seed, sizeof(event.content));
    return event;
}

static void assert_event(const struct history_event *got, const struct history_event *want)
{
    assert_memory_equal(got->event_key, want->event_key, EVENT_KEY_SIZE);
    assert_memory_equal(got->content, want->content, SHA256_SIZE);
    assert_int_equal(got->version, want->version);
    assert_int_equal(got->conflict, want->conflict);
    assert_int_equal(got->evaluated_at_ms, want->evaluated_at_ms);
    assert_int_equal(got->batch, want->batch);
    assert_int_equal(got->index, want->index);
}

static void events_come_back_in_order(void **state)
{
    (void)state;
    uint8_t memory[3 * HISTORY_EVENT_SIZE];
    struct bytes row = {0};
    for (uint8_t i = 0; i < 3; i++) {
        struct history_event event = event_of(i);
        row = history_event_append(row, &event, memory); /* also in its own buffer */
    }
    assert_int_equal(row.size, sizeof(memory));
    assert_int_equal(history_event_count(row), 3);
    for (uint8_t i = 0; i < 3; i++) {
        struct history_event want = event_of(i);
        struct history_event got = history_event_at(row, i);
        assert_event(&got, &want);
    }
}

static void an_append_elsewhere_leaves_the_old_row(void **state)
{
    (void)state;
    uint8_t old[HISTORY_EVENT_SIZE];
    uint8_t longer[2 * HISTORY_EVENT_SIZE];
    struct history_event first = event_of(1);
    struct history_event second = event_of(2);
    struct bytes one = history_event_append((struct bytes){0}, &first, old);
    struct bytes two = history_event_append(one, &second, longer);
    assert_int_equal(history_event_count(one), 1);
    assert_int_equal(history_event_count(two), 2);
    assert_memory_equal(two.data, one.data, HISTORY_EVENT_SIZE);
}

static void numbers_keep_their_extremes(void **state)
{
    (void)state;
    uint8_t memory[HISTORY_EVENT_SIZE];
    struct history_event want = {
        .version = UINT32_MAX,
        .conflict = true,
        .evaluated_at_ms = INT64_MIN,
        .batch = INT64_MAX,
        .index = INT32_MAX,
    };
    struct history_event got =
        history_event_at(history_event_append((struct bytes){0}, &want, memory), 0);
    assert_event(&got, &want);
    want.evaluated_at_ms = -1;
    got = history_event_at(history_event_append((struct bytes){0}, &want, memory), 0);
    assert_event(&got, &want);
}

/* Rows that are stored already must be read for ever. */
static void the_bytes_are_big_endian_and_fixed(void **state)
{
    (void)state;
    uint8_t event_bytes[HISTORY_EVENT_SIZE];
    struct history_event event = event_of(3);
    (void)history_event_append((struct bytes){0}, &event, event_bytes);
    static const uint8_t tail[] = {
        0,    0,    0,    4,    1,                      /* version, conflict */
        0x00, 0x00, 0x01, 0x9c, 0xad, 0xfd, 0x89, 0x03, /* evaluated_at_ms */
        1,    2,    3,    4,    5,    6,    7,    11,   /* batch */
        0,    0,    0,    3,                            /* index */
    };
    assert_int_equal(sizeof(tail), HISTORY_EVENT_SIZE - EVENT_KEY_SIZE - SHA256_SIZE);
    assert_memory_equal(event_bytes, event.event_key, EVENT_KEY_SIZE);
    assert_memory_equal(event_bytes + EVENT_KEY_SIZE, event.content, SHA256_SIZE);
    assert_memory_equal(event_bytes + EVENT_KEY_SIZE + SHA256_SIZE, tail, sizeof(tail));

    uint8_t period_bytes[HISTORY_PERIOD_SIZE];
    struct history_period period = {.start = 0x01020304, .end = -2};
    (void)history_period_settle((struct bytes){0}, &period, true, period_bytes);
    static const uint8_t days[] = {1, 2, 3, 4, 0xff, 0xff, 0xff, 0xfe};
    assert_memory_equal(period_bytes + UUID_SIZE, days, sizeof(days));
}

static struct history_period period_of(uint8_t application, int32_t start)
{
    struct history_period period = {.start = start, .end = start + 10};
    memset(period.application_id, application, UUID_SIZE);
    return period;
}

static void assert_period(struct bytes row, uint32_t index, uint8_t application, int32_t start)
{
    struct history_period got = history_period_at(row, index);
    struct history_period want = period_of(application, start);
    assert_memory_equal(got.application_id, want.application_id, UUID_SIZE);
    assert_int_equal(got.start, want.start);
    assert_int_equal(got.end, want.end);
}

static void an_application_leaves_its_newest_period_or_none(void **state)
{
    (void)state;
    uint8_t a[2 * HISTORY_PERIOD_SIZE];
    uint8_t b[3 * HISTORY_PERIOD_SIZE];
    struct history_period first = period_of(1, 20500);
    struct history_period second = period_of(2, -5);
    struct history_period moved = period_of(1, 20600);
    struct bytes row = history_period_settle((struct bytes){0}, &first, true, a);
    row = history_period_settle(row, &second, true, b);
    assert_int_equal(history_period_count(row), 2);
    assert_period(row, 0, 1, 20500);
    assert_period(row, 1, 2, -5);

    row = history_period_settle(row, &moved, true, a);
    assert_int_equal(history_period_count(row), 2);
    assert_period(row, 0, 2, -5);
    assert_period(row, 1, 1, 20600);

    struct history_period again = period_of(1, 20700); /* behind another's */
    row = history_period_settle(row, &again, true, b);
    assert_int_equal(history_period_count(row), 2);
    assert_period(row, 1, 1, 20700);
    row = history_period_settle(row, &moved, true, a);

    row = history_period_settle(row, &second, false, b); /* its new version is not approved */
    assert_int_equal(history_period_count(row), 1);
    assert_period(row, 0, 1, 20600);

    struct history_period never = period_of(3, 0);
    row = history_period_settle(row, &never, false, a);
    assert_int_equal(history_period_count(row), 1);
    row = history_period_settle(row, &moved, false, b);
    assert_int_equal(history_period_count(row), 0);
    assert_int_equal(row.size, 0);
}

static void a_row_of_another_length_is_somebody_elses(void **state)
{
    (void)state;
    uint8_t memory[2 * HISTORY_EVENT_SIZE] = {0};
    for (size_t size = 0; size <= sizeof(memory); size++) {
        bool events = size == 0 || size == HISTORY_EVENT_SIZE || size == sizeof(memory);
        assert_int_equal(history_events_valid(bytes_of(memory, size)), events);
        assert_int_equal(history_periods_valid(bytes_of(memory, size)),
                         size % HISTORY_PERIOD_SIZE == 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(events_come_back_in_order),
        cmocka_unit_test(an_append_elsewhere_leaves_the_old_row),
        cmocka_unit_test(numbers_keep_their_extremes),
        cmocka_unit_test(the_bytes_are_big_endian_and_fixed),
        cmocka_unit_test(an_application_leaves_its_newest_period_or_none),
        cmocka_unit_test(a_row_of_another_length_is_somebody_elses),
    };
    return cmocka_run_group_tests_name("core/history", tests, NULL, NULL);
}
