#include "fixture.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "mentor/base/clock.h"

static int64_t now_us(void)
{
    struct clock clock = clock_system();
    return clock.mono_us(clock.self);
}

/* Of outputs that are no Decisions. */
static bool
origin_of(const struct record *output, const char *topic, int32_t *partition, int64_t *offset)
{
    const struct header *named = record_header(output, "mentor-topic");
    int64_t number = 0;
    bool done = named != NULL && bytes_is(named->value, topic) &&
                record_number(output, "mentor-partition", &number) &&
                record_number(output, "mentor-offset", offset);
    *partition = (int32_t)number;
    return done;
}

void fixture_init(struct fixture *fixture, const char *brokers)
{
    static const char *const kinds[] = {"group", "applications", "decisions", "dlq"};
    static int made;
    made++;
    for (int i = 0; i < 4; i++) {
        (void)snprintf(fixture->names[i],
                       sizeof(fixture->names[i]),
                       "%s-%ld-%d-%" PRId64,
                       kinds[i],
                       (long)getpid(),
                       made,
                       now_us() % 1000000);
    }
    fixture->settings = (struct kafka_settings){
        .brokers = brokers,
        .group = fixture->names[0],
        .topic_applications = fixture->names[1],
        .topic_decisions = fixture->names[2],
        .topic_dlq = fixture->names[3],
        .origin = origin_of,
    };
}

void fixture_regroup(struct fixture *fixture)
{
    static int made;
    size_t size = strlen(fixture->names[0]);
    (void)snprintf(fixture->names[0] + size, sizeof(fixture->names[0]) - size, "-%d", ++made);
}

static rd_kafka_t *producer_make(const struct fixture *fixture, const char *transactional_id)
{
    char reason[256];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    CHECK(rd_kafka_conf_set(
              conf, "bootstrap.servers", fixture->settings.brokers, reason, sizeof(reason)) ==
          RD_KAFKA_CONF_OK);
    if (transactional_id != NULL) {
        CHECK(
            rd_kafka_conf_set(conf, "transactional.id", transactional_id, reason, sizeof(reason)) ==
            RD_KAFKA_CONF_OK);
    }
    rd_kafka_t *rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, reason, sizeof(reason));
    CHECK(rk != NULL);
    return rk;
}

static void answer_check(rd_kafka_queue_t *queue)
{
    rd_kafka_event_t *event = rd_kafka_queue_poll(queue, 20000);
    CHECK(event != NULL);
    CHECK(rd_kafka_event_error(event) == RD_KAFKA_RESP_ERR_NO_ERROR);
    rd_kafka_event_destroy(event);
    rd_kafka_queue_destroy(queue);
}

void topic_make(const struct fixture *fixture, const char *name, int partitions, const char *config)
{
    char reason[256];
    char key[64];
    rd_kafka_t *rk = producer_make(fixture, NULL);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(rk);
    rd_kafka_NewTopic_t *topic = rd_kafka_NewTopic_new(name, partitions, 1, reason, sizeof(reason));
    CHECK(topic != NULL);
    if (config != NULL) {
        const char *equals = strchr(config, '=');
        (void)snprintf(key, sizeof(key), "%.*s", (int)(equals - config), config);
        CHECK(rd_kafka_NewTopic_set_config(topic, key, equals + 1) == RD_KAFKA_RESP_ERR_NO_ERROR);
    }
    rd_kafka_CreateTopics(rk, &topic, 1, NULL, queue);
    answer_check(queue);
    rd_kafka_NewTopic_destroy(topic);
    rd_kafka_destroy(rk);
}

void topic_grow(const struct fixture *fixture, const char *name, int partitions)
{
    char reason[256];
    rd_kafka_t *rk = producer_make(fixture, NULL);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(rk);
    rd_kafka_NewPartitions_t *grown =
        rd_kafka_NewPartitions_new(name, (size_t)partitions, reason, sizeof(reason));
    CHECK(grown != NULL);
    rd_kafka_CreatePartitions(rk, &grown, 1, NULL, queue);
    answer_check(queue);
    rd_kafka_NewPartitions_destroy(grown);
    rd_kafka_destroy(rk);
}

void topics_make(const struct fixture *fixture, int partitions)
{
    topic_make(fixture, fixture->settings.topic_applications, partitions, NULL);
    topic_make(fixture, fixture->settings.topic_decisions, partitions, "max.message.bytes=2000000");
    topic_make(fixture, fixture->settings.topic_dlq, partitions, "max.message.bytes=2000000");
}

void records_drop(const struct fixture *fixture,
                  const char *topic,
                  int32_t partition,
                  int64_t below)
{
    rd_kafka_t *rk = producer_make(fixture, NULL);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(rk);
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, topic, partition)->offset = below;
    rd_kafka_DeleteRecords_t *request = rd_kafka_DeleteRecords_new(list);
    rd_kafka_DeleteRecords(rk, &request, 1, NULL, queue);
    answer_check(queue);
    rd_kafka_DeleteRecords_destroy(request);
    rd_kafka_topic_partition_list_destroy(list);
    rd_kafka_destroy(rk);
}

/* Not by RD_KAFKA_V_…: those macros are GNU C. */
static void record_queue(rd_kafka_t *rk, const char *topic, int32_t partition, int number)
{
    char texts[3][16];
    size_t size = (size_t)snprintf(texts[0], sizeof(texts[0]), "K%d", number);
    (void)snprintf(texts[1], sizeof(texts[1]), "V%d", number);
    (void)snprintf(texts[2], sizeof(texts[2]), "%d", number);
    rd_kafka_vu_t parts[] = {
        {.vtype = RD_KAFKA_VTYPE_TOPIC, .u.cstr = topic},
        {.vtype = RD_KAFKA_VTYPE_PARTITION, .u.i32 = partition},
        {.vtype = RD_KAFKA_VTYPE_MSGFLAGS, .u.i = RD_KAFKA_MSG_F_COPY},
        {.vtype = RD_KAFKA_VTYPE_KEY, .u.mem = {texts[0], size}},
        {.vtype = RD_KAFKA_VTYPE_VALUE, .u.mem = {texts[1], size}},
        {.vtype = RD_KAFKA_VTYPE_HEADER, .u.header = {"n", texts[2], (ssize_t)size - 1}},
    };
    rd_kafka_error_t *error = rd_kafka_produceva(rk, parts, sizeof(parts) / sizeof(parts[0]));
    while (error != NULL && rd_kafka_error_code(error) == RD_KAFKA_RESP_ERR__QUEUE_FULL) {
        rd_kafka_error_destroy(error);
        (void)rd_kafka_poll(rk, 10);
        error = rd_kafka_produceva(rk, parts, sizeof(parts) / sizeof(parts[0]));
    }
    CHECK(error == NULL);
}

static void records_queue(rd_kafka_t *rk, const char *topic, int32_t partition, int from, int count)
{
    for (int i = from; i < from + count; i++) {
        record_queue(rk, topic, partition, i);
    }
}

void records_write(
    const struct fixture *fixture, const char *topic, int32_t partition, int from, int count)
{
    rd_kafka_t *rk = producer_make(fixture, NULL);
    records_queue(rk, topic, partition, from, count);
    CHECK(rd_kafka_flush(rk, 30000) == RD_KAFKA_RESP_ERR_NO_ERROR);
    rd_kafka_destroy(rk);
}

static void must(rd_kafka_error_t *error)
{
    if (error != NULL) {
        (void)fprintf(stderr, "%s\n", rd_kafka_error_string(error));
    }
    CHECK(error == NULL);
}

void transaction_end(rd_kafka_t *rk, bool commit)
{
    must(commit ? rd_kafka_commit_transaction(rk, 20000) : rd_kafka_abort_transaction(rk, 20000));
    rd_kafka_destroy(rk);
}

static rd_kafka_t *transaction_begun(const struct fixture *fixture, const char *id)
{
    rd_kafka_t *rk = producer_make(fixture, id);
    must(rd_kafka_init_transactions(rk, 20000));
    must(rd_kafka_begin_transaction(rk));
    return rk;
}

void records_transact(
    const struct fixture *fixture, const char *topic, int32_t partition, int count, bool commit)
{
    rd_kafka_t *rk = transaction_begun(fixture, topic);
    records_queue(rk, topic, partition, 1000, count);
    CHECK(rd_kafka_flush(rk, 20000) == RD_KAFKA_RESP_ERR_NO_ERROR);
    transaction_end(rk, commit);
}

rd_kafka_t *transaction_open(const struct fixture *fixture, const char *topic, const char *offset)
{
    rd_kafka_t *rk = transaction_begun(fixture, "open");
    const char *source = fixture->settings.topic_applications;
    char key[] = "open";
    rd_kafka_vu_t parts[] = {
        {.vtype = RD_KAFKA_VTYPE_TOPIC, .u.cstr = topic},
        {.vtype = RD_KAFKA_VTYPE_MSGFLAGS, .u.i = RD_KAFKA_MSG_F_COPY},
        {.vtype = RD_KAFKA_VTYPE_KEY, .u.mem = {key, sizeof(key) - 1}},
        {.vtype = RD_KAFKA_VTYPE_HEADER, .u.header = {"mentor-topic", source, -1}},
        {.vtype = RD_KAFKA_VTYPE_HEADER, .u.header = {"mentor-partition", "0", -1}},
        {.vtype = RD_KAFKA_VTYPE_HEADER, .u.header = {"mentor-offset", offset, -1}},
    };
    must(rd_kafka_produceva(rk, parts, sizeof(parts) / sizeof(parts[0])));
    CHECK(rd_kafka_flush(rk, 20000) == RD_KAFKA_RESP_ERR_NO_ERROR);
    return rk;
}

void transaction_pend(rd_kafka_t *rk, const struct fixture *fixture, int64_t offset)
{
    const struct kafka_settings *settings = &fixture->settings;
    rd_kafka_topic_partition_list_t *offsets = rd_kafka_topic_partition_list_new(1);
    rd_kafka_consumer_group_metadata_t *group =
        rd_kafka_consumer_group_metadata_new(settings->group);
    rd_kafka_topic_partition_list_add(offsets, settings->topic_applications, 0)->offset = offset;
    must(rd_kafka_send_offsets_to_transaction(rk, offsets, group, 20000));
    rd_kafka_consumer_group_metadata_destroy(group);
    rd_kafka_topic_partition_list_destroy(offsets);
}

void topic_keys(const struct fixture *fixture, const char *topic, char *keys, size_t size)
{
    const struct topic_bounds *bounds = NULL;
    struct record record;
    struct err err;
    uint32_t count = 0;
    int64_t low = 0;
    size_t used = 0;
    struct reader *reader = reader_open(&fixture->settings, topic, &err);
    CHECK(reader != NULL);
    struct topic_reader port = reader_port(reader);
    CHECK(port.bounds(port.self, 10000, &bounds, &count, &err));
    CHECK(count == 1);
    CHECK(port.start(port.self, &low, &err));
    keys[0] = '\0';
    while (!port.at_end(port.self)) {
        int got = port.next(port.self, 100, &record, &err);
        CHECK(got != -1);
        if (got == 1) {
            used += (size_t)snprintf(keys + used, size - used, "%.*s ", BYTES_ARGS(record.key));
            CHECK(used < size);
        }
    }
    reader_close(&reader);
}

void source_await(struct source *source, enum source_event event, struct record *record)
{
    struct err err = {.kind = ERR_NONE};
    int64_t until_us = now_us() + 30 * INT64_C(1000000);
    for (;;) {
        enum source_event came = source->poll(source->self, 100, record, &err);
        if (came == event) {
            return;
        }
        source->release(source->self, UINT32_MAX);
        bool waits =
            came == SOURCE_FAILED && err.kind == ERR_RETRY; /* as for a broker that is away */
        if ((came == SOURCE_FAILED && !waits) || now_us() > until_us) {
            (void)fprintf(stderr, "event %d instead of %d: %s\n", (int)came, (int)event, err.text);
            CHECK(came == event);
        }
    }
}

uint32_t source_take(struct source *source, struct position *positions, int64_t offset)
{
    struct err err = {.kind = ERR_NONE};
    const int32_t *partitions = NULL;
    int64_t offsets[PARTITIONS_MAX];
    uint32_t count = source->partitions(source->self, &partitions);
    for (uint32_t i = 0; i < count; i++) {
        positions[i] = (struct position){
            .partition = partitions[i],
            .epoch = 1,
            .next_offset = offset,
            .emitted_offset = offset,
        };
        offsets[i] = offset;
    }
    CHECK(source->start(source->self, positions, offsets, count, &err));
    return count;
}
