/*
 * mentord-latency BROKERS APPLICATIONS DECISIONS [WARM-UP-MS]: for each outcome, its record's
 * timestamp less that of the application it answers; applications of the first WARM-UP-MS are not
 * counted. Prints JSON: count, p50_ms, p99_ms, max_ms.
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mentor/base/err.h"
#include "mentor/kafka/kafka.h"
#include "mentor/v1/decision.pb-c.h"

enum {
    WAIT_MS = 10000,
    PARTITIONS_MAX_READ = 64,
};

struct times {
    int64_t *ms; /* by offset; owned */
    int64_t count;
};

static struct times sent[PARTITIONS_MAX_READ];
static int64_t *delays;
static int64_t delay_count;
static int64_t first_ms = INT64_MAX;

typedef void on_record(const struct record *record);

static bool read_topic(const struct kafka_settings *settings,
                       const char *topic,
                       on_record *take,
                       int64_t *total,
                       struct err *err)
{
    struct reader *reader = reader_open(settings, topic, err);
    if (reader == NULL) {
        return false;
    }
    struct topic_reader port = reader_port(reader);
    const struct topic_bounds *bounds = NULL;
    int64_t from[PARTITIONS_MAX_READ] = {0};
    uint32_t count = 0;
    bool done = port.bounds(port.self, WAIT_MS, &bounds, &count, err);
    CHECK(count <= PARTITIONS_MAX_READ);
    *total = 0;
    for (uint32_t i = 0; done && i < count; i++) {
        from[i] = bounds[i].low;
        *total += bounds[i].high - bounds[i].low;
        if (delays == NULL) { /* the input, read first */
            sent[i].count = bounds[i].high;
            sent[i].ms = calloc((size_t)bounds[i].high + 1, sizeof(int64_t));
            CHECK(sent[i].ms != NULL);
        }
    }
    done = done && port.start(port.self, from, err);
    while (done && !port.at_end(port.self)) {
        struct record record;
        int got = port.next(port.self, WAIT_MS, &record, err);
        done = got >= 0;
        if (got > 0) {
            take(&record);
        }
    }
    reader_close(&reader);
    return done;
}

static void take_application(const struct record *record)
{
    CHECK(record->offset < sent[record->partition].count);
    sent[record->partition].ms[record->offset] = record->timestamp_ms;
    first_ms = record->timestamp_ms < first_ms ? record->timestamp_ms : first_ms;
}

static int64_t warm_up_ms;

static void take_outcome(const struct record *record)
{
    Mentor__V1__Decision *decision =
        mentor__v1__decision__unpack(NULL, record->value.size, record->value.data);
    CHECK(decision != NULL);
    CHECK(decision->source != NULL);
    const struct times *times = &sent[decision->source->partition];
    CHECK(decision->source->offset < times->count);
    int64_t at_ms = times->ms[decision->source->offset];
    if (at_ms >= first_ms + warm_up_ms) {
        delays[delay_count++] = record->timestamp_ms - at_ms;
    }
    mentor__v1__decision__free_unpacked(decision, NULL);
}

static int by_size(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a;
    int64_t right = *(const int64_t *)b;
    return (left > right) - (left < right);
}

static int64_t percentile(int64_t percent)
{
    return delay_count == 0 ? -1 : delays[(delay_count - 1) * percent / 100];
}

int main(int argc, char **argv)
{
    struct err err = {.kind = ERR_NONE};
    int64_t total = 0;
    if (argc < 4) {
        (void)fprintf(stderr, "mentord-latency BROKERS APPLICATIONS DECISIONS [WARM-UP-MS]\n");
        return 64;
    }
    warm_up_ms = argc > 4 ? strtoll(argv[4], NULL, 10) : 0;
    const struct kafka_settings settings = {.brokers = argv[1], .group = "mentord-latency"};
    bool done = read_topic(&settings, argv[2], take_application, &total, &err);
    if (done) {
        delays = calloc((size_t)total * 2 + 1, sizeof(int64_t));
        CHECK(delays != NULL);
        done = read_topic(&settings, argv[3], take_outcome, &total, &err);
    }
    if (!done) {
        (void)fprintf(stderr, "mentord-latency: %s\n", err.text);
        return 1;
    }
    qsort(delays, (size_t)delay_count, sizeof(int64_t), by_size);
    (void)printf("{\"count\":%" PRId64 ",\"p50_ms\":%" PRId64 ",\"p99_ms\":%" PRId64
                 ",\"max_ms\":%" PRId64 "}\n",
                 delay_count,
                 percentile(50),
                 percentile(99),
                 percentile(100));
    for (uint32_t i = 0; i < PARTITIONS_MAX_READ; i++) {
        free(sent[i].ms);
    }
    free(delays);
    return 0;
}
