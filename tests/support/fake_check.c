#include "support/fake_check.h"

#include "mentor/app/envelope.h"
#include "mentor/core/date.h"
#include "mentor/core/rulebook.h"
#include "mentor/wire/wire.h"

#include "support/fake_ports.h"

/* What a row says is what its output and its record say. */
static void check_decision(const struct batch *batch, uint32_t place)
{
    const struct batch_entry *entry = &batch->entries[place];
    const struct batch_decision *row = &batch->decisions[entry->index];
    char text[UUID_TEXT_SIZE];
    uint8_t digest[SHA256_SIZE];
    struct bytes headers;
    struct bytes id;
    assert_int_equal(row->entry, place);
    assert_true(entry->has_event_key);
    assert_int_equal(entry->reason, REASON_NONE);
    uuid_format(row->decision_id, text);
    assert_memory_equal(row->output.data + 2, text, sizeof(text)); /* field 1 */
    uuid_format(row->application_id, text);
    assert_true(wire_decision_application_id(row->output, &id));
    assert_true(bytes_equal(id, bytes_of(text, sizeof(text))));
    sha256_of(row->output, digest);
    assert_memory_equal(row->output_digest, digest, SHA256_SIZE);
    assert_true(
        headers_pack(entry->record->headers, entry->record->header_count, &world.arena, &headers));
    assert_true(bytes_equal(row->headers, headers));
    assert_true(history_periods_valid(row->periods));
    for (uint32_t i = 0; i < history_period_count(row->periods); i++) {
        struct history_period period = history_period_at(row->periods, i);
        assert_true(period.start >= DATE_FIRST && period.end <= DATE_LAST); /* not what was lent */
    }
    char ref[2 * CITIZEN_REF_SIZE];
    hex_encode(row->citizen_ref, CITIZEN_REF_SIZE, ref);
    assert_true(envelope_holds(row->output, bytes_of(ref, sizeof(ref))));
    struct envelope envelope;
    uint8_t event_key[EVENT_KEY_SIZE];
    assert_int_equal(envelope_read(entry->record, &envelope), REASON_NONE);
    envelope_event_key(&envelope, event_key);
    assert_memory_equal(entry->event_key, event_key, EVENT_KEY_SIZE);
}

static int64_t disarmed(const struct batch *batch, const uint8_t *ref)
{
    int64_t count = 0;
    for (uint32_t i = 0; i < batch->closing_count; i++) {
        const struct batch_closing *closing = &batch->closings[i];
        count += closing->closed && closing->arms && closing->has_citizen &&
                         memcmp(closing->citizen_ref, ref, CITIZEN_REF_SIZE) == 0
                     ? 1
                     : 0;
    }
    return count;
}

/* A citizen who is armed is one whose row the batch has read, and moves. */
static void check_quarantine(const struct batch *batch, uint32_t place)
{
    const struct batch_quarantine *row = &batch->quarantines[batch->entries[place].index];
    assert_int_equal(row->entry, place);
    bool found = !row->has_citizen || !row->arms;
    for (uint32_t i = 0; i < batch->read.citizen_count; i++) {
        const struct citizen_row *citizen = &batch->read.citizens[i];
        found = found || (memcmp(citizen->ref, row->citizen_ref, CITIZEN_REF_SIZE) == 0 &&
                          citizen->changed &&
                          citizen->armed + disarmed(batch, citizen->ref) > citizen->armed_read);
    }
    assert_true(found);
}

void fake_check(const struct batch *batch)
{
    assert_memory_equal(batch->rulebook_sha256, world.worker.deciding->sha256, SHA256_SIZE);
    for (uint32_t i = 0; i < batch->entry_count; i++) {
        const struct batch_entry *entry = &batch->entries[i];
        uint8_t digest[SHA256_SIZE];
        if (entry->record == NULL) {
            assert_int_equal(entry->index, -1);
            continue;
        }
        sha256_of(entry->record->value, digest);
        assert_memory_equal(entry->input_digest, digest, SHA256_SIZE);
        if (entry->fate == FATE_DECIDED) {
            check_decision(batch, i);
        } else if (entry->fate == FATE_DLQ) {
            check_quarantine(batch, i);
        }
    }
}
