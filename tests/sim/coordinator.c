#include <stdio.h>

#include "audit.h"
#include "coordinator_state.h"
#include "producer.h"
#include "sim.h"

struct coordinator coordinator;

void coordinator_begin(void)
{
    memset(coordinator.ids, 0, sizeof(coordinator.ids[0]) * coordinator.id_count);
    coordinator.id_count = 0;
    for (int i = 0; i < OUT_PARTITIONS; i++) {
        coordinator.logs[i].count = coordinator.logs[i].read = 0;
    }
}

static struct producer_id *id_of(const char *name)
{
    for (uint32_t i = 0; i < coordinator.id_count; i++) {
        if (strcmp(coordinator.ids[i].name, name) == 0) {
            return &coordinator.ids[i];
        }
    }
    CHECK(coordinator.id_count < COORDINATOR_IDS);
    (void)snprintf(coordinator.ids[coordinator.id_count].name, TRANSACTIONAL_ID_SIZE, "%s", name);
    return &coordinator.ids[coordinator.id_count++];
}

struct marker {
    uint32_t id;
    uint32_t log;
};

static void mark(void *what, uint64_t unused)
{
    const struct marker *marker = what;
    struct producer_id *id = &coordinator.ids[marker->id];
    (void)unused;
    if (sim.broker.down_until > sim.now_us) {
        sim_at(sim.broker.down_until + sim_between(100, 50000), mark, what, 0);
        return;
    }
    if (marker->log == COORDINATOR_GROUP) {
        logs_mark_group(id, id->commit);
    } else {
        logs_mark(marker->log, marker->id, id->commit);
    }
    id->ending = --id->unmarked > 0;
}

static void end(uint32_t number, bool commit)
{
    struct producer_id *id = &coordinator.ids[number];
    sim_trace("coordinator: %s is %s", id->name, commit ? "committed" : "aborted");
    id->ongoing = false;
    id->ending = true;
    id->commit = commit;
    bool undone = id->lost;
    if (id->lost && !commit) {
        lost_end_undone();
    }
    id->lost = lost_end_comes(id);
    bool parted = commit && !id->lost && lost_part_comes(id);
    bool bare = !commit && !undone && !id->lost && lost_abort_comes(id);
    if (commit) {
        logs_decide(number);
    }
    for (uint32_t log = 0; log < COORDINATOR_LOGS; log++) {
        bool lost = id->lost || (parted && sim_one_in(2)) ||
                    (bare && log != COORDINATOR_GROUP && !sim_one_in(4));
        id->untold = id->untold || (id->added[log] && lost && log == COORDINATOR_GROUP);
        if (id->added[log] && !lost) {
            struct marker *marker = sim_alloc(sizeof(*marker));
            *marker = (struct marker){.id = number, .log = log};
            id->unmarked++;
            int64_t late = sim_one_in(12) && !sim.plot.calm ? 400000 : 3000;
            sim_at(sim.now_us + sim_between(50, late), mark, marker, 0);
        }
        id->added[log] = false;
    }
    id->ending = id->unmarked > 0;
    if (id->lost || parted || bare) {
        sim_at(sim.now_us + LOST_ADMINISTERED_US, lost_end_administer, NULL, number);
    }
}

static bool is_latest(const struct identity *identity)
{
    bool latest =
        coordinator.ids[identity->id].epoch == identity->epoch || !guard_stands(GUARD_TXN_FENCE);
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
        end((uint32_t)(id - coordinator.ids), false);
        return later();
    }
    *identity = (struct identity){.id = (uint32_t)(id - coordinator.ids), .epoch = id->epoch};
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
        end((uint32_t)(id - coordinator.ids), false);
    }
}

enum reply coordinator_add(const struct identity *identity, uint32_t out)
{
    static uint64_t numbers;
    struct producer_id *id = &coordinator.ids[identity->id];
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
    const struct producer_id *id = &coordinator.ids[identity->id];
    return id->ongoing && id->added[log];
}

enum reply coordinator_produce(const struct identity *identity,
                               uint32_t out,
                               const struct message *message,
                               int64_t *offset)
{
    if (!is_latest(identity)) {
        return REPLY_FENCED;
    }
    if (!is_added(identity, out)) {
        return REPLY_INVALID;
    }
    *offset = coordinator.logs[out].count;
    logs_append(out, (struct out_entry){.message = message, .id = identity->id, .end = END_OPEN});
    return REPLY_DONE;
}

void coordinator_append(const struct message *message)
{
    audit_decided(message);
    logs_append(
        message->out,
        (struct out_entry){.message = message, .id = COORDINATOR_IDS, .end = END_COMMITTED});
}

enum reply coordinator_offer(const struct identity *identity,
                             uint64_t member,
                             int64_t generation,
                             const struct offer *offers,
                             uint32_t count)
{
    struct producer_id *id = &coordinator.ids[identity->id];
    if (!is_latest(identity)) {
        return REPLY_FENCED;
    }
    if (!is_added(identity, COORDINATOR_GROUP)) {
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
            logs_commit_offset(partition, &id->pending[partition]);
            id->pends[partition] = false;
        }
    }
    return REPLY_DONE;
}

enum reply coordinator_end(const struct identity *identity, bool commit)
{
    const struct producer_id *id = &coordinator.ids[identity->id];
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
