#include "headers.h"

#include <string.h>

#include "mentor/app/envelope.h"
#include "mentor/base/check.h"

#define NAME(text)                                                                                 \
    {                                                                                              \
        (const uint8_t *)(text), sizeof(text) - 1                                                  \
    }
static const struct bytes known_names[KNOWN_COUNT] = {
    [KNOWN_SPECVERSION] = NAME("ce_specversion"),
    [KNOWN_ID] = NAME("ce_id"),
    [KNOWN_SOURCE] = NAME("ce_source"),
    [KNOWN_TYPE] = NAME("ce_type"),
    [KNOWN_SUBJECT] = NAME("ce_subject"),
    [KNOWN_TIME] = NAME("ce_time"),
    [KNOWN_TIMEOUT] = NAME("grpc-timeout"),
    [KNOWN_METHOD] = NAME("grpc-method"),
    [KNOWN_TRACEPARENT] = NAME("traceparent"),
    [KNOWN_TRACESTATE] = NAME("tracestate"),
    [KNOWN_REDRIVES] = NAME("mentor-redrives"),
    [KNOWN_REDRIVE_OF] = NAME("mentor-redrive-of"),
};

void headers_find(const struct record *record, struct known_headers *found)
{
    *found = (struct known_headers){0};
    for (uint32_t i = 0; i < record->header_count; i++) {
        for (int known = 0; known < KNOWN_COUNT; known++) {
            if (found->headers[known] == NULL &&
                bytes_equal(record->headers[i].name, known_names[known])) {
                found->headers[known] = &record->headers[i];
                break;
            }
        }
    }
}

bool headers_fit(const struct record *record)
{
    size_t size = 0;
    for (uint32_t i = 0; i < record->header_count && i < HEADERS_MAX; i++) {
        size += record->headers[i].name.size + record->headers[i].value.size;
    }
    return record->header_count <= HEADERS_MAX && size <= HEADERS_BYTES_MAX;
}

static bool begins(struct bytes text, const char *prefix, size_t size)
{
    return text.size >= size && memcmp(text.data, prefix, size) == 0;
}

/* Each pair is compared: HEADERS_MAX bounds that to some milliseconds. */
bool headers_twice(const struct record *record)
{
    CHECK(record->header_count <= HEADERS_MAX);
    for (uint32_t i = 1; i < record->header_count; i++) {
        struct bytes name = record->headers[i].name;
        if (!begins(name, "ce_", 3) && !begins(name, "grpc-", 5)) {
            continue;
        }
        for (uint32_t j = 0; j < i; j++) {
            if (bytes_equal(name, record->headers[j].name)) {
                return true;
            }
        }
    }
    return false;
}

uint32_t headers_kept(const struct record *record, struct header *kept)
{
    struct known_headers found;
    uint32_t count = 0;
    headers_find(record, &found);
    for (int known = 0; known < KNOWN_COUNT; known++) {
        const struct header *header = found.headers[known];
        if (header != NULL && header->value.size <= ENVELOPE_HEADER_MAX) {
            kept[count++] = *header;
        }
    }
    return count;
}
