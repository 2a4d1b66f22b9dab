#ifndef MENTOR_SRC_APP_TOPIC_NEXT_H
#define MENTOR_SRC_APP_TOPIC_NEXT_H

#include "mentor/base/check.h"
#include "mentor/base/err.h"
#include "mentor/port/topic.h"

/* Private to app/: waits for the next record of a reader that was started. 1: *record, borrowed
 * until the next call; 0: the end; -1: *err, ERR_RETRY when the broker sends nothing for half a
 * minute, and not its end. `name` is the topic's, to be told. */
MUST_CHECK int topic_next(const struct topic_reader *reader,
                          const char *name,
                          struct record *record,
                          struct err *err);

#endif /* MENTOR_SRC_APP_TOPIC_NEXT_H */
