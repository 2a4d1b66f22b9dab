#include "growth.h"

#include "mentor/app/worker.h"
#include "mentor/base/guard.h"
#include "mentor/base/log.h"
#include "mentor/core/partition.h"

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

/* Some citizens move between old partitions. */
static bool mixes(const struct growth *growth)
{
    return growth->to % growth->from != 0;
}

static bool under_way(const struct growth *growth)
{
    return growth->to > growth->from;
}

static void log_growing(const struct growth *growth)
{
    LOG(LOG_LEVEL_INFO,
        "topic.growing",
        LOG_NUMBER("from", growth->from),
        LOG_NUMBER("to", growth->to),
        LOG_TEXT("then",
                 mixes(growth)
                     ? "no multiple: citizens move between old partitions too, so all are read to "
                       "their ends as of now and wait there for the slowest"
                     : "the new partitions wait until the old ones have passed their ends as of "
                       "now"));
}

/* The broker has, or had, so many partitions, which the store does not know. */
static bool note(struct worker *worker, int32_t seen)
{
    const int64_t *ends = NULL;
    int32_t count = 0;
    if (!worker->edges.ends(worker->edges.self, ENDS_WAIT_MS, &ends, &count, &worker->err)) {
        return false;
    }
    if (count < seen) {
        return err_set(&worker->err,
                       ERR_RETRY,
                       "there are %d partitions, but the broker that was asked knows only %d yet",
                       seen,
                       count);
    }
    log_growing(&(struct growth){.from = worker->growth.to, .to = count});
    return ask(worker, ends, count);
}

/* The partition count as the group or the broker have shown it. */
static int32_t seen_count(const struct worker *worker)
{
    int32_t assigned =
        worker->slot_count == 0 ? 0 : worker->positions[worker->slot_count - 1].partition + 1;
    return assigned > worker->partition_count ? assigned : worker->partition_count;
}

static bool refresh(struct worker *worker)
{
    struct growth before = worker->growth;
    const struct growth *growth = &worker->growth;
    if (!ask(worker, NULL, 0)) {
        return false;
    }
    if (under_way(growth) && growth->to != before.to) {
        log_growing(growth); /* another worker's word */
    }
    if (!under_way(growth) && seen_count(worker) > growth->to &&
        !note(worker, seen_count(worker))) {
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

/* Partitions of ours below `limit` that wait. */
static uint32_t waiting_below(const struct worker *worker, int32_t limit)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < worker->slot_count; i++) {
        const struct worker_slot *slot = &worker->slots[i];
        count += (slot->waits || slot->held) && worker->positions[i].partition < limit ? 1 : 0;
    }
    return count;
}

static void log_waiting(struct worker *worker, int64_t now_us)
{
    const struct growth *growth = &worker->growth;
    uint32_t count = waiting_below(worker, INT32_MAX);
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

/* A new one, or an old one that has come to its end before the others have to theirs. */
static bool must_wait(const struct worker *worker, uint32_t slot)
{
    const struct growth *growth = &worker->growth;
    const struct position *position = &worker->positions[slot];
    if (position->partition >= growth->from) {
        return GUARD(NEW_WAITS);
    }
    return under_way(growth) && mixes(growth) &&
           position->next_offset >= worker->slots[slot].old_end && GUARD(OLD_WAITS);
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
        struct worker_slot *slot = &worker->slots[i];
        slot->waits = must_wait(worker, i);
        slot->held = slot->end_met = false;
    }
    worker->waiting_said_us = 0;
    worker->looked_at_us = now_us;
    log_waiting(worker, now_us);
    return true;
}

/* What the store is to know of ends that were put earlier. `any`: there was something. */
static bool tell_ends(struct worker *worker, bool *any)
{
    struct store *store = &worker->edges.store;
    for (uint32_t i = 0; i < worker->slot_count; i++) {
        struct worker_slot *slot = &worker->slots[i];
        if (!slot->end_met) {
            continue;
        }
        if (GUARD(END_MET) && !store->growth_end(store->self,
                                                 worker->growth.from,
                                                 worker->positions[i].partition,
                                                 slot->old_end,
                                                 &worker->err)) {
            return false;
        }
        slot->end_met = false;
        *any = true;
    }
    return true;
}

/* Some are held, and all that came before their ends is stored. */
static bool read_for_nothing(const struct worker *worker)
{
    bool any = false;
    for (uint32_t i = 0; i < worker->slot_count; i++) {
        const struct worker_slot *slot = &worker->slots[i];
        if (slot->held && worker->positions[i].next_offset < slot->old_end) {
            return false;
        }
        any = any || slot->held;
    }
    return any;
}

static bool take_again(struct worker *worker)
{
    worker->grown = true;
    return worker_settle_positions(worker, false); /* so that no output is repeated */
}

bool growth_look(struct worker *worker, int64_t now_us)
{
    struct growth before = worker->growth;
    bool soon = under_way(&before) || waiting_below(worker, INT32_MAX) > 0;
    bool told = false;
    if (worker->edges.ends == NULL) {
        return true;
    }
    if (!tell_ends(worker, &told)) {
        return false;
    }
    if (!told && now_us - worker->looked_at_us < (soon ? LOOK_US : LOOK_SELDOM_US)) {
        return true;
    }
    worker->looked_at_us = now_us;
    if (!refresh(worker)) {
        return false;
    }
    const struct growth *growth = &worker->growth;
    bool opened = growth->from > before.from && waiting_below(worker, growth->from) > 0;
    /* What was gathered as if nothing had moved is read again. */
    bool begun = under_way(growth) && growth->to > before.to && mixes(growth);
    if (opened || begun || read_for_nothing(worker)) {
        return take_again(worker);
    }
    log_waiting(worker, now_us);
    return true;
}

bool growth_ask(struct worker *worker)
{
    struct source *source = &worker->edges.source;
    int32_t count = 0;
    if (worker->edges.ends == NULL || under_way(&worker->growth) || !GUARD(STRAY_ASKED)) {
        return true;
    }
    if (!source->count(source->self, &count, &worker->err)) {
        return false;
    }
    if (count <= worker->growth.to) {
        return true;
    }
    worker->partition_count = count;
    return take_again(worker); /* TAKE notes it */
}

bool growth_known(const struct worker *worker, const struct batch_read *read)
{
    const struct growth *growth = &worker->growth;
    return worker->edges.ends == NULL || !GUARD(GROWTH_KNOWN) ||
           (read->partitions == growth->from && read->partitions_to == growth->to);
}

/* Sent when the new count was known: by the old one its key belongs elsewhere. */
static bool placed_anew(const struct growth *growth, const struct record *record)
{
    return record->has_key && record->key.size > 0 &&
           partition_of_key(record->key, growth->from) != record->partition &&
           partition_of_key(record->key, growth->to) == record->partition;
}

bool growth_holds(struct worker *worker, uint32_t slot, const struct record *record)
{
    const struct growth *growth = &worker->growth;
    struct worker_slot *state = &worker->slots[slot];
    if (!under_way(growth) || !mixes(growth) || !GUARD(OLD_WAITS)) {
        return false;
    }
    if (record->offset < state->old_end && !state->held) {
        if (!placed_anew(growth, record)) {
            return false;
        }
        state->old_end = record->offset;
        state->end_met = true;
    }
    state->held = true;
    return true;
}

int32_t growth_count_at(const struct worker *worker, uint32_t slot, int64_t offset)
{
    return offset < worker->slots[slot].old_end ? worker->growth.from : worker->growth.to;
}
