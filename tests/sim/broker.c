#include "broker.h"

#include <inttypes.h>
#include <stdio.h>

#include "mentor/base/err.h"

#include "audit.h"
#include "sim.h"

static struct group *group_of(void)
{
    return &sim.broker.group;
}

void broker_begin(uint32_t partition_count)
{
    memset(&sim.broker, 0, sizeof(sim.broker));
    sim.broker.partition_count = group_of()->partition_count = partition_count;
    for (int i = 0; i < BROKER_PARTITIONS; i++) {
        group_of()->offsets[i].offset = -1;
    }
}

bool broker_reached(const struct actor *actor)
{
    return sim.broker.down_until <= sim.now_us && !actor->link_down;
}

void broker_append(uint32_t partition, const struct log_entry *entry)
{
    struct log_partition *log = &sim.broker.log[partition];
    struct log_entry *at = &log->at[log->high];
    while (log->cut && !entry->hole && !at->hole &&
           bytes_equal(at->record.value, entry->record.value)) {
        *at = (struct log_entry){.hole = true}; /* the same again would be no other log */
        at = &log->at[++log->high];
    }
    CHECK(log->high < BROKER_OFFSETS);
    *at = *entry;
    at->published = ++sim.broker.published;
    at->record.partition = (int32_t)partition;
    at->record.offset = log->high++;
    clients_wake();
}

void broker_truncate(uint32_t partition, int64_t high)
{
    sim_trace("log %u is cut at %" PRId64, partition, high);
    sim.broker.log[partition].high = high;
    sim.broker.log[partition].cut = true;
    clients_reset((int32_t)partition, high);
}

void broker_raise(uint32_t partition, int64_t low)
{
    struct log_partition *log = &sim.broker.log[partition];
    sim_trace("log %u begins at %" PRId64, partition, low);
    for (int64_t offset = log->low; offset < low; offset++) {
        log->at[offset].gone = offset >= sim.database.positions[partition].position.next_offset;
    }
    log->low = low;
}

/* The group */

struct member *group_member(uint64_t id)
{
    for (uint32_t i = 0; i < BROKER_MEMBERS && id != 0; i++) {
        if (group_of()->members[i].id == id) {
            return &group_of()->members[i];
        }
    }
    return NULL;
}

static void complete(void *what, uint64_t round)
{
    (void)what;
    struct group *group = group_of();
    if (!group->preparing || (int64_t)round != group->preparing_us) {
        return;
    }
    group->preparing = false;
    group->completing = false;
    group->generation++;
    struct member *members[BROKER_MEMBERS];
    uint32_t count = 0;
    for (uint32_t i = 0; i < BROKER_MEMBERS; i++) {
        struct member *member = &group->members[i];
        if (member->id != 0 && !member->rejoined) {
            member->id = 0; /* it kept everybody waiting */
        } else if (member->id != 0) {
            members[count++] = member;
        }
    }
    uint32_t masks[BROKER_MEMBERS] = {0};
    uint32_t first = count == 0 ? 0 : sim_below(count);
    for (uint32_t i = 0; i < group->partition_count; i++) {
        group->owner[i] = count == 0 ? 0 : members[(first + i) % count]->id;
        masks[count == 0 ? 0 : (first + i) % count] |= 1U << i;
    }
    sim_trace("group: generation %" PRId64 ", %u members", group->generation, count);
    for (uint32_t i = 0; i < count; i++) {
        members[i]->heard_us = sim.now_us;
        members[i]->rejoined = false;
        client_assigned(
            members[i]->actor, members[i]->life, members[i]->id, masks[i], group->generation);
    }
}

/* Goes on as soon as everybody is there. */
static void look(void)
{
    struct group *group = group_of();
    for (uint32_t i = 0; i < BROKER_MEMBERS; i++) {
        if (group->members[i].id != 0 && !group->members[i].rejoined) {
            return;
        }
    }
    if (group->preparing && !group->completing) {
        group->completing = true;
        sim_at(sim.now_us + sim_between(500, 20000), complete, NULL, (uint64_t)group->preparing_us);
    }
}

static void prepare(void)
{
    struct group *group = group_of();
    if (!group->preparing) {
        sim_count(FAULT_REBALANCE);
        group->preparing = true;
        group->preparing_us = sim.now_us;
        sim_at(sim.now_us + REBALANCE_US, complete, NULL, (uint64_t)group->preparing_us);
    }
    group->completing = false;
    look();
}

void group_grow(uint32_t partition_count)
{
    group_of()->partition_count = partition_count;
    prepare();
}

static void remove_member(struct member *member)
{
    for (uint32_t i = 0; i < BROKER_PARTITIONS; i++) {
        if (group_of()->owner[i] == member->id) {
            group_of()->owner[i] = 0;
        }
    }
    member->id = 0;
    prepare();
}

/* Looks again as long as the member lives. */
static void expire(void *what, uint64_t id)
{
    (void)what;
    struct member *member = group_member(id);
    if (member == NULL) {
        return;
    }
    if (sim.broker.down_until > sim.now_us) {
        member->heard_us = sim.broker.down_until; /* a coordinator that comes back counts anew */
    }
    if (sim.now_us - member->heard_us >= SESSION_US) {
        sim_count(FAULT_EXPIRED);
        remove_member(member);
        return;
    }
    sim_at(member->heard_us + SESSION_US, expire, NULL, id);
}

uint64_t group_join(uint64_t id, struct actor *actor)
{
    struct member *member = group_member(id);
    for (uint32_t i = 0; i < BROKER_MEMBERS && member == NULL; i++) {
        if (group_of()->members[i].id == 0) {
            member = &group_of()->members[i];
            *member = (struct member){++group_of()->ids, actor, actor->life, sim.now_us, false};
            sim_at(sim.now_us + SESSION_US, expire, NULL, member->id);
        }
    }
    CHECK(member != NULL);
    member->heard_us = sim.now_us;
    member->rejoined = true;
    prepare();
    return member->id;
}

void group_leave(uint64_t id)
{
    struct member *member = group_member(id);
    if (member != NULL) {
        remove_member(member);
    }
}

bool group_heartbeat(uint64_t id, bool *rebalance)
{
    struct member *member = group_member(id);
    if (member == NULL) {
        return false;
    }
    member->heard_us = sim.now_us;
    *rebalance = group_of()->preparing && !member->rejoined;
    return true;
}

bool group_commit(uint64_t id,
                  int64_t generation,
                  const struct position *positions,
                  uint32_t count,
                  struct err *err)
{
    if (group_member(id) == NULL || generation != group_of()->generation) {
        return err_set(err, ERR_FENCED, "the group has moved on");
    }
    for (uint32_t i = 0; i < count; i++) {
        const struct position *position = &positions[i];
        struct group_offset *offset = &group_of()->offsets[position->partition];
        audit_group_commit(position, offset->offset);
        offset->offset = position->emitted_offset;
        offset->order = ++group_of()->orders;
        (void)note_write(position, false, offset->metadata);
    }
    return true;
}
