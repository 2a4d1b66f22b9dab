#ifndef MENTOR_SRC_APP_HEALTH_H
#define MENTOR_SRC_APP_HEALTH_H

/* Private to app/: what /healthz and /readyz say of the lanes. */

#include <stdbool.h>
#include <stdint.h>

struct metrics;
struct text;

struct health {
    const struct metrics *const *lanes;
    uint32_t lane_count;
    int64_t now_us;   /* of the lanes' clock */
    int64_t limit_us; /* --stalled-after */
    bool database_up;
    bool broker_up;
};

/* Since a step ended, of the lane where it is longest; a lane that has ended is none. */
int64_t health_idle_us(const struct health *health);

/*
 * The loop moves: in every lane a step ended within limit_us. Waiting for a broker or a database
 * moves too: BACKOFF is a step that ends within seconds. Appends a line a complaint.
 */
bool health_moving(const struct health *health, struct text *why);

/*
 * Every lane has what the group gave it, be it nothing, and decides or would; and both sides are
 * there. Appends a line a complaint.
 */
bool health_ready(const struct health *health, struct text *why);

#endif /* MENTOR_SRC_APP_HEALTH_H */
