#include "audit.h"

#include <inttypes.h>

#include "mentor/app/envelope.h"
#include "mentor/core/chain.h"

#include "coordinator.h"
#include "sim.h"

struct audit audit;

void audit_begin(void)
{
    memset(&audit, 0, sizeof(audit));
}

/* Every stored output below has been appended. */
static void check_emitted(int32_t partition, int64_t emitted, const char *who)
{
    for (int64_t offset = 0; offset < emitted; offset++) {
        const struct db_fate *fate = &sim.database.fates[partition][offset];
        bool output = fate->stored && (fate->fate == FATE_DECIDED || fate->fate == FATE_DLQ);
        const struct audit_offset *seen = &audit.offsets[partition][offset];
        if (output && seen->appended == 0 && seen->decided == 0) {
            sim_breach(
                "I5: %s says %d/%" PRId64 " is emitted, and it is not", who, partition, offset);
        }
    }
}

void audit_group_commit(const struct position *position, int64_t before)
{
    int32_t partition = position->partition;
    sim_trace("group notes %d: %" PRId64 ", epoch %" PRId64 ", next %" PRId64,
              partition,
              position->emitted_offset,
              position->epoch,
              position->next_offset);
    if (position->emitted_offset < before) {
        sim_breach("I7: the group's offset of %d goes back from %" PRId64 " to %" PRId64,
                   partition,
                   before,
                   position->emitted_offset);
    }
    if (position->emitted_offset > position->next_offset ||
        position->next_offset > audit.next_ever[partition]) {
        sim_breach("I7: the group notes %" PRId64 " of %" PRId64 " for %d, stored is %" PRId64,
                   position->emitted_offset,
                   position->next_offset,
                   partition,
                   audit.next_ever[partition]);
    }
    if (position->next_offset > audit.noted_ever[partition]) {
        audit.noted_ever[partition] = position->next_offset;
    }
    check_emitted(partition, position->emitted_offset, "the group");
}

void audit_group_offset(int32_t partition, const struct group_offset *committed, int64_t before)
{
    struct note note = note_read(committed->metadata);
    struct position position = {.partition = partition,
                                .emitted_offset = committed->offset,
                                .epoch = note.epoch,
                                .next_offset = note.next};
    if (note.mode != NOTE_TRANSACTIONAL) {
        sim_breach("I7: the group's offset of %d says \"%s\"", partition, committed->metadata);
    }
    audit_group_commit(&position, before);
}

void audit_decided(const struct message *message)
{
    audit.offsets[message->partition][message->offset].decided++;
}

void audit_sent(const struct actor *actor, const struct message *message)
{
    const struct audit_offset *offset = &audit.offsets[message->partition][message->offset];
    sim_trace(
        "send %d/%" PRId64 "%s", message->partition, message->offset, message->dlq ? " dlq" : "");
    if (!offset->stored || (offset->fate == FATE_DLQ) != message->dlq ||
        !bytes_equal(offset->value, message->value)) {
        sim_breach("I12: %d/%" PRId64 " is sent and was not stored so",
                   message->partition,
                   message->offset);
    }
    if (!actor->worker->transactional && audit.noted_ever[message->partition] <= message->offset) {
        sim_breach("%d/%" PRId64 " is sent before the group has noted it",
                   message->partition,
                   message->offset);
    }
}

/* I8: of one citizen in one input partition, what comes first comes in order. */
static void check_order(const struct message *message)
{
    for (uint32_t i = 0; i < sim.database.citizen_count; i++) {
        int64_t *newest = &audit.citizen_offset[message->partition][i];
        if (memcmp(sim.database.citizens[i].ref, message->citizen, CITIZEN_REF_SIZE) != 0) {
            continue;
        }
        if (message->offset < *newest) {
            sim_breach("I8: %d/%" PRId64 " is emitted after a later one of its citizen",
                       message->partition,
                       message->offset);
        }
        *newest = message->offset;
    }
}

void audit_appended(const struct message *message)
{
    struct audit_offset *offset = &audit.offsets[message->partition][message->offset];
    sim_trace("appended %d/%" PRId64 "%s",
              message->partition,
              message->offset,
              message->dlq ? " dlq" : "");
    sim.counts.outputs++;
    if (offset->appended++ > 0) {
        if (!bytes_equal(offset->first, message->bytes)) {
            sim_breach("I9: %d/%" PRId64 " is emitted with other bytes",
                       message->partition,
                       message->offset);
        }
        if (sim.plot.emits == EMIT_TRANSACTIONAL) {
            sim_breach("I9: %d/%" PRId64 " is seen twice by a reader of what is committed",
                       message->partition,
                       message->offset);
        }
        return;
    }
    offset->first = message->bytes;
    if (message->dlq) {
        return;
    }
    check_order(message);
    growth_appended(message);
    if (message->cpr != NULL && envelope_holds(message->bytes, bytes_text(message->cpr))) {
        sim_breach("I14: the output of %d/%" PRId64 " holds the CPR number",
                   message->partition,
                   message->offset);
    }
}

void audit_fate(int32_t partition, int64_t offset, bool stored)
{
    if (stored) {
        sim_breach("I3: %d/%" PRId64 " gets a second fate", partition, offset);
    }
    if (offset >= sim.broker.log[partition].high && !sim.plot.halts) {
        sim_breach("I3: %d/%" PRId64 " gets a fate and does not exist", partition, offset);
    }
}

void audit_stored(int32_t partition, int64_t offset, const struct db_fate *fate)
{
    struct audit_offset *seen = &audit.offsets[partition][offset];
    struct bytes value = {0};
    if (fate->fate == FATE_DECIDED) {
        value = fate->output.output;
        sim.counts.decisions++;
    } else if (fate->fate == FATE_DLQ) {
        value = fate->output.value;
    }
    sim_trace("stored %d/%" PRId64 " %s", partition, offset, fate_name(fate->fate));
    if (seen->appended > 0 && (seen->fate != fate->fate || !bytes_equal(seen->value, value))) {
        sim_breach("I1: %d/%" PRId64 " is decided anew after it was emitted", partition, offset);
    }
    growth_stored(partition, offset);
    seen->stored = true;
    seen->fate = fate->fate;
    seen->value = value;
}

void audit_owner(const struct transaction *transaction, uint32_t at)
{
    int32_t partition = transaction->positions[at].partition;
    if (audit.latest_take[partition] != 0 &&
        transaction->take_number[partition] != audit.latest_take[partition]) {
        sim_breach("I6: somebody who has lost partition %d writes to it", partition);
    }
}

void audit_range(const struct transaction *transaction,
                 uint32_t at,
                 const struct batch_range *range,
                 const struct position *before)
{
    audit_owner(transaction, at);
    if (range->from != before->next_offset) {
        sim_breach("I3: a range of partition %d begins at %" PRId64
                   ", the last one ended at %" PRId64,
                   before->partition,
                   range->from,
                   before->next_offset);
    }
    struct chain_batch chained = {.first_offset = range->from,
                                  .next_offset = range->to,
                                  .epoch = transaction->positions[at].epoch,
                                  .evaluated_at_ms = range->evaluated_at_ms};
    uint8_t link[SHA256_SIZE];
    memcpy(chained.root, range->root, SHA256_SIZE);
    chain_link(before->link, &chained, link);
    if (memcmp(link, range->link, SHA256_SIZE) != 0) {
        sim_breach("I10: the range of partition %d at %" PRId64 " is not linked to the one before",
                   before->partition,
                   range->from);
    }
}

void audit_rulebook(const struct transaction *transaction, int32_t partition, int64_t moment_ms)
{
    uint32_t number = rulebook_number(transaction->batch->rulebook_sha256);
    uint32_t in_force = publications_in_force(transaction->publications, moment_ms);
    uint32_t before = sim.database.positions[partition].rulebook;
    if (number != in_force) {
        sim_breach("I2: a batch of partition %d names rulebook %u, in force at its moment is %u",
                   partition,
                   number,
                   in_force);
    } else if (publications_before(number, before)) {
        sim_breach("partition %d goes back from rulebook %u to %u", partition, before, number);
    }
}

void audit_position(const struct position *row)
{
    struct position *last = &audit.last[row->partition];
    if (row->next_offset < last->next_offset || row->emitted_offset < last->emitted_offset ||
        row->epoch < last->epoch || row->evaluated_at_ms < last->evaluated_at_ms) {
        sim_breach("I7: the position of partition %d goes back", row->partition);
    }
    if (row->emitted_offset > row->next_offset) {
        sim_breach("I7: partition %d is emitted beyond what is decided", row->partition);
    }
    if (row->next_offset > audit.next_ever[row->partition]) {
        audit.next_ever[row->partition] = row->next_offset;
    }
    *last = *row;
    check_emitted(row->partition, row->emitted_offset, "the database");
}

void audit_take(const struct actor *actor)
{
    if (actor->fenced) {
        sim_breach("I6: a fenced worker takes its partitions back on its own");
    } else if (actor->doubts) {
        sim_breach("I6: after trouble a worker takes its partitions without asking the group");
    }
}

void audit_taken(struct transaction *transaction,
                 const struct position *told,
                 const struct position *row)
{
    int32_t partition = row->partition;
    sim_trace("taken %d: epoch %" PRId64 ", next %" PRId64 ", emitted %" PRId64,
              partition,
              row->epoch,
              row->next_offset,
              row->emitted_offset);
    if (audit.takes == 0 || audit.last[partition].epoch == 0) {
        audit.start[partition] = row->next_offset;
    }
    if (row->epoch <= audit.last[partition].epoch && audit.latest_take[partition] != 0) {
        sim_breach("I6: the epoch of partition %d does not rise", partition);
    }
    if (told->next_offset != row->next_offset || told->emitted_offset != row->emitted_offset) {
        sim_breach("the new owner of partition %d is told %" PRId64 ", the truth is %" PRId64,
                   partition,
                   told->next_offset,
                   row->next_offset);
    }
    audit.latest_take[partition] = ++audit.takes;
    transaction->take_number[partition] = audit.takes;
    audit.last[partition] = *row;
    if (row->next_offset > audit.next_ever[partition]) {
        audit.next_ever[partition] = row->next_offset;
    }
}

void audit_restored(void)
{
    for (int i = 0; i < BROKER_PARTITIONS; i++) {
        audit.last[i] = sim.database.positions[i].position;
        audit.latest_take[i] = 0;
    }
}

void audit_halted(const struct actor *actor, const struct err *err)
{
    (void)actor;
    sim_count(FAULT_HALTED);
    sim_trace("halted: %s", err->text);
    audit.halted = true;
    if (!sim.plot.halts) {
        sim_breach("halted, and nothing was wrong: %.150s", err->text);
    }
}

bool audit_done(void)
{
    if (sim.broker.appended < sim.broker.planned || !coordinator_settled()) {
        return false;
    }
    for (uint32_t i = 0; i < sim.broker.partition_count; i++) {
        const struct db_position *row = &sim.database.positions[i];
        int64_t high = sim.broker.log[i].high;
        int64_t noted = sim.broker.group.offsets[i].offset;
        if (!row->known || row->recall.noted != 0 || row->position.next_offset < high ||
            row->position.emitted_offset < row->position.next_offset ||
            (noted != row->position.emitted_offset &&
             (noted >= 0 || row->position.next_offset > audit.start[i]))) {
            return false;
        }
    }
    return true;
}
