/*
 * Goal: errors that a healthy broker does not give, against librdkafka's mock cluster in this
 * process: each becomes the caller's next move, and a broker that is away holds no call longer than
 * its bound.
 */

#include <stdlib.h>
#include <string.h>

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include "mentor/base/clock.h"

#include "fixture.h"
#include "support/test.h"

enum {
    PRODUCE = 0, /* Kafka's request numbers */
    OFFSET_COMMIT = 8,
    FIND_COORDINATOR = 10,
    ADD_OFFSETS_TO_TXN = 25,
    LEAVE_MS = 7000,
    SESSION_MS = 10000,
};

struct world {
    struct fixture fixture;
    rd_kafka_t *rk;
    rd_kafka_mock_cluster_t *cluster;
    struct consumer *consumer;
    struct source source;
    struct producer *producer;
    struct transactor *transactor;
    struct sink sink;
    struct position positions[PARTITIONS_MAX];
    struct record record;
    struct err err;
};

static int64_t now_ms(void)
{
    struct clock clock = clock_system();
    return clock.mono_us(clock.self) / 1000;
}

static int world_up(void **state)
{
    char reason[256];
    struct world *world = calloc(1, sizeof(*world));
    CHECK(world != NULL);
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    CHECK(rd_kafka_conf_set(conf, "log_level", "3", NULL, 0) == RD_KAFKA_CONF_OK);
    world->rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, reason, sizeof(reason));
    CHECK(world->rk != NULL);
    world->cluster = rd_kafka_mock_cluster_new(world->rk, 1);
    CHECK(world->cluster != NULL);
    fixture_init(&world->fixture, rd_kafka_mock_cluster_bootstraps(world->cluster));
    for (int i = 1; i < 4; i++) {
        CHECK(rd_kafka_mock_topic_create(world->cluster, world->fixture.names[i], 1, 1) ==
              RD_KAFKA_RESP_ERR_NO_ERROR);
    }
    *state = world;
    return 0;
}

static int world_down(void **state)
{
    struct world *world = *state;
    transactor_close(&world->transactor);
    consumer_close(&world->consumer);
    producer_close(&world->producer);
    rd_kafka_mock_cluster_destroy(world->cluster);
    rd_kafka_destroy(world->rk);
    free(world);
    return 0;
}

static void broker_away(struct world *world)
{
    CHECK(rd_kafka_mock_broker_set_down(world->cluster, 1) == RD_KAFKA_RESP_ERR_NO_ERROR);
}

static void join(struct world *world)
{
    world->consumer = consumer_open(&world->fixture.settings, &world->err);
    assert_non_null(world->consumer);
    world->source = consumer_source(world->consumer);
    source_await(&world->source, SOURCE_ASSIGNED, &world->record);
    assert_int_equal(source_take(&world->source, world->positions, 0), 1);
}

static void records_are_read_and_positions_committed(void **state)
{
    struct world *world = *state;
    int64_t offset = 0;
    char metadata[64];
    records_write(&world->fixture, world->fixture.settings.topic_applications, 0, 0, 100);
    join(world);
    struct source *source = &world->source;
    for (int i = 0; i < 100; i++) {
        source_await(source, SOURCE_RECORD, &world->record);
        assert_int_equal(world->record.offset, i);
    }
    source_await(source, SOURCE_END, &world->record);
    assert_int_equal(world->record.offset, 100);
    world->positions[0].emitted_offset = 100;
    assert_true(source->commit(source->self, world->positions, 1, &world->err));
    assert_true(
        source->committed(source->self, 0, &offset, metadata, sizeof(metadata), &world->err));
    assert_int_equal(offset, 100);
}

static void a_refused_commit_is_fenced(void **state)
{
    struct world *world = *state;
    static const rd_kafka_resp_err_t codes[] = {
        RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS,
        RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION,
        RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID,
    };
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        fixture_regroup(&world->fixture); /* the mock cluster is slow to let one in again */
        join(world);
        rd_kafka_mock_push_request_errors(world->cluster, OFFSET_COMMIT, 1, codes[i]);
        assert_false(world->source.commit(world->source.self, world->positions, 1, &world->err));
        assert_int_equal(world->err.kind, ERR_FENCED);
        consumer_close(&world->consumer);
    }
}

static void a_denied_commit_is_tried_again(void **state)
{
    struct world *world = *state;
    join(world);
    rd_kafka_mock_push_request_errors(
        world->cluster, OFFSET_COMMIT, 1, RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED);
    assert_false(world->source.commit(world->source.self, world->positions, 1, &world->err));
    assert_int_equal(world->err.kind, ERR_RETRY);
}

static void questions_to_a_broker_that_is_away_are_bounded(void **state)
{
    struct world *world = *state;
    struct source *source = &world->source;
    int64_t low = 0;
    int64_t high = 0;
    char metadata[64];
    join(world);
    broker_away(world);
    int64_t from = now_ms();
    assert_false(source->bounds(source->self, 0, &low, &high, &world->err));
    assert_int_equal(world->err.kind, ERR_RETRY);
    assert_in_range(now_ms() - from, 0, 6000);
    assert_false(source->committed(source->self, 0, &low, metadata, sizeof(metadata), &world->err));
    assert_int_equal(world->err.kind, ERR_RETRY);
    assert_in_range(now_ms() - from, 0, 12000);
    source_await(source, SOURCE_LOST, &world->record); /* the session has timed out */
    from = now_ms();
    consumer_close(&world->consumer); /* with the loss not answered */
    assert_in_range(now_ms() - from, 0, LEAVE_MS);
}

static void leaving_without_a_broker_is_bounded(void **state)
{
    struct world *world = *state;
    join(world);
    broker_away(world);
    int64_t from = now_ms();
    assert_true(world->source.leave(world->source.self, &world->err));
    assert_in_range(now_ms() - from, 0, LEAVE_MS);
}

static void a_commit_without_a_broker_holds_neither_the_caller_nor_leaving(void **state)
{
    struct world *world = *state;
    join(world);
    broker_away(world);
    int64_t from = now_ms();
    assert_false(world->source.commit(world->source.self, world->positions, 1, &world->err));
    assert_int_equal(world->err.kind, ERR_RETRY);
    assert_in_range(now_ms() - from, 0, 6000);
    from = now_ms();
    assert_true(world->source.leave(world->source.self, &world->err));
    assert_in_range(now_ms() - from, 0, SESSION_MS + LEAVE_MS); /* librdkafka keeps the commit */
}

static void produce_one(struct world *world, bool *sent)
{
    struct record record = {
        .has_key = true, .key = bytes_text("k"), .has_value = true, .value = bytes_text("v")};
    *sent = world->sink.send(world->sink.self, &record, false, &world->err) &&
            world->sink.flush(world->sink.self, 10000, &world->err);
}

static void begin_producer(struct world *world)
{
    world->producer = producer_open(&world->fixture.settings, &world->err);
    assert_non_null(world->producer);
    world->sink = producer_sink(world->producer);
    assert_true(world->sink.begin(world->sink.self, 0, 0, &world->err));
}

static void a_failed_output_breaks_the_producer_until_it_begins_again(void **state)
{
    struct world *world = *state;
    bool sent = false;
    int64_t emitted = 0;
    begin_producer(world);
    produce_one(world, &sent);
    assert_true(sent);
    rd_kafka_mock_push_request_errors(
        world->cluster, PRODUCE, 1, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
    produce_one(world, &sent);
    assert_false(sent);
    assert_int_equal(world->err.kind, ERR_RETRY);
    assert_false(world->sink.settled(world->sink.self, 0, &emitted, &world->err));
    assert_int_equal(world->err.kind, ERR_RETRY);
    produce_one(world, &sent);
    assert_false(sent);
    assert_true(world->sink.begin(world->sink.self, 0, 0, &world->err));
    produce_one(world, &sent);
    assert_true(sent);
    assert_true(world->sink.settled(world->sink.self, 0, &emitted, &world->err));
    assert_int_equal(emitted, 1);
}

static void a_producer_does_not_hang_on_a_broker_that_is_away(void **state)
{
    struct world *world = *state;
    struct record record = {.has_value = true, .value = bytes_text("v")};
    bool sent = false;
    begin_producer(world);
    produce_one(world, &sent);
    assert_true(sent);
    broker_away(world);
    for (int i = 0; i < 1000; i++) {
        record.offset = i + 1;
        assert_true(world->sink.send(world->sink.self, &record, false, &world->err));
    }
    int64_t from = now_ms();
    assert_false(world->sink.flush(world->sink.self, 200, &world->err));
    assert_int_equal(world->err.kind, ERR_RETRY);
    assert_true(world->sink.purge(world->sink.self, &world->err));
    assert_in_range(now_ms() - from, 0, 5000);
    int64_t emitted = -1;
    assert_false(world->sink.settled(world->sink.self, 0, &emitted, &world->err));
    assert_int_equal(emitted, -1);
    CHECK(rd_kafka_mock_broker_set_up(world->cluster, 1) == RD_KAFKA_RESP_ERR_NO_ERROR);
    assert_true(world->sink.begin(world->sink.self, 0, 1, &world->err));
    produce_one(world, &sent);
    assert_true(sent);
}

static void join_transactional(struct world *world)
{
    struct source *source = &world->source;
    world->consumer = consumer_open(&world->fixture.settings, &world->err);
    assert_non_null(world->consumer);
    world->source = consumer_source(world->consumer);
    world->transactor =
        transactor_open(&world->fixture.settings, "id", world->consumer, &world->err);
    assert_non_null(world->transactor);
    world->sink = transactor_sink(world->transactor);
    source_await(source, SOURCE_ASSIGNED, &world->record);
    assert_int_equal(source_take(source, world->positions, 0), 1);
    world->positions[0].epoch = 1;
    world->positions[0].next_offset = 10;
}

static void begin_transactional(struct world *world)
{
    struct source *source = &world->source;
    assert_true(world->sink.purge(world->sink.self, &world->err));
    assert_true(world->sink.begin(world->sink.self, 0, 0, &world->err));
    assert_true(source->commit(source->self, world->positions, 1, &world->err));
}

/* librdkafka gives up after three questions, and tells nobody. */
static void offsets_find_a_coordinator_that_was_slow_to_come(void **state)
{
    struct world *world = *state;
    struct record record = {.has_value = true, .value = bytes_text("v")};
    join_transactional(world);
    begin_transactional(world);
    struct sink *sink = &world->sink;
    rd_kafka_mock_push_request_errors(world->cluster,
                                      FIND_COORDINATOR,
                                      3,
                                      RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE,
                                      RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE,
                                      RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE);
    assert_true(sink->send(sink->self, &record, false, &world->err));
    assert_true(sink->sent(sink->self, 0, 1, &world->err));
    assert_true(sink->flush(sink->self, 30000, &world->err));
}

/* The coordinator's word comes first, and the client is given up; the outputs' answers come while
 * it goes: librdkafka would free its reason twice, in two threads. */
static void a_fenced_producer_goes_while_answers_are_under_way(void **state)
{
    enum {
        OUTPUTS = 5,
        SIZE = 600000
    }; /* a request each */
    static const uint8_t large[SIZE] = {0};
    struct world *world = *state;
    struct record record = {.has_value = true, .value = {.data = large, .size = SIZE}};
    const rd_kafka_resp_err_t fenced = RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH;
    join_transactional(world);
    struct sink *sink = &world->sink;
    for (int i = 0; i < 400; i++) {
        begin_transactional(world);
        rd_kafka_mock_broker_push_request_error_rtts(
            world->cluster, 1, ADD_OFFSETS_TO_TXN, 1, fenced, 20);
        for (int k = 0; k < OUTPUTS; k++) {
            rd_kafka_mock_broker_push_request_error_rtts(
                world->cluster, 1, PRODUCE, 1, fenced, 14 + i % 13);
            record.offset = k;
            assert_true(sink->send(sink->self, &record, false, &world->err));
        }
        assert_true(sink->sent(sink->self, 0, 10, &world->err));
        assert_false(sink->flush(sink->self, 30000, &world->err));
        assert_int_equal(world->err.kind, ERR_FENCED);
        rd_kafka_mock_clear_request_errors(world->cluster, PRODUCE);
    }
}

static void check_passes_with_a_warning_when_configs_are_not_told(void **state)
{
    struct world *world = *state;
    struct kafka_facts facts = {.partition_count = 0};
    assert_true(kafka_check(&world->fixture.settings, 5000, &facts, &world->err));
    assert_int_equal(facts.partition_count, 1);
    assert_true(facts.cluster[0] != '\0');
}

static void check_says_why_a_broker_cannot_be_had(void **state)
{
    struct world *world = *state;
    struct kafka_facts facts;
    world->fixture.settings.brokers = "127.0.0.1:1";
    int64_t from = now_ms();
    assert_false(kafka_check(&world->fixture.settings, 700, &facts, &world->err));
    assert_in_range(now_ms() - from, 0, 3000);
    assert_int_equal(world->err.kind, ERR_RETRY);
    assert_non_null(strstr(world->err.text, "refused"));
}

static void a_broker_that_only_plays_transactions_is_refused(void **state)
{
    struct world *world = *state;
    CHECK(rd_kafka_mock_topic_create(world->cluster, KAFKA_PROBE_TOPIC, 1, 1) ==
          RD_KAFKA_RESP_ERR_NO_ERROR);
    assert_false(kafka_probe(&world->fixture.settings, &world->err));
    assert_int_equal(world->err.kind, ERR_HALT);
    assert_non_null(strstr(world->err.text, "shows the records of a transaction that was aborted"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_up, world_down)
    const struct CMUnitTest tests[] = {
        TEST(records_are_read_and_positions_committed),
        TEST(a_refused_commit_is_fenced),
        TEST(a_denied_commit_is_tried_again),
        TEST(questions_to_a_broker_that_is_away_are_bounded),
        TEST(leaving_without_a_broker_is_bounded),
        TEST(a_commit_without_a_broker_holds_neither_the_caller_nor_leaving),
        TEST(a_failed_output_breaks_the_producer_until_it_begins_again),
        TEST(a_producer_does_not_hang_on_a_broker_that_is_away),
        TEST(offsets_find_a_coordinator_that_was_slow_to_come),
        TEST(a_fenced_producer_goes_while_answers_are_under_way),
        TEST(check_passes_with_a_warning_when_configs_are_not_told),
        TEST(check_says_why_a_broker_cannot_be_had),
        TEST(a_broker_that_only_plays_transactions_is_refused),
    };
#undef TEST
    return cmocka_run_group_tests_name("kafka/mock", tests, NULL, NULL);
}
