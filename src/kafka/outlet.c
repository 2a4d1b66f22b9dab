#include "outlet.h"

#include <stdio.h>

#include "mentor/base/log.h"

#include "outgoing.h"
#include "settings.h"
#include "stub.h"

enum {
    SMALL_BATCH = 65536, /* kafka_check: output topics take records at least this large */
    SIZE_UNLIMITED = INT32_MAX,
};

/*
 * librdkafka asks three times for the group's coordinator, and when a broker that has just started
 * knows none yet, it waits for a connection's next change of state, whatever timeout it was given
 * (its issue 5456; up to 2.15 at least). So a silent connection is closed: that is such a change.
 */
#define SILENCE_MS "4000"

void outlet_init(struct outlet *outlet, const struct kafka_settings *settings)
{
    *outlet = (struct outlet){.settings = *settings, .dlq_limit = SIZE_UNLIMITED};
}

/* First the batch is the suspect, then the record. */
static void learn_sizes(struct outlet *outlet)
{
    if (!outlet->size_refused) {
        return;
    }
    if (!outlet->small_batches) {
        outlet->small_batches = true;
    } else if (outlet->refused_size > 0 && outlet->refused_size < outlet->dlq_limit) {
        outlet->dlq_limit = outlet->refused_size;
    }
    outlet->size_refused = false;
    outlet->refused_size = 0;
}

static void put(rd_kafka_conf_t *conf, const char *key, const char *value)
{
    CHECK(rd_kafka_conf_set(conf, key, value, NULL, 0) == RD_KAFKA_CONF_OK);
}

static void put_number(rd_kafka_conf_t *conf, const char *key, int value)
{
    char text[16];
    (void)snprintf(text, sizeof(text), "%d", value);
    put(conf, key, text);
}

bool outlet_open(struct outlet *outlet,
                 const char *transactional_id,
                 outlet_delivery *on_delivery,
                 void *opaque,
                 struct err *err)
{
    outlet_close(outlet);
    learn_sizes(outlet);
    rd_kafka_conf_t *conf = settings_conf(&outlet->settings, CLIENT_PRODUCER, err);
    if (conf == NULL) {
        return false;
    }
    if (outlet->small_batches) {
        put_number(conf, "batch.size", SMALL_BATCH);
    }
    if (transactional_id != NULL) {
        put(conf, "transactional.id", transactional_id);
        /* An open transaction hides what lies behind it from readers: of a worker that died, until
         * its heir ends it, or this long and until the broker looks (every 10 s). */
        put_number(conf, "transaction.timeout.ms", SINK_TRANSACTION_MS);
        put(conf, "connections.max.idle.ms", SILENCE_MS);
    }
    rd_kafka_conf_set_opaque(conf, opaque);
    rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
    outlet->rk = client_new(conf, CLIENT_PRODUCER, err);
    if (outlet->rk == NULL) {
        return false;
    }
    outlet->decisions = rd_kafka_topic_new(outlet->rk, outlet->settings.topic_decisions, NULL);
    outlet->dlq = rd_kafka_topic_new(outlet->rk, outlet->settings.topic_dlq, NULL);
    CHECK(outlet->decisions != NULL);
    CHECK(outlet->dlq != NULL);
    return true;
}

void outlet_close(struct outlet *outlet)
{
    if (outlet->rk == NULL) {
        return;
    }
    /* A fenced output's answer that comes while a transactional client goes makes librdkafka 2 free
     * the transaction's error twice (rd_kafka_txns_term against the broker's thread). So none is
     * under way any longer: this waits until each broker's thread has forgotten its requests. */
    (void)rd_kafka_purge(outlet->rk, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    rd_kafka_topic_destroy(outlet->decisions);
    rd_kafka_topic_destroy(outlet->dlq);
    rd_kafka_destroy(outlet->rk);
    outlet->rk = NULL;
}

static rd_kafka_resp_err_t
queue_stub(struct outlet *outlet, const struct record *record, void *opaque, uint32_t *size)
{
    struct stub stub;
    stub_init(&stub, record, outlet->dlq_limit);
    *size = (uint32_t)outgoing_size(&stub.record);
    rd_kafka_resp_err_t code = outgoing_queue(outlet->rk, outlet->dlq, &stub.record, opaque);
    stub_release(&stub);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
        LOG(LOG_LEVEL_WARN,
            "dlq.stub",
            LOG_TEXT("topic", outlet->settings.topic_dlq),
            LOG_NUMBER("partition", record->partition),
            LOG_NUMBER("offset", record->offset),
            LOG_NUMBER("value_bytes", (int64_t)record->value.size));
    }
    return code;
}

rd_kafka_resp_err_t outlet_queue(
    struct outlet *outlet, const struct record *record, bool dlq, void *opaque, uint32_t *size)
{
    rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE;
    *size = (uint32_t)outgoing_size(record);
    if (!dlq || *size < outlet->dlq_limit) {
        code = outgoing_queue(outlet->rk, dlq ? outlet->dlq : outlet->decisions, record, opaque);
    }
    if (dlq && code == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE) {
        code = queue_stub(outlet, record, opaque, size);
    }
    return code;
}

void outlet_failed(struct outlet *outlet, rd_kafka_resp_err_t code, bool dlq, uint32_t size)
{
    if (code != RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE &&
        code != RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE) {
        return;
    }
    outlet->size_refused = true;
    if (dlq && size > outlet->refused_size) {
        outlet->refused_size = size;
    }
}
