#include "anchor_desk.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "mentor/app/command.h"
#include "mentor/base/err.h"
#include "mentor/base/log.h"

enum {
    TELL_MS = 10000, /* for the broker's acknowledgements */
    DRAIN_MS = 5000, /* likewise when the worker stops */
    AGAIN_MS = 10000,
    CLUSTER_SIZE = 128, /* kafka_facts.cluster */
};

/* By partition. */
struct waiting {
    bool to_topic;
    bool to_file;
    char cluster[CLUSTER_SIZE];
    struct anchor anchor; /* its cluster is set when it is taken; its topic outlives the desk */
};

struct anchor_desk {
    struct context *context;
    const char *topic;
    const char *path; /* NULL: no file */
    int file;
    struct topic_writer writer; /* the thread's */
    bool has_writer;
    atomic_llong told;
    atomic_llong failed;

    pthread_t thread;
    pthread_mutex_t mutex; /* guards what follows */
    pthread_cond_t changed;
    atomic_bool quit;        /* written under it */
    struct waiting *waiting; /* owned */
    uint32_t count;
    bool any;
};

static void report(struct anchor_desk *desk, const char *where, const struct err *err)
{
    desk->failed++;
    LOG(LOG_LEVEL_WARN,
        "anchor.failed",
        LOG_TEXT("where", where),
        LOG_TEXT("why", err->text),
        LOG_TEXT("then",
                 "deciding goes on and it is tried again; until it is told, nobody outside the "
                 "database knows the chain's head"));
}

static bool append(struct anchor_desk *desk, const struct text *lines, struct err *err)
{
    size_t done = 0;
    while (done < lines->size) {
        ssize_t more = write(desk->file, lines->data + done, lines->size - done);
        if (more < 0 && errno == EINTR) {
            continue;
        }
        if (more < 0) {
            return err_set(err, ERR_RETRY, "%.150s: %s", desk->path, strerror(errno));
        }
        done += (size_t)more;
    }
    return fsync(desk->file) == 0 ||
           err_set(err, ERR_RETRY, "%.150s: %s", desk->path, strerror(errno));
}

/* A writer that has failed once does so for ever: a new one then. */
static bool
publish(struct anchor_desk *desk, const struct waiting *batch, uint32_t count, struct err *err)
{
    struct context *context = desk->context;
    char content[] = "application/cloudevents+json";
    struct header header = {bytes_text("content-type"), bytes_text(content)};
    if (!desk->has_writer &&
        !context->edges.writer(
            context->edges.self, &context->options, desk->topic, &desk->writer, err)) {
        return false;
    }
    desk->has_writer = true;
    bool done = true;
    uint32_t all = 0;
    for (uint32_t i = 0; i < count && done; i++) {
        char key[16];
        struct text line = {0};
        (void)snprintf(key, sizeof(key), "%" PRId32, batch[i].anchor.partition);
        anchor_write(&batch[i].anchor, &line);
        struct record record = {.has_key = true,
                                .key = bytes_text(key),
                                .has_value = true,
                                .value = bytes_of(line.data, line.size),
                                .headers = &header,
                                .header_count = 1};
        done = !batch[i].to_topic || desk->writer.write(desk->writer.self, &record, err);
        all += batch[i].to_topic ? 1 : 0;
        text_release(&line);
    }
    done = done && (all == 0 ||
                    desk->writer.flush(desk->writer.self, desk->quit ? DRAIN_MS : TELL_MS, err));
    desk->has_writer = done;
    return done;
}

static bool
note(struct anchor_desk *desk, const struct waiting *batch, uint32_t count, struct err *err)
{
    struct text lines = {0};
    for (uint32_t i = 0; i < count; i++) {
        if (batch[i].to_file) {
            anchor_write(&batch[i].anchor, &lines);
            text_add(&lines, bytes_text("\n"));
        }
    }
    bool done = lines.size == 0 || append(desk, &lines, err);
    text_release(&lines);
    return done;
}

/* What is to be told, under the mutex; the caller frees it. */
static struct waiting *take(struct anchor_desk *desk, uint32_t *count)
{
    struct waiting *batch = calloc((size_t)desk->count + 1, sizeof(*batch));
    CHECK(batch != NULL);
    *count = 0;
    for (uint32_t i = 0; i < desk->count; i++) {
        if (desk->waiting[i].to_topic || desk->waiting[i].to_file) {
            batch[*count] = desk->waiting[i];
            batch[*count].anchor.cluster = bytes_text(batch[*count].cluster);
            (*count)++;
            desk->waiting[i].to_topic = false;
            desk->waiting[i].to_file = false;
        }
    }
    desk->any = false;
    return batch;
}

/* What was not told waits again, unless a newer one does. */
static void put_back(struct anchor_desk *desk,
                     const struct waiting *batch,
                     uint32_t count,
                     bool published,
                     bool noted)
{
    for (uint32_t i = 0; i < count; i++) {
        struct waiting *waiting = &desk->waiting[batch[i].anchor.partition];
        waiting->to_topic = waiting->to_topic || (!published && batch[i].to_topic);
        waiting->to_file = waiting->to_file || (!noted && batch[i].to_file);
        desk->any = desk->any || waiting->to_topic || waiting->to_file;
    }
}

/* Without the mutex in between. */
static bool tell(struct anchor_desk *desk)
{
    uint32_t count = 0;
    struct err err;
    struct waiting *batch = take(desk, &count);
    (void)pthread_mutex_unlock(&desk->mutex);
    bool noted = note(desk, batch, count, &err);
    if (!noted) {
        report(desk, "file", &err);
    }
    bool published = publish(desk, batch, count, &err);
    if (!published) {
        report(desk, "topic", &err);
    }
    (void)pthread_mutex_lock(&desk->mutex);
    put_back(desk, batch, count, published, noted);
    free(batch);
    desk->told += published && noted ? count : 0;
    return published && noted;
}

static void wait_again(struct anchor_desk *desk)
{
    struct timespec at;
    CHECK(clock_gettime(CLOCK_MONOTONIC, &at) == 0);
    at.tv_sec += AGAIN_MS / 1000;
    while (!desk->quit && pthread_cond_timedwait(&desk->changed, &desk->mutex, &at) != ETIMEDOUT) {
    }
}

static void *run(void *self)
{
    struct anchor_desk *desk = self;
    (void)pthread_mutex_lock(&desk->mutex);
    while (!desk->quit) {
        if (!desk->any) {
            (void)pthread_cond_wait(&desk->changed, &desk->mutex);
        } else if (!tell(desk)) {
            wait_again(desk);
        }
    }
    if (desk->any) {
        (void)tell(desk);
    }
    (void)pthread_mutex_unlock(&desk->mutex);
    return NULL;
}

struct anchor_desk *anchor_desk_open(struct context *context, struct err *err)
{
    const struct options *options = &context->options;
    err->kind = ERR_NONE;
    if (options->numbers[OPTION_ANCHOR_EVERY] == 0) {
        return NULL;
    }
    struct anchor_desk *desk = calloc(1, sizeof(*desk));
    pthread_condattr_t monotonic;
    CHECK(desk != NULL);
    desk->context = context;
    desk->topic = options->values[OPTION_TOPIC_AUDIT];
    desk->path = options->values[OPTION_ANCHOR_FILE];
    desk->file = -1;
    if (desk->path != NULL) {
        desk->file = open(
            desk->path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, S_IRUSR | S_IWUSR | S_IRGRP);
        if (desk->file < 0) {
            (void)err_set(err, ERR_FATAL, "--anchor-file %.150s: %s", desk->path, strerror(errno));
            free(desk);
            return NULL;
        }
    }
    CHECK(pthread_mutex_init(&desk->mutex, NULL) == 0);
    CHECK(pthread_condattr_init(&monotonic) == 0);
    CHECK(pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC) == 0);
    CHECK(pthread_cond_init(&desk->changed, &monotonic) == 0);
    (void)pthread_condattr_destroy(&monotonic);
    CHECK(pthread_create(&desk->thread, NULL, run, desk) == 0);
    return desk;
}

void anchor_desk_close(struct anchor_desk **desk_)
{
    struct anchor_desk *desk = *desk_;
    if (desk == NULL) {
        return;
    }
    (void)pthread_mutex_lock(&desk->mutex);
    desk->quit = true;
    (void)pthread_cond_broadcast(&desk->changed);
    (void)pthread_mutex_unlock(&desk->mutex);
    (void)pthread_join(desk->thread, NULL);
    (void)pthread_cond_destroy(&desk->changed);
    (void)pthread_mutex_destroy(&desk->mutex);
    if (desk->file >= 0) {
        (void)close(desk->file);
    }
    free(desk->waiting);
    free(desk);
    *desk_ = NULL;
}

static void grow(struct anchor_desk *desk, uint32_t count)
{
    desk->waiting = realloc(desk->waiting, count * sizeof(*desk->waiting));
    CHECK(desk->waiting != NULL);
    memset(desk->waiting + desk->count, 0, (count - desk->count) * sizeof(*desk->waiting));
    desk->count = count;
}

void anchor_desk_put(struct anchor_desk *desk, const struct anchor *anchor)
{
    (void)pthread_mutex_lock(&desk->mutex);
    if ((uint32_t)anchor->partition >= desk->count) {
        grow(desk, (uint32_t)anchor->partition + 1);
    }
    struct waiting *waiting = &desk->waiting[anchor->partition];
    *waiting = (struct waiting){.to_topic = true, .to_file = desk->file >= 0, .anchor = *anchor};
    CHECK(anchor->cluster.size < sizeof(waiting->cluster));
    memcpy(waiting->cluster, anchor->cluster.data, anchor->cluster.size);
    desk->any = true;
    (void)pthread_cond_broadcast(&desk->changed);
    (void)pthread_mutex_unlock(&desk->mutex);
}

void anchor_desk_counts(struct anchor_desk *desk, int64_t *told, int64_t *failed)
{
    *told = atomic_exchange(&desk->told, 0);
    *failed = atomic_exchange(&desk->failed, 0);
}
