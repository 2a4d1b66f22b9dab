/*
 * Goal: against a real broker outputs and the group's offset are seen together or not at all: what
 * is dropped, what a member that was replaced holds, and what an older producer began stays hidden;
 * and the probe says of this broker that it can be relied on for that.
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mentor/base/clock.h"

#include "fixture.h"
#include "support/test.h"

enum {
    FLUSH_MS = 20000,
};

/* One worker's ports. */
struct member {
    struct consumer *consumer;
    struct source source;
    struct transactor *transactor;
    struct sink sink;
    struct position positions[PARTITIONS_MAX];
    uint32_t count;
};

struct world {
    struct fixture fixture;
    struct member one;
    struct member other;
    struct record record;
    struct err err;
};

static const char *brokers;

static int world_up(void **state)
{
    struct world *world = calloc(1, sizeof(*world));
    CHECK(world != NULL);
    fixture_init(&world->fixture, brokers);
    topics_make(&world->fixture, 1);
    *state = world;
    return 0;
}

static void member_close(struct member *member)
{
    transactor_close(&member->transactor);
    consumer_close(&member->consumer);
}

static int world_down(void **state)
{
    struct world *world = *state;
    member_close(&world->one);
    member_close(&world->other);
    free(world);
    return 0;
}

static void member_open(struct world *world, struct member *member, const char *id)
{
    member->consumer = consumer_open(&world->fixture.settings, &world->err);
    assert_non_null(member->consumer);
    member->source = consumer_source(member->consumer);
    member->transactor =
        transactor_open(&world->fixture.settings, id, member->consumer, &world->err);
    assert_non_null(member->transactor);
    member->sink = transactor_sink(member->transactor);
}

/* As TAKE and RESEND do: partition 0 from `emitted` on, what is below `next` stored. */
static void take(struct world *world, struct member *member, int64_t emitted, int64_t next)
{
    struct source *source = &member->source;
    struct sink *sink = &member->sink;
    assert_true(sink->purge(sink->self, &world->err));
    assert_true(sink->begin(sink->self, 0, emitted, &world->err));
    member->count = source_take(source, member->positions, 0);
    assert_int_equal(member->count, 1);
    member->positions[0].epoch = 7;
    member->positions[0].next_offset = next;
    assert_true(source->commit(source->self, member->positions, 1, &world->err));
}

static void join(struct world *world, struct member *member, int64_t emitted, int64_t next)
{
    char id[128];
    (void)snprintf(id, sizeof(id), "%s/1", world->fixture.settings.group);
    member_open(world, member, id);
    source_await(&member->source, SOURCE_ASSIGNED, &world->record);
    take(world, member, emitted, next);
}

static bool
output_send(struct world *world, struct member *member, const char *key, int64_t offset, bool dlq)
{
    struct header headers[] = {{bytes_text("null"), bytes_of(NULL, 0)},
                               {bytes_text("empty"), bytes_of("", 0)}};
    struct record record = {
        .partition = 0,
        .offset = offset,
        .has_key = true,
        .key = bytes_text(key),
        .has_value = true,
        .value = bytes_text("value"),
        .headers = headers,
        .header_count = 2,
    };
    return member->sink.send(member->sink.self, &record, dlq, &world->err);
}

static void assert_emitted(struct world *world, struct member *member, int64_t expected)
{
    int64_t emitted = -1;
    assert_true(member->sink.settled(member->sink.self, 0, &emitted, &world->err));
    assert_int_equal(emitted, expected);
}

static void assert_group_has(struct world *world, int64_t expected, const char *metadata)
{
    char told[NOTE_SIZE] = "?";
    int64_t offset = 0;
    struct source *source = &world->one.source;
    assert_true(source->committed(source->self, 0, &offset, told, sizeof(told), &world->err));
    assert_int_equal(offset, expected);
    assert_string_equal(told, metadata);
}

static void assert_decisions(struct world *world, const char *keys)
{
    char found[256];
    topic_keys(&world->fixture, world->fixture.settings.topic_decisions, found, sizeof(found));
    assert_string_equal(found, keys);
}

static void outputs_and_offsets_are_seen_together(void **state)
{
    struct world *world = *state;
    struct member *one = &world->one;
    char refused[64];
    join(world, one, 3, 9);
    assert_group_has(world, -1, "");
    assert_true(output_send(world, one, "a", 4, false));
    assert_true(output_send(world, one, "b", 5, true));
    assert_true(output_send(world, one, "c", 7, false));
    assert_emitted(world, one, 3);
    assert_true(one->sink.flush(one->sink.self, FLUSH_MS, &world->err));
    assert_emitted(world, one, 8);
    assert_group_has(world, 8, "transactional,7,9" NO_HEAD);
    assert_decisions(world, "a c ");
    topic_keys(&world->fixture, world->fixture.settings.topic_dlq, refused, sizeof(refused));
    assert_string_equal(refused, "b ");
    assert_true(one->sink.sent(one->sink.self, 0, 9, &world->err));
    assert_true(one->sink.flush(one->sink.self, FLUSH_MS, &world->err));
    assert_emitted(world, one, 9);
    assert_group_has(world, 9, "transactional,7,9" NO_HEAD);
}

/* So that the next owner has a transaction's word before anything is stored. */
static void a_partition_that_begins_is_told_though_nothing_is_sent(void **state)
{
    struct world *world = *state;
    join(world, &world->one, 3, 3);
    assert_true(world->one.sink.flush(world->one.sink.self, FLUSH_MS, &world->err));
    assert_group_has(world, 3, "transactional,7,3" NO_HEAD);
}

static void what_is_dropped_is_not_seen_and_what_follows_is(void **state)
{
    struct world *world = *state;
    struct member *one = &world->one;
    join(world, one, 0, 9);
    for (int round = 0; round < 3; round++) {
        assert_true(output_send(world, one, "dropped", 1, false));
        if (round > 0) { /* it may be under way */
            assert_true(one->sink.sent(one->sink.self, 0, 2, &world->err));
        }
        assert_true(one->sink.purge(one->sink.self, &world->err));
        assert_false(output_send(world, one, "not begun", 2, false));
        assert_int_equal(world->err.kind, ERR_RETRY);
        char told[64];
        int64_t offset = 0;
        assert_true(
            one->source.committed(one->source.self, 0, &offset, told, sizeof(told), &world->err));
        if (offset > 0) { /* it was through before the purge: all of it */
            assert_decisions(world, "dropped ");
            return;
        }
        assert_true(one->sink.begin(one->sink.self, 0, 0, &world->err));
        assert_true(one->source.commit(one->source.self, one->positions, 1, &world->err));
    }
    assert_true(output_send(world, one, "b", 1, false));
    assert_true(one->sink.flush(one->sink.self, FLUSH_MS, &world->err));
    assert_decisions(world, "b ");
    assert_group_has(world, 2, "transactional,7,9" NO_HEAD);
}

static void a_member_that_was_replaced_moves_nothing(void **state)
{
    struct world *world = *state;
    struct member *one = &world->one;
    static const struct kafka_property quick[] = {
        {"session.timeout.ms", "6000"},
        {"max.poll.interval.ms", "6000"},
    };
    world->fixture.settings.properties = quick;
    world->fixture.settings.property_count = 2;
    join(world, one, 0, 9);
    assert_true(output_send(world, one, "a", 0, false));
    assert_true(one->sink.flush(one->sink.self, FLUSH_MS, &world->err));
    struct clock clock = clock_system();
    clock.sleep_ms(clock.self, 9000); /* it does not poll */
    assert_true(output_send(world, one, "b", 1, false));
    assert_false(one->sink.flush(one->sink.self, FLUSH_MS, &world->err));
    assert_int_equal(world->err.kind, ERR_FENCED);
    assert_false(output_send(world, one, "c", 2, false));
    assert_false(one->source.prove(one->source.self, one->positions, 1, &world->err));
    assert_int_equal(world->err.kind, ERR_FENCED);
    source_await(&one->source, SOURCE_LOST, &world->record);
    assert_true(one->source.stop(one->source.self, &world->err));
    assert_true(one->source.leave(one->source.self, &world->err));
    source_await(&one->source, SOURCE_ASSIGNED, &world->record);
    take(world, one, 1, 9);
    assert_decisions(world, "a ");
    assert_group_has(world, 1, "transactional,7,9" NO_HEAD);
    assert_true(output_send(world, one, "b", 1, false));
    assert_true(one->sink.flush(one->sink.self, FLUSH_MS, &world->err));
    assert_decisions(world, "a b ");
}

static void a_producer_with_the_same_id_takes_over(void **state)
{
    struct world *world = *state;
    struct member *one = &world->one;
    char id[128];
    join(world, one, 0, 9);
    (void)snprintf(id, sizeof(id), "%s/1", world->fixture.settings.group);
    member_open(world, &world->other, id);
    assert_true(world->other.sink.purge(world->other.sink.self, &world->err));
    assert_true(output_send(world, one, "a", 0, false));
    assert_false(one->sink.flush(one->sink.self, FLUSH_MS, &world->err));
    assert_int_equal(world->err.kind, ERR_FENCED);
    assert_decisions(world, "");
    assert_group_has(world, -1, "");
}

static void membership_is_proved_and_nothing_moves(void **state)
{
    struct world *world = *state;
    struct member *one = &world->one;
    join(world, one, 0, 9);
    assert_true(output_send(world, one, "a", 0, false));
    assert_true(one->sink.flush(one->sink.self, FLUSH_MS, &world->err));
    one->positions[0].emitted_offset = 5;
    assert_true(one->source.prove(one->source.self, one->positions, 1, &world->err));
    assert_true(one->source.stop(one->source.self, &world->err));
    assert_true(one->source.prove(one->source.self, one->positions, 1, &world->err));
    assert_group_has(world, 1, "transactional,7,9" NO_HEAD);
    take(world, one, 1, 9);
    assert_true(output_send(world, one, "b", 1, false));
    assert_true(one->sink.flush(one->sink.self, FLUSH_MS, &world->err));
    assert_decisions(world, "a b ");
}

/* An orphan's look at what is open: of the offsets that are given, 0 to 2 count as out. */
static bool fence(struct world *world, const char *id)
{
    struct member *one = &world->one;
    one->positions[0].takeovers = 1;
    return kafka_fence(one->consumer, id, one->positions, 1, &world->err);
}

/* What another has open is neither ours to end, nor taken for ended. */
static void what_hangs_is_seen_until_it_is_ended(void **state)
{
    struct world *world = *state;
    struct member *one = &world->one;
    const char *decisions = world->fixture.settings.topic_decisions;
    join(world, one, 0, 9);
    assert_true(output_send(world, one, "a", 2, false));
    assert_true(one->sink.flush(one->sink.self, FLUSH_MS, &world->err));
    assert_true(fence(world, "dead"));

    rd_kafka_t *open = transaction_open(&world->fixture, decisions, "3");
    assert_false(fence(world, "dead"));
    assert_int_equal(world->err.kind, ERR_RETRY);
    assert_non_null(strstr(world->err.text, "another producer"));
    transaction_end(open, false);
    assert_true(fence(world, "dead"));

    open = transaction_open(&world->fixture, decisions, "2");
    assert_false(fence(world, "dead"));
    assert_int_equal(world->err.kind, ERR_RETRY);
    assert_non_null(strstr(world->err.text, "counts as out"));
    transaction_end(open, false);
    assert_true(fence(world, "dead"));
    assert_decisions(world, "a ");
}

/* After something was dropped nothing is committed beside what is not ended. */
static void nothing_is_committed_while_something_hangs(void **state)
{
    struct world *world = *state;
    struct member *one = &world->one;
    join(world, one, 0, 9);
    assert_true(one->sink.flush(one->sink.self, FLUSH_MS, &world->err));
    world->err.kind = ERR_NONE;
    assert_true(one->source.stop(one->source.self, &world->err));
    char id[128];
    (void)snprintf(id, sizeof(id), "%s/1", world->fixture.settings.group);
    assert_true(output_send(world, one, "dropped", 0, false));
    member_open(world, &world->other, id); /* fences it, so that its end is not known */
    assert_true(world->other.sink.purge(world->other.sink.self, &world->err));
    assert_false(one->sink.flush(one->sink.self, FLUSH_MS, &world->err));
    member_close(&world->other);

    rd_kafka_t *open =
        transaction_open(&world->fixture, world->fixture.settings.topic_decisions, "5");
    take(world, one, 0, 9);
    assert_true(output_send(world, one, "b", 1, false));
    assert_false(one->sink.flush(one->sink.self, FLUSH_MS, &world->err));
    assert_non_null(strstr(world->err.text, "another producer"));
    transaction_end(open, true);
    take(world, one, 0, 9);
    assert_true(output_send(world, one, "b", 1, false));
    assert_true(one->sink.flush(one->sink.self, FLUSH_MS, &world->err));
    assert_decisions(world, "open b ");
}

/* More than a cargo holds: they go in several transactions, in order. */
static void outputs_beyond_what_is_held_wait_for_room(void **state)
{
    struct world *world = *state;
    struct member *one = &world->one;
    enum {
        COUNT = 45000
    };
    char key[16];
    join(world, one, 0, COUNT);
    for (int i = 0; i < COUNT; i++) {
        (void)snprintf(key, sizeof(key), "%d", i);
        assert_true(output_send(world, one, key, i, false));
    }
    assert_true(one->sink.flush(one->sink.self, FLUSH_MS, &world->err));
    assert_emitted(world, one, COUNT);
    static char found[COUNT * 8];
    topic_keys(&world->fixture, world->fixture.settings.topic_decisions, found, sizeof(found));
    const char *at = found;
    for (int i = 0; i < COUNT; i++) {
        char *end = NULL;
        assert_int_equal(strtol(at, &end, 10), i);
        at = end;
    }
    assert_string_equal(at, " ");
}

static void this_broker_passes_the_probe(void **state)
{
    struct world *world = *state;
    for (int round = 0; round < 2; round++) {
        bool passed = false;
        for (int tries = 0; tries < 10 && !passed; tries++) { /* one just started loads a while */
            passed = kafka_probe(&world->fixture.settings, &world->err);
            assert_true(passed || world->err.kind == ERR_RETRY);
        }
        assert_true(passed);
    }
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
        TEST(this_broker_passes_the_probe),
        TEST(outputs_and_offsets_are_seen_together),
        TEST(a_partition_that_begins_is_told_though_nothing_is_sent),
        TEST(what_is_dropped_is_not_seen_and_what_follows_is),
        TEST(a_member_that_was_replaced_moves_nothing),
        TEST(a_producer_with_the_same_id_takes_over),
        TEST(membership_is_proved_and_nothing_moves),
        TEST(what_hangs_is_seen_until_it_is_ended),
        TEST(nothing_is_committed_while_something_hangs),
        TEST(outputs_beyond_what_is_held_wait_for_room),
    };
#undef TEST
    return cmocka_run_group_tests_name("transactor", tests, NULL, NULL);
}
