#include "waker.h"

#include <stdlib.h>
#include <time.h>

#include "mentor/base/check.h"
#include "mentor/base/clock.h"

#include "bounds.h"

enum {
    BUSY_MS = 15,        /* between two rounds while a backlog is there */
    IDLE_MS = 100,       /* and while there is none */
    BACKLOG = 5000,      /* records; the stall begins at queued.min.messages */
    LINGER_US = 1500000, /* the sleep outlives the backlog that was seen, by up to a second */
    LEADERS_MS = 10000,  /* leaders move seldom */
    QUERY_MS = 500,
    WAKES_MAX = 64, /* leaders woken in one round */
};

static int64_t now_us(void)
{
    struct clock clock = clock_system();
    return clock.mono_us(clock.self);
}

static int64_t backlog_of(const struct waker *waker, const struct waker_partition *at)
{
    int64_t low = RD_KAFKA_OFFSET_INVALID;
    int64_t high = RD_KAFKA_OFFSET_INVALID;
    /* Of the last fetch; no request. */
    (void)rd_kafka_get_watermark_offsets(
        waker->rk, rd_kafka_topic_name(waker->topic), at->partition, &low, &high);
    if (high < 0) {
        return -1;
    }
    int64_t next = atomic_load_explicit(&at->next, memory_order_relaxed);
    return high > next ? high - next : 0;
}

/* One busy partition a leader; unknown leaders count as one. Called with the mutex held. */
static rd_kafka_topic_partition_list_t *wakes_pick(struct waker *waker)
{
    int64_t now = now_us();
    int32_t leaders[WAKES_MAX];
    int count = 0;
    rd_kafka_topic_partition_list_t *wakes = rd_kafka_topic_partition_list_new(1);
    for (uint32_t i = 0; i < waker->count; i++) {
        struct waker_partition *at = &waker->partitions[i];
        if (backlog_of(waker, at) >= BACKLOG) {
            at->busy_until_us = now + LINGER_US;
        }
        bool wanted = at->busy_until_us > now && count < WAKES_MAX;
        for (int j = 0; wanted && j < count; j++) {
            wanted = leaders[j] != at->leader;
        }
        if (wanted) {
            leaders[count++] = at->leader;
            (void)rd_kafka_topic_partition_list_add(
                wakes, rd_kafka_topic_name(waker->topic), at->partition);
        }
    }
    return wakes;
}

/* Asks without the mutex, then notes under it. A broker that does not answer leaves what was known.
 */
static void leaders_learn(struct waker *waker)
{
    const struct rd_kafka_metadata *metadata = NULL;
    (void)pthread_mutex_unlock(&waker->mutex);
    rd_kafka_resp_err_t code = rd_kafka_metadata(waker->rk, 0, waker->topic, &metadata, QUERY_MS);
    (void)pthread_mutex_lock(&waker->mutex);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return;
    }
    for (int i = 0; i < metadata->topic_cnt; i++) {
        for (int j = 0; j < metadata->topics[i].partition_cnt; j++) {
            const struct rd_kafka_metadata_partition *from = &metadata->topics[i].partitions[j];
            uint32_t slot = (uint32_t)from->id < waker->slot_count ? waker->slots[from->id] : 0;
            if (slot != 0) {
                waker->partitions[slot - 1].leader = from->leader;
            }
        }
    }
    rd_kafka_metadata_destroy(metadata);
}

/* Called with the mutex held; wakes up early when something changed. */
static void rest(struct waker *waker, int64_t ms)
{
    struct timespec until;
    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    int64_t nanoseconds = until.tv_nsec + ms * 1000000;
    until.tv_sec += (time_t)(nanoseconds / 1000000000);
    until.tv_nsec = (long)(nanoseconds % 1000000000);
    (void)pthread_cond_timedwait(&waker->changed, &waker->mutex, &until);
}

static void *watch(void *argument)
{
    struct waker *waker = argument;
    int64_t leaders_at_us = 0;
    (void)pthread_mutex_lock(&waker->mutex);
    while (!waker->quit) {
        rd_kafka_topic_partition_list_t *wakes = wakes_pick(waker);
        bool busy = wakes->cnt > 0;
        if (busy && now_us() >= leaders_at_us) {
            leaders_at_us = now_us() + LEADERS_MS * INT64_C(1000);
            leaders_learn(waker);
            rd_kafka_topic_partition_list_destroy(wakes);
            wakes = wakes_pick(waker);
        }
        (void)pthread_mutex_unlock(&waker->mutex);
        if (busy) {
            /* The answer is of no use; that there was a request is. */
            (void)!bounds_ask(waker->rk, wakes, RD_KAFKA_OFFSET_END, QUERY_MS);
        }
        rd_kafka_topic_partition_list_destroy(wakes);
        (void)pthread_mutex_lock(&waker->mutex);
        if (!waker->quit) {
            rest(waker, busy ? BUSY_MS : IDLE_MS);
        }
    }
    (void)pthread_mutex_unlock(&waker->mutex);
    return NULL;
}

void waker_start(struct waker *waker, rd_kafka_t *rk, const char *topic)
{
    *waker = (struct waker){.rk = rk, .topic = rd_kafka_topic_new(rk, topic, NULL)};
    CHECK(waker->topic != NULL);
    pthread_condattr_t monotonic;
    CHECK(pthread_condattr_init(&monotonic) == 0);
    CHECK(pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC) == 0);
    CHECK(pthread_mutex_init(&waker->mutex, NULL) == 0);
    CHECK(pthread_cond_init(&waker->changed, &monotonic) == 0);
    (void)pthread_condattr_destroy(&monotonic);
    CHECK(pthread_create(&waker->thread, NULL, watch, waker) == 0);
}

void waker_stop(struct waker *waker)
{
    if (waker->rk == NULL) {
        return;
    }
    (void)pthread_mutex_lock(&waker->mutex);
    waker->quit = true;
    (void)pthread_cond_signal(&waker->changed);
    (void)pthread_mutex_unlock(&waker->mutex);
    (void)pthread_join(waker->thread, NULL);
    (void)pthread_cond_destroy(&waker->changed);
    (void)pthread_mutex_destroy(&waker->mutex);
    rd_kafka_topic_destroy(waker->topic);
    free(waker->partitions);
    free(waker->slots);
    *waker = (struct waker){.rk = NULL};
}

void waker_watch(struct waker *waker,
                 const struct position *positions,
                 const int64_t *offsets,
                 uint32_t count)
{
    (void)pthread_mutex_lock(&waker->mutex);
    free(waker->partitions);
    free(waker->slots);
    waker->partitions = NULL;
    waker->slots = NULL;
    waker->slot_count = 0;
    waker->count = count;
    for (uint32_t i = 0; i < count; i++) {
        CHECK(positions[i].partition >= 0);
        if ((uint32_t)positions[i].partition >= waker->slot_count) {
            waker->slot_count = (uint32_t)positions[i].partition + 1;
        }
    }
    if (count > 0) {
        waker->partitions = calloc(count, sizeof(struct waker_partition));
        waker->slots = calloc(waker->slot_count, sizeof(uint32_t));
        CHECK(waker->partitions != NULL);
        CHECK(waker->slots != NULL);
    }
    for (uint32_t i = 0; i < count; i++) {
        waker->partitions[i].partition = positions[i].partition;
        waker->partitions[i].leader = -1;
        atomic_init(&waker->partitions[i].next, offsets[i]);
        waker->slots[positions[i].partition] = i + 1;
    }
    (void)pthread_cond_signal(&waker->changed);
    (void)pthread_mutex_unlock(&waker->mutex);
}
