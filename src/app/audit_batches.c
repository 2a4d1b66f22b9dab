/* The ledger of some batches against the decisions that are stored of them. */

#include <inttypes.h>
#include <stdlib.h>

#include "mentor/core/chain.h"

#include "audit.h"

enum {
    DECIDED_LEAST = 1 + SHA256_SIZE + SHA256_SIZE, /* bytes of one in the ledger, without its key */
};

/* Room for every decision that these ranges can hold, empty. */
static bool
make_room(struct audit_job *job, const struct chronicle_range *rows, uint32_t count, int64_t batch)
{
    size_t sizes[SPAN_BATCHES_MAX] = {0};
    size_t total = 0;
    for (uint32_t i = 0; i < count; i++) {
        sizes[rows[i].batch - batch] += rows[i].entries.size / DECIDED_LEAST;
    }
    for (int i = 0; i < SPAN_BATCHES_MAX; i++) {
        job->begins[i] = total;
        total += sizes[i];
    }
    job->begins[SPAN_BATCHES_MAX] = total;
    if (total > job->expected_capacity) {
        free(job->expected);
        job->expected = malloc(total * sizeof(*job->expected));
        job->expected_capacity = job->expected == NULL ? 0 : total;
    }
    for (size_t i = 0; i < total && job->expected != NULL; i++) {
        job->expected[i].present = false;
    }
    return total == 0 || job->expected != NULL ||
           err_set(&job->err, ERR_FATAL, "no memory for the ledger of %u batches", count);
}

static void expect(struct audit_job *job,
                   const struct chronicle_range *range,
                   const struct audit_position *position,
                   const struct ledger_entry *entry,
                   size_t slot)
{
    size_t begin = job->begins[slot];
    size_t size = job->begins[slot + 1] - begin;
    struct audit_place place = audit_place_of(position, entry->offset, range->batch);
    if (entry->index >= size || job->expected[begin + entry->index].present) {
        audit_breach(&job->audit->report,
                     INVARIANT_I3,
                     &place,
                     "the ledger gives it decision %" PRIu32 " of its batch, which is %s",
                     entry->index,
                     entry->index >= size ? "beyond the last" : "another's");
        return;
    }
    struct audit_expected *expected = &job->expected[begin + entry->index];
    *expected = (struct audit_expected){
        .present = true,
        .has_event_key = entry->has_event_key,
        .progress_id = range->progress_id,
        .offset = entry->offset,
        .evaluated_at_ms = range->evaluated_at_ms,
    };
    if (entry->has_event_key) {
        memcpy(expected->event_key, entry->event_key, EVENT_KEY_SIZE);
    }
    memcpy(expected->input, entry->input_digest, SHA256_SIZE);
    memcpy(expected->output, entry->output_digest, SHA256_SIZE);
    memcpy(expected->rulebook, range->rulebook, SHA256_SIZE);
}

static void remember_last(struct audit_job *job,
                          const struct audit_position *position,
                          const struct ledger_entry *entry)
{
    struct audit_last *last = &job->lasts[position - job->audit->positions];
    if (entry->input_digest != NULL && entry->offset > last->offset) {
        last->offset = entry->offset;
        memcpy(last->digest, entry->input_digest, SHA256_SIZE);
    }
}

/* I10, of one batch alone; that it follows the one before it is looked at by position. */
static void compare_root(struct audit_job *job,
                         const struct chronicle_range *range,
                         const struct chain_tree *tree,
                         const struct audit_place *place)
{
    uint8_t root[SHA256_SIZE] = {0};
    if (tree->count > 0) {
        chain_tree_root(tree, root);
    }
    job->checked[INVARIANT_I10] += tree->count;
    if (memcmp(root, range->root, SHA256_SIZE) != 0) {
        audit_breach(&job->audit->report,
                     INVARIANT_I10,
                     place,
                     "the batch's fates are not those that were chained: one of them, or its time, "
                     "was altered");
    }
}

/* Every entry of one range: they tile it, and its columns add them up. */
static void read_range(struct audit_job *job, const struct chronicle_range *range, size_t slot)
{
    struct audit_report *report = &job->audit->report;
    const struct audit_position *position = audit_position_of(job->audit, range->progress_id);
    struct audit_place place = audit_place_of(position, range->first_offset, range->batch);
    struct bytes packed = range->entries;
    struct ledger_entry entry;
    struct chain_tree tree = {.count = 0};
    int64_t counts[FATE_COUNT] = {0};
    int64_t offset = range->first_offset;
    if (position == NULL) {
        audit_breach(report, INVARIANT_I3, &place, "a range of a position that there is not");
    }
    if (range->damaged != NULL) {
        audit_breach(
            report, INVARIANT_I3, &place, "its %s was altered and is none", range->damaged);
    }
    for (struct bytes from = packed; job->chronicle.entry(&packed, &offset, &entry);
         from = packed) {
        uint8_t leaf[SHA256_SIZE];
        chain_leaf(entry.offset,
                   range->evaluated_at_ms,
                   bytes_of(from.data, from.size - packed.size),
                   leaf);
        chain_tree_add(&tree, leaf);
        counts[entry.fate] += entry.count;
        if (position != NULL) {
            remember_last(job, position, &entry);
        }
        if (entry.fate == FATE_DECIDED) {
            expect(job, range, position, &entry, slot);
        }
    }
    compare_root(job, range, &tree, &place);
    if (packed.size > 0 || offset != range->next_offset) {
        place.offset = offset;
        audit_breach(report,
                     INVARIANT_I3,
                     &place,
                     packed.size > 0
                         ? "the ledger's entries cannot be read from here on"
                         : "the ledger's entries do not fill their range, which goes to %" PRId64,
                     range->next_offset);
        return;
    }
    for (enum fate fate = FATE_DECIDED; fate < FATE_COUNT; fate++) {
        if (counts[fate] != range->counts[fate]) {
            audit_breach(report,
                         INVARIANT_I3,
                         &place,
                         "the range counts %" PRId64 " %s, its entries %" PRId64,
                         range->counts[fate],
                         fate_name(fate),
                         counts[fate]);
        }
    }
}

static bool read_ledger(struct audit_job *job, int64_t batch, int64_t batch_end)
{
    const struct chronicle_range *rows = NULL;
    uint32_t count = 0;
    if (!job->chronicle.batches(job->chronicle.self, batch, batch_end, &rows, &count, &job->err) ||
        !make_room(job, rows, count, batch)) {
        return false;
    }
    job->ranges += job->audit->locating ? 0 : count;
    for (uint32_t i = 0; i < count; i++) {
        read_range(job, &rows[i], (size_t)(rows[i].batch - batch));
    }
    return true;
}

/* What the ledger says of a stored decision; a breach and NULL when it says nothing. */
static const struct audit_expected *
find_expected(struct audit_job *job, const struct chronicle_decision *row, int64_t batch)
{
    const struct archived_decision *archived = &row->archived;
    size_t slot = (size_t)(archived->batch - batch);
    size_t size = job->begins[slot + 1] - job->begins[slot];
    const struct audit_position *position = audit_position_of(job->audit, row->progress_id);
    struct audit_place place = audit_place_of(position, archived->offset, archived->batch);
    place.index = archived->index;
    place.application = row->application_id;
    struct audit_expected *expected = NULL;
    if (archived->index >= 0 && (size_t)archived->index < size) {
        expected = &job->expected[job->begins[slot] + (size_t)archived->index];
    }
    if (expected == NULL || !expected->present) {
        audit_breach(&job->audit->report,
                     INVARIANT_I3,
                     &place,
                     "a decision is stored that the ledger does not know");
        return NULL;
    }
    expected->seen = true;
    if (expected->progress_id != row->progress_id || expected->offset != archived->offset) {
        audit_breach(&job->audit->report,
                     INVARIANT_I3,
                     &place,
                     "the ledger has this decision at offset %" PRId64 " of position %" PRId64,
                     expected->offset,
                     expected->progress_id);
    }
    return expected;
}

static void report_missing(struct audit_job *job, int64_t batch)
{
    for (size_t slot = 0; slot < SPAN_BATCHES_MAX; slot++) {
        for (size_t i = job->begins[slot]; i < job->begins[slot + 1]; i++) {
            const struct audit_expected *expected = &job->expected[i];
            if (!expected->present || expected->seen) {
                continue;
            }
            struct audit_place place =
                audit_place_of(audit_position_of(job->audit, expected->progress_id),
                               expected->offset,
                               batch + (int64_t)slot);
            place.index = (int32_t)(i - job->begins[slot]);
            audit_breach(&job->audit->report,
                         INVARIANT_I3,
                         &place,
                         "the ledger says %s, and no decision is stored",
                         fate_name(FATE_DECIDED));
        }
    }
}

bool audit_batches(struct audit_job *job, int64_t batch, int64_t batch_end)
{
    struct chronicle *chronicle = &job->chronicle;
    if (!read_ledger(job, batch, batch_end) ||
        !chronicle->decisions(chronicle->self, batch, batch_end, &job->err)) {
        return false;
    }
    for (uint32_t count = AUDIT_DECISIONS; count == AUDIT_DECISIONS;) {
        const struct chronicle_decision *rows = NULL;
        if (!chronicle->more(chronicle->self, &rows, &count, &job->err)) {
            return false;
        }
        for (uint32_t i = 0; i < count; i++) {
            struct arena_mark mark = arena_mark(&job->arena);
            audit_decision(job, &rows[i], find_expected(job, &rows[i], batch));
            arena_rewind(&job->arena, mark);
        }
        audit_report_add(&job->audit->report, job->checked, count);
        memset(job->checked, 0, sizeof(job->checked));
    }
    report_missing(job, batch);
    return true;
}
