#include "client.h"

#include <string.h>

#include "mentor/base/err.h"

#include "audit.h"
#include "sim.h"
#include "transactional.h"

static struct client *client_of(void *self)
{
    return &((struct actor *)self)->client;
}

void clients_wake(void)
{
    for (uint32_t i = 0; i < SIM_ACTORS; i++) {
        if (sim.actors[i].client.reading) {
            sim_wake(&sim.actors[i]);
        }
    }
}

void clients_reset(int32_t partition, int64_t high)
{
    for (uint32_t i = 0; i < SIM_ACTORS; i++) {
        struct client *client = &sim.actors[i].client;
        client->reset[partition] = client->reset[partition] || client->cursor[partition] > high;
    }
}

static void rejoin(void *what, uint64_t life);

static void wake(void *what, uint64_t life)
{
    struct actor *actor = what;
    if (actor->life == life) {
        sim_wake(actor);
    }
}

/* librdkafka queues it for poll(). It may join anew before that was told or answered: it has heard
 * of more partitions. */
static void tell(struct actor *actor, enum source_event event, uint32_t mask)
{
    struct client *client = &actor->client;
    CHECK(client->said_count < CLIENT_SAID);
    client->said[client->said_count].event = event;
    client->said[client->said_count++].mask = mask;
    if (event == SOURCE_LOST || !plot_fault(FAULT_REJOINED)) {
        sim_wake(actor);
    } else if (sim_one_in(2)) {
        sim_wake(actor);
        sim_at(sim.now_us + sim_between(100, 200000), rejoin, actor, actor->life);
    } else { /* in mid poll, before that has seen it */
        sim_at(sim.now_us + 1, rejoin, actor, actor->life);
        sim_at(sim.now_us + sim_between(1, 100000), wake, actor, actor->life);
    }
}

/* What it has said last and poll() has not told yet. */
static enum source_event said_last(const struct client *client)
{
    return client->said_count == 0 ? SOURCE_NOTHING : client->said[client->said_count - 1].event;
}

static void join(void *what, uint64_t life)
{
    struct actor *actor = what;
    struct client *client = &actor->client;
    if (actor->life != life || !client->joined || client->ours) {
        return;
    }
    if (actor_frozen(actor) || !broker_reached(actor)) {
        sim_at(sim.now_us + sim_between(100000, 500000), join, actor, life);
        return;
    }
    client->heard_us = sim.now_us;
    client->member = group_join(client->member, actor);
}

static void join_soon(struct actor *actor)
{
    sim_at(sim.now_us + sim_between(500, 5000), join, actor, actor->life);
}

static void rejoin(void *what, uint64_t life)
{
    struct actor *actor = what;
    struct client *client = &actor->client;
    bool asked = client->settling || said_last(client) == SOURCE_REVOKED;
    if (actor->life != life || client->member == 0 || client->early || actor_frozen(actor) ||
        !broker_reached(actor) || (!asked && said_last(client) != SOURCE_ASSIGNED)) {
        return;
    }
    sim_trace("joins anew by itself");
    client->heard_us = sim.now_us;
    client->early = asked && said_last(client) != SOURCE_ASSIGNED;
    client->member = group_join(client->member, actor);
}

/* The assignment is another's, or will be: known without being asked. */
static void lose(struct actor *actor)
{
    struct client *client = &actor->client;
    enum source_event last = said_last(client);
    bool asked = last == SOURCE_REVOKED || last == SOURCE_LOST ||
                 (client->settling && last == SOURCE_NOTHING);
    bool ours = client->ours;
    client->member = 0;
    client->ours = false;
    client->early = false;
    if (ours && !asked) {
        tell(actor, SOURCE_LOST, 0);
    } else if (!asked && last == SOURCE_NOTHING) {
        join_soon(actor);
    }
}

/* Not while an assignment waits to be answered: the next heartbeat asks again. */
static void revoke(struct actor *actor)
{
    const struct client *client = &actor->client;
    if (client->ours && !client->settling && client->said_count == 0) {
        tell(actor, SOURCE_REVOKED, 0);
    }
}

static void beat(void *what, uint64_t life)
{
    struct actor *actor = what;
    struct client *client = &actor->client;
    if (actor->life != life || actor_frozen(actor) || !client->joined || client->member == 0) {
        return;
    }
    bool rebalance = false;
    if (!broker_reached(actor)) {
        if (sim.now_us - client->heard_us >= SESSION_US) {
            lose(actor);
        }
    } else if (!group_heartbeat(client->member, &rebalance)) {
        lose(actor);
    } else {
        client->heard_us = sim.now_us;
        if (rebalance) {
            revoke(actor);
        }
    }
}

static void heartbeat(void *what, uint64_t life)
{
    struct actor *actor = what;
    if (actor->life == life) {
        sim_at(sim.now_us + HEARTBEAT_US, heartbeat, actor, life);
        beat(actor, life);
    }
}

void client_thaw(struct actor *actor)
{
    sim_at(sim.now_us + sim_between(50, 2000), beat, actor, actor->life);
}

/* As the group tells it. NOLINTBEGIN(bugprone-easily-swappable-parameters) */
void client_assigned(
    struct actor *actor, uint64_t life, uint64_t member, uint32_t mask, int64_t generation)
/* NOLINTEND(bugprone-easily-swappable-parameters) */
{
    struct client *client = &actor->client;
    if (actor->life != life || client->member != member || !client->joined) {
        return;
    }
    client->generation = generation;
    client->heard_us = sim.now_us;
    client->ours = true;
    client->early = false;
    tell(actor, SOURCE_ASSIGNED, mask);
}

void client_begin(struct actor *actor)
{
    actor->client = (struct client){0};
    sim_at(sim.now_us + HEARTBEAT_US, heartbeat, actor, actor->life);
}

void client_crash(struct actor *actor)
{
    actor->client = (struct client){0};
}

static void stop_reading(struct client *client)
{
    for (int i = 0; i < BROKER_PARTITIONS; i++) {
        client->cursor[i] = -1;
        client->ended[i] = false;
        client->reset[i] = false;
    }
}

/* The group has its partitions back. */
static void given_back(struct actor *actor)
{
    struct client *client = &actor->client;
    bool given = said_last(client) != SOURCE_NOTHING; /* anew, and not told yet */
    bool joined = given || client->early;
    client->early = false;
    client->ours = client->ours && given;
    if (!joined) {
        join_soon(actor);
    }
}

/* What was given and taken away, or replaced, before it was told is not told. */
static void drop_outdated(struct actor *actor)
{
    struct client *client = &actor->client;
    while (client->said_count > 1 && client->said[0].event == SOURCE_ASSIGNED) {
        uint32_t drop = client->said[1].event == SOURCE_ASSIGNED || client->told ? 1 : 2;
        client->said_count -= drop;
        memmove(client->said, client->said + drop, client->said_count * sizeof(client->said[0]));
        if (drop == 2) {
            given_back(actor);
        }
    }
}

static enum source_event change_take(struct actor *actor, struct client *client)
{
    enum source_event change = client->said[0].event;
    uint32_t mask = client->said[0].mask;
    client->said_count--;
    memmove(client->said, client->said + 1, client->said_count * sizeof(client->said[0]));
    client->settling = change != SOURCE_ASSIGNED;
    client->told = client->told || change == SOURCE_ASSIGNED;
    if (change == SOURCE_ASSIGNED) {
        client->granted = mask;
        client->granted_generation = client->generation;
        stop_reading(client);
        if (sim.plot.emits != EMIT_IDEMPOTENT) {
            transactional_assigned(actor);
        }
    }
    sim_trace("poll: %s",
              change == SOURCE_ASSIGNED  ? "assigned"
              : change == SOURCE_REVOKED ? "revoked"
                                         : "lost");
    return change;
}

static enum source_event next_of(struct client *client, int32_t partition, struct record *record)
{
    const struct log_partition *log = &sim.broker.log[partition];
    int64_t *cursor = &client->cursor[partition];
    *record = (struct record){.partition = partition, .offset = *cursor};
    if (*cursor < 0) {
        return SOURCE_NOTHING;
    }
    if (client->reset[partition] || *cursor < log->low) {
        client->cursor[partition] = -1;
        client->reset[partition] = false;
        return SOURCE_RESET;
    }
    int64_t before = *cursor;
    if (*cursor > log->low && !log->at[*cursor - 1].hole && plot_fault(FAULT_DUPLICATE)) {
        *record = log->at[*cursor - 1].record;
        return SOURCE_RECORD;
    }
    while (*cursor < log->high && log->at[*cursor].hole) {
        ++*cursor;
    }
    if (*cursor < log->high) {
        *record = log->at[(*cursor)++].record;
        client->ended[partition] = false;
        return SOURCE_RECORD;
    }
    if (client->ended[partition] && *cursor == before) {
        return SOURCE_NOTHING;
    }
    client->ended[partition] = true;
    record->offset = log->high;
    return SOURCE_END;
}

static enum source_event fetch(struct actor *actor, struct record *record)
{
    struct client *client = &actor->client;
    if (!client->reading || client->settling || !broker_reached(actor)) {
        return SOURCE_NOTHING;
    }
    uint32_t first = sim_below(BROKER_PARTITIONS);
    for (uint32_t i = 0; i < BROKER_PARTITIONS; i++) {
        enum source_event event =
            next_of(client, (int32_t)((first + i) % BROKER_PARTITIONS), record);
        if (event != SOURCE_NOTHING) {
            sim_trace("poll: %s %d/%lld",
                      event == SOURCE_RECORD ? "record"
                      : event == SOURCE_END  ? "end"
                                             : "reset",
                      record->partition,
                      (long long)record->offset);
            return event;
        }
    }
    return SOURCE_NOTHING;
}

static enum source_event
source_poll(void *self, uint32_t wait_ms, struct record *record, struct err *err)
{
    struct actor *actor = self;
    struct client *client = client_of(self);
    sim_step(LABEL_POLL, PHASE_ASKED);
    sim.polls++;
    if (!client->joined) {
        client->joined = true;
        join_soon(actor);
    }
    for (int tried = 0; tried < 2; tried++) {
        drop_outdated(actor);
        if (client->said_count > 0) {
            return change_take(actor, client);
        }
        enum source_event event = fetch(actor, record);
        if (event != SOURCE_NOTHING) {
            return event;
        }
        if (wait_ms > 0 && tried == 0) {
            sim_wait(sim.now_us + (int64_t)wait_ms * 1000);
        }
    }
    if (!broker_reached(actor) && sim_one_in(20)) {
        (void)err_set(err, ERR_RETRY, "no broker answers");
        return SOURCE_FAILED;
    }
    return SOURCE_NOTHING;
}

static void source_release(void *self, uint32_t count)
{
    (void)self;
    (void)count;
}

static uint32_t source_partitions(void *self, const int32_t **partitions)
{
    struct actor *actor = self;
    struct client *client = client_of(self);
    actor->fenced = false;
    actor->holds = false;
    actor->doubts = false;
    client->taken_generation = client->granted_generation;
    client->partition_count = 0;
    for (int32_t i = 0; i < BROKER_PARTITIONS; i++) {
        if ((client->granted >> i & 1U) != 0) {
            client->partitions[client->partition_count++] = i;
        }
    }
    if (sim.plot.emits != EMIT_IDEMPOTENT) {
        transactional_granted(actor);
    }
    *partitions = client->partitions;
    return client->partition_count;
}

static bool source_start(void *self,
                         const struct position *positions,
                         const int64_t *offsets,
                         uint32_t count,
                         struct err *err)
{
    struct actor *actor = self;
    struct client *client = client_of(self);
    sim_step(LABEL_START, PHASE_ASKED);
    if (!client->joined) {
        return err_set(err, ERR_FENCED, "not in the group");
    }
    if (client->settling) {
        sim_breach("reading begins although the group has asked for the partitions");
    }
    stop_reading(client);
    for (uint32_t i = 0; i < count; i++) {
        const struct log_partition *log = &sim.broker.log[positions[i].partition];
        client->cursor[positions[i].partition] = offsets[i];
        client->reset[positions[i].partition] = offsets[i] > log->high;
    }
    client->reading = true;
    if (sim.plot.emits != EMIT_IDEMPOTENT) {
        transactional_started(actor);
    }
    actor->holds = true;
    actor->doubts = false;
    return true;
}

static bool source_stop(void *self, struct err *err)
{
    struct actor *actor = self;
    struct client *client = client_of(self);
    (void)err;
    sim_step(LABEL_STOP, PHASE_ASKED);
    client->reading = false;
    if (client->settling) {
        client->settling = false;
        client->told = false;
        if (sim.plot.emits != EMIT_IDEMPOTENT) {
            transactional_stopped(actor);
        }
        producer_given_back(actor);
        sim_trace("stop: given back");
        given_back(actor);
    }
    return true;
}

static bool source_leave(void *self, struct err *err)
{
    struct actor *actor = self;
    struct client *client = client_of(self);
    (void)err;
    sim_step(LABEL_LEAVE, PHASE_ASKED);
    uint64_t member = client->member;
    bool reached = broker_reached(actor);
    *client = (struct client){.heard_us = client->heard_us};
    if (sim.plot.emits != EMIT_IDEMPOTENT) {
        transactional_left(actor);
    }
    producer_given_back(actor);
    if (reached && member != 0) {
        group_leave(member);
    }
    sim_step(LABEL_LEAVE, PHASE_UNDER_WAY);
    sim_spend(reached ? sim_between(100, 2000) : 6000000);
    return true;
}

struct source client_source(struct actor *actor)
{
    return (struct source){
        .poll = source_poll,
        .release = source_release,
        .partitions = source_partitions,
        .start = source_start,
        .stop = source_stop,
        .bounds = client_bounds,
        .count = client_count,
        .committed = client_committed,
        .commit = client_commit,
        .prove = client_commit,
        .leave = source_leave,
        .self = actor,
    };
}
