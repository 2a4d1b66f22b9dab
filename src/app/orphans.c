#include "orphans.h"

#include "mentor/app/worker.h"
#include "mentor/base/log.h"

void orphans_end(struct worker *worker)
{
    struct worker_edges *edges = &worker->edges;
    struct store *store = &edges->store;
    const char *id = NULL;
    if (store->orphan == NULL || edges->fence == NULL) {
        return;
    }
    for (uint32_t i = 0; (id = store->orphan(store->self, i)) != NULL; i++) {
        struct err err;
        if (!edges->fence(edges->self, id, &err)) {
            LOG(LOG_LEVEL_WARN, "orphan.left", LOG_TEXT("id", id), LOG_TEXT("why", err.text));
            return; /* the next one would wait for the same broker */
        }
        LOG(LOG_LEVEL_INFO, "orphan.ended", LOG_TEXT("id", id));
    }
}
