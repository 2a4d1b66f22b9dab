#include "database.h"

#include "audit.h"
#include "sealing.h"
#include "sim.h"

enum {
    DAY_MS = 86400000,
    BATCHES_BITS = 12,
    SEQUENCE_AHEAD = 8, /* PostgreSQL: 32; there are few batches in a world */
};

/* What a standby has seen; the locks are the running server's. */
static struct database standby;
static struct transaction *position_locks[BROKER_PARTITIONS];
static struct transaction *application_locks[DB_APPLICATIONS];
static struct transaction *citizen_locks[DB_CITIZENS];
static struct transaction *transactions[DB_TRANSACTIONS];
static uint32_t transaction_count;
static int64_t up_at_us;
static int64_t clock_behind_ms;
static int64_t worlds; /* no two have the same numbers of batches: keys are remembered by them */

static void database_empty(struct database *database)
{
    database->application_count = 0;
    database->citizen_count = 0;
    database->key_count = 0;
    database->batch_id = database->batch_logged = worlds++ << BATCHES_BITS;
    memset(database->citizen_there, 0, sizeof(database->citizen_there));
    memset(database->citizen_keys, 0, sizeof(database->citizen_keys));
    database->publication_count = 0;
    database->growth = (struct db_growth){0};
    memset(database->positions, 0, sizeof(database->positions));
    memset(database->fates, 0, sizeof(database->fates));
}

void database_begin(void)
{
    database_empty(&sim.database);
    memset(position_locks, 0, sizeof(position_locks));
    memset(application_locks, 0, sizeof(application_locks));
    memset(citizen_locks, 0, sizeof(citizen_locks));
    transaction_count = 0;
    up_at_us = 0;
    clock_behind_ms = 0;
    standby.batch_id = -1; /* none yet */
}

bool database_up(void)
{
    return up_at_us <= sim.now_us;
}

/* Noon of 2026-03-02, the day of the letters. */
int64_t database_clock_ms(void)
{
    return INT64_C(20514) * DAY_MS + INT64_C(11) * 3600000 + sim.now_us / 1000 - clock_behind_ms;
}

struct application_row *database_application(const uint8_t id[UUID_SIZE])
{
    struct database *database = &sim.database;
    for (uint32_t i = 0; i < database->application_count; i++) {
        if (memcmp(database->applications[i].id, id, UUID_SIZE) == 0) {
            return &database->applications[i];
        }
    }
    CHECK(database->application_count < DB_APPLICATIONS);
    struct application_row *row = &database->applications[database->application_count++];
    *row = (struct application_row){0};
    memcpy(row->id, id, UUID_SIZE);
    return row;
}

struct citizen_row *database_citizen(const uint8_t ref[CITIZEN_REF_SIZE])
{
    struct database *database = &sim.database;
    for (uint32_t i = 0; i < database->citizen_count; i++) {
        if (memcmp(database->citizens[i].ref, ref, CITIZEN_REF_SIZE) == 0) {
            return &database->citizens[i];
        }
    }
    CHECK(database->citizen_count < DB_CITIZENS);
    struct citizen_row *row = &database->citizens[database->citizen_count++];
    *row = (struct citizen_row){0};
    memcpy(row->ref, ref, CITIZEN_REF_SIZE);
    return row;
}

int64_t *database_citizen_key(const uint8_t ref[CITIZEN_REF_SIZE])
{
    return &sim.database.citizen_keys[database_citizen(ref) - sim.database.citizens];
}

int64_t database_batch_next(void)
{
    struct database *database = &sim.database;
    if (database->batch_id == database->batch_logged) {
        database->batch_logged += SEQUENCE_AHEAD;
    }
    return ++database->batch_id;
}

bool database_key_armed(int32_t partition, struct bytes key)
{
    for (int64_t offset = 0; offset < BROKER_OFFSETS && key.size > 0; offset++) {
        const struct db_fate *fate = &sim.database.fates[partition][offset];
        if (fate->stored && fate->fate == FATE_DLQ && fate->arms && !fate->closed &&
            bytes_equal(fate->output.key, key)) {
            return true;
        }
    }
    return false;
}

/* Transactions */

static void answer(void *what, uint64_t life)
{
    struct transaction *transaction = what;
    struct actor *client = transaction->client;
    if (client != NULL && client->life == life && client->session.transaction == transaction) {
        transaction->replied = true;
        sim_wake(client);
    }
}

/* One transaction's end wakes the next. NOLINTNEXTLINE(misc-no-recursion) */
static void wake_waiting(void)
{
    for (uint32_t i = 0; i < transaction_count;) {
        struct transaction *transaction = transactions[i];
        bool waits = transaction->waits_since != 0;
        if (waits) {
            database_go_on(transaction);
        }
        i = waits && transaction->state == TRANSACTION_OVER ? 0 : i + 1; /* the list has moved */
    }
}

/* Nothing is held any more. */
static void over(struct transaction *transaction)
{
    transaction->state = TRANSACTION_OVER;
    transaction->waits_since = 0;
    for (uint32_t i = 0; i < transaction->held; i++) {
        *transaction->locks[i] = NULL;
    }
    transaction->held = 0;
    for (uint32_t i = 0; i < transaction_count; i++) {
        if (transactions[i] == transaction) {
            memmove(
                &transactions[i],
                &transactions[i + 1],
                (transaction_count - i - 1) *
                    sizeof(transactions[0])); /* NOLINT(bugprone-sizeof-expression): of pointers */
            transaction_count--;
            break;
        }
    }
    sim_at(sim.now_us + sim_between(50, 500), answer, transaction, transaction->life);
}

/* One transaction's end wakes the next. NOLINTNEXTLINE(misc-no-recursion) */
void database_roll_back(struct transaction *transaction, enum err_kind kind, const char *why)
{
    if (transaction->state == TRANSACTION_OVER) {
        return;
    }
    (void)err_set(&transaction->err, kind, "%s", why);
    sim_trace("database: rolled back: %s", why);
    over(transaction);
    wake_waiting();
}

static void commit(void *what, uint64_t unused)
{
    struct transaction *transaction = what;
    (void)unused;
    if (transaction->state != TRANSACTION_COMMITS) {
        return;
    }
    database_apply(transaction);
    over(transaction);
    wake_waiting();
}

static bool deadlocked(const struct transaction *transaction)
{
    const struct transaction *at = *transaction->locks[transaction->held];
    for (uint32_t i = 0; i < DB_TRANSACTIONS && at != NULL && at->waits_since != 0; i++) {
        if (at == transaction) {
            return true;
        }
        at = *at->locks[at->held];
    }
    return false;
}

static void lock_timeout(void *what, uint64_t since)
{
    struct transaction *transaction = what;
    if (transaction->state == TRANSACTION_RUNS && transaction->waits_since == (int64_t)since) {
        transaction->lock_timed_out = true;
        database_roll_back(transaction, ERR_RETRY, "lock timeout");
    }
}

static bool position_holds(const struct transaction *transaction, uint32_t at)
{
    const struct position *mine = &transaction->positions[at];
    const struct position *row = &sim.database.positions[mine->partition].position;
    switch (transaction->kind) {
    case TRANSACTION_WRITE:
        return (mine->epoch == row->epoch || !guard_stands(GUARD_EPOCH_CAS)) &&
               ((mine->next_offset == row->next_offset &&
                 memcmp(mine->link, row->link, SHA256_SIZE) == 0) ||
                !guard_stands(GUARD_POSITION_CAS));
    case TRANSACTION_EMITTED:
    case TRANSACTION_DOUBT:
    case TRANSACTION_RECALLED:
        return mine->epoch == row->epoch || !guard_stands(GUARD_EMITTED_EPOCH);
    case TRANSACTION_TAKE:
    case TRANSACTION_ORPHAN_ENDED:
    case TRANSACTION_UNDOING:
    case TRANSACTION_UNSEEN:
    case TRANSACTION_ERASE:
    case TRANSACTION_DISMISS:
        break;
    }
    return true;
}

/* As the WHERE and the primary keys of src/pg/sql/write_applications*.sql, write_citizens*.sql. */
static bool rows_hold(const struct statements *statements)
{
    for (uint32_t i = 0; i < statements->application_count; i++) {
        const struct application_write *write = &statements->applications[i];
        if (guard_stands(GUARD_APPLICATION_CAS) &&
            database_application(write->row.id)->seq != write->row.seq_read) {
            return false;
        }
    }
    for (uint32_t i = 0; i < statements->citizen_count; i++) {
        const struct citizen_write *write = &statements->citizens[i];
        const struct citizen_row *now = database_citizen(write->row.ref);
        size_t at = (size_t)(now - sim.database.citizens);
        bool same = now->seq == write->row.seq_read && now->armed == write->row.armed_read;
        if ((!same && guard_stands(GUARD_CITIZEN_CAS)) ||
            (sim.database.citizen_keys[at] != write->key_read && guard_stands(GUARD_KEY_CAS)) ||
            (sim.database.citizen_there[at] == write->fresh && guard_stands(GUARD_CITIZEN_CAS))) {
            return false;
        }
    }
    return true;
}

static bool poisoned(const struct batch *batch)
{
    for (uint32_t i = 0; i < batch->decision_count; i++) {
        const struct record *record = batch->entries[batch->decisions[i].entry].record;
        if (sim.broker.log[record->partition].at[record->offset].poison) {
            return true;
        }
    }
    return false;
}

/* The constraint progress_order: emitted_offset never beyond next_offset. */
static bool in_order(const struct transaction *transaction)
{
    for (uint32_t i = 0; i < transaction->count; i++) {
        const struct position *mine = &transaction->positions[i];
        const struct position *row = &sim.database.positions[mine->partition].position;
        if (transaction->kind == TRANSACTION_EMITTED && mine->emitted_offset > row->next_offset) {
            return false;
        }
    }
    return true;
}

/* All locks are held. */
/* One transaction's end wakes the next. NOLINTNEXTLINE(misc-no-recursion) */
static void finish(struct transaction *transaction)
{
    if (!in_order(transaction)) {
        database_roll_back(transaction, ERR_HALT, "positions would run backwards");
    } else if (transaction->kind == TRANSACTION_ERASE && !sealing_may_erase(transaction->citizen)) {
        database_roll_back(transaction, ERR_RETRY, "a refused record is on its way to the DLQ");
    } else if (transaction->batch != NULL && !rows_hold(transaction->statements)) {
        database_roll_back(transaction, ERR_STALE, "a row has moved");
    } else if (transaction->batch != NULL && plot_fault(FAULT_STALE)) {
        database_roll_back(transaction, ERR_STALE, "could not serialize");
    } else if (transaction->batch != NULL && poisoned(transaction->batch)) {
        sim_count(FAULT_POISON);
        database_roll_back(transaction, ERR_POISON, "the record is refused");
    } else {
        transaction->state = TRANSACTION_COMMITS;
        sim_at(sim.now_us + sim_between(100, 3000), commit, transaction, 0);
    }
}

/* Locks in order; false: waits, or is over. NOLINTNEXTLINE(misc-no-recursion) */
static bool lock_next(struct transaction *transaction)
{
    struct transaction **lock = transaction->locks[transaction->held];
    if (*lock == NULL) {
        *lock = transaction;
        uint32_t at = transaction->held++;
        transaction->waits_since = 0;
        if (at < transaction->count && !position_holds(transaction, at)) {
            sim_count(FAULT_FENCED);
            database_roll_back(transaction, ERR_FENCED, "another owner or position");
            return false;
        }
        return true;
    }
    if (transaction->waits_since == 0) {
        transaction->waits_since = sim.now_us;
        if (deadlocked(transaction)) {
            database_roll_back(transaction, ERR_STALE, "deadlock");
        } else if (transaction->kind == TRANSACTION_TAKE) {
            sim_at(sim.now_us + DB_LOCK_TIMEOUT_US,
                   lock_timeout,
                   transaction,
                   (uint64_t)transaction->waits_since);
        }
    }
    return false;
}

/* One transaction's end wakes the next. NOLINTNEXTLINE(misc-no-recursion) */
void database_go_on(struct transaction *transaction)
{
    while (transaction->state == TRANSACTION_RUNS) {
        if (!transaction->whole && transaction->held >= transaction->stuck) {
            return; /* waits for the rest of the statements */
        }
        if (transaction->held == transaction->lock_count) {
            finish(transaction);
            return;
        }
        if (!lock_next(transaction)) {
            return;
        }
    }
}

static void add_lock(struct transaction *transaction, struct transaction **lock)
{
    transaction->locks[transaction->lock_count++] = lock;
}

static void arrives(void *what, uint64_t unused)
{
    (void)unused;
    database_go_on(what);
}

void database_enter(struct transaction *transaction)
{
    for (uint32_t i = 0; i < transaction->count; i++) {
        struct position *position = &transaction->positions[i];
        add_lock(transaction, &position_locks[position->partition]);
        if (transaction->kind == TRANSACTION_TAKE && !guard_stands(GUARD_LOCKED_READ) &&
            sim.database.positions[position->partition].known) {
            *position = sim.database.positions[position->partition].position;
        }
    }
    const struct statements *statements = transaction->statements;
    for (uint32_t i = 0; statements != NULL && i < statements->application_count; i++) {
        const uint8_t *id = statements->applications[i].row.id;
        add_lock(transaction,
                 &application_locks[database_application(id) - sim.database.applications]);
    }
    for (uint32_t i = 0; statements != NULL && i < statements->citizen_count; i++) {
        const uint8_t *ref = statements->citizens[i].row.ref;
        add_lock(transaction, &citizen_locks[database_citizen(ref) - sim.database.citizens]);
    }
    bool administrator =
        transaction->kind == TRANSACTION_ERASE || transaction->kind == TRANSACTION_DISMISS;
    if (administrator && transaction->citizen != UINT32_MAX) {
        add_lock(transaction, &citizen_locks[transaction->citizen]);
    }
    CHECK(transaction_count < DB_TRANSACTIONS);
    transactions[transaction_count++] = transaction;
    sim_at(sim.now_us + sim_between(50, 1500), arrives, transaction, 0);
}

void database_evict(const struct position *positions, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        struct transaction *holder = position_locks[positions[i].partition];
        if (holder != NULL && guard_stands(GUARD_EVICTION)) {
            sim_count(FAULT_EVICTED);
            session_cut(holder->client, holder);
            database_roll_back(holder, ERR_RETRY, "the session was ended");
        }
    }
}

void database_restore(void)
{
    up_at_us = up_at_us < sim.now_us ? up_at_us : sim.now_us;
}

void database_committed(bool important)
{
    if (sim.plot.weights[FAULT_COMMITS_LOST] > 0 &&
        (sim_one_in(3) || (important && sim_one_in(2)))) {
        standby = sim.database;
    }
}

void database_failover(int64_t us, bool lose_commits)
{
    while (transaction_count > 0) {
        struct transaction *first = transactions[0];
        if (first->kind == TRANSACTION_WRITE && sim_one_in(2)) {
            /* Its last word: what follows goes to another server, without a take in between. */
            first->replied = true;
            database_roll_back(first, ERR_STALE, "could not serialize");
        } else {
            session_cut(first->client, first);
            database_roll_back(first, ERR_RETRY, "the server is gone");
        }
    }
    up_at_us = sim.now_us + us;
    if (lose_commits && standby.batch_id >= 0) {
        sim.database = standby;
        sim.database.batch_id = standby.batch_logged; /* numbers come a second time */
        audit_restored();
    }
    if (sim.plot.weights[FAULT_CLOCK] > 0 && sim_one_in(2)) {
        clock_behind_ms = sim_between(0, 4000); /* against the first server's */
        sim_count(FAULT_CLOCK);
    }
    for (uint32_t i = 0; i < SIM_ACTORS; i++) {
        session_cut(&sim.actors[i], sim.actors[i].session.transaction);
    }
}
