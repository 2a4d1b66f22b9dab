/* I11: a redriven record closes the row of quarantine that it names, and the row names it. */

#include <stdlib.h>
#include <string.h>

#include "audit.h"
#include "rejudge.h"

/* topic/partition/offset, as the DLQ's events are called. */
static bool parse(struct bytes text, struct bytes *topic, int32_t *partition, int64_t *offset)
{
    char copy[400];
    if (text.size >= sizeof(copy) || !bytes_plain_text(text)) {
        return false;
    }
    memcpy(copy, text.data, text.size);
    copy[text.size] = '\0';
    char *last = strrchr(copy, '/');
    char *end = NULL;
    if (last == NULL) {
        return false;
    }
    *last = '\0';
    *offset = strtoll(last + 1, &end, 10);
    char *first = strrchr(copy, '/');
    if (first == NULL || *end != '\0' || end == last + 1) {
        return false;
    }
    *partition = (int32_t)strtol(first + 1, &end, 10);
    *topic = bytes_of(text.data, (size_t)(first - copy));
    return *end == '\0' && end != first + 1;
}

/* Room for one more, at its end; out of memory is a CHECK, as for all that the audit remembers. */
static void *grow(void *items, size_t count, size_t *capacity, size_t size)
{
    if (count == *capacity) {
        *capacity = *capacity == 0 ? 256 : 2 * *capacity;
        items = realloc(items, *capacity * size);
        CHECK(items != NULL);
    }
    return items;
}

/* Notes a record whose header names a row of a position that there is: anybody can write a header.
 */
static void note(struct audit *audit, const struct header *header, struct audit_redrive *redrive)
{
    struct bytes topic;
    int32_t partition = 0;
    if (header == NULL || !parse(header->value, &topic, &partition, &redrive->offset)) {
        return;
    }
    const struct audit_position *position = audit_position_named(audit, topic, partition);
    if (position == NULL) {
        return;
    }
    redrive->progress_id = position->id;
    redrive->place.application = NULL;
    (void)pthread_mutex_lock(&audit->mutex);
    audit->redrives = grow(
        audit->redrives, audit->redrive_count, &audit->redrive_capacity, sizeof(*audit->redrives));
    audit->redrives[audit->redrive_count++] = *redrive;
    (void)pthread_mutex_unlock(&audit->mutex);
}

void audit_redrive(struct audit_job *job,
                   const struct rejudged *made,
                   int64_t progress_id,
                   const struct audit_place *place)
{
    struct audit_redrive redrive = {
        .decided = true, .to_progress_id = progress_id, .place = *place};
    memcpy(redrive.input, made->request.input_digest, SHA256_SIZE);
    if (!job->audit->locating) {
        note(job->audit, record_header(&made->record, "mentor-redrive-of"), &redrive);
    }
}

void audit_redriven_row(struct audit *audit,
                        const struct chronicle_refusal *row,
                        const uint8_t input[SHA256_SIZE],
                        const struct audit_place *place,
                        struct arena *arena)
{
    struct record record = {0};
    struct audit_redrive again = {.to_progress_id = row->progress_id, .place = *place};
    struct arena_mark mark = arena_mark(arena);
    if (row->stored.damaged != NULL) {
        audit_breach(&audit->report,
                     INVARIANT_I11,
                     place,
                     "its row's %s was altered and is none",
                     row->stored.damaged);
    }
    if (headers_unpack(row->stored.headers, arena, &record.headers, &record.header_count)) {
        note(audit, record_header(&record, "mentor-redrive-of"), &again);
    }
    arena_rewind(arena, mark);
    if (row->state != QUARANTINE_REDRIVEN) {
        return;
    }
    audit->redriven = grow(audit->redriven,
                           audit->redriven_count,
                           &audit->redriven_capacity,
                           sizeof(*audit->redriven));
    struct audit_redriven *redriven = &audit->redriven[audit->redriven_count++];
    *redriven = (struct audit_redriven){
        .progress_id = row->progress_id,
        .offset = row->stored.offset,
        .to_progress_id = row->redriven_progress_id,
        .to_offset = row->redriven_offset,
        .to_batch = row->redriven_batch,
        .to_index = row->redriven_index,
        .place = *place,
    };
    memcpy(redriven->input, input, SHA256_SIZE);
}

/* The ledger's entry at the place that a row names. */
static bool find_entry(struct audit *audit,
                       const struct audit_redriven *row,
                       struct ledger_entry *entry,
                       bool *found,
                       struct err *err)
{
    struct chronicle *chronicle = &audit->chronicle;
    const struct chronicle_range *ranges = NULL;
    uint32_t count = 0;
    *found = false;
    if (row->to_batch < 0) {
        return true;
    }
    if (!chronicle->batches(
            chronicle->self, row->to_batch, row->to_batch + 1, &ranges, &count, err)) {
        return false;
    }
    for (uint32_t i = 0; i < count && !*found; i++) {
        struct bytes packed = ranges[i].entries;
        int64_t offset = ranges[i].first_offset;
        while (ranges[i].progress_id == row->to_progress_id && !*found &&
               chronicle->entry(&packed, &offset, entry)) {
            *found = entry->offset == row->to_offset && entry->input_digest != NULL;
        }
    }
    return true;
}

/* By the row that is named and the record that names it. */
static int by_link(const void *a, const void *b)
{
    const struct audit_redrive *one = a;
    const struct audit_redrive *other = b;
    const int64_t ones[] = {
        one->progress_id, one->offset, one->to_progress_id, one->place.offset, one->place.batch};
    const int64_t others[] = {other->progress_id,
                              other->offset,
                              other->to_progress_id,
                              other->place.offset,
                              other->place.batch};
    for (size_t i = 0; i < sizeof(ones) / sizeof(ones[0]); i++) {
        if (ones[i] != others[i]) {
            return ones[i] < others[i] ? -1 : 1;
        }
    }
    return 0;
}

/* Whether the record there says so itself. A duplicate's headers are not kept. */
static bool says_so(const struct audit *audit, const struct audit_redriven *row)
{
    const struct audit_redrive wanted = {
        .progress_id = row->progress_id,
        .offset = row->offset,
        .to_progress_id = row->to_progress_id,
        .place = {.offset = row->to_offset, .batch = row->to_batch},
    };
    return audit->redrive_count > 0 &&
           bsearch(&wanted, audit->redrives, audit->redrive_count, sizeof(wanted), by_link) != NULL;
}

/* The payload of the decision that a row names; it stays as it is when there is no such one. */
static bool decided_payload(struct audit *audit,
                            const struct audit_redriven *row,
                            struct payload *payload,
                            struct err *err)
{
    struct chronicle *chronicle = &audit->chronicle;
    struct chronicle_selection selection = chronicle_all();
    selection.offset_first = selection.offset_last = row->to_offset;
    chronicle->select(chronicle->self, &selection);
    if (!chronicle->decisions(chronicle->self, row->to_batch, row->to_batch + 1, err)) {
        return false;
    }
    for (uint32_t count = AUDIT_DECISIONS; count == AUDIT_DECISIONS;) {
        const struct chronicle_decision *decisions = NULL;
        if (!chronicle->more(chronicle->self, &decisions, &count, err)) {
            return false;
        }
        for (uint32_t i = 0; i < count; i++) {
            if (decisions[i].progress_id == row->to_progress_id) {
                *payload = decisions[i].archived.payload;
            }
        }
    }
    return true;
}

/* Likewise, of the row of quarantine. */
static bool refused_payload(struct audit *audit,
                            const struct audit_redriven *row,
                            struct payload *payload,
                            struct err *err)
{
    struct chronicle *chronicle = &audit->chronicle;
    const struct chronicle_refusal *again = NULL;
    uint32_t count = 1;
    if (!chronicle->refusals(
            chronicle->self, row->to_progress_id, row->to_offset - 1, &again, &count, err)) {
        return false;
    }
    if (count == 1 && again->progress_id == row->to_progress_id &&
        again->stored.offset == row->to_offset) {
        *payload = again->payload;
    }
    return true;
}

/* Whether the record there could say whose redrive it is: its headers are read. */
static bool can_say(struct audit *audit,
                    const struct audit_redriven *row,
                    enum fate fate,
                    bool *can,
                    struct err *err)
{
    struct payload payload = {.state = PAYLOAD_WHOLE};
    bool done = fate == FATE_DECIDED ? decided_payload(audit, row, &payload, err)
                                     : refused_payload(audit, row, &payload, err);
    *can = payload.state == PAYLOAD_WHOLE;
    return done;
}

static bool look_at_row(struct audit *audit, const struct audit_redriven *row, struct err *err)
{
    struct ledger_entry entry;
    bool found = false;
    if (!find_entry(audit, row, &entry, &found, err)) {
        return false;
    }
    /* What was found borrows from the ledger's page, which the next question ends. */
    uint8_t input[SHA256_SIZE] = {0};
    if (found) {
        memcpy(input, entry.input_digest, SHA256_SIZE);
    }
    bool silent = found && entry.fate != FATE_DUPLICATE && !says_so(audit, row);
    if (silent && !can_say(audit, row, entry.fate, &silent, err)) {
        return false;
    }
    int32_t index = found && entry.fate == FATE_DECIDED ? (int32_t)entry.index : -1;
    const char *what = !found ? "which the ledger does not have"
                       : memcmp(input, row->input, SHA256_SIZE) != 0 ? "where another value lies"
                       : index != row->to_index ? "which has another decision, or none"
                       : silent ? "where no record says that it is this one redriven"
                                : NULL;
    if (what != NULL) {
        audit_breach(&audit->report,
                     INVARIANT_I11,
                     &row->place,
                     "its row was closed by the record at offset %lld of position %lld in batch "
                     "%lld, %s",
                     (long long)row->to_offset,
                     (long long)row->to_progress_id,
                     (long long)row->to_batch,
                     what);
    }
    return true;
}

/* The header is believed when the row holds the same value; then it is closed with the decision. */
static bool
look_at_record(struct audit *audit, const struct audit_redrive *redrive, struct err *err)
{
    const struct chronicle_refusal *row = NULL;
    uint32_t count = 1;
    uint8_t digest[SHA256_SIZE];
    if (!redrive->decided) {
        return true;
    }
    if (!audit->chronicle.refusals(
            audit->chronicle.self, redrive->progress_id, redrive->offset - 1, &row, &count, err)) {
        return false;
    }
    if (count == 0 || row->progress_id != redrive->progress_id ||
        row->stored.offset != redrive->offset || row->state != QUARANTINE_OPEN ||
        row->payload.state != PAYLOAD_WHOLE) {
        return true;
    }
    sha256_of(row->stored.value, digest);
    if (memcmp(digest, redrive->input, SHA256_SIZE) == 0) {
        audit_breach(&audit->report,
                     INVARIANT_I11,
                     &redrive->place,
                     "it is the redriven record of offset %lld, whose row is open still",
                     (long long)redrive->offset);
    }
    return true;
}

bool audit_redrives(struct audit *audit, struct err *err)
{
    int64_t checked[INVARIANT_COUNT] = {
        [INVARIANT_I11] = (int64_t)(audit->redrive_count + audit->redriven_count)};
    bool done = true;
    if (audit->redrive_count > 0) {
        qsort(audit->redrives, audit->redrive_count, sizeof(*audit->redrives), by_link);
    }
    for (size_t i = 0; i < audit->redrive_count && done; i++) {
        done = look_at_record(audit, &audit->redrives[i], err);
    }
    for (size_t i = 0; i < audit->redriven_count && done; i++) {
        done = look_at_row(audit, &audit->redriven[i], err);
    }
    audit_report_add(&audit->report, checked, 0);
    return done;
}
