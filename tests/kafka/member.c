#include "member.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static const char *brokers;

bool world_has_broker(void)
{
    brokers = getenv("MENTORD_TEST_KAFKA"); /* NOLINT(concurrency-mt-unsafe) */
    if (brokers == NULL) {
        print_message("MENTORD_TEST_KAFKA names no broker: skipped\n");
    }
    return brokers != NULL;
}

int world_up(void **state)
{
    struct world *world = calloc(1, sizeof(*world));
    CHECK(world != NULL);
    fixture_init(&world->fixture, brokers);
    topics_make(&world->fixture, 1);
    *state = world;
    return 0;
}

void member_close(struct member *member)
{
    transactor_close(&member->transactor);
    consumer_close(&member->consumer);
}

int world_down(void **state)
{
    struct world *world = *state;
    member_close(&world->one);
    member_close(&world->other);
    free(world);
    return 0;
}

void member_open(struct world *world, struct member *member, const char *id)
{
    member->consumer = consumer_open(&world->fixture.settings, &world->err);
    assert_non_null(member->consumer);
    member->source = consumer_source(member->consumer);
    member->transactor =
        transactor_open(&world->fixture.settings, id, member->consumer, &world->err);
    assert_non_null(member->transactor);
    member->sink = transactor_sink(member->transactor);
}

void take(struct world *world, struct member *member, int64_t emitted, int64_t next)
{
    struct source *source = &member->source;
    struct sink *sink = &member->sink;
    assert_true(sink->purge(sink->self, &world->err));
    assert_true(sink->clear(sink->self, &world->err));
    assert_true(sink->begin(sink->self, 0, emitted, &world->err));
    member->count = source_take(source, member->positions, 0);
    assert_int_equal(member->count, 1);
    member->positions[0].epoch = 7;
    member->positions[0].next_offset = next;
    assert_true(source->commit(source->self, member->positions, 1, &world->err));
}

void join(struct world *world, struct member *member, int64_t emitted, int64_t next)
{
    char id[128];
    (void)snprintf(id, sizeof(id), "%s/1", world->fixture.settings.group);
    member_open(world, member, id);
    source_await(&member->source, SOURCE_ASSIGNED, &world->record);
    take(world, member, emitted, next);
}

bool output_send(
    struct world *world, struct member *member, const char *key, int64_t offset, bool dlq)
{
    char number[24];
    (void)snprintf(number, sizeof(number), "%" PRId64, offset);
    struct header headers[] = {
        {bytes_text("null"), bytes_of(NULL, 0)},
        {bytes_text("empty"), bytes_of("", 0)},
        {bytes_text("mentor-topic"), bytes_text(world->fixture.settings.topic_applications)},
        {bytes_text("mentor-partition"), bytes_text("0")},
        {bytes_text("mentor-offset"), bytes_text(number)}};
    struct record record = {
        .partition = 0,
        .offset = offset,
        .has_key = true,
        .key = bytes_text(key),
        .has_value = true,
        .value = bytes_text("value"),
        .headers = headers,
        .header_count = sizeof(headers) / sizeof(headers[0]),
    };
    return member->sink.send(member->sink.self, &record, dlq, &world->err);
}

void output_flush(struct world *world, struct member *member)
{
    assert_true(member->sink.flush(member->sink.self, FLUSH_MS, &world->err));
}

void assert_emitted(struct world *world, struct member *member, int64_t expected)
{
    int64_t emitted = -1;
    assert_true(member->sink.settled(member->sink.self, 0, &emitted, &world->err));
    assert_int_equal(emitted, expected);
}

void assert_group_has(struct world *world, int64_t expected, const char *metadata)
{
    char told[NOTE_SIZE] = "?";
    int64_t offset = 0;
    struct source *source = &world->one.source;
    assert_true(source->committed(source->self, 0, &offset, told, sizeof(told), &world->err));
    assert_int_equal(offset, expected);
    assert_string_equal(told, metadata);
}

void assert_decisions(struct world *world, const char *keys)
{
    char found[256];
    topic_keys(&world->fixture, world->fixture.settings.topic_decisions, found, sizeof(found));
    assert_string_equal(found, keys);
}
