/*
 * Records per second and CPU of our own thread, against the broker that MENTORD_TEST_KAFKA names:
 * what the ports cost, with nothing decided in between. bench_kafka [RECORDS [RATE]]
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <sys/resource.h>

#include "mentor/base/clock.h"

#include "fixture.h"

struct cost {
    double seconds;
    double thread_cpu;
    double process_cpu;
};

static double seconds_of(clockid_t id)
{
    struct timespec now;
    (void)clock_gettime(id, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static struct cost cost_now(void)
{
    return (struct cost){
        .seconds = seconds_of(CLOCK_MONOTONIC),
        .thread_cpu = seconds_of(CLOCK_THREAD_CPUTIME_ID),
        .process_cpu = seconds_of(CLOCK_PROCESS_CPUTIME_ID),
    };
}

static void tell(const char *what, struct cost from, int records)
{
    struct cost to = cost_now();
    struct rusage usage;
    (void)getrusage(RUSAGE_SELF, &usage);
    (void)printf("%-26s %8.0f records/s  thread %.2f us  process %.2f us a record  peak %ld MB\n",
                 what,
                 records / (to.seconds - from.seconds),
                 (to.thread_cpu - from.thread_cpu) * 1e6 / records,
                 (to.process_cpu - from.process_cpu) * 1e6 / records,
                 usage.ru_maxrss / 1024);
}

static void fill(struct record *record, struct header *headers, uint32_t count, size_t size)
{
    static uint8_t value[4096];
    static const char *const names[] = {"ce_specversion",
                                        "ce_id",
                                        "ce_source",
                                        "ce_type",
                                        "content-type",
                                        "traceparent",
                                        "ce_subject",
                                        "ce_time",
                                        "mentor-seq",
                                        "grpc-status"};
    uint32_t seed = 1;
    for (size_t i = 0; i < sizeof(value); i++) {
        seed = seed * 1664525 + 1013904223;
        value[i] =
            i % 2 == 0 ? (uint8_t)(seed >> 24) : (uint8_t)('a' + i % 20); /* half of it packs */
    }
    for (uint32_t i = 0; i < count; i++) {
        headers[i] = (struct header){
            .name = bytes_text(names[i]),
            .value = bytes_text("urn:oio:cvr-nr:64502018-0af7651916cd"),
        };
    }
    *record = (struct record){
        .has_key = true,
        .has_value = true,
        .value = bytes_of(value, size),
        .headers = headers,
        .header_count = count,
    };
}

/* One of 4096 keys, as a citizen_ref looks. */
static struct bytes key_of(int i)
{
    static char keys[4096][33];
    if (keys[i % 4096][0] == '\0') {
        (void)snprintf(keys[i % 4096], sizeof(keys[0]), "%032x", (i % 4096) * 7919);
    }
    return bytes_of(keys[i % 4096], 32);
}

/* Every 1,000 records: waits until `rate` a second is kept; 0 is as fast as it goes. */
static void pace(struct cost from, int done, int rate)
{
    struct clock clock = clock_system();
    while (rate > 0 && done % 1000 == 0 &&
           seconds_of(CLOCK_MONOTONIC) - from.seconds < (double)done / rate) {
        clock.sleep_ms(clock.self, 1);
    }
}

static void produce(struct fixture *fixture, int records, int rate)
{
    struct err err = {.kind = ERR_NONE};
    struct header headers[10];
    struct record record;
    struct producer *producer = producer_open(&fixture->settings, &err);
    CHECK(producer != NULL);
    struct sink sink = producer_sink(producer);
    fill(&record, headers, 10, 900);
    for (int32_t partition = 0; partition < 4; partition++) {
        CHECK(sink.begin(sink.self, partition, 0, &err));
    }
    struct cost from = cost_now();
    for (int i = 0; i < records; i++) {
        record.key = key_of(i);
        record.partition = i % 4;
        record.offset = i / 4;
        CHECK(sink.send(sink.self, &record, false, &err));
        pace(from, i + 1, rate);
    }
    CHECK(sink.flush(sink.self, 60000, &err));
    tell("produce 900 B, 10 headers", from, records);
    int64_t emitted = 0;
    CHECK(sink.settled(sink.self, 0, &emitted, &err));
    CHECK(emitted == records / 4);
    producer_close(&producer);
}

static void consume(struct fixture *fixture, int records)
{
    struct err err = {.kind = ERR_NONE};
    struct header headers[6];
    struct record record;
    struct writer *writer =
        writer_open(&fixture->settings, fixture->settings.topic_applications, &err);
    CHECK(writer != NULL);
    struct topic_writer port = writer_port(writer);
    fill(&record, headers, 6, 500);
    struct cost from = cost_now();
    for (int i = 0; i < records; i++) {
        record.key = key_of(i);
        CHECK(port.write(port.self, &record, &err));
    }
    CHECK(port.flush(port.self, 60000, &err));
    tell("write 500 B, 6 headers", from, records);
    writer_close(&writer);

    struct consumer *consumer = consumer_open(&fixture->settings, &err);
    CHECK(consumer != NULL);
    struct source source = consumer_source(consumer);
    struct position positions[PARTITIONS_MAX];
    from = cost_now();
    source_await(&source, SOURCE_ASSIGNED, &record);
    tell("join", from, 1);
    from = cost_now();
    (void)source_take(&source, positions, 0);
    int held = 0;
    for (int i = 0; i < records;) {
        enum source_event event = source.poll(source.self, 100, &record, &err);
        CHECK(event == SOURCE_RECORD || event == SOURCE_NOTHING || event == SOURCE_END);
        i += event == SOURCE_RECORD ? 1 : 0;
        held += event == SOURCE_RECORD ? 1 : 0;
        CHECK(event != SOURCE_RECORD || record.header_count == 6);
        if (held == 2000) {
            source.release(source.self, UINT32_MAX);
            held = 0;
        }
    }
    tell("consume 500 B, 6 headers", from, records);
    from = cost_now();
    CHECK(source.commit(source.self, positions, 4, &err));
    for (int i = 0; i < 1000; i++) {
        CHECK(source.commit(source.self, positions, 4, &err));
    }
    tell("commit 4 partitions", from, 1000);
    from = cost_now();
    CHECK(source.leave(source.self, &err));
    tell("leave", from, 1);
    consumer_close(&consumer);
}

int main(int count, char **arguments)
{
    const char *brokers = getenv("MENTORD_TEST_KAFKA"); /* NOLINT(concurrency-mt-unsafe) */
    int records = count > 1 ? (int)strtol(arguments[1], NULL, 10) : 1000000;
    int rate = count > 2 ? (int)strtol(arguments[2], NULL, 10) : 0;
    struct fixture fixture;
    if (brokers == NULL) {
        (void)fprintf(stderr, "bench_kafka: MENTORD_TEST_KAFKA names no broker\n");
        return 77;
    }
    fixture_init(&fixture, brokers);
    topics_make(&fixture, 4);
    consume(&fixture, records);
    produce(&fixture, records, rate);
    return 0;
}
