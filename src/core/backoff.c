#include "mentor/core/backoff.h"

#include "mentor/base/rng.h"

uint32_t backoff_next_ms(struct backoff *backoff, struct rng *rng)
{
    uint64_t last = backoff->last_ms < backoff->base_ms ? backoff->base_ms : backoff->last_ms;
    uint64_t span = 3 * last - backoff->base_ms + 1;
    uint64_t wait = backoff->base_ms + rng_next(rng) % span;
    backoff->last_ms = wait > backoff->limit_ms ? backoff->limit_ms : (uint32_t)wait;
    return backoff->last_ms;
}

void backoff_reset(struct backoff *backoff)
{
    backoff->last_ms = 0;
}
