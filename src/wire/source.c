#include "mentor/base/arena.h"
#include "mentor/v1/decision.pb-c.h"
#include "mentor/wire/wire.h"

#include "arena_allocator.h"

bool wire_decision_source(struct bytes decision, struct arena *arena, struct wire_source *source)
{
    ProtobufCAllocator allocator = wire_allocator(arena);
    const Mentor__V1__Decision *message =
        mentor__v1__decision__unpack(&allocator, decision.size, decision.data);
    if (message == NULL || message->source == NULL) {
        return false;
    }
    *source = (struct wire_source){
        .topic = bytes_text(message->source->topic),
        .partition = message->source->partition,
        .offset = message->source->offset,
        .event_id = bytes_text(message->source->event_id),
    };
    return true;
}
