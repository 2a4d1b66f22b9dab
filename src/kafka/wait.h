#ifndef KAFKA_WAIT_H
#define KAFKA_WAIT_H

/* Conditions that are waited for by the clock that nobody sets. */

#include <pthread.h>
#include <stdint.h>
#include <time.h>

/* The caller destroys it. */
void wait_init(pthread_cond_t *condition);

/* For pthread_cond_timedwait. */
struct timespec wait_until(uint32_t ms);

#endif /* KAFKA_WAIT_H */
