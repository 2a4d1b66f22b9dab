#ifndef MENTOR_SRC_APP_TOPIC_ALL_H
#define MENTOR_SRC_APP_TOPIC_ALL_H

/* Private to app/: every record of a topic, from the first that it still has to where it ended when
 * it was opened, partitions in any order. */

#include <stdbool.h>
#include <stdint.h>

#include "mentor/base/err.h"
#include "mentor/port/topic.h"

struct context;

struct topic_all {
    const char *name; /* borrowed */
    struct topic_reader reader;
    struct topic_bounds *bounds; /* owned */
    uint32_t count;
};

/* Asks for the bounds. topic_all_release() also after false. */
MUST_CHECK bool topic_all_open(struct topic_all *topic,
                               const struct context *context,
                               const char *name,
                               struct err *err);
/* Once; the record is borrowed for the call. Fails as topic_next(). */
MUST_CHECK bool topic_all_read(struct topic_all *topic,
                               void (*look)(void *self, const struct record *record),
                               void *self,
                               struct err *err);
void topic_all_release(struct topic_all *topic);

/* Partitions whose first records are gone. */
uint32_t topic_all_cut(const struct topic_all *topic);

#endif /* MENTOR_SRC_APP_TOPIC_ALL_H */
