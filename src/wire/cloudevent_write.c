#include "mentor/wire/cloudevent.h"

#include "attribute.h"
#include "json_message.h"
#include "text.h"

static const struct {
    const char *type;
    enum json_message message;
} types[] = {
    {CLOUDEVENT_SUBMITTED, JSON_APPLICATION},
    {CLOUDEVENT_APPROVED, JSON_DECISION},
    {CLOUDEVENT_REJECTED, JSON_DECISION},
    {CLOUDEVENT_REFERRED, JSON_DECISION},
};

bool cloudevent_message(struct bytes type, enum json_message *message)
{
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        if (bytes_is(type, types[i].type)) {
            *message = types[i].message;
            return true;
        }
    }
    return false;
}

/* A line being written. */
struct line {
    const struct record *record;
    struct text *out;
    bool dlq;
    bool first;
};

/* A name and its colon. `prefix` may be empty. */
static void add_name(struct line *line, const char *prefix, struct bytes name)
{
    text_add_string(line->out, line->first ? "{\"" : ",\"");
    line->first = false;
    text_add_string(line->out, prefix);
    text_add(line->out, name);
    text_add_string(line->out, "\":");
}

static void add_text(struct line *line, const char *name, struct bytes value)
{
    add_name(line, "", bytes_text(name));
    text_add_json(line->out, value);
}

static void add_base64(struct line *line, const char *name, struct bytes value)
{
    add_name(line, "", bytes_text(name));
    text_add_char(line->out, '"');
    text_add_base64(line->out, value);
    text_add_char(line->out, '"');
}

/* JSON has a spelling for NUL that our own reader refuses. */
static bool is_writable(const struct header *header)
{
    struct bytes value = header->value;
    return value.size > 0 && bytes_utf8(value) && memchr(value.data, 0, value.size) == NULL;
}

/* The first of its name that can be written at all: two of one name would be a line that nobody
 * reads. */
static bool is_first(const struct record *record, uint32_t index)
{
    for (uint32_t i = 0; i < index; i++) {
        const struct header *before = &record->headers[i];
        if (bytes_equal(before->name, record->headers[index].name) && is_writable(before)) {
            return false;
        }
    }
    return true;
}

static const struct header *find_writable(const struct record *record, const char *name)
{
    for (uint32_t i = 0; i < record->header_count; i++) {
        if (bytes_is(record->headers[i].name, name) && is_writable(&record->headers[i])) {
            return &record->headers[i];
        }
    }
    return NULL;
}

static const char *const leading[] = {
    "ce_specversion", "ce_id", "ce_source", "ce_type", "ce_subject", "ce_time"};

enum {
    LEADING_COUNT = sizeof(leading) / sizeof(leading[0]),
};

static bool is_leading(struct bytes name)
{
    for (size_t i = 0; i < LEADING_COUNT; i++) {
        if (bytes_is(name, leading[i])) {
            return true;
        }
    }
    return false;
}

static void add_header(struct line *line, const struct header *header)
{
    struct bytes attribute;
    bool is_ce = false;
    if (!attribute_of_header(header->name, &attribute, &is_ce)) {
        return;
    }
    add_name(line, line->dlq && is_ce ? ATTRIBUTE_EVENT_PREFIX : "", attribute);
    text_add_json(line->out, header->value);
}

static void add_leading(struct line *line)
{
    if (!line->dlq && find_writable(line->record, leading[0]) == NULL) {
        add_text(
            line, "specversion", bytes_text("")); /* without, it is read as a bare Application */
    }
    for (size_t i = 0; i < LEADING_COUNT; i++) {
        const struct header *header = find_writable(line->record, leading[i]);
        if (header != NULL) {
            add_header(line, header);
        }
    }
}

/* In the order they came. `content_type` when the value stands as its bytes. */
static void add_others(struct line *line, bool content_type)
{
    const struct record *record = line->record;
    for (uint32_t i = 0; i < record->header_count; i++) {
        const struct header *header = &record->headers[i];
        if (!is_leading(header->name) && is_writable(header) && is_first(record, i) &&
            (content_type || !bytes_is(header->name, "content-type"))) {
            add_header(line, header);
        }
    }
}

bool cloudevent_write(const struct record *record, struct arena *arena, struct text *out)
{
    struct line line = {.record = record, .out = out, .first = true};
    const struct header *type = record_header(record, "ce_type");
    enum json_message kind = JSON_APPLICATION;
    size_t begin = out->size;
    add_leading(&line);
    struct line decoded = line;
    size_t leading_size = out->size;
    enum json_written written = JSON_NOT_DECODABLE;
    if (record->has_value && type != NULL && cloudevent_message(type->value, &kind)) {
        add_others(&decoded, false);
        add_name(&decoded, "", bytes_text("data"));
        written = json_write(kind, record->value, arena, out);
    }
    if (written == JSON_WRITTEN) {
        text_add_char(out, '}');
        return true;
    }
    if (written == JSON_NO_MEMORY) {
        out->size = begin;
        return false;
    }
    out->size = leading_size;
    add_others(&line, true);
    if (record->has_value) {
        add_base64(&line, "data_base64", record->value);
    }
    text_add_char(out, '}');
    return true;
}

static void add_dlq_id(struct line *line)
{
    static const char *const parts[] = {"mentor-topic", "mentor-partition", "mentor-offset"};
    struct text id = {0};
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        const struct header *part = find_writable(line->record, parts[i]);
        text_add_string(&id, i > 0 ? "/" : "");
        text_add(&id, part != NULL ? part->value : bytes_text("?"));
    }
    add_text(line, "id", bytes_of(id.data, id.size));
    text_release(&id);
}

bool cloudevent_write_dlq(const struct record *record, struct arena *arena, struct text *out)
{
    (void)arena;
    struct line line = {.record = record, .out = out, .dlq = true, .first = true};
    add_text(&line, "specversion", bytes_text("1.0"));
    add_dlq_id(&line);
    add_text(&line, "source", bytes_text("mentord"));
    add_text(&line, "type", bytes_text(CLOUDEVENT_DLQ));
    if (record->has_key) {
        add_base64(&line, "keybase64", record->key);
    }
    add_leading(&line);
    add_others(&line, true);
    if (record->has_value) {
        add_base64(&line, "data_base64", record->value);
    }
    text_add_char(out, '}');
    return true;
}
