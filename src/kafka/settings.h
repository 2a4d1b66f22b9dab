#ifndef KAFKA_SETTINGS_H
#define KAFKA_SETTINGS_H

/* How each kind of client is configured: what the promise rests on, then what suits, then the
 * operator's own. */

#include <librdkafka/rdkafka.h>

#include "mentor/base/check.h"
#include "mentor/kafka/kafka.h"

enum client {
    CLIENT_CONSUMER, /* the worker's group member */
    CLIENT_PRODUCER, /* decisions and DLQ records */
    CLIENT_READER,   /* tail */
    CLIENT_WRITER,   /* publish */
    CLIENT_CHECK,    /* the questions at start-up */
    CLIENT_COUNT,
};

/* Why the property may not be set from outside; NULL when it may. */
const char *settings_reserved(const char *key);

/*
 * A configuration for one client, its log going to ours; owned by the caller until client_new takes
 * it. NULL with ERR_FATAL when a property is reserved, unknown or refused: named, never with its
 * value.
 */
MUST_CHECK rd_kafka_conf_t *
settings_conf(const struct kafka_settings *settings, enum client client, struct err *err);

/* Takes the configuration in any case. ERR_FATAL when librdkafka finds it inconsistent. Does not
 * wait for a broker. */
MUST_CHECK rd_kafka_t *client_new(rd_kafka_conf_t *conf, enum client client, struct err *err);

#endif /* KAFKA_SETTINGS_H */
