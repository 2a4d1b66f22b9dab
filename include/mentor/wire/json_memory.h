#ifndef MENTOR_WIRE_JSON_MEMORY_H
#define MENTOR_WIRE_JSON_MEMORY_H

struct arena;

/*
 * Where jansson takes its memory from, in the whole process: the arena, and the heap for what does
 * not fit. A command that parses a line after the other rewinds the arena between them, when no
 * JSON value is left; a tenth of its time goes to malloc otherwise. Borrowed until the next call;
 * NULL gives the heap back. One thread.
 */
void json_memory_use(struct arena *arena);

#endif /* MENTOR_WIRE_JSON_MEMORY_H */
