#include "growth.h"

#include <inttypes.h>

#include "mentor/base/err.h"
#include "mentor/core/partition.h"

#include "audit.h"
#include "load.h"
#include "sim.h"

enum {
    HEARD_US = 6000000,  /* until the group's leader has new metadata, and every broker */
    AGAIN_US = 20000000, /* a second growth waits for the first so long */
    TURN_US = 500000,
};

static uint32_t placed_by;   /* the count that producers know */
static uint32_t first_count; /* before any growth */
static uint32_t told;        /* the least that any broker still says */
static bool unknown; /* the database has begun, or begun anew, after one: outside the promise */

uint32_t growth_place(struct bytes key)
{
    return (uint32_t)partition_of_key(key, (int32_t)placed_by);
}

int32_t growth_heard(void)
{
    return (int32_t)(sim_one_in(2) ? told : sim.broker.partition_count);
}

static void group_hears(void *unused, uint64_t count)
{
    (void)unused;
    told = (uint32_t)count > told ? (uint32_t)count : told;
    if (sim.broker.partition_count == count) { /* no more have come since, which it heard first */
        group_grow((uint32_t)count);
    }
}

static bool under_way(const struct db_growth *growth)
{
    return growth->to > growth->count;
}

/* The count when all that is under way is done. */
static int32_t count_known(const struct db_growth *growth)
{
    return under_way(growth) ? growth->to : growth->count;
}

static void grow(void *unused, uint64_t until_us)
{
    struct broker *broker = &sim.broker;
    (void)unused;
    /* When a worker has run, and the last one is passed, as the README asks for; the world does not
     * wait for ever. */
    bool passed = sim.database.growth.count == (int32_t)broker->partition_count;
    if (!passed && sim.now_us < (int64_t)until_us + AGAIN_US) {
        sim_at(sim.now_us + TURN_US, grow, NULL, until_us);
        return;
    }
    broker->appended++;
    if (!passed || broker->partition_count == BROKER_PARTITIONS) {
        return;
    }
    uint32_t count = broker->partition_count;
    count += 1 + sim_below(BROKER_PARTITIONS - count);
    sim_trace("partitions: %u, before %u", count, broker->partition_count);
    sim_count(FAULT_GROWN);
    broker->partition_count = count;
    placed_by = count; /* at once: a producer that is late is outside the promise */
    sim_at(sim.now_us + sim_between(0, HEARD_US), group_hears, NULL, count);
}

void growth_begin(int64_t until_us)
{
    placed_by = first_count = told = sim.broker.partition_count;
    unknown = false;
    uint32_t growths = sim.plot.grows ? 1 + sim_below(2) : 0;
    for (uint32_t i = 0; i < growths; i++) {
        sim.broker.planned++;
        sim_at(sim_between(0, until_us), grow, NULL, (uint64_t)until_us);
    }
}

/* What the broker says */

static bool
ask_ends(void *self, uint32_t wait_ms, const int64_t **ends, int32_t *count, struct err *err)
{
    static int64_t highs[BROKER_PARTITIONS];
    struct actor *actor = self;
    sim_step(LABEL_ENDS, PHASE_ASKED);
    sim_spend(sim_between(500, 5000));
    if (!broker_reached(actor)) {
        sim_spend((int64_t)wait_ms * 1000);
        return err_set(err, ERR_RETRY, "no broker answers");
    }
    *count = (int32_t)sim.broker.partition_count;
    int64_t *taken = sim_alloc(sizeof(highs));
    for (int32_t i = 0; i < *count; i++) {
        taken[i] = sim.broker.log[i].high;
    }
    sim_step(LABEL_ENDS, PHASE_ANSWERED);
    memcpy(highs, taken, sizeof(highs));
    *ends = highs;
    return true;
}

/* What the database says */

bool growth_open(int32_t partition_count, struct err *err)
{
    struct db_growth *growth = &sim.database.growth;
    if (growth->count == 0) {
        growth->count = partition_count;
        unknown = unknown || partition_count != (int32_t)first_count;
        database_committed(false);
    }
    return partition_count >= count_known(growth) ||
           err_set(err, ERR_STALE, "%d partitions", partition_count);
}

void growth_read(struct batch_read *read)
{
    const struct db_growth *growth = &sim.database.growth;
    read->partitions = growth->count;
    read->partitions_to = count_known(growth);
}

/* As growth_pass() of deploy/migrations. */
static void pass(struct db_growth *growth)
{
    for (int32_t i = 0; under_way(growth) && i < growth->count; i++) {
        const struct db_position *row = &sim.database.positions[i];
        if ((row->known ? row->position.emitted_offset : 0) < growth->ends[i]) {
            return;
        }
    }
    if (under_way(growth)) {
        sim_trace("database: %d partitions are read", growth->to);
        *growth = (struct db_growth){.count = growth->to};
        database_committed(false);
    }
}

/* The statement is done at the server; whether its client hears of it is another matter. */
static bool answered(struct actor *actor, struct err *err)
{
    if (plot_fault(FAULT_REPLY_LOST)) {
        actor->session.broken = true;
    }
    sim_step(LABEL_GROWTH, PHASE_ANSWERED);
    return !actor->session.broken || session_lost(actor, err);
}

static bool
store_growth(void *self, const int64_t *ends, int32_t count, struct growth *growth, struct err *err)
{
    struct db_growth *row = &sim.database.growth;
    if (!session_look(self, LABEL_GROWTH, err)) {
        return false;
    }
    if (row->count == 0) {
        return err_set(err, ERR_HALT, "the row of the topic is gone");
    }
    if (ends != NULL && !under_way(row) && count > row->count) {
        sim_trace("database: grows from %d to %d", row->count, count);
        row->to = count;
        memcpy(row->ends, ends, (size_t)row->count * sizeof(*ends));
        database_committed(false);
    }
    pass(row);
    *growth = (struct growth){.from = row->count, .to = count_known(row)};
    if (under_way(row)) {
        int64_t *copy = sim_alloc(sizeof(row->ends));
        memcpy(copy, row->ends, sizeof(row->ends));
        growth->old_end = copy;
    }
    return answered(self, err);
}

/* As the port has it. NOLINTNEXTLINE(bugprone-easily-swappable-parameters) */
static bool
store_growth_end(void *self, int32_t from, int32_t partition, int64_t offset, struct err *err)
{
    struct db_growth *row = &sim.database.growth;
    if (!session_look(self, LABEL_GROWTH, err)) {
        return false;
    }
    if (under_way(row) && row->count == from && offset < row->ends[partition]) {
        sim_trace("database: %d ends at %" PRId64, partition, offset);
        row->ends[partition] = offset;
        database_committed(false);
    }
    return answered(self, err);
}

void growth_edges(struct actor *actor, struct worker_edges *edges)
{
    (void)actor;
    edges->ends = ask_ends;
    edges->store.growth = store_growth;
    edges->store.growth_end = store_growth_end;
}

/* The order of publication */

static const struct log_entry *entry_at(int32_t partition, int64_t offset)
{
    return &sim.broker.log[partition].at[offset];
}

/* Whether a record of the same key was published later and `seen` is true of it. A log whose end
 * was lost has other records by now. */
static bool overtaken(const struct log_entry *entry,
                      bool (*seen)(int32_t partition, int64_t offset))
{
    for (int32_t p = 0; p < (int32_t)sim.broker.partition_count && load_ordered() && !unknown;
         p++) {
        const struct log_partition *log = &sim.broker.log[p];
        for (int64_t offset = 0; offset < log->high && !log->cut; offset++) {
            const struct log_entry *other = &log->at[offset];
            if (!other->hole && other->published > entry->published &&
                bytes_equal(other->record.key, entry->record.key) && seen(p, offset)) {
                return true;
            }
        }
    }
    return false;
}

static bool is_stored(int32_t partition, int64_t offset)
{
    const struct db_fate *fate = &sim.database.fates[partition][offset];
    return fate->stored && fate->fate != FATE_GAP && fate->fate != FATE_SKIPPED;
}

static bool is_sent(int32_t partition, int64_t offset)
{
    const struct audit_offset *seen = &audit.offsets[partition][offset];
    return seen->appended > 0 && seen->fate == FATE_DECIDED;
}

void growth_stored(int32_t partition, int64_t offset)
{
    const struct log_entry *entry = entry_at(partition, offset);
    if (is_stored(partition, offset) && !entry->hole && overtaken(entry, is_stored)) {
        sim_breach("I8: %d/%" PRId64 " gets its fate after one of its key that was published later",
                   partition,
                   offset);
    }
}

void growth_appended(const struct message *message)
{
    const struct log_entry *entry = entry_at(message->partition, message->offset);
    if (!entry->hole && overtaken(entry, is_sent)) {
        sim_breach("I8: %d/%" PRId64 " is emitted after one of its key that was published later",
                   message->partition,
                   message->offset);
    }
}
