#include "coordinator.h"

#include <stdio.h>

#include "audit.h"
#include "producer.h"
#include "sim.h"

enum {
    NAME_SIZE = 48,
    GROUP = OUT_PARTITIONS, /* the group's offsets, as one log more */
    LOGS = OUT_PARTITIONS + 1,
};

enum end {
    END_OPEN,
    END_COMMITTED,
    END_ABORTED,
};

struct producer_id {
    char name[NAME_SIZE];
    int32_t epoch;
    bool ongoing;
    bool ending;     /* decided, and not all markers are written */
    bool commit;     /* how the last one ended, or ends */
    uint64_t number; /* of the last transaction */
    bool added[LOGS];
    uint32_t unmarked; /* logs */
    bool pends[BROKER_PARTITIONS];
    struct group_offset pending[BROKER_PARTITIONS];
};

/* One offset of an output log. */
struct out_entry {
    const struct message *message; /* NULL: a marker, or a record that nobody may see */
    bool marker;
    uint32_t id;
    enum end end;
};

struct out_log {
    struct out_entry entries[OUT_ENTRIES];
    uint32_t count;
    uint32_t read; /* by a reader of what is committed */
};

static struct producer_id ids[COORDINATOR_IDS];
static uint32_t id_count;
static struct out_log logs[OUT_PARTITIONS];

void coordinator_begin(void)
{
    memset(ids, 0, sizeof(ids[0]) * id_count);
    id_count = 0;
    for (int i = 0; i < OUT_PARTITIONS; i++) {
        logs[i].count = logs[i].read = 0;
    }
}

static struct producer_id *id_of(const char *name)
{
    for (uint32_t i = 0; i < id_count; i++) {
        if (strcmp(ids[i].name, name) == 0) {
            return &ids[i];
        }
    }
    CHECK(id_count < COORDINATOR_IDS);
    (void)snprintf(ids[id_count].name, NAME_SIZE, "%s", name);
    return &ids[id_count++];
}

/* No further than the first that is open. */
static void read_on(struct out_log *log)
{
    while (log->read < log->count && log->entries[log->read].end != END_OPEN) {
        const struct out_entry *entry = &log->entries[log->read++];
        bool shown = entry->end == END_COMMITTED || !guard_stands(GUARD_TXN_ABORT);
        if (shown && entry->message != NULL) {
            audit_appended(entry->message);
        } else if (shown && !entry->marker) {
            sim_breach("an empty record is committed");
        }
    }
}

static void append(uint32_t out, struct out_entry entry)
{
    struct out_log *log = &logs[out];
    CHECK(log->count < OUT_ENTRIES);
    log->entries[log->count++] = entry;
    read_on(log);
}

static void commit_offset(int32_t partition, const struct group_offset *committed)
{
    struct group_offset *offset = &sim.broker.group.offsets[partition];
    if (committed->order < offset->order) {
        return; /* one that came after it was committed before it */
    }
    audit_group_offset(partition, committed, offset->offset);
    *offset = *committed;
}

static void mark_group(struct producer_id *id, bool commit)
{
    for (int32_t i = 0; i < BROKER_PARTITIONS; i++) {
        if (id->pends[i] && commit) {
            commit_offset(i, &id->pending[i]);
        }
        id->pends[i] = false;
    }
}

/* A marker decides all that its producer has open in the log. */
static void mark_log(uint32_t out, uint32_t id, bool commit)
{
    struct out_log *log = &logs[out];
    for (uint32_t i = log->read; i < log->count; i++) {
        struct out_entry *entry = &log->entries[i];
        if (entry->id == id && entry->end == END_OPEN) {
            entry->end = commit ? END_COMMITTED : END_ABORTED;
        }
    }
    append(out, (struct out_entry){.marker = true, .id = id, .end = END_ABORTED});
}

struct marker {
    uint32_t id;
    uint32_t log;
};

static void mark(void *what, uint64_t unused)
{
    const struct marker *marker = what;
    struct producer_id *id = &ids[marker->id];
    (void)unused;
    if (sim.broker.down_until > sim.now_us) {
        sim_at(sim.broker.down_until + sim_between(100, 50000), mark, what, 0);
        return;
    }
    if (marker->log == GROUP) {
        mark_group(id, id->commit);
    } else {
        mark_log(marker->log, marker->id, id->commit);
    }
    id->ending = --id->unmarked > 0;
}

/* What a committed transaction holds is out from here on, whenever its markers come. */
static void decide_outputs(uint32_t id)
{
    for (uint32_t out = 0; out < OUT_PARTITIONS; out++) {
        for (uint32_t i = logs[out].read; i < logs[out].count; i++) {
            const struct out_entry *entry = &logs[out].entries[i];
            if (entry->id == id && entry->end == END_OPEN && entry->message != NULL) {
                audit_decided(entry->message);
            }
        }
    }
}

static void end(uint32_t number, bool commit)
{
    struct producer_id *id = &ids[number];
    sim_trace("coordinator: %s is %s", id->name, commit ? "committed" : "aborted");
    id->ongoing = false;
    id->ending = true;
    id->commit = commit;
    if (commit) {
        decide_outputs(number);
    }
    for (uint32_t log = 0; log < LOGS; log++) {
        if (id->added[log]) {
            struct marker *marker = sim_alloc(sizeof(*marker));
            *marker = (struct marker){.id = number, .log = log};
            id->added[log] = false;
            id->unmarked++;
            int64_t late = sim_one_in(12) && !sim.plot.calm ? 400000 : 3000;
            sim_at(sim.now_us + sim_between(50, late), mark, marker, 0);
        }
    }
}

static bool is_latest(const struct identity *identity)
{
    bool latest = ids[identity->id].epoch == identity->epoch || !guard_stands(GUARD_TXN_FENCE);
    if (!latest) {
        sim_count(FAULT_PRODUCER_FENCED);
    }
    return latest;
}

static enum reply later(void)
{
    sim_count(FAULT_CONCURRENT);
    return REPLY_LATER;
}

enum reply coordinator_init(const char *name, struct identity *identity)
{
    struct producer_id *id = id_of(name);
    if (id->ending) {
        return later();
    }
    id->epoch++;
    if (id->ongoing) {
        end((uint32_t)(id - ids), false);
        return later();
    }
    *identity = (struct identity){.id = (uint32_t)(id - ids), .epoch = id->epoch};
    return REPLY_DONE;
}

/* Whoever began it is fenced, and will be told so. */
static void time_out(void *what, uint64_t number)
{
    struct producer_id *id = what;
    if (id->number == number && id->ongoing) {
        if (sim.broker.down_until > sim.now_us) {
            sim_at(sim.broker.down_until + COORDINATOR_LOOKS_US, time_out, what, number);
            return;
        }
        sim_count(FAULT_TRANSACTION_OLD);
        id->epoch++;
        end((uint32_t)(id - ids), false);
    }
}

enum reply coordinator_add(const struct identity *identity, uint32_t out)
{
    static uint64_t numbers;
    struct producer_id *id = &ids[identity->id];
    if (!is_latest(identity)) {
        return REPLY_FENCED;
    }
    if (id->ending) {
        return later();
    }
    if (!id->ongoing) {
        id->ongoing = true;
        id->number = ++numbers;
        sim_at(sim.now_us + COORDINATOR_TIMEOUT_US + sim_between(0, COORDINATOR_LOOKS_US),
               time_out,
               id,
               id->number);
    }
    id->added[out] = true;
    return REPLY_DONE;
}

/* The leader asks the coordinator whether its partition is in the transaction (since Kafka 3.6). */
static bool is_added(const struct identity *identity, uint32_t log)
{
    const struct producer_id *id = &ids[identity->id];
    return id->ongoing && id->added[log];
}

enum reply
coordinator_produce(const struct identity *identity, uint32_t out, const struct message *message)
{
    if (!is_latest(identity)) {
        return REPLY_FENCED;
    }
    if (!is_added(identity, out)) {
        return REPLY_INVALID;
    }
    append(out, (struct out_entry){.message = message, .id = identity->id, .end = END_OPEN});
    return REPLY_DONE;
}

void coordinator_append(const struct message *message)
{
    audit_decided(message);
    append(message->out,
           (struct out_entry){.message = message, .id = COORDINATOR_IDS, .end = END_COMMITTED});
}

enum reply coordinator_offer(const struct identity *identity,
                             uint64_t member,
                             int64_t generation,
                             const struct offer *offers,
                             uint32_t count)
{
    struct producer_id *id = &ids[identity->id];
    if (!is_latest(identity)) {
        return REPLY_FENCED;
    }
    if (!is_added(identity, GROUP)) {
        return REPLY_INVALID;
    }
    if (group_member(member) == NULL || generation != sim.broker.group.generation) {
        return REPLY_EXPELLED;
    }
    for (uint32_t i = 0; i < count; i++) {
        int32_t partition = offers[i].partition;
        id->pends[partition] = true;
        id->pending[partition] = offers[i].offset;
        id->pending[partition].order = ++sim.broker.group.orders;
        if (!guard_stands(GUARD_TXN_OFFSETS)) {
            commit_offset(partition, &id->pending[partition]);
            id->pends[partition] = false;
        }
    }
    return REPLY_DONE;
}

enum reply coordinator_end(const struct identity *identity, bool commit)
{
    const struct producer_id *id = &ids[identity->id];
    if (!is_latest(identity)) {
        return REPLY_FENCED;
    }
    if (id->ongoing) {
        end(identity->id, commit);
        return REPLY_DONE;
    }
    if (id->ending && id->commit == commit) {
        return later();
    }
    return id->commit == commit ? REPLY_DONE : REPLY_INVALID;
}

bool coordinator_pending(int32_t partition)
{
    for (uint32_t i = 0; i < id_count; i++) {
        if (ids[i].pends[partition]) {
            return true;
        }
    }
    return false;
}

bool coordinator_settled(void)
{
    for (uint32_t out = 0; out < OUT_PARTITIONS; out++) {
        if (logs[out].read < logs[out].count) {
            return false;
        }
    }
    return true;
}
