/* mentord worker: consume, decide, store, emit, until SIGTERM or SIGINT. */

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "mentor/app/command.h"
#include "mentor/app/rulebook_file.h"
#include "mentor/app/worker.h"
#include "mentor/base/log.h"
#include "mentor/core/rulebook.h"
#include "mentor/rulebook/load.h"

#include "anchor_desk.h"
#include "watch.h"

/* A worker in a thread of its own. Lanes share the rulebook they start with and the word to stop,
 * nothing else: the group spreads the partitions over them as over any members. */
struct lane {
    struct worker worker;
    pthread_t thread;
    uint32_t number; /* from 1; 0: the only one */
    atomic_bool *stop;
    bool well;
};

/* Prints what is wrong and returns the exit code; EXIT_DONE when it may run. */
static int lane_open(struct lane *lane,
                     struct context *context,
                     const struct rulebook *rulebook,
                     const struct rulebook *candidate)
{
    struct worker *worker = &lane->worker;
    struct err err;
    worker->clock = context->clock;
    worker->rulebook = rulebook;
    worker->follows = !context->options.given[OPTION_RULEBOOK];
    worker->candidate = candidate;
    worker->topic = bytes_text(context->options.values[OPTION_TOPIC_APPLICATIONS]);
    worker->at_event = strcmp(context->options.values[OPTION_AT], "event") == 0;
    worker->transactional = strcmp(context->options.values[OPTION_EMIT], "transactional") == 0;
    worker->batch_most = (uint32_t)context->options.numbers[OPTION_BATCH];
    worker->breaker_most = (uint32_t)context->options.numbers[OPTION_BREAKER];
    worker->stop = context->stop;
    lane->stop = context->stop;
    if (!citizen_key_of(context, false, &worker->citizen_key, &err)) {
        return command_fail(&err, EXIT_FAILED);
    }
    if (!context->edges.worker(
            context->edges.self, &context->options, rulebook, lane->number, &worker->edges, &err)) {
        /* nothing is connected yet: only settings can be wrong */
        return command_fail(&err, EXIT_USAGE);
    }
    if (!worker_init(worker)) {
        (void)err_set(&err, ERR_FATAL, "no memory for a batch");
        return command_fail(&err, EXIT_FAILED);
    }
    return EXIT_DONE;
}

static void *lane_run(void *self)
{
    struct lane *lane = self;
    log_lane(lane->number);
    lane->well = worker_run(&lane->worker);
    if (!lane->well) {
        *lane->stop = true; /* a person must look; the others settle what they hold, and end */
    }
    lane->worker.metrics.state = CYCLE_STOP;
    return NULL;
}

static void log_stopped(const struct lane *lanes, uint32_t count)
{
    int64_t fates[FATE_COUNT] = {0};
    for (uint32_t i = 0; i < count; i++) {
        for (int fate = 0; fate < FATE_COUNT; fate++) {
            fates[fate] += metrics_fate(&lanes[i].worker.metrics, (enum fate)fate);
        }
    }
    LOG(LOG_LEVEL_INFO,
        "worker.stopped",
        LOG_NUMBER("decided", fates[FATE_DECIDED]),
        LOG_NUMBER("duplicate", fates[FATE_DUPLICATE]),
        LOG_NUMBER("dlq", fates[FATE_DLQ]),
        LOG_NUMBER("skipped", fates[FATE_SKIPPED]),
        LOG_NUMBER("gap", fates[FATE_GAP]));
}

/* The last lane runs in this thread. */
static int lanes_run(struct lane *lanes, uint32_t count)
{
    int code = EXIT_DONE;
    for (uint32_t i = 0; i + 1 < count; i++) {
        CHECK(pthread_create(&lanes[i].thread, NULL, lane_run, &lanes[i]) == 0);
    }
    (void)lane_run(&lanes[count - 1]);
    for (uint32_t i = 0; i + 1 < count; i++) {
        (void)pthread_join(lanes[i].thread, NULL);
    }
    log_stopped(lanes, count);
    for (uint32_t i = 0; i < count; i++) {
        if (!lanes[i].well) {
            code = command_fail(&lanes[i].worker.err, EXIT_FAILED);
        }
    }
    return code;
}

/* NULL, and EXIT_DONE, when --metrics-listen is not given. */
static int
lanes_watch(const struct lane *lanes, uint32_t count, struct context *context, struct watch **watch)
{
    const struct metrics *metrics[LANES_MAX];
    struct err err;
    if (context->options.values[OPTION_METRICS_LISTEN] == NULL) {
        return EXIT_DONE;
    }
    for (uint32_t i = 0; i < count; i++) {
        metrics[i] = &lanes[i].worker.metrics;
    }
    *watch = watch_open(context, metrics, count, &err);
    return *watch != NULL ? EXIT_DONE
                          : command_fail(&err, err.kind == ERR_FATAL ? EXIT_USAGE : EXIT_FAILED);
}

/* NULL, and EXIT_DONE, with --anchor-every 0. */
static int
lanes_anchor(struct lane *lanes, uint32_t count, struct context *context, struct anchor_desk **desk)
{
    struct err err;
    *desk = anchor_desk_open(context, &err);
    for (uint32_t i = 0; i < count; i++) {
        lanes[i].worker.anchors = *desk;
        lanes[i].worker.anchor_every_us =
            context->options.numbers[OPTION_ANCHOR_EVERY] * INT64_C(1000000);
    }
    return *desk != NULL || err.kind == ERR_NONE ? EXIT_DONE : command_fail(&err, EXIT_USAGE);
}

static void log_rulebook(const struct context *context, const struct rulebook *rulebook)
{
    char version[RULEBOOK_WORD_SIZE];
    char hex[2 * SHA256_SIZE + 1] = "";
    (void)snprintf(version, sizeof(version), "%.*s", BYTES_ARGS(rulebook->version));
    hex_encode(rulebook->sha256, SHA256_SIZE, hex);
    LOG(LOG_LEVEL_INFO,
        "rulebook.loaded",
        LOG_TEXT("version", version),
        LOG_TEXT("sha256", hex),
        LOG_TEXT("published",
                 context->options.given[OPTION_RULEBOOK] ? "not followed: --rulebook is given"
                                                         : "followed at each batch"));
}

static int
run(struct context *context, const struct rulebook *rulebook, const struct rulebook *candidate)
{
    struct watch *watch = NULL;
    struct anchor_desk *desk = NULL;
    uint32_t count = (uint32_t)context->options.numbers[OPTION_LANES];
    struct lane *lanes = calloc(count, sizeof(*lanes));
    int code = EXIT_DONE;
    CHECK(lanes != NULL);
    for (uint32_t i = 0; i < count && code == EXIT_DONE; i++) {
        lanes[i].number = count == 1 ? 0 : i + 1;
        code = lane_open(&lanes[i], context, rulebook, candidate);
    }
    if (code == EXIT_DONE) {
        code = lanes_anchor(lanes, count, context, &desk);
    }
    if (code == EXIT_DONE) {
        code = lanes_watch(lanes, count, context, &watch);
    }
    if (code == EXIT_DONE) {
        context->catch_signals();
        log_rulebook(context, rulebook);
        LOG(LOG_LEVEL_INFO,
            "worker.started",
            LOG_TEXT("version", context->version),
            LOG_TEXT("group", context->options.values[OPTION_GROUP]),
            LOG_TEXT("topic", context->options.values[OPTION_TOPIC_APPLICATIONS]));
        code = lanes_run(lanes, count);
    }
    watch_close(&watch);
    anchor_desk_close(&desk);
    for (uint32_t i = 0; i < count; i++) {
        worker_release(&lanes[i].worker);
    }
    free(lanes);
    return code;
}

int command_worker(struct context *context)
{
    const char *at = context->options.values[OPTION_AT];
    const char *emit = context->options.values[OPTION_EMIT];
    struct err err;
    if (context->options.operand_count > 0) {
        return command_usage(
            context, "%s: the worker takes no arguments", context->options.operands[0]);
    }
    if (strcmp(at, "now") != 0 && strcmp(at, "event") != 0) {
        return command_usage(context, "--at: '%s' is neither now nor event", at);
    }
    if (strcmp(emit, "idempotent") != 0 && strcmp(emit, "transactional") != 0) {
        return command_usage(context, "--emit: '%s' is neither idempotent nor transactional", emit);
    }
    const char *shadow = context->options.values[OPTION_SHADOW];
    struct rulebook *rulebook = rulebook_of(context, &err);
    struct rulebook *candidate =
        rulebook == NULL || shadow == NULL ? NULL : rulebook_open(shadow, NULL, &err);
    int code = rulebook == NULL || (shadow != NULL && candidate == NULL)
                   ? command_fail(&err, EXIT_FAILED)
                   : run(context, rulebook, candidate);
    rulebook_close(&candidate);
    rulebook_close(&rulebook);
    return code;
}
