#include "mentor/app/outcome.h"

#include <inttypes.h>
#include <stdio.h>

#include "mentor/base/arena.h"
#include "mentor/wire/cloudevent.h"
#include "mentor/wire/rfc3339.h"
#include "mentor/wire/wire.h"

enum {
    ADDED_MAX = 16, /* headers that we add */
    MESSAGE_MAX = 512,
    DECODED_LEAST =
        16384, /* what a Decision takes when it is decoded, with so many times its size */
    DECODED_TIMES = 16,
};

const char *outcome_type(enum outcome outcome)
{
    switch (outcome) {
    case OUTCOME_IS_APPROVED:
        return CLOUDEVENT_APPROVED;
    case OUTCOME_IS_REJECTED:
        return CLOUDEVENT_REJECTED;
    case OUTCOME_IS_REFERRED:
        return CLOUDEVENT_REFERRED;
    case OUTCOME_NONE:
        break;
    }
    UNREACHABLE("an outcome without a type");
}

/* Headers in the making; texts that are no literals are copied to the arena. */
struct headers {
    struct arena *arena;
    struct header *items;
    uint32_t count;
    bool full;
};

static void add(struct headers *headers, const char *name, struct bytes value)
{
    headers->items[headers->count++] = (struct header){bytes_text(name), value};
}

static void add_copy(struct headers *headers, const char *name, const char *text, size_t size)
{
    struct bytes copy = {0};
    headers->full = headers->full || !bytes_copy(headers->arena, bytes_of(text, size), &copy);
    add(headers, name, copy);
}

static void add_number(struct headers *headers, const char *name, int64_t number)
{
    char text[24];
    int size = snprintf(text, sizeof(text), "%" PRId64, number);
    add_copy(headers, name, text, (size_t)size);
}

static void add_uuid(struct headers *headers, const char *name, const uint8_t uuid[UUID_SIZE])
{
    char text[UUID_TEXT_SIZE];
    uuid_format(uuid, text);
    add_copy(headers, name, text, sizeof(text));
}

/* gRPC's: everything outside printable ASCII, and %, as %XX. */
static void add_message(struct headers *headers, const char *message)
{
    char text[MESSAGE_MAX];
    size_t size = 0;
    for (; *message != '\0' && size + 3 <= sizeof(text); message++) {
        uint8_t byte = (uint8_t)*message;
        if (byte >= ' ' && byte <= '~' && byte != '%') {
            text[size++] = (char)byte;
        } else {
            text[size++] = '%';
            text[size++] = "0123456789ABCDEF"[byte >> 4];
            text[size++] = "0123456789ABCDEF"[byte & 15];
        }
    }
    add_copy(headers, "grpc-message", text, size);
}

static void add_time(struct headers *headers, int64_t ms)
{
    char text[RFC3339_SIZE];
    add_copy(headers, "ce_time", text, rfc3339_format(rfc3339_of_ms(ms), text));
}

static bool
decision_record(const struct stored_output *output, struct headers *headers, struct record *record)
{
    char ref[2 * CITIZEN_REF_SIZE];
    struct bytes application_id;
    if (output->damaged != NULL || output->outcome < OUTCOME_IS_APPROVED ||
        output->outcome > OUTCOME_IS_REFERRED ||
        !wire_decision_application_id(output->output, &application_id)) {
        return false;
    }
    hex_encode(output->citizen_ref, CITIZEN_REF_SIZE, ref);
    struct header *traces = NULL;
    uint32_t trace_count = 0;
    if (!bytes_copy(headers->arena, bytes_of(ref, sizeof(ref)), &record->key) ||
        (output->trace.size > 0 &&
         !headers_unpack(output->trace, headers->arena, &traces, &trace_count))) {
        return false;
    }
    headers->items = arena_alloc(headers->arena, (ADDED_MAX + trace_count) * sizeof(struct header));
    if (headers->items == NULL) {
        return false;
    }
    add(headers, "ce_specversion", bytes_text("1.0"));
    add_uuid(headers, "ce_id", output->decision_id);
    add(headers, "ce_source", bytes_text("mentord"));
    add(headers, "ce_type", bytes_text(outcome_type(output->outcome)));
    add(headers, "ce_subject", application_id);
    add_time(headers, output->evaluated_at_ms);
    add(headers, "content-type", bytes_text("application/protobuf"));
    for (uint32_t i = 0; i < trace_count; i++) {
        headers->items[headers->count++] = traces[i];
    }
    add_number(headers, "mentor-seq", output->citizen_seq);
    if (output->late_ms >= 0) {
        add_number(headers, "mentor-late-ms", output->late_ms);
    }
    add(headers, "grpc-status", bytes_text("0"));
    add(headers, "grpc-message", bytes_text(""));
    record->has_key = true;
    record->has_value = true;
    record->value = output->output;
    return true;
}

/* Ours to say; what came under these names was an earlier round's. */
static bool is_ours(struct bytes name)
{
    static const char *const ours[] = {"grpc-status",
                                       "grpc-message",
                                       "mentor-reason",
                                       "mentor-topic",
                                       "mentor-partition",
                                       "mentor-offset",
                                       "mentor-redrives"};
    for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++) {
        if (bytes_is(name, ours[i])) {
            return true;
        }
    }
    return false;
}

static bool dlq_record(const struct stored_output *output,
                       const struct outcome_source *source,
                       struct headers *headers,
                       struct record *record)
{
    struct header *came = NULL;
    uint32_t count = 0;
    if (!headers_unpack(output->headers, headers->arena, &came, &count)) {
        return false;
    }
    headers->items = arena_alloc(headers->arena, (ADDED_MAX + count) * sizeof(struct header));
    if (headers->items == NULL) {
        return false;
    }
    for (uint32_t i = 0; i < count; i++) {
        if (!is_ours(came[i].name)) {
            headers->items[headers->count++] = came[i];
        }
    }
    add_number(headers, "grpc-status", reason_status(output->reason));
    add_message(headers, reason_text(output->reason));
    add(headers, "mentor-reason", bytes_text(reason_id(output->reason)));
    add(headers, "mentor-topic", source->topic);
    add_number(headers, "mentor-partition", source->partition);
    add_number(headers, "mentor-offset", output->offset);
    add_number(headers, "mentor-redrives", output->redrives);
    record->has_key = output->has_key;
    record->key = output->key;
    record->has_value = output->has_value;
    record->value = output->value;
    return true;
}

bool outcome_record(const struct stored_output *output,
                    const struct outcome_source *source,
                    struct arena *arena,
                    struct record *record)
{
    struct headers headers = {.arena = arena};
    *record = (struct record){.partition = source->partition, .offset = output->offset};
    bool done = output->dlq ? dlq_record(output, source, &headers, record)
                            : decision_record(output, &headers, record);
    record->headers = headers.items;
    record->header_count = headers.count;
    return done && !headers.full;
}

struct stored_output outcome_of_decision(const struct batch_decision *decision, int64_t offset)
{
    struct stored_output output = {
        .offset = offset,
        .citizen_seq = decision->citizen_seq,
        .outcome = decision->outcome,
        .evaluated_at_ms = decision->evaluated_at_ms,
        .late_ms = decision->late_ms,
        .trace = decision->trace,
        .output = decision->output,
    };
    memcpy(output.decision_id, decision->decision_id, UUID_SIZE);
    memcpy(output.citizen_ref, decision->citizen_ref, CITIZEN_REF_SIZE);
    return output;
}

struct stored_output outcome_of_quarantine(const struct batch_quarantine *quarantine,
                                           const struct batch_entry *entry)
{
    return (struct stored_output){
        .offset = entry->offset,
        .dlq = true,
        .reason = entry->reason,
        .redrives = quarantine->redrives,
        .has_key = entry->record->has_key,
        .key = entry->record->key,
        .has_value = entry->record->has_value,
        .value = entry->record->value,
        .headers = quarantine->headers,
    };
}

/* A refused record says so by its headers. */
static bool origin_of_refusal(const struct record *output,
                              const char *topic,
                              int32_t *partition,
                              int64_t *offset)
{
    int64_t number = 0;
    const struct header *named = record_header(output, "mentor-topic");
    bool done = named != NULL && bytes_is(named->value, topic) &&
                record_number(output, "mentor-partition", &number) &&
                record_number(output, "mentor-offset", offset);
    *partition = (int32_t)number;
    return done;
}

bool outcome_origin(const struct record *output,
                    const char *topic,
                    int32_t *partition,
                    int64_t *offset)
{
    struct arena arena;
    struct wire_source source;
    if (record_header(output, "mentor-topic") != NULL) {
        return origin_of_refusal(output, topic, partition, offset);
    }
    if (!output->has_value || output->value.size == 0) {
        return false; /* an undo's (src/kafka/undo.c) */
    }
    CHECK(arena_init(&arena, DECODED_LEAST + output->value.size * DECODED_TIMES));
    bool done =
        wire_decision_source(output->value, &arena, &source) && bytes_is(source.topic, topic);
    *partition = source.partition;
    *offset = source.offset;
    arena_release(&arena);
    return done;
}
