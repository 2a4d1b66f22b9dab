#include "orphans.h"

#include <stdio.h>
#include <string.h>

#include "mentor/app/worker.h"
#include "mentor/base/log.h"

enum {
    ORPHANS_US = 5000000, /* then no further one is begun when one could not be ended */
};

/* A store that was not told names it again. */
static bool end(struct worker *worker, const char *id, struct err *err)
{
    struct worker_edges *edges = &worker->edges;
    struct store *store = &edges->store;
    return edges->fence(edges->self, id, err) &&
           store->orphan_ended(store->self, worker->positions, worker->slot_count, id, err);
}

static uint32_t count_of(const struct store *store)
{
    uint32_t count = 0;
    while (store->orphan(store->self, count) != NULL) {
        count++;
    }
    return count;
}

/* The one after that which was tried last, in order and round: what cannot be ended before another
 * is must not stand before it again and again. A life begins behind the store's first. */
static const char *next(struct worker *worker)
{
    const struct store *store = &worker->edges.store;
    const char *tried =
        worker->orphan_tried[0] != '\0' ? worker->orphan_tried : store->orphan(store->self, 0);
    const char *after = NULL;
    const char *least = NULL;
    const char *id = NULL;
    for (uint32_t i = 0; (id = store->orphan(store->self, i)) != NULL; i++) {
        least = least == NULL || strcmp(id, least) < 0 ? id : least;
        if (strcmp(id, tried) > 0 && (after == NULL || strcmp(id, after) < 0)) {
            after = id;
        }
    }
    id = after != NULL ? after : least;
    (void)snprintf(worker->orphan_tried, sizeof(worker->orphan_tried), "%s", id);
    return id;
}

bool orphans_end(struct worker *worker, struct err *left)
{
    struct worker_edges *edges = &worker->edges;
    struct store *store = &edges->store;
    if (store->orphan == NULL || edges->fence == NULL) {
        return true;
    }
    uint32_t count = count_of(store);
    int64_t until_us = worker->clock.mono_us(worker->clock.self) + ORPHANS_US;
    worker->orphaned = count > 0;
    for (uint32_t i = 0; i < count; i++) {
        struct err err = {0};
        const char *id = next(worker);
        if (end(worker, id, &err)) {
            LOG(LOG_LEVEL_INFO, "orphan.ended", LOG_TEXT("id", id));
            continue;
        }
        LOG(LOG_LEVEL_WARN, "orphan.left", LOG_TEXT("id", id), LOG_TEXT("why", err.text));
        if (err.kind == ERR_FENCED) {
            worker->err = err;
            return false;
        }
        *left = err;
        /* Perhaps for what the next one has left; but a broker that is away is not waited for. */
        if (worker->clock.mono_us(worker->clock.self) > until_us) {
            break;
        }
    }
    return true;
}
