#include "rejudge.h"

#include "mentor/base/arena.h"
#include "mentor/core/rulebook.h"

/* The first so many of the application's decided events. */
static bool first_events(const struct chronicle_decision *row, int64_t count, struct bytes *events)
{
    *events = (struct bytes){0};
    if (count < 0 || count > UINT32_MAX || !history_events_valid(row->events) ||
        (count > 0 && history_event_count(row->events) < (uint32_t)count)) {
        return false;
    }
    if (count > 0) {
        *events = bytes_of(row->events.data, (size_t)count * HISTORY_EVENT_SIZE);
    }
    return true;
}

bool rejudge_record(const struct archived_decision *archived,
                    struct arena *arena,
                    struct record *record)
{
    *record = (struct record){
        .partition = archived->partition,
        .offset = archived->offset,
        .has_key = true,
        .key = bytes_text("-"),
        .has_value = true,
        .value = archived->input,
    };
    return archived->payload.state == PAYLOAD_WHOLE &&
           headers_unpack(archived->headers, arena, &record->headers, &record->header_count);
}

const char *rejudge_request(const struct archived_decision *archived,
                            const struct rejudge *given,
                            struct arena *arena,
                            struct record *record,
                            struct request *request)
{
    if (archived->payload.state != PAYLOAD_WHOLE) {
        return payload_text(archived->payload.state);
    }
    if (!rejudge_record(archived, arena, record)) {
        return "its headers cannot be read";
    }
    if (given->lean && archived->application_seq == 1) {
        request_read_again(request, record, given->citizen_key, arena);
    } else {
        request_read(request, record, REASON_NONE, given->citizen_key, arena);
    }
    if (request->reason != REASON_NONE) {
        return reason_text(request->reason);
    }
    if (given->citizen_key == NULL) {
        memcpy(request->citizen_ref, archived->stored.citizen_ref, CITIZEN_REF_SIZE);
    }
    return NULL;
}

const char *rejudge(const struct rejudge *given,
                    const struct chronicle_decision *row,
                    struct arena *arena,
                    struct rejudged *out)
{
    const struct archived_decision *archived = &row->archived;
    const char *why = rejudge_request(archived, given, arena, &out->record, &out->request);
    if (why != NULL) {
        return why;
    }
    out->application = (struct application_row){.seq = archived->application_seq - 1};
    out->citizen = (struct citizen_row){.seq = archived->stored.citizen_seq - 1,
                                        .armed = archived->quarantined ? 1 : 0,
                                        .state = archived->periods};
    if (!first_events(row, archived->application_seq - 1, &out->application.state)) {
        return "the application's row lacks the decisions before it";
    }
    if (!history_periods_valid(archived->periods)) {
        return "the history considered is damaged";
    }
    struct judge judge = {
        .rulebook = given->rulebook,
        .topic = given->topic,
        .evaluated_at_ms = archived->stored.evaluated_at_ms,
        .batch = archived->batch,
        .index = archived->index,
        .key_armed = archived->quarantined,
    };
    enum reason reason = judge_request(
        &judge, &out->request, &out->application, &out->citizen, arena, &out->judgement);
    if (reason != REASON_NONE) {
        return reason_text(reason);
    }
    return judge_trace(&out->request, arena, &out->trace) ? NULL
                                                          : reason_text(REASON_RECORD_FAILED);
}

bool rejudge_left_events(const struct chronicle_decision *row, struct bytes *events)
{
    return row->archived.application_seq > 0 &&
           first_events(row, row->archived.application_seq, events);
}

struct bytes rejudge_left_periods(const struct chronicle_decision *row, struct arena *arena)
{
    const struct archived_decision *archived = &row->archived;
    struct bytes before = archived->periods;
    if (archived->conflict || !history_periods_valid(before)) {
        return before;
    }
    uint8_t *to = arena_alloc(arena, before.size + HISTORY_PERIOD_SIZE);
    struct history_period period = {.start = row->start, .end = row->end};
    CHECK(to != NULL);
    memcpy(period.application_id, row->application_id, UUID_SIZE);
    return history_period_settle(
        before, &period, archived->stored.outcome == OUTCOME_IS_APPROVED, to);
}

/* A part that the stored row has otherwise. */
static uint32_t unlike(bool same, enum rejudge_part part)
{
    return same ? 0 : UINT32_C(1) << part;
}

uint32_t rejudge_compare(const struct rejudge *given,
                         const struct chronicle_decision *row,
                         const struct rejudged *made)
{
    const struct decision *decision = &made->judgement.decision;
    const struct application *application = made->request.application;
    const struct stored_output *stored = &row->archived.stored;
    bool same_total = row->has_total == decision->has_frame &&
                      (!row->has_total || row->total_ore == decision->frame.total_ore);
    bool same_period =
        row->has_period == decision->has_period &&
        (!row->has_period || (row->start == decision->start && row->end == decision->end));
    int64_t late_ms = envelope_late_ms(&made->request.envelope, stored->evaluated_at_ms);
    return unlike(bytes_equal(stored->output, made->judgement.output), REJUDGE_OUTPUT) |
           unlike(memcmp(stored->decision_id, decision->decision_id, UUID_SIZE) == 0,
                  REJUDGE_DECISION_ID) |
           unlike(memcmp(row->application_id, application->id, UUID_SIZE) == 0,
                  REJUDGE_APPLICATION_ID) |
           unlike(row->version == application->version, REJUDGE_VERSION) |
           unlike(given->citizen_key == NULL ||
                      memcmp(stored->citizen_ref, made->request.citizen_ref, CITIZEN_REF_SIZE) == 0,
                  REJUDGE_CITIZEN_REF) |
           unlike(stored->outcome == decision->outcome, REJUDGE_OUTCOME) |
           unlike(same_total, REJUDGE_AMOUNT) | unlike(same_period, REJUDGE_PERIOD) |
           unlike(row->archived.conflict == made->judgement.matter.conflict, REJUDGE_CONFLICT) |
           unlike(stored->late_ms == late_ms, REJUDGE_LATENESS) |
           unlike(bytes_equal(stored->trace, made->trace), REJUDGE_TRACE);
}

const char *rejudge_part_name(uint32_t parts)
{
    static const char *const names[] = {
#define X(name, text) text,
        REJUDGE_PARTS(X)
#undef X
    };
    uint32_t part = 0;
    CHECK(parts != 0);
    while ((parts & UINT32_C(1) << part) == 0) {
        part++;
    }
    return names[part];
}
