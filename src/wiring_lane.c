#include "wiring_lane.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "mentor/app/options.h"
#include "mentor/base/err.h"

/* Once for all lanes: the others wait for the first one's answer. */
static bool probe_once(const struct kafka_settings *kafka, struct err *err)
{
    static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    static bool passed;
    (void)pthread_mutex_lock(&mutex);
    passed = passed || kafka_probe(kafka, err);
    bool done = passed;
    (void)pthread_mutex_unlock(&mutex);
    return done;
}

static bool ask_facts(
    void *self, uint32_t wait_ms, const char **cluster, int32_t *partition_count, struct err *err)
{
    struct wiring_lane *lane = self;
    if (!kafka_check(&lane->kafka, wait_ms, &lane->facts, err) ||
        (lane->transactor != NULL && !probe_once(&lane->kafka, err))) {
        return false;
    }
    *cluster = lane->facts.cluster;
    *partition_count = lane->facts.partition_count;
    return true;
}

static bool
ask_ends(void *self, uint32_t wait_ms, const int64_t **ends, int32_t *count, struct err *err)
{
    struct wiring_lane *lane = self;
    free(lane->ends);
    lane->ends = NULL;
    bool done = kafka_ends(&lane->kafka, wait_ms, &lane->ends, count, err);
    *ends = lane->ends;
    return done;
}

static bool fence(void *self, const char *transactional_id, struct err *err)
{
    const struct wiring_lane *lane = self;
    return kafka_fence(lane->consumer, transactional_id, err);
}

static bool ask_demo(void *self, bool *demo, struct err *err)
{
    struct wiring_lane *lane = self;
    return pg_store_demo(lane->store, demo, err);
}

static bool open_sink(struct wiring_lane *lane, struct sink *sink, struct err *err)
{
    if (lane->pg.transactional_id == NULL) {
        lane->producer = producer_open(&lane->kafka, err);
        *sink = lane->producer == NULL ? (struct sink){0} : producer_sink(lane->producer);
        return lane->producer != NULL;
    }
    lane->transactor = transactor_open(&lane->kafka, lane->transactional_id, lane->consumer, err);
    *sink = lane->transactor == NULL ? (struct sink){0} : transactor_sink(lane->transactor);
    return lane->transactor != NULL;
}

bool wiring_lane_open(struct wiring_lane *lane,
                      const struct options *options,
                      const struct pg_rulebook *rulebook,
                      struct worker_edges *worker,
                      struct err *err)
{
    if (lane->kafka.lane > 0) {
        (void)snprintf(lane->owner, sizeof(lane->owner), "%s/%u", lane->pg.owner, lane->kafka.lane);
        lane->pg.owner = lane->owner;
    }
    if (strcmp(options->values[OPTION_EMIT], "transactional") == 0) {
        kafka_transactional_id(&lane->kafka, lane->pg.life, lane->transactional_id);
        lane->pg.transactional_id = lane->transactional_id;
    }
    lane->store = pg_store_open(&lane->pg,
                                options->values[OPTION_TOPIC_APPLICATIONS],
                                options->values[OPTION_GROUP],
                                rulebook,
                                err);
    lane->consumer = lane->store == NULL ? NULL : consumer_open(&lane->kafka, err);
    if (lane->consumer == NULL || !open_sink(lane, &worker->sink, err)) {
        return false;
    }
    *worker = (struct worker_edges){
        .source = consumer_source(lane->consumer),
        .store = pg_store_port(lane->store),
        .sink = worker->sink,
        .facts = ask_facts,
        .ends = ask_ends,
        .demo = ask_demo,
        .fence = fence,
        .self = lane,
    };
    return true;
}

void wiring_lane_close(struct wiring_lane *lane)
{
    transactor_close(&lane->transactor);
    consumer_close(&lane->consumer);
    producer_close(&lane->producer);
    pg_store_close(&lane->store);
    free(lane->ends);
    *lane = (struct wiring_lane){0};
}
