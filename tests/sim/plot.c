/* What goes wrong in a world, and when; the lives of its workers; its end. */

#include <stdlib.h>

#include "audit.h"
#include "load.h"
#include "sim.h"

enum {
    ARENA_SIZE = 16 * 1024 * 1024,
    WORKER_ARENA = 1024 * 1024,
    LOOK_US = 250000,
    SEEN_US = 20000000,
    DRAIN_US = 60000000,
    SETTLED_US = 400000000, /* from the last fault until all must be done */
};

/* Which faults a kind of world has, and how often each against the others. */
enum {
    PLOTS = 8,
};

static const uint32_t plots[PLOTS][FAULT_COUNT] = {
    {[FAULT_TERM] = 1}, /* calm */
    {[FAULT_CRASH] = 4, [FAULT_TERM] = 1, [FAULT_STALL] = 1},
    {[FAULT_CRASH] = 2,
     [FAULT_SESSION_LOST] = 3,
     [FAULT_REPLY_LOST] = 6,
     [FAULT_DATABASE_DOWN] = 2,
     [FAULT_STALE] = 2,
     [FAULT_FAILOVER] = 1,
     [FAULT_CLOCK] = 1},
    {[FAULT_CRASH] = 2,
     [FAULT_BROKER_DOWN] = 2,
     [FAULT_LINK_DOWN] = 2,
     [FAULT_COMMIT_LATE] = 3,
     [FAULT_PRODUCER_BROKEN] = 2,
     [FAULT_ACK_LATE] = 4,
     [FAULT_ACK_LOST] = 3,
     [FAULT_DUPLICATE] = 3},
    {[FAULT_FREEZE] = 5, [FAULT_STALL] = 1, [FAULT_REPLY_LOST] = 2, [FAULT_ACK_LATE] = 2},
    {[FAULT_CRASH] = 3,
     [FAULT_COMMITS_LOST] = 3,
     [FAULT_STALE] = 3,
     [FAULT_REPLY_LOST] = 2,
     [FAULT_COMMIT_LATE] = 1},
    {[FAULT_RETENTION] = 2, [FAULT_TRUNCATED] = 2, [FAULT_CRASH] = 2, [FAULT_STALL] = 2},
    {[FAULT_CRASH] = 3,
     [FAULT_FREEZE] = 2,
     [FAULT_TERM] = 1,
     [FAULT_STALL] = 1,
     [FAULT_SESSION_LOST] = 1,
     [FAULT_REPLY_LOST] = 2,
     [FAULT_DATABASE_DOWN] = 1,
     [FAULT_FAILOVER] = 1,
     [FAULT_STALE] = 1,
     [FAULT_BROKER_DOWN] = 1,
     [FAULT_LINK_DOWN] = 1,
     [FAULT_COMMIT_LATE] = 1,
     [FAULT_PRODUCER_BROKEN] = 1,
     [FAULT_ACK_LATE] = 1,
     [FAULT_ACK_LOST] = 1,
     [FAULT_DUPLICATE] = 1,
     [FAULT_RETENTION] = 1,
     [FAULT_CLOCK] = 1},
};

static bool over;

bool plot_fault(enum fault fault)
{
    struct plot *plot = &sim.plot;
    if (plot->weights[fault] == 0 || plot->quiet || plot->faults_left == 0 ||
        !sim_one_in(12 / plot->weights[fault] + 1)) {
        return false;
    }
    plot->faults_left--;
    sim_count(fault);
    return true;
}

/* Lives */

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
    *partition_count = (int32_t)sim.broker.partition_count;
    return true;
}

static void worker_make(struct actor *actor)
{
    actor->worker = calloc(1, sizeof(*actor->worker));
    CHECK(actor->worker != NULL);
    *actor->worker = (struct worker){
        .edges = {.source = client_source(actor),
                  .store = session_store(actor),
                  .sink = producer_port(actor),
                  .facts = facts,
                  .self = actor},
        .clock = {clock_wall, clock_mono, clock_sleep, actor},
        .rulebook = load_rulebook(),
        .citizen_key = *load_citizen_key(),
        .topic = bytes_text(LOAD_TOPIC),
        .arena_size = WORKER_ARENA,
    };
    CHECK(worker_init(actor->worker));
}

static uint32_t healthy(void)
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
    for (uint32_t i = 0; i < SIM_ACTORS && healthy() < sim.plot.workers; i++) {
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
        actor->worker->batch_most = (uint32_t)batch_most;
        client_begin(actor);
        producer_begin(actor);
        session_begin(actor);
        sim_trace("w%u/%llu starts", i, (unsigned long long)actor->life);
        actor_go(actor);
        return;
    }
}

static void start_soon(int64_t us)
{
    sim_at(sim.now_us + us, start, NULL, 1 + sim_below(8));
}

void plot_crash(struct actor *actor, enum label label, enum phase phase)
{
    sim.counts.crashes[label][phase]++;
    sim_trace("dies in %s/%d", label_name(label), phase);
    client_crash(actor);
    producer_crash(actor);
    session_crash(actor);
    start_soon(sim_between(1000, 3000000));
    actor_end();
}

void plot_ended(struct actor *actor, bool well)
{
    sim_trace("ends %s", well ? "in order" : "halted");
    if (!well) {
        audit_halted(actor, &actor->worker->err);
    }
    client_crash(actor); /* a process that halts leaves nothing behind but what is under way */
    producer_crash(actor);
    session_crash(actor);
    start_soon(sim_between(1000, 2000000));
}

/* What happens to one process */

static void thaw(void *what, uint64_t life)
{
    struct actor *actor = what;
    if (actor->life == life && actor->state == ACTOR_RUNS && actor->frozen_until != 0) {
        sim_trace("w%u/%llu wakes up", actor->number, (unsigned long long)life);
        actor->frozen_until = 0;
        actor->wake_us = sim.now_us;
        session_thaw(actor);
    }
}

static void freeze(struct actor *actor)
{
    uint32_t kind = sim_below(8);
    session_freeze(actor);
    if (kind == 0) {
        actor->frozen_until = INT64_MAX;
        start_soon(sim_between(1000, 3000000));
    } else {
        int64_t us = kind < 4 ? sim_between(50000, 4000000) : sim_between(10500000, 30000000);
        actor->frozen_until = sim.now_us + us;
        sim_at(actor->frozen_until, thaw, actor, actor->life);
    }
    sim_spend(0);
}

static void link_up(void *what, uint64_t life)
{
    struct actor *actor = what;
    if (actor->life == life) {
        actor->link_down = false;
    }
}

static void cut_link(struct actor *actor)
{
    actor->link_down = true;
    session_cut(actor, actor->session.transaction);
    sim_at(sim.now_us + sim_between(100000, 25000000), link_up, actor, actor->life);
}

static void truncate_log(void)
{
    uint32_t partition = sim_below(sim.broker.partition_count);
    int64_t high = sim.broker.log[partition].high;
    int64_t low = sim.broker.log[partition].low;
    const struct position *row = &sim.database.positions[partition].position;
    if (high > low && row->last_offset >= low) { /* without a record to compare none could know */
        sim.plot.halts = true;
        broker_truncate(partition, high - 1 - sim_below((uint32_t)(high - low)) % 4);
        if (sim.broker.log[partition].high < low) {
            broker_truncate(partition, low);
        }
    }
}

static void raise_log(void)
{
    uint32_t partition = sim_below(sim.broker.partition_count);
    const struct log_partition *log = &sim.broker.log[partition];
    if (log->cut) {
        return; /* what shows that it was cut must stay */
    }
    broker_raise(partition, log->low + sim_below((uint32_t)(log->high - log->low) + 1));
}

static void happen(enum fault fault, enum label label, enum phase phase)
{
    struct actor *actor = sim.running;
    sim.plot.faults_left--;
    sim_count(fault);
    if (fault == FAULT_CRASH) {
        plot_crash(actor, label, phase);
    } else if (fault == FAULT_FREEZE) {
        freeze(actor);
    } else if (fault == FAULT_TERM) {
        actor->stop = true;
    } else if (fault == FAULT_STALL) {
        sim_spend(sim_one_in(3) ? sim_between(2000000, 15000000) : sim_between(1000, 500000));
    } else if (fault == FAULT_DATABASE_DOWN) {
        database_failover(sim_between(500000, 15000000), false);
    } else if (fault == FAULT_FAILOVER) {
        database_failover(sim_between(1000, 200000), false);
    } else if (fault == FAULT_COMMITS_LOST) {
        sim.plot.halts = true;
        database_failover(sim_between(1000, 200000), true);
    } else if (fault == FAULT_BROKER_DOWN) {
        sim.broker.down_until = sim.now_us + sim_between(100000, 12000000);
    } else if (fault == FAULT_LINK_DOWN) {
        cut_link(actor);
    } else if (fault == FAULT_RETENTION) {
        raise_log();
    } else if (fault == FAULT_TRUNCATED) {
        truncate_log();
    }
}

void plot_step(enum label label, enum phase phase)
{
    static const enum fault steps[] = {FAULT_CRASH,
                                       FAULT_FREEZE,
                                       FAULT_TERM,
                                       FAULT_STALL,
                                       FAULT_DATABASE_DOWN,
                                       FAULT_FAILOVER,
                                       FAULT_COMMITS_LOST,
                                       FAULT_BROKER_DOWN,
                                       FAULT_LINK_DOWN,
                                       FAULT_RETENTION,
                                       FAULT_TRUNCATED};
    struct plot *plot = &sim.plot;
    uint32_t odds = label == LABEL_POLL ? 8 * plot->odds : plot->odds; /* there are so many */
    if (plot->quiet || plot->faults_left == 0 || !sim_one_in(odds)) {
        return;
    }
    uint32_t total = 0;
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        total += plot->weights[steps[i]];
    }
    uint32_t drawn = total == 0 ? 0 : sim_below(total);
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]) && total > 0; i++) {
        uint32_t weight = plot->weights[steps[i]];
        if (drawn < weight) {
            happen(steps[i], label, phase);
            return;
        }
        drawn -= weight;
    }
}

/* The end */

static void look(void *unused, uint64_t drained_by)
{
    (void)unused;
    bool halted = audit.halted;
    if (halted || (sim.plot.ending && healthy() == 0)) {
        over = true;
    } else if (!sim.plot.ending && audit_done() && sim.plot.halts && sim.plot.seen_at_us == 0) {
        sim.plot.seen_at_us =
            sim.now_us + SEEN_US; /* what is wrong shows when a partition is taken */
        for (uint32_t i = 0; i < SIM_ACTORS; i++) {
            sim.actors[i].stop = true;
        }
    } else if (!sim.plot.ending && audit_done() && sim.now_us >= sim.plot.seen_at_us) {
        sim.plot.ending = true;
        for (uint32_t i = 0; i < SIM_ACTORS; i++) {
            sim.actors[i].stop = true;
        }
        drained_by = (uint64_t)(sim.now_us + DRAIN_US);
    } else if (sim.plot.ending && sim.now_us > (int64_t)drained_by) {
        sim_breach("a worker does not stop");
    } else if (sim.now_us > sim.plot.limit_us) {
        sim_breach("not all is done, long after the last fault");
    }
    sim_at(sim.now_us + LOOK_US, look, NULL, drained_by);
}

static void quiet(void *unused, uint64_t also)
{
    (void)unused;
    (void)also;
    sim_trace("nothing fails any more");
    sim.plot.quiet = true;
    sim.broker.down_until = sim.now_us;
    database_restore();
    for (uint32_t i = 0; i < SIM_ACTORS; i++) {
        struct actor *actor = &sim.actors[i];
        link_up(actor, actor->life);
        if (actor->frozen_until != INT64_MAX || sim.plot.thaws) {
            thaw(actor, actor->life);
        }
    }
    start_soon(0);
    look(NULL, 0);
}

static bool is_over(void)
{
    return over;
}

void plot_begin(void)
{
    struct plot *plot = &sim.plot;
    uint32_t kind = sim_below(PLOTS);
    *plot = (struct plot){
        .workers = 1 + sim_below(4),
        .faults_left = 1 + sim_below(8),
        .odds = 8 + sim_below(120),
        .calm = kind == 0,
        .thaws = sim_one_in(2),
        .quiet_at_us = sim_between(1000000, 30000000),
    };
    memcpy(plot->weights, plots[kind], sizeof(plot->weights));
    plot->limit_us = plot->quiet_at_us + SETTLED_US;
    over = false;
    for (uint32_t i = 0; i < plot->workers; i++) {
        start_soon(sim_one_in(2) ? 0 : sim_between(0, plot->quiet_at_us));
    }
    sim_at(plot->quiet_at_us, quiet, NULL, 0);
    load_begin(plot->quiet_at_us < 8000000 ? plot->quiet_at_us : 8000000);
}

bool sim_run(uint64_t seed)
{
    if (sim.arena.base == NULL) {
        CHECK(arena_init(&sim.arena, ARENA_SIZE));
    }
    arena_rewind(&sim.arena, (struct arena_mark){0});
    sim.seed = seed;
    rng_init(&sim.rng, seed * UINT64_C(0x9e3779b97f4a7c15) + 1);
    sim.now_us = 0;
    sim.event_count = 0;
    sim.order = 0;
    sim.lives = 0;
    sim.running = NULL;
    sim.breached = false;
    for (uint32_t i = 0; i < SIM_ACTORS; i++) {
        sim.actors[i].state = ACTOR_FREE;
        sim.actors[i].life = 0;
        sim.actors[i].frozen_until = 0;
        client_crash(&sim.actors[i]);
        producer_crash(&sim.actors[i]);
        session_begin(&sim.actors[i]);
    }
    broker_begin(1 + sim_below(BROKER_PARTITIONS));
    database_begin();
    audit_begin();
    plot_begin();
    sim_loop(is_over);
    if (!sim.breached) {
        audit_end();
    }
    sim.counts.seeds++;
    return !sim.breached;
}
