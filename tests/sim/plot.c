/* What goes wrong in a world, and when; its end. */

#include "audit.h"
#include "coordinator.h"
#include "load.h"
#include "sealing.h"
#include "sim.h"

enum {
    AWAY_MOST_US = 60000000, /* longer than a transaction may be open */
    ARENA_SIZE = 16 * 1024 * 1024,
    LOOK_US = 250000,
    SEEN_US = 20000000,
    IDLE_US = 100000000,
    DRAIN_US = 60000000,
    ENDS_LEAST_US = 20000000,
    ENDS_MOST_US = 80000000,
    SETTLED_US = 400000000, /* from the last fault until all must be done */
};

/* Which faults a kind of world has, and how often each against the others. */

static const uint32_t plots[PLOT_COUNT][FAULT_COUNT] = {
    [PLOT_CALM] = {[FAULT_TERM] = 1}, /* calm */
    [PLOT_CRASHES] = {[FAULT_CRASH] = 4, [FAULT_TERM] = 1, [FAULT_STALL] = 1, [FAULT_REJOINED] = 2},
    [PLOT_DATABASE] = {[FAULT_CRASH] = 2,
                       [FAULT_SESSION_LOST] = 3,
                       [FAULT_REPLY_LOST] = 6,
                       [FAULT_DATABASE_DOWN] = 2,
                       [FAULT_STALE] = 2,
                       [FAULT_FAILOVER] = 1,
                       [FAULT_CLOCK] = 1},
    [PLOT_BROKER] = {[FAULT_CRASH] = 2,
                     [FAULT_BROKER_DOWN] = 2,
                     [FAULT_LINK_DOWN] = 2,
                     [FAULT_COMMIT_LATE] = 3,
                     [FAULT_PRODUCER_BROKEN] = 2,
                     [FAULT_ACK_LATE] = 4,
                     [FAULT_ACK_LOST] = 3,
                     [FAULT_END_LOST] = 4,
                     [FAULT_END_PARTED] = 10,
                     [FAULT_ABORT_LOST] = 1,
                     [FAULT_REJOINED] = 3,
                     [FAULT_DUPLICATE] = 3},
    [PLOT_FROZEN] =
        {[FAULT_FREEZE] = 5, [FAULT_STALL] = 1, [FAULT_REPLY_LOST] = 2, [FAULT_ACK_LATE] = 2},
    [PLOT_LOST] = {[FAULT_CRASH] = 3,
                   [FAULT_COMMITS_LOST] = 3,
                   [FAULT_STALE] = 3,
                   [FAULT_REPLY_LOST] = 2,
                   [FAULT_COMMIT_LATE] = 1},
    [PLOT_LOG] =
        {[FAULT_RETENTION] = 2, [FAULT_TRUNCATED] = 2, [FAULT_CRASH] = 2, [FAULT_STALL] = 2},
    [PLOT_ENDS] = {[FAULT_END_LOST] = 4,
                   [FAULT_END_PARTED] = 8,
                   [FAULT_ABORT_LOST] = 4,
                   [FAULT_CRASH] = 3,
                   [FAULT_FREEZE] = 1,
                   [FAULT_STALL] = 1,
                   [FAULT_REJOINED] = 1,
                   [FAULT_ACK_LATE] = 1},
    [PLOT_ALL] = {[FAULT_CRASH] = 3,           [FAULT_FREEZE] = 2,       [FAULT_TERM] = 1,
                  [FAULT_STALL] = 1,           [FAULT_SESSION_LOST] = 1, [FAULT_REPLY_LOST] = 2,
                  [FAULT_DATABASE_DOWN] = 1,   [FAULT_FAILOVER] = 1,     [FAULT_STALE] = 1,
                  [FAULT_BROKER_DOWN] = 1,     [FAULT_LINK_DOWN] = 1,    [FAULT_COMMIT_LATE] = 1,
                  [FAULT_PRODUCER_BROKEN] = 1, [FAULT_ACK_LATE] = 1,     [FAULT_ACK_LOST] = 1,
                  [FAULT_END_LOST] = 1,        [FAULT_ABORT_LOST] = 1,   [FAULT_DUPLICATE] = 1,
                  [FAULT_RETENTION] = 1,       [FAULT_CLOCK] = 1,        [FAULT_END_PARTED] = 3,
                  [FAULT_REJOINED] = 2},
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

int64_t plot_away_us(void)
{
    return sim.plot.emits != EMIT_IDEMPOTENT && sim_one_in(3) ? AWAY_MOST_US : 30000000;
}

/* What happens to one process */

static void thaw(void *what, uint64_t life)
{
    struct actor *actor = what;
    if (actor->life == life && actor->state == ACTOR_RUNS && actor->frozen_until != 0) {
        sim_trace("w%u/%llu wakes up", actor->number, (unsigned long long)life);
        actor_thaw(actor);
        session_thaw(actor);
        client_thaw(actor);
    }
}

static void freeze(struct actor *actor)
{
    uint32_t kind = sim_below(8);
    session_freeze(actor);
    if (kind == 0) {
        actor->frozen_until = INT64_MAX;
        life_soon(sim_between(1000, 3000000));
    } else {
        int64_t us = kind < 4 ? sim_between(50000, 4000000) : sim_between(10500000, plot_away_us());
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
    /* An end that was noted and is there no more is waited for until as many records have come
     * again: nothing tells it from a leader that has not caught up. */
    if (high > low && row->last_offset >= low && !sim.plot.grows &&
        !sim.broker.log[partition].cut) { /* without a record to compare none could know */
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
        life_crash(actor, label, phase);
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
        /* At once: a client that asks again never hears that the server was away. */
        database_failover(sim_one_in(2) ? 0 : sim_between(1000, 200000), true);
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
    /* So seldom that a world with crashes has one there. */
    bool rare = label == LABEL_UNDOING || label == LABEL_RECALL || label == LABEL_RECALLED ||
                label == LABEL_ORPHAN_ENDED || label == LABEL_ENDED;
    uint32_t odds = label == LABEL_POLL ? 8 * plot->odds /* there are so many */ : plot->odds;
    if (plot->quiet || plot->faults_left == 0) {
        return;
    }
    if (rare && plot->weights[FAULT_CRASH] > 0 && sim_one_in(4)) {
        happen(FAULT_CRASH, label, phase);
        return;
    }
    if (!sim_one_in(odds)) {
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
    if (halted || (sim.plot.ending && life_count() == 0)) {
        over = true;
    } else if (!sim.plot.ending && sim.plot.halts && sim.plot.seen_at_us == 0 &&
               (audit_done() || sim.now_us > sim.plot.quiet_at_us + IDLE_US)) {
        /* An idle worker does not see what is wrong; who takes the partition does. */
        sim.plot.seen_at_us = sim.now_us + SEEN_US;
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
    life_soon(0);
    look(NULL, 0);
}

static bool is_over(void)
{
    return over;
}

static enum emission draw_emits(uint32_t kind)
{
    enum emission drawn = sim_one_in(8)   ? EMIT_MIXED
                          : sim_one_in(3) ? EMIT_TRANSACTIONAL
                                          : EMIT_IDEMPOTENT;
    if (sim.emphasis.emits != EMIT_ANY) {
        return sim.emphasis.emits;
    }
    return kind == PLOT_ENDS ? EMIT_TRANSACTIONAL : drawn;
}

void plot_begin(void)
{
    struct plot *plot = &sim.plot;
    const struct emphasis *emphasis = &sim.emphasis;
    uint32_t kind = 1 + sim_below(PLOT_COUNT - 1);
    kind = emphasis->plot == PLOT_ANY ? kind : emphasis->plot;
    *plot = (struct plot){
        .workers = 1 + sim_below(4),
        .faults_left = (emphasis->plot == PLOT_ANY ? 1 : 8) + sim_below(8),
        .odds = 8 + sim_below(120),
        .calm = kind == PLOT_CALM,
        .thaws = sim_one_in(2),
        .follows = sim_one_in(3) || emphasis->follows,
        .grows = sim_one_in(3) || emphasis->grows,
        .seals = sim_one_in(4) || emphasis->seals,
        .quiet_at_us = sim_between(1000000, 30000000),
    };
    memcpy(plot->weights, plots[kind], sizeof(plot->weights));
    plot->emits = draw_emits(kind);
    plot->workers = kind == PLOT_ENDS ? 1 : plot->workers;
    if (plot->weights[FAULT_END_LOST] > 0 && plot->emits != EMIT_IDEMPOTENT) {
        /* Until somebody has found out, or the broker has ended the next one. */
        plot->quiet_at_us += sim_between(ENDS_LEAST_US, ENDS_MOST_US);
    }
    plot->limit_us = plot->quiet_at_us + SETTLED_US;
    over = false;
    for (uint32_t i = 0; i < plot->workers; i++) {
        life_soon(sim_one_in(2) ? 0 : sim_between(0, plot->quiet_at_us));
    }
    sim_at(plot->quiet_at_us, quiet, NULL, 0);
    if (plot->follows) {
        publications_begin(plot->quiet_at_us < 10000000 ? plot->quiet_at_us : 10000000);
    }
    if (plot->seals) {
        sealing_begin(plot->quiet_at_us);
    }
    growth_begin(plot->quiet_at_us < 8000000 ? plot->quiet_at_us : 8000000);
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
    broker_begin(1 + sim_below(BROKER_PARTITIONS - 1));
    coordinator_begin();
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
