/* DECIDE: every record's fate. */

#include "mentor/app/judge.h"
#include "mentor/app/worker.h"
#include "mentor/base/guard.h"
#include "mentor/core/rulebook.h"
#include "mentor/port/ledger.h"

#include "closing.h"
#include "headers.h"
#include "shadow.h"
#include "steps.h"
#include "stopped.h"

/* PostgreSQL's clock, never below what a partition has seen. */
static bool batch_moment(struct worker *worker, int64_t *evaluated_at_ms)
{
    const struct batch_read *read = &worker->batch.read;
    for (uint32_t i = 0; i < worker->batch_count; i++) {
        const struct position *position = &worker->positions[gathered_at(worker, i)->slot];
        if (!worker->at_event && position->evaluated_at_ms > read->now_ms + WORKER_CLOCK_BACK_MS) {
            return err_set(
                &worker->err,
                ERR_HALT,
                "partition %d: PostgreSQL's clock is %lld ms behind the last decision; set it right",
                position->partition,
                (long long)(position->evaluated_at_ms - read->now_ms));
        }
    }
    *evaluated_at_ms = read->floor_ms > read->now_ms ? read->floor_ms : read->now_ms;
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
            keys[i].armed++;
        }
    }
}

/* Whatever the reason is that it was refused for: those that do not fit would not fit here either.
 */
static bool pack_headers(struct worker *worker, const struct request *request, struct bytes *packed)
{
    const struct record *record = request->record;
    struct bytes cpr = request->has_citizen ? request->application->cpr : (struct bytes){0};
    struct header known[KNOWN_COUNT];
    bool fit = headers_fit(record);
    const struct header *came = fit ? record->headers : known;
    uint32_t came_count = fit ? record->header_count : headers_kept(record, known);
    struct header *kept = batch_alloc(worker, came_count, sizeof(*kept));
    uint32_t count = 0;
    for (uint32_t i = 0; i < came_count; i++) {
        const struct header *header = &came[i];
        bool trace = bytes_is(header->name, "traceparent") || bytes_is(header->name, "tracestate");
        if (!trace || cpr.size == 0 || !envelope_holds(header->value, cpr)) {
            kept[count++] = *header;
        }
    }
    return headers_pack(kept, count, &worker->lot->arena, packed);
}

/* `closing`: the row that it was redriven of, and now is again, or NULL. */
static void quarantine(struct worker *worker,
                       struct batch_entry *entry,
                       uint32_t place,
                       const struct batch_closing *closing)
{
    const struct request *request = request_at(worker, place);
    struct batch *batch = &worker->batch;
    struct batch_quarantine *row = &batch->quarantines[batch->quarantine_count];
    *row = (struct batch_quarantine){
        .entry = place,
        .arms = reason_arms(entry->reason),
        .has_citizen = worker->citizen_of[place] != UINT32_MAX,
        .redrives = closing != NULL ? closing->redrives + 1 : request->envelope.redrives,
        .citizen = worker->citizen_of[place],
    };
    CHECK(pack_headers(worker, request, &row->headers));
    entry->fate = FATE_DLQ;
    entry->index = (int32_t)batch->quarantine_count++;
    if (row->has_citizen) {
        memcpy(row->citizen_ref, request->citizen_ref, CITIZEN_REF_SIZE);
    }
    if (row->arms && row->has_citizen) {
        struct citizen_row *citizen = &batch->read.citizens[worker->citizen_of[place]];
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
        .citizen = worker->citizen_of[place],
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
    const struct request *request = request_at(worker, place);
    *entry = *gathered_at(worker, place);
    if (request->record == NULL) {
        return;
    }
    memcpy(entry->input_digest, request->input_digest, SHA256_SIZE);
    memcpy(entry->event_key, request->event_key, EVENT_KEY_SIZE);
    entry->has_event_key = request->has_event_key;
    const struct batch_closing *closing =
        batch->closing_count == 0 ? NULL : closing_apply(worker, place);
    if (request->reason == REASON_NONE) {
        struct judge judge = {
            .rulebook = worker->deciding,
            .topic = worker->topic,
            .evaluated_at_ms =
                worker->at_event && request->envelope.has_time ? request->envelope.time_ms : moment,
            .batch = batch->read.batch_id,
            .index = (int32_t)batch->decision_count,
            .key_armed = batch->read.keys[place].armed > 0,
        };
        struct judgement judgement;
        entry->reason = judge_request(&judge,
                                      request,
                                      &batch->read.applications[worker->application_of[place]],
                                      &batch->read.citizens[worker->citizen_of[place]],
                                      &worker->lot->arena,
                                      &judgement);
        if (entry->reason == REASON_NONE) {
            shadow_judge(worker, batch->decision_count, &judgement);
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
    quarantine(worker, entry, place, closing);
}

/* `stops`: the partition of the last entry. */
static void move_ranges(struct worker *worker, int64_t moment, bool stops)
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
            range->breaker = worker->slots[entry->slot].breaker;
        }
        range->to = entry->offset + entry->count;
        if (entry->record != NULL) {
            range->last_offset = entry->offset;
            memcpy(range->last_digest, entry->input_digest, SHA256_SIZE);
        }
    }
    if (stops) {
        range_of[batch->entries[batch->entry_count - 1].slot]->stopped = true;
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
    const struct rulebook *pinned = GUARD(RULEBOOK_PINNED) ? worker->deciding : worker->rulebook;
    memcpy(batch->rulebook_sha256, pinned->sha256, SHA256_SIZE);
    stopped_begin(worker);
    shadow_batch(worker);
    bool stops = false;
    for (uint32_t i = 0; i < count && !stops; i++) {
        decide_entry(worker, i, moment);
        batch->entry_count++;
        stops = stopped_count(worker, i);
    }
    worker->batch_count = batch->entry_count;
    move_ranges(worker, moment, stops);
    ledger_write(batch, worker->positions, &worker->lot->arena);
    return STEP_DONE;
}
