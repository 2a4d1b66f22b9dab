#ifndef TESTS_SIM_TRANSACTIONAL_H
#define TESTS_SIM_TRANSACTIONAL_H

/*
 * What a process has for transactions. Workers with --emit transactional: the program's own
 * transactor, transactions, passages, fence, undo and offsets of src/kafka, each process's two
 * threads as strands, over a modelled librdkafka (rdkafka.h). Only the outlet, which makes clients,
 * and the cargo's memory are the simulator's.
 */

struct actor;
struct worker;

enum {
    TRANSACTIONAL_ID_SIZE = 24,
};

/* In the process, before its loop runs: the worker's edges, as far as its mode asks for others. */
/* The actor's producer of this id has had its first answer. */
void transactional_ready(const struct actor *actor, const char *id);
void transactional_begin(struct actor *actor, struct worker *worker);
/* The group has given partitions, and poll() tells it. */
void transactional_assigned(struct actor *actor);
/* As the port's partitions, start, stop and leave. */
void transactional_granted(struct actor *actor);
void transactional_started(struct actor *actor);
void transactional_stopped(struct actor *actor);
void transactional_left(struct actor *actor);
/* What the process writes into the rows that it takes: of its life. */
void transactional_name(char name[TRANSACTIONAL_ID_SIZE], unsigned long long life);
unsigned long long transactional_life(const char *name);

#endif /* TESTS_SIM_TRANSACTIONAL_H */
