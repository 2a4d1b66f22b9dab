#include <stdio.h>

#include <mentor/v1/decision.pb-c.h>

#include "mentor/base/arena.h"
#include "mentor/core/application.h"
#include "mentor/core/date.h"
#include "mentor/core/decide.h"
#include "mentor/core/rulebook.h"
#include "mentor/wire/wire.h"

_Static_assert((int)OUTCOME_IS_REFERRED == (int)MENTOR__V1__OUTCOME__OUTCOME_REFERRED, "outcomes");
_Static_assert((int)WEIGHT_OF_REFER_BLOCKING == (int)MENTOR__V1__WEIGHT__WEIGHT_REFER_BLOCKING,
               "weights");
_Static_assert((int)MENTOR_EXTERNAL == (int)MENTOR__V1__MENTOR_KIND__MENTOR_KIND_EXTERNAL, "kinds");

#define DEADLINE "{deadline}"

/*
 * Writes the wire format straight from the core's struct: protobuf-c would want every text with a
 * terminator, copied first. Field numbers are those of decision.proto; a test reads the result with
 * protobuf-c.
 */
struct writer {
    uint8_t *at;
    uint8_t *end;
    bool full;
};

static void put_raw(struct writer *writer, const void *data, size_t size)
{
    if (writer->full || size > (size_t)(writer->end - writer->at)) {
        writer->full = true;
        return;
    }
    if (size > 0) {
        memcpy(writer->at, data, size);
    }
    writer->at += size;
}

static void put_long_varint(struct writer *writer, uint64_t value)
{
    uint8_t bytes[10];
    size_t size = 0;
    while (value >= 0x80) {
        bytes[size++] = (uint8_t)(value | 0x80);
        value >>= 7;
    }
    bytes[size++] = (uint8_t)value;
    put_raw(writer, bytes, size);
}

/* Most are one byte: tags and lengths. */
static inline void put_varint(struct writer *writer, uint64_t value)
{
    if (value < 0x80 && writer->at < writer->end) {
        *writer->at++ = (uint8_t)value;
    } else {
        put_long_varint(writer, value);
    }
}

static void put_number(struct writer *writer, uint32_t field, int64_t value)
{
    if (value != 0) {
        put_varint(writer, field << 3 | PROTOBUF_C_WIRE_TYPE_VARINT);
        put_varint(writer, (uint64_t)value);
    }
}

static void put_text(struct writer *writer, uint32_t field, struct bytes text)
{
    if (text.size > 0) {
        put_varint(writer, field << 3 | PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED);
        put_varint(writer, text.size);
        put_raw(writer, text.data, text.size);
    }
}

static void put_date(struct writer *writer, uint32_t field, int32_t day)
{
    char text[DATE_TEXT_SIZE];
    date_format(day, text);
    put_text(writer, field, bytes_of(text, sizeof(text)));
}

static void put_uuid(struct writer *writer, uint32_t field, const uint8_t uuid[UUID_SIZE])
{
    char text[UUID_TEXT_SIZE];
    uuid_format(uuid, text);
    put_text(writer, field, bytes_of(text, sizeof(text)));
}

enum {
    LENGTH_ROOM = 3,            /* bytes kept for a submessage's length: up to 2 MiB */
    DECISION_MAX = 1024 * 1024, /* bytes; 256 findings with long texts stay below */
    ALIGN_ROOM = 64,            /* what an arena may lose to alignment */
};

/* Begins a submessage; end_message() closes the gap that its length left. */
static uint8_t *begin_message(struct writer *writer, uint32_t field)
{
    put_varint(writer, field << 3 | PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED);
    uint8_t *start = writer->at;
    put_raw(writer, "\0\0\0", LENGTH_ROOM);
    return start;
}

static void end_message(struct writer *writer, uint8_t *start)
{
    if (writer->full) {
        return;
    }
    uint8_t *body = start + LENGTH_ROOM;
    size_t size = (size_t)(writer->at - body);
    writer->at = start;
    put_varint(writer, size);
    memmove(writer->at, body, size);
    writer->at += size;
}

/* The text with its {deadline} written 31.03.2026. */
static void put_filled(struct writer *writer, uint32_t field, struct bytes text, int32_t deadline)
{
    const uint8_t *mark =
        text.size == 0 ? NULL : memchr(text.data, '{', text.size); /* lint lets no other brace in */
    if (mark == NULL) {
        put_text(writer, field, text);
        return;
    }
    char date[DATE_TEXT_SIZE];
    date_format_danish(deadline, date);
    uint8_t *start = begin_message(writer, field);
    const uint8_t *at = text.data;
    const uint8_t *end = text.data + text.size;
    while (mark != NULL) {
        put_raw(writer, at, (size_t)(mark - at));
        put_raw(writer, date, sizeof(date));
        at = mark + sizeof(DEADLINE) - 1;
        mark = memchr(at, '{', (size_t)(end - at));
    }
    put_raw(writer, at, (size_t)(end - at));
    end_message(writer, start);
}

static void put_timestamp(struct writer *writer, uint32_t field, int64_t ms)
{
    int64_t seconds = ms >= 0 ? ms / 1000 : (ms - 999) / 1000;
    uint8_t *start = begin_message(writer, field);
    put_number(writer, 1, seconds);
    put_number(writer, 2, (ms - seconds * 1000) * 1000000);
    end_message(writer, start);
}

static void put_findings(struct writer *writer, const struct decision *decision)
{
    const struct matter *matter = decision->matter;
    for (uint32_t i = 0; i < decision->findings.count; i++) {
        const struct finding *finding = &decision->findings.items[i];
        char path[FIELD_PATH_MAX];
        uint32_t path_size = finding_path(finding, path);
        uint8_t *start = begin_message(writer, 11);
        put_text(writer, 1, bytes_text(rule_name(finding->rule)));
        put_number(writer, 2, rule_weight(finding->rule));
        put_text(writer, 3, bytes_of(path, path_size));
        put_filled(writer, 4, matter->law->text_da[finding->rule], decision->complaint_deadline);
        put_text(writer, 5, matter->rulebook->text_en[finding->rule]);
        put_text(writer, 6, matter->law->refs[finding->rule]);
        end_message(writer, start);
    }
}

static void put_rulebook(struct writer *writer, const struct matter *matter)
{
    uint8_t *start = begin_message(writer, 10);
    put_text(writer, 1, matter->rulebook->name);
    put_text(writer, 2, matter->rulebook->version);
    put_text(writer, 3, bytes_of(matter->rulebook->sha256, SHA256_SIZE));
    put_text(writer, 4, bytes_of(matter->law->from_text, DATE_TEXT_SIZE));
    end_message(writer, start);
}

static void put_frame(struct writer *writer, const struct decision *decision)
{
    if (!decision->has_frame) {
        return;
    }
    const struct frame *frame = &decision->frame;
    uint8_t *start = begin_message(writer, 12);
    put_number(writer, 1, frame->unit_ore);
    put_number(writer, 2, frame->minutes);
    put_number(writer, 3, frame->support_ore);
    put_number(writer, 4, frame->vat_ore);
    put_number(writer, 5, frame->training_ore);
    put_number(writer, 6, frame->total_ore);
    put_number(writer, 7, decision->indicative);
    end_message(writer, start);
}

static void put_period(struct writer *writer, const struct decision *decision)
{
    if (!decision->has_period) {
        return;
    }
    uint8_t *start = begin_message(writer, 13);
    put_text(writer, 1, decision->matter->application->start_date); /* valid as they came */
    put_text(writer, 2, decision->matter->application->end_date);
    put_date(writer, 3, decision->latest_end);
    end_message(writer, start);
}

static void put_source(struct writer *writer, const struct wire_source *source)
{
    uint8_t *start = begin_message(writer, 16);
    put_text(writer, 1, source->topic);
    put_number(writer, 2, source->partition);
    put_number(writer, 3, source->offset);
    put_text(writer, 4, source->event_id);
    end_message(writer, start);
}

static void put_decision(struct writer *writer,
                         const struct decision *decision,
                         const struct wire_source *source)
{
    const struct matter *matter = decision->matter;
    const struct application *application = matter->application;
    char ref[2 * CITIZEN_REF_SIZE];
    hex_encode(matter->citizen_ref, CITIZEN_REF_SIZE, ref);

    put_uuid(writer, 1, decision->decision_id);
    put_text(writer, 2, application->application_id);
    put_number(writer, 3, application->version);
    put_number(writer, 4, decision->outcome);
    put_number(writer, 5, decision->by_right);
    if (decision->municipality_valid) {
        put_text(writer, 6, application->municipality_code);
    }
    put_text(writer, 7, bytes_of(ref, sizeof(ref)));
    put_timestamp(writer, 8, matter->evaluated_at_ms);
    put_date(writer, 9, decision->decision_date);
    put_rulebook(writer, matter);
    put_findings(writer, decision);
    put_frame(writer, decision);
    put_period(writer, decision);
    uint8_t *complaint = begin_message(writer, 14);
    put_filled(writer, 1, matter->law->complaint_da, decision->complaint_deadline);
    put_date(writer, 2, decision->complaint_deadline);
    end_message(writer, complaint);
    if (matter->superseding && !matter->conflict) {
        put_uuid(writer, 15, matter->supersedes);
    }
    put_source(writer, source);
    put_number(writer, 17, application->mentor_kind);
    if (decision->cvr_valid) {
        put_text(writer, 18, application->cvr);
    }
    if (decision->p_number_valid) {
        put_text(writer, 19, application->p_number);
    }
}

bool wire_encode_decision(const struct decision *decision,
                          const struct wire_source *source,
                          struct arena *arena,
                          struct bytes *out)
{
    size_t left = arena->capacity - arena->used;
    if (left < (size_t)2 * ALIGN_ROOM) {
        return false;
    }
    struct arena_mark mark = arena_mark(arena);
    size_t room = left - ALIGN_ROOM < DECISION_MAX ? left - ALIGN_ROOM : DECISION_MAX;
    uint8_t *data = arena_alloc(arena, room);
    CHECK(data != NULL);
    struct writer writer = {.at = data, .end = data + room};
    put_decision(&writer, decision, source);
    arena_rewind(arena, mark);
    if (writer.full) {
        return false;
    }
    /* The same place again, now no larger than need be. */
    size_t size = (size_t)(writer.at - data);
    *out = bytes_of(arena_alloc(arena, size), size);
    return true;
}

bool wire_decision_application_id(struct bytes decision, struct bytes *id)
{
    /* Fields 1 and 2 come first, each a tag, a length and a UUID. */
    const size_t at = 2 + UUID_TEXT_SIZE + 2;
    const uint8_t tag = 2 << 3 | PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED;
    if (decision.size < at + UUID_TEXT_SIZE || decision.data[at - 2] != tag ||
        decision.data[at - 1] != UUID_TEXT_SIZE) {
        return false;
    }
    *id = bytes_of(decision.data + at, UUID_TEXT_SIZE);
    return true;
}
