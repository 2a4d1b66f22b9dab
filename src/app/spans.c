#include "spans.h"

#include "mentor/base/check.h"

/* By what the ledger counts, which may be altered. */
static int64_t width_of(const struct chronicle_facts *facts)
{
    double decisions = facts->decided > 0 ? (double)facts->decided : 1;
    double batches = (double)facts->batch_last - (double)facts->batch_first + 1;
    double fit = SPAN_DECISIONS * batches / decisions;
    return fit < 1 ? 1 : fit > SPAN_BATCHES_MAX ? SPAN_BATCHES_MAX : (int64_t)fit;
}

void spans_begin(struct spans *spans, const struct chronicle_facts *facts)
{
    *spans = (struct spans){.next = facts->batch_first, .width = width_of(facts)};
    CHECK(pthread_mutex_init(&spans->mutex, NULL) == 0);
}

bool spans_take(struct spans *spans,
                struct chronicle *chronicle,
                int64_t *batch,
                int64_t *batch_end,
                struct err *err)
{
    (void)pthread_mutex_lock(&spans->mutex);
    bool done = chronicle->next_batch(chronicle->self, spans->next, batch, err);
    if (done) {
        *batch_end = *batch > INT64_MAX - spans->width ? INT64_MAX : *batch + spans->width;
        spans->next = *batch_end;
    }
    (void)pthread_mutex_unlock(&spans->mutex);
    return done;
}
