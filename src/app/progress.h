#ifndef MENTOR_SRC_APP_PROGRESS_H
#define MENTOR_SRC_APP_PROGRESS_H

/* Private to app/: how far long work is, on a terminal, from the second second on. */

#include <stdbool.h>
#include <stdint.h>

#include "mentor/base/clock.h"

struct progress {
    struct clock clock;
    const char *what; /* "applications" */
    bool shown;
    bool terminal;
    int64_t begun_us;
    int64_t last_us;
    int64_t count;
};

void progress_begin(struct progress *progress, struct clock clock, const char *what);
void progress_add(struct progress *progress, int64_t more);
/* Clears the line. */
void progress_end(struct progress *progress);

#endif /* MENTOR_SRC_APP_PROGRESS_H */
