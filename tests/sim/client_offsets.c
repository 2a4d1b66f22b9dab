/* What the log and the group say about offsets: the source's questions that take a round trip. */

#include <stdio.h>

#include "mentor/base/err.h"

#include "audit.h"
#include "sim.h"

enum {
    ANSWER_US = 5000000,
};

/* A group commit under way: it may arrive when nobody waits for it any more. */
struct commit {
    uint64_t member;
    int64_t generation;
    struct position positions[BROKER_PARTITIONS];
    uint32_t count;
    bool arrived;
    bool taken;
    struct err err;
};

static struct client *client_of(void *self)
{
    return &((struct actor *)self)->client;
}

/* A question and its answer. false: nobody answers. */
static bool round_trip(struct actor *actor, enum label label, struct err *err)
{
    sim_step(label, PHASE_ASKED);
    sim_spend(sim_between(50, 1000));
    if (!broker_reached(actor)) {
        sim_spend(ANSWER_US);
        return err_set(err, ERR_RETRY, "no broker answers");
    }
    sim_step(label, PHASE_UNDER_WAY);
    return true;
}

bool client_bounds(void *self, int32_t partition, int64_t *low, int64_t *high, struct err *err)
{
    struct actor *actor = self;
    const struct log_partition *log = &sim.broker.log[partition];
    audit_take(actor); /* TAKE begins with this */
    actor->holds = false;
    actor->doubts = false;
    if (!round_trip(self, LABEL_BOUNDS, err)) {
        return false;
    }
    *low = log->low;
    *high = log->high;
    sim_step(LABEL_BOUNDS, PHASE_ANSWERED);
    return true;
}

bool client_count(void *self, int32_t *count, struct err *err)
{
    if (!round_trip(self, LABEL_PARTITIONS, err)) {
        return false;
    }
    *count = (int32_t)sim.broker.partition_count;
    sim_step(LABEL_PARTITIONS, PHASE_ANSWERED);
    return true;
}

bool client_committed(
    void *self, int32_t partition, int64_t *offset, char *metadata, uint32_t size, struct err *err)
{
    const struct group_offset *committed = &sim.broker.group.offsets[partition];
    if (!round_trip(self, LABEL_COMMITTED, err)) {
        return false;
    }
    *offset = committed->offset;
    (void)snprintf(metadata, size, "%s", committed->metadata);
    sim_step(LABEL_COMMITTED, PHASE_ANSWERED);
    return true;
}

static void commit_arrives(void *what, uint64_t life)
{
    struct commit *commit = what;
    if (sim.broker.down_until > sim.now_us) {
        return; /* lost with the connection */
    }
    commit->taken = group_commit(
        commit->member, commit->generation, commit->positions, commit->count, &commit->err);
    commit->arrived = true;
    for (uint32_t i = 0; i < SIM_ACTORS; i++) {
        if (sim.actors[i].life == life && sim.actors[i].client.commit == commit) {
            sim_wake(&sim.actors[i]);
        }
    }
}

bool client_commit(void *self, const struct position *positions, uint32_t count, struct err *err)
{
    struct actor *actor = self;
    struct client *client = client_of(self);
    sim_step(LABEL_COMMIT, PHASE_ASKED);
    if (count == 0) {
        actor->doubts = false; /* of nothing */
        return true;
    }
    if (!client->joined || !client->ours) {
        actor->fenced = true;
        return err_set(err, ERR_FENCED, "the group has taken the partitions away");
    }
    if (client->generation != client->taken_generation && guard_stands(GUARD_GENERATION)) {
        return err_set(err, ERR_RETRY, "the group gives its partitions anew");
    }
    struct commit *commit = sim_alloc(sizeof(*commit));
    CHECK(count <= BROKER_PARTITIONS);
    *commit =
        (struct commit){.member = client->member, .generation = client->generation, .count = count};
    memcpy(commit->positions, positions, count * sizeof(*positions));
    client->commit = commit;
    int64_t until = sim.now_us + ANSWER_US;
    if (broker_reached(actor)) {
        int64_t late = plot_fault(FAULT_COMMIT_LATE) ? sim_between(1000000, 8000000) : 0;
        int64_t at = sim.now_us + late + sim_between(50, 800);
        client->commit_us = at > client->commit_us ? at : client->commit_us; /* one connection */
        sim_at(client->commit_us, commit_arrives, commit, actor->life);
    }
    sim_step(LABEL_COMMIT, PHASE_UNDER_WAY);
    while (!commit->arrived && sim.now_us < until) {
        sim_wait(until);
    }
    sim_step(LABEL_COMMIT, PHASE_ANSWERED);
    client->commit = NULL;
    if (!commit->arrived) {
        actor->doubts = actor->holds;
        return err_set(err, ERR_RETRY, "no answer to a commit");
    }
    if (!commit->taken) {
        *err = commit->err;
        actor->fenced = true;
        return false;
    }
    actor->doubts = false;
    return true;
}
