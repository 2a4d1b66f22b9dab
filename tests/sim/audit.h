#ifndef TESTS_SIM_AUDIT_H
#define TESTS_SIM_AUDIT_H

/* The invariants of delivery.md section 3, by a witness who sees everything and forgets nothing:
 * audit.c while it happens, final.c when all is done. */

#include "mentor/base/err.h"

#include "database.h"
#include "producer.h"

/* What was ever seen of one offset. */
struct audit_offset {
    bool stored;
    enum fate fate;
    struct bytes value; /* of the stored output */
    uint32_t appended;  /* in transactional worlds: seen by a reader of what is committed */
    uint32_t decided;   /* transactions that were committed with it */
    struct bytes first; /* the output as it was appended first */
};

struct audit {
    struct audit_offset offsets[BROKER_PARTITIONS][BROKER_OFFSETS];
    struct position last[BROKER_PARTITIONS]; /* the row, as it was last */
    int64_t start[BROKER_PARTITIONS];        /* where the log began when it was taken first */
    int64_t next_ever[BROKER_PARTITIONS];    /* the highest next_offset there ever was */
    int64_t noted_ever[BROKER_PARTITIONS];   /* the highest next in the group's metadata */
    int64_t latest_take[BROKER_PARTITIONS];  /* 0: a database that lost commits knows none */
    int64_t takes;
    int64_t citizen_offset[BROKER_PARTITIONS][DB_CITIZENS]; /* of the newest that was appended */
    bool halted;
};

extern struct audit audit;

void audit_begin(void);
void audit_group_commit(const struct position *position, int64_t before);
/* The same, as a transaction has brought it. */
void audit_group_offset(int32_t partition, const struct group_offset *committed, int64_t before);
/* The transaction that holds it is committed. */
void audit_decided(const struct message *message);
void audit_sent(const struct actor *actor, const struct message *message);
void audit_appended(const struct message *message);
void audit_fate(int32_t partition, int64_t offset, bool stored);
void audit_stored(int32_t partition, int64_t offset, const struct db_fate *fate);
void audit_range(const struct transaction *transaction,
                 uint32_t at,
                 const struct batch_range *range,
                 const struct position *before);
/* By which rulebook a batch of the partition was decided. */
void audit_rulebook(const struct transaction *transaction, int32_t partition, int64_t moment_ms);
void audit_owner(const struct transaction *transaction, uint32_t at);
void audit_position(const struct position *row);
/* A worker begins to take partitions. */
void audit_take(const struct actor *actor);
void audit_taken(struct transaction *transaction,
                 const struct position *told,
                 const struct position *row);
void audit_restored(void);
void audit_halted(const struct actor *actor, const struct err *err);
/* All that is in the log has its fate, is sent and noted. */
bool audit_done(void);

/* final.c */
void audit_end(void);

#endif /* TESTS_SIM_AUDIT_H */
