#ifndef TESTS_SIM_COORDINATOR_STATE_H
#define TESTS_SIM_COORDINATOR_STATE_H

/* Private to the modelled Kafka's transactions: coordinator.c answers requests, coordinator_logs.c
 * keeps the output logs and the group's pending offsets, lost_ends.c what KAFKA-20734 does to them.
 */

#include "coordinator.h"
#include "transactional.h"

enum {
    COORDINATOR_GROUP = OUT_PARTITIONS, /* the group's offsets, as one log more */
    COORDINATOR_LOGS = OUT_PARTITIONS + 1,
};

enum end {
    END_OPEN,
    END_COMMITTED,
    END_ABORTED,
};

/* A transactional id, as the coordinator has it. */
struct producer_id {
    char name[TRANSACTIONAL_ID_SIZE];
    int32_t epoch;
    bool ongoing;
    bool ending;     /* decided, and not all markers are written */
    bool commit;     /* how the last one ended, or ends */
    uint64_t number; /* of the last transaction */
    bool added[COORDINATOR_LOGS];
    uint32_t unmarked; /* logs */
    bool lost;         /* an end: of what pends, or is open in the logs */
    bool untold;       /* its group offsets have none: they pend */
    bool gave_back;    /* its worker, in order */
    bool pends[BROKER_PARTITIONS];
    struct group_offset pending[BROKER_PARTITIONS];
};

/* One offset of an output log. */
struct out_entry {
    const struct message *message; /* NULL: a marker, or a record that nobody may see */
    bool marker;
    uint32_t id;
    enum end end;
    bool told; /* of a committed transaction, whatever has come of its markers */
    int64_t at_ms;
};

struct out_log {
    struct out_entry entries[OUT_ENTRIES];
    uint32_t count;
    uint32_t read; /* by a reader of what is committed */
};

struct coordinator {
    struct producer_id ids[COORDINATOR_IDS];
    uint32_t id_count;
    struct out_log logs[OUT_PARTITIONS];
};

extern struct coordinator coordinator;

/* coordinator_logs.c */
void logs_append(uint32_t out, struct out_entry entry);
/* A reader goes on, no further than the first that is open. */
void logs_read_on(struct out_log *log);
void logs_commit_offset(int32_t partition, const struct group_offset *committed);
void logs_mark_group(struct producer_id *id, bool commit);
/* A marker decides all that its producer has open in the log. */
void logs_mark(uint32_t out, uint32_t id, bool commit);
/* What a committed transaction holds is out from here on, whenever its markers come. */
void logs_decide(uint32_t id);
bool logs_pend(const struct producer_id *id);
bool logs_open(uint32_t number);

/* lost_ends.c: whether the transaction that is decided now has no end. */
bool lost_end_comes(const struct producer_id *id);
/* Likewise of one that is committed: in some of the logs. */
bool lost_part_comes(const struct producer_id *id);
/* Likewise of one that is aborted: of what it has written to some outputs. Its offsets, if it has
 * any, get theirs. */
bool lost_abort_comes(const struct producer_id *id);
/* It is aborted with another one. */
void lost_end_undone(void);
/* kafka-transactions.sh, as the README says: nobody is left who could undo it. What the database
 * believes of it may halt the next owner. */
void lost_end_administer(void *unused, uint64_t number);

enum {
    LOST_ADMINISTERED_US = 240000000, /* several dead ones are ended one after the other */
};

#endif /* TESTS_SIM_COORDINATOR_STATE_H */
