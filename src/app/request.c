#include "mentor/app/request.h"

#include "mentor/base/arena.h"
#include "mentor/core/identifier.h"
#include "mentor/wire/wire.h"

/* Pseudonyms only: the key and the event's names reach logs, headers and other systems. */
static bool metadata_holds_cpr(const struct request *request)
{
    const struct envelope *envelope = &request->envelope;
    struct bytes cpr = request->application->cpr;
    return digits_are(cpr, CPR_SIZE) &&
           (envelope_holds(request->record->key, cpr) || envelope_holds(envelope->id, cpr) ||
            envelope_holds(envelope->source, cpr) || envelope_holds(envelope->subject, cpr));
}

static enum reason judge_application(struct request *request)
{
    struct application *application = request->application;
    if (!uuid_parse(application->application_id, application->id)) {
        return REASON_APPLICATION_ID_INVALID;
    }
    if (application->version == 0) {
        return REASON_VERSION_INVALID;
    }
    return metadata_holds_cpr(request) ? REASON_CPR_IN_METADATA : REASON_NONE;
}

/* Ids compare without regard to case, so a content has its id in lower case: the first field of a
 * canonical encoding. */
static bool lower_id(struct bytes *content, struct arena *arena)
{
    const size_t at = 2; /* a tag and a length, each one byte */
    uint8_t uuid[UUID_SIZE];
    CHECK(content->size >= at + UUID_TEXT_SIZE);
    uint8_t *copy = arena_alloc(arena, content->size);
    if (copy == NULL || !uuid_parse(bytes_of(content->data + at, UUID_TEXT_SIZE), uuid)) {
        return false;
    }
    memcpy(copy, content->data, content->size);
    uuid_format(uuid, (char *)copy + at);
    *content = bytes_of(copy, content->size);
    return true;
}

static bool has_upper(struct bytes text)
{
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] >= 'A' && text.data[i] <= 'F') {
            return true;
        }
    }
    return false;
}

static bool digest_content(struct request *request, bool canonical, struct arena *arena)
{
    bool upper = has_upper(request->application->application_id);
    if (canonical && !upper) {
        memcpy(request->content, request->input_digest, SHA256_SIZE);
        return true;
    }
    struct arena_mark mark = arena_mark(arena);
    struct bytes content;
    bool done = wire_canonical_application(request->record->value, arena, &content) &&
                (!upper || lower_id(&content, arena));
    if (done) {
        sha256_of(content, request->content);
    }
    arena_rewind(arena, mark);
    return done;
}

/* Traces that hold the CPR number are dropped, never a reason to refuse. */
static void drop_traces(struct request *request)
{
    struct bytes cpr = request->application->cpr;
    if (envelope_holds(request->envelope.traceparent, cpr)) {
        request->envelope.traceparent = (struct bytes){0};
    }
    if (envelope_holds(request->envelope.tracestate, cpr)) {
        request->envelope.tracestate = (struct bytes){0};
    }
}

static enum reason read_value(struct request *request,
                              bool digests,
                              const struct hmac_key *citizen_key,
                              struct arena *arena)
{
    struct application *application = arena_alloc(arena, sizeof(*application));
    bool canonical = false;
    if (application == NULL) {
        return REASON_RECORD_FAILED;
    }
    request->application = application;
    enum reason reason = wire_decode_application(request->record->value, application, &canonical);
    if (digits_are(application->cpr, CPR_SIZE) || reason == REASON_NONE) {
        uint8_t digest[SHA256_SIZE] = {0};
        if (citizen_key != NULL) {
            hmac_of(citizen_key, application->cpr, digest);
        }
        memcpy(request->citizen_ref, digest, CITIZEN_REF_SIZE);
        request->has_citizen = digits_are(application->cpr, CPR_SIZE);
    }
    if (request->has_citizen) {
        drop_traces(request);
    }
    if (reason == REASON_NONE) {
        reason = judge_application(request);
    }
    if (reason == REASON_NONE && digests && !digest_content(request, canonical, arena)) {
        reason = REASON_RECORD_FAILED;
    }
    return reason;
}

static void begin(struct request *request, const struct record *record)
{
    request->record = record;
    request->has_event_key = false;
    request->has_citizen = false;
    request->application = NULL;
    memset(request->event_key, 0, EVENT_KEY_SIZE);
    memset(request->citizen_ref, 0, CITIZEN_REF_SIZE);
    memset(request->content, 0, SHA256_SIZE);
    memset(request->input_digest, 0, SHA256_SIZE);
}

void request_condemn(struct request *request, const struct record *record)
{
    begin(request, record);
    sha256_of(record->value, request->input_digest);
    envelope_read_redrive(record, &request->envelope);
    request->reason = REASON_RECORD_FAILED;
}

static void read_record(struct request *request,
                        enum reason given,
                        bool digests,
                        const struct hmac_key *citizen_key,
                        struct arena *arena)
{
    const struct record *record = request->record;
    request->reason = envelope_read(record, &request->envelope);
    if (request->reason == REASON_NONE) {
        request->has_event_key = true;
        envelope_event_key(&request->envelope, request->event_key);
        request->reason = given;
    }
    /* A refused record's citizen is read as well, where that can be: Q01 wants to know whose fact
     * is missing. */
    if (record->has_value && record->value.size <= WIRE_VALUE_MAX) {
        enum reason reason = read_value(request, digests, citizen_key, arena);
        request->reason = request->reason == REASON_NONE ? reason : request->reason;
    }
}

void request_read(struct request *request,
                  const struct record *record,
                  enum reason given,
                  const struct hmac_key *citizen_key,
                  struct arena *arena)
{
    begin(request, record);
    sha256_of(record->value, request->input_digest);
    read_record(request, given, true, citizen_key, arena);
}

void request_read_again(struct request *request,
                        const struct record *record,
                        const struct hmac_key *citizen_key,
                        struct arena *arena)
{
    begin(request, record);
    read_record(request, REASON_NONE, false, citizen_key, arena);
}
