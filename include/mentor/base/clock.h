#ifndef MENTOR_BASE_CLOCK_H
#define MENTOR_BASE_CLOCK_H

#include <stdint.h>

/* Time as a dependency: main() passes the system's, tests pass their own. */
struct clock {
    int64_t (*wall_ms)(void *self); /* since 1970, UTC */
    int64_t (*mono_us)(void *self); /* since some moment; never back */
    void (*sleep_ms)(void *self, uint32_t ms);
    void *self;
};

struct clock clock_system(void);

#endif /* MENTOR_BASE_CLOCK_H */
