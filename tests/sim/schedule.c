/* Virtual time: workers as coroutines, and what happens by itself, in order of time. */

#include <stdlib.h>

#include "sim.h"

enum {
    STACK_SIZE = 1024 * 1024,
    ARENA_SPARE = 2 * 1024 * 1024, /* more than any one turn takes */
};

struct sim sim;

static bool before(const struct event *a, const struct event *b)
{
    return a->at_us < b->at_us || (a->at_us == b->at_us && a->order < b->order);
}

static void swap(uint32_t a, uint32_t b)
{
    struct event event = sim.events[a];
    sim.events[a] = sim.events[b];
    sim.events[b] = event;
}

void sim_at(int64_t at_us, void (*run)(void *what, uint64_t life), void *what, uint64_t life)
{
    CHECK(sim.event_count < SIM_EVENTS);
    uint32_t at = sim.event_count++;
    sim.events[at] =
        (struct event){at_us < sim.now_us ? sim.now_us : at_us, sim.order++, run, what, life};
    while (at > 0 && before(&sim.events[at], &sim.events[(at - 1) / 2])) {
        swap(at, (at - 1) / 2);
        at = (at - 1) / 2;
    }
}

static struct event event_pop(void)
{
    struct event first = sim.events[0];
    sim.events[0] = sim.events[--sim.event_count];
    for (uint32_t at = 0;;) {
        uint32_t least = at;
        for (uint32_t child = 2 * at + 1; child <= 2 * at + 2; child++) {
            if (child < sim.event_count && before(&sim.events[child], &sim.events[least])) {
                least = child;
            }
        }
        if (least == at) {
            return first;
        }
        swap(at, least);
        at = least;
    }
}

static int64_t wakes_us(const struct strand *strand)
{
    int64_t thaws_us = strand->actor->frozen_until;
    return strand->wake_us > thaws_us ? strand->wake_us : thaws_us;
}

/* The thread whose turn comes next, or NULL. */
static struct strand *strand_next(const struct strand *but)
{
    struct strand *next = NULL;
    int64_t next_us = INT64_MAX;
    for (uint32_t i = 0; i < SIM_ACTORS; i++) {
        for (uint32_t s = 0; s < STRANDS && sim.actors[i].state == ACTOR_RUNS; s++) {
            struct strand *strand = &sim.actors[i].strands[s];
            if (strand->lives && strand != but && wakes_us(strand) < next_us) {
                next = strand;
                next_us = wakes_us(strand);
            }
        }
    }
    return next;
}

bool actor_frozen(const struct actor *actor)
{
    return actor->frozen_until > sim.now_us;
}

int64_t actor_thaws_us(const struct actor *actor)
{
    return actor->frozen_until == INT64_MAX ? sim.now_us + 1000000 : actor->frozen_until;
}

/* Back to the loop, which comes back when this thread's time has come. */
static void leave(struct strand *strand)
{
    if (setjmp(strand->resume) == 0) {
        longjmp(sim.back, 1);
    }
}

void sim_wait_for(const void *what, int64_t until_us)
{
    struct strand *strand = sim.strand;
    strand->wake_us = until_us;
    strand->waits = true;
    strand->waits_for = what;
    leave(strand);
    strand->waits = false;
}

void sim_wait(int64_t until_us)
{
    sim_wait_for(NULL, until_us);
}

int64_t sim_wall_ms(void)
{
    return INT64_C(1800000000000) + sim.now_us / 1000;
}

void sim_spend(int64_t us)
{
    struct strand *strand = sim.strand;
    strand->wake_us = sim.now_us + us;
    const struct strand *next = strand_next(strand);
    int64_t at_us = wakes_us(strand);
    if (at_us != INT64_MAX && (sim.event_count == 0 || sim.events[0].at_us > at_us) &&
        (next == NULL || wakes_us(next) > at_us) && !sim.breached) {
        sim.now_us = at_us;
        return;
    }
    leave(strand);
}

void sim_wake_for(struct actor *actor, const void *what)
{
    for (uint32_t s = 0; s < STRANDS && actor->state == ACTOR_RUNS; s++) {
        struct strand *strand = &actor->strands[s];
        if (strand->waits && strand->waits_for == what && strand->wake_us > sim.now_us) {
            strand->wake_us = sim.now_us;
        }
    }
}

void sim_wake(struct actor *actor)
{
    sim_wake_for(actor, NULL);
}

void actor_thaw(struct actor *actor)
{
    actor->frozen_until = 0;
    sim_wake(actor);
}

void sim_step(enum label label, enum phase phase)
{
    sim.counts.steps++;
    sim.counts.reached[label][phase]++;
    plot_step(label, phase);
}

/* A coroutine's first frame. */
static void strand_main(void)
{
    struct strand *strand = sim.strand;
    (void)strand->run(strand->argument);
    strand->lives = false;
    longjmp(sim.back, 1);
}

static void *work(void *argument)
{
    struct actor *actor = argument;
    life_run(actor);
    actor_end();
}

void actor_end(void)
{
    sim.running->state = ACTOR_FREE;
    longjmp(sim.back, 1);
}

/* Entered anew for each process: the frames of the one before are forgotten. */
void strand_go(struct actor *actor, uint32_t number, void *(*run)(void *argument), void *argument)
{
    struct strand *strand = &actor->strands[number];
    if (strand->stack == NULL) {
        strand->stack = malloc(STACK_SIZE);
        CHECK(strand->stack != NULL);
    }
    strand->actor = actor;
    strand->run = run;
    strand->argument = argument;
    strand->lives = true;
    strand->begun = false;
    strand->waits = false;
    strand->wake_us = sim.now_us;
    CHECK(getcontext(&strand->context) == 0);
    strand->context.uc_stack.ss_sp = strand->stack;
    strand->context.uc_stack.ss_size = STACK_SIZE;
    strand->context.uc_link = NULL;
    makecontext(&strand->context, strand_main, 0);
}

void actor_go(struct actor *actor)
{
    for (uint32_t s = 1; s < STRANDS; s++) {
        actor->strands[s].lives = false;
    }
    actor->state = ACTOR_RUNS;
    actor->worker->stop = &actor->stop;
    strand_go(actor, 0, work, actor);
}

static void strand_resume(struct strand *strand)
{
    sim.running = strand->actor;
    sim.strand = strand;
    if (setjmp(sim.back) == 0) {
        if (!strand->begun) {
            strand->begun = true;
            (void)setcontext(&strand->context);
        }
        longjmp(strand->resume, 1);
    }
    sim.running = NULL;
    sim.strand = NULL;
}

void sim_loop(bool (*done)(void))
{
    while (!sim.breached && !done()) {
        struct strand *strand = strand_next(NULL);
        bool event =
            sim.event_count > 0 && (strand == NULL || sim.events[0].at_us <= wakes_us(strand));
        if (!event && strand == NULL) {
            sim_breach("nothing is left to happen, and not all is done");
        } else if (sim.arena.capacity - sim.arena.used < ARENA_SPARE) {
            sim_breach("the same is done again and again");
        } else if (event) {
            struct event first = event_pop();
            sim.now_us = first.at_us;
            first.run(first.what, first.life);
        } else {
            int64_t at_us = wakes_us(strand);
            sim.now_us = at_us > sim.now_us ? at_us : sim.now_us;
            strand_resume(strand);
        }
    }
}
