#include "spans.h"

#include "mentor/base/check.h"

static int64_t within(double width, int64_t least, int64_t most)
{
    return width < (double)least ? least : width > (double)most ? most : (int64_t)width;
}

void spans_begin(struct spans *spans, const struct chronicle_facts *facts, uint32_t job_count)
{
    /* By what the ledger counts, which may be altered. */
    double decisions = facts->decided > 0 ? (double)facts->decided : 1;
    double batches = (double)facts->batch_last - (double)facts->batch_first + 1;
    double width = batches / decisions;
    *spans = (struct spans){
        .next = facts->batch_first,
        .last = facts->batch_last,
        .job_count = job_count,
        .width_min = within(SPAN_DECISIONS_MIN * width, 1, SPAN_BATCHES_MAX),
        .width_max = within(SPAN_DECISIONS_MAX * width, 1, SPAN_BATCHES_MAX),
    };
    CHECK(pthread_mutex_init(&spans->mutex, NULL) == 0);
}

/* Half of what is left, shared by the jobs. */
static int64_t width_from(const struct spans *spans, int64_t batch)
{
    double left = (double)spans->last - (double)batch + 1;
    return within(left / (2.0 * spans->job_count), spans->width_min, spans->width_max);
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
        int64_t width = width_from(spans, *batch);
        *batch_end = *batch > INT64_MAX - width ? INT64_MAX : *batch + width;
        spans->next = *batch_end;
    }
    (void)pthread_mutex_unlock(&spans->mutex);
    return done;
}
