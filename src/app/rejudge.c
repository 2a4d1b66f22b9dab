#include "rejudge.h"

#include "mentor/base/arena.h"
#include "mentor/core/rulebook.h"

/* The application's decided events before this one. */
static bool events_before(const struct chronicle_decision *row, struct bytes *events)
{
    int64_t count = row->archived.application_seq - 1;
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

static const char *read_request(const struct rejudge *given,
                                const struct chronicle_decision *row,
                                struct arena *arena,
                                struct rejudged *out)
{
    const struct archived_decision *archived = &row->archived;
    out->record = (struct record){
        .partition = archived->partition,
        .offset = archived->offset,
        .has_key = true,
        .key = bytes_text("-"),
        .has_value = true,
        .value = archived->input,
    };
    if (!headers_unpack(
            archived->headers, arena, &out->record.headers, &out->record.header_count)) {
        return "its headers cannot be read";
    }
    request_read(&out->request, &out->record, REASON_NONE, given->citizen_key, arena);
    if (out->request.reason != REASON_NONE) {
        return reason_text(out->request.reason);
    }
    if (given->citizen_key == NULL) {
        memcpy(out->request.citizen_ref, archived->stored.citizen_ref, CITIZEN_REF_SIZE);
    }
    return NULL;
}

const char *rejudge(const struct rejudge *given,
                    const struct chronicle_decision *row,
                    struct arena *arena,
                    struct rejudged *out)
{
    const struct archived_decision *archived = &row->archived;
    if (archived->payload.state != PAYLOAD_WHOLE) {
        return payload_text(archived->payload.state);
    }
    const char *why = read_request(given, row, arena, out);
    if (why != NULL) {
        return why;
    }
    out->application = (struct application_row){.seq = archived->application_seq - 1};
    out->citizen = (struct citizen_row){.seq = archived->stored.citizen_seq - 1,
                                        .armed = archived->quarantined ? 1 : 0,
                                        .state = archived->periods};
    if (!events_before(row, &out->application.state)) {
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
