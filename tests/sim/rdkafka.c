#include "rdkafka.h"

#include <stdio.h>

#include "producer.h"
#include "sim.h"
#include "transactional.h"

enum {
    REQUEST_MESSAGES = 4,
    AGAIN_LEAST_US = 20000,
    AGAIN_MOST_US = 400000,
};

/* Sent again until it is answered, or its client is gone. */
struct call {
    rd_kafka_t *rk;
    enum reply (*arrives)(struct call *call);
    void (*answered)(struct call *call); /* NULL: a thread waits for it */
    enum reply reply;
    bool done;
    bool appended; /* the broker knows the sequence numbers: a second try changes nothing */
    bool commit;
    uint32_t out;
    struct identity identity; /* as of when it was made */
    const struct message *messages[REQUEST_MESSAGES];
    void *items[REQUEST_MESSAGES];
    int64_t offsets[REQUEST_MESSAGES];
    uint32_t count; /* messages or offers */
    struct offer offers[RDKAFKA_OFFERS];
    struct rd_kafka_consumer_group_metadata_s membership;
};

static bool alive(const rd_kafka_t *rk)
{
    return !rk->closed && rk->actor->state == ACTOR_RUNS && rk->actor->life == rk->life;
}

static void arrive(void *what, uint64_t unused);

/* The client's own thread. */
static void try(void *what, uint64_t unused)
{
    const struct call *call = what;
    const struct actor *actor = call->rk->actor;
    (void)unused;
    if (!alive(call->rk)) {
        return;
    }
    if (actor_frozen(actor) || !broker_reached(actor)) {
        int64_t at = actor_frozen(actor) ? actor_thaws_us(actor) : sim.now_us + AGAIN_MOST_US;
        sim_at(at, try, what, 0);
        return;
    }
    int64_t late = plot_fault(FAULT_COMMIT_LATE) ? sim_between(1000000, 14000000) : 0;
    sim_at(sim.now_us + late + sim_between(50, 2000), arrive, what, 0);
}

static void try_again(struct call *call)
{
    sim_at(sim.now_us + sim_between(AGAIN_LEAST_US, AGAIN_MOST_US), try, call, 0);
}

static void answered(void *what, uint64_t unused)
{
    struct call *call = what;
    struct actor *actor = call->rk->actor;
    (void)unused;
    if (!alive(call->rk)) {
        return;
    }
    if (actor_frozen(actor)) {
        sim_at(actor_thaws_us(actor), answered, what, 0);
        return;
    }
    call->done = true;
    if (call->answered != NULL) {
        call->answered(call);
    }
    sim_wake_for(actor, call->rk);
}

static void arrive(void *what, uint64_t unused)
{
    struct call *call = what;
    bool lives = alive(call->rk);
    (void)unused;
    if (sim.broker.down_until > sim.now_us || (lives && call->rk->actor->link_down)) {
        if (lives) {
            try_again(call);
        }
        return;
    }
    call->reply = call->arrives(call);
    if (lives && (call->reply == REPLY_LATER || plot_fault(FAULT_ACK_LOST))) {
        try_again(call);
        return;
    }
    int64_t late = plot_fault(FAULT_ACK_LATE) ? sim_between(500000, 14000000) : 0;
    sim_at(sim.now_us + late + sim_between(50, 2000), answered, what, 0);
}

static struct call *make(rd_kafka_t *rk, enum reply (*arrives)(struct call *call))
{
    struct call *call = sim_alloc(sizeof(*call));
    call->rk = rk;
    call->arrives = arrives;
    call->identity = rk->identity;
    return call;
}

static rd_kafka_error_t *error_of(enum reply reply)
{
    switch (reply) {
    case REPLY_DONE:
        return NULL;
    case REPLY_FENCED:
        return rdkafka_error(RD_KAFKA_RESP_ERR__FENCED, false);
    case REPLY_EXPELLED:
        return rdkafka_error(RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION, false);
    case REPLY_LATER:
    case REPLY_INVALID:
        break;
    }
    return rdkafka_error(RD_KAFKA_RESP_ERR_INVALID_TXN_STATE, false);
}

static rd_kafka_error_t *await(struct call *call, int64_t until_us)
{
    while (!call->done && sim.now_us < until_us) {
        sim_wait_for(call->rk, until_us);
    }
    return call->done ? error_of(call->reply) : rdkafka_error(RD_KAFKA_RESP_ERR__TIMED_OUT, true);
}

static int64_t until_us(int wait_ms)
{
    return sim.now_us + (int64_t)wait_ms * 1000;
}

/* The first call */

static enum reply init_arrives(struct call *call)
{
    return coordinator_init(call->rk->id, &call->identity);
}

static void init_answered(struct call *call)
{
    call->rk->identity = call->identity;
    transactional_ready(call->rk->actor, call->rk->id);
}

rd_kafka_error_t *rd_kafka_init_transactions(rd_kafka_t *rk, int timeout_ms)
{
    int64_t until = until_us(timeout_ms);
    sim_step(LABEL_TXN_INIT, PHASE_ASKED);
    if (rk->init == NULL) {
        rk->init = make(rk, init_arrives);
        rk->init->answered = init_answered;
        try(rk->init, 0);
    }
    sim_step(LABEL_TXN_INIT, PHASE_UNDER_WAY);
    rd_kafka_error_t *error = await(rk->init, until);
    sim_step(LABEL_TXN_INIT, PHASE_ANSWERED);
    return error;
}

/* Outputs */

static void pump(rd_kafka_t *rk, uint32_t out);

static enum reply add_arrives(struct call *call)
{
    return coordinator_add(&call->identity, call->out);
}

static void add_answered(struct call *call)
{
    rd_kafka_t *rk = call->rk;
    rk->pumping[call->out] = false;
    if (call->reply == REPLY_DONE) {
        rk->registered[call->out] = true;
        rk->changed = true;
        pump(rk, call->out);
    } else {
        rk->failed = rd_kafka_error_code(error_of(call->reply));
    }
}

static enum reply produce_arrives(struct call *call)
{
    enum reply reply = REPLY_DONE;
    for (uint32_t i = 0; i < call->count && !call->appended && reply == REPLY_DONE; i++) {
        reply =
            coordinator_produce(&call->identity, call->out, call->messages[i], &call->offsets[i]);
    }
    call->appended = call->appended || reply == REPLY_DONE;
    return reply;
}

static void report(const struct call *call)
{
    for (uint32_t i = 0; i < call->count; i++) {
        const rd_kafka_message_t message = {
            .partition = (int32_t)(call->out == OUT_DLQ ? 0 : call->out),
            .offset = sim_one_in(8) ? RD_KAFKA_OFFSET_INVALID : call->offsets[i],
            ._private = call->items[i]};
        call->rk->delivered(call->rk, &message, call->rk->opaque);
    }
}

static void produce_answered(struct call *call)
{
    rd_kafka_t *rk = call->rk;
    rk->pumping[call->out] = false;
    if (call->reply == REPLY_DONE) {
        rk->unacknowledged -= call->count;
        report(call);
        pump(rk, call->out);
    } else {
        rk->failed = rd_kafka_error_code(error_of(call->reply));
    }
}

static void pump(rd_kafka_t *rk, uint32_t out)
{
    struct call *call = make(rk, produce_arrives);
    call->out = out;
    call->answered = produce_answered;
    if (!rk->registered[out]) {
        call->arrives = add_arrives;
        call->answered = add_answered;
    }
    bool any = false;
    for (uint32_t i = 0; i < rk->message_count && call->count < REQUEST_MESSAGES; i++) {
        bool waits = rk->outs[i] == out && !rk->sent[i];
        any = any || waits;
        if (waits && rk->registered[out]) {
            rk->sent[i] = true;
            call->items[call->count] = rk->items[i];
            call->messages[call->count++] = rk->messages[i];
        }
    }
    rk->pumping[out] = any;
    if (any) {
        try(call, 0);
    }
}

void rdkafka_queue(rd_kafka_t *rk, const struct message *message, uint32_t out, void *item)
{
    CHECK(rk->message_count < RDKAFKA_MESSAGES);
    rk->messages[rk->message_count] = message;
    rk->items[rk->message_count] = item;
    rk->outs[rk->message_count] = out;
    rk->sent[rk->message_count++] = false;
    rk->unacknowledged++;
    if (!rk->pumping[out]) {
        pump(rk, out);
    }
}

/* The library's. NOLINTNEXTLINE(readability-function-size) */
int rd_kafka_produce(rd_kafka_topic_t *topic,
                     int32_t partition,
                     int flags,
                     void *payload,
                     size_t size,
                     const void *key,
                     size_t key_size,
                     void *opaque)
{
    (void)flags;
    (void)payload;
    (void)size;
    (void)key;
    (void)key_size;
    rdkafka_queue(topic->rk, NULL, topic->first + (uint32_t)partition, opaque);
    return 0;
}

static bool busy(const rd_kafka_t *rk)
{
    bool any = rk->unacknowledged > 0;
    for (uint32_t out = 0; out < OUT_PARTITIONS; out++) {
        any = any || rk->pumping[out];
    }
    return any;
}

rd_kafka_resp_err_t rd_kafka_flush(rd_kafka_t *rk, int timeout_ms)
{
    int64_t until = until_us(timeout_ms);
    while (busy(rk) && rk->failed == 0 && sim.now_us < until) {
        sim_wait_for(rk, until);
    }
    if (rk->failed != 0) {
        return rk->failed;
    }
    return busy(rk) ? RD_KAFKA_RESP_ERR__TIMED_OUT : RD_KAFKA_RESP_ERR_NO_ERROR;
}

/* Transactions */

rd_kafka_error_t *rd_kafka_begin_transaction(rd_kafka_t *rk)
{
    sim_step(LABEL_TXN_BEGIN, PHASE_ASKED);
    if (rk->failed == 0 && plot_fault(FAULT_PRODUCER_BROKEN)) {
        rk->failed = RD_KAFKA_RESP_ERR__FATAL;
    }
    if (rk->open) {
        return rdkafka_error(RD_KAFKA_RESP_ERR__STATE, false);
    }
    rk->open = true;
    rk->changed = false;
    rk->message_count = 0;
    rk->unacknowledged = 0;
    memset(rk->registered, 0, sizeof(rk->registered));
    return rk->failed == 0 ? NULL : rdkafka_error(rk->failed, false);
}

static enum reply offer_arrives(struct call *call)
{
    return coordinator_offer(&call->identity,
                             call->membership.member,
                             call->membership.generation,
                             call->offers,
                             call->count);
}

static struct call *make_offer(rd_kafka_t *rk,
                               const rd_kafka_topic_partition_list_t *offsets,
                               const rd_kafka_consumer_group_metadata_t *membership)
{
    struct call *call = make(rk, offer_arrives);
    call->membership = *membership;
    CHECK(offsets->cnt <= RDKAFKA_OFFERS);
    for (int i = 0; i < offsets->cnt; i++) {
        const rd_kafka_topic_partition_t *at = &offsets->elems[i];
        struct offer *offer = &call->offers[call->count++];
        offer->partition = at->partition;
        offer->offset.offset = at->offset;
        (void)snprintf(offer->offset.metadata,
                       sizeof(offer->offset.metadata),
                       "%.*s",
                       (int)at->metadata_size,
                       at->metadata == NULL ? "" : (const char *)at->metadata);
    }
    return call;
}

rd_kafka_error_t *
rd_kafka_send_offsets_to_transaction(rd_kafka_t *rk,
                                     const rd_kafka_topic_partition_list_t *offsets,
                                     const rd_kafka_consumer_group_metadata_t *membership,
                                     int timeout_ms)
{
    int64_t until = until_us(timeout_ms);
    sim_step(LABEL_TXN_OFFSETS, PHASE_ASKED);
    if (rk->failed != 0) {
        return rdkafka_error(rk->failed, false);
    }
    struct call *add = make(rk, add_arrives);
    add->out = OUT_PARTITIONS;
    try(add, 0);
    rd_kafka_error_t *error = await(add, until);
    if (error == NULL) {
        rk->changed = true;
        struct call *offer = make_offer(rk, offsets, membership);
        try(offer, 0);
        sim_step(LABEL_TXN_OFFSETS, PHASE_UNDER_WAY);
        error = await(offer, until);
    }
    sim_step(LABEL_TXN_OFFSETS, PHASE_ANSWERED);
    return error;
}

static enum reply end_arrives(struct call *call)
{
    return coordinator_end(&call->identity, call->commit);
}

static rd_kafka_error_t *end(rd_kafka_t *rk, enum label label, bool commit, int64_t until)
{
    struct call *call = make(rk, end_arrives);
    call->commit = commit;
    try(call, 0);
    sim_step(label, PHASE_UNDER_WAY);
    rd_kafka_error_t *error = await(call, until);
    rk->open = error != NULL;
    sim_step(label, PHASE_ANSWERED);
    return error;
}

rd_kafka_error_t *rd_kafka_commit_transaction(rd_kafka_t *rk, int timeout_ms)
{
    int64_t until = until_us(timeout_ms);
    sim_step(LABEL_TXN_COMMIT, PHASE_ASKED);
    rd_kafka_resp_err_t code = rd_kafka_flush(rk, timeout_ms);
    return code == RD_KAFKA_RESP_ERR_NO_ERROR ? end(rk, LABEL_TXN_COMMIT, true, until)
                                              : rdkafka_error(code, false);
}

/* What is queued is dropped, and what is under way is waited for. */
rd_kafka_error_t *rd_kafka_abort_transaction(rd_kafka_t *rk, int timeout_ms)
{
    int64_t until = until_us(timeout_ms);
    sim_step(LABEL_TXN_ABORT, PHASE_ASKED);
    for (uint32_t i = 0; i < rk->message_count; i++) {
        rk->unacknowledged -= !rk->sent[i];
        rk->sent[i] = true;
    }
    rd_kafka_resp_err_t code = rd_kafka_flush(rk, timeout_ms);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR && rk->changed) {
        return end(rk, LABEL_TXN_ABORT, false, until);
    }
    rk->open = code != RD_KAFKA_RESP_ERR_NO_ERROR;
    return rk->open ? rdkafka_error(code, false) : NULL;
}

rd_kafka_t *rdkafka_open(struct actor *actor, const char *id)
{
    rd_kafka_t *rk = sim_alloc(sizeof(*rk));
    rk->actor = actor;
    rk->life = actor->life;
    rk->id = id;
    return rk;
}

void rdkafka_close(rd_kafka_t *rk)
{
    rk->closed = true;
}
