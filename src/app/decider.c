#include "decider.h"

#include "mentor/app/judge.h"
#include "mentor/app/outcome.h"
#include "mentor/wire/cloudevent.h"
#include "mentor/wire/json_memory.h"

enum {
    ARENA_SIZE = 64 * 1024 * 1024, /* a line of 4 MiB, decoded */
    JSON_ARENA_SIZE = 4 * 1024 * 1024,
};

static bool tell(struct decider *decider,
                 const struct request *request,
                 const struct judgement *judgement,
                 int64_t citizen_seq,
                 struct record *record)
{
    const struct decision *decision = &judgement->decision;
    struct stored_output output = {
        .citizen_seq = citizen_seq,
        .outcome = decision->outcome,
        .evaluated_at_ms = judgement->matter.evaluated_at_ms,
        .late_ms = envelope_late_ms(&request->envelope, judgement->matter.evaluated_at_ms),
        .output = judgement->output,
    };
    struct outcome_source source = {0};
    memcpy(output.decision_id, decision->decision_id, UUID_SIZE);
    memcpy(output.citizen_ref, judgement->matter.citizen_ref, CITIZEN_REF_SIZE);
    return judge_trace(request, &decider->arena, &output.trace) &&
           outcome_record(&output, &source, &decider->arena, record);
}

void decider_judge(struct decider *decider,
                   const struct request *request,
                   const struct judge *judge,
                   struct judgement *judgement,
                   struct verdict *verdict)
{
    struct keeper_row *kept_application =
        keeper_row(&decider->applications, request->application->id);
    struct keeper_row *kept_citizen = keeper_row(&decider->citizens, request->citizen_ref);
    struct application_row application = {
        .seq = kept_application->seq,
        .state = bytes_of(kept_application->state, kept_application->size),
    };
    struct citizen_row citizen = {
        .seq = kept_citizen->seq,
        .state = bytes_of(kept_citizen->state, kept_citizen->size),
    };
    verdict->reason =
        judge_request(judge, request, &application, &citizen, &decider->arena, judgement);
    if (verdict->reason != REASON_NONE) {
        return;
    }
    if (!tell(decider, request, judgement, citizen.seq, &verdict->record)) {
        verdict->reason = REASON_RECORD_FAILED;
        return;
    }
    keeper_row_set(kept_application, application.seq, application.state);
    keeper_row_set(kept_citizen, citizen.seq, citizen.state);
}

void decider_read(struct decider *decider,
                  struct bytes line,
                  int64_t now_ms,
                  struct request *request,
                  struct verdict *verdict)
{
    arena_rewind(&decider->arena, (struct arena_mark){0});
    arena_rewind(&decider->json, (struct arena_mark){0});
    struct record *record = &verdict->input;
    char *why = verdict->why;
    why[0] = '\0';
    *record = (struct record){0};
    enum reason reason =
        cloudevent_read(line, now_ms, &decider->arena, record, why, VERDICT_WHY_SIZE);
    if (reason == REASON_NONE || record->header_count > 0) {
        /* A file has no record key; citizens are told apart by citizen_ref alone. */
        record->has_key = true;
        record->key = bytes_text("file");
        record->has_value = record->has_value || reason != REASON_NONE;
        request_read(request, record, reason, &decider->citizen_key, &decider->arena);
        if (request->reason != reason) {
            why[0] = '\0';
        }
        reason = request->reason;
    }
    verdict->reason = reason;
}

void decider_line(struct decider *decider, struct bytes line, struct verdict *verdict)
{
    int64_t now_ms = decider->clock.wall_ms(decider->clock.self);
    struct request request;
    decider_read(decider, line, now_ms, &request, verdict);
    if (verdict->reason != REASON_NONE) {
        return;
    }
    struct judge judge = {
        .rulebook = decider->rulebook,
        .evaluated_at_ms = decider->moment == MOMENT_FIXED ? decider->fixed_ms : now_ms,
    };
    if (decider->moment == MOMENT_EVENT && request.envelope.has_time) {
        judge.evaluated_at_ms = request.envelope.time_ms;
    }
    struct judgement judgement;
    decider_judge(decider, &request, &judge, &judgement, verdict);
}

bool decider_init(struct decider *decider)
{
    bool done =
        arena_init(&decider->arena, ARENA_SIZE) && arena_init(&decider->json, JSON_ARENA_SIZE);
    if (done) {
        json_memory_use(&decider->json);
    }
    return done;
}

void decider_release(struct decider *decider)
{
    json_memory_use(NULL);
    arena_release(&decider->arena);
    arena_release(&decider->json);
    keeper_release(&decider->applications);
    keeper_release(&decider->citizens);
}
