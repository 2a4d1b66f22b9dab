#ifndef TESTS_SIM_BROKER_H
#define TESTS_SIM_BROKER_H

/* The modelled Kafka: the input log, the consumer group's coordinator, and what was produced. */

#include <stdbool.h>
#include <stdint.h>

#include "mentor/port/batch.h"
#include "mentor/port/note.h"

struct actor;
struct err;

enum {
    BROKER_PARTITIONS = 4,
    BROKER_OFFSETS = 48, /* a partition */
    BROKER_MEMBERS = 32,
    BROKER_METADATA = NOTE_SIZE,
    OUT_PARTITIONS = 3, /* two of decisions, one of the DLQ */
    OUT_DLQ = OUT_PARTITIONS - 1,

    HEARTBEAT_US = 1000000,
    SESSION_US = 10000000,
    REBALANCE_US = 60000000, /* max.poll.interval.ms, shorter */
};

/* One offset of the input log. */
struct log_entry {
    bool hole;   /* a transaction marker */
    bool poison; /* the database refuses its decision */
    bool gone;   /* dropped before anybody had given it a fate */
    struct record record;
    int64_t published; /* its number among all records; later is higher */
    const char *cpr;   /* whose it is, for the sake of what must not be seen */
};

struct log_partition {
    struct log_entry at[BROKER_OFFSETS];
    int64_t low;
    int64_t high;
    bool cut; /* its end was lost once */
};

struct member {
    uint64_t id; /* 0: none */
    struct actor *actor;
    uint64_t life;
    int64_t heard_us;
    bool rejoined; /* in this round */
};

struct group_offset {
    int64_t offset; /* -1: none */
    uint64_t order; /* of all that was ever offered */
    char metadata[BROKER_METADATA];
};

struct group {
    struct member members[BROKER_MEMBERS];
    uint64_t ids;
    int64_t generation;
    bool preparing;
    bool completing;
    uint32_t partition_count; /* as its leader knows */
    int64_t preparing_us;
    uint64_t owner[BROKER_PARTITIONS]; /* member; 0: nobody */
    struct group_offset offsets[BROKER_PARTITIONS];
    uint64_t orders;
};

struct broker {
    uint32_t partition_count;
    struct log_partition log[BROKER_PARTITIONS];
    struct group group;
    int64_t published;
    int64_t down_until;
    int64_t appended; /* records */
    int64_t planned;
};

void broker_begin(uint32_t partition_count);
bool broker_reached(const struct actor *actor);
/* Everything in the input topic is there. */
void broker_append(uint32_t partition, const struct log_entry *entry);
/* The log's end comes back without its last entries. */
void broker_truncate(uint32_t partition, int64_t high);
void broker_raise(uint32_t partition, int64_t low);

/* A member that says it is (back) in; 0: a new one. Returns its id. */
uint64_t group_join(uint64_t id, struct actor *actor);
void group_leave(uint64_t id);
/* Its leader has heard of more partitions: they are assigned anew. */
void group_grow(uint32_t partition_count);
struct member *group_member(uint64_t id);
/* false: the member is unknown. *rebalance: it must give up what it has, and join again. */
bool group_heartbeat(uint64_t id, bool *rebalance);
bool group_commit(uint64_t id,
                  int64_t generation,
                  const struct position *positions,
                  uint32_t count,
                  struct err *err);

#endif /* TESTS_SIM_BROKER_H */
