#include "producer.h"

#include "mentor/base/err.h"

#include "audit.h"
#include "coordinator.h"
#include "sim.h"

enum {
    PURGE_US = 2000000,
    REQUEST_MESSAGES = 8,
};

/* A produce request. It may arrive when its producer is gone. */
struct produce {
    struct actor *actor;
    uint64_t session;
    uint32_t out;
    struct message *messages[REQUEST_MESSAGES];
    uint32_t count;
    bool appended; /* the broker knows the sequence numbers: a second try changes nothing */
};

static uint64_t sessions;

static void pump(void *what, uint64_t unused);

static struct producer *producer_of(void *self)
{
    return &((struct actor *)self)->producer;
}

static bool alive(const struct produce *produce)
{
    return produce->actor->producer.session == produce->session;
}

static void pump_soon(struct actor *actor, uint32_t out, int64_t us)
{
    struct produce *produce = sim_alloc(sizeof(*produce));
    *produce = (struct produce){.actor = actor, .session = actor->producer.session, .out = out};
    actor->producer.pumping[out] = true;
    sim_at(sim.now_us + us, pump, produce, 0);
}

static void acknowledged(void *what, uint64_t unused)
{
    const struct produce *produce = what;
    struct actor *actor = produce->actor;
    (void)unused;
    if (!alive(produce) || actor->producer.broken) {
        return;
    }
    if (actor_frozen(actor)) {
        sim_at(actor_thaws_us(actor), acknowledged, what, 0);
        return;
    }
    for (uint32_t i = 0; i < produce->count; i++) {
        produce->messages[i]->state = MESSAGE_REPORTED;
    }
    pump_soon(actor, produce->out, 0);
    sim_wake(actor);
}

static void arrives(void *what, uint64_t unused)
{
    struct produce *produce = what;
    struct actor *actor = produce->actor;
    (void)unused;
    if (sim.broker.down_until > sim.now_us || (alive(produce) && actor->link_down)) {
        if (alive(produce)) { /* librdkafka tries again */
            sim_at(sim.now_us + sim_between(100000, 400000), arrives, what, 0);
        }
        return;
    }
    for (uint32_t i = 0; i < produce->count && !produce->appended; i++) {
        coordinator_append(produce->messages[i]);
    }
    produce->appended = true;
    if (alive(produce) && plot_fault(FAULT_ACK_LOST)) {
        sim_at(sim.now_us + sim_between(50000, 2000000), arrives, what, 0);
        return;
    }
    int64_t late = plot_fault(FAULT_ACK_LATE) ? sim_between(500000, 6000000) : 0;
    sim_at(sim.now_us + late + sim_between(50, 2000), acknowledged, what, 0);
}

/* The client's own thread: sends what is queued for one output partition. */
static void pump(void *what, uint64_t unused)
{
    struct produce *produce = what;
    struct actor *actor = produce->actor;
    struct producer *producer = &actor->producer;
    (void)unused;
    if (!alive(produce) || producer->broken) {
        return;
    }
    if (actor_frozen(actor) || !broker_reached(actor)) {
        int64_t at = actor_frozen(actor) ? actor_thaws_us(actor) : sim.now_us + 100000;
        sim_at(at, pump, what, 0);
        return;
    }
    for (uint32_t i = 0; i < producer->message_count && produce->count < REQUEST_MESSAGES; i++) {
        struct message *message = producer->messages[i];
        if (message->out == produce->out && message->state == MESSAGE_QUEUED) {
            message->state = MESSAGE_SENT;
            produce->messages[produce->count++] = message;
            if (message->given_back) {
                sim_breach("an output of %d/%lld goes out after the partition was given back",
                           message->partition,
                           (long long)message->offset);
            }
        }
    }
    producer->pumping[produce->out] = produce->count > 0;
    if (produce->count > 0) {
        sim_at(sim.now_us + sim_between(100, 3000), arrives, produce, 0);
    }
}

static void forget(struct producer *producer)
{
    for (int i = 0; i < BROKER_PARTITIONS; i++) {
        ring_forget(&producer->rings[i]);
    }
}

/* Another producer: nothing is known of what the old one had under way. */
static void rebuild(struct producer *producer)
{
    forget(producer);
    producer->session = ++sessions;
    producer->message_count = 0;
    producer->broken = false;
    memset(producer->pumping, 0, sizeof(producer->pumping));
}

void producer_begin(struct actor *actor)
{
    rebuild(&actor->producer);
}

void producer_crash(struct actor *actor)
{
    rebuild(&actor->producer);
}

void producer_given_back(struct actor *actor)
{
    struct producer *producer = &actor->producer;
    for (uint32_t i = 0; i < producer->message_count; i++) {
        struct message *message = producer->messages[i];
        message->given_back = message->given_back || message->state == MESSAGE_QUEUED;
    }
}

static bool is_well(struct actor *actor, struct err *err)
{
    if (!actor->producer.broken && plot_fault(FAULT_PRODUCER_BROKEN)) {
        actor->producer.broken = true;
    }
    if (actor->producer.broken) {
        actor->doubts = actor->holds;
        return err_set(err, ERR_RETRY, "the producer is broken");
    }
    return true;
}

/* Reports reach the rings on the caller's thread. */
static void serve(struct producer *producer)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < producer->message_count; i++) {
        struct message *message = producer->messages[i];
        if (message->state == MESSAGE_REPORTED) {
            ring_settle(&producer->rings[message->partition], message->number);
            message->state = MESSAGE_SERVED;
        } else {
            producer->messages[kept++] = message;
        }
    }
    producer->message_count = kept;
}

static bool all_sent(const struct producer *producer)
{
    for (uint32_t i = 0; i < producer->message_count; i++) {
        if (producer->messages[i]->state != MESSAGE_REPORTED) {
            return false;
        }
    }
    return true;
}

/* false: not all is acknowledged in time. */
static bool wait_all(struct producer *producer, int64_t us)
{
    int64_t until = sim.now_us + us;
    while (!all_sent(producer) && !producer->broken && sim.now_us < until) {
        sim_wait(until);
    }
    return all_sent(producer);
}

static bool sink_begin(void *self, int32_t partition, int64_t emitted_offset, struct err *err)
{
    struct producer *producer = producer_of(self);
    (void)err;
    sim_step(LABEL_BEGIN, PHASE_ASKED);
    if (producer->broken) {
        rebuild(producer);
    }
    ring_begin(&producer->rings[partition], emitted_offset);
    return true;
}

struct message *producer_message(const struct record *record, bool dlq)
{
    struct message *message = sim_alloc(sizeof(*message));
    struct bytes headers;
    CHECK(headers_pack(record->headers, record->header_count, &sim.arena, &headers));
    size_t size = record->key.size + record->value.size + headers.size;
    uint8_t *all = sim_alloc(size);
    if (record->key.size > 0) {
        memcpy(all, record->key.data, record->key.size);
    }
    if (record->value.size > 0) {
        memcpy(all + record->key.size, record->value.data, record->value.size);
    }
    memcpy(all + record->key.size + record->value.size, headers.data, headers.size);
    *message = (struct message){
        .partition = record->partition,
        .offset = record->offset,
        .dlq = dlq,
        .bytes = bytes_of(all, size),
        .value = bytes_of(all + record->key.size, record->value.size),
        .out = OUT_DLQ,
        .cpr = sim.broker.log[record->partition].at[record->offset].cpr,
    };
    if (!dlq) {
        message->out = record->key.data[0] % OUT_DLQ;
        CHECK(hex_decode((const char *)record->key.data, CITIZEN_REF_SIZE, message->citizen));
    }
    return message;
}

static bool sink_send(void *self, const struct record *record, bool dlq, struct err *err)
{
    struct actor *actor = self;
    struct producer *producer = producer_of(self);
    struct ring *ring = &producer->rings[record->partition];
    sim_step(LABEL_SEND, PHASE_ASKED);
    if (!is_well(actor, err) || !ring_is_begun(ring, record->partition, err)) {
        return false;
    }
    serve(producer);
    CHECK(producer->message_count < PRODUCER_MESSAGES);
    struct message *message = producer_message(record, dlq);
    message->number = ring->next;
    audit_sent(actor, message);
    ring_add(ring, (struct ring_output){.offset = record->offset, .dlq = dlq});
    producer->messages[producer->message_count++] = message;
    if (!producer->pumping[message->out]) {
        pump_soon(actor, message->out, sim_between(100, 25000));
    }
    return true;
}

static bool sink_sent(void *self, int32_t partition, int64_t next_offset, struct err *err)
{
    sim_step(LABEL_SENT, PHASE_ASKED);
    if (!is_well(self, err)) {
        return false;
    }
    ring_pass(&producer_of(self)->rings[partition], next_offset);
    return true;
}

static bool sink_settled(void *self, int32_t partition, int64_t *emitted_offset, struct err *err)
{
    sim_step(LABEL_SETTLED, PHASE_ASKED);
    if (!is_well(self, err)) {
        return false;
    }
    serve(producer_of(self));
    const struct ring *ring = &producer_of(self)->rings[partition];
    if (!ring_is_begun(ring, partition, err)) {
        return false;
    }
    *emitted_offset = ring_emitted(ring);
    return true;
}

static bool sink_flush(void *self, uint32_t wait_ms, struct err *err)
{
    struct producer *producer = producer_of(self);
    sim_step(LABEL_FLUSH, PHASE_ASKED);
    if (!is_well(self, err)) {
        return false;
    }
    for (uint32_t out = 0; out < OUT_PARTITIONS; out++) {
        if (!producer->pumping[out] && !all_sent(producer)) {
            pump_soon(self, out, 0);
        }
    }
    bool all = wait_all(producer, (int64_t)wait_ms * 1000);
    sim_step(LABEL_FLUSH, PHASE_ANSWERED);
    serve(producer);
    return all || err_set(err, ERR_RETRY, "not all is acknowledged");
}

/* What waits is dropped; what is under way is waited for. As src/kafka/producer.c. */
static bool sink_purge(void *self, struct err *err)
{
    struct producer *producer = producer_of(self);
    (void)err;
    sim_step(LABEL_PURGE, PHASE_ASKED);
    bool purged = false;
    uint32_t kept = 0;
    for (uint32_t i = 0; i < producer->message_count; i++) {
        if (producer->messages[i]->state == MESSAGE_QUEUED) {
            purged = true;
        } else {
            producer->messages[kept++] = producer->messages[i];
        }
    }
    producer->message_count = kept;
    bool all = wait_all(producer, PURGE_US);
    sim_step(LABEL_PURGE, PHASE_ANSWERED);
    forget(producer);
    if (!all || purged || producer->broken) {
        rebuild(producer);
    }
    return true;
}

struct sink producer_port(struct actor *actor)
{
    return (struct sink){
        .begin = sink_begin,
        .send = sink_send,
        .sent = sink_sent,
        .settled = sink_settled,
        .flush = sink_flush,
        .purge = sink_purge,
        .self = actor,
    };
}
