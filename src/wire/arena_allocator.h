#ifndef MENTOR_SRC_WIRE_ARENA_ALLOCATOR_H
#define MENTOR_SRC_WIRE_ARENA_ALLOCATOR_H

#include <protobuf-c/protobuf-c.h>

struct arena;

/*
 * For protobuf_c_message_unpack: what it allocates lives until the arena's rewind, its free does
 * nothing, and a full arena is an allocation that fails, so that unpack gives NULL. The arena is
 * borrowed.
 */
ProtobufCAllocator wire_allocator(struct arena *arena);

#endif /* MENTOR_SRC_WIRE_ARENA_ALLOCATOR_H */
