/* What a commit changes, and the copies that make it the server's own. */

#include "mentor/app/outcome.h"

#include "audit.h"
#include "coordinator.h"
#include "sealing.h"
#include "sim.h"

enum {
    CLOCK_STEP_MS = 10000, /* as src/pg/store_take.c */
};

static void keep(struct bytes *bytes)
{
    *bytes = sim_keep(*bytes);
}

static void *copy(const void *from, size_t count, size_t size)
{
    void *to = sim_alloc(count * size + 1);
    if (count > 0) {
        memcpy(to, from, count * size);
    }
    return to;
}

const struct batch *database_copy(const struct batch *batch)
{
    struct batch *own = copy(batch, 1, sizeof(*batch));
    struct batch_read *read = &own->read;
    read->applications =
        copy(batch->read.applications, read->application_count, sizeof(*read->applications));
    read->citizens = copy(batch->read.citizens, read->citizen_count, sizeof(*read->citizens));
    own->entries = copy(batch->entries, own->entry_count, sizeof(*own->entries));
    own->decisions = copy(batch->decisions, own->decision_count, sizeof(*own->decisions));
    own->quarantines = copy(batch->quarantines, own->quarantine_count, sizeof(*own->quarantines));
    own->ranges = copy(batch->ranges, own->range_count, sizeof(*own->ranges));
    for (uint32_t i = 0; i < read->application_count; i++) {
        keep(&read->applications[i].state);
    }
    for (uint32_t i = 0; i < read->citizen_count; i++) {
        keep(&read->citizens[i].state);
    }
    for (uint32_t i = 0; i < own->entry_count; i++) {
        if (own->entries[i].record != NULL) {
            own->entries[i].record = copy(own->entries[i].record, 1, sizeof(struct record));
        }
    }
    for (uint32_t i = 0; i < own->decision_count; i++) {
        keep(&own->decisions[i].output);
        keep(&own->decisions[i].trace);
        keep(&own->decisions[i].periods);
        keep(&own->decisions[i].headers);
    }
    for (uint32_t i = 0; i < own->quarantine_count; i++) {
        keep(&own->quarantines[i].headers);
    }
    return own;
}

static void apply_rows(const struct statements *statements)
{
    struct database *database = &sim.database;
    for (uint32_t i = 0; i < statements->key_count; i++) {
        CHECK(database->key_count < DB_KEYS);
        database->keys[database->key_count++] = statements->keys[i];
    }
    for (uint32_t i = 0; i < statements->application_count; i++) {
        const struct application_row *from = &statements->applications[i].row;
        struct application_row *row = database_application(from->id);
        row->seq = from->seq;
        row->state = from->state;
    }
    for (uint32_t i = 0; i < statements->citizen_count; i++) {
        const struct citizen_write *write = &statements->citizens[i];
        struct citizen_row *row = database_citizen(write->row.ref);
        size_t at = (size_t)(row - database->citizens);
        row->seq = write->row.seq;
        row->armed = write->row.armed;
        row->state = write->row.state;
        database->citizen_keys[at] = write->key;
        database->citizen_there[at] = !write->gone;
    }
}

static void
apply_entry(const struct transaction *transaction, uint32_t place, const struct position *position)
{
    const struct batch *batch = transaction->batch;
    const struct batch_entry *entry = &batch->entries[place];
    for (int64_t offset = entry->offset; offset < entry->offset + entry->count; offset++) {
        struct db_fate *fate = &sim.database.fates[position->partition][offset];
        audit_fate(position->partition, offset, fate->stored);
        *fate = (struct db_fate){.stored = true,
                                 .stored_ms = sim_wall_ms(),
                                 .fate = entry->fate,
                                 .reason = entry->reason,
                                 .batch = batch->read.batch_id,
                                 .epoch = position->epoch,
                                 .index = entry->index,
                                 .rulebook = rulebook_number(batch->rulebook_sha256),
                                 .payload = transaction->statements->payloads[place]};
        memcpy(fate->digest, entry->input_digest, SHA256_SIZE);
        memcpy(fate->event_key, entry->event_key, EVENT_KEY_SIZE);
        if (entry->fate == FATE_DECIDED) {
            const struct batch_decision *decision = &batch->decisions[entry->index];
            fate->decision = decision;
            fate->conflict = decision->conflict;
            fate->quarantined = decision->quarantined;
            fate->version = decision->version;
            fate->application_seq = decision->application_seq;
            fate->approved = decision->outcome == OUTCOME_IS_APPROVED;
            fate->start = decision->start;
            fate->end = decision->end;
            memcpy(fate->application_id, decision->application_id, UUID_SIZE);
            memcpy(fate->citizen_ref, decision->citizen_ref, CITIZEN_REF_SIZE);
            fate->output = outcome_of_decision(decision, offset);
        } else if (entry->fate == FATE_DLQ) {
            const struct batch_quarantine *quarantine = &batch->quarantines[entry->index];
            fate->arms = quarantine->arms;
            fate->has_citizen = quarantine->has_citizen;
            memcpy(fate->citizen_ref, quarantine->citizen_ref, CITIZEN_REF_SIZE);
            fate->output = outcome_of_quarantine(quarantine, entry);
        }
        audit_stored(position->partition, offset, fate);
    }
}

/* Column seen_offset; only forward. */
static void see(struct position *row, int64_t seen_offset)
{
    int64_t seen = seen_offset < row->next_offset ? seen_offset : row->next_offset;
    int64_t before = row->seen_offset;
    if (seen > before) {
        row->seen_offset = seen;
        for (int64_t offset = before; offset < seen && seen_offset != INT64_MAX; offset++) {
            const struct db_fate *fate = &sim.database.fates[row->partition][offset];
            bool told = fate->stored && (fate->fate == FATE_DECIDED || fate->fate == FATE_DLQ);
            if (told && !coordinator_shows(row->partition, offset)) {
                sim_breach("%d/%d counts as seen", row->partition, (int)offset);
            }
        }
    }
}

static void apply_write(const struct transaction *transaction)
{
    const struct batch *batch = transaction->batch;
    apply_rows(transaction->statements);
    for (uint32_t i = 0; i < batch->entry_count; i++) {
        for (uint32_t r = 0; r < batch->range_count; r++) {
            if (batch->ranges[r].slot == batch->entries[i].slot) {
                apply_entry(transaction, i, &transaction->positions[r]);
            }
        }
    }
    for (uint32_t i = 0; i < batch->range_count; i++) {
        const struct batch_range *range = &batch->ranges[i];
        struct position *row =
            &sim.database.positions[transaction->positions[i].partition].position;
        audit_range(transaction, i, range, row);
        audit_rulebook(transaction, row->partition, range->evaluated_at_ms);
        sim.database.positions[row->partition].rulebook = rulebook_number(batch->rulebook_sha256);
        row->next_offset = range->to;
        if (range->emitted_offset > row->emitted_offset) {
            row->emitted_offset = range->emitted_offset;
        }
        see(row, range->seen_offset);
        row->evaluated_at_ms = range->evaluated_at_ms;
        row->last_offset = range->last_offset;
        memcpy(row->last_digest, range->last_digest, SHA256_SIZE);
        row->batch = batch->read.batch_id;
        memcpy(row->link, range->link, SHA256_SIZE);
        row->takeovers = 0;
        audit_position(row);
    }
}

static void orphan_remove(struct db_position *row, uint64_t life)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < DB_ORPHANS; i++) {
        uint64_t orphan = row->orphans[i];
        row->orphans[i] = 0;
        if (orphan != 0 && orphan != life) {
            row->orphans[kept++] = orphan;
        }
    }
}

/* As src/pg/sql/take.sql and orphans.sql. */
static void
take_orphans(struct transaction *transaction, struct db_position *row, uint64_t transactional)
{
    uint32_t count = 0;
    if (!guard_stands(GUARD_ORPHAN_KEPT)) {
        memset(row->orphans, 0, sizeof(row->orphans));
    }
    orphan_remove(row, row->transactional);
    while (row->orphans[count] != 0) {
        count++;
    }
    CHECK(count + 1 < DB_ORPHANS);
    row->orphans[count] = row->owned ? row->transactional : 0;
    orphan_remove(row, transactional);
    for (uint32_t i = 0; row->orphans[i] != 0; i++) {
        bool known = false;
        for (uint32_t k = 0; k < transaction->orphan_count; k++) {
            known = known || transaction->orphans[k] == row->orphans[i];
        }
        if (!known) {
            CHECK(transaction->orphan_count < DB_ORPHANS);
            transaction->orphans[transaction->orphan_count++] = row->orphans[i];
        }
    }
}

static void apply_take(struct transaction *transaction)
{
    for (uint32_t i = 0; i < transaction->count; i++) {
        struct position *mine = &transaction->positions[i];
        struct db_position *row = &sim.database.positions[mine->partition];
        if (!row->known) {
            row->known = true;
            row->first = mine->next_offset;
            row->position = (struct position){.partition = mine->partition,
                                              .progress_id = mine->partition + 1,
                                              .next_offset = mine->next_offset,
                                              .emitted_offset = mine->next_offset,
                                              .seen_offset = mine->next_offset,
                                              .last_offset = -1};
        }
        if (!row->owned || mine->epoch != row->position.epoch) {
            /* At most one: app/alone.c is not modelled (unit.alone, edge/bad_records_test.py). */
            row->position.takeovers = row->owned ? 1 : 0;
        }
        row->position.epoch += guard_stands(GUARD_TAKE_BUMPS) ? 1 : 0;
        uint64_t transactional = transaction->transactional ? transaction->life : 0;
        take_orphans(transaction, row, transactional);
        row->transactional = transactional;
        row->owned = true;
        int64_t epoch = row->position.epoch;
        if (guard_stands(GUARD_LOCKED_READ) || mine->progress_id == 0) {
            *mine = row->position;
        }
        mine->epoch = epoch;
        mine->seen_offset = 0;
        mine->noted = row->recall.noted != 0;
        audit_taken(transaction, mine, &row->position);
    }
}

static void apply_emitted(const struct transaction *transaction)
{
    for (uint32_t i = 0; i < transaction->count; i++) {
        const struct position *mine = &transaction->positions[i];
        struct db_position *row = &sim.database.positions[mine->partition];
        audit_owner(transaction, i);
        if (mine->emitted_offset > row->position.emitted_offset) {
            row->position.emitted_offset = mine->emitted_offset;
        }
        see(&row->position, mine->seen_offset);
        if (transaction->release) {
            coordinator_gave_back(row->transactional);
            row->owned = false;
            row->position.takeovers = 0;
        }
        audit_position(&row->position);
    }
}

static void apply_orphan_ended(const struct transaction *transaction)
{
    for (uint32_t i = 0; i < transaction->count; i++) {
        const struct position *mine = &transaction->positions[i];
        struct db_position *row = &sim.database.positions[mine->partition];
        if (row->position.epoch == mine->epoch) {
            orphan_remove(row, transaction->ended);
        }
    }
}

/* When the first output was stored that pends. */
static int64_t stored_since(int32_t partition, int64_t committed)
{
    for (int64_t offset = committed < 0 ? 0 : committed; offset < BROKER_OFFSETS; offset++) {
        if (sim.database.fates[partition][offset].stored) {
            return sim.database.fates[partition][offset].stored_ms;
        }
    }
    return sim_wall_ms();
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static bool is_its(const struct db_position *row, uint64_t life)
{
    bool its = row->known && row->transactional == life;
    for (uint32_t i = 0; i < DB_ORPHANS; i++) {
        its = its || (row->known && row->orphans[i] == life);
    }
    return its;
}

static void note_since(struct db_recall *recall, int64_t since_ms)
{
    static int64_t notes;
    recall->since_ms = recall->noted == 0 ? since_ms : least(recall->since_ms, since_ms);
    recall->noted = ++notes;
}

/* As src/pg/sql/recall_note.sql. */
static void note(struct db_position *row, const struct undo_mark *mark)
{
    int64_t since_ms = mark->since_ms;
    if (mark->pends) {
        since_ms = least(since_ms, stored_since(mark->partition, mark->committed));
    }
    note_since(&row->recall, since_ms);
}

/* As src/pg/sql/recall_unseen.sql. */
static void apply_unseen(struct transaction *transaction)
{
    for (uint32_t i = 0; i < transaction->count; i++) {
        struct position *mine = &transaction->positions[i];
        struct db_position *row = &sim.database.positions[mine->partition];
        int64_t seen = row->position.seen_offset;
        int64_t since_ms = stored_since(mine->partition, seen);
        if (mine->epoch == row->position.epoch && seen < row->position.next_offset &&
            since_ms < sim_wall_ms() - (SINK_TRANSACTION_MS - CLOCK_STEP_MS) &&
            guard_stands(GUARD_UNSEEN)) {
            note_since(&row->recall, since_ms);
            mine->noted = true;
        }
        if (transaction->transactional && mine->epoch == row->position.epoch) {
            row->position.seen_offset = least(seen, row->position.emitted_offset);
        }
    }
}

static void apply_undoing(const struct transaction *transaction)
{
    for (uint32_t i = 0; i < transaction->mark_count; i++) {
        const struct undo_mark *mark = &transaction->marks[i];
        for (int32_t p = 0; p < BROKER_PARTITIONS; p++) {
            struct db_position *row = &sim.database.positions[p];
            if ((mark->partition == p || mark->partition == UNDO_MARK_ALL) &&
                is_its(row, transaction->undoer)) {
                note(row, mark);
            }
        }
    }
}

static void apply_doubt(struct transaction *transaction)
{
    struct position *mine = &transaction->positions[0];
    const struct db_recall *recall = &sim.database.positions[mine->partition].recall;
    audit_owner(transaction, 0);
    mine->recall_ms = recall->noted != 0 ? recall->since_ms : -1;
    mine->noted_us = recall->noted;
}

static void apply_recalled(const struct transaction *transaction)
{
    const struct position *mine = &transaction->positions[0];
    struct db_position *row = &sim.database.positions[mine->partition];
    audit_owner(transaction, 0);
    if (row->recall.noted == mine->noted_us) {
        row->recall = (struct db_recall){0};
    }
}

void database_apply(struct transaction *transaction)
{
    switch (transaction->kind) {
    case TRANSACTION_TAKE:
        apply_take(transaction);
        break;
    case TRANSACTION_WRITE:
        apply_write(transaction);
        break;
    case TRANSACTION_EMITTED:
        apply_emitted(transaction);
        break;
    case TRANSACTION_ORPHAN_ENDED:
        apply_orphan_ended(transaction);
        break;
    case TRANSACTION_UNDOING:
        apply_undoing(transaction);
        break;
    case TRANSACTION_UNSEEN:
        apply_unseen(transaction);
        break;
    case TRANSACTION_DOUBT:
        apply_doubt(transaction);
        break;
    case TRANSACTION_RECALLED:
        apply_recalled(transaction);
        break;
    case TRANSACTION_ERASE:
        sealing_erase(transaction->citizen);
        break;
    case TRANSACTION_DISMISS:
        sealing_dismiss(transaction->refusal);
        break;
    }
    database_committed(transaction->kind == TRANSACTION_TAKE);
}
