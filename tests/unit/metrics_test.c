/*
 * Goal: what is counted comes out once, added up over lanes, in the form that Prometheus reads:
 * buckets cumulate to their count, labels are escaped, unknown values are left out.
 */

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "mentor/app/metrics.h"
#include "mentor/port/topic.h"
#include "mentor/wire/json.h"

#include "support/test.h"

static struct metrics one;
static struct metrics two;
static struct text page;
static struct metrics_told told;

static int begin(void **state)
{
    (void)state;
    memset(&one, 0, sizeof(one));
    memset(&two, 0, sizeof(two));
    told = (struct metrics_told){
        .version = "0.1.0",
    };
    return 0;
}

static int end(void **state)
{
    (void)state;
    text_release(&page);
    return 0;
}

static const char *render(void)
{
    static const struct metrics *const lanes[] = {&one, &two};
    text_release(&page);
    metrics_render(&page, lanes, 2, &told);
    text_add(&page, bytes_of("", 1));
    return page.data;
}

/* The line is there, as a whole. */
static void assert_line(const char *line)
{
    const char *text = render();
    size_t size = strlen(line);
    for (const char *at = strstr(text, line); at != NULL; at = strstr(at + 1, line)) {
        if ((at == text || at[-1] == '\n') && at[size] == '\n') {
            return;
        }
    }
    fail_msg("no line %s", line);
}

static void assert_absent(const char *text)
{
    if (strstr(render(), text) != NULL) {
        fail_msg("%s is there", text);
    }
}

static void lanes_are_added_up(void **state)
{
    (void)state;
    metrics_add(&one, METRIC_AT_DECISIONS + OUTCOME_IS_REJECTED - 1, 3);
    metrics_add(&two, METRIC_AT_DECISIONS + OUTCOME_IS_REJECTED - 1, 4);
    metrics_set(&one, METRIC_AT_HELD, 10);
    metrics_set(&two, METRIC_AT_HELD, 5);
    metrics_set(&two, METRIC_AT_HELD, 6);
    assert_line("mentord_decisions_total{outcome=\"approved\"} 0");
    assert_line("mentord_decisions_total{outcome=\"rejected\"} 7");
    assert_line("mentord_decisions_total{outcome=\"referred\"} 0");
    assert_line("mentord_records_held 16");
}

static void each_fate_has_its_series_and_no_other(void **state)
{
    (void)state;
    metrics_add(&one, metrics_fate_cell(FATE_DECIDED, REASON_NONE), 5);
    metrics_add(&one, metrics_fate_cell(FATE_GAP, REASON_NONE), 7);
    metrics_add(&one, metrics_fate_cell(FATE_DUPLICATE, REASON_DUPLICATE_EVENT), 1);
    metrics_add(&one, metrics_fate_cell(FATE_DUPLICATE, REASON_DUPLICATE_CONTENT), 2);
    metrics_add(&one, metrics_fate_cell(FATE_DLQ, REASON_RECORD_FAILED), 4);
    metrics_add(&one, metrics_fate_cell(FATE_DLQ, REASON_VALUE_NULL), 8);
    assert_line("mentord_records_total{fate=\"decided\",reason=\"\",status=\"OK\"} 5");
    assert_line("mentord_records_total{fate=\"gap\",reason=\"\",status=\"\"} 7");
    assert_line("mentord_records_total{fate=\"skipped\",reason=\"\",status=\"\"} 0");
    assert_line("mentord_records_total{fate=\"duplicate\",reason=\"duplicate-event\",status="
                "\"ALREADY_EXISTS\"} 1");
    assert_line(
        "mentord_records_total{fate=\"dlq\",reason=\"record-failed\",status=\"INTERNAL\"} 4");
    assert_absent("fate=\"dlq\",reason=\"\"");
    assert_absent("fate=\"duplicate\",reason=\"\"");
    assert_int_equal(metrics_fate(&one, FATE_DECIDED), 5);
    assert_int_equal(metrics_fate(&one, FATE_DUPLICATE), 3);
    assert_int_equal(metrics_fate(&one, FATE_DLQ), 12);
    assert_int_equal(metrics_fate(&one, FATE_SKIPPED), 0);
    assert_int_equal(metrics_fate(&one, FATE_GAP), 7);
}

static void buckets_cumulate_and_a_bound_is_inside(void **state)
{
    (void)state;
    metrics_observe_us(&one, METRIC_AT_BATCH_SECONDS, 0);
    metrics_observe_us(&one, METRIC_AT_BATCH_SECONDS, 500);
    metrics_observe_us(&one, METRIC_AT_BATCH_SECONDS, 501);
    metrics_observe_us(&two, METRIC_AT_BATCH_SECONDS, 2000000);
    metrics_observe_us(&two, METRIC_AT_BATCH_SECONDS, 11000000);
    assert_line("# TYPE mentord_batch_duration_seconds histogram");
    assert_line("mentord_batch_duration_seconds_bucket{le=\"0.0005\"} 2");
    assert_line("mentord_batch_duration_seconds_bucket{le=\"0.001\"} 3");
    assert_line("mentord_batch_duration_seconds_bucket{le=\"1\"} 3");
    assert_line("mentord_batch_duration_seconds_bucket{le=\"2.5\"} 4");
    assert_line("mentord_batch_duration_seconds_bucket{le=\"10\"} 4");
    assert_line("mentord_batch_duration_seconds_bucket{le=\"+Inf\"} 5");
    assert_line("mentord_batch_duration_seconds_count 5");
    assert_line("mentord_batch_duration_seconds_sum 13.001001");
}

static void a_stage_is_one_histogram(void **state)
{
    (void)state;
    uint32_t stage = CYCLE_WRITE - CYCLE_CONSUME;
    metrics_observe_us(&one, METRIC_AT_STAGE_SECONDS + stage * METRIC_CELLS_SECONDS, 20000);
    assert_line("mentord_stage_duration_seconds_bucket{stage=\"write\",le=\"0.01\"} 0");
    assert_line("mentord_stage_duration_seconds_bucket{stage=\"write\",le=\"0.025\"} 1");
    assert_line("mentord_stage_duration_seconds_sum{stage=\"write\"} 0.020000");
    assert_line("mentord_stage_duration_seconds_count{stage=\"write\"} 1");
    assert_line("mentord_stage_duration_seconds_count{stage=\"consume\"} 0");
    assert_line("mentord_stage_duration_seconds_count{stage=\"emit\"} 0");
    assert_absent("stage=\"settle\"");
}

static void records_are_counted_in_records(void **state)
{
    (void)state;
    metrics_observe_records(&one, METRIC_AT_BATCH_RECORDS, 1);
    metrics_observe_records(&one, METRIC_AT_BATCH_RECORDS, 2000);
    metrics_observe_records(&one, METRIC_AT_BATCH_RECORDS, 5001);
    assert_line("mentord_batch_records_bucket{le=\"1\"} 1");
    assert_line("mentord_batch_records_bucket{le=\"2000\"} 2");
    assert_line("mentord_batch_records_bucket{le=\"5000\"} 2");
    assert_line("mentord_batch_records_bucket{le=\"+Inf\"} 3");
    assert_line("mentord_batch_records_sum 7002");
}

static void partitions_are_those_owned_now(void **state)
{
    (void)state;
    static const struct topic_bounds ends[] = {{.partition = 0, .high = 120},
                                               {.partition = 7, .high = 9}};
    struct position first[] = {
        {.partition = 0, .epoch = 3, .next_offset = 100, .emitted_offset = 90},
        {.partition = 4, .epoch = 1, .next_offset = 5}};
    struct position second[] = {
        {.partition = 7, .epoch = 2, .next_offset = 10, .emitted_offset = 10}};
    metrics_partitions(&one, first, 2);
    metrics_partitions(&two, second, 1);
    assert_absent("\nmentord_partition_lag_records{"); /* no end is known yet */
    told.ends = ends;
    told.end_count = 2;
    assert_line("mentord_partition_epoch{partition=\"0\"} 3");
    assert_line("mentord_partition_next_offset{partition=\"0\"} 100");
    assert_line("mentord_partition_emitted_offset{partition=\"0\"} 90");
    assert_line("mentord_partition_lag_records{partition=\"0\"} 20");
    assert_line("mentord_partition_epoch{partition=\"4\"} 1");
    assert_absent("mentord_partition_lag_records{partition=\"4\"}");
    assert_line("mentord_partition_lag_records{partition=\"7\"} 0"); /* the end is the older one */
    metrics_partitions(&one, NULL, 0);
    assert_absent("partition=\"0\"");
    assert_line("mentord_partition_epoch{partition=\"7\"} 2");
}

static atomic_bool enough;

/* Each move is of one number: as partition, epoch and offsets, so many partitions. */
static void *move(void *argument)
{
    static struct position positions[8];
    (void)argument;
    for (int32_t n = 1; !enough; n = n % 8 + 1) {
        for (int32_t i = 0; i < n; i++) {
            positions[i] = (struct position){
                .partition = n, .epoch = n, .next_offset = n, .emitted_offset = n};
        }
        metrics_partitions(&one, positions, (uint32_t)n);
    }
    return NULL;
}

static void a_reader_never_sees_half_a_move(void **state)
{
    (void)state;
    static struct position positions[PARTITIONS_MAX];
    pthread_t thread;
    enough = false;
    assert_int_equal(pthread_create(&thread, NULL, move, NULL), 0);
    bool half = false;
    for (int round = 0; round < 20000; round++) {
        uint32_t count = metrics_partitions_read(&one, positions);
        for (uint32_t i = 0; i < count; i++) {
            int64_t n = count;
            half = half || positions[i].partition != n || positions[i].epoch != n ||
                   positions[i].next_offset != n || positions[i].emitted_offset != n;
        }
    }
    enough = true;
    (void)pthread_join(thread, NULL);
    assert_false(half);
}

static void labels_are_escaped(void **state)
{
    (void)state;
    const struct metrics_rulebook odd = {"a\"b\\c\nd\te\xc3\xa6", "2026", "00ff"};
    metrics_rulebook_set(&one, &odd);
    assert_line("mentord_rulebook_info{name=\"a\\\"b\\\\c\\nd\te\xc3\xa6\",version=\"2026\",sha256="
                "\"00ff\"} 1");
    assert_line("mentord_build_info{version=\"0.1.0\"} 1");
}

static uint32_t lines_of(const char *begin)
{
    uint32_t count = 0;
    for (const char *at = strstr(render(), begin); at != NULL; at = strstr(at + 1, begin)) {
        count += at[-1] == '\n';
    }
    return count;
}

static void each_rulebook_that_decides_is_told_once(void **state)
{
    (void)state;
    static const struct metrics_rulebook old = {"dk", "1", "aa"};
    static const struct metrics_rulebook again = {"dk", "1", "aa"};
    static const struct metrics_rulebook new = {"dk", "2", "bb"};
    assert_int_equal(lines_of("mentord_rulebook_info{"), 0); /* nothing decides yet */
    metrics_rulebook_set(&one, &old);
    metrics_rulebook_set(&two, &again);
    assert_int_equal(lines_of("mentord_rulebook_info{"), 1);
    metrics_rulebook_set(&two, &new);
    assert_int_equal(lines_of("mentord_rulebook_info{"), 2);
    assert_line("mentord_rulebook_info{name=\"dk\",version=\"2\",sha256=\"bb\"} 1");
    assert_int_equal(lines_of("mentord_rulebook_used_timestamp_seconds{"), 0);
    one.ruled_at_ms = 1500;
    two.ruled_at_ms = 2500;
    assert_line(
        "mentord_rulebook_used_timestamp_seconds{name=\"dk\",version=\"2\",sha256=\"bb\"} 2.5");
    metrics_rulebook_set(&two, &again); /* nothing is decided by it there yet */
    assert_int_equal(lines_of("mentord_rulebook_used_timestamp_seconds{"), 1);
    assert_line(
        "mentord_rulebook_used_timestamp_seconds{name=\"dk\",version=\"1\",sha256=\"aa\"} 1.5");
}

static void what_is_not_known_is_left_out(void **state)
{
    (void)state;
    told.values[METRIC_QUARANTINE] = (double)NAN;
    told.values[METRIC_STARTED] = 1792765432.125;
    assert_absent("\nmentord_quarantine_open_records ");
    assert_line("process_start_time_seconds 1792765432.125");
    told.values[METRIC_QUARANTINE] = 12;
    assert_line("mentord_quarantine_open_records 12");
}

/* Whatever the table holds: a name is told once, by HELP, TYPE and then its own lines. */
static void every_metric_is_told_and_named_by_convention(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        const char *what;
        bool counter;
    } all[] = {
#define X(id, name, type, dimension, what) {name, what, #type[0] == 'C'},
        METRICS(X)
#undef X
    };
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        char line[512];
        const char *name = all[i].name;
        bool total = strlen(name) > 6 && strcmp(name + strlen(name) - 6, "_total") == 0;
        assert_true(total == all[i].counter);
        assert_int_equal(strspn(name, "abcdefghijklmnopqrstuvwxyz_"), strlen(name));
        assert_true(strncmp(name, "mentord_", 8) == 0 || strncmp(name, "process_", 8) == 0);
        (void)snprintf(line, sizeof(line), "# HELP %s %s", name, all[i].what);
        assert_line(line);
        assert_null(strchr(all[i].what, '|')); /* a bar ends a cell of the README's table */
        for (size_t j = 0; j < i; j++) {
            assert_string_not_equal(name, all[j].name);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(lanes_are_added_up, begin, end),
        cmocka_unit_test_setup_teardown(each_fate_has_its_series_and_no_other, begin, end),
        cmocka_unit_test_setup_teardown(buckets_cumulate_and_a_bound_is_inside, begin, end),
        cmocka_unit_test_setup_teardown(a_stage_is_one_histogram, begin, end),
        cmocka_unit_test_setup_teardown(records_are_counted_in_records, begin, end),
        cmocka_unit_test_setup_teardown(partitions_are_those_owned_now, begin, end),
        cmocka_unit_test_setup_teardown(a_reader_never_sees_half_a_move, begin, end),
        cmocka_unit_test_setup_teardown(labels_are_escaped, begin, end),
        cmocka_unit_test_setup_teardown(each_rulebook_that_decides_is_told_once, begin, end),
        cmocka_unit_test_setup_teardown(what_is_not_known_is_left_out, begin, end),
        cmocka_unit_test_setup_teardown(every_metric_is_told_and_named_by_convention, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
