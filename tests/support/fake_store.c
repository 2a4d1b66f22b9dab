#include "support/fake_store.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "mentor/app/outcome.h"

#include "support/fake_check.h"
#include "support/fake_ports.h"

void append(char *text, const char *format, ...)
{
    size_t size = strlen(text);
    va_list arguments;
    va_start(arguments, format);
    int more = vsnprintf(text + size, WORLD_TEXT - size, format, arguments);
    va_end(arguments);
    assert_in_range(size + (size_t)more, 0, WORLD_TEXT - 1);
}

static struct bytes keep(struct bytes from)
{
    struct bytes copy = {0};
    if (from.size > 0) {
        assert_true(bytes_copy(&world.arena, from, &copy));
    }
    return copy;
}

/* What the worker does while a database is waited for. */
static struct {
    bool (*work)(void *context);
    void *context;
} meanwhile;

/* The states of a read, as a result of libpq holds them: gone with the next call. */
static struct {
    uint8_t data[16384];
    size_t size;
} lent;

static struct bytes lend(struct bytes state)
{
    assert_in_range(state.size, 0, sizeof(lent.data) - lent.size);
    uint8_t *copy = lent.data + lent.size;
    if (state.size > 0) {
        memcpy(copy, state.data, state.size);
    }
    lent.size += state.size;
    return bytes_of(copy, state.size);
}

static void wait_for_the_database(void)
{
    memset(lent.data, 0xee, sizeof(lent.data));
    lent.size = 0;
    while (meanwhile.work != NULL && meanwhile.work(meanwhile.context)) {
    }
}

/* What a test does to the world in between. */
static void once(void (**hook)(void))
{
    void (*call)(void) = *hook;
    *hook = NULL;
    if (call != NULL) {
        call();
    }
}

static bool store_open(void *self, const char *cluster, int32_t partition_count, struct err *err)
{
    (void)self;
    assert_string_equal(cluster, "cluster-1");
    assert_in_range(partition_count, 1, WORLD_PARTITIONS);
    return partition_count == WORLD_PARTITIONS ||
           err_set(err, ERR_STALE, "%d partitions", partition_count);
}

static bool store_take(void *self, struct position *positions, uint32_t count, struct err *err)
{
    (void)self;
    (void)err;
    world.take_count++;
    once(&world.while_taking);
    for (uint32_t i = 0; i < count; i++) {
        struct world_partition *partition = &world.partitions[positions[i].partition];
        if (!partition->known) {
            partition->known = true;
            partition->released = true; /* nobody has died over it */
            partition->position = (struct position){
                .partition = positions[i].partition,
                .next_offset = positions[i].next_offset,
                .emitted_offset = positions[i].next_offset,
                .last_offset = -1,
                .tried_offset = -1,
            };
        }
        bool ours = partition->position.epoch == positions[i].epoch;
        partition->position.epoch++;
        partition->position.takeovers +=
            world.count_deaths && !partition->released && !ours ? 1 : 0;
        partition->released = false;
        positions[i] = partition->position;
        positions[i].noted = world.noted && positions[i].partition == 0;
    }
    once(&world.after_take);
    return true;
}

static struct application_row *application_of(const uint8_t *id)
{
    for (uint32_t i = 0; i < world.application_count; i++) {
        if (memcmp(world.applications[i].id, id, UUID_SIZE) == 0) {
            return &world.applications[i];
        }
    }
    assert_in_range(world.application_count, 0, WORLD_ROWS - 1);
    struct application_row *row = &world.applications[world.application_count++];
    *row = (struct application_row){0};
    memcpy(row->id, id, UUID_SIZE);
    return row;
}

static struct citizen_row *citizen_of(const uint8_t *ref)
{
    for (uint32_t i = 0; i < world.citizen_count; i++) {
        if (memcmp(world.citizens[i].ref, ref, CITIZEN_REF_SIZE) == 0) {
            return &world.citizens[i];
        }
    }
    assert_in_range(world.citizen_count, 0, WORLD_ROWS - 1);
    struct citizen_row *row = &world.citizens[world.citizen_count++];
    *row = (struct citizen_row){0};
    memcpy(row->ref, ref, CITIZEN_REF_SIZE);
    return row;
}

/* Open rows of the quarantine with that key. */
static uint32_t keys_armed(int32_t partition, struct bytes key)
{
    const struct world_partition *mine = &world.partitions[partition];
    uint32_t count = 0;
    for (uint32_t i = 0; i < mine->output_count && key.size > 0; i++) {
        const struct stored_output *output = &mine->outputs[i];
        count += output->dlq && !mine->closed[i] && reason_arms(output->reason) &&
                         bytes_equal(output->key, key)
                     ? 1
                     : 0;
    }
    return count;
}

static bool store_doubt(void *self, struct position *position, struct err *err)
{
    (void)self;
    if (world.partitions[position->partition].position.epoch != position->epoch) {
        return err_set(err, ERR_FENCED, "another epoch");
    }
    bool noted = world.noted && position->partition == 0;
    position->recall_ms = noted ? WORLD_NOTED_MS : -1;
    position->noted_us = noted ? 1 : 0;
    return true;
}

static bool store_recalled(void *self, const struct position *position, struct err *err)
{
    (void)self;
    (void)err;
    assert_int_equal(position->noted_us, 1);
    assert_int_equal(world.partitions[0].acked, position->next_offset);
    world.noted = false;
    return true;
}

static bool store_tried(
    void *self, const struct position *position, int64_t offset, int32_t *tries, struct err *err)
{
    (void)self;
    struct world_partition *partition = &world.partitions[position->partition];
    struct position *mine = &partition->position;
    if (mine->epoch != position->epoch) {
        return err_set(err, ERR_FENCED, "another epoch");
    }
    assert_int_equal(offset, mine->next_offset);
    bool again = partition->tried_by == world.lives + 1 && mine->tries > 0;
    mine->tries = mine->tried_offset == offset ? mine->tries + (again ? 0 : 1) : 1;
    mine->tried_offset = offset;
    partition->tried_by = world.lives + 1;
    *tries = mine->tries;
    append(world.tried, "%" PRId64 " ", offset);
    if (world.tried_lost > 0) {
        world.tried_lost--;
        return err_set(err, ERR_RETRY, "no answer");
    }
    return true;
}

static bool store_resumed(
    void *self, const struct position *positions, uint32_t count, bool *resumed, struct err *err)
{
    (void)self;
    (void)err;
    *resumed = false;
    for (uint32_t i = 0; i < count && ++world.resumed_count == world.resume_at; i++) {
        struct position *mine = &world.partitions[positions[i].partition].position;
        mine->stopped = false; /* as archive.resume does */
        mine->breaker = (struct breaker){0};
    }
    for (uint32_t i = 0; i < count; i++) {
        assert_true(positions[i].stopped);
        *resumed = *resumed || !world.partitions[positions[i].partition].position.stopped;
    }
    return true;
}

/* The output of the row at that place, which stands for it. */
static int32_t row_of(int32_t partition, int64_t offset)
{
    const struct world_partition *mine =
        partition < WORLD_PARTITIONS ? &world.partitions[partition] : NULL;
    for (uint32_t i = 0; mine != NULL && i < mine->output_count; i++) {
        if (mine->outputs[i].dlq && mine->outputs[i].offset == offset) {
            return (int32_t)i;
        }
    }
    return -1;
}

static bool
store_redriven(void *self, struct batch_closing *closings, uint32_t count, struct err *err)
{
    (void)self;
    (void)err;
    world.redriven_count++;
    for (uint32_t i = 0; i < count; i++) {
        struct batch_closing *closing = &closings[i];
        int32_t at = row_of(closing->partition, closing->offset);
        closing->open = at >= 0 && !world.partitions[closing->partition].closed[at];
        if (closing->open) {
            const struct world_partition *mine = &world.partitions[closing->partition];
            const struct stored_output *row = &mine->outputs[at];
            closing->progress_id = closing->partition;
            closing->redrives = row->redrives;
            closing->arms = reason_arms(row->reason);
            closing->has_citizen = mine->has_citizen[at];
            memcpy(closing->citizen_ref, mine->citizens[at], CITIZEN_REF_SIZE);
            closing->has_key = row->has_key;
            closing->key = row->key;
            closing->has_value = row->has_value;
            sha256_of(row->value, closing->value_digest);
        }
    }
    return true;
}

static bool closings_moved(const struct batch *batch)
{
    for (uint32_t i = 0; i < batch->closing_count; i++) {
        const struct batch_closing *closing = &batch->closings[i];
        int32_t at = row_of(closing->partition, closing->offset);
        if (closing->closed && (at < 0 || world.partitions[closing->partition].closed[at])) {
            return true;
        }
    }
    return false;
}

static void store_closings(const struct position *positions, const struct batch *batch)
{
    for (uint32_t i = 0; i < batch->closing_count; i++) {
        const struct batch_closing *closing = &batch->closings[i];
        const struct batch_entry *entry = &batch->entries[closing->entry];
        if (closing->closed) {
            struct world_partition *mine = &world.partitions[closing->partition];
            int32_t at = row_of(closing->partition, closing->offset);
            assert_false(mine->closed[at]); /* once a batch */
            mine->closed[at] = true;
            append(world.closings,
                   "%d/%" PRId64 ":%s:%d/%" PRId64 " ",
                   closing->partition,
                   closing->offset,
                   fate_name(entry->fate),
                   positions[entry->slot].partition,
                   entry->offset);
        }
    }
}

static void name_publication(struct batch_read *read)
{
    int64_t moment = read->floor_ms > read->now_ms ? read->floor_ms : read->now_ms;
    for (uint32_t i = 0; i < world.publication_count; i++) {
        const struct world_publication *publication = &world.publications[i];
        if (publication->from_ms <= moment) {
            read->published = true;
            memcpy(read->rulebook_sha256, publication->sha256, SHA256_SIZE);
        }
    }
}

static bool store_rulebook(void *self,
                           const uint8_t sha256[SHA256_SIZE],
                           struct stored_rulebook *rulebook,
                           struct err *err)
{
    (void)self;
    wait_for_the_database();
    world.rulebook_count++;
    if (world.rulebook_fails > 0) {
        world.rulebook_fails--;
        return err_set(err, ERR_RETRY, "no answer");
    }
    for (uint32_t i = 0; i < world.publication_count; i++) {
        if (memcmp(world.publications[i].sha256, sha256, SHA256_SIZE) == 0) {
            *rulebook =
                (struct stored_rulebook){"dk-test", "test.yaml", lend(world.publications[i].yaml)};
            return true;
        }
    }
    fail_msg("a rulebook that nobody has published");
    return false;
}

static bool
store_read(void *self, const struct position *positions, struct batch_read *read, struct err *err)
{
    (void)self;
    wait_for_the_database();
    (void)err;
    assert_in_range(world.read_count++, 0, 1000);
    for (uint32_t i = 0; i < read->application_count; i++) {
        struct application_row *row = &read->applications[i];
        assert_true(i == 0 || memcmp(row[-1].id, row->id, UUID_SIZE) < 0);
        *row = *application_of(row->id);
        row->seq_read = row->seq;
        row->state = lend(row->state);
    }
    for (uint32_t i = 0; i < read->citizen_count; i++) {
        struct citizen_row *row = &read->citizens[i];
        assert_true(i == 0 || memcmp(row[-1].ref, row->ref, CITIZEN_REF_SIZE) < 0);
        *row = *citizen_of(row->ref);
        row->seq_read = row->seq;
        row->armed_read = row->armed;
        row->state = lend(row->state);
    }
    for (uint32_t i = 0; i < read->key_count; i++) {
        uint32_t armed = keys_armed(positions[read->keys[i].slot].partition, read->keys[i].key);
        read->keys[i].armed = armed <= read->key_rows_more ? armed : read->key_rows_more + 1;
    }
    read->now_ms = world.now_ms;
    read->batch_id = world.read_count;
    name_publication(read);
    once(&world.after_read);
    return true;
}

static bool rows_moved(const struct batch_read *read)
{
    for (uint32_t i = 0; i < read->application_count; i++) {
        const struct application_row *row = &read->applications[i];
        if (row->changed && application_of(row->id)->seq != row->seq_read) {
            return true;
        }
    }
    for (uint32_t i = 0; i < read->citizen_count; i++) {
        const struct citizen_row *row = &read->citizens[i];
        const struct citizen_row *mine = citizen_of(row->ref);
        if (row->changed && (mine->seq != row->seq_read || mine->armed != row->armed_read)) {
            return true;
        }
    }
    return false;
}

static void store_rows(const struct batch_read *read)
{
    for (uint32_t i = 0; i < read->application_count; i++) {
        if (read->applications[i].changed) {
            struct application_row *row = application_of(read->applications[i].id);
            row->seq = read->applications[i].seq;
            row->state = keep(read->applications[i].state);
        }
    }
    for (uint32_t i = 0; i < read->citizen_count; i++) {
        if (read->citizens[i].changed) {
            struct citizen_row *row = citizen_of(read->citizens[i].ref);
            row->seq = read->citizens[i].seq;
            row->armed = read->citizens[i].armed;
            row->state = keep(read->citizens[i].state);
        }
    }
}

static void store_output(struct world_partition *partition, const struct stored_output *output)
{
    assert_in_range(partition->output_count, 0, WORLD_RECORDS - 1);
    struct stored_output *row = &partition->outputs[partition->output_count++];
    *row = *output;
    row->trace = keep(output->trace);
    row->output = keep(output->output);
    row->key = keep(output->key);
    row->value = keep(output->value);
    row->headers = keep(output->headers);
}

/* I3: each range's entries lie one behind the other, from its start to its end. */
static void store_entry(const struct batch *batch,
                        const struct batch_entry *entry,
                        struct world_partition *partition)
{
    assert_int_equal(entry->offset, partition->position.next_offset);
    assert_true(entry->count >= 1);
    partition->position.next_offset += entry->count;
    append(partition->fates, "%" PRId64, entry->offset);
    if (entry->count > 1) {
        append(partition->fates, "-%" PRId64, entry->offset + entry->count - 1);
    }
    append(partition->fates, ":%s", fate_name(entry->fate));
    if (entry->fate == FATE_DLQ || entry->fate == FATE_DUPLICATE) {
        append(partition->fates, "(%s)", reason_id(entry->reason));
    }
    append(partition->fates, " ");
    struct stored_output output;
    if (entry->fate == FATE_DECIDED) {
        output = outcome_of_decision(&batch->decisions[entry->index], entry->offset);
        store_output(partition, &output);
    } else if (entry->fate == FATE_DLQ) {
        const struct batch_quarantine *row = &batch->quarantines[entry->index];
        partition->has_citizen[partition->output_count] = row->has_citizen;
        memcpy(partition->citizens[partition->output_count], row->citizen_ref, CITIZEN_REF_SIZE);
        output = outcome_of_quarantine(row, entry);
        store_output(partition, &output);
    }
}

static void store_batch(const struct position *positions, const struct batch *batch)
{
    store_closings(positions, batch);
    store_rows(&batch->read);
    fake_check(batch);
    for (uint32_t i = 0; i < batch->entry_count; i++) {
        const struct batch_entry *entry = &batch->entries[i];
        store_entry(batch, entry, &world.partitions[positions[entry->slot].partition]);
    }
    for (uint32_t i = 0; i < batch->range_count; i++) {
        const struct batch_range *range = &batch->ranges[i];
        struct position *position = &world.partitions[positions[range->slot].partition].position;
        assert_int_equal(range->to, position->next_offset);
        assert_true(range->emitted_offset <= range->from);
        assert_true(range->emitted_offset >= position->emitted_offset);
        assert_true(range->evaluated_at_ms >= position->evaluated_at_ms);
        position->emitted_offset = range->emitted_offset;
        position->evaluated_at_ms = range->evaluated_at_ms;
        position->last_offset = range->last_offset;
        position->takeovers = 0;
        position->breaker = range->breaker;
        position->stopped = position->stopped || range->stopped;
        memcpy(position->last_digest, range->last_digest, SHA256_SIZE);
        position->batch = batch->read.batch_id;
        memcpy(position->link, range->link, SHA256_SIZE);
    }
}

static bool holds_poison(const struct batch *batch)
{
    for (uint32_t i = 0; i < batch->decision_count && world.poison != NULL; i++) {
        const struct batch_entry *entry = &batch->entries[batch->decisions[i].entry];
        if (bytes_is(record_header(entry->record, "ce_id")->value, world.poison)) {
            return true;
        }
    }
    return false;
}

static bool fenced(const struct position *positions, const struct batch *batch)
{
    for (uint32_t i = 0; i < batch->range_count; i++) {
        const struct position *position = &positions[batch->ranges[i].slot];
        const struct position *mine = &world.partitions[position->partition].position;
        if (mine->epoch != position->epoch || mine->next_offset != batch->ranges[i].from) {
            return true;
        }
    }
    return false;
}

static bool store_write(void *self,
                        const struct position *positions,
                        const struct batch *batch,
                        struct err *err)
{
    (void)self;
    wait_for_the_database();
    enum write_fault fault =
        world.write_count < WORLD_PLAN ? world.plan[world.write_count] : WRITE_FINE;
    assert_in_range(world.write_count++, 0, 1000);
    append(world.writes, "%u ", (unsigned)batch->entry_count);
    world.stop = world.stop || world.stop_at_write;
    if (fault == WRITE_FENCED) {
        world.partitions[0].position.epoch++;
    }
    if (fenced(positions, batch)) {
        return err_set(err, ERR_FENCED, "another epoch");
    }
    if (fault == WRITE_STALE || rows_moved(&batch->read) || closings_moved(batch)) {
        return err_set(err, ERR_STALE, "a row has moved");
    }
    if (fault == WRITE_POISON || holds_poison(batch)) {
        return err_set(err, ERR_POISON, "22P05");
    }
    if (fault != WRITE_NOT_STORED) {
        store_batch(positions, batch);
    }
    return fault == WRITE_FINE || err_set(err, ERR_RETRY, "the reply was lost");
}

static void add_shadow(const struct shadow_count *more)
{
    for (uint32_t i = 0; i < world.shadow_count; i++) {
        struct shadow_count *count = &world.shadow_counts[i];
        if (count->outcome == more->outcome &&
            count->candidate_outcome == more->candidate_outcome &&
            count->progress_id == more->progress_id &&
            memcmp(count->rulebook_sha256, more->rulebook_sha256, SHA256_SIZE) == 0) {
            count->decided += more->decided;
            count->diverged += more->diverged;
            count->granted_ore += more->granted_ore;
            count->candidate_ore += more->candidate_ore;
            return;
        }
    }
    assert_in_range(world.shadow_count, 0, WORLD_PLAN - 1);
    world.shadow_counts[world.shadow_count++] = *more;
}

static bool store_shadow(void *self, const struct shadow_report *report, struct err *err)
{
    (void)self;
    wait_for_the_database();
    world.shadow_calls++;
    if (world.shadow_fails > 0) {
        world.shadow_fails--;
        return err_set(err, ERR_FATAL, "42501");
    }
    for (uint32_t i = 0; i < report->count_count; i++) {
        add_shadow(&report->counts[i]);
    }
    for (uint32_t i = 0; i < report->divergence_count; i++) {
        assert_in_range(world.divergence_count, 0, WORLD_RECORDS - 1);
        world.divergences[world.divergence_count++] = report->divergences[i];
    }
    return true;
}

static bool store_unsent(void *self,
                         const struct position *position,
                         int64_t from,
                         struct stored_output *outputs,
                         uint32_t *count,
                         struct err *err)
{
    (void)self;
    (void)err;
    const struct world_partition *partition = &world.partitions[position->partition];
    uint32_t most = *count < 2 ? *count : 2; /* small, so that it is asked again */
    *count = 0;
    for (uint32_t i = 0; i < partition->output_count && *count < most; i++) {
        if (partition->outputs[i].offset >= from) {
            outputs[(*count)++] = partition->outputs[i];
        }
    }
    return true;
}

static bool store_emitted(
    void *self, const struct position *positions, uint32_t count, bool release, struct err *err)
{
    (void)self;
    if (world.emitted_fails > 0) {
        world.emitted_fails--;
        return err_set(err, ERR_RETRY, "no answer");
    }
    for (uint32_t i = 0; i < count; i++) {
        struct world_partition *partition = &world.partitions[positions[i].partition];
        if (partition->position.epoch != positions[i].epoch) {
            return err_set(err, ERR_FENCED, "another epoch");
        }
        if (positions[i].emitted_offset > partition->position.emitted_offset) {
            partition->position.emitted_offset = positions[i].emitted_offset;
        }
        partition->released = release;
        if (release) {
            partition->position.takeovers = 0;
            partition->position.tries = 0;
        }
        world.mark_count += !release && i == 0;
    }
    return true;
}

static void store_meanwhile(void *self, bool (*work)(void *context), void *context)
{
    (void)self;
    meanwhile.work = work;
    meanwhile.context = context;
}

struct store fake_store(void)
{
    return (struct store){
        .meanwhile = store_meanwhile,
        .open = store_open,
        .take = store_take,
        .doubt = store_doubt,
        .recalled = store_recalled,
        .tried = store_tried,
        .resumed = store_resumed,
        .redriven = store_redriven,
        .read = store_read,
        .rulebook = store_rulebook,
        .write = store_write,
        .shadow = store_shadow,
        .unsent = store_unsent,
        .emitted = store_emitted,
    };
}
