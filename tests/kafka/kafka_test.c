/*
 * Goal: against a real broker the ports do what their headers say: an assignment is taken and given
 * back when the caller is ready, no record is lost or doubled on the way, positions and metadata
 * come back as committed, outputs settle as a prefix and survive a purge, and kafka_check halts on
 * topics that would eat records.
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mentor/base/clock.h"

#include "fixture.h"
#include "support/test.h"

struct world {
    struct fixture fixture;
    struct consumer *consumer;
    struct source source;
    struct position positions[PARTITIONS_MAX];
    uint32_t count;
    struct record record;
    struct err err;
};

static const char *brokers;

static int64_t now_ms(void)
{
    struct clock clock = clock_system();
    return clock.mono_us(clock.self) / 1000;
}

static int world_up(void **state)
{
    struct world *world = calloc(1, sizeof(*world));
    CHECK(world != NULL);
    fixture_init(&world->fixture, brokers);
    *state = world;
    return 0;
}

static int world_down(void **state)
{
    struct world *world = *state;
    consumer_close(&world->consumer);
    free(world);
    return 0;
}

static void open_consumer(struct world *world)
{
    world->consumer = consumer_open(&world->fixture.settings, &world->err);
    assert_non_null(world->consumer);
    world->source = consumer_source(world->consumer);
}

static void join_at(struct world *world, int64_t offset)
{
    open_consumer(world);
    source_await(&world->source, SOURCE_ASSIGNED, &world->record);
    world->count = source_take(&world->source, world->positions, offset);
}

static const char *applications(const struct world *world)
{
    return world->fixture.settings.topic_applications;
}

/* The next records of partition 0 are V<from>, V<from+1>, …, each exactly once. */
static void expect_records(struct world *world, int from, int count)
{
    for (int i = from; i < from + count; i++) {
        char value[16];
        (void)snprintf(value, sizeof(value), "V%d", i);
        source_await(&world->source, SOURCE_RECORD, &world->record);
        assert_true(bytes_is(world->record.value, value));
    }
}

static void a_record_comes_as_it_was_written(void **state)
{
    struct world *world = *state;
    topics_make(&world->fixture, 1);
    records_write(&world->fixture, applications(world), 0, 0, 3);
    join_at(world, 1);
    assert_int_equal(world->count, 1);
    source_await(&world->source, SOURCE_RECORD, &world->record);
    assert_int_equal(world->record.partition, 0);
    assert_int_equal(world->record.offset, 1);
    assert_true(world->record.timestamp_ms > 1600000000000);
    assert_true(world->record.has_key);
    assert_true(bytes_is(world->record.key, "K1"));
    assert_true(bytes_is(world->record.value, "V1"));
    assert_int_equal(world->record.header_count, 1);
    assert_true(bytes_is(world->record.headers[0].name, "n"));
    assert_true(bytes_is(world->record.headers[0].value, "1"));
    source_await(&world->source, SOURCE_END, &world->record);
    assert_int_equal(world->record.offset, 3);
}

static void records_live_until_they_are_released(void **state)
{
    struct world *world = *state;
    enum {
        COUNT = 6000
    };
    static struct record records[COUNT];
    topics_make(&world->fixture, 1);
    records_write(&world->fixture, applications(world), 0, 0, COUNT);
    join_at(world, 0);
    for (int i = 0; i < COUNT;) {
        enum source_event event =
            world->source.poll(world->source.self, 100, &records[i], &world->err);
        i += event == SOURCE_RECORD ? 1 : 0;
    }
    for (int i = 0; i < COUNT; i++) {
        char number[16];
        (void)snprintf(number, sizeof(number), "%d", i);
        assert_int_equal(records[i].offset, i);
        assert_true(bytes_is(records[i].headers[0].value, number));
    }
    world->source.release(world->source.self, UINT32_MAX);
}

static void an_assignment_waits_for_start(void **state)
{
    struct world *world = *state;
    topics_make(&world->fixture, 3);
    records_write(&world->fixture, applications(world), 0, 0, 5);
    open_consumer(world);
    source_await(&world->source, SOURCE_ASSIGNED, &world->record);
    for (int i = 0; i < 10; i++) {
        assert_int_equal(world->source.poll(world->source.self, 50, &world->record, &world->err),
                         SOURCE_NOTHING);
    }
    assert_int_equal(source_take(&world->source, world->positions, 0), 3);
    expect_records(world, 0, 5);
}

static void what_is_committed_comes_back_with_its_metadata(void **state)
{
    struct world *world = *state;
    int64_t offset = 0;
    char metadata[NOTE_SIZE] = "?";
    topics_make(&world->fixture, 2);
    records_write(&world->fixture, applications(world), 0, 0, 10);
    join_at(world, 0);
    struct source *source = &world->source;
    assert_true(
        source->committed(source->self, 1, &offset, metadata, sizeof(metadata), &world->err));
    assert_int_equal(offset, -1);
    assert_string_equal(metadata, "");
    world->positions[0].epoch = 7;
    world->positions[0].emitted_offset = 4;
    world->positions[0].next_offset = 9;
    int32_t partition = world->positions[0].partition;
    assert_true(source->commit(source->self, world->positions, 1, &world->err));
    assert_true(source->committed(
        source->self, partition, &offset, metadata, sizeof(metadata), &world->err));
    assert_int_equal(offset, 4);
    assert_string_equal(metadata, "idempotent,7,9" NO_HEAD);
}

static void reading_that_ends_and_begins_again_loses_and_doubles_nothing(void **state)
{
    struct world *world = *state;
    topics_make(&world->fixture, 1);
    records_write(&world->fixture, applications(world), 0, 0, 3000);
    join_at(world, 0);
    struct source *source = &world->source;
    for (int round = 0; round < 10; round++) {
        expect_records(world, round * 300, 300);
        assert_true(source->stop(source->self, &world->err));
        assert_true(
            source->commit(source->self, world->positions, 1, &world->err)); /* still ours */
        for (int i = 0; i < 5; i++) {
            assert_int_equal(source->poll(source->self, 20, &world->record, &world->err),
                             SOURCE_NOTHING);
        }
        assert_true(source->commit(source->self, world->positions, 1, &world->err));
        assert_int_equal(source_take(source, world->positions, 300 * (int64_t)(round + 1)), 1);
    }
    source_await(source, SOURCE_END, &world->record);
    assert_int_equal(world->record.offset, 3000);
}

static void a_second_member_takes_half_once_the_first_has_stopped(void **state)
{
    struct world *world = *state;
    struct position positions[PARTITIONS_MAX];
    struct record record;
    topics_make(&world->fixture, 2);
    join_at(world, 0);
    assert_int_equal(world->count, 2);
    struct consumer *other = consumer_open(&world->fixture.settings, &world->err);
    assert_non_null(other);
    struct source second = consumer_source(other);
    assert_int_equal(second.poll(second.self, 0, &record, &world->err), SOURCE_NOTHING);

    source_await(&world->source, SOURCE_REVOKED, &world->record);
    records_write(&world->fixture, applications(world), 0, 0, 1);
    for (int i = 0; i < 5; i++) { /* settling: nothing is handed out, and the group waits for us */
        assert_int_equal(world->source.poll(world->source.self, 50, &world->record, &world->err),
                         SOURCE_NOTHING);
        assert_int_equal(second.poll(second.self, 50, &record, &world->err), SOURCE_NOTHING);
    }
    assert_true(world->source.commit(world->source.self, world->positions, 2, &world->err));
    assert_true(world->source.stop(world->source.self, &world->err));
    assert_false(world->source.commit(world->source.self, world->positions, 2, &world->err));
    assert_int_equal(world->err.kind, ERR_FENCED);
    source_await(&world->source, SOURCE_ASSIGNED, &world->record);
    source_await(&second, SOURCE_ASSIGNED, &record);
    assert_int_equal(source_take(&world->source, world->positions, 0), 1);
    assert_int_equal(source_take(&second, positions, 0), 1);
    assert_int_not_equal(world->positions[0].partition, positions[0].partition);

    int64_t from = now_ms();
    assert_true(second.leave(second.self, &world->err));
    source_await(&world->source, SOURCE_REVOKED, &world->record);
    assert_true(world->source.stop(world->source.self, &world->err));
    source_await(&world->source, SOURCE_ASSIGNED, &world->record);
    assert_int_equal(source_take(&world->source, world->positions, 0), 2);
    assert_in_range(now_ms() - from, 0, 5000);
    consumer_close(&other);
}

static void reading_that_ends_on_its_own_answers_no_revocation(void **state)
{
    struct world *world = *state;
    struct record record;
    struct source *first = &world->source;
    topics_make(&world->fixture, 2);
    join_at(world, 0);
    struct consumer *other = consumer_open(&world->fixture.settings, &world->err);
    assert_non_null(other);
    struct source second = consumer_source(other);
    for (int i = 0; i < 40; i++) { /* the first hears of it, and does not poll */
        assert_int_equal(second.poll(second.self, 100, &record, &world->err), SOURCE_NOTHING);
    }
    assert_true(first->stop(first->self, &world->err));
    for (int i = 0; i < 20; i++) {
        assert_int_equal(second.poll(second.self, 100, &record, &world->err), SOURCE_NOTHING);
    }
    assert_true(first->commit(first->self, world->positions, 2, &world->err));
    source_await(first, SOURCE_REVOKED, &world->record);
    assert_true(first->stop(first->self, &world->err));
    source_await(&second, SOURCE_ASSIGNED, &record);
    source_await(first, SOURCE_ASSIGNED, &world->record);
    consumer_close(&other);
}

static const struct kafka_property hears_of_growth[] = {
    {"topic.metadata.refresh.interval.ms", "200"},
};

/* librdkafka joins anew by itself when the topic grows while an assignment waits to be polled, and
 * revokes nothing. */
static void only_the_last_of_two_assignments_is_told(void **state)
{
    struct world *world = *state;
    world->fixture.settings.properties = hears_of_growth;
    world->fixture.settings.property_count = 1;
    struct clock clock = clock_system();
    topics_make(&world->fixture, 1);
    open_consumer(world);
    struct source *source = &world->source;
    assert_int_equal(source->poll(source->self, 0, &world->record, &world->err), SOURCE_NOTHING);
    clock.sleep_ms(clock.self, 6000); /* assigned by now */
    topic_grow(&world->fixture, applications(world), 2);
    clock.sleep_ms(clock.self, 6000);
    records_write(&world->fixture, applications(world), 0, 0, 1);
    records_write(&world->fixture, applications(world), 1, 1, 1);

    source_await(source, SOURCE_ASSIGNED, &world->record);
    assert_int_equal(source_take(source, world->positions, 0), 2);
    source_await(source, SOURCE_RECORD, &world->record);
    int32_t first = world->record.partition;
    source_await(source, SOURCE_RECORD, &world->record);
    assert_int_equal(first + world->record.partition, 1);
    assert_true(source->commit(source->self, world->positions, 2, &world->err));
    assert_int_equal(source->poll(source->self, 2000, &world->record, &world->err), SOURCE_END);
}

/* As above, and the group takes its time. */
static void an_assignment_comes_in_place_of_another(void **state)
{
    struct world *world = *state;
    struct position positions[PARTITIONS_MAX];
    struct record record;
    struct err err;
    struct clock clock = clock_system();
    topics_make(&world->fixture, 2);
    join_at(world, 0); /* the leader, who hears of no growth and waits */
    struct source *leader = &world->source;
    world->fixture.settings.properties = hears_of_growth;
    world->fixture.settings.property_count = 1;
    struct consumer *consumer = consumer_open(&world->fixture.settings, &err);
    assert_non_null(consumer);
    struct source source = consumer_source(consumer);
    assert_int_equal(source.poll(source.self, 0, &record, &err), SOURCE_NOTHING);
    source_await(leader, SOURCE_REVOKED, &world->record);
    assert_true(leader->stop(leader->self, &world->err));
    source_await(leader, SOURCE_ASSIGNED, &world->record);
    assert_int_equal(source_take(leader, world->positions, 0), 1);
    topic_grow(&world->fixture, applications(world), 3);
    source_await(leader, SOURCE_REVOKED, &world->record); /* the other one has joined anew */

    source_await(&source, SOURCE_ASSIGNED, &record);
    assert_int_equal(source_take(&source, positions, 0), 1);
    clock.sleep_ms(clock.self, 1000);
    assert_int_equal(source.poll(source.self, 0, &record, &err), SOURCE_END);
    assert_true(leader->stop(leader->self, &world->err));
    source_await(&source, SOURCE_ASSIGNED, &record);
    assert_false(source.commit(source.self, positions, 1, &err));
    assert_int_equal(err.kind, ERR_RETRY);
    assert_true(source.stop(source.self, &err));
    uint32_t count = source_take(&source, positions, 0);
    assert_in_range(count, 1, 2);
    records_write(&world->fixture, applications(world), positions[0].partition, 0, 1);
    source_await(&source, SOURCE_RECORD, &record);
    assert_true(source.commit(source.self, positions, count, &err));
    consumer_close(&consumer);
}

static void a_member_that_did_not_poll_is_fenced(void **state)
{
    struct world *world = *state;
    static const struct kafka_property quick[] = {
        {"session.timeout.ms", "6000"},
        {"max.poll.interval.ms", "6000"},
    };
    world->fixture.settings.properties = quick;
    world->fixture.settings.property_count = 2;
    topics_make(&world->fixture, 1);
    join_at(world, 0);
    struct clock clock = clock_system();
    clock.sleep_ms(clock.self, 9000);
    assert_false(world->source.commit(world->source.self, world->positions, 1, &world->err));
    assert_int_equal(world->err.kind, ERR_FENCED);
    source_await(&world->source, SOURCE_LOST, &world->record);
    assert_true(world->source.stop(world->source.self, &world->err));
    source_await(&world->source, SOURCE_ASSIGNED, &world->record);
    assert_int_equal(source_take(&world->source, world->positions, 0), 1);
    assert_true(world->source.commit(world->source.self, world->positions, 1, &world->err));
}

static void leaving_and_polling_again_joins_again(void **state)
{
    struct world *world = *state;
    topics_make(&world->fixture, 1);
    records_write(&world->fixture, applications(world), 0, 0, 4);
    join_at(world, 0);
    expect_records(world, 0, 2);
    for (int i = 0; i < 3; i++) {
        int64_t from = now_ms();
        assert_true(world->source.leave(world->source.self, &world->err));
        assert_false(world->source.commit(world->source.self, world->positions, 1, &world->err));
        assert_int_equal(world->err.kind, ERR_FENCED);
        source_await(&world->source, SOURCE_ASSIGNED, &world->record);
        assert_in_range(now_ms() - from, 0, 5000);
        (void)source_take(&world->source, world->positions, i);
        expect_records(world, i, 2);
    }
}

static void a_position_outside_the_log_is_told_with_its_bounds(void **state)
{
    struct world *world = *state;
    int64_t low = 0;
    int64_t high = 0;
    topics_make(&world->fixture, 1);
    records_write(&world->fixture, applications(world), 0, 0, 10);
    records_drop(&world->fixture, applications(world), 0, 4);
    join_at(world, 2);
    struct source *source = &world->source;
    source_await(source, SOURCE_RESET, &world->record);
    assert_int_equal(world->record.partition, 0);
    assert_true(source->bounds(source->self, 0, &low, &high, &world->err));
    assert_int_equal(low, 4);
    assert_int_equal(high, 10);
    assert_true(source->stop(source->self, &world->err));
    int64_t offset = low;
    assert_true(source->start(source->self, world->positions, &offset, 1, &world->err));
    expect_records(world, 4, 6);
    assert_true(source->stop(source->self, &world->err));
    offset = 50;
    assert_true(source->start(source->self, world->positions, &offset, 1, &world->err));
    source_await(source, SOURCE_RESET, &world->record);
}

static void markers_are_passed_and_aborted_records_hidden(void **state)
{
    struct world *world = *state;
    topics_make(&world->fixture, 1);
    records_transact(&world->fixture, applications(world), 0, 2, true);  /* 0 1, marker 2 */
    records_transact(&world->fixture, applications(world), 0, 2, false); /* 3 4, marker 5 */
    records_write(&world->fixture, applications(world), 0, 7, 1);        /* 6 */
    records_transact(&world->fixture, applications(world), 0, 1, true);  /* 7, marker 8 */
    static const int64_t offsets[] = {0, 1, 6, 7};
    join_at(world, 0);
    for (int i = 0; i < 4; i++) {
        source_await(&world->source, SOURCE_RECORD, &world->record);
        assert_int_equal(world->record.offset, offsets[i]);
    }
    source_await(&world->source, SOURCE_END, &world->record);
    assert_int_equal(world->record.offset, 9);
}

static void assert_topic_holds(struct world *world, const char *topic, const char *keys)
{
    char found[1024];
    topic_keys(&world->fixture, topic, found, sizeof(found));
    assert_string_equal(found, keys);
}

static void output_send(struct world *world, struct sink *sink, const char *key, int64_t offset)
{
    struct header headers[] = {{bytes_text("a"), bytes_of("1", 1)},
                               {bytes_text("null"), bytes_of(NULL, 0)},
                               {bytes_text("empty"), bytes_of("", 0)}};
    struct record record = {
        .partition = 5,
        .offset = offset,
        .has_key = true,
        .key = bytes_text(key),
        .has_value = true,
        .value = bytes_text("value"),
        .headers = headers,
        .header_count = 3,
    };
    assert_true(sink->send(sink->self, &record, false, &world->err));
}

static void outputs_settle_as_a_prefix(void **state)
{
    struct world *world = *state;
    int64_t emitted = 0;
    topics_make(&world->fixture, 1);
    struct producer *producer = producer_open(&world->fixture.settings, &world->err);
    struct sink sink = producer_sink(producer);
    assert_true(sink.begin(sink.self, 5, 10, &world->err));
    output_send(world, &sink, "a", 12);
    output_send(world, &sink, "b", 13);
    assert_true(sink.settled(sink.self, 5, &emitted, &world->err));
    assert_true(emitted == 12 || emitted == 10); /* nothing below 12 has an output */
    assert_true(sink.flush(sink.self, 20000, &world->err));
    assert_true(sink.settled(sink.self, 5, &emitted, &world->err));
    assert_int_equal(emitted, 14);
    assert_true(sink.sent(sink.self, 5, 20, &world->err));
    assert_true(sink.settled(sink.self, 5, &emitted, &world->err));
    assert_int_equal(emitted, 20);
    producer_close(&producer);
    assert_topic_holds(world, world->fixture.settings.topic_decisions, "a b ");
}

static void a_purge_forgets_and_the_next_outputs_arrive(void **state)
{
    struct world *world = *state;
    int64_t emitted = 0;
    static const struct kafka_property slow[] = {{"linger.ms", "2000"}};
    world->fixture.settings.properties = slow;
    world->fixture.settings.property_count = 1;
    topics_make(&world->fixture, 1);
    struct producer *producer = producer_open(&world->fixture.settings, &world->err);
    struct sink sink = producer_sink(producer);
    assert_true(sink.begin(sink.self, 5, 0, &world->err));
    output_send(world, &sink, "a", 0);
    assert_true(sink.flush(sink.self, 20000, &world->err));
    for (int round = 0; round < 3; round++) {
        output_send(world, &sink, "purged", 1);
        assert_true(sink.purge(sink.self, &world->err));
        assert_true(sink.begin(sink.self, 5, 1, &world->err));
        assert_true(sink.settled(sink.self, 5, &emitted, &world->err));
        assert_int_equal(emitted, 1);
    }
    output_send(world, &sink, "b", 1);
    int64_t from = now_ms();
    assert_true(sink.flush(sink.self, 20000, &world->err));
    print_message("flush after a purge: %" PRId64 " ms\n", now_ms() - from);
    assert_true(sink.settled(sink.self, 5, &emitted, &world->err));
    assert_int_equal(emitted, 2);
    producer_close(&producer);
    assert_topic_holds(world, world->fixture.settings.topic_decisions, "a b ");
}

/* As the worker would: on ERR_RETRY begin again and send again. */
static int deliver_dlq(struct world *world, struct sink *sink, const struct record *record)
{
    for (int tries = 1; tries <= 5; tries++) {
        assert_true(sink->begin(sink->self, record->partition, 0, &world->err));
        if (sink->send(sink->self, record, true, &world->err) &&
            sink->flush(sink->self, 20000, &world->err)) {
            return tries;
        }
        assert_int_equal(world->err.kind, ERR_RETRY);
    }
    return 0;
}

static void a_record_too_large_for_the_dlq_goes_as_a_stub(void **state)
{
    struct world *world = *state;
    static uint8_t value[9000000];
    uint32_t seed = 7;
    for (size_t i = 0; i < sizeof(value); i++) {
        seed = seed * 1664525 + 1013904223;
        value[i] = (uint8_t)(seed >> 24); /* no compression makes it fit */
    }
    topic_make(&world->fixture, world->fixture.settings.topic_decisions, 1, NULL);
    topic_make(&world->fixture, world->fixture.settings.topic_dlq, 1, "max.message.bytes=100000");
    struct producer *producer = producer_open(&world->fixture.settings, &world->err);
    struct sink sink = producer_sink(producer);
    struct header headers[] = {{bytes_text("mentor-reason"), bytes_text("x")}};
    struct record record = {
        .has_key = true,
        .key = bytes_text("large"),
        .has_value = true,
        .value = bytes_of(value, 300000),
        .headers = headers,
        .header_count = 1,
    };
    assert_int_equal(deliver_dlq(world, &sink, &record), 3); /* the batch, the record, the stub */
    assert_int_equal(deliver_dlq(world, &sink, &record), 1); /* it has learned */
    record.value.size = 90000;
    record.key = bytes_text("fits");
    assert_int_equal(deliver_dlq(world, &sink, &record), 1);
    record.value.size = sizeof(value); /* more than librdkafka takes at all */
    record.key = bytes_text("huge");
    assert_int_equal(deliver_dlq(world, &sink, &record), 1);
    producer_close(&producer);
    assert_topic_holds(world, world->fixture.settings.topic_dlq, "large large fits huge ");
}

static void a_written_record_is_read_back(void **state)
{
    struct world *world = *state;
    const struct topic_bounds *bounds = NULL;
    uint32_t count = 0;
    int64_t offsets[4] = {0, 0, 0, 0};
    topic_make(&world->fixture, applications(world), 4, NULL);
    struct writer *writer = writer_open(&world->fixture.settings, applications(world), &world->err);
    struct topic_writer to = writer_port(writer);
    struct header headers[] = {{bytes_text("null"), bytes_of(NULL, 0)},
                               {bytes_text("empty"), bytes_of("", 0)}};
    struct record record = {
        .has_key = true, .key = bytes_text("21"), .headers = headers, .header_count = 2};
    assert_true(to.write(to.self, &record, &world->err));
    record = (struct record){.has_key = true, .key = bytes_text("21"), .has_value = true};
    assert_true(to.write(to.self, &record, &world->err));
    assert_true(to.flush(to.self, 20000, &world->err));
    writer_close(&writer);

    struct reader *reader = reader_open(&world->fixture.settings, applications(world), &world->err);
    struct topic_reader from = reader_port(reader);
    assert_true(from.bounds(from.self, 10000, &bounds, &count, &world->err));
    assert_int_equal(count, 4);
    assert_true(from.start(from.self, offsets, &world->err));
    for (int i = 0; i < 2;) {
        int got = from.next(from.self, 1000, &record, &world->err);
        assert_int_not_equal(got, -1);
        if (got == 1) {
            assert_int_equal(record.offset, i);
            assert_int_equal(record.has_value, i == 1);
            assert_int_equal(record.value.size, 0);
            assert_int_equal(record.header_count, i == 0 ? 2 : 0);
            assert_true(i == 1 || record.headers[0].value.data == NULL);
            assert_true(i == 1 || record.headers[1].value.data != NULL);
            i++;
        }
    }
    reader_close(&reader);
}

static void a_record_larger_than_a_fetch_is_read(void **state)
{
    struct world *world = *state;
    static uint8_t value[900000];
    topics_make(&world->fixture, 1);
    struct writer *writer = writer_open(&world->fixture.settings, applications(world), &world->err);
    struct topic_writer to = writer_port(writer);
    struct record record = {.has_value = true, .value = bytes_of(value, sizeof(value))};
    uint32_t seed = 3;
    for (size_t i = 0; i < sizeof(value); i++) {
        seed = seed * 1664525 + 1013904223;
        value[i] = (uint8_t)(seed >> 24);
    }
    for (int i = 0; i < 3; i++) {
        assert_true(to.write(to.self, &record, &world->err));
    }
    assert_true(to.flush(to.self, 20000, &world->err));
    writer_close(&writer);
    join_at(world, 0);
    for (int i = 0; i < 3; i++) {
        source_await(&world->source, SOURCE_RECORD, &world->record);
        assert_int_equal(world->record.offset, i);
        assert_true(bytes_equal(world->record.value, record.value));
    }
}

static void check_tells_facts_and_missing_topics(void **state)
{
    struct world *world = *state;
    struct kafka_facts facts = {.partition_count = 0};
    assert_false(kafka_check(&world->fixture.settings, 5000, &facts, &world->err));
    assert_int_equal(world->err.kind, ERR_RETRY);
    assert_non_null(strstr(world->err.text, applications(world)));
    topics_make(&world->fixture, 3);
    assert_true(kafka_check(&world->fixture.settings, 5000, &facts, &world->err));
    assert_int_equal(facts.partition_count, 3);
    assert_true(strlen(facts.cluster) > 10);
}

static void check_halts_on_a_compacted_topic(void **state)
{
    struct world *world = *state;
    struct kafka_facts facts;
    topic_make(&world->fixture, applications(world), 1, NULL);
    topic_make(
        &world->fixture, world->fixture.settings.topic_decisions, 1, "cleanup.policy=compact");
    topic_make(&world->fixture, world->fixture.settings.topic_dlq, 1, NULL);
    assert_false(kafka_check(&world->fixture.settings, 5000, &facts, &world->err));
    assert_int_equal(world->err.kind, ERR_HALT);
    assert_non_null(strstr(world->err.text, world->fixture.settings.topic_decisions));
}

static void check_halts_on_a_dlq_that_takes_less_than_the_input_and_64_kib(void **state)
{
    struct world *world = *state;
    struct kafka_facts facts;
    topic_make(&world->fixture, applications(world), 1, "max.message.bytes=1000000");
    topic_make(
        &world->fixture, world->fixture.settings.topic_decisions, 1, "max.message.bytes=1065536");
    topic_make(&world->fixture, world->fixture.settings.topic_dlq, 1, "max.message.bytes=1065535");
    assert_false(kafka_check(&world->fixture.settings, 5000, &facts, &world->err));
    assert_int_equal(world->err.kind, ERR_HALT);
    assert_non_null(strstr(world->err.text, world->fixture.settings.topic_dlq));
    assert_non_null(strstr(world->err.text, "max.message.bytes=1065536"));
}

int main(void)
{
    brokers = getenv("MENTORD_TEST_KAFKA"); /* NOLINT(concurrency-mt-unsafe) */
    if (brokers == NULL) {
        print_message("MENTORD_TEST_KAFKA names no broker: skipped\n");
        return 77;
    }
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_up, world_down)
    const struct CMUnitTest tests[] = {
        TEST(a_record_comes_as_it_was_written),
        TEST(records_live_until_they_are_released),
        TEST(an_assignment_waits_for_start),
        TEST(what_is_committed_comes_back_with_its_metadata),
        TEST(reading_that_ends_and_begins_again_loses_and_doubles_nothing),
        TEST(a_second_member_takes_half_once_the_first_has_stopped),
        TEST(reading_that_ends_on_its_own_answers_no_revocation),
        TEST(only_the_last_of_two_assignments_is_told),
        TEST(an_assignment_comes_in_place_of_another),
        TEST(a_member_that_did_not_poll_is_fenced),
        TEST(leaving_and_polling_again_joins_again),
        TEST(a_position_outside_the_log_is_told_with_its_bounds),
        TEST(markers_are_passed_and_aborted_records_hidden),
        TEST(outputs_settle_as_a_prefix),
        TEST(a_purge_forgets_and_the_next_outputs_arrive),
        TEST(a_record_too_large_for_the_dlq_goes_as_a_stub),
        TEST(a_written_record_is_read_back),
        TEST(a_record_larger_than_a_fetch_is_read),
        TEST(check_tells_facts_and_missing_topics),
        TEST(check_halts_on_a_compacted_topic),
        TEST(check_halts_on_a_dlq_that_takes_less_than_the_input_and_64_kib),
    };
#undef TEST
    return cmocka_run_group_tests_name("kafka", tests, NULL, NULL);
}
