#include "coordinator_state.h"
#include "sim.h"

enum {
    LOST_LEAST_US = 13000000, /* longer than a session, and than any call's wait */
    LOST_MOST_US = 16000000,
};

/* A refused record may have been erased when it counted as out. */
void lost_end_undone(void)
{
    sim.plot.halts = sim.plot.halts || sim.plot.seals;
}

/* KAFKA-20734: a broker that is stopped calls a transaction complete and writes no end of it. What
 * the README promises of it: the offsets are there, and nobody leaves meanwhile. */
static bool may_be_lost(void)
{
    /* What is sent again after new partitions were opened comes late in their order. */
    bool stops = sim.now_us + LOST_MOST_US > sim.plot.quiet_at_us || sim.plot.grows;
    for (uint32_t i = 0; i < SIM_ACTORS; i++) {
        stops = stops || (sim.actors[i].state == ACTOR_RUNS && sim.actors[i].stop);
    }
    return !stops;
}

static void lose(void)
{
    /* Whoever leaves in order leaves it to a person, nobody sleeps through it and goes on, and an
     * undo's answer comes. */
    static const enum fault spoilers[] = {FAULT_TERM};
    for (size_t i = 0; i < sizeof(spoilers) / sizeof(spoilers[0]); i++) {
        sim.plot.weights[spoilers[i]] = 0;
    }
}

bool lost_end_comes(const struct producer_id *id)
{
    if (!may_be_lost() || !logs_pend(id) || !plot_fault(FAULT_END_LOST)) {
        return false;
    }
    lose();
    /* The only worker joins anew, so long is it away. */
    sim.broker.down_until = sim.now_us + sim_between(LOST_LEAST_US, LOST_MOST_US);
    return true;
}

bool lost_part_comes(const struct producer_id *id)
{
    if (!may_be_lost() || !logs_pend(id) || !plot_fault(FAULT_END_PARTED)) {
        return false;
    }
    lose();
    sim.broker.down_until = sim.now_us + sim_between(1000, LOST_MOST_US);
    return true;
}

/* The broker was away, and its leaders are not there yet when it looks at what it has to end. */
bool lost_abort_comes(const struct producer_id *id)
{
    bool any = false;
    for (uint32_t out = 0; out < OUT_PARTITIONS; out++) {
        any = any || id->added[out];
    }
    if (!any || !plot_fault(FAULT_ABORT_LOST)) {
        return false;
    }
    sim.broker.down_until = sim.now_us + sim_between(1000, LOST_MOST_US);
    return true;
}

/* It has the partitions, and can help itself. */
static bool is_alone(const char *name)
{
    char theirs[TRANSACTIONAL_ID_SIZE];
    bool there = false;
    uint32_t others = 0;
    for (uint32_t i = 0; i < SIM_ACTORS; i++) {
        const struct actor *actor = &sim.actors[i];
        transactional_name(theirs, actor->life);
        bool awake = actor->state == ACTOR_RUNS && !actor_frozen(actor);
        there = there || (awake && strcmp(name, theirs) == 0);
        others += awake && strcmp(name, theirs) != 0;
    }
    return there && others == 0;
}

void lost_end_administer(void *unused, uint64_t number)
{
    (void)unused;
    if (coordinator.ids[number].ongoing || coordinator.ids[number].ending ||
        is_alone(coordinator.ids[number].name)) {
        sim_at(sim.now_us + LOST_ADMINISTERED_US, lost_end_administer, NULL, number);
    } else if (logs_open((uint32_t)number)) {
        if (!coordinator.ids[number].gave_back) {
            sim_breach("nobody has undone what %s has lost", coordinator.ids[number].name);
        }
        sim.plot.halts = true;
        logs_mark_group(&coordinator.ids[number], false);
        for (uint32_t out = 0; out < OUT_PARTITIONS; out++) {
            logs_mark(out, (uint32_t)number, false);
        }
    }
}

void coordinator_gave_back(uint64_t life)
{
    char name[TRANSACTIONAL_ID_SIZE];
    transactional_name(name, life);
    for (uint32_t i = 0; i < coordinator.id_count; i++) {
        coordinator.ids[i].gave_back =
            coordinator.ids[i].gave_back || strcmp(name, coordinator.ids[i].name) == 0;
    }
}
