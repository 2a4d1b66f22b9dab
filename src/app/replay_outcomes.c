#include "replay_outcomes.h"

#include <string.h>

#include "mentor/base/uuid.h"
#include "mentor/wire/cloudevent.h"
#include "mentor/wire/wire.h"

#include "lines.h"

void known_pair(struct bytes application_id, struct bytes event_id, uint8_t key[KEEPER_KEY_SIZE])
{
    struct sha256 sha;
    uint8_t digest[SHA256_SIZE];
    uint8_t uuid[UUID_SIZE];
    bool is_uuid = uuid_parse(application_id, uuid);
    sha256_init(&sha);
    sha256_add(&sha, is_uuid ? bytes_of(uuid, UUID_SIZE) : application_id);
    sha256_add(&sha, event_id);
    sha256_finish(&sha, digest);
    memcpy(key, digest, KEEPER_KEY_SIZE);
}

const char *known_header(const struct record *record, int i, struct bytes *value)
{
    static const char *const names[KNOWN_HEADERS] = {"ce_id", "ce_type", "ce_subject", "ce_time"};
    const struct header *header = record_header(record, names[i]);
    *value = header == NULL ? (struct bytes){0} : header->value;
    return names[i] + strlen("ce_");
}

void known_digest(const struct record *record, uint8_t digest[SHA256_SIZE])
{
    struct sha256 sha;
    sha256_init(&sha);
    for (int i = 0; i < KNOWN_HEADERS; i++) {
        struct bytes value;
        (void)known_header(record, i, &value);
        uint64_t size = value.size;
        sha256_add(&sha, bytes_of(&size, sizeof(size)));
        sha256_add(&sha, value);
    }
    sha256_add(&sha, record->value);
    sha256_finish(&sha, digest);
}

enum known_kind known_kind_of(struct bytes line)
{
    static const char begin[] = "\"type\":\"";
    const size_t size = sizeof(begin) - 1;
    const uint8_t *end = line.data + line.size;
    const uint8_t *at = line.data;
    while ((at = memchr(at, '"', (size_t)(end - at))) != NULL) {
        if ((size_t)(end - at) > size && memcmp(at, begin, size) == 0) {
            break;
        }
        at++;
    }
    if (at == NULL) {
        return KNOWN_EITHER;
    }
    at += size;
    const uint8_t *close = memchr(at, '"', (size_t)(end - at));
    struct bytes type = bytes_of(at, close == NULL ? 0 : (size_t)(close - at));
    enum json_message message = JSON_APPLICATION;
    return !cloudevent_message(type, &message) ? KNOWN_EITHER
           : message == JSON_DECISION          ? KNOWN_OUTCOME
                                               : KNOWN_APPLICATION;
}

bool known_is_outcome(const struct record *record)
{
    const struct header *type = record_header(record, "ce_type");
    enum json_message message = JSON_APPLICATION;
    return type != NULL && cloudevent_message(type->value, &message) && message == JSON_DECISION;
}

enum known_news known_note(struct keeper *outcomes,
                           const struct lines *lines,
                           const struct record *record,
                           struct arena *arena,
                           struct known *known)
{
    struct wire_provenance provenance;
    uint8_t key[KEEPER_KEY_SIZE];
    *known = (struct known){.line = lines->number, .at = lines->at};
    if (!wire_decision_provenance(record->value, arena, &provenance) ||
        provenance.rulebook_sha256.size != SHA256_SIZE ||
        provenance.source.topic.size > KNOWN_TOPIC_SIZE) {
        return KNOWN_NOTHING;
    }
    known_digest(record, known->digest);
    memcpy(known->rulebook, provenance.rulebook_sha256.data, SHA256_SIZE);
    known->evaluated_at_ms = provenance.evaluated_at_ms;
    known->partition = provenance.source.partition;
    known->offset = provenance.source.offset;
    known->quarantined = provenance.quarantined;
    known->topic_size = (uint16_t)provenance.source.topic.size;
    if (known->topic_size > 0) {
        memcpy(known->topic, provenance.source.topic.data, known->topic_size);
    }
    known_pair(provenance.application_id, provenance.source.event_id, key);
    struct keeper_row *row = keeper_row(outcomes, key);
    if (row->size == 0) {
        keeper_row_set(row, 1, bytes_of(known, sizeof(*known)));
        return KNOWN_NEW;
    }
    uint8_t digest[SHA256_SIZE];
    memcpy(digest, known->digest, SHA256_SIZE);
    memcpy(known, row->state, sizeof(*known));
    return memcmp(known->digest, digest, SHA256_SIZE) == 0 ? KNOWN_AGAIN : KNOWN_DIFFERS;
}

bool known_take(struct keeper *outcomes,
                struct bytes application_id,
                struct bytes event_id,
                struct known *known,
                bool *again)
{
    uint8_t key[KEEPER_KEY_SIZE];
    known_pair(application_id, event_id, key);
    struct keeper_row *row = keeper_row(outcomes, key);
    *again = false;
    if (row->size == 0) {
        return false;
    }
    memcpy(known, row->state, sizeof(*known));
    *again = known->used;
    known->used = true;
    keeper_row_set(row, 1, bytes_of(known, sizeof(*known)));
    return !*again;
}

int64_t known_left(const struct keeper *outcomes)
{
    int64_t count = 0;
    for (size_t i = 0; i < outcomes->capacity; i++) {
        const struct keeper_row *row = &outcomes->rows[i];
        struct known known = {.used = true};
        if (row->seq > 0) {
            memcpy(&known, row->state, sizeof(known));
        }
        count += known.used ? 0 : 1;
    }
    return count;
}
