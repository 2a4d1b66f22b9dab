#include "audit.h"
#include "coordinator_state.h"
#include "producer.h"
#include "sim.h"

void logs_read_on(struct out_log *log)
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

void logs_append(uint32_t out, struct out_entry entry)
{
    struct out_log *log = &coordinator.logs[out];
    CHECK(log->count < OUT_ENTRIES);
    entry.at_ms = sim_wall_ms();
    log->entries[log->count++] = entry;
    logs_read_on(log);
}

void logs_commit_offset(int32_t partition, const struct group_offset *committed)
{
    struct group_offset *offset = &sim.broker.group.offsets[partition];
    if (committed->order < offset->order) {
        return; /* one that came after it was committed before it */
    }
    audit_group_offset(partition, committed, offset->offset);
    *offset = *committed;
}

void logs_mark_group(struct producer_id *id, bool commit)
{
    for (int32_t i = 0; i < BROKER_PARTITIONS; i++) {
        if (id->pends[i] && commit) {
            logs_commit_offset(i, &id->pending[i]);
        }
        id->pends[i] = false;
    }
    id->untold = false;
}

void logs_mark(uint32_t out, uint32_t id, bool commit)
{
    struct out_log *log = &coordinator.logs[out];
    for (uint32_t i = log->read; i < log->count; i++) {
        struct out_entry *entry = &log->entries[i];
        if (entry->id == id && entry->end == END_OPEN) {
            entry->end = commit ? END_COMMITTED : END_ABORTED;
            if (!commit && entry->told) {
                lost_end_undone();
            }
        }
    }
    logs_append(out, (struct out_entry){.marker = true, .id = id, .end = END_ABORTED});
}

void logs_decide(uint32_t id)
{
    for (uint32_t out = 0; out < OUT_PARTITIONS; out++) {
        for (uint32_t i = coordinator.logs[out].read; i < coordinator.logs[out].count; i++) {
            struct out_entry *entry = &coordinator.logs[out].entries[i];
            if (entry->id == id && entry->end == END_OPEN && entry->message != NULL) {
                audit_decided(entry->message);
                entry->told = true;
            }
        }
    }
}

bool logs_pend(const struct producer_id *id)
{
    bool any = false;
    for (int i = 0; i < BROKER_PARTITIONS; i++) {
        any = any || id->pends[i];
    }
    return any;
}

bool logs_open(uint32_t number)
{
    bool open = logs_pend(&coordinator.ids[number]);
    for (uint32_t out = 0; out < OUT_PARTITIONS; out++) {
        for (uint32_t i = coordinator.logs[out].read; i < coordinator.logs[out].count; i++) {
            open = open || (coordinator.logs[out].entries[i].id == number &&
                            coordinator.logs[out].entries[i].end == END_OPEN);
        }
    }
    return open;
}

bool coordinator_settled(void)
{
    for (uint32_t out = 0; out < OUT_PARTITIONS; out++) {
        if (coordinator.logs[out].read < coordinator.logs[out].count) {
            return false;
        }
    }
    return true;
}

bool coordinator_shows(int32_t partition, int64_t offset)
{
    for (uint32_t out = 0; out < OUT_PARTITIONS; out++) {
        for (uint32_t i = 0; i < coordinator.logs[out].count; i++) {
            const struct out_entry *entry = &coordinator.logs[out].entries[i];
            if (entry->end == END_COMMITTED && entry->message != NULL &&
                entry->message->partition == partition && entry->message->offset == offset) {
                return true;
            }
        }
    }
    return false;
}

bool coordinator_pending(int32_t partition)
{
    for (uint32_t i = 0; i < coordinator.id_count; i++) {
        if (coordinator.ids[i].pends[partition]) {
            return true;
        }
    }
    return false;
}
