#include "progress.h"

#include <stdio.h>
#include <unistd.h>

enum {
    CLOCK_EVERY = 256, /* the clock is not asked for each one */
    FIRST_US = 2000000,
    NEXT_US = 500000,
};

void progress_begin(struct progress *progress, struct clock clock, const char *what)
{
    *progress = (struct progress){.clock = clock, .what = what};
    progress->terminal = isatty(STDERR_FILENO) == 1;
    progress->begun_us = clock.mono_us(clock.self);
    progress->last_us = progress->begun_us + FIRST_US - NEXT_US;
}

void progress_add(struct progress *progress, int64_t more)
{
    int64_t before = progress->count / CLOCK_EVERY;
    progress->count += more;
    if (!progress->terminal || progress->count / CLOCK_EVERY == before) {
        return;
    }
    int64_t now = progress->clock.mono_us(progress->clock.self);
    if (now - progress->last_us < NEXT_US) {
        return;
    }
    progress->last_us = now;
    progress->shown = true;
    (void)fprintf(stderr,
                  "\r%lld %s, %lld/s ",
                  (long long)progress->count,
                  progress->what,
                  (long long)(progress->count * 1000000 / (now - progress->begun_us + 1)));
}

void progress_end(struct progress *progress)
{
    if (progress->shown) {
        (void)fputs("\r\033[K", stderr);
    }
}
