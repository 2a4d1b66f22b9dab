#include "topic_all.h"

#include <stdlib.h>
#include <string.h>

#include "mentor/app/command.h"

#include "topic_next.h"

enum {
    BROKER_WAIT_MS = 10000,
};

bool topic_all_open(struct topic_all *topic,
                    const struct context *context,
                    const char *name,
                    struct err *err)
{
    const struct topic_bounds *bounds = NULL;
    *topic = (struct topic_all){.name = name};
    if (!context->edges.reader(context->edges.self, &context->options, name, &topic->reader, err) ||
        !topic->reader.bounds(topic->reader.self, BROKER_WAIT_MS, &bounds, &topic->count, err)) {
        return false;
    }
    topic->bounds = calloc((size_t)topic->count + 1, sizeof(*topic->bounds));
    CHECK(topic->bounds != NULL);
    memcpy(topic->bounds, bounds, topic->count * sizeof(*bounds));
    return true;
}

static bool start(struct topic_all *topic, struct err *err)
{
    int64_t *from = calloc((size_t)topic->count + 1, sizeof(*from));
    CHECK(from != NULL);
    for (uint32_t i = 0; i < topic->count; i++) {
        const struct topic_bounds *bounds = &topic->bounds[i];
        from[i] = bounds->low < bounds->high ? bounds->low : -1;
    }
    bool done = topic->reader.start(topic->reader.self, from, err);
    free(from);
    return done;
}

/* What has come since it was opened is left aside. */
static bool before_end(const struct topic_all *topic, const struct record *record)
{
    for (uint32_t i = 0; i < topic->count; i++) {
        if (topic->bounds[i].partition == record->partition) {
            return record->offset < topic->bounds[i].high;
        }
    }
    return false;
}

bool topic_all_read(struct topic_all *topic,
                    void (*look)(void *self, const struct record *record),
                    void *self,
                    struct err *err)
{
    struct record record;
    int got = start(topic, err) ? 1 : -1;
    while (got > 0 && (got = topic_next(&topic->reader, topic->name, &record, err)) > 0) {
        if (before_end(topic, &record)) {
            look(self, &record);
        }
    }
    return got == 0;
}

void topic_all_release(struct topic_all *topic)
{
    free(topic->bounds);
    topic->bounds = NULL;
}

uint32_t topic_all_cut(const struct topic_all *topic)
{
    uint32_t cut = 0;
    for (uint32_t i = 0; i < topic->count; i++) {
        cut += topic->bounds[i].low > 0 ? 1 : 0;
    }
    return cut;
}
