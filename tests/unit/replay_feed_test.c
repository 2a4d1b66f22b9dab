/* Goal: records come in the order they are asked for, whatever order the broker sends them in; what
 * is not in the log is said, and what may wait is bounded. */

#include <stdio.h>
#include <string.h>

#include "mentor/base/err.h"

#include "../src/app/replay_feed.h"
#include "support/test.h"

enum {
    PARTITIONS = 2,
    LOG_END = 50,
    LIMIT = 4096,
};

/* A topic whose partition 0 begins at 5 and lacks offset 7, and that sends one partition whole
 * before the other. */
static struct {
    struct topic_bounds bounds[PARTITIONS];
    int64_t at[PARTITIONS];
    bool on[PARTITIONS];
    uint32_t first; /* the partition that is sent first */
    uint32_t starts;
    size_t most; /* that has waited */
    char value[64];
} topic;

static struct feed feed;
static struct feed_partition *partition[PARTITIONS];

static bool bounds(
    void *self, uint32_t wait_ms, const struct topic_bounds **out, uint32_t *count, struct err *err)
{
    (void)self;
    (void)wait_ms;
    (void)err;
    *out = topic.bounds;
    *count = PARTITIONS;
    return true;
}

static bool start(void *self, const int64_t *offsets, struct err *err)
{
    (void)self;
    (void)err;
    topic.starts++;
    for (int i = 0; i < PARTITIONS; i++) {
        topic.on[i] = offsets[i] >= 0;
        topic.at[i] = offsets[i];
    }
    return true;
}

static bool at_end(void *self)
{
    (void)self;
    for (int i = 0; i < PARTITIONS; i++) {
        if (topic.on[i] && topic.at[i] < topic.bounds[i].high) {
            return false;
        }
    }
    return true;
}

static int next(void *self, uint32_t wait_ms, struct record *record, struct err *err)
{
    (void)self;
    (void)wait_ms;
    (void)err;
    topic.most = feed.waiting > topic.most ? feed.waiting : topic.most;
    for (uint32_t turn = 0; turn < PARTITIONS; turn++) {
        uint32_t i = (topic.first + turn) % PARTITIONS;
        if (topic.on[i] && topic.at[i] < topic.bounds[i].high) {
            topic.at[i] += i == 0 && topic.at[i] == 7 ? 1 : 0;
            (void)snprintf(topic.value, sizeof(topic.value), "%u/%d", i, (int)topic.at[i]);
            *record = (struct record){.partition = (int32_t)i,
                                      .offset = topic.at[i]++,
                                      .has_value = true,
                                      .value = bytes_text(topic.value)};
            return 1;
        }
    }
    return 0;
}

static int begin(void **state)
{
    struct topic_reader reader = {.bounds = bounds, .start = start, .next = next, .at_end = at_end};
    struct err err;
    (void)state;
    memset(&topic, 0, sizeof(topic));
    topic.bounds[0] = (struct topic_bounds){0, 5, LOG_END};
    topic.bounds[1] = (struct topic_bounds){1, 0, LOG_END};
    topic.first = 1;
    assert_true(feed_open(&feed, &reader, "topic", LIMIT, &err));
    for (int i = 0; i < PARTITIONS; i++) {
        partition[i] = feed_partition_of(&feed, i);
        assert_non_null(partition[i]);
    }
    return 0;
}

static int end(void **state)
{
    (void)state;
    feed_release(&feed);
    return 0;
}

static void assert_found(int i, int64_t offset)
{
    const struct record *record = NULL;
    struct err err;
    char expected[64];
    (void)snprintf(expected, sizeof(expected), "%d/%d", i, (int)offset);
    assert_int_equal(feed_record(&feed, partition[i], offset, &record, &err), 1);
    assert_int_equal(record->partition, i);
    assert_int_equal(record->offset, offset);
    assert_true(bytes_is(record->value, expected));
}

static void assert_none(int i, int64_t offset)
{
    const struct record *record = NULL;
    struct err err;
    assert_int_equal(feed_record(&feed, partition[i], offset, &record, &err), 0);
}

static void every_record_is_found_in_any_order_of_partitions(void **state)
{
    (void)state;
    for (int64_t offset = 5; offset < LOG_END; offset++) {
        if (offset != 7) {
            assert_found(0, offset);
        }
        assert_found(1, offset);
    }
}

static void what_the_log_has_not_is_said(void **state)
{
    (void)state;
    assert_none(0, 4);
    assert_found(0, 6);
    assert_none(0, 7);
    assert_found(0, 8);
    assert_none(0, LOG_END);
    assert_none(0, 6); /* it has gone by */
    assert_null(feed_partition_of(&feed, PARTITIONS));
}

static void what_nobody_asks_for_is_counted(void **state)
{
    (void)state;
    assert_found(1, 2);
    assert_found(1, 9);
    assert_int_equal(partition[1]->passed, 2 + 6);
}

static void what_waits_is_bounded(void **state)
{
    (void)state;
    feed.limit = 1024; /* a handful of records */
    for (int64_t offset = 5; offset < LOG_END; offset++) {
        if (offset != 7) {
            assert_found(0, offset);
        }
    }
    assert_in_range(topic.most, 512, 1024 + 256);
    assert_in_range(topic.starts, 2, 3);
    for (int64_t offset = 0; offset < LOG_END; offset++) {
        assert_found(1, offset);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            every_record_is_found_in_any_order_of_partitions, begin, end),
        cmocka_unit_test_setup_teardown(what_the_log_has_not_is_said, begin, end),
        cmocka_unit_test_setup_teardown(what_nobody_asks_for_is_counted, begin, end),
        cmocka_unit_test_setup_teardown(what_waits_is_bounded, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
