#ifndef APP_SPANS_H
#define APP_SPANS_H

/*
 * The batches that there are, span by span, for jobs that share the work. Where no batch is, no
 * span is: a number that somebody has altered may lie anywhere, and is come to all the same.
 */

#include <pthread.h>

#include "mentor/port/chronicle.h"

enum {
    SPAN_BATCHES_MAX = 256,
    SPAN_DECISIONS_MAX = 65536, /* that are meant to be in one: more would not save anything */
    SPAN_DECISIONS_MIN = 4096,  /* a span is as much to begin as some hundreds of decisions */
};

struct spans {
    pthread_mutex_t mutex;
    int64_t next;
    int64_t last;
    uint32_t job_count;
    int64_t width_min; /* in batches */
    int64_t width_max;
};

/* From the first batch on; again for another round. Wide spans first, and narrow ones in the end,
 * so that the jobs end together. */
void spans_begin(struct spans *spans, const struct chronicle_facts *facts, uint32_t job_count);

/* From *batch to before *batch_end, at most SPAN_BATCHES_MAX; equal: there are no more. */
MUST_CHECK bool spans_take(struct spans *spans,
                           struct chronicle *chronicle,
                           int64_t *batch,
                           int64_t *batch_end,
                           struct err *err);

#endif /* APP_SPANS_H */
