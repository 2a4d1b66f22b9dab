#ifndef TESTS_SIM_CLIENT_H
#define TESTS_SIM_CLIENT_H

/*
 * The source: a member of the group as librdkafka and src/kafka/consumer.c behave together. Its
 * heartbeats go on while the worker is busy, and stop when the process is frozen.
 */

#include "mentor/port/source.h"

#include "broker.h"

enum {
    CLIENT_SAID = 8,
};

struct client {
    bool joined;                /* has asked to be a member */
    uint64_t member;            /* 0: not known to the broker yet */
    int64_t generation;         /* the group's, as librdkafka knows it */
    int64_t granted_generation; /* with the last assignment that was told */
    int64_t taken_generation;   /* likewise, as partitions() was called */
    int64_t heard_us;           /* the last heartbeat that was answered */
    struct {
        enum source_event event;
        uint32_t mask;   /* with an assignment: of which partitions */
    } said[CLIENT_SAID]; /* by the group, to be told by poll() one after the other */
    uint32_t said_count;
    bool early;       /* joined anew before the revocation was answered */
    uint32_t granted; /* told last, as `mask` */
    bool ours;        /* the partitions are ours by what the group has said */
    bool told;        /* so, by poll(), and not given back since */
    bool settling;    /* a revocation was told and not answered */
    bool reading;
    int32_t partitions[BROKER_PARTITIONS];
    uint32_t partition_count;
    int64_t cursor[BROKER_PARTITIONS]; /* -1: not read */
    bool ended[BROKER_PARTITIONS];     /* SOURCE_END is told */
    bool reset[BROKER_PARTITIONS];     /* the position is outside the log */
    struct commit *commit;             /* under way */
    int64_t commit_us;                 /* when the last one arrives */
};

struct source client_source(struct actor *actor);
void client_begin(struct actor *actor);
/* The process is gone; the broker does not know yet. */
void client_crash(struct actor *actor);
/* It wakes up, and its heartbeat is due. */
void client_thaw(struct actor *actor);
/* From the coordinator. */
void client_assigned(
    struct actor *actor, uint64_t life, uint64_t member, uint32_t mask, int64_t generation);
/* client_offsets.c */
bool client_bounds(void *self, int32_t partition, int64_t *low, int64_t *high, struct err *err);
bool client_count(void *self, int32_t *count, struct err *err);
bool client_committed(
    void *self, int32_t partition, int64_t *offset, char *metadata, uint32_t size, struct err *err);
bool client_commit(void *self, const struct position *positions, uint32_t count, struct err *err);
/* There may be something to read. */
void clients_wake(void);
/* The log ends at `high` now: who reads beyond it hears of it. */
void clients_reset(int32_t partition, int64_t high);

#endif /* TESTS_SIM_CLIENT_H */
