#include "replay_feed.h"

#include <stdlib.h>
#include <string.h>

#include "mentor/base/err.h"

#include "topic_next.h"

enum {
    BROKER_WAIT_MS = 10000,
};

/* A record with all it borrows behind it. */
struct feed_record {
    struct feed_record *next;
    size_t size; /* of the whole */
    struct record record;
    struct header headers[];
};

static struct bytes put(uint8_t **at, struct bytes from)
{
    if (from.data == NULL) {
        return from;
    }
    struct bytes copy = bytes_of(*at, from.size);
    memcpy(*at, from.data, from.size);
    *at += from.size;
    return copy;
}

static struct feed_record *copy_of(const struct record *record)
{
    size_t size = sizeof(struct feed_record) + record->header_count * sizeof(struct header);
    size_t texts = record->key.size + record->value.size;
    for (uint32_t i = 0; i < record->header_count; i++) {
        texts += record->headers[i].name.size + record->headers[i].value.size;
    }
    struct feed_record *copy = malloc(size + texts);
    CHECK(copy != NULL);
    uint8_t *at = (uint8_t *)copy + size;
    *copy = (struct feed_record){.size = size + texts, .record = *record};
    copy->record.key = put(&at, record->key);
    copy->record.value = put(&at, record->value);
    copy->record.headers = copy->headers;
    for (uint32_t i = 0; i < record->header_count; i++) {
        copy->headers[i].name = put(&at, record->headers[i].name);
        copy->headers[i].value = put(&at, record->headers[i].value);
    }
    return copy;
}

static struct feed_record *take_first(struct feed *feed, struct feed_partition *from)
{
    struct feed_record *first = from->first;
    from->first = first->next;
    from->last = from->first == NULL ? NULL : from->last;
    feed->waiting -= first->size;
    return first;
}

struct feed_partition *feed_partition_of(struct feed *feed, int32_t partition)
{
    for (uint32_t i = 0; i < feed->count; i++) {
        if (feed->partitions[i].partition == partition) {
            return &feed->partitions[i];
        }
    }
    return NULL;
}

bool feed_open(struct feed *feed,
               const struct topic_reader *reader,
               const char *topic,
               size_t limit,
               struct err *err)
{
    const struct topic_bounds *bounds = NULL;
    uint32_t count = 0;
    *feed = (struct feed){.reader = *reader, .topic = topic, .limit = limit};
    if (!reader->bounds(reader->self, BROKER_WAIT_MS, &bounds, &count, err)) {
        return false;
    }
    feed->partitions = calloc((size_t)count + 1, sizeof(*feed->partitions));
    CHECK(feed->partitions != NULL);
    feed->count = count;
    for (uint32_t i = 0; i < count; i++) {
        feed->partitions[i] = (struct feed_partition){.partition = bounds[i].partition,
                                                      .low = bounds[i].low,
                                                      .high = bounds[i].high,
                                                      .next = bounds[i].low};
    }
    return true;
}

static void drop_waiting(struct feed *feed)
{
    for (uint32_t i = 0; i < feed->count; i++) {
        while (feed->partitions[i].first != NULL) {
            free(take_first(feed, &feed->partitions[i]));
        }
    }
}

void feed_release(struct feed *feed)
{
    drop_waiting(feed);
    free(feed->lent);
    free(feed->partitions);
    *feed = (struct feed){0};
}

/* Reads from where each goes on; all of them, or that one alone. */
static bool start(struct feed *feed, const struct feed_partition *alone, struct err *err)
{
    int64_t *offsets = calloc((size_t)feed->count + 1, sizeof(*offsets));
    CHECK(offsets != NULL);
    drop_waiting(feed);
    for (uint32_t i = 0; i < feed->count; i++) {
        struct feed_partition *partition = &feed->partitions[i];
        partition->on = (alone == NULL || alone == partition) && partition->next < partition->high;
        offsets[i] = partition->on ? partition->next : -1;
    }
    bool done = feed->reader.start(feed->reader.self, offsets, err);
    free(offsets);
    return done;
}

/* False: it is of no partition that is read, or was taken before. */
static bool put_by(struct feed *feed, const struct record *record)
{
    struct feed_partition *from = feed_partition_of(feed, record->partition);
    int64_t expected = from == NULL || from->last == NULL ? 0 : from->last->record.offset + 1;
    if (from == NULL || record->offset < from->next || record->offset < expected) {
        return false;
    }
    struct feed_record *copy = copy_of(record);
    *(from->last == NULL ? &from->first : &from->last->next) = copy;
    from->last = copy;
    feed->waiting += copy->size;
    return true;
}

/* One more record into its queue. *ended: there are no more. */
static bool pull(struct feed *feed, bool *ended, struct err *err)
{
    struct record record;
    int got = 0;
    do {
        got = topic_next(&feed->reader, feed->topic, &record, err);
    } while (got > 0 && !put_by(feed, &record));
    *ended = got == 0;
    return got >= 0;
}

int feed_record(struct feed *feed,
                struct feed_partition *from,
                int64_t offset,
                const struct record **record,
                struct err *err)
{
    bool ended = false;
    if (offset < from->next || offset >= from->high) {
        return 0;
    }
    while (from->first == NULL || from->first->record.offset < offset) {
        if (from->first != NULL) {
            from->passed++;
            free(take_first(feed, from));
            continue;
        }
        if (ended) {
            return 0;
        }
        bool over = feed->waiting > feed->limit;
        if ((!from->on || over) && !start(feed, over ? from : NULL, err)) {
            return -1;
        }
        if (!pull(feed, &ended, err)) {
            return -1;
        }
    }
    if (from->first->record.offset > offset) {
        return 0;
    }
    from->next = offset + 1;
    free(feed->lent);
    feed->lent = take_first(feed, from);
    *record = &feed->lent->record;
    return 1;
}
