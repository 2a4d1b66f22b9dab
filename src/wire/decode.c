#include <stddef.h>

#include <protobuf-c/protobuf-c.h>

#include "mentor/core/application.h"
#include "mentor/wire/wire.h"

#include "kinds.h"

/* What is left of the bytes, and what was seen of the message in hand. */
struct cursor {
    const uint8_t *at;
    const uint8_t *end;
};

struct scan {
    struct application *out;
    bool canonical;
};

/* false: cut short or over ten bytes. *shortest is cleared when fewer bytes would do. */
static bool take_long_varint(struct cursor *cursor, uint64_t *value, bool *shortest)
{
    uint64_t result = 0;
    for (unsigned shift = 0; shift < 70 && cursor->at < cursor->end; shift += 7) {
        uint8_t byte = *cursor->at++;
        result |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) {
            *shortest = *shortest && (byte != 0 || shift == 0) && (shift < 63 || byte == 1);
            *value = result;
            return true;
        }
    }
    return false;
}

/* Most are one byte: tags, lengths, enums. */
static inline bool take_varint(struct cursor *cursor, uint64_t *value, bool *shortest)
{
    if (cursor->at < cursor->end && *cursor->at < 0x80) {
        *value = *cursor->at++;
        return true;
    }
    return take_long_varint(cursor, value, shortest);
}

/* Tags and lengths: 32 bits, so that five bytes are the most; protobuf-c reads no more either. */
static inline bool take_short_varint(struct cursor *cursor, uint64_t *value, bool *shortest)
{
    const uint8_t *begin = cursor->at;
    return take_varint(cursor, value, shortest) && cursor->at - begin <= 5;
}

static bool take_bytes(struct cursor *cursor, struct bytes *out, bool *shortest)
{
    uint64_t size = 0;
    if (!take_short_varint(cursor, &size, shortest) ||
        size > (uint64_t)(cursor->end - cursor->at)) {
        return false;
    }
    *out = bytes_of(cursor->at, (size_t)size);
    cursor->at += size;
    return true;
}

static bool skip_fixed(struct cursor *cursor, size_t size)
{
    if ((size_t)(cursor->end - cursor->at) < size) {
        return false;
    }
    cursor->at += size;
    return true;
}

/* A field of a newer producer: kept as it is, whatever it holds, groups aside. */
static enum reason skip_unknown(struct cursor *cursor, uint32_t wire_type, bool *shortest)
{
    uint64_t number = 0;
    struct bytes data;
    switch (wire_type) {
    case PROTOBUF_C_WIRE_TYPE_VARINT:
        return take_varint(cursor, &number, shortest) ? REASON_NONE : REASON_UNDECODABLE;
    case PROTOBUF_C_WIRE_TYPE_64BIT:
        return skip_fixed(cursor, 8) ? REASON_NONE : REASON_UNDECODABLE;
    case PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED:
        return take_bytes(cursor, &data, shortest) ? REASON_NONE : REASON_UNDECODABLE;
    case PROTOBUF_C_WIRE_TYPE_32BIT:
        return skip_fixed(cursor, 4) ? REASON_NONE : REASON_UNDECODABLE;
    case 3:
    case 4:
        return REASON_WIRE_TYPE;
    default:
        return REASON_UNDECODABLE;
    }
}

static const ProtobufCFieldDescriptor *find_field(const ProtobufCMessageDescriptor *descriptor,
                                                  uint32_t number)
{
    if (number - 1 < descriptor->n_fields && descriptor->fields[number - 1].id == number) {
        return &descriptor->fields[number - 1]; /* numbered from 1 without holes: all of ours */
    }
    return protobuf_c_message_descriptor_get_field(descriptor, number);
}

/* A number that this version does not know counts as unspecified (rules.md § 2). */
static int32_t known_enum(const ProtobufCFieldDescriptor *field, int32_t number)
{
    const ProtobufCEnumDescriptor *descriptor = field->descriptor;
    if (number >= 0 && (unsigned)number < descriptor->n_values &&
        descriptor->values[number].value == number) {
        return number;
    }
    return protobuf_c_enum_descriptor_get_value(descriptor, number) == NULL ? 0 : number;
}

static void place_number(struct scan *scan,
                         const struct place *place,
                         const ProtobufCFieldDescriptor *field,
                         uint64_t value)
{
    void *to = (uint8_t *)scan->out + place->offset;
    struct cost *cost = &scan->out->cost;
    switch (place->kind) {
    case PLACE_U32:
        *(uint32_t *)to = (uint32_t)value;
        break;
    case PLACE_HOURLY:
    case PLACE_MONTHLY:
        cost->rate = place->kind == PLACE_HOURLY ? WAGE_RATE_HOURLY : WAGE_RATE_MONTHLY;
        *(int64_t *)to = (int64_t)value;
        break;
    case PLACE_I64:
        *(int64_t *)to = (int64_t)value;
        break;
    case PLACE_BOOL:
        *(bool *)to = value != 0;
        break;
    case PLACE_ENUM:
        *(int32_t *)to = known_enum(field, (int32_t)(uint32_t)value);
        break;
    case PLACE_ITEM:
        CHECK(cost->other_count > 0);
        cost->other_ore[cost->other_count - 1] = (int64_t)value;
        break;
    case PLACE_NONE:
    case PLACE_TEXT:
    case PLACE_WAGE:
    case PLACE_FEE:
    case PLACE_OTHER:
        break;
    }
}

/* Whether the canonical encoding has this varint for this field. */
static bool canonical_number(const ProtobufCFieldDescriptor *field, uint64_t value)
{
    if (value == 0 && (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) == 0) {
        return false;
    }
    if (field->type == PROTOBUF_C_TYPE_UINT32) {
        return value <= UINT32_MAX;
    }
    if (field->type == PROTOBUF_C_TYPE_BOOL) {
        return value <= 1;
    }
    if (field->type == PROTOBUF_C_TYPE_INT32 || field->type == PROTOBUF_C_TYPE_ENUM) {
        return value == (uint64_t)(int64_t)(int32_t)(uint32_t)value;
    }
    return true; /* 64 bits, all of them */
}

static enum reason take_text(struct scan *scan, const struct place *place, struct bytes text)
{
    if (text.size > WIRE_TEXT_MAX) {
        return REASON_TEXT_TOO_LONG;
    }
    if (!bytes_plain_text(text)) {
        return REASON_TEXT_INVALID;
    }
    if (place->kind == PLACE_TEXT) {
        *(struct bytes *)(void *)((uint8_t *)scan->out + place->offset) = text;
    }
    if (text.size == 0) {
        scan->canonical = false;
    }
    return REASON_NONE;
}

/* Depth is the schema's: no message holds itself. NOLINTBEGIN(misc-no-recursion) */
static enum reason scan_message(struct scan *scan, const struct kind *kind, struct bytes data);

static enum reason take_message(struct scan *scan,
                                const struct kind *child,
                                const struct place *place,
                                struct bytes data)
{
    struct cost *cost = &scan->out->cost;
    if (place->kind == PLACE_WAGE) {
        cost->basis = COST_WAGE;
    } else if (place->kind == PLACE_FEE) {
        cost->basis = COST_FEE;
    } else if (place->kind == PLACE_OTHER) {
        if (cost->other_count == APPLICATION_OTHER_COSTS_MAX) {
            return REASON_LIST_TOO_LONG;
        }
        cost->other_ore[cost->other_count++] = 0;
    }
    return scan_message(scan, child, data);
}

/* RFC 3339 has years 1 to 9999 and no negative fraction. */
static bool timestamp_fits(int64_t seconds, int32_t nanos)
{
    return seconds >= INT64_C(-62135596800) && seconds <= INT64_C(253402300799) && nanos >= 0 &&
           nanos <= 999999999;
}

/* What a message has shown so far. */
struct seen {
    uint32_t last;     /* field number */
    uint64_t messages; /* a bit for each singular message field */
    uint64_t oneofs;   /* a bit for each oneof, by the offset of its case */
    bool unknown;
    int64_t seconds; /* of a Timestamp */
    int32_t nanos;
};

/* false: a singular message or a oneof comes a second time. */
static bool first_time(struct seen *seen, const ProtobufCFieldDescriptor *field)
{
    bool message =
        field->type == PROTOBUF_C_TYPE_MESSAGE && field->label != PROTOBUF_C_LABEL_REPEATED;
    uint64_t bit = UINT64_C(1) << (field->id & 63);
    uint64_t group = 0;
    if ((field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0) {
        group = UINT64_C(1) << (field->quantifier_offset / sizeof(int) & 63);
    }
    if ((message && (seen->messages & bit) != 0) || (seen->oneofs & group) != 0) {
        return false;
    }
    seen->messages |= message ? bit : 0;
    seen->oneofs |= group;
    return true;
}

static const struct place *place_of(const struct kind *kind, const ProtobufCFieldDescriptor *field)
{
    static const struct place nowhere = {PLACE_NONE, 0};
    return field->id < kind->place_count ? &kind->places[field->id] : &nowhere;
}

static enum reason take_number(struct scan *scan,
                               const struct kind *kind,
                               const ProtobufCFieldDescriptor *field,
                               struct cursor *cursor,
                               struct seen *seen)
{
    uint64_t value = 0;
    if (!take_varint(cursor, &value, &scan->canonical)) {
        return REASON_UNDECODABLE;
    }
    scan->canonical = scan->canonical && canonical_number(field, value);
    if (kind->timestamp) {
        seen->seconds = field->id == 1 ? (int64_t)value : seen->seconds;
        seen->nanos = field->id == 2 ? (int32_t)(uint32_t)value : seen->nanos;
    }
    place_number(scan, place_of(kind, field), field, value);
    return REASON_NONE;
}

static enum reason take_known(struct scan *scan,
                              const struct kind *kind,
                              const ProtobufCFieldDescriptor *field,
                              uint32_t wire_type,
                              struct cursor *cursor,
                              struct seen *seen)
{
    const struct place *place = place_of(kind, field);
    bool repeated = field->label == PROTOBUF_C_LABEL_REPEATED;
    if (!first_time(seen, field)) {
        return REASON_FIELD_TWICE;
    }
    if (seen->unknown || field->id < seen->last || (field->id == seen->last && !repeated)) {
        scan->canonical = false;
    }
    seen->last = field->id;
    bool delimited =
        field->type == PROTOBUF_C_TYPE_MESSAGE || field->type == PROTOBUF_C_TYPE_STRING;
    if (wire_type !=
        (delimited ? PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED : PROTOBUF_C_WIRE_TYPE_VARINT)) {
        return REASON_WIRE_TYPE;
    }
    if (!delimited) {
        return take_number(scan, kind, field, cursor, seen);
    }
    struct bytes data;
    if (!take_bytes(cursor, &data, &scan->canonical)) {
        return REASON_UNDECODABLE;
    }
    return field->type == PROTOBUF_C_TYPE_MESSAGE
               ? take_message(scan, kind->children[field->id], place, data)
               : take_text(scan, place, data);
}

static enum reason scan_message(struct scan *scan, const struct kind *kind, struct bytes data)
{
    struct cursor cursor = {data.data, data.data + data.size};
    struct seen seen = {0};
    while (cursor.at < cursor.end) {
        uint64_t tag = 0;
        if (!take_short_varint(&cursor, &tag, &scan->canonical) || tag > UINT32_MAX ||
            tag >> 3 == 0) {
            return REASON_UNDECODABLE;
        }
        const ProtobufCFieldDescriptor *field = find_field(kind->descriptor, (uint32_t)tag >> 3);
        enum reason reason = REASON_NONE;
        if (field == NULL) {
            seen.unknown = true;
            reason = skip_unknown(&cursor, tag & 7, &scan->canonical);
        } else {
            reason = take_known(scan, kind, field, tag & 7, &cursor, &seen);
        }
        if (reason != REASON_NONE) {
            return reason;
        }
    }
    if (kind->timestamp && !timestamp_fits(seen.seconds, seen.nanos)) {
        return REASON_TIMESTAMP_INVALID;
    }
    return REASON_NONE;
}

/* NOLINTEND(misc-no-recursion) */

enum reason wire_decode_application(struct bytes value, struct application *out, bool *canonical)
{
    memset(out, 0, offsetof(struct application, cost.other_ore)); /* the list is counted */
    struct scan scan = {.out = out, .canonical = true};
    enum reason reason = scan_message(&scan, &application_kind, value);
    *canonical = scan.canonical;
    return reason;
}
