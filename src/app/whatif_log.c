#include "whatif_log.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "mentor/app/request.h"
#include "mentor/base/endian_be.h"
#include "mentor/core/date.h"
#include "mentor/wire/wire.h"

#include "replay_outcomes.h"

enum {
    CHUNK_SIZE = 1024 * 1024,
};

struct whatif_log_chunk {
    struct whatif_log_chunk *before;
    size_t used;
    size_t size;
    uint8_t bytes[];
};

/* Applications are small, so one by one malloc would cost as much again. */
static const uint8_t *keep(struct whatif_log *log, struct bytes bytes)
{
    struct whatif_log_chunk *chunk = log->chunks;
    if (chunk == NULL || chunk->size - chunk->used < bytes.size) {
        size_t size = bytes.size > CHUNK_SIZE ? bytes.size : CHUNK_SIZE;
        chunk = malloc(sizeof(*chunk) + size);
        CHECK(chunk != NULL);
        *chunk = (struct whatif_log_chunk){.before = log->chunks, .size = size};
        log->chunks = chunk;
    }
    uint8_t *at = chunk->bytes + chunk->used;
    memcpy(at, bytes.data, bytes.size);
    chunk->used += bytes.size;
    return at;
}

static void key_of_place(int32_t partition, int64_t offset, uint8_t key[KEEPER_KEY_SIZE])
{
    put_be64(key, (uint64_t)(int64_t)partition);
    put_be64(key + sizeof(uint64_t), (uint64_t)offset);
}

static struct whatif_event *event_of(struct whatif_log *log, const uint8_t key[KEEPER_KEY_SIZE])
{
    struct keeper_row *row = keeper_row(&log->keys, key);
    if (row->seq == 0) {
        if (log->count == log->capacity) {
            log->capacity = log->capacity == 0 ? 1024 : 2 * log->capacity;
            struct whatif_event *larger =
                realloc(log->events, log->capacity * sizeof(*log->events));
            CHECK(larger != NULL);
            log->events = larger;
        }
        log->events[log->count++] = (struct whatif_event){.partition = -1};
        row->seq = (int64_t)log->count;
    }
    return &log->events[row->seq - 1];
}

bool whatif_log_wants(const struct whatif_log *log, int32_t partition, int64_t offset)
{
    uint8_t key[KEEPER_KEY_SIZE];
    key_of_place(partition, offset, key);
    return keeper_find(&log->keys, key) != NULL;
}

/* Both halves are there, or this one is the first: whether they are of one event. */
static void
pair(struct whatif_log *log, struct whatif_event *event, const uint8_t pair[KEEPER_KEY_SIZE])
{
    bool first = !event->has_application && !event->has_outcome;
    if (!first && memcmp(event->pair, pair, KEEPER_KEY_SIZE) != 0) {
        log->counts.contradicted += event->contradicted ? 0 : 1;
        event->contradicted = true;
    }
    memcpy(event->pair, pair, KEEPER_KEY_SIZE);
}

void whatif_log_application(struct whatif_log *log, const struct request *request, int64_t now_ms)
{
    const struct application *application = request->application;
    const struct envelope *envelope = &request->envelope;
    uint8_t of[KEEPER_KEY_SIZE];
    uint8_t key[KEEPER_KEY_SIZE];
    known_pair(application->application_id, envelope->id, of);
    memcpy(key, of, KEEPER_KEY_SIZE);
    if (log->by_place) {
        key_of_place(request->record->partition, request->record->offset, key);
    }
    struct whatif_event *event = event_of(log, key);
    if (event->has_application) {
        return;
    }
    pair(log, event, of);
    event->has_application = true;
    event->line = (int64_t)++log->applications;
    event->input = keep(log, request->record->value);
    event->input_size = (uint32_t)request->record->value.size;
    memcpy(event->application_id, application->id, UUID_SIZE);
    memcpy(event->own_ref, request->citizen_ref, CITIZEN_REF_SIZE);
    memcpy(event->event_key, request->event_key, EVENT_KEY_SIZE);
    memcpy(event->content, request->content, SHA256_SIZE);
    if (!event->has_outcome) {
        event->evaluated_at_ms = envelope->has_time ? envelope->time_ms : now_ms;
    }
}

/* The header's number; 0 when it is none. */
static int64_t number_of(const struct record *record)
{
    const struct header *header = record_header(record, "mentor-seq");
    int64_t number = 0;
    if (header == NULL || header->value.size > 18) {
        return 0;
    }
    for (size_t i = 0; i < header->value.size; i++) {
        uint8_t digit = header->value.data[i];
        if (digit < '0' || digit > '9') {
            return 0;
        }
        number = number * 10 + (digit - '0');
    }
    return number;
}

/* What a decision depends on and came to; false: it does not say. */
static bool read_outcome(const struct wire_provenance *from, struct whatif_event *event)
{
    struct bytes ref = from->citizen_ref;
    bool granted = from->outcome == OUTCOME_IS_APPROVED;
    event->outcome = (enum outcome)from->outcome;
    event->version = from->version;
    event->evaluated_at_ms = from->evaluated_at_ms;
    event->has_total = from->has_total;
    event->total_ore = from->has_total ? from->total_ore : 0;
    event->conflict = from->conflict;
    event->quarantined = from->quarantined;
    event->partition = from->source.topic.size > 0 ? from->source.partition : -1; /* of a file */
    event->offset = from->source.offset;
    if (from->rulebook_sha256.size != SHA256_SIZE || from->outcome < OUTCOME_IS_APPROVED ||
        from->outcome > OUTCOME_IS_REFERRED || ref.size != (size_t)2 * CITIZEN_REF_SIZE) {
        return false;
    }
    memcpy(event->rulebook, from->rulebook_sha256.data, SHA256_SIZE);
    return uuid_parse(from->application_id, event->application_id) &&
           hex_decode((const char *)ref.data, CITIZEN_REF_SIZE, event->citizen_ref) &&
           (!granted || (from->has_period && date_parse(from->start_date, &event->start) &&
                         date_parse(from->end_date, &event->end)));
}

void whatif_log_outcome(struct whatif_log *log, const struct record *record, struct arena *arena)
{
    struct wire_provenance from;
    struct whatif_event read = {.number = number_of(record)};
    uint8_t of[KEEPER_KEY_SIZE];
    uint8_t key[KEEPER_KEY_SIZE];
    if (!wire_decision_provenance(record->value, arena, &from) || !read_outcome(&from, &read)) {
        log->counts.unreadable++;
        return;
    }
    known_pair(from.application_id, from.source.event_id, of);
    memcpy(key, of, KEEPER_KEY_SIZE);
    if (log->by_place && bytes_equal(from.source.topic, log->topic)) {
        key_of_place(from.source.partition, from.source.offset, key);
    }
    known_digest(record, read.digest);
    struct whatif_event *event = event_of(log, key);
    pair(log, event, of);
    if (event->has_outcome) {
        bool same = memcmp(event->digest, read.digest, SHA256_SIZE) == 0;
        log->counts.contradicted += same || event->contradicted ? 0 : 1;
        event->contradicted = event->contradicted || !same;
        return;
    }
    read.has_outcome = true;
    read.contradicted = event->contradicted;
    memcpy(read.pair, of, KEEPER_KEY_SIZE);
    if (event->has_application) {
        read.has_application = true;
        read.input = event->input;
        read.input_size = event->input_size;
        read.line = event->line;
        memcpy(read.own_ref, event->own_ref, CITIZEN_REF_SIZE);
        memcpy(read.event_key, event->event_key, EVENT_KEY_SIZE);
        memcpy(read.content, event->content, SHA256_SIZE);
    }
    *event = read;
}

/* The lawyer's secret need not be the worker's: whoever has an outcome is known by it in all else.
 */
static void name_citizens(struct whatif_log *log)
{
    struct keeper refs = {0};
    for (size_t i = 0; i < log->count; i++) {
        const struct whatif_event *event = &log->events[i];
        if (event->has_application && event->has_outcome) {
            keeper_row_set(keeper_row(&refs, event->own_ref),
                           1,
                           bytes_of(event->citizen_ref, CITIZEN_REF_SIZE));
        }
    }
    for (size_t i = 0; i < log->count; i++) {
        struct whatif_event *event = &log->events[i];
        if (!event->has_outcome) {
            const struct keeper_row *row = keeper_find(&refs, event->own_ref);
            memcpy(event->citizen_ref, row == NULL ? event->own_ref : row->state, CITIZEN_REF_SIZE);
        }
    }
    keeper_release(&refs);
}

static int compare_events(const void *a_, const void *b_)
{
    const struct whatif_event *a = *(const struct whatif_event *const *)a_;
    const struct whatif_event *b = *(const struct whatif_event *const *)b_;
    int citizens = memcmp(a->citizen_ref, b->citizen_ref, CITIZEN_REF_SIZE);
    /* Without a number it comes last: 0 less 1 is the greatest. */
    uint64_t first = (uint64_t)a->number - 1;
    uint64_t second = (uint64_t)b->number - 1;
    return citizens != 0     ? citizens
           : first != second ? (first > second) - (first < second)
                             : (a->line > b->line) - (a->line < b->line);
}

static int compare_ids(const void *a, const void *b)
{
    return memcmp(a, b, UUID_SIZE);
}

static void find_repeated(struct whatif_log *log)
{
    uint8_t(*ids)[UUID_SIZE] = calloc(log->order_count + 1, sizeof(*ids));
    CHECK(ids != NULL);
    for (size_t i = 0; i < log->order_count; i++) {
        memcpy(ids[i], log->order[i]->application_id, UUID_SIZE);
    }
    qsort(ids, log->order_count, sizeof(*ids), compare_ids);
    for (size_t i = 1; i < log->order_count; i++) {
        if (memcmp(ids[i - 1], ids[i], UUID_SIZE) == 0) {
            (void)keeper_row(&log->repeated, ids[i]);
        }
    }
    free(ids);
}

void whatif_log_close(struct whatif_log *log)
{
    keeper_release(&log->keys);
    name_citizens(log);
    log->order = calloc(log->count + 1, sizeof(const struct whatif_event *));
    CHECK(log->order != NULL);
    for (size_t i = 0; i < log->count; i++) {
        if (log->events[i].has_outcome || (log->decide && log->rulebook != NULL)) {
            log->order[log->order_count++] = &log->events[i];
        } else {
            log->counts.undecided++;
        }
    }
    qsort(log->order, log->order_count, sizeof(const struct whatif_event *), compare_events);
    find_repeated(log);
}

void whatif_log_release(struct whatif_log *log)
{
    while (log->chunks != NULL) {
        struct whatif_log_chunk *chunk = log->chunks;
        log->chunks = chunk->before;
        free(chunk);
    }
    keeper_release(&log->keys);
    keeper_release(&log->repeated);
    free(log->events);
    free(log->order);
    *log = (struct whatif_log){0};
}
