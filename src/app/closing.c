#include "closing.h"

#include <stdlib.h>

#include "mentor/app/worker.h"
#include "mentor/base/log.h"

#include "place.h"
#include "steps.h"

static const char redrive_of[] = "mentor-redrive-of";

/* The place that a record names; false for a header that says nothing we may believe. */
static bool names_row(const struct worker *worker, const struct request *request, struct place *row)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < request->record->header_count; i++) {
        count += bytes_is(request->record->headers[i].name, redrive_of) ? 1 : 0;
    }
    return count == 1 && place_parse(request->envelope.redrive_of, row) &&
           bytes_equal(row->topic, worker->topic);
}

static uint32_t count_redriven(const struct worker *worker)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < worker->batch_count; i++) {
        const struct request *request = request_at(worker, i);
        count += request->record != NULL && request->envelope.redrive_of.size > 0 ? 1 : 0;
    }
    return count;
}

/* The record is the row's: another value under its name would leave the row's fact unknown. */
static bool is_same(const struct worker *worker, const struct batch_closing *closing)
{
    const struct request *request = request_at(worker, closing->entry);
    const struct record *record = request->record;
    return closing->open && closing->has_key == record->has_key &&
           bytes_equal(closing->key, record->key) && closing->has_value == record->has_value &&
           (!record->has_value ||
            memcmp(closing->value_digest, request->input_digest, SHA256_SIZE) == 0);
}

/* Rows are locked in this order, by every batch. */
static int by_row(const void *a, const void *b)
{
    const struct batch_closing *left = a;
    const struct batch_closing *right = b;
    if (left->progress_id != right->progress_id) {
        return left->progress_id < right->progress_id ? -1 : 1;
    }
    if (left->offset != right->offset) {
        return left->offset < right->offset ? -1 : 1;
    }
    return (left->entry > right->entry) - (left->entry < right->entry);
}

static void keep_same(struct worker *worker, uint32_t count)
{
    struct batch *batch = &worker->batch;
    for (uint32_t i = 0; i < count; i++) {
        struct batch_closing *closing = &batch->closings[i];
        if (is_same(worker, closing)) {
            closing->citizen = UINT32_MAX;
            closing->key = (struct bytes){0}; /* it was lent, and is the record's */
            batch->closings[batch->closing_count++] = *closing;
        } else if (closing->open) {
            LOG(LOG_LEVEL_WARN,
                "redrive.unlike",
                LOG_NUMBER("partition", closing->partition),
                LOG_NUMBER("offset", closing->offset),
                LOG_TEXT("why",
                         "a record says that it is this one redriven, and holds another key or "
                         "value; the row stays open"));
        }
    }
    qsort(batch->closings, batch->closing_count, sizeof(*batch->closings), by_row);
}

bool closings_find(struct worker *worker)
{
    struct batch *batch = &worker->batch;
    struct store *store = &worker->edges.store;
    uint32_t redriven = count_redriven(worker);
    uint32_t count = 0;
    if (redriven == 0) {
        return true;
    }
    batch->closings = batch_alloc(worker, redriven, sizeof(*batch->closings));
    for (uint32_t i = 0; i < worker->batch_count; i++) {
        const struct request *request = request_at(worker, i);
        struct place row;
        if (request->record != NULL && request->envelope.redrive_of.size > 0 &&
            names_row(worker, request, &row)) {
            batch->closings[count++] = (struct batch_closing){
                .entry = i, .partition = row.partition, .offset = row.offset};
        }
    }
    if (count > 0 && !store->redriven(store->self, batch->closings, count, &worker->err)) {
        return false;
    }
    keep_same(worker, count);
    return true;
}

/* The row's key, which is its record's, from that record on. */
static void disarm_key(struct worker *worker, const struct batch_closing *closing)
{
    struct armed_key *keys = worker->batch.read.keys;
    for (uint32_t i = closing->entry; i < worker->batch_count; i++) {
        if (worker->positions[keys[i].slot].partition == closing->partition && keys[i].armed > 0 &&
            bytes_equal(keys[i].key, keys[closing->entry].key)) {
            keys[i].armed--;
        }
    }
}

static void disarm_citizen(struct worker *worker, const struct batch_closing *closing)
{
    if (closing->citizen == UINT32_MAX) {
        return;
    }
    struct citizen_row *citizen = &worker->batch.read.citizens[closing->citizen];
    if (citizen->armed > 0) {
        citizen->armed--;
        citizen->changed = true;
    }
}

static struct batch_closing *closing_of(struct batch *batch, uint32_t place)
{
    for (uint32_t i = 0; i < batch->closing_count; i++) {
        if (batch->closings[i].entry == place) {
            return &batch->closings[i];
        }
    }
    return NULL;
}

/* By an earlier copy in the same batch: the one before it in order. */
static bool is_closed(const struct batch *batch, const struct batch_closing *closing)
{
    return closing > batch->closings && closing[-1].progress_id == closing->progress_id &&
           closing[-1].offset == closing->offset;
}

const struct batch_closing *closing_apply(struct worker *worker, uint32_t place)
{
    struct batch *batch = &worker->batch;
    struct batch_closing *closing = closing_of(batch, place);
    if (closing == NULL || is_closed(batch, closing)) {
        return NULL;
    }
    closing->closed = true;
    if (closing->arms) {
        disarm_key(worker, closing);
        disarm_citizen(worker, closing);
    }
    return closing;
}
