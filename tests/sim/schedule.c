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

/* The worker whose turn comes next, or NULL. */
static struct actor *actor_next(const struct actor *but)
{
    struct actor *next = NULL;
    for (uint32_t i = 0; i < SIM_ACTORS; i++) {
        struct actor *actor = &sim.actors[i];
        if (actor->state == ACTOR_RUNS && actor != but && actor->wake_us != INT64_MAX &&
            (next == NULL || actor->wake_us < next->wake_us)) {
            next = actor;
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

/* Back to the loop, which comes back when this worker's time has come. */
static void leave(struct actor *actor)
{
    if (setjmp(actor->resume) == 0) {
        longjmp(sim.back, 1);
    }
}

void sim_wait(int64_t until_us)
{
    struct actor *actor = sim.running;
    actor->wake_us = until_us > actor->frozen_until ? until_us : actor->frozen_until;
    actor->waits = true;
    leave(actor);
    actor->waits = false;
}

void sim_spend(int64_t us)
{
    struct actor *actor = sim.running;
    int64_t until = sim.now_us + us;
    actor->wake_us = until > actor->frozen_until ? until : actor->frozen_until;
    const struct actor *next = actor_next(actor);
    if (actor->wake_us != INT64_MAX &&
        (sim.event_count == 0 || sim.events[0].at_us > actor->wake_us) &&
        (next == NULL || next->wake_us > actor->wake_us) && !sim.breached) {
        sim.now_us = actor->wake_us;
        return;
    }
    leave(actor);
}

void sim_wake(struct actor *actor)
{
    if (actor->state == ACTOR_RUNS && actor->waits && !actor_frozen(actor)) {
        actor->wake_us = sim.now_us;
    }
}

void sim_step(enum label label, enum phase phase)
{
    sim.counts.steps++;
    sim.counts.reached[label][phase]++;
    plot_step(label, phase);
}

/* A coroutine's first frame. */
static void actor_main(void)
{
    struct actor *actor = sim.running;
    bool well = worker_run(actor->worker);
    life_ended(actor, well);
    actor_end();
}

void actor_end(void)
{
    sim.running->state = ACTOR_FREE;
    longjmp(sim.back, 1);
}

/* Entered anew for each process: the frames of the one before are forgotten. */
void actor_go(struct actor *actor)
{
    if (actor->stack == NULL) {
        actor->stack = malloc(STACK_SIZE);
        CHECK(actor->stack != NULL);
    }
    actor->state = ACTOR_RUNS;
    actor->wake_us = sim.now_us;
    actor->waits = false;
    CHECK(getcontext(&actor->context) == 0);
    actor->context.uc_stack.ss_sp = actor->stack;
    actor->context.uc_stack.ss_size = STACK_SIZE;
    actor->context.uc_link = NULL;
    makecontext(&actor->context, actor_main, 0);
    actor->worker->stop = NULL; /* tells actor_resume() that it has not begun */
}

static void actor_resume(struct actor *actor)
{
    sim.running = actor;
    if (setjmp(sim.back) == 0) {
        if (actor->worker->stop == NULL) {
            actor->worker->stop = &actor->stop;
            (void)setcontext(&actor->context);
        }
        longjmp(actor->resume, 1);
    }
    sim.running = NULL;
}

void sim_loop(bool (*done)(void))
{
    while (!sim.breached && !done()) {
        struct actor *actor = actor_next(NULL);
        bool event =
            sim.event_count > 0 && (actor == NULL || sim.events[0].at_us <= actor->wake_us);
        if (!event && actor == NULL) {
            sim_breach("nothing is left to happen, and not all is done");
        } else if (sim.arena.capacity - sim.arena.used < ARENA_SPARE) {
            sim_breach("the same is done again and again");
        } else if (event) {
            struct event first = event_pop();
            sim.now_us = first.at_us;
            first.run(first.what, first.life);
        } else {
            sim.now_us = actor->wake_us > sim.now_us ? actor->wake_us : sim.now_us;
            actor_resume(actor);
        }
    }
}
