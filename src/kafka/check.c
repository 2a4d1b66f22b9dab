#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mentor/base/clock.h"
#include "mentor/base/err.h"
#include "mentor/base/log.h"
#include "mentor/kafka/kafka.h"

#include "bounds.h"
#include "settings.h"

enum {
    ROUND_MS = 500, /* between two looks */
    TWO_ROUNDS_MS = 2 * ROUND_MS,
    CONFIGS_MS = 3000,   /* Debian's mock cluster never answers this question */
    SIZE_MARGIN = 65536, /* what our headers may add to a record */
    TOPIC_COUNT = 3,
};

/* The input topic first. */
struct asked {
    const char *names[TOPIC_COUNT];
    int64_t sizes[TOPIC_COUNT]; /* max.message.bytes; 0: not told */
};

/* librdkafka's last word on why a broker cannot be had, as error events come in. */
struct last_word {
    char text[256];
};

static void on_error(rd_kafka_t *rk, int code, const char *text, void *opaque)
{
    struct last_word *reason = opaque;
    (void)rk;
    if (code != RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN || reason->text[0] == '\0') {
        (void)snprintf(reason->text, sizeof(reason->text), "%s", text);
    }
}

static int64_t now_ms(void)
{
    struct clock clock = clock_system();
    return clock.mono_us(clock.self) / 1000;
}

/* Until the deadline, at most a round. */
static int wait_of(int64_t until_ms)
{
    int64_t left = until_ms - now_ms();
    return (int)(left < 1 ? 1 : left > ROUND_MS ? ROUND_MS : left);
}

static bool
cluster_find(rd_kafka_t *rk, int64_t until_ms, struct kafka_facts *facts, struct err *err)
{
    const struct last_word *reason = rd_kafka_opaque(rk);
    do {
        char *cluster = rd_kafka_clusterid(rk, wait_of(until_ms));
        (void)rd_kafka_poll(rk, 0);
        if (cluster != NULL) {
            bool fits = strlen(cluster) < sizeof(facts->cluster);
            (void)snprintf(facts->cluster, sizeof(facts->cluster), "%s", cluster);
            rd_kafka_mem_free(rk, cluster);
            return fits || err_set(err, ERR_FATAL, "the Kafka cluster's id is over 127 bytes");
        }
    } while (now_ms() < until_ms);
    return err_set(err,
                   ERR_RETRY,
                   "Kafka does not answer: %s; check --kafka-brokers and the security settings",
                   reason->text[0] == '\0' ? "no reason given" : reason->text);
}

/* One look at all three; a missing one is named. */
static bool topics_look(rd_kafka_t *rk,
                        const struct asked *asked,
                        int64_t until_ms,
                        struct kafka_facts *facts,
                        struct err *err)
{
    char missing[256] = "";
    size_t size = 0;
    for (int i = 0; i < TOPIC_COUNT; i++) {
        int count = bounds_partitions(rk, asked->names[i], wait_of(until_ms), err);
        if (count < 0) {
            return false;
        }
        if (count == 0 && size < sizeof(missing)) {
            int written = snprintf(missing + size, sizeof(missing) - size, " %s", asked->names[i]);
            size += (size_t)written;
        }
        if (i == 0) {
            facts->partition_count = count;
        }
    }
    if (size > 0) {
        return err_set(
            err,
            ERR_RETRY,
            "topics missing:%s; make each with kafka-topics.sh --create, with partitions and replicas as you need",
            missing);
    }
    return true;
}

static bool topics_find(rd_kafka_t *rk,
                        const struct asked *asked,
                        int64_t until_ms,
                        struct kafka_facts *facts,
                        struct err *err)
{
    struct clock clock = clock_system();
    while (!topics_look(rk, asked, until_ms, facts, err)) {
        if (err->kind != ERR_RETRY || until_ms - now_ms() < TWO_ROUNDS_MS) {
            return false; /* a look in no time would know less */
        }
        clock.sleep_ms(clock.self, ROUND_MS);
    }
    return true;
}

static bool
config_take(const char *topic, const rd_kafka_ConfigEntry_t *entry, int64_t *size, struct err *err)
{
    const char *name = rd_kafka_ConfigEntry_name(entry);
    const char *value = rd_kafka_ConfigEntry_value(entry);
    if (value == NULL) {
        return true;
    }
    if (strcmp(name, "max.message.bytes") == 0) {
        *size = strtoll(value, NULL, 10);
    }
    if (strcmp(name, "cleanup.policy") == 0 && strstr(value, "compact") != NULL) {
        return err_set(
            err,
            ERR_HALT,
            "topic %s has cleanup.policy=%s, which drops records with the key of a later one; run "
            "kafka-configs.sh --alter --entity-type topics --entity-name %s --add-config "
            "cleanup.policy=delete",
            topic,
            value,
            topic);
    }
    return true;
}

static void not_told(const char *what)
{
    LOG(LOG_LEVEL_WARN,
        "kafka.configs_unknown",
        LOG_TEXT("why", what),
        LOG_TEXT("unchecked", "cleanup.policy max.message.bytes"));
}

static bool configs_take(rd_kafka_event_t *event, struct asked *asked, struct err *err)
{
    size_t count = 0;
    rd_kafka_resp_err_t code = rd_kafka_event_error(event);
    const rd_kafka_DescribeConfigs_result_t *result = rd_kafka_event_DescribeConfigs_result(event);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR || result == NULL) {
        not_told(rd_kafka_err2str(code));
        return true;
    }
    const rd_kafka_ConfigResource_t **resources =
        rd_kafka_DescribeConfigs_result_resources(result, &count);
    for (size_t i = 0; i < count; i++) {
        size_t entry_count = 0;
        const char *name = rd_kafka_ConfigResource_name(resources[i]);
        if (rd_kafka_ConfigResource_error(resources[i]) != RD_KAFKA_RESP_ERR_NO_ERROR) {
            not_told(rd_kafka_err2str(rd_kafka_ConfigResource_error(resources[i])));
            continue;
        }
        int64_t size = 0;
        const rd_kafka_ConfigEntry_t **entries =
            rd_kafka_ConfigResource_configs(resources[i], &entry_count);
        for (size_t j = 0; j < entry_count; j++) {
            if (!config_take(name, entries[j], &size, err)) {
                return false;
            }
        }
        for (int j = 0; j < TOPIC_COUNT; j++) {
            if (strcmp(asked->names[j], name) == 0) {
                asked->sizes[j] = size;
            }
        }
    }
    return true;
}

static bool sizes_check(const struct asked *asked, struct err *err)
{
    int64_t least = asked->sizes[0] + SIZE_MARGIN;
    for (int i = 1; i < TOPIC_COUNT && asked->sizes[0] > 0; i++) {
        if (asked->sizes[i] > 0 && asked->sizes[i] < least) {
            return err_set(err,
                           ERR_HALT,
                           "topic %s takes records of %" PRId64 " bytes and %s of %" PRId64
                           ": it must take 65536 more; run kafka-configs.sh --alter --entity-type "
                           "topics --entity-name %s --add-config max.message.bytes=%" PRId64,
                           asked->names[i],
                           asked->sizes[i],
                           asked->names[0],
                           asked->sizes[0],
                           asked->names[i],
                           least);
        }
    }
    return true;
}

static bool configs_check(rd_kafka_t *rk, struct asked *asked, struct err *err)
{
    rd_kafka_ConfigResource_t *resources[TOPIC_COUNT];
    for (int i = 0; i < TOPIC_COUNT; i++) {
        resources[i] = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, asked->names[i]);
        CHECK(resources[i] != NULL);
    }
    rd_kafka_queue_t *queue = rd_kafka_queue_new(rk);
    rd_kafka_AdminOptions_t *options =
        rd_kafka_AdminOptions_new(rk, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS);
    (void)rd_kafka_AdminOptions_set_request_timeout(options, CONFIGS_MS, NULL, 0);
    rd_kafka_DescribeConfigs(rk, resources, TOPIC_COUNT, options, queue);
    rd_kafka_event_t *event = rd_kafka_queue_poll(queue, CONFIGS_MS);
    bool done = true;
    if (event == NULL) {
        not_told("no answer within 3 s");
    } else {
        done = configs_take(event, asked, err) && sizes_check(asked, err);
        rd_kafka_event_destroy(event);
    }
    rd_kafka_AdminOptions_destroy(options);
    rd_kafka_queue_destroy(queue);
    rd_kafka_ConfigResource_destroy_array(resources, TOPIC_COUNT);
    return done;
}

bool kafka_check(const struct kafka_settings *settings,
                 uint32_t wait_ms,
                 struct kafka_facts *facts,
                 struct err *err)
{
    struct last_word reason = {.text = ""};
    struct asked asked = {
        .names = {settings->topic_applications, settings->topic_decisions, settings->topic_dlq}};
    int64_t until_ms = now_ms() + wait_ms;
    rd_kafka_conf_t *conf = settings_conf(settings, CLIENT_CHECK, err);
    if (conf == NULL) {
        return false;
    }
    rd_kafka_conf_set_opaque(conf, &reason);
    rd_kafka_conf_set_error_cb(conf, on_error);
    rd_kafka_t *rk = client_new(conf, CLIENT_CHECK, err);
    if (rk == NULL) {
        return false;
    }
    bool done = cluster_find(rk, until_ms, facts, err) &&
                topics_find(rk, &asked, until_ms, facts, err) && configs_check(rk, &asked, err);
    rd_kafka_destroy(rk);
    return done;
}
