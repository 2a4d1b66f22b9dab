/* READ and DECIDE: what the batch's citizens and applications have behind them, and every record's
 * fate. */

#include <stdlib.h>

#include "mentor/app/judge.h"
#include "mentor/app/worker.h"
#include "mentor/base/guard.h"
#include "mentor/base/log.h"
#include "mentor/core/rulebook.h"

#include "steps.h"

enum {
    KEY_SIZE = 16,
};
_Static_assert((int)KEY_SIZE == (int)UUID_SIZE && (int)KEY_SIZE == (int)CITIZEN_REF_SIZE,
               "row keys");

/* A request's key beside its place, to be sorted: rows are locked in this order, so that batches do
 * not deadlock. */
struct keyed {
    uint8_t key[KEY_SIZE];
    uint32_t request;
};

static int by_key(const void *a, const void *b)
{
    return memcmp(((const struct keyed *)a)->key, ((const struct keyed *)b)->key, KEY_SIZE);
}

static void *batch_alloc(struct worker *worker, size_t count, size_t size)
{
    void *memory = arena_alloc(&worker->lot->arena, count * size);
    CHECK(memory != NULL); /* the arena holds the largest batch several times */
    return memory;
}

static bool may_decide(const struct request *request)
{
    return request->record != NULL && request->reason == REASON_NONE;
}

/* A refused record that arms Q01 for a citizen it could be read of. */
static bool arms_citizen(const struct request *request)
{
    return request->record != NULL && request->has_citizen && reason_arms(request->reason);
}

/* The batch's own requests and entries: those of the lot from `stored` on. */
static struct request *request_at(const struct worker *worker, uint32_t place)
{
    return &worker->lot->requests[worker->lot->stored + place];
}

static const struct batch_entry *gathered_at(const struct worker *worker, uint32_t place)
{
    return &worker->lot->gathered[worker->lot->stored + place];
}

/* Rows for the requests that may be decided; *place_of names each one's. */
static void key_applications(struct worker *worker, struct keyed *keyed)
{
    struct batch_read *read = &worker->batch.read;
    uint32_t count = 0;
    for (uint32_t i = 0; i < worker->batch_count; i++) {
        if (may_decide(request_at(worker, i))) {
            memcpy(keyed[count].key, request_at(worker, i)->application->id, KEY_SIZE);
            keyed[count++].request = i;
        }
    }
    qsort(keyed, count, sizeof(*keyed), by_key);
    read->applications = batch_alloc(worker, count, sizeof(*read->applications));
    read->application_count = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (i == 0 || by_key(&keyed[i - 1], &keyed[i]) != 0) {
            struct application_row *row = &read->applications[read->application_count++];
            *row = (struct application_row){0};
            memcpy(row->id, keyed[i].key, KEY_SIZE);
        }
        worker->application_of[keyed[i].request] = read->application_count - 1;
    }
}

static void key_citizens(struct worker *worker, struct keyed *keyed)
{
    struct batch_read *read = &worker->batch.read;
    uint32_t count = 0;
    for (uint32_t i = 0; i < worker->batch_count; i++) {
        const struct request *request = request_at(worker, i);
        worker->citizen_of[i] = UINT32_MAX;
        if (may_decide(request) || arms_citizen(request)) {
            memcpy(keyed[count].key, request->citizen_ref, KEY_SIZE);
            keyed[count++].request = i;
        }
    }
    qsort(keyed, count, sizeof(*keyed), by_key);
    read->citizens = batch_alloc(worker, count, sizeof(*read->citizens));
    read->citizen_count = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (i == 0 || by_key(&keyed[i - 1], &keyed[i]) != 0) {
            struct citizen_row *row = &read->citizens[read->citizen_count++];
            *row = (struct citizen_row){0};
            memcpy(row->ref, keyed[i].key, KEY_SIZE);
        }
        worker->citizen_of[keyed[i].request] = read->citizen_count - 1;
    }
}

/* Record keys as they are, one an entry in order, so that an entry's is at its own place. */
static void key_records(struct worker *worker)
{
    struct batch_read *read = &worker->batch.read;
    read->keys = batch_alloc(worker, worker->batch_count, sizeof(*read->keys));
    read->key_count = worker->batch_count;
    for (uint32_t i = 0; i < worker->batch_count; i++) {
        const struct record *record = gathered_at(worker, i)->record;
        read->keys[i] = (struct armed_key){
            .slot = gathered_at(worker, i)->slot,
            .key = record != NULL && record->has_key ? record->key : (struct bytes){0},
        };
    }
}

static void keep(struct worker *worker, struct bytes *state)
{
    if (state->size > 0) {
        CHECK(bytes_copy(&worker->lot->arena, *state, state));
    }
}

/* The store lends states until its next call; the batch needs them until it is emitted. */
static void keep_states(struct worker *worker)
{
    struct batch_read *read = &worker->batch.read;
    for (uint32_t i = 0; i < read->application_count; i++) {
        keep(worker, &read->applications[i].state);
    }
    for (uint32_t i = 0; i < read->citizen_count; i++) {
        keep(worker, &read->citizens[i].state);
    }
}

static bool ask(struct worker *worker)
{
    struct store *store = &worker->edges.store;
    worker->reading_ahead = true;
    bool done = store->read(store->self, worker->positions, &worker->batch.read, &worker->err);
    worker->reading_ahead = false;
    return done;
}

enum step_outcome step_read(struct worker *worker)
{
    struct lot *lot = worker->lot;
    uint32_t left = lot->gathered_count - lot->stored;
    worker->batch_count = worker->limit < left ? worker->limit : left;
    lot_read(worker, lot, lot->stored + worker->batch_count);
    if (worker->poisoned && may_decide(request_at(worker, 0))) {
        request_at(worker, 0)->reason = REASON_RECORD_FAILED;
    }
    uint32_t count = worker->batch_count;
    struct keyed *keyed = batch_alloc(worker, count, sizeof(*keyed));
    worker->application_of = batch_alloc(worker, count, sizeof(uint32_t));
    worker->citizen_of = batch_alloc(worker, count, sizeof(uint32_t));
    worker->batch = (struct batch){0};
    key_applications(worker, keyed);
    key_citizens(worker, keyed);
    key_records(worker);
    if (!ask(worker)) {
        return step_of_err(worker);
    }
    keep_states(worker);
    return STEP_DONE;
}

/* PostgreSQL's clock, never below what a partition has seen. */
static bool batch_moment(struct worker *worker, int64_t *evaluated_at_ms)
{
    int64_t moment = worker->batch.read.now_ms;
    for (uint32_t i = 0; i < worker->batch_count; i++) {
        const struct position *position = &worker->positions[gathered_at(worker, i)->slot];
        if (!worker->at_event &&
            position->evaluated_at_ms > worker->batch.read.now_ms + WORKER_CLOCK_BACK_MS) {
            return err_set(
                &worker->err,
                ERR_HALT,
                "partition %d: PostgreSQL's clock is %lld ms behind the last decision; set it right",
                position->partition,
                (long long)(position->evaluated_at_ms - worker->batch.read.now_ms));
        }
        if (!worker->at_event && position->evaluated_at_ms > moment && GUARD(CLOCK_FLOOR)) {
            moment = position->evaluated_at_ms;
        }
    }
    *evaluated_at_ms = moment;
    return true;
}

/* Later records of the batch with the key of a refused one: Q01 within the partition. */
static void arm_key(struct worker *worker, uint32_t from)
{
    struct armed_key *keys = worker->batch.read.keys;
    if (keys[from].key.size == 0 || keys[from].key.size > ENVELOPE_KEY_MAX) {
        return;
    }
    for (uint32_t i = from + 1; i < worker->batch_count; i++) {
        if (keys[i].slot == keys[from].slot && bytes_equal(keys[i].key, keys[from].key)) {
            keys[i].armed = true;
        }
    }
}

static bool pack_headers(struct worker *worker, const struct request *request, struct bytes *packed)
{
    const struct record *record = request->record;
    struct bytes cpr = request->has_citizen ? request->application->cpr : (struct bytes){0};
    struct header *kept = batch_alloc(worker, record->header_count, sizeof(*kept));
    uint32_t count = 0;
    for (uint32_t i = 0; i < record->header_count; i++) {
        const struct header *header = &record->headers[i];
        bool trace = bytes_is(header->name, "traceparent") || bytes_is(header->name, "tracestate");
        if (!trace || cpr.size == 0 || !envelope_holds(header->value, cpr)) {
            kept[count++] = *header;
        }
    }
    return headers_pack(kept, count, &worker->lot->arena, packed);
}

static void quarantine(struct worker *worker, struct batch_entry *entry, uint32_t place)
{
    struct request *request = request_at(worker, place);
    struct batch *batch = &worker->batch;
    struct batch_quarantine *row = &batch->quarantines[batch->quarantine_count];
    *row = (struct batch_quarantine){
        .entry = place,
        .arms = reason_arms(request->reason),
        .has_citizen = arms_citizen(request),
        .redrives = request->envelope.redrives,
    };
    CHECK(pack_headers(worker, request, &row->headers));
    entry->fate = FATE_DLQ;
    entry->index = (int32_t)batch->quarantine_count++;
    if (row->has_citizen) {
        struct citizen_row *citizen = &batch->read.citizens[worker->citizen_of[place]];
        memcpy(row->citizen_ref, request->citizen_ref, CITIZEN_REF_SIZE);
        citizen->armed++;
        citizen->changed = true;
    }
    if (row->arms) {
        arm_key(worker, place);
    }
}

static void keep_decision(struct worker *worker,
                          struct batch_entry *entry,
                          uint32_t place,
                          const struct judgement *judgement)
{
    const struct request *request = request_at(worker, place);
    const struct decision *decision = &judgement->decision;
    struct batch *batch = &worker->batch;
    struct batch_decision *row = &batch->decisions[batch->decision_count];
    *row = (struct batch_decision){
        .entry = place,
        .version = request->application->version,
        .application_seq = batch->read.applications[worker->application_of[place]].seq,
        .citizen_seq = batch->read.citizens[worker->citizen_of[place]].seq,
        .outcome = decision->outcome,
        .has_frame = decision->has_frame,
        .total_ore = decision->frame.total_ore,
        .has_period = decision->has_period,
        .start = decision->start,
        .end = decision->end,
        .evaluated_at_ms = judgement->matter.evaluated_at_ms,
        .periods = judgement->periods,
        .conflict = judgement->matter.conflict,
        .quarantined = judgement->matter.quarantined,
        .output = judgement->output,
        .late_ms = envelope_late_ms(&request->envelope, judgement->matter.evaluated_at_ms),
    };
    memcpy(row->decision_id, decision->decision_id, UUID_SIZE);
    memcpy(row->application_id, request->application->id, UUID_SIZE);
    memcpy(row->citizen_ref, request->citizen_ref, CITIZEN_REF_SIZE);
    sha256_of(row->output, row->output_digest);
    CHECK(judge_trace(request, &worker->lot->arena, &row->trace));
    CHECK(headers_pack(request->record->headers,
                       request->record->header_count,
                       &worker->lot->arena,
                       &row->headers));
    entry->fate = FATE_DECIDED;
    entry->index = (int32_t)batch->decision_count++;
}

/* One record's fate; every row it touches has moved when it returns. */
static void decide_entry(struct worker *worker, uint32_t place, int64_t moment)
{
    struct batch *batch = &worker->batch;
    struct batch_entry *entry = &batch->entries[place];
    struct request *request = request_at(worker, place);
    *entry = *gathered_at(worker, place);
    if (request->record == NULL) {
        return;
    }
    memcpy(entry->input_digest, request->input_digest, SHA256_SIZE);
    memcpy(entry->event_key, request->event_key, EVENT_KEY_SIZE);
    entry->has_event_key = request->has_event_key;
    if (request->reason == REASON_NONE) {
        struct judge judge = {
            .rulebook = worker->rulebook,
            .topic = worker->topic,
            .evaluated_at_ms =
                worker->at_event && request->envelope.has_time ? request->envelope.time_ms : moment,
            .batch = batch->read.batch_id,
            .index = (int32_t)batch->decision_count,
            .key_armed = batch->read.keys[place].armed,
        };
        struct judgement judgement;
        entry->reason = judge_request(&judge,
                                      request,
                                      &batch->read.applications[worker->application_of[place]],
                                      &batch->read.citizens[worker->citizen_of[place]],
                                      &worker->lot->arena,
                                      &judgement);
        if (entry->reason == REASON_NONE) {
            keep_decision(worker, entry, place, &judgement);
            return;
        }
    } else {
        entry->reason = request->reason;
    }
    if (reason_status(entry->reason) == STATUS_ALREADY_EXISTS) {
        entry->fate = FATE_DUPLICATE;
        return;
    }
    enum reason before = request->reason;
    request->reason = entry->reason; /* for its quarantine row; a second round judges it anew */
    quarantine(worker, entry, place);
    request->reason = before;
}

static void move_ranges(struct worker *worker, int64_t moment)
{
    struct batch *batch = &worker->batch;
    struct batch_range *range_of[PARTITIONS_MAX] = {0};
    for (uint32_t i = 0; i < batch->entry_count; i++) {
        const struct batch_entry *entry = &batch->entries[i];
        const struct position *position = &worker->positions[entry->slot];
        struct batch_range *range = range_of[entry->slot];
        if (range == NULL) {
            range = &batch->ranges[batch->range_count++];
            range_of[entry->slot] = range;
            *range = (struct batch_range){
                .slot = entry->slot,
                .from = position->next_offset,
                .emitted_offset = position->emitted_offset,
                .evaluated_at_ms = moment,
                .last_offset = position->last_offset,
            };
            memcpy(range->last_digest, position->last_digest, SHA256_SIZE);
        }
        range->to = entry->offset + entry->count;
        if (entry->record != NULL) {
            range->last_offset = entry->offset;
            memcpy(range->last_digest, entry->input_digest, SHA256_SIZE);
        }
    }
}

enum step_outcome step_decide(struct worker *worker)
{
    struct batch *batch = &worker->batch;
    uint32_t count = worker->batch_count;
    int64_t moment = 0;
    if (!batch_moment(worker, &moment)) {
        return step_of_err(worker);
    }
    batch->entries = batch_alloc(worker, count, sizeof(*batch->entries));
    batch->decisions = batch_alloc(worker, count, sizeof(*batch->decisions));
    batch->quarantines = batch_alloc(worker, count, sizeof(*batch->quarantines));
    batch->ranges = batch_alloc(worker, worker->slot_count, sizeof(*batch->ranges));
    memcpy(batch->rulebook_sha256, worker->rulebook->sha256, SHA256_SIZE);
    for (uint32_t i = 0; i < count; i++) {
        decide_entry(worker, i, moment);
        batch->entry_count++;
    }
    move_ranges(worker, moment);
    return STEP_DONE;
}
