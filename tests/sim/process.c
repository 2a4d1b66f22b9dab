#define SIM_PROCESS_ITSELF
#include "process.h"

#include <errno.h>
#include <stddef.h>

#include "../../src/kafka/wait.h"
#include "sim.h"

enum {
    TRANSACTOR = 1, /* its strand */
};

struct block {
    size_t size;
    max_align_t memory[];
};

int sim_thread_create(void *(*run)(void *argument), void *argument)
{
    strand_go(sim.running, TRANSACTOR, run, argument);
    return 0;
}

int sim_mutex_lock(struct sim_mutex *mutex)
{
    while (mutex->locked) {
        sim_wait_for(mutex, INT64_MAX);
    }
    mutex->locked = true;
    return 0;
}

int sim_mutex_unlock(struct sim_mutex *mutex)
{
    mutex->locked = false;
    sim_wake_for(sim.running, mutex);
    return 0;
}

int sim_condition_broadcast(struct sim_condition *condition)
{
    sim_wake_for(sim.running, condition);
    return 0;
}

int sim_condition_wait(struct sim_condition *condition, struct sim_mutex *mutex, int64_t until_us)
{
    (void)sim_mutex_unlock(mutex);
    if (sim.now_us < until_us) {
        sim_wait_for(condition, until_us);
    }
    (void)sim_mutex_lock(mutex);
    return sim.now_us < until_us ? 0 : ETIMEDOUT;
}

void wait_init(pthread_cond_t *condition)
{
    (void)condition;
}

struct timespec wait_until(uint32_t ms)
{
    int64_t us = sim.now_us + (int64_t)ms * 1000;
    return (struct timespec){.tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000};
}

int64_t sim_us_of(const struct timespec *at)
{
    return (int64_t)at->tv_sec * 1000000 + at->tv_nsec / 1000;
}

void *sim_calloc(size_t count, size_t size)
{
    struct block *block = sim_alloc(sizeof(*block) + count * size);
    block->size = count * size;
    return block->memory;
}

void *sim_realloc(void *memory, size_t size)
{
    void *moved = sim_calloc(1, size);
    if (memory != NULL) {
        const struct block *block =
            (const void *)((const char *)memory - offsetof(struct block, memory));
        memcpy(moved, memory, block->size < size ? block->size : size);
    }
    return moved;
}

static int64_t clock_mono(void *self)
{
    (void)self;
    return sim.now_us;
}

static int64_t clock_wall(void *self)
{
    (void)self;
    return sim_wall_ms();
}

static void clock_sleep(void *self, uint32_t ms)
{
    (void)self;
    sim_spend((int64_t)ms * 1000);
}

struct clock sim_clock(void)
{
    return (struct clock){clock_wall, clock_mono, clock_sleep, NULL};
}
