#include "held.h"

#include <stdlib.h>

#include "mentor/base/check.h"

enum {
    CHUNK_HEADERS = 4096,
};

struct header_chunk {
    struct header_chunk *next;
    size_t used;
    size_t capacity;
    struct header headers[];
};

/* Arrays never move, so chunks are chained; the arrays of a batch fit into a few. */
static struct header *headers_take(struct held *held, size_t count)
{
    struct header_chunk **link = held->current == NULL ? &held->chunks : &held->current;
    while (*link != NULL && (*link)->capacity - (*link)->used < count) {
        link = &(*link)->next;
    }
    struct header_chunk *chunk = *link;
    if (chunk == NULL) {
        size_t capacity = count > CHUNK_HEADERS ? count : CHUNK_HEADERS;
        chunk = malloc(sizeof(*chunk) + capacity * sizeof(struct header));
        CHECK(chunk != NULL);
        chunk->next = NULL;
        chunk->used = 0;
        chunk->capacity = capacity;
        *link = chunk;
    }
    held->current = chunk;
    struct header *headers = chunk->headers + chunk->used;
    chunk->used += count;
    return headers;
}

static void
headers_fill(struct held *held, const rd_kafka_message_t *message, struct record *record)
{
    rd_kafka_headers_t *from = NULL;
    if (rd_kafka_message_headers(message, &from) != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return;
    }
    size_t count = rd_kafka_header_cnt(from);
    struct header *headers = headers_take(held, count);
    for (size_t i = 0; i < count; i++) {
        const char *name = NULL;
        const void *value = NULL;
        size_t size = 0;
        rd_kafka_resp_err_t code = rd_kafka_header_get_all(from, i, &name, &value, &size);
        CHECK(code == RD_KAFKA_RESP_ERR_NO_ERROR);
        headers[i].name = bytes_text(name);
        headers[i].value = bytes_of(value, size);
    }
    record->headers = headers;
    record->header_count = (uint32_t)count;
}

void held_add(struct held *held, rd_kafka_message_t *message, struct record *record)
{
    if (held->count == held->capacity) {
        held->capacity = held->capacity == 0 ? 1024 : held->capacity * 2;
        held->messages = realloc(held->messages, held->capacity * sizeof(rd_kafka_message_t *));
        CHECK(held->messages != NULL);
    }
    held->messages[held->count++] = message;
    rd_kafka_timestamp_type_t type = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
    *record = (struct record){
        .partition = message->partition,
        .offset = message->offset,
        .timestamp_ms = rd_kafka_message_timestamp(message, &type),
        .has_key = message->key != NULL,
        .key = bytes_of(message->key, message->key_len),
        .has_value = message->payload != NULL,
        .value = bytes_of(message->payload, message->len),
    };
    headers_fill(held, message, record);
}

void held_clear(struct held *held)
{
    for (uint32_t i = 0; i < held->count; i++) {
        rd_kafka_message_destroy(held->messages[i]);
    }
    held->count = 0;
    for (struct header_chunk *chunk = held->chunks; chunk != NULL; chunk = chunk->next) {
        chunk->used = 0;
    }
    held->current = NULL;
}

void held_release(struct held *held)
{
    held_clear(held);
    while (held->chunks != NULL) {
        struct header_chunk *chunk = held->chunks;
        held->chunks = chunk->next;
        free(chunk);
    }
    free(held->messages);
    *held = (struct held){.messages = NULL};
}
