#ifndef MENTOR_SRC_APP_AUDIT_OUTPUTS_H
#define MENTOR_SRC_APP_AUDIT_OUTPUTS_H

/* Private to app/: between audit_topics.c, which reads the output topics, and audit_outputs.c,
 * which looks at their records. */

#include "mentor/port/record.h"
#include "mentor/port/topic.h"

#include "audit.h"
#include "keeper.h"

/* One output topic, from its beginning to its end. */
struct audit_topic {
    const char *name;
    struct topic_reader reader;
    int64_t *ends; /* owned; where its partitions ended before the moment */
    uint32_t count;
    bool shortened; /* it does not begin at 0: the broker has dropped records */
};

struct audit_topics {
    struct audit_topic decisions;
    struct audit_topic dlq;
    struct audit_topic anchors; /* may not be there */
    struct audit_topic input;   /* only asked how it is */
    struct topic_writer asker;  /* likewise, of its cluster */
    struct arena arena;         /* owned */
    struct keeper citizens;     /* last mentor-seq and input partition of each */
    int64_t checked[INVARIANT_COUNT];
};

/* A record of an output topic, and where it says its input was. */
struct audit_output {
    struct audit *audit;
    struct audit_topics *topics;
    const struct audit_topic *topic;
    const struct record *record;
    struct audit_position *position; /* NULL: of no known one */
    int64_t offset;                  /* of its input */
    struct audit_place place;        /* of itself */
};

/* False when the database could not be asked: *err. */
MUST_CHECK bool audit_output_decision(struct audit_output *output, struct err *err);
MUST_CHECK bool audit_output_refused(struct audit_output *output, struct err *err);
/* audit_anchors.c: an anchor. */
MUST_CHECK bool audit_output_anchor(struct audit_output *output, struct err *err);

#endif /* MENTOR_SRC_APP_AUDIT_OUTPUTS_H */
