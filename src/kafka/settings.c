#include "settings.h"

#include <stdio.h>
#include <string.h>

#include "mentor/base/err.h"

#include "rdlog.h"

#define CONSUMER (1U << CLIENT_CONSUMER)
#define PRODUCER (1U << CLIENT_PRODUCER)
#define READER   (1U << CLIENT_READER)
#define WRITER   (1U << CLIENT_WRITER)
#define ALL      ((1U << CLIENT_COUNT) - 1U)

struct preset {
    unsigned clients;
    const char *key;
    const char *value;
    bool newer; /* than librdkafka 2.0.2: set where it is known */
};

static const struct preset presets[] = {
    {ALL, "client.id", "mentord", false},
    {ALL, "socket.keepalive.enable", "true", false},
    {ALL, "socket.nagle.disable", "true", false},
    {ALL, "reconnect.backoff.max.ms", "2000", false},

    {CONSUMER, "enable.auto.commit", "false", false},
    {CONSUMER, "enable.auto.offset.store", "false", false},
    {CONSUMER, "partition.assignment.strategy", "range,roundrobin", false},
    /* A dead worker's partitions move after the session timeout: 10 s, not librdkafka's 45. */
    {CONSUMER, "session.timeout.ms", "10000", false},
    /* How soon the others hear that a worker joins or leaves: until then nobody reads its
       partitions. */
    {CONSUMER, "heartbeat.interval.ms", "300", false},
    /* How soon partitions added to the topic are seen. */
    {CONSUMER, "topic.metadata.refresh.interval.ms", "20000", false},
    {CONSUMER, "max.poll.interval.ms", "300000", false},
    {CONSUMER | READER, "auto.offset.reset", "error", false},
    {CONSUMER | READER, "enable.partition.eof", "true", false},
    {CONSUMER | READER, "isolation.level", "read_committed", false},
    /* Deep enough that the broker is always a fetch ahead, and bounded: waker.c undoes what it
       costs in 2.0.2. */
    {CONSUMER | READER, "queued.min.messages", "20000", false},
    {CONSUMER | READER, "queued.max.messages.kbytes", "65536", false},
    {CONSUMER | READER, "fetch.max.bytes", "16777216", false},
    /* A fetch is counted as it comes: what compresses well is many times that once unpacked. */
    {CONSUMER | READER, "fetch.message.max.bytes", "262144", false},
    {CONSUMER, "fetch.wait.max.ms", "100", false},
    {READER, "fetch.wait.max.ms", "20", false}, /* an end is told by a fetch that has waited */
    {CONSUMER | READER, "fetch.error.backoff.ms", "100", false},
    {CONSUMER | READER, "fetch.queue.backoff.ms", "10", true},

    {PRODUCER | WRITER, "enable.idempotence", "true", false},
    {PRODUCER | WRITER, "enable.gapless.guarantee", "true", false},
    {PRODUCER | WRITER, "acks", "all", false},
    {PRODUCER | WRITER,
     "message.timeout.ms",
     "0",
     false}, /* five minutes would drop one and send the next */
    {PRODUCER | WRITER, "partitioner", "murmur2_random", false},
    /* Below 25 the 2.0.2 producer's thread spins under load, asking again and again whether a
     * message that has lingered may go while the one request of its partition is out; while little
     * comes the worker flushes and nothing waits this long. */
    {PRODUCER, "linger.ms", "25", false},
    {WRITER, "linger.ms", "5", false},
    /* A topic that is not there is said so soon, and not after half a minute. */
    {WRITER, "topic.metadata.propagation.max.ms", "2000", false},
    /* Measured: 126,000 outputs a second instead of 80,000, and less CPU in the broker and here. */
    {PRODUCER | WRITER, "compression.codec", "lz4", false},
    {PRODUCER | WRITER, "queue.buffering.max.messages", "100000", false},
    {PRODUCER | WRITER, "queue.buffering.max.kbytes", "131072", false},
    {PRODUCER | WRITER,
     "message.max.bytes",
     "8388608",
     false}, /* what is too large is the topic's to say */
};

#define ORDER    "outputs are sent in order and none is dropped"
#define POSITION "PostgreSQL owns the position"
#define OURS     "the program sets it itself"

/* What the promise rests on. Names that end in _cb are reserved besides. */
static const struct {
    const char *key;
    const char *why;
} reserved[] = {
    {"bootstrap.servers", "it is --kafka-brokers"},
    {"metadata.broker.list", "it is --kafka-brokers"},
    {"group.id", "it is --group"},
    {"group.protocol", "taking partitions over rests on eager rebalancing"},
    {"group.protocol.type", "taking partitions over rests on eager rebalancing"},
    {"group.remote.assignor", "taking partitions over rests on eager rebalancing"},
    {"partition.assignment.strategy", "taking partitions over rests on eager rebalancing"},
    {"enable.auto.commit", POSITION},
    {"auto.commit.enable", POSITION},
    {"auto.commit.interval.ms", POSITION},
    {"enable.auto.offset.store", POSITION},
    {"offset.store.method", POSITION},
    {"offset.store.path", POSITION},
    {"offset.store.sync.interval.ms", POSITION},
    {"auto.offset.reset", POSITION},
    {"isolation.level", "aborted records are never read"},
    {"enable.partition.eof", "the end of a partition moves the position over what has no record"},
    {"enable.idempotence", ORDER},
    {"enable.gapless.guarantee", ORDER},
    {"transactional.id", ORDER},
    {"transaction.timeout.ms", ORDER},
    {"acks", "an output is settled when every in-sync replica has it"},
    {"request.required.acks", "an output is settled when every in-sync replica has it"},
    {"max.in.flight", ORDER},
    {"max.in.flight.requests.per.connection", ORDER},
    {"message.timeout.ms", ORDER},
    {"delivery.timeout.ms", ORDER},
    {"retries", ORDER},
    {"message.send.max.retries", ORDER},
    {"queuing.strategy", ORDER},
    {"msg_order_cmp", ORDER},
    {"delivery.report.only.error", "an output is settled by its report"},
    {"partitioner", "a citizen keeps to the partition where Java's producers put it"},
    {"allow.auto.create.topics", "a topic made by accident has the wrong partitions"},
    {"consume.callback.max.messages", OURS},
    {"builtin.features", OURS},
    {"default_topic_conf", OURS},
    {"enabled_events", OURS},
    {"interceptors", OURS},
    {"internal.termination.signal", OURS},
    {"log.queue", OURS},
    {"opaque", OURS},
    {"ssl_engine_callback_data", OURS},
    {"test.mock.num.brokers", "mentord-mock-broker is a mock cluster to connect to"},
    {"test.mock.broker.rtt", "mentord-mock-broker is a mock cluster to connect to"},
};

const char *settings_reserved(const char *key)
{
    for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++) {
        if (strcmp(key, reserved[i].key) == 0) {
            return reserved[i].why;
        }
    }
    size_t size = strlen(key);
    return size > 3 && strcmp(key + size - 3, "_cb") == 0 ? OURS : NULL;
}

/* Two members of one name would fence each other. */
static rd_kafka_conf_res_t
set_property(rd_kafka_conf_t *conf, const struct kafka_property *property, uint32_t lane)
{
    char value[256];
    if (lane == 0 || strcmp(property->key, "group.instance.id") != 0) {
        return rd_kafka_conf_set(conf, property->key, property->value, NULL, 0);
    }
    int size = snprintf(value, sizeof(value), "%s-%u", property->value, lane);
    return size < (int)sizeof(value) ? rd_kafka_conf_set(conf, property->key, value, NULL, 0)
                                     : RD_KAFKA_CONF_INVALID;
}

/* librdkafka's own text would quote the value. */
static bool pass_through(rd_kafka_conf_t *conf,
                         const struct kafka_property *property,
                         uint32_t lane,
                         struct err *err)
{
    const char *why = settings_reserved(property->key);
    if (why != NULL) {
        return err_set(
            err, ERR_FATAL, "kafka property %s is reserved: %s; take it out", property->key, why);
    }
    rd_kafka_conf_res_t result = set_property(conf, property, lane);
    if (result == RD_KAFKA_CONF_UNKNOWN) {
        return err_set(
            err,
            ERR_FATAL,
            "kafka property %s: librdkafka %s has no such property; see its CONFIGURATION.md",
            property->key,
            rd_kafka_version_str());
    }
    if (result != RD_KAFKA_CONF_OK) {
        return err_set(
            err,
            ERR_FATAL,
            "kafka property %s: librdkafka %s does not take the value given; see its CONFIGURATION.md",
            property->key,
            rd_kafka_version_str());
    }
    return true;
}

static void preset(rd_kafka_conf_t *conf, enum client client)
{
    for (size_t i = 0; i < sizeof(presets) / sizeof(presets[0]); i++) {
        if ((presets[i].clients & (1U << client)) == 0) {
            continue;
        }
        rd_kafka_conf_res_t result =
            rd_kafka_conf_set(conf, presets[i].key, presets[i].value, NULL, 0);
        CHECK(result == RD_KAFKA_CONF_OK || presets[i].newer);
    }
}

rd_kafka_conf_t *
settings_conf(const struct kafka_settings *settings, enum client client, struct err *err)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    CHECK(conf != NULL);
    rd_kafka_conf_set_log_cb(conf, rdlog_callback);
    preset(conf, client);
    if (rd_kafka_conf_set(conf, "bootstrap.servers", settings->brokers, NULL, 0) !=
        RD_KAFKA_CONF_OK) {
        (void)err_set(err, ERR_FATAL, "--kafka-brokers is not HOST:PORT,…: %s", settings->brokers);
        goto fail;
    }
    if (client == CLIENT_CONSUMER &&
        rd_kafka_conf_set(conf, "group.id", settings->group, NULL, 0) != RD_KAFKA_CONF_OK) {
        (void)err_set(
            err, ERR_FATAL, "--group is no name of a consumer group: %s", settings->group);
        goto fail;
    }
    for (uint32_t i = 0; i < settings->property_count; i++) {
        if (!pass_through(conf, &settings->properties[i], settings->lane, err)) {
            goto fail;
        }
    }
    return conf;

fail:
    rd_kafka_conf_destroy(conf);
    return NULL;
}

rd_kafka_t *client_new(rd_kafka_conf_t *conf, enum client client, struct err *err)
{
    char reason[384] = "";
    bool produces = client == CLIENT_PRODUCER || client == CLIENT_WRITER;
    rd_kafka_t *rk = rd_kafka_new(
        produces ? RD_KAFKA_PRODUCER : RD_KAFKA_CONSUMER, conf, reason, sizeof(reason));
    if (rk == NULL) {
        rd_kafka_conf_destroy(conf);
        (void)err_set(err, ERR_FATAL, "kafka properties do not go together: %s", reason);
    }
    return rk;
}

bool kafka_settings_check(const struct kafka_settings *settings, struct err *err)
{
    rd_kafka_conf_t *conf = settings_conf(settings, CLIENT_CONSUMER, err);
    if (conf == NULL) {
        return false;
    }
    rd_kafka_conf_destroy(conf);
    return true;
}
