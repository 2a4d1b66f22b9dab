#include "watch.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <sys/resource.h>

#include "mentor/app/command.h"
#include "mentor/app/metrics.h"
#include "mentor/base/err.h"
#include "mentor/wire/json.h"

#include "health.h"

enum {
    LOOK_WELL_MS = 5000, /* between two looks while both sides answer */
    LOOK_AWAY_MS = 1000, /* and while one does not */
    FRESH_US = 20000000, /* an answer that is older says nothing any more */
    BROKER_WAIT_MS = 3000,
};

struct watch {
    struct context *context;
    const struct metrics *lanes[LANES_MAX];
    uint32_t lane_count;
    int64_t limit_us; /* --stalled-after */
    int64_t started_ms;

    /* the looking thread's */
    pthread_t thread;
    struct archive archive;
    bool has_archive;
    struct topic_reader reader;
    bool has_reader;

    pthread_mutex_t mutex; /* guards what follows */
    pthread_cond_t changed;
    bool quit;
    int64_t database_at_us; /* when it answered; 0: it does not */
    int64_t broker_at_us;
    int64_t quarantine;        /* -1: not known */
    struct topic_bounds *ends; /* owned */
    uint32_t end_count;
};

static int64_t now_us(const struct watch *watch)
{
    return watch->context->clock.mono_us(watch->context->clock.self);
}

/* What was seen last, as one page needs it. */
struct seen {
    struct health health;
    int64_t quarantine;
    struct topic_bounds *ends; /* owned by whoever asked */
    uint32_t end_count;
};

static void look_back(struct watch *watch, struct seen *seen, bool with_ends)
{
    int64_t now = now_us(watch);
    int64_t since = now - FRESH_US;
    (void)pthread_mutex_lock(&watch->mutex);
    *seen = (struct seen){
        .health =
            {
                .lanes = watch->lanes,
                .lane_count = watch->lane_count,
                .now_us = now,
                .limit_us = watch->limit_us,
                .database_up = watch->database_at_us != 0 && watch->database_at_us >= since,
                .broker_up = watch->broker_at_us != 0 && watch->broker_at_us >= since,
            },
        .quarantine = watch->quarantine,
    };
    if (with_ends && watch->end_count > 0) {
        size_t size = watch->end_count * sizeof(*watch->ends);
        seen->ends = malloc(size);
        CHECK(seen->ends != NULL);
        memcpy(seen->ends, watch->ends, size);
        seen->end_count = watch->end_count;
    }
    (void)pthread_mutex_unlock(&watch->mutex);
}

/* the looking thread */

/* Why a side does not answer is in the worker's own log lines: it meets the same. */
static bool look_at_broker(struct watch *watch)
{
    struct context *context = watch->context;
    const struct topic_bounds *bounds = NULL;
    uint32_t count = 0;
    struct err ignored;
    if (!watch->has_reader) {
        watch->has_reader =
            context->edges.reader(context->edges.self,
                                  &context->options,
                                  context->options.values[OPTION_TOPIC_APPLICATIONS],
                                  &watch->reader,
                                  &ignored);
    }
    bool up = watch->has_reader &&
              watch->reader.bounds(watch->reader.self, BROKER_WAIT_MS, &bounds, &count, &ignored);
    struct topic_bounds *ends = up ? malloc(count * sizeof(*ends)) : NULL;
    CHECK(!up || ends != NULL);
    if (up) {
        memcpy(ends, bounds, count * sizeof(*ends));
    }
    (void)pthread_mutex_lock(&watch->mutex);
    watch->broker_at_us = up ? now_us(watch) : 0;
    if (up) {
        free(watch->ends);
        watch->ends = ends;
        watch->end_count = count;
    }
    (void)pthread_mutex_unlock(&watch->mutex);
    return up;
}

static bool look_at_database(struct watch *watch)
{
    struct context *context = watch->context;
    int64_t open = -1;
    struct err ignored;
    if (!watch->has_archive) {
        watch->has_archive = context->edges.archive(
            context->edges.self, &context->options, &watch->archive, &ignored);
    }
    bool up = watch->has_archive && watch->archive.pulse(watch->archive.self, &open, &ignored);
    (void)pthread_mutex_lock(&watch->mutex);
    watch->database_at_us = up ? now_us(watch) : 0;
    watch->quarantine = up ? open : watch->quarantine;
    (void)pthread_mutex_unlock(&watch->mutex);
    return up;
}

/* Called with the mutex held; wakes up early to quit. */
static void rest(struct watch *watch, int64_t ms)
{
    struct timespec until;
    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += (time_t)(ms / 1000);
    (void)pthread_cond_timedwait(&watch->changed, &watch->mutex, &until);
}

static void *look(void *self)
{
    struct watch *watch = self;
    (void)pthread_mutex_lock(&watch->mutex);
    while (!watch->quit) {
        (void)pthread_mutex_unlock(&watch->mutex);
        bool broker = look_at_broker(watch);
        bool database = look_at_database(watch);
        (void)pthread_mutex_lock(&watch->mutex);
        if (!watch->quit) {
            rest(watch, broker && database ? LOOK_WELL_MS : LOOK_AWAY_MS);
        }
    }
    (void)pthread_mutex_unlock(&watch->mutex);
    return NULL;
}

/* the pages */

static double resident_bytes(void)
{
    long pages = -1;
    FILE *file = fopen("/proc/self/statm", "r");
    if (file != NULL) {
        if (fscanf(file, "%*d %ld", &pages) != 1) { /* NOLINT(cert-err34-c): our own kernel's */
            pages = -1;
        }
        (void)fclose(file);
    }
    return pages < 0 ? (double)NAN : (double)pages * (double)sysconf(_SC_PAGESIZE);
}

static double cpu_seconds(void)
{
    struct rusage usage = {0};
    (void)getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static void make_metrics(struct watch *watch, struct text *out)
{
    struct seen seen;
    struct text why = {0};
    look_back(watch, &seen, true);
    bool ready = health_ready(&seen.health, &why);
    struct metrics_told told = {
        .version = watch->context->version,
        .ends = seen.ends,
        .end_count = seen.end_count,
    };
    told.values[METRIC_LANES] = watch->lane_count;
    told.values[METRIC_IDLE] = (double)health_idle_us(&seen.health) / 1e6;
    told.values[METRIC_READY] = ready ? 1 : 0;
    told.values[METRIC_DATABASE] = seen.health.database_up ? 1 : 0;
    told.values[METRIC_BROKER] = seen.health.broker_up ? 1 : 0;
    told.values[METRIC_QUARANTINE] = seen.quarantine < 0 ? (double)NAN : (double)seen.quarantine;
    told.values[METRIC_STARTED] = (double)watch->started_ms / 1e3;
    told.values[METRIC_CPU] = cpu_seconds();
    told.values[METRIC_RESIDENT] = resident_bytes();
    metrics_render(out, watch->lanes, watch->lane_count, &told);
    text_release(&why);
    free(seen.ends);
}

static bool make(void *self, const char *path, struct page *page)
{
    struct watch *watch = self;
    struct text body = {0};
    struct seen seen;
    bool good = true;
    *page = (struct page){.type = "text/plain; charset=utf-8"};
    if (strcmp(path, "/metrics") == 0) {
        page->type = "text/plain; version=0.0.4; charset=utf-8";
        make_metrics(watch, &body);
    } else if (strcmp(path, "/healthz") == 0) {
        look_back(watch, &seen, false);
        good = health_moving(&seen.health, &body);
    } else if (strcmp(path, "/readyz") == 0) {
        look_back(watch, &seen, false);
        good = health_ready(&seen.health, &body);
    } else {
        return false;
    }
    if (body.size == 0) {
        text_add(&body, bytes_text("ok\n"));
    }
    page->status = good ? 200 : 503;
    page->body = body.data; /* its release is free() */
    page->size = body.size;
    return true;
}

struct watch *watch_open(struct context *context,
                         const struct metrics *const *lanes,
                         uint32_t lane_count,
                         struct err *err)
{
    struct watch *watch = calloc(1, sizeof(*watch));
    pthread_condattr_t monotonic;
    CHECK(watch != NULL);
    CHECK(lane_count <= LANES_MAX);
    watch->context = context;
    for (uint32_t i = 0; i < lane_count; i++) {
        watch->lanes[i] = lanes[i];
    }
    watch->lane_count = lane_count;
    watch->limit_us = context->options.numbers[OPTION_STALLED_AFTER] * 1000000;
    watch->started_ms = context->clock.wall_ms(context->clock.self);
    watch->quarantine = -1;
    CHECK(pthread_condattr_init(&monotonic) == 0);
    CHECK(pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC) == 0);
    CHECK(pthread_mutex_init(&watch->mutex, NULL) == 0);
    CHECK(pthread_cond_init(&watch->changed, &monotonic) == 0);
    (void)pthread_condattr_destroy(&monotonic);
    CHECK(pthread_create(&watch->thread, NULL, look, watch) == 0);
    struct pages pages = {make, watch};
    if (!context->edges.serve(
            context->edges.self, context->options.values[OPTION_METRICS_LISTEN], &pages, err)) {
        watch_close(&watch);
    }
    return watch;
}

void watch_close(struct watch **watch)
{
    struct watch *self = *watch;
    if (self == NULL) {
        return;
    }
    self->context->edges.unserve(self->context->edges.self);
    (void)pthread_mutex_lock(&self->mutex);
    self->quit = true;
    (void)pthread_cond_signal(&self->changed);
    (void)pthread_mutex_unlock(&self->mutex);
    (void)pthread_join(self->thread, NULL);
    (void)pthread_cond_destroy(&self->changed);
    (void)pthread_mutex_destroy(&self->mutex);
    free(self->ends);
    free(self);
    *watch = NULL;
}
