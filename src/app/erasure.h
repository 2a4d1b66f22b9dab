#ifndef MENTOR_SRC_APP_ERASURE_H
#define MENTOR_SRC_APP_ERASURE_H

/* Private to app/: `mentord audit erase`, `mentord audit retain` and `mentord audit rekey`. */

#include <stdbool.h>
#include <stdint.h>

#include "mentor/base/check.h"

struct context;

/* The exit code. */
int audit_erase_citizen(struct context *context);
int audit_retain(struct context *context);
int audit_rekey(struct context *context);

/* There is a --why; false: a usage error, said by now. */
MUST_CHECK bool erasure_has_why(const struct context *context);

/*
 * The moment that a text names: an age before now_ms (90d, 8w, 18m, 5y: calendar months and years,
 * from the beginning of that day in Denmark), a day, which begins in Denmark, or an RFC 3339 time.
 */
MUST_CHECK bool erasure_moment(const char *text, int64_t now_ms, int64_t *ms);

#endif /* MENTOR_SRC_APP_ERASURE_H */
