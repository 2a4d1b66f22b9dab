#include "growth.h"

#include "mentor/app/worker.h"
#include "mentor/base/log.h"

#include "steps.h"

enum {
    LOOK_US = 1000000,         /* between two looks while the topic grows */
    LOOK_SELDOM_US = 10000000, /* and while it does not, for the others' word */
    ENDS_WAIT_MS = 5000,
};

static bool ask(struct worker *worker, const int64_t *ends, int32_t count)
{
    struct store *store = &worker->edges.store;
    return store->growth(store->self, ends, count, &worker->growth, &worker->err);
}

static void log_growing(int32_t from, int32_t to)
{
    bool multiple = to % from == 0;
    LOG(multiple ? LOG_LEVEL_INFO : LOG_LEVEL_WARN,
        "topic.growing",
        LOG_NUMBER("from", from),
        LOG_NUMBER("to", to),
        LOG_TEXT("then",
                 multiple
                     ? "the new partitions wait until the old ones have passed their ends as of now"
                     : "no multiple: some citizens move between old partitions, and what is told "
                       "of those may be out of order; double the count instead"));
}

/* What was assigned shows partitions that the store does not know. */
static bool note(struct worker *worker, int32_t highest)
{
    const int64_t *ends = NULL;
    int32_t count = 0;
    if (!worker->edges.ends(worker->edges.self, ENDS_WAIT_MS, &ends, &count, &worker->err)) {
        return false;
    }
    if (count <= highest) {
        return err_set(&worker->err,
                       ERR_RETRY,
                       "partition %d is assigned, but the broker that was asked knows only %d yet",
                       highest,
                       count);
    }
    log_growing(worker->growth.to, count);
    return ask(worker, ends, count);
}

static bool refresh(struct worker *worker)
{
    struct growth before = worker->growth;
    const struct growth *growth = &worker->growth;
    int32_t highest =
        worker->slot_count == 0 ? -1 : worker->positions[worker->slot_count - 1].partition;
    if (!ask(worker, NULL, 0)) {
        return false;
    }
    if (growth->to > growth->from && growth->to != before.to) {
        log_growing(growth->from, growth->to); /* another worker's word */
    }
    if (growth->to == growth->from && highest >= growth->to && !note(worker, highest)) {
        return false;
    }
    if (before.from > 0 && growth->from > before.from) {
        LOG(LOG_LEVEL_INFO, "topic.grown", LOG_NUMBER("partitions", growth->from));
    }
    for (uint32_t i = 0; i < worker->slot_count; i++) {
        int32_t partition = worker->positions[i].partition;
        bool old = partition < growth->from && growth->old_end != NULL;
        worker->slots[i].old_end = old ? growth->old_end[partition] : 0;
    }
    worker->growth.old_end = NULL; /* borrowed no longer */
    if (growth->to > worker->partition_count) {
        worker->partition_count = growth->to;
    }
    return true;
}

static uint32_t waiting_count(const struct worker *worker)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < worker->slot_count; i++) {
        count += worker->slots[i].waits ? 1 : 0;
    }
    return count;
}

static void log_waiting(struct worker *worker, int64_t now_us)
{
    const struct growth *growth = &worker->growth;
    uint32_t count = waiting_count(worker);
    if (count == 0 ||
        (worker->waiting_said_us != 0 && now_us - worker->waiting_said_us < WORKER_ALARM_US)) {
        return;
    }
    worker->waiting_said_us = now_us;
    LOG(LOG_LEVEL_INFO,
        "partition.waiting",
        LOG_NUMBER("partitions", count),
        LOG_NUMBER("from", growth->from),
        LOG_NUMBER("behind", growth->behind),
        LOG_NUMBER("slowest", growth->slowest),
        LOG_NUMBER("emitted", growth->slowest_emitted),
        LOG_NUMBER("end", growth->slowest_end));
}

bool growth_learn(struct worker *worker)
{
    int64_t now_us = worker->clock.mono_us(worker->clock.self);
    worker->grown = false;
    if (worker->edges.ends == NULL) {
        worker->growth =
            (struct growth){.from = worker->partition_count, .to = worker->partition_count};
        return true;
    }
    if (!refresh(worker)) {
        return false;
    }
    for (uint32_t i = 0; i < worker->slot_count; i++) {
        worker->slots[i].waits = worker->positions[i].partition >= worker->growth.from;
    }
    worker->waiting_said_us = 0;
    worker->looked_at_us = now_us;
    log_waiting(worker, now_us);
    return true;
}

bool growth_look(struct worker *worker, int64_t now_us)
{
    bool growing = worker->growth.to > worker->growth.from || waiting_count(worker) > 0;
    if (worker->edges.ends == NULL ||
        now_us - worker->looked_at_us < (growing ? LOOK_US : LOOK_SELDOM_US)) {
        return true;
    }
    worker->looked_at_us = now_us;
    if (!refresh(worker)) {
        return false;
    }
    for (uint32_t i = 0; i < worker->slot_count; i++) {
        const struct worker_slot *slot = &worker->slots[i];
        worker->grown =
            worker->grown || (slot->waits && worker->positions[i].partition < worker->growth.from);
    }
    if (worker->grown) {
        worker_settle_positions(worker, false); /* so that taking them again repeats no output */
    } else {
        log_waiting(worker, now_us);
    }
    return true;
}

int32_t growth_count_at(const struct worker *worker, uint32_t slot, int64_t offset)
{
    return offset < worker->slots[slot].old_end ? worker->growth.from : worker->growth.to;
}
