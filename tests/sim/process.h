#ifndef TESTS_SIM_PROCESS_H
#define TESTS_SIM_PROCESS_H

/*
 * What the program's own files of src/kafka find in place of the system, included before all they
 * include: their threads are strands of the process, memory lives as long as the world, and time is
 * the world's.
 */

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

#include "mentor/base/clock.h"

/* Waited for by strands of one process. */
struct sim_mutex {
    bool locked;
};

struct sim_condition {
    char unused;
};

int sim_thread_create(void *(*run)(void *argument), void *argument);
int sim_mutex_lock(struct sim_mutex *mutex);
int sim_mutex_unlock(struct sim_mutex *mutex);
int sim_condition_broadcast(struct sim_condition *condition);
/* Until then, INT64_MAX: for ever. ETIMEDOUT when it was not spoken of. */
int sim_condition_wait(struct sim_condition *condition, struct sim_mutex *mutex, int64_t until_us);
int64_t sim_us_of(const struct timespec *at);
void *sim_calloc(size_t count, size_t size);
void *sim_realloc(void *memory, size_t size);
struct clock sim_clock(void);

/* The system's own names. NOLINTBEGIN(readability-identifier-naming) */
#ifndef SIM_PROCESS_ITSELF
#define pthread_mutex_t                 struct sim_mutex
#define pthread_cond_t                  struct sim_condition
#define pthread_create(id, how, run, a) ((void)(id), sim_thread_create(run, a))
#define pthread_join(id, value)         (0)
#define pthread_mutex_init(mutex, how)  (*(mutex) = (struct sim_mutex){.locked = false}, 0)
#define pthread_mutex_lock              sim_mutex_lock
#define pthread_mutex_unlock            sim_mutex_unlock
#define pthread_mutex_destroy(mutex)    (0)
#define pthread_cond_wait(c, mutex)     sim_condition_wait(c, mutex, INT64_MAX)
#define pthread_cond_timedwait(c, m, t) sim_condition_wait(c, m, sim_us_of(t))
#define pthread_cond_broadcast          sim_condition_broadcast
#define pthread_cond_destroy(condition) (0)
#define calloc                          sim_calloc
#define realloc                         sim_realloc
#define malloc(size)                    sim_calloc(1, size)
#define free(memory)                    ((void)(memory))
#define clock_system                    sim_clock
#endif
/* NOLINTEND(readability-identifier-naming) */

#endif /* TESTS_SIM_PROCESS_H */
