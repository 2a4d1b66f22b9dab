/* Does this broker keep what transactional mode rests on? Tried with the same code, on a topic and
 * a group of its own. */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "mentor/base/clock.h"
#include "mentor/base/err.h"
#include "mentor/base/log.h"
#include "mentor/base/rng.h"

#include "settings.h"
#include "transaction.h"

#define TOPIC KAFKA_PROBE_TOPIC

enum {
    NAME_SIZE = 384,
    ANSWER_MS = 5000,
    READ_MS = 5000,
    OFFSET = 1, /* what the probe's group commits */
};

struct probe {
    struct kafka_settings settings; /* with the probe's group and topics */
    char name[NAME_SIZE];           /* group, transactional.id and mark of the records: only ours */
    struct outlet older;
    struct outlet newer;
    struct cargo cargo;
    rd_kafka_consumer_group_metadata_t *membership; /* nobody's: the group has no members */
    rd_kafka_topic_partition_list_t *offsets;
    rd_kafka_t *group;
    struct reader *reader;
};

static bool refuse(struct err *err, const char *what)
{
    return err_set(
        err,
        ERR_HALT,
        "this broker is no good for --emit transactional: it %s; use --emit idempotent, or "
        "another broker",
        what);
}

static void on_delivery(rd_kafka_t *rk, const rd_kafka_message_t *message, void *opaque)
{
    (void)rk;
    (void)message; /* a transaction whose record fails does not commit */
    (void)opaque;
}

static bool topic_exists(rd_kafka_t *rk)
{
    const struct rd_kafka_metadata *metadata = NULL;
    rd_kafka_topic_t *topic = rd_kafka_topic_new(rk, TOPIC, NULL);
    CHECK(topic != NULL);
    bool exists =
        rd_kafka_metadata(rk, 0, topic, &metadata, ANSWER_MS) == RD_KAFKA_RESP_ERR_NO_ERROR;
    if (exists) {
        exists = metadata->topic_cnt == 1 && metadata->topics[0].partition_cnt > 0;
        rd_kafka_metadata_destroy(metadata);
    }
    rd_kafka_topic_destroy(topic);
    return exists;
}

/* Whoever comes first makes it; if none may, a person does, and in any case the bounds tell. */
static void topic_make(rd_kafka_t *rk)
{
    char reason[256];
    if (topic_exists(rk)) {
        return;
    }
    rd_kafka_NewTopic_t *topic = rd_kafka_NewTopic_new(TOPIC, 1, -1, reason, sizeof(reason));
    CHECK(topic != NULL);
    CHECK(rd_kafka_NewTopic_set_config(topic, "retention.ms", "3600000") ==
          RD_KAFKA_RESP_ERR_NO_ERROR);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(rk);
    rd_kafka_CreateTopics(rk, &topic, 1, NULL, queue);
    rd_kafka_event_t *event = rd_kafka_queue_poll(queue, ANSWER_MS);
    if (event != NULL) {
        rd_kafka_event_destroy(event);
    }
    rd_kafka_queue_destroy(queue);
    rd_kafka_NewTopic_destroy(topic);
}

/* So that the broker does not remember every start of a worker for a week. */
static void group_forget(struct probe *probe)
{
    rd_kafka_DeleteGroup_t *group = rd_kafka_DeleteGroup_new(probe->name);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(probe->group);
    rd_kafka_DeleteGroups(probe->group, &group, 1, NULL, queue);
    rd_kafka_event_t *event = rd_kafka_queue_poll(queue, ANSWER_MS);
    if (event != NULL) {
        rd_kafka_event_destroy(event);
    }
    rd_kafka_queue_destroy(queue);
    rd_kafka_DeleteGroup_destroy(group);
}

/* One key, so that both lie in one partition, in order. */
static struct record record_of(const struct probe *probe, const char *value)
{
    return (struct record){
        .has_key = true,
        .key = bytes_text(probe->name),
        .has_value = true,
        .value = bytes_text(value),
    };
}

/* In the log, and then taken back. */
static bool write_aborted(struct probe *probe, struct err *err)
{
    struct record record = record_of(probe, "aborted");
    uint32_t size = 0;
    rd_kafka_t *rk = probe->older.rk;
    return transaction_well(rd_kafka_begin_transaction(rk), "begin", err) &&
           (outlet_queue(&probe->older, &record, false, NULL, &size) ==
                RD_KAFKA_RESP_ERR_NO_ERROR ||
            err_set(err, ERR_RETRY, "topic " TOPIC " takes no record")) &&
           (rd_kafka_flush(rk, ANSWER_MS) == RD_KAFKA_RESP_ERR_NO_ERROR ||
            err_set(err,
                    ERR_RETRY,
                    "topic " TOPIC " takes no record; make it, with one partition, if mentord may "
                    "not")) &&
           transaction_well(rd_kafka_abort_transaction(rk, TRANSACTION_WAIT_MS), "abort", err);
}

static enum transaction_end write_committed(struct probe *probe, struct err *err)
{
    const atomic_bool drop = false;
    struct record record = record_of(probe, "committed");
    cargo_clear(&probe->cargo);
    CHECK(cargo_add(&probe->cargo, &record, false));
    return transaction_run(
        &probe->older, &probe->cargo, probe->offsets, probe->membership, &drop, err);
}

/* As a reader of committed records sees it. */
static bool is_hidden(struct probe *probe, const int64_t *from, struct err *err)
{
    struct topic_reader port = reader_port(probe->reader);
    struct clock clock = clock_system();
    int64_t until_us = clock.mono_us(clock.self) + READ_MS * INT64_C(1000);
    if (!port.start(port.self, from, err)) {
        return false;
    }
    while (clock.mono_us(clock.self) < until_us) {
        struct record record;
        int came = port.next(port.self, 100, &record, err);
        if (came < 0) {
            return false;
        }
        if (came == 0 || !bytes_is(record.key, probe->name)) {
            continue;
        }
        return bytes_is(record.value, "committed") ||
               refuse(err, "shows the records of a transaction that was aborted");
    }
    return err_set(err, ERR_RETRY, "a committed record of " TOPIC " is not seen yet");
}

static bool is_stored(struct probe *probe, struct err *err)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    const rd_kafka_topic_partition_t *at = rd_kafka_topic_partition_list_add(list, TOPIC, 0);
    rd_kafka_resp_err_t code = rd_kafka_committed(probe->group, list, ANSWER_MS);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
        code = at->err;
    }
    struct bytes metadata = bytes_of(at->metadata, at->metadata_size);
    bool done = code == RD_KAFKA_RESP_ERR_NO_ERROR;
    if (!done) {
        (void)err_set(
            err, ERR_RETRY, "the probe's offset cannot be read: %s", rd_kafka_err2str(code));
    } else if (at->offset != OFFSET || !bytes_is(metadata, probe->name)) {
        done = refuse(err, "does not store an offset, with its metadata, in a transaction");
    }
    rd_kafka_topic_partition_list_destroy(list);
    return done;
}

static bool is_fenced(struct probe *probe, struct err *err)
{
    if (!outlet_open(&probe->newer, probe->name, on_delivery, NULL, err) ||
        !transaction_init(&probe->newer, err)) {
        return false;
    }
    rd_kafka_set_log_level(probe->older.rk, 0); /* it is to fail */
    enum transaction_end end = write_committed(probe, err);
    if (end == TRANSACTION_COMMITTED) {
        return refuse(err, "lets a producer commit that a newer one has replaced");
    }
    return err->kind == ERR_FENCED;
}

static bool try(struct probe *probe, struct err *err)
{
    struct topic_reader port = reader_port(probe->reader);
    const struct topic_bounds *bounds = NULL;
    uint32_t count = 0;
    int64_t from[PARTITIONS_MAX] = {0};
    topic_make(probe->older.rk);
    if (!port.bounds(port.self, ANSWER_MS, &bounds, &count, err)) {
        return false;
    }
    for (uint32_t i = 0; i < count && i < PARTITIONS_MAX; i++) {
        from[i] = bounds[i].high;
    }
    return transaction_init(&probe->older, err) && write_aborted(probe, err) &&
           write_committed(probe, err) == TRANSACTION_COMMITTED && is_hidden(probe, from, err) &&
           is_stored(probe, err) && is_fenced(probe, err);
}

static bool probe_init(struct probe *probe, const struct kafka_settings *settings, struct err *err)
{
    struct clock clock = clock_system();
    struct rng rng;
    rng_init(&rng, (uint64_t)clock.mono_us(clock.self) ^ (uint64_t)clock.wall_ms(clock.self));
    *probe = (struct probe){.settings = *settings};
    (void)snprintf(probe->name,
                   sizeof(probe->name),
                   "%.200s-probe-%016" PRIx64,
                   settings->group,
                   rng_next(&rng));
    probe->settings.group = probe->name;
    probe->settings.topic_decisions = TOPIC;
    probe->settings.topic_dlq = TOPIC;
    outlet_init(&probe->older, &probe->settings);
    outlet_init(&probe->newer, &probe->settings);
    probe->membership = rd_kafka_consumer_group_metadata_new(probe->name);
    probe->offsets = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_t *at = rd_kafka_topic_partition_list_add(probe->offsets, TOPIC, 0);
    at->offset = OFFSET;
    at->metadata = strdup(probe->name); /* the list owns it */
    CHECK(at->metadata != NULL);
    at->metadata_size = strlen(probe->name);
    CHECK(cargo_init(&probe->cargo));
    rd_kafka_conf_t *conf = settings_conf(&probe->settings, CLIENT_CONSUMER, err);
    probe->group = conf == NULL ? NULL : client_new(conf, CLIENT_CONSUMER, err);
    probe->reader = probe->group == NULL ? NULL : reader_open(&probe->settings, TOPIC, err);
    return probe->reader != NULL && outlet_open(&probe->older, probe->name, on_delivery, NULL, err);
}

static void probe_release(struct probe *probe)
{
    outlet_close(&probe->older);
    outlet_close(&probe->newer);
    cargo_release(&probe->cargo);
    reader_close(&probe->reader);
    if (probe->group != NULL) {
        rd_kafka_destroy(probe->group);
    }
    rd_kafka_topic_partition_list_destroy(probe->offsets);
    rd_kafka_consumer_group_metadata_destroy(probe->membership);
}

bool kafka_probe(const struct kafka_settings *settings, struct err *err)
{
    struct probe probe;
    bool done = probe_init(&probe, settings, err) && try(&probe, err);
    if (done) {
        group_forget(&probe);
        LOG(LOG_LEVEL_INFO, "kafka.probed", LOG_TEXT("topic", TOPIC));
    }
    probe_release(&probe);
    return done;
}
