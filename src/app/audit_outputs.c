/* One record of an output topic, against what is stored of its input. */

#include "audit_outputs.h"

#include <inttypes.h>

#include "mentor/app/envelope.h"
#include "mentor/core/application.h"
#include "mentor/core/identifier.h"
#include "mentor/wire/wire.h"

static bool was_there(const struct audit_output *output)
{
    int32_t partition = output->record->partition;
    return partition >= 0 && (uint32_t)partition < output->topic->count &&
           output->record->offset < output->topic->ends[partition];
}

static bool holds_cpr(const struct record *record, struct bytes cpr)
{
    bool holds = envelope_holds(record->key, cpr) || envelope_holds(record->value, cpr);
    for (uint32_t i = 0; i < record->header_count; i++) {
        holds = holds || envelope_holds(record->headers[i].value, cpr) ||
                envelope_holds(record->headers[i].name, cpr);
    }
    return holds;
}

static void compare_cpr(const struct audit_output *output, const struct chronicle_decision *row)
{
    struct application *application = arena_alloc(&output->topics->arena, sizeof(*application));
    bool canonical = false;
    CHECK(application != NULL);
    if (row->progress_id == output->position->id && row->archived.offset == output->offset &&
        wire_decode_application(row->archived.input, application, &canonical) == REASON_NONE &&
        digits_are(application->cpr, CPR_SIZE) && holds_cpr(output->record, application->cpr)) {
        audit_breach(&output->audit->report,
                     INVARIANT_I14,
                     &output->place,
                     "the output holds the CPR number of the citizen it is about");
    }
}

/* I14 of a record that is not as it should be: one that is holds what was looked at already. The
 * ledger finds its input's batch. */
static bool look_for_cpr(const struct audit_output *output, struct err *err)
{
    struct chronicle *chronicle = &output->audit->chronicle;
    const struct chronicle_range *range = NULL;
    uint32_t count = 1;
    const struct chronicle_place after = {output->position->id, output->offset, INT64_MAX};
    if (!chronicle->ranges(chronicle->self, &after, &range, &count, err)) {
        return false;
    }
    if (count == 0) {
        return true;
    }
    if (!chronicle->decisions(chronicle->self, range->batch, range->batch + 1, err)) {
        return false;
    }
    for (count = AUDIT_PAGE; count == AUDIT_PAGE;) {
        const struct chronicle_decision *rows = NULL;
        if (!chronicle->more(chronicle->self, &rows, &count, err)) {
            return false;
        }
        for (uint32_t i = 0; i < count; i++) {
            struct arena_mark mark = arena_mark(&output->topics->arena);
            compare_cpr(output, &rows[i]);
            arena_rewind(&output->topics->arena, mark);
        }
    }
    return true;
}

/* What must be there; NULL and a breach when nothing must. */
static struct audit_due *find_due(const struct audit_output *output, enum fate fate)
{
    struct audit_report *report = &output->audit->report;
    struct audit_position *position = output->position;
    enum invariant unknown = fate == FATE_DLQ ? INVARIANT_I11 : INVARIANT_I4;
    if (position == NULL) {
        audit_breach(report, unknown, &output->place, "it names no record of a known partition");
        return NULL;
    }
    struct audit_due *due = audit_due_at(position, output->offset);
    if (output->offset >= position->position.next_offset) {
        if (was_there(output)) {
            audit_breach(report,
                         INVARIANT_I12,
                         &output->place,
                         "it answers %d/%" PRId64 ", and only offsets below %" PRId64
                         " were committed after it was there",
                         position->position.partition,
                         output->offset,
                         position->position.next_offset);
        }
        return NULL;
    }
    if (due == NULL || !due->known || due->fate != fate) {
        audit_breach(report,
                     unknown,
                     &output->place,
                     "it answers %d/%" PRId64 ", of which no such outcome is stored",
                     position->position.partition,
                     output->offset);
        return NULL;
    }
    return due;
}

/* A citizen in one input partition: between two of them no order is promised. */
static void
key_of(const uint8_t ref[CITIZEN_REF_SIZE], int64_t position, uint8_t key[KEEPER_KEY_SIZE])
{
    struct sha256 sha;
    uint8_t digest[SHA256_SIZE];
    sha256_init(&sha);
    sha256_add(&sha, bytes_of(ref, CITIZEN_REF_SIZE));
    sha256_add(&sha, bytes_of(&position, sizeof(position)));
    sha256_finish(&sha, digest);
    memcpy(key, digest, KEEPER_KEY_SIZE);
}

/* I8: an output that comes for the first time has a higher number than those before it. */
static void look_at_order(const struct audit_output *output)
{
    uint8_t ref[CITIZEN_REF_SIZE];
    uint8_t key[KEEPER_KEY_SIZE];
    int64_t seq = 0;
    if (!record_number(output->record, "mentor-seq", &seq) ||
        output->record->key.size != (size_t)2 * CITIZEN_REF_SIZE ||
        !hex_decode((const char *)output->record->key.data, CITIZEN_REF_SIZE, ref)) {
        return;
    }
    key_of(ref, output->position->id, key);
    struct keeper_row *row = keeper_row(&output->topics->citizens, key);
    int64_t last = row->seq;
    keeper_row_set(row, seq > last ? seq : last, (struct bytes){0});
    if (seq < last) {
        struct audit_place place = output->place;
        place.citizen = ref;
        audit_breach(&output->audit->report,
                     INVARIANT_I8,
                     &place,
                     "mentor-seq %" PRId64 " comes after %" PRId64,
                     seq,
                     last);
    }
}

bool audit_output_decision(struct audit_output *output, struct err *err)
{
    struct audit_report *report = &output->audit->report;
    int64_t *checked = output->topics->checked;
    struct wire_source source;
    struct audit_due got = {0};
    checked[INVARIANT_I9]++;
    checked[INVARIANT_I12]++;
    if (!output->record->has_value ||
        !wire_decision_source(output->record->value, &output->topics->arena, &source)) {
        audit_breach(report, INVARIANT_I4, &output->place, "it is no decision");
        return true;
    }
    output->position = audit_position_named(output->audit, source.topic, source.partition);
    output->offset = source.offset;
    struct audit_due *due = find_due(output, FATE_DECIDED);
    if (due == NULL) {
        return true;
    }
    audit_due_of(output->record, &got);
    bool same = got.value == due->value;
    if (!same) {
        audit_breach(report,
                     INVARIANT_I4,
                     &output->place,
                     "it is not the stored output of %d/%" PRId64,
                     source.partition,
                     source.offset);
    }
    if (same && got.envelope != due->envelope) {
        audit_breach(report,
                     INVARIANT_I9,
                     &output->place,
                     "its key or headers are not those of the decision of %d/%" PRId64,
                     source.partition,
                     source.offset);
    } else if (!same && due->seen) {
        audit_breach(report,
                     INVARIANT_I9,
                     &output->place,
                     "another output of %d/%" PRId64 " has other bytes",
                     source.partition,
                     source.offset);
    }
    if (!due->seen && same) {
        look_at_order(output);
        due->seen = true;
    }
    return (same && got.envelope == due->envelope) || look_for_cpr(output, err);
}

/* A record that was too large for the topic came without its value, with the digest of it. */
static bool is_stub_of(const struct record *record, const struct audit_due *due)
{
    const struct header *stub = record_header(record, "mentor-stub");
    uint8_t digest[SHA256_SIZE];
    return stub != NULL && stub->value.size == (size_t)2 * SHA256_SIZE &&
           hex_decode((const char *)stub->value.data, SHA256_SIZE, digest) &&
           memcmp(digest, &due->value, sizeof(due->value)) == 0;
}

bool audit_output_refused(struct audit_output *output, struct err *err)
{
    (void)err;
    const struct record *record = output->record;
    const struct header *topic = record_header(record, "mentor-topic");
    struct audit_due got = {0};
    int64_t partition = 0;
    output->topics->checked[INVARIANT_I11]++;
    output->topics->checked[INVARIANT_I12]++;
    if (topic != NULL && record_number(record, "mentor-partition", &partition) &&
        record_number(record, "mentor-offset", &output->offset)) {
        output->position = audit_position_named(output->audit, topic->value, (int32_t)partition);
    }
    struct audit_due *due = find_due(output, FATE_DLQ);
    if (due == NULL) {
        return true;
    }
    audit_due_of(record, &got);
    if (is_stub_of(record, due) ||
        (got.value == due->value && (due->loose || got.envelope == due->envelope))) {
        due->seen = true;
        return true;
    }
    audit_breach(&output->audit->report,
                 INVARIANT_I11,
                 &output->place,
                 "it is not what quarantine has of %" PRId64 "/%" PRId64,
                 partition,
                 output->offset);
    return true;
}
