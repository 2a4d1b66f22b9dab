#include "held.h"

#include <stdlib.h>
#include <string.h>

#include "mentor/base/check.h"

enum {
    CHUNK_HEADERS = 4096,
};

struct header_chunk {
    struct header_chunk *next;
    uint32_t live; /* records whose headers are here; at 0 it is empty again */
    size_t used;
    size_t capacity;
    struct header headers[];
};

static bool chunk_takes(struct header_chunk *chunk, size_t count)
{
    if (chunk->live == 0) {
        chunk->used = 0;
    }
    return chunk->capacity - chunk->used >= count;
}

/* Arrays never move, so chunks are chained; the arrays of two batches fit into a few. */
static struct header_chunk *chunk_for(struct held *held, size_t count)
{
    if (held->current != NULL && chunk_takes(held->current, count)) {
        return held->current;
    }
    struct header_chunk *chunk = held->chunks;
    while (chunk != NULL && (chunk->live > 0 || !chunk_takes(chunk, count))) {
        chunk = chunk->next;
    }
    if (chunk == NULL) {
        size_t capacity = count > CHUNK_HEADERS ? count : CHUNK_HEADERS;
        chunk = malloc(sizeof(*chunk) + capacity * sizeof(struct header));
        CHECK(chunk != NULL);
        *chunk = (struct header_chunk){.next = held->chunks, .capacity = capacity};
        held->chunks = chunk;
    }
    held->current = chunk;
    return chunk;
}

/* Returns where they are kept; NULL when there are none. */
static struct header_chunk *
headers_fill(struct held *held, const rd_kafka_message_t *message, struct record *record)
{
    rd_kafka_headers_t *from = NULL;
    if (rd_kafka_message_headers(message, &from) != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return NULL;
    }
    size_t count = rd_kafka_header_cnt(from);
    struct header_chunk *chunk = chunk_for(held, count);
    struct header *headers = chunk->headers + chunk->used;
    chunk->used += count;
    chunk->live++;
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
    return chunk;
}

void held_add(struct held *held, rd_kafka_message_t *message, struct record *record)
{
    if (held->count == held->capacity) {
        held->capacity = held->capacity == 0 ? 1024 : held->capacity * 2;
        held->messages = realloc(held->messages, held->capacity * sizeof(*held->messages));
        CHECK(held->messages != NULL);
    }
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
    held->messages[held->count++] =
        (struct held_message){message, headers_fill(held, message, record)};
}

void held_drop(struct held *held, uint32_t count)
{
    count = count < held->count ? count : held->count;
    for (uint32_t i = 0; i < count; i++) {
        rd_kafka_message_destroy(held->messages[i].message);
        if (held->messages[i].chunk != NULL) {
            held->messages[i].chunk->live--;
        }
    }
    held->count -= count;
    if (held->count > 0) {
        memmove(held->messages, held->messages + count, held->count * sizeof(*held->messages));
    }
}

void held_release(struct held *held)
{
    held_drop(held, UINT32_MAX);
    while (held->chunks != NULL) {
        struct header_chunk *chunk = held->chunks;
        held->chunks = chunk->next;
        free(chunk);
    }
    free(held->messages);
    *held = (struct held){.messages = NULL};
}
