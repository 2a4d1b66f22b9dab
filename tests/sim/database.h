#ifndef TESTS_SIM_DATABASE_H
#define TESTS_SIM_DATABASE_H

/*
 * The modelled PostgreSQL: rows, row locks, transactions that run at the server whether or not
 * their client still lives. READ COMMITTED: a row that was waited for is looked at anew.
 */

#include "mentor/base/err.h"
#include "mentor/port/store.h"

#include "broker.h"
#include "growth.h"
#include "rulebooks.h"
#include "statements.h"

enum {
    DB_TRANSACTIONS = 32,
    DB_ORPHANS = 32, /* a partition */
    DB_LOCKS = BROKER_PARTITIONS + DB_APPLICATIONS + DB_CITIZENS,
    DB_LOCK_TIMEOUT_US = 2000000,
};

/* What became of one offset: its ledger entry with its decision or quarantine row. */
struct db_fate {
    bool stored;
    bool arms;
    bool has_citizen;
    bool conflict;
    bool quarantined;
    bool closed; /* FATE_DLQ: dismissed */
    bool erased; /* with its citizen's key */
    enum fate fate;
    enum reason reason;
    int64_t batch;
    int64_t epoch;
    int32_t index;
    uint8_t digest[SHA256_SIZE];
    uint8_t event_key[EVENT_KEY_SIZE];
    uint8_t application_id[UUID_SIZE];
    uint8_t citizen_ref[CITIZEN_REF_SIZE];
    uint32_t version;
    int64_t application_seq;
    bool approved;
    int32_t start;
    int32_t end;
    uint32_t rulebook;                     /* that its batch names */
    const struct batch_decision *decision; /* FATE_DECIDED: the row */
    struct stored_output output;           /* FATE_DECIDED, FATE_DLQ */
    struct db_payload payload;             /* likewise */
    int64_t stored_ms;
};

struct db_recall {
    int64_t noted; /* column noted_at; 0: there is no such row */
    int64_t since_ms;
};

struct db_position {
    bool known;
    bool owned;
    uint64_t transactional;       /* column transactional_id: the life it is of; 0: '' */
    uint64_t orphans[DB_ORPHANS]; /* column orphan_ids: likewise; 0: no more */
    uint32_t rulebook;            /* of its last batch */
    int64_t first;                /* column first_offset */
    struct db_recall recall;      /* table recall: its row */
    struct position position;
};

/* What a commit makes durable; a copy of it is a standby. */
struct database {
    struct db_growth growth;
    struct db_position positions[BROKER_PARTITIONS];
    struct application_row applications[DB_APPLICATIONS];
    uint32_t application_count;
    struct citizen_row citizens[DB_CITIZENS];
    uint32_t citizen_count;
    bool citizen_there[DB_CITIZENS];   /* there is such a row */
    int64_t citizen_keys[DB_CITIZENS]; /* column key_id; 0: null */
    struct db_key keys[DB_KEYS];
    uint32_t key_count;
    int64_t batch_id;
    int64_t batch_logged; /* a sequence is logged ahead: after a crash it goes on behind this */
    struct publication publications[RULEBOOKS];
    uint32_t publication_count;
    struct db_fate fates[BROKER_PARTITIONS][BROKER_OFFSETS];
};

enum transaction_kind {
    TRANSACTION_TAKE,
    TRANSACTION_WRITE,
    TRANSACTION_EMITTED,
    TRANSACTION_ORPHAN_ENDED,
    TRANSACTION_UNDOING,
    TRANSACTION_UNSEEN,
    TRANSACTION_DOUBT,
    TRANSACTION_RECALLED,
    TRANSACTION_ERASE,   /* an administrator's */
    TRANSACTION_DISMISS, /* likewise */
};

enum transaction_state {
    TRANSACTION_RUNS, /* on its way, waiting for locks, or working */
    TRANSACTION_COMMITS,
    TRANSACTION_OVER,
};

struct transaction {
    enum transaction_kind kind;
    enum transaction_state state;
    struct actor *client; /* NULL: nobody waits for the answer */
    uint64_t life;
    bool whole;     /* all of it has arrived, COMMIT too */
    uint32_t stuck; /* locks it takes when not whole */
    struct position positions[BROKER_PARTITIONS];
    uint32_t count;
    const struct batch *batch; /* copied */
    uint32_t publications;     /* that its read could see */
    struct statements *statements;
    uint32_t citizen; /* UINT32_MAX: none */
    struct db_fate *refusal;
    bool release;
    int64_t take_number[BROKER_PARTITIONS]; /* of the worker that sent it */
    bool transactional;                     /* it has a transactional id */
    uint64_t orphans[DB_ORPHANS];           /* TRANSACTION_TAKE: lives of owners who have died */
    uint32_t orphan_count;
    uint64_t ended;                            /* TRANSACTION_ORPHAN_ENDED: one of them */
    struct undo_mark marks[BROKER_PARTITIONS]; /* TRANSACTION_UNDOING; nothing is locked */
    uint32_t mark_count;
    uint64_t undoer; /* likewise: the life whose id it is */
    struct transaction **locks[DB_LOCKS];
    uint32_t lock_count;
    uint32_t held;
    int64_t waits_since; /* for locks[held]; 0: does not wait */
    bool replied;
    bool lock_timed_out;
    struct err err; /* ERR_NONE: committed */
};

void database_begin(void);
bool database_up(void);
int64_t database_clock_ms(void);
/* Begins now; the answer comes to its client by sim_wake(). */
void database_enter(struct transaction *transaction);
/* Goes on when it waited for something that may have come. */
void database_go_on(struct transaction *transaction);
void database_roll_back(struct transaction *transaction, enum err_kind kind, const char *why);
/* Ends the sessions that hold a position of these. */
void database_evict(const struct position *positions, uint32_t count);
/* A statement that has committed: the standby follows, now and then. */
void database_committed(bool important);
/* The server stops and is back after so long; commits that the standby had not seen are gone. */
void database_failover(int64_t us, bool lose_commits);
void database_restore(void); /* it is back, if it was away */

struct application_row *database_application(const uint8_t id[UUID_SIZE]);
struct citizen_row *database_citizen(const uint8_t ref[CITIZEN_REF_SIZE]);
int64_t *database_citizen_key(const uint8_t ref[CITIZEN_REF_SIZE]);
int64_t database_batch_next(void);
bool database_key_armed(int32_t partition, struct bytes key);

/* database_apply.c: what a commit does. */
void database_apply(struct transaction *transaction);
/* batch as the server has it: nothing of the worker's memory is left in it. */
const struct batch *database_copy(const struct batch *batch);

#endif /* TESTS_SIM_DATABASE_H */
