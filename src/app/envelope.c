#include "mentor/app/envelope.h"

#include "mentor/base/sha256.h"
#include "mentor/core/identifier.h"
#include "mentor/wire/cloudevent.h"
#include "mentor/wire/rfc3339.h"
#include "mentor/wire/service.h"
#include "mentor/wire/wire.h"

#include "headers.h"

/* An event type and the method it calls when grpc-method is absent. */
static const struct {
    const char *type;
    const char *method;
} calls[] = {
    {CLOUDEVENT_SUBMITTED, "/mentor.v1.MentorGrantService/DecideApplication"},
};

static struct bytes value_of(const struct known_headers *found, enum known_header known)
{
    return found->headers[known] == NULL ? (struct bytes){0} : found->headers[known]->value;
}

/* 1 to 8 digits and a unit: https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md */
static bool parse_timeout(struct bytes text, int64_t *ms)
{
    if (text.size < 2 || text.size > 9 ||
        !digits_are(bytes_of(text.data, text.size - 1), text.size - 1)) {
        return false;
    }
    int64_t number = 0;
    for (size_t i = 0; i + 1 < text.size; i++) {
        number = number * 10 + (text.data[i] - '0');
    }
    switch (text.data[text.size - 1]) {
    case 'H':
        *ms = number * 3600000;
        return true;
    case 'M':
        *ms = number * 60000;
        return true;
    case 'S':
        *ms = number * 1000;
        return true;
    case 'm':
        *ms = number;
        return true;
    case 'u':
        *ms = number / 1000;
        return true;
    case 'n':
        *ms = number / 1000000;
        return true;
    default:
        return false;
    }
}

static bool lower_hex(struct bytes text, bool *all_zero)
{
    *all_zero = true;
    for (size_t i = 0; i < text.size; i++) {
        uint8_t c = text.data[i];
        if (!(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'f')) {
            return false;
        }
        *all_zero = *all_zero && c == '0';
    }
    return true;
}

/* W3C Trace Context § 3.2: version-traceid-parentid-flags. */
static bool traceparent_valid(struct bytes text)
{
    static const struct {
        size_t at;
        size_t size;
    } parts[] = {{0, 2}, {3, 32}, {36, 16}, {53, 2}};
    bool zero[4];
    if (text.size < 55) {
        return false;
    }
    for (size_t i = 0; i < 4; i++) {
        if (!lower_hex(bytes_of(text.data + parts[i].at, parts[i].size), &zero[i]) ||
            (i > 0 && text.data[parts[i].at - 1] != '-')) {
            return false;
        }
    }
    bool known = zero[0];
    return !zero[1] && !zero[2] && memcmp(text.data, "ff", 2) != 0 &&
           (text.size == 55 || (!known && text.data[55] == '-'));
}

static bool tracestate_key(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '*' ||
           c == '/' || c == '@';
}

/* One key=value, W3C Trace Context § 3.3.1.3; an empty member is allowed. */
static bool tracestate_member(struct bytes text)
{
    while (text.size > 0 && (text.data[0] == ' ' || text.data[0] == '\t')) {
        text = bytes_of(text.data + 1, text.size - 1);
    }
    while (text.size > 0 && (text.data[text.size - 1] == ' ' || text.data[text.size - 1] == '\t')) {
        text.size--;
    }
    size_t key = 0;
    size_t ats = 0;
    while (key < text.size && tracestate_key(text.data[key])) {
        ats += text.data[key++] == '@';
    }
    if (text.size == 0) {
        return true;
    }
    if (key == 0 || ats > 1 || text.data[0] == '@' || text.data[key - 1] == '@' ||
        memchr("_-*/", text.data[0], 4) != NULL || key > 256 || key + 1 >= text.size ||
        text.data[key] != '=' || text.size - key - 1 > 256) {
        return false;
    }
    for (size_t i = key + 1; i < text.size; i++) {
        if (text.data[i] < ' ' || text.data[i] > '~' || text.data[i] == '=') {
            return false;
        }
    }
    return true;
}

/* At most 32 members and 512 bytes. */
static bool tracestate_valid(struct bytes text)
{
    size_t members = 0;
    if (text.size == 0 || text.size > 512) {
        return false;
    }
    for (size_t begin = 0; begin <= text.size; members++) {
        size_t end = begin;
        while (end < text.size && text.data[end] != ',') {
            end++;
        }
        if (!tracestate_member(bytes_of(text.data + begin, end - begin))) {
            return false;
        }
        begin = end + 1;
    }
    return members <= 32;
}

static int64_t parse_redrives(struct bytes text)
{
    int64_t number = 0;
    if (text.size == 0 || text.size > 9 || !digits_are(text, text.size)) {
        return 0;
    }
    for (size_t i = 0; i < text.size; i++) {
        number = number * 10 + (text.data[i] - '0');
    }
    return number;
}

static void read_headers(const struct known_headers *found, struct envelope *envelope)
{
    struct bytes parent = value_of(found, KNOWN_TRACEPARENT);
    struct bytes state = value_of(found, KNOWN_TRACESTATE);
    *envelope = (struct envelope){
        .id = value_of(found, KNOWN_ID),
        .source = value_of(found, KNOWN_SOURCE),
        .type = value_of(found, KNOWN_TYPE),
        .subject = value_of(found, KNOWN_SUBJECT),
        .traceparent = traceparent_valid(parent) ? parent : (struct bytes){0},
        .tracestate = tracestate_valid(state) ? state : (struct bytes){0},
        .redrives = parse_redrives(value_of(found, KNOWN_REDRIVES)),
        .redrive_of = value_of(found, KNOWN_REDRIVE_OF),
    };
}

static enum reason check_required(const struct known_headers *found)
{
    for (int known = 0; known < KNOWN_REQUIRED; known++) {
        struct bytes value = value_of(found, (enum known_header)known);
        if (value.size == 0) {
            return REASON_HEADER_MISSING;
        }
        if (value.size > ENVELOPE_HEADER_MAX || !bytes_utf8(value)) {
            return REASON_HEADER_INVALID;
        }
    }
    return bytes_is(value_of(found, KNOWN_SPECVERSION), "1.0") ? REASON_NONE
                                                               : REASON_SPECVERSION_UNKNOWN;
}

static enum reason check_times(const struct known_headers *found, struct envelope *envelope)
{
    const struct header *time = found->headers[KNOWN_TIME];
    const struct header *timeout = found->headers[KNOWN_TIMEOUT];
    struct rfc3339 moment;
    if (time != NULL) {
        if (!rfc3339_parse(time->value, &moment)) {
            return REASON_TIME_INVALID;
        }
        envelope->has_time = true;
        envelope->time_ms = rfc3339_ms(moment);
    }
    if (timeout != NULL) {
        if (!parse_timeout(timeout->value, &envelope->timeout_ms)) {
            return REASON_TIMEOUT_INVALID;
        }
        envelope->has_timeout = true;
    }
    return REASON_NONE;
}

static enum reason check_call(const struct known_headers *found, const struct envelope *envelope)
{
    const struct header *method = found->headers[KNOWN_METHOD];
    int32_t called = method == NULL ? -1 : service_method(method->value);
    if (method != NULL && called < 0) {
        return REASON_METHOD_UNKNOWN;
    }
    for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
        if (bytes_is(envelope->type, calls[i].type) &&
            (method == NULL || called == service_method(bytes_text(calls[i].method)))) {
            return REASON_NONE;
        }
    }
    return REASON_TYPE_UNKNOWN;
}

enum reason envelope_read(const struct record *record, struct envelope *envelope)
{
    struct known_headers found;
    headers_find(record, &found);
    read_headers(&found, envelope);
    if (record->has_value && record->value.size > WIRE_VALUE_MAX) {
        return REASON_VALUE_TOO_LARGE;
    }
    if (!headers_fit(record)) {
        return REASON_HEADERS_TOO_LARGE;
    }
    enum reason reason = check_required(&found);
    if (reason == REASON_NONE && headers_twice(record)) {
        reason = REASON_HEADER_TWICE;
    }
    if (reason == REASON_NONE) {
        reason = check_times(&found, envelope);
    }
    if (reason == REASON_NONE &&
        (!record->has_key || record->key.size == 0 || record->key.size > ENVELOPE_KEY_MAX)) {
        reason = REASON_KEY_INVALID;
    }
    if (reason == REASON_NONE && !record->has_value) {
        reason = REASON_VALUE_NULL;
    }
    return reason == REASON_NONE ? check_call(&found, envelope) : reason;
}

void envelope_read_redrive(const struct record *record, struct envelope *envelope)
{
    struct known_headers found;
    headers_find(record, &found);
    *envelope = (struct envelope){
        .redrives = parse_redrives(value_of(&found, KNOWN_REDRIVES)),
        .redrive_of = value_of(&found, KNOWN_REDRIVE_OF),
    };
}

static void add_sized(struct sha256 *sha, struct bytes text)
{
    uint8_t size[4];
    for (int i = 0; i < 4; i++) {
        size[i] = (uint8_t)(text.size >> (24 - 8 * i));
    }
    sha256_add(sha, bytes_of(size, sizeof(size)));
    sha256_add(sha, text);
}

void envelope_event_key(const struct envelope *envelope, uint8_t key[EVENT_KEY_SIZE])
{
    struct sha256 sha;
    uint8_t digest[SHA256_SIZE];
    sha256_init(&sha);
    add_sized(&sha, envelope->source);
    add_sized(&sha, envelope->id);
    sha256_finish(&sha, digest);
    memcpy(key, digest, EVENT_KEY_SIZE);
}

int64_t envelope_late_ms(const struct envelope *envelope, int64_t evaluated_at_ms)
{
    if (!envelope->has_time || !envelope->has_timeout) {
        return -1;
    }
    int64_t late = evaluated_at_ms - envelope->time_ms - envelope->timeout_ms;
    return late > 0 ? late : -1;
}

bool envelope_holds(struct bytes text, struct bytes cpr)
{
    if (cpr.size == 0) {
        return true;
    }
    const uint8_t *at = text.data;
    size_t left = text.size;
    while (left >= cpr.size) {
        const uint8_t *found = memchr(at, cpr.data[0], left - cpr.size + 1);
        if (found == NULL) {
            return false;
        }
        if (memcmp(found, cpr.data, cpr.size) == 0) {
            return true;
        }
        left -= (size_t)(found + 1 - at);
        at = found + 1;
    }
    return false;
}
