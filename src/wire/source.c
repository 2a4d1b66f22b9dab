#include <string.h>

#include "mentor/base/arena.h"
#include "mentor/v1/decision.pb-c.h"
#include "mentor/wire/rfc3339.h"
#include "mentor/wire/wire.h"

#include "arena_allocator.h"

static const Mentor__V1__Decision *
unpack(struct bytes decision, struct arena *arena, struct wire_source *source)
{
    ProtobufCAllocator allocator = wire_allocator(arena);
    const Mentor__V1__Decision *message =
        mentor__v1__decision__unpack(&allocator, decision.size, decision.data);
    if (message == NULL || message->source == NULL) {
        return NULL;
    }
    *source = (struct wire_source){
        .topic = bytes_text(message->source->topic),
        .partition = message->source->partition,
        .offset = message->source->offset,
        .event_id = bytes_text(message->source->event_id),
    };
    return message;
}

bool wire_decision_source(struct bytes decision, struct arena *arena, struct wire_source *source)
{
    return unpack(decision, arena, source) != NULL;
}

static bool has_finding(const Mentor__V1__Decision *message, const char *rule)
{
    for (size_t i = 0; i < message->n_findings; i++) {
        if (strcmp(message->findings[i]->rule, rule) == 0) {
            return true;
        }
    }
    return false;
}

bool wire_decision_provenance(struct bytes decision,
                              struct arena *arena,
                              struct wire_provenance *provenance)
{
    const Mentor__V1__Decision *message = unpack(decision, arena, &provenance->source);
    if (message == NULL || message->rulebook == NULL || message->evaluated_at == NULL) {
        return false;
    }
    struct rfc3339 moment = {message->evaluated_at->seconds, message->evaluated_at->nanos};
    if (moment.seconds < RFC3339_FIRST || moment.seconds > RFC3339_LAST) {
        return false;
    }
    provenance->application_id = bytes_text(message->application_id);
    provenance->evaluated_at_ms = rfc3339_ms(moment);
    provenance->rulebook_sha256 =
        bytes_of(message->rulebook->sha256.data, message->rulebook->sha256.len);
    provenance->quarantined = has_finding(message, "Q01");
    provenance->conflict = has_finding(message, "D06");
    provenance->decision_id = bytes_text(message->decision_id);
    provenance->citizen_ref = bytes_text(message->citizen_ref);
    provenance->version = message->version;
    provenance->outcome = (int)message->outcome;
    provenance->has_total = message->frame != NULL;
    provenance->total_ore = message->frame == NULL ? 0 : message->frame->total_ore;
    provenance->has_period = message->period != NULL;
    provenance->start_date = bytes_text(message->period == NULL ? "" : message->period->start_date);
    provenance->end_date = bytes_text(message->period == NULL ? "" : message->period->end_date);
    return true;
}
