#include "mentor/app/judge.h"

#include "mentor/base/arena.h"
#include "mentor/core/date.h"
#include "mentor/core/rulebook.h"
#include "mentor/wire/wire.h"

/* What the application's decided events say of this one. */
struct past {
    bool any;
    struct history_event newest; /* the decided version with the highest number */
};

static enum reason
compare_events(const struct request *request, struct bytes state, struct past *past)
{
    uint32_t version = request->application->version;
    bool content_known = false;
    *past = (struct past){0};
    for (uint32_t i = 0; i < history_event_count(state); i++) {
        struct history_event event = history_event_at(state, i);
        bool same = memcmp(event.content, request->content, SHA256_SIZE) == 0;
        if (memcmp(event.event_key, request->event_key, EVENT_KEY_SIZE) == 0) {
            return same ? REASON_DUPLICATE_EVENT : REASON_EVENT_CONFLICT;
        }
        content_known = content_known || (same && event.version == version);
        if (!event.conflict && (!past->any || event.version > past->newest.version)) {
            past->any = true;
            past->newest = event;
        }
    }
    if (content_known) {
        return REASON_DUPLICATE_CONTENT;
    }
    return past->any && version < past->newest.version ? REASON_VERSION_OUTDATED : REASON_NONE;
}

static bool remember(const struct judge *judge,
                     const struct request *request,
                     const struct judgement *judgement,
                     struct application_row *application,
                     struct citizen_row *citizen,
                     struct arena *arena)
{
    uint8_t *events = arena_alloc(arena, application->state.size + HISTORY_EVENT_SIZE);
    uint8_t *periods = arena_alloc(arena, citizen->state.size + HISTORY_PERIOD_SIZE);
    if (events == NULL || periods == NULL) {
        return false;
    }
    struct history_event event = {
        .version = request->application->version,
        .conflict = judgement->matter.conflict,
        .evaluated_at_ms = judge->evaluated_at_ms,
        .batch = judge->batch,
        .index = judge->index,
    };
    memcpy(event.event_key, request->event_key, EVENT_KEY_SIZE);
    memcpy(event.content, request->content, SHA256_SIZE);
    application->state = history_event_append(application->state, &event, events);
    application->seq++;
    application->changed = true;
    if (!event.conflict) {
        const struct decision *decision = &judgement->decision;
        struct history_period period = {.start = decision->start, .end = decision->end};
        memcpy(period.application_id, request->application->id, UUID_SIZE);
        citizen->state = history_period_settle(
            citizen->state, &period, decision->outcome == OUTCOME_IS_APPROVED, periods);
    }
    citizen->seq++;
    citizen->changed = true;
    return true;
}

static void fill_matter(const struct judge *judge,
                        const struct request *request,
                        const struct past *past,
                        const struct citizen_row *citizen,
                        struct matter *matter)
{
    uint32_t version = request->application->version;
    *matter = (struct matter){
        .application = request->application,
        .rulebook = judge->rulebook,
        .law = rulebook_law(judge->rulebook, date_in_denmark(judge->evaluated_at_ms)),
        .evaluated_at_ms = judge->evaluated_at_ms,
        .periods = citizen->state,
        .conflict = past->any && past->newest.version == version,
        .quarantined = judge->key_armed || citizen->armed > 0,
        .superseding = past->any && past->newest.version < version,
    };
    memcpy(matter->event_key, request->event_key, EVENT_KEY_SIZE);
    memcpy(matter->citizen_ref, request->citizen_ref, CITIZEN_REF_SIZE);
    if (matter->superseding) {
        decision_id_of(request->application->id,
                       past->newest.version,
                       past->newest.event_key,
                       past->newest.evaluated_at_ms,
                       matter->supersedes);
    }
}

enum reason judge_request(const struct judge *judge,
                          const struct request *request,
                          struct application_row *application,
                          struct citizen_row *citizen,
                          struct arena *arena,
                          struct judgement *judgement)
{
    struct past past;
    enum reason reason = compare_events(request, application->state, &past);
    if (reason != REASON_NONE) {
        return reason;
    }
    fill_matter(judge, request, &past, citizen, &judgement->matter);
    if (judgement->matter.law == NULL) {
        return REASON_NO_LAW;
    }
    decide(&judgement->matter, &judgement->decision);
    judgement->periods = citizen->state;
    struct wire_source source = {
        .topic = judge->topic,
        .partition = request->record->partition,
        .offset = request->record->offset,
        .event_id = request->envelope.id,
    };
    if (!wire_encode_decision(&judgement->decision, &source, arena, &judgement->output) ||
        !remember(judge, request, judgement, application, citizen, arena)) {
        return REASON_RECORD_FAILED;
    }
    return REASON_NONE;
}

bool judge_trace(const struct request *request, struct arena *arena, struct bytes *trace)
{
    struct header headers[2];
    uint32_t count = 0;
    if (request->envelope.traceparent.size > 0) {
        headers[count++] =
            (struct header){bytes_text("traceparent"), request->envelope.traceparent};
    }
    if (request->envelope.tracestate.size > 0) {
        headers[count++] = (struct header){bytes_text("tracestate"), request->envelope.tracestate};
    }
    *trace = (struct bytes){0};
    return count == 0 || headers_pack(headers, count, arena, trace);
}
