#ifndef MENTOR_SRC_APP_WATCH_H
#define MENTOR_SRC_APP_WATCH_H

/*
 * Private to app/: /metrics, /healthz and /readyz of a worker. A thread looks at broker and
 * database every few seconds with clients of its own, since an idle worker asks neither, and tells
 * the log's ends and the open quarantine; the pages themselves wait for nobody.
 */

#include <stdint.h>

#include "mentor/base/check.h"

struct context;
struct err;
struct metrics;
struct watch;

/*
 * Listens on --metrics-listen. The lanes' metrics outlive it; their clock is the context's.
 * ERR_FATAL: the address is none; ERR_RETRY: it cannot be listened on.
 */
MUST_CHECK struct watch *watch_open(struct context *context,
                                    const struct metrics *const *lanes,
                                    uint32_t lane_count,
                                    struct err *err);
/* May wait for a question that is out: 3 s for a broker, 75 s for a database that hangs. */
void watch_close(struct watch **watch);

#endif /* MENTOR_SRC_APP_WATCH_H */
