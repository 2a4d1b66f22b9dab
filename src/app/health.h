#ifndef MENTOR_SRC_APP_HEALTH_H
#define MENTOR_SRC_APP_HEALTH_H

/* Private to app/: what /healthz and /readyz say of the lanes. Each appends a line a complaint. */

#include <stdbool.h>
#include <stdint.h>

struct metrics;
struct text;

/* Microseconds since a step ended, of the lane where it is longest; a lane that has ended is none.
 */
int64_t health_idle_us(const struct metrics *const *lanes, uint32_t count, int64_t now_us);

/*
 * The loop moves: in every lane a step ended within limit_us. Waiting for a broker or a database
 * moves too: BACKOFF is a step that ends within seconds.
 */
bool health_moving(const struct metrics *const *lanes,
                   uint32_t count,
                   int64_t now_us,
                   int64_t limit_us,
                   struct text *why);

/*
 * Every lane has what the group gave it, be it nothing, and decides or would; and both sides are
 * there.
 */
bool health_ready(const struct metrics *const *lanes,
                  uint32_t count,
                  bool database_up,
                  bool broker_up,
                  struct text *why);

#endif /* MENTOR_SRC_APP_HEALTH_H */
