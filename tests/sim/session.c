#include "session.h"

#include "mentor/base/err.h"
#include "mentor/core/rulebook.h"

#include "audit.h"
#include "sealing.h"
#include "sim.h"
#include "transactional.h"

enum {
    TAKE_ATTEMPTS = 3,  /* as src/pg/store_take.c */
    WAIT_US = 75000000, /* as src/pg/session.c */
    NOTICE_US = 20000000,
};

static struct sim_session *session_of(void *self)
{
    return &((struct actor *)self)->session;
}

bool session_lost(struct actor *actor, struct err *err)
{
    struct sim_session *session = &actor->session;
    session->connected = false;
    session->broken = false;
    session->transaction = NULL;
    actor->doubts = actor->holds;
    return err_set(err, ERR_RETRY, "the connection to the database is lost");
}

/* The server finds out that its client is gone. */
static void noticed(void *what, uint64_t unused)
{
    struct transaction *transaction = what;
    (void)unused;
    if (!transaction->whole) {
        database_roll_back(transaction, ERR_RETRY, "the client is gone");
    }
}

void session_cut(struct actor *actor, struct transaction *transaction)
{
    if (actor != NULL && actor->session.connected &&
        (transaction == NULL || actor->session.transaction == transaction)) {
        actor->session.broken = true;
        sim_wake(actor);
    }
    if (transaction != NULL) {
        transaction->client = NULL;
    }
}

/* Nobody waits for it. Half of it may have been sent. */
static void orphan(struct transaction *transaction, bool whole)
{
    transaction->client = NULL;
    if (!whole && transaction->state == TRANSACTION_RUNS) {
        transaction->whole = false;
        transaction->stuck = sim_below(transaction->lock_count + 1);
        sim_at(sim.now_us + sim_between(0, NOTICE_US), noticed, transaction, 0);
    }
}

void session_begin(struct actor *actor)
{
    actor->session = (struct sim_session){0};
}

void session_crash(struct actor *actor)
{
    if (actor->session.transaction != NULL) {
        orphan(actor->session.transaction, sim_one_in(2));
    }
    actor->session = (struct sim_session){0};
}

void session_freeze(struct actor *actor)
{
    struct transaction *transaction = actor->session.transaction;
    if (transaction != NULL && transaction->state == TRANSACTION_RUNS && sim_one_in(2)) {
        transaction->whole = false;
        transaction->stuck = sim_below(transaction->lock_count + 1);
    }
}

void session_thaw(struct actor *actor)
{
    struct transaction *transaction = actor->session.transaction;
    if (transaction != NULL && !transaction->whole) {
        transaction->whole = true;
        database_go_on(transaction);
    }
}

static bool reached(const struct actor *actor)
{
    return database_up() && !actor->link_down;
}

static bool ready(struct actor *actor, struct err *err)
{
    struct sim_session *session = &actor->session;
    if (session->connected && session->broken) {
        return session_lost(actor, err);
    }
    if (session->connected) {
        return true;
    }
    if (!session->opened) {
        return err_set(err, ERR_FATAL, "the store was not opened");
    }
    if (!reached(actor)) {
        sim_spend(sim_between(1000, 2000000));
        return session_lost(actor, err);
    }
    sim_spend(sim_between(500, 5000));
    session->connected = true;
    session->broken = false;
    return true;
}

static bool store_open(void *self, const char *cluster, int32_t partition_count, struct err *err)
{
    (void)cluster;
    sim_step(LABEL_OPEN, PHASE_ASKED);
    session_of(self)->opened = true;
    return ready(self, err) && growth_open(partition_count, err);
}

static void work(struct sim_session *session)
{
    while (session->work != NULL && session->work(session->context)) {
    }
}

/* What was asked for does not come back, whether it was done or not. */
static void lose_reply(struct actor *actor, struct transaction *transaction)
{
    bool whole = sim_one_in(2);
    orphan(transaction, whole);
    actor->session.broken = true;
}

static bool evaluate(struct actor *actor, const struct transaction *transaction, struct err *err)
{
    actor->session.transaction = NULL;
    if (actor->session.broken && transaction->err.kind == ERR_STALE) {
        actor->session.connected = false; /* the rollback fails, and the client knows */
    }
    if (transaction->err.kind == ERR_NONE) {
        return true;
    }
    *err = transaction->err;
    actor->fenced = actor->fenced || err->kind == ERR_FENCED;
    if (err->kind == ERR_RETRY || (err->kind != ERR_FENCED && sim_one_in(8) && !sim.plot.calm)) {
        actor->session.connected = false; /* as session_run() when the rollback fails too */
        actor->doubts = actor->holds;
    }
    return false;
}

/* A transaction and its answer; the worker reads ahead meanwhile. */
static bool
ask(struct actor *actor, enum label label, struct transaction *transaction, struct err *err)
{
    struct sim_session *session = &actor->session;
    session->transaction = transaction;
    transaction->client = actor;
    transaction->life = actor->life;
    transaction->whole = true;
    transaction->transactional = actor->worker->transactional;
    memcpy(transaction->take_number, actor->take_number, sizeof(actor->take_number));
    database_enter(transaction);
    sim_step(label, PHASE_UNDER_WAY);
    int64_t until = sim.now_us + WAIT_US;
    if (plot_fault(FAULT_REPLY_LOST)) {
        lose_reply(actor, transaction);
    }
    if (label == LABEL_WRITE) {
        work(session);
    }
    while (!transaction->replied && !session->broken && sim.now_us < until) {
        sim_wait(until);
    }
    sim_step(label, PHASE_ANSWERED);
    if (!transaction->replied) {
        transaction->client = NULL;
        return session_lost(actor, err);
    }
    return evaluate(actor, transaction, err);
}

/* A question that locks nothing, up to the moment when the server answers. */
bool session_look(struct actor *actor, enum label label, struct err *err)
{
    sim_step(label, PHASE_ASKED);
    if (!ready(actor, err)) {
        return false;
    }
    if (label == LABEL_READ) {
        work(&actor->session);
    }
    sim_spend(sim_between(100, 2000));
    sim_step(label, PHASE_UNDER_WAY);
    if (plot_fault(FAULT_SESSION_LOST)) {
        actor->session.broken = true;
    }
    return actor->session.broken || !reached(actor) ? session_lost(actor, err) : true;
}

static struct transaction *transaction_of(enum transaction_kind kind)
{
    struct transaction *transaction = sim_alloc(sizeof(*transaction));
    transaction->kind = kind;
    return transaction;
}

static const char *store_orphan(void *self, uint32_t index)
{
    const struct sim_session *session = session_of(self);
    if (index >= session->orphan_count) {
        return NULL;
    }
    char *name = sim_alloc(TRANSACTIONAL_ID_SIZE); /* others ask while this one is being ended */
    transactional_name(name, session->orphans[index]);
    return name;
}

static bool store_orphan_ended(void *self,
                               const struct position *positions,
                               uint32_t count,
                               const char *transactional_id,
                               struct err *err)
{
    struct actor *actor = self;
    struct transaction *transaction = transaction_of(TRANSACTION_ORPHAN_ENDED);
    sim_step(LABEL_ORPHAN_ENDED, PHASE_ASKED);
    if (!ready(actor, err)) {
        return false;
    }
    transaction->ended = transactional_life(transactional_id);
    transaction->count = count;
    memcpy(transaction->positions, positions, count * sizeof(*positions));
    return ask(actor, LABEL_ORPHAN_ENDED, transaction, err);
}

static bool store_undoing(void *self,
                          const char *transactional_id,
                          const struct undo_mark *marks,
                          uint32_t count,
                          struct err *err)
{
    struct transaction *transaction = transaction_of(TRANSACTION_UNDOING);
    sim_step(LABEL_UNDOING, PHASE_ASKED);
    if (!ready(self, err)) {
        return false;
    }
    transaction->undoer = transactional_life(transactional_id);
    transaction->mark_count = count;
    memcpy(transaction->marks, marks, count * sizeof(*marks));
    return ask(self, LABEL_UNDOING, transaction, err);
}

static bool store_unseen(void *self, struct position *positions, uint32_t count, struct err *err)
{
    struct transaction *transaction = transaction_of(TRANSACTION_UNSEEN);
    sim_step(LABEL_UNSEEN, PHASE_ASKED);
    if (!ready(self, err)) {
        return false;
    }
    transaction->count = count;
    memcpy(transaction->positions, positions, count * sizeof(*positions));
    bool done = ask(self, LABEL_UNSEEN, transaction, err);
    for (uint32_t i = 0; i < count && done; i++) {
        positions[i].noted = transaction->positions[i].noted;
    }
    return done;
}

static bool store_doubt(void *self, struct position *position, struct err *err)
{
    struct transaction *transaction = transaction_of(TRANSACTION_DOUBT);
    sim_step(LABEL_DOUBT, PHASE_ASKED);
    if (!ready(self, err)) {
        return false;
    }
    transaction->count = 1;
    transaction->positions[0] = *position;
    bool done = ask(self, LABEL_DOUBT, transaction, err);
    position->recall_ms = transaction->positions[0].recall_ms;
    position->noted_us = transaction->positions[0].noted_us;
    return done;
}

static bool store_recalled(void *self, const struct position *position, struct err *err)
{
    struct transaction *transaction = transaction_of(TRANSACTION_RECALLED);
    sim_step(LABEL_RECALLED, PHASE_ASKED);
    if (!ready(self, err)) {
        return false;
    }
    transaction->count = 1;
    transaction->positions[0] = *position;
    return ask(self, LABEL_RECALLED, transaction, err);
}

/* As src/pg/sql/orphans.sql: which comes first is left to chance. */
static void note_orphans(struct sim_session *session, const struct transaction *transaction)
{
    uint32_t count = transaction->orphan_count;
    session->orphan_count = count;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t at = sim_below(i + 1);
        session->orphans[i] = session->orphans[at];
        session->orphans[at] = transaction->orphans[i];
    }
}

static bool store_take(void *self, struct position *positions, uint32_t count, struct err *err)
{
    struct actor *actor = self;
    sim_step(LABEL_TAKE, PHASE_ASKED);
    audit_take(actor);
    actor->holds = false;
    actor->session.orphan_count = 0;
    for (int tried = 0; tried < TAKE_ATTEMPTS; tried++) {
        struct transaction *transaction = transaction_of(TRANSACTION_TAKE);
        if (!ready(actor, err)) {
            return false;
        }
        transaction->count = count;
        memcpy(transaction->positions, positions, count * sizeof(*positions));
        if (ask(actor, LABEL_TAKE, transaction, err)) {
            memcpy(positions, transaction->positions, count * sizeof(*positions));
            memcpy(actor->take_number, transaction->take_number, sizeof(actor->take_number));
            note_orphans(&actor->session, transaction);
            return true;
        }
        if (!transaction->lock_timed_out) {
            err->kind = err->kind == ERR_STALE ? ERR_RETRY : err->kind;
            return false;
        }
        sim_spend(sim_between(500, 3000));
        database_evict(positions, count);
    }
    return err_set(err, ERR_RETRY, "a progress row stays locked");
}

/* As src/pg/sql/read_clock.sql. */
static void read_moment(struct sim_session *session, struct batch_read *read)
{
    session->publications = sim.database.publication_count;
    read->now_ms = database_clock_ms();
    int64_t moment_ms = read->floor_ms > read->now_ms && guard_stands(GUARD_RULEBOOK_MOMENT)
                            ? read->floor_ms
                            : read->now_ms;
    uint32_t number = publications_in_force(
        session->publications, guard_stands(GUARD_RULEBOOK_TIME) ? moment_ms : INT64_MAX);
    growth_read(read);
    read->published = number > 0;
    memcpy(read->rulebook_sha256, rulebook_at(number)->sha256, SHA256_SIZE);
}

static bool store_rulebook(void *self,
                           const uint8_t sha256[SHA256_SIZE],
                           struct stored_rulebook *rulebook,
                           struct err *err)
{
    if (!session_look(self, LABEL_RULEBOOK, err)) {
        return false;
    }
    rulebook_stored(rulebook_number(sha256), rulebook);
    sim_step(LABEL_RULEBOOK, PHASE_ANSWERED);
    return true;
}

static bool
store_read(void *self, const struct position *positions, struct batch_read *read, struct err *err)
{
    if (!session_look(self, LABEL_READ, err)) {
        return false;
    }
    for (uint32_t i = 0; i < read->application_count; i++) {
        struct application_row *row = &read->applications[i];
        *row = *database_application(row->id);
        row->seq_read = row->seq;
        row->changed = false;
    }
    for (uint32_t i = 0; i < read->citizen_count; i++) {
        struct citizen_row *row = &read->citizens[i];
        *row = *database_citizen(row->ref);
        row->seq_read = row->seq;
        row->armed_read = row->armed;
        row->changed = false;
    }
    for (uint32_t i = 0; i < read->key_count; i++) {
        read->keys[i].armed =
            database_key_armed(positions[read->keys[i].slot].partition, read->keys[i].key);
    }
    read_moment(session_of(self), read);
    read->batch_id = database_batch_next();
    statements_read(self, read);
    sim_step(LABEL_READ, PHASE_ANSWERED);
    return true;
}

static bool store_write(void *self,
                        const struct position *positions,
                        const struct batch *batch,
                        struct err *err)
{
    struct transaction *transaction = transaction_of(TRANSACTION_WRITE);
    sim_step(LABEL_WRITE, PHASE_ASKED);
    if (!ready(self, err)) {
        return false;
    }
    CHECK(batch->range_count <= BROKER_PARTITIONS);
    transaction->statements = sim_alloc(sizeof(*transaction->statements));
    if (!statements_write(self, batch, positions, transaction->statements, err)) {
        return false;
    }
    transaction->batch = database_copy(batch);
    transaction->count = batch->range_count;
    transaction->publications = session_of(self)->publications;
    for (uint32_t i = 0; i < batch->range_count; i++) {
        transaction->positions[i] = positions[batch->ranges[i].slot];
        transaction->positions[i].next_offset = batch->ranges[i].from;
    }
    return ask(self, LABEL_WRITE, transaction, err);
}

/* As fill_quarantine() of src/pg/store_unsent.c. */
static bool read_refusal(const struct db_fate *fate, struct err *err)
{
    struct bytes headers;
    struct bytes value;
    enum payload_state state = sealing_open(fate, &headers, &value);
    if (state == PAYLOAD_WHOLE && !bytes_equal(value, fate->output.value)) {
        sim_breach("a refused record is read from the database as another one");
    }
    return state == PAYLOAD_WHOLE ||
           err_set(err, ERR_HALT, "still to be sent to the DLQ: %s", payload_text(state));
}

static bool store_unsent(void *self,
                         const struct position *position,
                         int64_t from,
                         struct stored_output *outputs,
                         uint32_t *count,
                         struct err *err)
{
    uint32_t most = *count < 2 ? *count : 2; /* small, so that it is asked again */
    *count = 0;
    if (!session_look(self, LABEL_UNSENT, err)) {
        return false;
    }
    for (int64_t offset = from; offset < BROKER_OFFSETS && *count < most; offset++) {
        const struct db_fate *fate = &sim.database.fates[position->partition][offset];
        if (fate->stored && (fate->fate == FATE_DECIDED || fate->fate == FATE_DLQ)) {
            if (fate->fate == FATE_DLQ && !read_refusal(fate, err)) {
                return false;
            }
            outputs[(*count)++] = fate->output;
        }
    }
    sim_step(LABEL_UNSENT, PHASE_ANSWERED);
    return true;
}

static bool store_emitted(
    void *self, const struct position *positions, uint32_t count, bool release, struct err *err)
{
    struct transaction *transaction = transaction_of(TRANSACTION_EMITTED);
    sim_step(LABEL_EMITTED, PHASE_ASKED);
    if (!ready(self, err)) {
        return false;
    }
    CHECK(count <= BROKER_PARTITIONS);
    transaction->count = count;
    transaction->release = release;
    memcpy(transaction->positions, positions, count * sizeof(*positions));
    return ask(self, LABEL_EMITTED, transaction, err);
}

static void store_meanwhile(void *self, bool (*what)(void *context), void *context)
{
    session_of(self)->work = what;
    session_of(self)->context = context;
}

struct store session_store(struct actor *actor)
{
    return (struct store){
        .meanwhile = store_meanwhile,
        .open = store_open,
        .take = store_take,
        .orphan = store_orphan,
        .orphan_ended = store_orphan_ended,
        .undoing = store_undoing,
        .unseen = store_unseen,
        .doubt = store_doubt,
        .recalled = store_recalled,
        .read = store_read,
        .rulebook = store_rulebook,
        .write = store_write,
        .unsent = store_unsent,
        .emitted = store_emitted,
        .self = actor,
    };
}
