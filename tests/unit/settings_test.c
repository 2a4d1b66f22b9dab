/*
 * Goal: what the promise rests on cannot be set from outside, a mistake is named and its value is
 * not, and everything else reaches librdkafka.
 */

#include <string.h>

#include "mentor/base/err.h"

#include "../../src/kafka/settings.h"
#include "support/test.h"

static struct kafka_settings settings_with(const struct kafka_property *property)
{
    return (struct kafka_settings){
        .brokers = "127.0.0.1:1",
        .group = "g",
        .topic_applications = "a",
        .topic_decisions = "b",
        .topic_dlq = "c",
        .properties = property,
        .property_count = property == NULL ? 0 : 1,
    };
}

static void what_the_promise_rests_on_is_reserved(void **state)
{
    (void)state;
    static const char *const keys[] = {
        "enable.idempotence",
        "group.id",
        "group.protocol",
        "partition.assignment.strategy",
        "enable.auto.commit",
        "enable.auto.offset.store",
        "auto.offset.reset",
        "isolation.level",
        "enable.partition.eof",
        "transactional.id",
        "message.timeout.ms",
        "delivery.timeout.ms",
        "acks",
        "request.required.acks",
        "max.in.flight",
        "max.in.flight.requests.per.connection",
        "enable.gapless.guarantee",
        "partitioner",
        "bootstrap.servers",
        "metadata.broker.list",
        "rebalance_cb",
        "anything_cb",
        "builtin.features",
    };
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        struct err err = {.kind = ERR_NONE};
        struct kafka_property property = {keys[i], "sEcReT"};
        struct kafka_settings settings = settings_with(&property);
        assert_false(kafka_settings_check(&settings, &err));
        assert_int_equal(err.kind, ERR_FATAL);
        assert_non_null(strstr(err.text, keys[i]));
        assert_null(strstr(err.text, "sEcReT"));
    }
}

static void a_mistake_is_named_without_its_value(void **state)
{
    (void)state;
    static const struct kafka_property properties[] = {
        {"sasl.pasword", "sEcReT"},
        {"linger.ms", "sEcReT"},
        {"security.protocol", "sEcReT"},
    };
    for (size_t i = 0; i < sizeof(properties) / sizeof(properties[0]); i++) {
        struct err err = {.kind = ERR_NONE};
        struct kafka_settings settings = settings_with(&properties[i]);
        assert_false(kafka_settings_check(&settings, &err));
        assert_int_equal(err.kind, ERR_FATAL);
        assert_non_null(strstr(err.text, properties[i].key));
        assert_null(strstr(err.text, "sEcReT"));
    }
}

static void everything_else_passes_through_over_our_own(void **state)
{
    (void)state;
    static const struct kafka_property properties[] = {
        {"session.timeout.ms", "20000"},
        {"group.instance.id", "worker-1"},
        {"linger.ms", "20"},
        {"sasl.username", "u"},
        {"queued.min.messages", "777"},
    };
    for (size_t i = 0; i < sizeof(properties) / sizeof(properties[0]); i++) {
        struct err err = {.kind = ERR_NONE};
        struct kafka_settings settings = settings_with(&properties[i]);
        for (enum client client = 0; client < CLIENT_COUNT; client++) {
            char value[64] = "";
            size_t size = sizeof(value);
            rd_kafka_conf_t *conf = settings_conf(&settings, client, &err);
            assert_non_null(conf);
            assert_int_equal(rd_kafka_conf_get(conf, properties[i].key, value, &size),
                             RD_KAFKA_CONF_OK);
            /* librdkafka takes linger.ms as a decimal and gives it back in its own way */
            assert_true(strncmp(value, properties[i].value, strlen(properties[i].value)) == 0);
            rd_kafka_conf_destroy(conf);
        }
    }
}

static void properties_that_do_not_go_together_are_told(void **state)
{
    (void)state;
    struct err err = {.kind = ERR_NONE};
    struct kafka_property property = {"max.poll.interval.ms",
                                      "6000"}; /* below session.timeout.ms */
    struct kafka_settings settings = settings_with(&property);
    assert_null(consumer_open(&settings, &err));
    assert_int_equal(err.kind, ERR_FATAL);
    assert_non_null(strstr(err.text, "max.poll.interval.ms"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_the_promise_rests_on_is_reserved),
        cmocka_unit_test(a_mistake_is_named_without_its_value),
        cmocka_unit_test(everything_else_passes_through_over_our_own),
        cmocka_unit_test(properties_that_do_not_go_together_are_told),
    };
    return cmocka_run_group_tests_name("kafka/settings", tests, NULL, NULL);
}
