/* The lives of a world's workers: each is a process that starts, and ends in order or not. */

#include <stdlib.h>

#include "audit.h"
#include "coordinator.h"
#include "growth.h"
#include "load.h"
#include "sim.h"
#include "transactional.h"

enum {
    WORKER_ARENA = 1024 * 1024,
};

static int64_t clock_wall(void *self)
{
    (void)self;
    return database_clock_ms();
}

static int64_t clock_mono(void *self)
{
    const struct actor *actor = self;
    return sim.now_us + 7919 * (int64_t)actor->number;
}

static void clock_sleep(void *self, uint32_t ms)
{
    (void)self;
    sim_spend((int64_t)ms * 1000);
}

static bool
facts(void *self, uint32_t wait_ms, const char **cluster, int32_t *partition_count, struct err *err)
{
    sim_step(LABEL_FACTS, PHASE_ASKED);
    if (!broker_reached(self)) {
        sim_spend((int64_t)wait_ms * 1000);
        return err_set(err, ERR_RETRY, "no broker answers");
    }
    sim_spend(sim_between(1000, 5000));
    *cluster = "cluster-1";
    *partition_count = growth_heard();
    return true;
}

static void worker_make(struct actor *actor)
{
    actor->worker = calloc(1, sizeof(*actor->worker));
    CHECK(actor->worker != NULL);
    *actor->worker = (struct worker){
        .clock = {clock_wall, clock_mono, clock_sleep, actor},
        .rulebook = load_rulebook(),
        .citizen_key = *load_citizen_key(),
        .topic = bytes_text(LOAD_TOPIC),
        .arena_size = WORKER_ARENA,
    };
    CHECK(worker_init(actor->worker));
}

uint32_t life_count(void)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < SIM_ACTORS; i++) {
        count += sim.actors[i].state == ACTOR_RUNS && sim.actors[i].frozen_until != INT64_MAX;
    }
    return count;
}

static void start(void *unused, uint64_t batch_most)
{
    (void)unused;
    for (uint32_t i = 0; i < SIM_ACTORS && life_count() < sim.plot.workers; i++) {
        struct actor *actor = &sim.actors[i];
        if (actor->state != ACTOR_FREE || sim.plot.ending || (audit.halted && sim.plot.quiet)) {
            continue;
        }
        if (actor->worker == NULL) {
            worker_make(actor);
        }
        actor->number = i;
        actor->life = ++sim.lives;
        actor->frozen_until = 0;
        actor->stop = false;
        actor->link_down = false;
        actor->fenced = false;
        actor->holds = false;
        actor->doubts = false;
        actor->disowned = 0;
        actor->worker->follows = sim.plot.follows;
        actor->worker->transactional =
            sim.plot.emits == EMIT_TRANSACTIONAL || (sim.plot.emits == EMIT_MIXED && sim_one_in(2));
        actor->worker->batch_most = (uint32_t)batch_most;
        client_begin(actor);
        producer_begin(actor);
        session_begin(actor);
        statements_begin(actor);
        sim_trace("w%u/%llu starts", i, (unsigned long long)actor->life);
        actor_go(actor);
        return;
    }
}

void life_soon(int64_t us)
{
    sim_at(sim.now_us + us, start, NULL, 1 + sim_below(8));
}

void life_crash(struct actor *actor, enum label label, enum phase phase)
{
    sim.counts.crashes[label][phase]++;
    sim_trace("dies in %s/%d", label_name(label), phase);
    client_crash(actor);
    producer_crash(actor);
    session_crash(actor);
    life_soon(sim_one_in(6) ? sim_between(10500000, plot_away_us()) : sim_between(1000, 3000000));
    actor_end();
}

void life_run(struct actor *actor)
{
    struct worker *worker = actor->worker;
    worker->edges = (struct worker_edges){.source = client_source(actor),
                                          .store = session_store(actor),
                                          .sink = producer_port(actor),
                                          .facts = facts,
                                          .self = actor};
    growth_edges(actor, &worker->edges);
    if (sim.plot.emits != EMIT_IDEMPOTENT) {
        transactional_begin(actor, worker);
    }
    life_ended(actor, worker_run(worker));
}

void life_ended(struct actor *actor, bool well)
{
    sim_trace("ends %s", well ? "in order" : "halted");
    if (!well) {
        audit_halted(actor, &actor->worker->err);
    }
    client_crash(actor); /* a process that halts leaves nothing behind but what is under way */
    producer_crash(actor);
    session_crash(actor);
    life_soon(sim_between(1000, 2000000));
}
