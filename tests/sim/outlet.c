/* In place of src/kafka's outlet.c, outgoing.c and cargo.c: what is handed over, kept in the
 * world's memory, and the clients that write it. A cargo is soon full. */

#include "../../src/kafka/outlet.h"

#include "../../src/kafka/cargo.h"
#include "audit.h"
#include "rdkafka.h"
#include "sim.h"

enum {
    CARGO_ITEMS = 6,
};

static rd_kafka_topic_t *topic_of(rd_kafka_t *rk, const char *name, uint32_t first, uint32_t count)
{
    rd_kafka_topic_t *topic = sim_alloc(sizeof(*topic));
    *topic = (rd_kafka_topic_t){.rk = rk, .name = name, .first = first, .count = count};
    return topic;
}

void outlet_init(struct outlet *outlet, const struct kafka_settings *settings)
{
    *outlet = (struct outlet){.settings = *settings};
}

bool outlet_open(struct outlet *outlet,
                 const char *transactional_id,
                 outlet_delivery *on_delivery,
                 void *opaque,
                 struct err *err)
{
    (void)err;
    outlet_close(outlet);
    outlet->rk = rdkafka_open(sim.running, transactional_id);
    outlet->rk->delivered = on_delivery;
    outlet->rk->opaque = opaque;
    outlet->decisions = topic_of(outlet->rk, outlet->settings.topic_decisions, 0, OUT_DLQ);
    outlet->dlq = topic_of(outlet->rk, outlet->settings.topic_dlq, OUT_DLQ, 1);
    return true;
}

void outlet_close(struct outlet *outlet)
{
    if (outlet->rk != NULL) {
        rdkafka_close(outlet->rk);
    }
    outlet->rk = NULL;
}

rd_kafka_resp_err_t outlet_queue(
    struct outlet *outlet, const struct record *record, bool dlq, void *opaque, uint32_t *size)
{
    const struct message *message = producer_message(record, dlq);
    *size = 0;
    sim_step(LABEL_TXN_OUTPUT, PHASE_ASKED);
    audit_sent(sim.running, message);
    rdkafka_queue(outlet->rk, message, message->out, opaque);
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

void outlet_failed(struct outlet *outlet, rd_kafka_resp_err_t code, bool dlq, uint32_t size)
{
    (void)outlet;
    (void)code;
    (void)dlq;
    (void)size;
}

bool cargo_init(struct cargo *cargo)
{
    cargo->count = 0;
    cargo->items = sim_alloc(CARGO_ITEMS * sizeof(*cargo->items));
    return true;
}

void cargo_release(struct cargo *cargo)
{
    (void)cargo;
}

/* An empty slice keeps an address: none is null. */
static struct bytes keep(struct bytes bytes)
{
    return bytes.size > 0 ? sim_keep(bytes) : bytes_of(bytes.data == NULL ? NULL : "", 0);
}

bool cargo_add(struct cargo *cargo, const struct record *record, bool dlq)
{
    if (cargo->count == CARGO_ITEMS) {
        return false;
    }
    struct cargo_item *item = &cargo->items[cargo->count++];
    *item = (struct cargo_item){.record = *record, .dlq = dlq};
    struct header *headers = sim_alloc(record->header_count * sizeof(*headers));
    for (uint32_t i = 0; i < record->header_count; i++) {
        headers[i].name = keep(record->headers[i].name);
        headers[i].value = keep(record->headers[i].value);
    }
    item->record.headers = headers;
    item->record.key = keep(record->key);
    item->record.value = keep(record->value);
    return true;
}

void cargo_clear(struct cargo *cargo)
{
    cargo->count = 0;
}
