#include "transactional.h"

#include <stdio.h>

#include "mentor/base/err.h"

#include "../../src/kafka/consumer.h"
#include "../../src/kafka/membership.h"
#include "../../src/kafka/transactor.h"
#include "audit.h"
#include "load.h"
#include "rdkafka.h"
#include "sim.h"

enum {
    /* Heirs of what it held when it was expelled may each do so, and again when the group changes
     * meanwhile: one world in 200,000 that comes to a good end has four. */
    DISOWNED_MOST = 6,
};

/* What src/kafka/consumer.c would keep of a member, and the transactor's own port. */
static struct member_of {
    struct consumer consumer;
    struct sink sink;
    char id[TRANSACTIONAL_ID_SIZE];
    bool ready; /* its producer is, and no heir has fenced it since */
} members[SIM_ACTORS];

static struct member_of *member_of(const void *self)
{
    return &members[((const struct actor *)self)->number];
}

void transactional_name(char name[TRANSACTIONAL_ID_SIZE], unsigned long long life)
{
    (void)snprintf(name, TRANSACTIONAL_ID_SIZE, "mentord/%llu", life);
}

unsigned long long transactional_life(const char *name)
{
    return strtoull(strchr(name, '/') + 1, NULL, 10);
}

/* What the answer means for what a worker may do next (audit_take). */
static bool heard(struct actor *actor, bool done, const struct err *err)
{
    if (!done && err->kind == ERR_FENCED) {
        actor->fenced = true;
    } else if (!done && err->kind == ERR_RETRY) {
        actor->doubts = actor->holds;
    }
    return done;
}

/* The sink */

static bool sink_clear(void *self, struct err *err)
{
    const struct sink *sink = &member_of(self)->sink;
    sim_step(LABEL_CLEAR, PHASE_ASKED);
    return heard(self, sink->clear(sink->self, err), err);
}

static bool sink_ended(void *self, bool now, struct err *err)
{
    const struct sink *sink = &member_of(self)->sink;
    sim_step(LABEL_ENDED, PHASE_ASKED);
    bool done = sink->ended(sink->self, now, err);
    return now ? done : heard(self, done, err);
}

static bool sink_begin(void *self, int32_t partition, int64_t emitted_offset, struct err *err)
{
    const struct sink *sink = &member_of(self)->sink;
    sim_step(LABEL_BEGIN, PHASE_ASKED);
    return heard(self, sink->begin(sink->self, partition, emitted_offset, err), err);
}

static bool sink_send(void *self, const struct record *record, bool dlq, struct err *err)
{
    const struct sink *sink = &member_of(self)->sink;
    sim_step(LABEL_SEND, PHASE_ASKED);
    return heard(self, sink->send(sink->self, record, dlq, err), err);
}

static bool sink_sent(void *self, int32_t partition, int64_t next_offset, struct err *err)
{
    const struct sink *sink = &member_of(self)->sink;
    sim_step(LABEL_SENT, PHASE_ASKED);
    return heard(self, sink->sent(sink->self, partition, next_offset, err), err);
}

static bool sink_settled(void *self, int32_t partition, int64_t *emitted_offset, struct err *err)
{
    const struct sink *sink = &member_of(self)->sink;
    sim_step(LABEL_SETTLED, PHASE_ASKED);
    return heard(self, sink->settled(sink->self, partition, emitted_offset, err), err);
}

static int64_t sink_seen(void *self, int32_t partition)
{
    const struct sink *sink = &member_of(self)->sink;
    return sink->seen(sink->self, partition);
}

static bool sink_flush(void *self, uint32_t wait_ms, struct err *err)
{
    const struct sink *sink = &member_of(self)->sink;
    sim_step(LABEL_FLUSH, PHASE_ASKED);
    bool done = sink->flush(sink->self, wait_ms, err);
    sim_step(LABEL_FLUSH, PHASE_ANSWERED);
    return heard(self, done, err);
}

static bool sink_purge(void *self, struct err *err)
{
    const struct sink *sink = &member_of(self)->sink;
    sim_step(LABEL_PURGE, PHASE_ASKED);
    bool done = sink->purge(sink->self, err);
    sim_step(LABEL_PURGE, PHASE_ANSWERED);
    return heard(self, done, err);
}

/* The source, as far as positions go through the transactor */

static bool source_committed(
    void *self, int32_t partition, int64_t *offset, char *metadata, uint32_t size, struct err *err)
{
    sim_step(LABEL_COMMITTED, PHASE_ASKED);
    bool done =
        offsets_committed(&member_of(self)->consumer, partition, offset, metadata, size, err);
    sim_step(LABEL_COMMITTED, PHASE_ANSWERED);
    return heard(self, done, err);
}

static void source_undoing(void *self, undoing_fn *tell, void *context)
{
    member_of(self)->consumer.tell = tell;
    member_of(self)->consumer.tell_context = context;
}

static bool source_recall(void *self, struct recall *recalls, uint32_t count, struct err *err)
{
    sim_step(LABEL_RECALL, PHASE_ASKED);
    bool done = consumer_recall(&member_of(self)->consumer, recalls, count, err);
    sim_step(LABEL_RECALL, PHASE_ANSWERED);
    return heard(self, done, err);
}

static bool
source_commit(void *self, const struct position *positions, uint32_t count, struct err *err)
{
    sim_step(LABEL_COMMIT, PHASE_ASKED);
    return heard(self, offsets_commit(&member_of(self)->consumer, positions, count, err), err);
}

static bool
source_prove(void *self, const struct position *positions, uint32_t count, struct err *err)
{
    struct actor *actor = self;
    sim_step(LABEL_PROVE, PHASE_ASKED);
    bool done = offsets_prove(&member_of(self)->consumer, positions, count, err);
    sim_step(LABEL_PROVE, PHASE_ANSWERED);
    actor->doubts = actor->doubts && !done;
    return heard(actor, done, err);
}

static bool any_pends(void)
{
    bool any = false;
    for (int32_t i = 0; i < BROKER_PARTITIONS; i++) {
        any = any || coordinator_pending(i);
    }
    return any;
}

/* Whoever lives and has left its partitions behind loses its producer to each heir of one. After
 * the last fault that comes to an end: it gives them back. An heir that waits for what pends, until
 * its owner or a person has ended it, goes on. */
static void note_fence(const char *transactional_id)
{
    for (uint32_t i = 0; i < SIM_ACTORS; i++) {
        struct actor *actor = &sim.actors[i];
        bool lives =
            actor->state == ACTOR_RUNS && !actor_frozen(actor) && actor->worker->transactional;
        if (!lives || strcmp(members[i].id, transactional_id) != 0 || !members[i].ready) {
            continue;
        }
        members[i].ready = false;
        if (sim.plot.quiet && !any_pends() && ++actor->disowned > DISOWNED_MOST) {
            sim_breach("w%u is fenced by its heirs again and again", i);
        }
    }
}

void transactional_ready(const struct actor *actor, const char *id)
{
    struct member_of *member = member_of(actor);
    member->ready = member->ready || strcmp(member->id, id) == 0;
}

static bool fence(void *self, const char *transactional_id, struct err *err)
{
    note_fence(transactional_id);
    sim_step(LABEL_FENCE, PHASE_ASKED);
    bool done = kafka_fence(&member_of(self)->consumer, transactional_id, err);
    sim_step(LABEL_FENCE, PHASE_ANSWERED);
    return heard(self, done, err);
}

void transactional_begin(struct actor *actor, struct worker *worker)
{
    struct err err;
    struct member_of *member = member_of(actor);
    *member = (struct member_of){
        .consumer = {.settings = {.group = "mentord",
                                  .topic_applications = LOAD_TOPIC,
                                  .topic_decisions = "decisions",
                                  .topic_dlq = "dlq",
                                  .origin = rdkafka_origin}},
    };
    worker->edges.source.committed = source_committed;
    worker->edges.source.undoing = source_undoing;
    worker->edges.source.recall = source_recall;
    worker->edges.fence = fence;
    if (!worker->transactional) {
        return;
    }
    transactional_name(member->id, actor->life);
    struct transactor *transactor =
        transactor_open(&member->consumer.settings, member->id, &member->consumer, &err);
    CHECK(transactor != NULL);
    member->sink = transactor_sink(transactor);
    worker->edges.source.commit = source_commit;
    worker->edges.source.prove = source_prove;
    worker->edges.sink = (struct sink){
        .clear = sink_clear,
        .ended = sink_ended,
        .begin = sink_begin,
        .send = sink_send,
        .sent = sink_sent,
        .settled = sink_settled,
        .seen = sink_seen,
        .flush = sink_flush,
        .purge = sink_purge,
        .self = actor,
    };
}

/* As change_take() of src/kafka/consumer.c. */
void transactional_assigned(struct actor *actor)
{
    struct err err;
    struct consumer *consumer = &member_of(actor)->consumer;
    if (consumer->rk == NULL) {
        consumer->rk = rdkafka_open(actor, NULL);
    }
    consumer->assigned = true;
    consumer->granted_generation = membership_generation(consumer->rk);
    if (consumer->transactor != NULL) {
        transactor_join(consumer->transactor, membership_take(consumer->rk, &err));
    }
}

void transactional_granted(struct actor *actor)
{
    struct consumer *consumer = &member_of(actor)->consumer;
    offsets_forget(consumer);
    consumer->partitions = actor->client.partitions;
    consumer->partition_count = actor->client.partition_count;
    consumer->generation = consumer->granted_generation;
}

void transactional_started(struct actor *actor)
{
    offsets_forget(&member_of(actor)->consumer);
}

void transactional_stopped(struct actor *actor)
{
    member_of(actor)->consumer.assigned = false;
}

void transactional_left(struct actor *actor)
{
    struct consumer *consumer = &member_of(actor)->consumer;
    offsets_forget(consumer);
    consumer->rk = NULL;
    consumer->assigned = false;
    consumer->partition_count = 0;
}

/* In place of src/kafka/consumer.c */

bool consumer_replaced(const struct consumer *consumer, rd_kafka_resp_err_t code, struct err *err)
{
    (void)consumer;
    (void)code;
    (void)err;
    return false; /* no static membership here */
}
