#include "health.h"

#include <stdio.h>

#include "mentor/app/metrics.h"
#include "mentor/wire/json.h"

static enum cycle_state state_of(const struct metrics *lane)
{
    return (enum cycle_state)atomic_load_explicit(&lane->state, memory_order_relaxed);
}

static int64_t idle_us(const struct metrics *lane, int64_t now_us)
{
    int64_t at = atomic_load_explicit(&lane->stepped_at_us, memory_order_relaxed);
    /* 0: its thread has not come to its first step yet, which is no matter of minutes. */
    return state_of(lane) == CYCLE_STOP || at == 0 || at > now_us ? 0 : now_us - at;
}

int64_t health_idle_us(const struct health *health)
{
    int64_t longest = 0;
    for (uint32_t i = 0; i < health->lane_count; i++) {
        int64_t idle = idle_us(health->lanes[i], health->now_us);
        longest = idle > longest ? idle : longest;
    }
    return longest;
}

bool health_moving(const struct health *health, struct text *why)
{
    bool moving = true;
    for (uint32_t i = 0; i < health->lane_count; i++) {
        int64_t idle = idle_us(health->lanes[i], health->now_us);
        if (idle <= health->limit_us) {
            continue;
        }
        char line[128];
        (void)snprintf(line,
                       sizeof(line),
                       "lane %u: no step has ended for %lld s; it is in %s\n",
                       i + 1,
                       (long long)(idle / 1000000),
                       cycle_state_name(state_of(health->lanes[i])));
        text_add(why, bytes_text(line));
        moving = false;
    }
    return moving;
}

bool health_ready(const struct health *health, struct text *why)
{
    bool ready = health->database_up && health->broker_up;
    if (!health->database_up) {
        text_add(why, bytes_text("the database does not answer\n"));
    }
    if (!health->broker_up) {
        text_add(why, bytes_text("no broker answers\n"));
    }
    for (uint32_t i = 0; i < health->lane_count; i++) {
        enum cycle_state state = state_of(health->lanes[i]);
        if (state >= CYCLE_CONSUME && state <= CYCLE_EMIT) {
            continue;
        }
        char line[128];
        (void)snprintf(line, sizeof(line), "lane %u: in %s\n", i + 1, cycle_state_name(state));
        text_add(why, bytes_text(line));
        ready = false;
    }
    return ready;
}
