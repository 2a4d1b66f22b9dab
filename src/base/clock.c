#include "mentor/base/clock.h"

#include <errno.h>
#include <stddef.h>
#include <time.h>

static int64_t wall_ms(void *self)
{
    (void)self;
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int64_t mono_us(void *self)
{
    (void)self;
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* A signal cuts it short, so that Ctrl-C is heard. */
static void sleep_ms(void *self, uint32_t ms)
{
    (void)self;
    struct timespec wait = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};
    (void)nanosleep(&wait, NULL);
}

struct clock clock_system(void)
{
    return (struct clock){.wall_ms = wall_ms, .mono_us = mono_us, .sleep_ms = sleep_ms};
}
