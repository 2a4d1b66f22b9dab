#include "orphans.h"

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

bool orphans_end(struct worker *worker, struct err *left)
{
    struct worker_edges *edges = &worker->edges;
    struct store *store = &edges->store;
    const char *id = NULL;
    if (store->orphan == NULL || edges->fence == NULL) {
        return true;
    }
    int64_t until_us = worker->clock.mono_us(worker->clock.self) + ORPHANS_US;
    worker->orphaned = store->orphan(store->self, 0) != NULL;
    for (uint32_t i = 0; (id = store->orphan(store->self, i)) != NULL; i++) {
        struct err err = {0};
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
