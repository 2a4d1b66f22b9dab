#include "mentor/wire/cloudevent.h"

#include <inttypes.h>
#include <stdio.h>

#include <mentor/v1/application.pb-c.h>

#include "mentor/base/arena.h"
#include "mentor/wire/rfc3339.h"

#include "arena_allocator.h"
#include "attribute.h"
#include "json_message.h"
#include "text.h"
#include "whole.h"

enum {
    BARE_HEADERS = 6,
    BARE_ID_SIZE = 12, /* a slash, a uint32, the terminator */
};

/* One line on its way into a record. */
struct line {
    json_t *event;
    struct arena *arena;
    struct record *record;
    char *why;
    size_t why_size;
};

static bool fail(const struct line *line, const char *attribute, const char *what)
{
    bool named = attribute != NULL && json_name_presentable(attribute);
    (void)snprintf(line->why,
                   line->why_size,
                   "%s%s%s",
                   named               ? attribute
                   : attribute == NULL ? ""
                                       : "an attribute",
                   attribute == NULL ? "" : ": ",
                   what);
    return false;
}

static bool add_header(const struct line *line, struct bytes name, struct bytes value)
{
    line->record->headers[line->record->header_count++] = (struct header){name, value};
    return true;
}

static bool is_dlq(const struct line *line)
{
    const char *type = json_string_value(json_object_get(line->event, "type"));
    return type != NULL && strcmp(type, CLOUDEVENT_DLQ) == 0;
}

/* NULL when it is absent, as null also is. */
static const json_t *payload(const struct line *line, const char *name)
{
    const json_t *value = json_object_get(line->event, name);
    return json_is_null(value) ? NULL : value;
}

/* Specversion and the like of a DLQ line are about the line; the record's own have the prefix. */
static bool is_of_the_line(const char *attribute)
{
    static const char *const names[] = {"specversion", "id", "source", "type"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(names[i], attribute) == 0) {
            return true;
        }
    }
    return false;
}

static bool ce_name(const struct line *line, struct bytes attribute, bool dlq, struct bytes *name)
{
    const size_t event = strlen(ATTRIBUTE_EVENT_PREFIX);
    const struct bytes ce = bytes_text(ATTRIBUTE_CE_PREFIX);
    if (dlq && attribute.size > event &&
        memcmp(attribute.data, ATTRIBUTE_EVENT_PREFIX, event) == 0) {
        attribute = bytes_of(attribute.data + event, attribute.size - event);
    }
    uint8_t *copy = arena_alloc(line->arena, ce.size + attribute.size);
    if (copy == NULL) {
        return fail(line, NULL, JSON_WHY_MEMORY);
    }
    memcpy(copy, ce.data, ce.size);
    memcpy(copy + ce.size, attribute.data, attribute.size);
    *name = bytes_of(copy, ce.size + attribute.size);
    return true;
}

static bool attribute_value(const struct line *line,
                            const char *attribute,
                            const json_t *json,
                            struct bytes *value)
{
    char number[24];
    struct bytes text = bytes_of(json_string_value(json), json_string_length(json));
    struct whole whole;
    if (json_is_boolean(json)) {
        text = bytes_text(json_is_true(json) ? "true" : "false");
    } else if (!json_is_string(json)) {
        if (!whole_of(json, &whole)) {
            return fail(line, attribute, "not a string, a whole number or a boolean");
        }
        (void)snprintf(
            number, sizeof(number), "%s%" PRIu64, whole.negative ? "-" : "", whole.magnitude);
        text = bytes_text(number);
    }
    return bytes_copy(line->arena, text, value) || fail(line, NULL, JSON_WHY_MEMORY);
}

static bool
read_base64(const struct line *line, const char *attribute, const json_t *json, struct bytes *value)
{
    if (!json_is_string(json)) {
        return fail(line, attribute, "not a string of base64");
    }
    struct bytes text = bytes_of(json_string_value(json), json_string_length(json));
    size_t size = 0;
    uint8_t *data = arena_alloc(line->arena, text.size / 4 * 3 + 3);
    if (data == NULL) {
        return fail(line, NULL, JSON_WHY_MEMORY);
    }
    if (!base64_decode(text, data, &size)) {
        return fail(line, attribute, "not base64");
    }
    *value = bytes_of(data, size);
    return true;
}

static bool read_data(const struct line *line)
{
    const json_t *data = payload(line, "data");
    const json_t *base64 = payload(line, "data_base64");
    struct record *record = line->record;
    record->has_value = data != NULL || base64 != NULL;
    if (data == NULL) {
        return base64 == NULL || read_base64(line, "data_base64", base64, &record->value);
    }
    if (base64 != NULL) {
        return fail(line, "data_base64", "data is given too");
    }
    const char *type = json_string_value(json_object_get(line->event, "type"));
    enum json_message kind = JSON_APPLICATION;
    (void)cloudevent_message(bytes_text(type), &kind);
    return add_header(line, bytes_text("content-type"), bytes_text("application/protobuf")) &&
           json_to_protobuf(kind, data, line->arena, &record->value, line->why, line->why_size);
}

static bool
read_attribute(const struct line *line, const char *attribute, const json_t *json, bool dlq)
{
    if (strcmp(attribute, "keybase64") == 0) {
        line->record->has_key = true;
        return read_base64(line, attribute, json, &line->record->key);
    }
    if (dlq && is_of_the_line(attribute)) {
        return true;
    }
    if (!attribute_name_valid(bytes_text(attribute))) {
        return fail(line, attribute, "a name of other than lower-case letters and digits");
    }
    struct bytes name = bytes_text(attribute_header(bytes_text(attribute)));
    struct bytes value;
    return (name.size > 0 || ce_name(line, bytes_text(attribute), dlq, &name)) &&
           attribute_value(line, attribute, json, &value) && add_header(line, name, value);
}

static bool read_event(const struct line *line)
{
    size_t most = json_object_size(line->event) + 1;
    bool dlq = is_dlq(line);
    line->record->headers = arena_alloc(line->arena, most * sizeof(struct header));
    if (line->record->headers == NULL) {
        return fail(line, NULL, JSON_WHY_MEMORY);
    }
    for (void *i = json_object_iter(line->event); i != NULL;
         i = json_object_iter_next(line->event, i)) {
        const char *attribute = json_object_iter_key(i);
        const json_t *value = json_object_iter_value(i);
        bool is_payload =
            strcmp(attribute, "data") == 0 || strcmp(attribute, "data_base64") == 0 ||
            /* of the JSON; the value is made protobuf */
            (strcmp(attribute, "datacontenttype") == 0 && payload(line, "data") != NULL);
        if (!is_payload && !json_is_null(value) && !read_attribute(line, attribute, value, dlq)) {
            return false;
        }
    }
    return read_data(line);
}

static bool bare_id(const struct line *line, struct bytes *id)
{
    ProtobufCAllocator allocator = wire_allocator(line->arena);
    const struct record *record = line->record;
    const Mentor__V1__Application *application =
        mentor__v1__application__unpack(&allocator, record->value.size, record->value.data);
    if (application == NULL) {
        return false;
    }
    size_t size = strlen(application->application_id);
    char *text = arena_alloc(line->arena, size + BARE_ID_SIZE);
    if (text == NULL) {
        return false;
    }
    memcpy(text, application->application_id, size);
    int more = snprintf(text + size, BARE_ID_SIZE, "/%" PRIu32, application->version);
    *id = bytes_of(text, size + (size_t)more);
    return true;
}

static bool read_bare(const struct line *line, int64_t now_ms)
{
    struct record *record = line->record;
    record->has_value = true;
    if (!json_to_protobuf(JSON_APPLICATION,
                          line->event,
                          line->arena,
                          &record->value,
                          line->why,
                          line->why_size)) {
        return false;
    }
    struct bytes id;
    char *time = arena_alloc(line->arena, RFC3339_SIZE);
    record->headers = arena_alloc(line->arena, BARE_HEADERS * sizeof(struct header));
    if (time == NULL || record->headers == NULL || !bare_id(line, &id)) {
        return fail(line, NULL, JSON_WHY_MEMORY);
    }
    size_t time_size = rfc3339_format(rfc3339_of_ms(now_ms), time);
    CHECK(time_size > 0);
    return add_header(line, bytes_text("ce_specversion"), bytes_text("1.0")) &&
           add_header(line, bytes_text("ce_id"), id) &&
           add_header(line, bytes_text("ce_source"), bytes_text("mentord")) &&
           add_header(line, bytes_text("ce_type"), bytes_text(CLOUDEVENT_SUBMITTED)) &&
           add_header(line, bytes_text("ce_time"), bytes_of(time, time_size)) &&
           add_header(line, bytes_text("content-type"), bytes_text("application/protobuf"));
}

/* jansson's own words quote the line. */
static void why_not_json(const struct line *line, const json_error_t *error)
{
    static const struct {
        enum json_error_code code;
        const char *what;
    } whats[] = {
        {json_error_duplicate_key, "a key is given twice"},
        {json_error_invalid_utf8, "invalid UTF-8"},
        {json_error_null_character, "a NUL in a string"},
        {json_error_null_byte_in_key, "a NUL in a key"},
        {json_error_numeric_overflow, "a number is too large"},
        {json_error_premature_end_of_input, "the line ends too early"},
        {json_error_end_of_input_expected, "something follows the object"},
        {json_error_stack_overflow, "nested too deep"},
        {json_error_out_of_memory, "out of memory"},
    };
    const char *what = "not JSON";
    for (size_t i = 0; i < sizeof(whats) / sizeof(whats[0]); i++) {
        if (whats[i].code == json_error_code(error)) {
            what = whats[i].what;
        }
    }
    (void)snprintf(line->why, line->why_size, "%s, at byte %d", what, error->position);
}

enum reason cloudevent_read(struct bytes text,
                            int64_t now_ms,
                            struct arena *arena,
                            struct record *record,
                            char *why,
                            size_t why_size)
{
    *record = (struct record){.timestamp_ms = now_ms};
    struct line line = {.arena = arena, .record = record, .why = why, .why_size = why_size};
    if (why_size > 0) {
        why[0] = '\0';
    }
    if (text.size > CLOUDEVENT_LINE_MAX) {
        (void)fail(&line, NULL, "the line is over 4 MiB");
        return REASON_LINE_TOO_LARGE;
    }
    json_error_t error;
    json_t *event = json_loadb((const char *)text.data, text.size, JSON_REJECT_DUPLICATES, &error);
    if (event == NULL) {
        why_not_json(&line, &error);
        return REASON_JSON_INVALID;
    }
    line.event = event;
    bool read = false;
    if (!json_is_object(event)) {
        (void)fail(&line, NULL, "not an object");
    } else if (payload(&line, "specversion") == NULL) {
        read = read_bare(&line, now_ms);
    } else {
        read = read_event(&line);
    }
    json_decref(event);
    return read ? REASON_NONE : REASON_JSON_INVALID;
}
