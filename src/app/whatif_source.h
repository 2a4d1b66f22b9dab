#ifndef MENTOR_SRC_APP_WHATIF_SOURCE_H
#define MENTOR_SRC_APP_WHATIF_SOURCE_H

/* Private to app/: where a what-if reads a log that is not the archive. The log is given with its
 * rulebook; filled and closed on true. */

#include "mentor/base/err.h"

#include "whatif_log.h"

struct context;

/* JSON Lines, or - for standard input. An application without an outcome is decided by the log's
 * rulebook at its event's time. */
MUST_CHECK bool whatif_file(struct whatif_log *log,
                            const struct context *context,
                            const char *path,
                            struct err *err);

/* The outcomes' topic and the input topic, as they are now; no application without an outcome. */
MUST_CHECK bool
whatif_kafka(struct whatif_log *log, const struct context *context, struct err *err);

#endif /* MENTOR_SRC_APP_WHATIF_SOURCE_H */
