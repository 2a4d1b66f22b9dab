#ifndef MENTOR_CORE_BACKOFF_H
#define MENTOR_CORE_BACKOFF_H

#include <stdint.h>

struct rng;

/* Set base_ms and limit_ms; last_ms 0. */
struct backoff {
    uint32_t base_ms;
    uint32_t limit_ms;
    uint32_t last_ms;
};

/* Decorrelated jitter: between base and three times the last, never above limit_ms. */
uint32_t backoff_next_ms(struct backoff *backoff, struct rng *rng);
void backoff_reset(struct backoff *backoff);

#endif /* MENTOR_CORE_BACKOFF_H */
