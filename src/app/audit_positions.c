/* The ledger by position, and quarantine in the same order. */

#include <inttypes.h>

#include "mentor/app/command.h"
#include "mentor/app/outcome.h"

#include "audit.h"

enum {
    ARENA_SIZE = 4 * 1024 * 1024,
};

/* One walk over the ledger by position and over quarantine, each with a reader of its own. */
struct walk {
    struct audit *audit;
    struct chronicle quarantine;
    const struct chronicle_refusal *refusals; /* the page in hand */
    uint32_t refusal_count;
    uint32_t refusal_at;
    bool refusals_ended;
    struct arena arena;            /* owned */
    struct chronicle_range before; /* the range before, without entries */
    bool any;                      /* there is one */
    struct audit_chain chain;      /* of its position */
    int64_t checked[INVARIANT_COUNT];
};

/* The next row of quarantine; NULL at the end, with *failed when it could not be read. */
static const struct chronicle_refusal *
next_refusal(struct walk *walk, bool *failed, struct err *err)
{
    if (walk->refusal_at < walk->refusal_count) {
        return &walk->refusals[walk->refusal_at];
    }
    int64_t progress_id = INT64_MIN;
    int64_t offset = INT64_MIN;
    if (walk->refusal_count > 0) {
        progress_id = walk->refusals[walk->refusal_count - 1].progress_id;
        offset = walk->refusals[walk->refusal_count - 1].stored.offset;
    }
    uint32_t count = AUDIT_PAGE;
    if (walk->refusals_ended) {
        return NULL;
    }
    if (!walk->quarantine.refusals(
            walk->quarantine.self, progress_id, offset, &walk->refusals, &count, err)) {
        *failed = true;
        return NULL;
    }
    walk->refusal_at = 0;
    walk->refusal_count = count;
    walk->audit->refusals_walked += count;
    walk->refusals_ended = count == 0;
    return count == 0 ? NULL : walk->refusals;
}

static void not_in_ledger(struct walk *walk, const struct chronicle_refusal *refusal)
{
    struct audit_place place = audit_place_of(audit_position_of(walk->audit, refusal->progress_id),
                                              refusal->stored.offset,
                                              refusal->batch);
    audit_breach(&walk->audit->report,
                 INVARIANT_I11,
                 &place,
                 "a row of quarantine that the ledger does not know");
    walk->refusal_at++;
}

/* The value of one that was erased is known by its digest in the ledger. */
static void expect_erased(struct audit_due *due, const struct ledger_entry *entry)
{
    memcpy(&due->value, entry->input_digest, sizeof(due->value));
    due->loose = true;
    due->fate = FATE_DLQ;
    due->known = true;
}

static void expect_on_topic(struct walk *walk,
                            struct audit_position *position,
                            const struct ledger_entry *entry,
                            const struct chronicle_refusal *refusal)
{
    struct audit_due *due = audit_due_at(position, refusal->stored.offset);
    if (refusal->payload.state != PAYLOAD_WHOLE) {
        if (due != NULL) {
            expect_erased(due, entry);
        }
        return;
    }
    struct arena_mark mark = arena_mark(&walk->arena);
    struct outcome_source source = {.topic = bytes_text(position->topic),
                                    .partition = position->position.partition};
    struct record record;
    if (due != NULL && outcome_record(&refusal->stored, &source, &walk->arena, &record)) {
        audit_due_of(&record, due);
        due->fate = FATE_DLQ;
        due->known = true;
    }
    arena_rewind(&walk->arena, mark);
}

/* A refused record of the ledger and the row it must have. */
static bool match_refusal(struct walk *walk,
                          const struct chronicle_range *range,
                          const struct ledger_entry *entry,
                          struct audit_position *position,
                          struct err *err)
{
    struct audit_report *report = &walk->audit->report;
    struct audit_place place = audit_place_of(position, entry->offset, range->batch);
    bool failed = false;
    const struct chronicle_refusal *refusal = next_refusal(walk, &failed, err);
    while (refusal != NULL && (refusal->progress_id < range->progress_id ||
                               (refusal->progress_id == range->progress_id &&
                                refusal->stored.offset < entry->offset))) {
        not_in_ledger(walk, refusal);
        refusal = next_refusal(walk, &failed, err);
    }
    walk->checked[INVARIANT_I11]++;
    if (failed) {
        return false;
    }
    if (refusal == NULL || refusal->progress_id != range->progress_id ||
        refusal->stored.offset != entry->offset) {
        audit_breach(report,
                     INVARIANT_I11,
                     &place,
                     "the ledger says %s, and quarantine has no row of it",
                     fate_name(FATE_DLQ));
        return true;
    }
    uint8_t digest[SHA256_SIZE];
    bool whole = refusal->payload.state == PAYLOAD_WHOLE;
    if (!whole) {
        audit_report_gone(report, refusal->payload.state, true);
    }
    sha256_of(refusal->stored.value, digest);
    if (refusal->batch != range->batch || refusal->payload.state == PAYLOAD_BROKEN ||
        (whole && memcmp(digest, entry->input_digest, SHA256_SIZE) != 0) ||
        !bytes_is(entry->reason, reason_id(refusal->stored.reason))) {
        audit_breach(report,
                     INVARIANT_I11,
                     &place,
                     "its row of quarantine has another batch, reason or value than the ledger");
    }
    audit_refused(walk->audit, refusal, range, entry, &place, &walk->arena);
    audit_redriven_row(walk->audit, refusal, entry->input_digest, &place, &walk->arena);
    expect_on_topic(walk, position, entry, refusal);
    walk->refusal_at++;
    return true;
}

static bool match_refusals(struct walk *walk,
                           const struct chronicle_range *range,
                           struct audit_position *position,
                           struct err *err)
{
    struct bytes packed = range->entries;
    struct ledger_entry entry;
    int64_t offset = range->first_offset;
    while (walk->audit->chronicle.entry(&packed, &offset, &entry)) {
        if (entry.fate == FATE_DLQ && !match_refusal(walk, range, &entry, position, err)) {
            return false;
        }
    }
    return true;
}

/* One range after the one before it, of the same position. */
static void follow(struct walk *walk,
                   const struct chronicle_range *range,
                   const struct audit_position *position)
{
    struct audit_report *report = &walk->audit->report;
    const struct chronicle_range *before = &walk->before;
    struct audit_place place = audit_place_of(position, range->first_offset, range->batch);
    if (range->first_offset < before->next_offset) {
        audit_breach(report,
                     INVARIANT_I6,
                     &place,
                     "its range overlaps that of batch %" PRId64 ", which goes to %" PRId64,
                     before->batch,
                     before->next_offset);
    }
    if (range->first_offset > before->next_offset) {
        audit_breach(report,
                     INVARIANT_I3,
                     &place,
                     "offsets from %" PRId64 " to before this one have no fate",
                     before->next_offset);
    }
    if (range->epoch < before->epoch || range->batch <= before->batch) {
        audit_breach(report,
                     INVARIANT_I6,
                     &place,
                     "epoch %" PRId64 " comes after epoch %" PRId64 " of batch %" PRId64,
                     range->epoch,
                     before->epoch,
                     before->batch);
    }
    if (range->evaluated_at_ms < before->evaluated_at_ms && !walk->audit->facts.demo) {
        audit_breach(report,
                     INVARIANT_I7,
                     &place,
                     "it was evaluated before batch %" PRId64 ", which comes first",
                     before->batch);
    }
}

/* `first`: of its position. */
static void look_at_range(struct walk *walk,
                          const struct chronicle_range *range,
                          struct audit_position *position,
                          bool first)
{
    if (first) {
        audit_chain_begin(&walk->chain, walk->audit, position);
    } else {
        follow(walk, range, position);
    }
    audit_chain_follow(&walk->chain, range);
}

/* The last range of a position, and the position itself. */
static void finish(struct walk *walk)
{
    const struct chronicle_range *last = &walk->before;
    const struct audit_position *position = audit_position_of(walk->audit, last->progress_id);
    if (!walk->any || position == NULL) {
        return;
    }
    struct audit_report *report = &walk->audit->report;
    struct audit_place place = audit_place_of(position, position->position.next_offset, -1);
    audit_chain_end(&walk->chain);
    if (last->next_offset != position->position.next_offset) {
        audit_breach(report,
                     INVARIANT_I3,
                     &place,
                     "the position is here, and the ledger ends at %" PRId64,
                     last->next_offset);
    }
    if (last->epoch > position->position.epoch) {
        audit_breach(report,
                     INVARIANT_I6,
                     &place,
                     "the position has epoch %" PRId64 ", and batch %" PRId64
                     " was stored with %" PRId64,
                     position->position.epoch,
                     last->batch,
                     last->epoch);
    }
    if (last->evaluated_at_ms != position->position.evaluated_at_ms) {
        audit_breach(report,
                     INVARIANT_I7,
                     &place,
                     "the position's last time is not that of batch %" PRId64,
                     last->batch);
    }
}

static bool walk_ranges(struct walk *walk, struct err *err)
{
    struct chronicle *chronicle = &walk->audit->chronicle;
    bool more = true;
    walk->before = (struct chronicle_range){
        .batch = INT64_MIN, .progress_id = INT64_MIN, .next_offset = INT64_MIN};
    while (more) {
        const struct chronicle_range *rows = NULL;
        uint32_t count = AUDIT_PAGE / 10; /* entries may be 400 KiB a row */
        const struct chronicle_place after = {
            walk->before.progress_id, walk->before.next_offset, walk->before.batch};
        if (!chronicle->ranges(chronicle->self, &after, &rows, &count, err)) {
            return false;
        }
        more = count > 0;
        walk->audit->ranges_walked += count;
        for (uint32_t i = 0; i < count; i++) {
            struct audit_position *position = audit_position_of(walk->audit, rows[i].progress_id);
            walk->checked[INVARIANT_I3] += rows[i].next_offset - rows[i].first_offset;
            walk->checked[INVARIANT_I6]++;
            bool other = !walk->any || walk->before.progress_id != rows[i].progress_id;
            if (other) {
                finish(walk);
            }
            if (position != NULL) {
                look_at_range(walk, &rows[i], position, other);
            }
            if (position != NULL && !match_refusals(walk, &rows[i], position, err)) {
                return false;
            }
            walk->before = rows[i];
            walk->any = true;
        }
    }
    finish(walk);
    return true;
}

static bool walk_rest(struct walk *walk, struct err *err)
{
    bool failed = false;
    for (const struct chronicle_refusal *refusal = NULL;
         (refusal = next_refusal(walk, &failed, err)) != NULL;) {
        not_in_ledger(walk, refusal);
    }
    return !failed;
}

/* I7 of what the rows say by themselves, and what the group has committed. */
static void look_at_positions(struct walk *walk)
{
    struct audit_report *report = &walk->audit->report;
    for (uint32_t i = 0; i < walk->audit->position_count; i++) {
        struct audit_position *position = &walk->audit->positions[i];
        const struct position *at = &position->position;
        struct audit_place place = audit_place_of(position, at->next_offset, -1);
        if (!position->chained) { /* it has no batch */
            audit_chain_begin(&walk->chain, walk->audit, position);
            audit_chain_end(&walk->chain);
            if (at->next_offset != position->chain_offset || at->evaluated_at_ms != 0) {
                audit_breach(report,
                             INVARIANT_I3,
                             &place,
                             "the position has no batch, and its offset or time is not that of the "
                             "beginning, %" PRId64,
                             position->chain_offset);
            }
        }
        walk->checked[INVARIANT_I7]++;
        if (position->damaged != NULL) {
            audit_breach(
                report, INVARIANT_I3, &place, "its %s was altered and is none", position->damaged);
        }
        if (at->emitted_offset > at->next_offset || at->emitted_offset < 0 ||
            at->seen_offset > at->next_offset || at->seen_offset < 0) {
            audit_breach(report,
                         INVARIANT_I7,
                         &place,
                         "the emitted offset %" PRId64 " or the seen one, %" PRId64
                         ", is beyond what is decided",
                         at->emitted_offset,
                         at->seen_offset);
        }
        if (position->committed > at->next_offset || position->committed_next > at->next_offset ||
            position->committed_epoch > at->epoch) {
            audit_breach(report,
                         INVARIANT_I7,
                         &place,
                         "the group has committed offset %" PRId64 " with next %" PRId64
                         " and epoch %" PRId64 " in Kafka, the database has epoch %" PRId64,
                         position->committed,
                         position->committed_next,
                         position->committed_epoch,
                         at->epoch);
        }
    }
}

bool audit_positions(struct audit *audit, struct err *err)
{
    struct walk walk = {.audit = audit};
    struct context *context = audit->context;
    if (!arena_init(&walk.arena, ARENA_SIZE)) {
        return err_set(err, ERR_FATAL, "no memory");
    }
    bool done = context->edges.chronicle(context->edges.self,
                                         &context->options,
                                         audit->chronicle.moment,
                                         &walk.quarantine,
                                         err) &&
                walk_ranges(&walk, err) && walk_rest(&walk, err);
    if (done) {
        look_at_positions(&walk);
        audit_report_add(&audit->report, walk.checked, 0);
        done = audit_oddities(audit, err);
    }
    arena_release(&walk.arena);
    return done;
}

void audit_lasts(struct audit *audit)
{
    for (uint32_t i = 0; i < audit->position_count; i++) {
        const struct audit_last *last = &audit->jobs[0].lasts[i];
        const struct position *position = &audit->positions[i].position;
        if (last->offset != position->last_offset ||
            memcmp(last->digest, position->last_digest, SHA256_SIZE) != 0) {
            struct audit_place place = audit_place_of(&audit->positions[i], last->offset, -1);
            audit_breach(&audit->report,
                         INVARIANT_I3,
                         &place,
                         "the position's last record is at %" PRId64 " or has another digest",
                         position->last_offset);
        }
    }
}
