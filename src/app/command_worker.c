/* mentord worker: consume, decide, store, emit, until SIGTERM or SIGINT. */

#include <stdlib.h>
#include <string.h>

#include "mentor/app/command.h"
#include "mentor/app/rulebook_file.h"
#include "mentor/app/worker.h"
#include "mentor/base/log.h"
#include "mentor/core/rulebook.h"
#include "mentor/rulebook/load.h"

static int run(struct context *context, struct rulebook *rulebook)
{
    struct worker *worker = calloc(1, sizeof(*worker));
    struct err err;
    if (worker == NULL) {
        (void)err_set(&err, ERR_FATAL, "no memory");
        return command_fail(&err, EXIT_FAILED);
    }
    worker->all = &context->edges;
    worker->clock = context->clock;
    worker->rulebook = rulebook;
    worker->topic = bytes_text(context->options.values[OPTION_TOPIC_APPLICATIONS]);
    worker->at_event = strcmp(context->options.values[OPTION_AT], "event") == 0;
    worker->batch_most = (uint32_t)context->options.numbers[OPTION_BATCH];
    worker->stop = context->stop;
    int code = EXIT_FAILED;
    if (!citizen_key_of(context, false, &worker->citizen_key, &err)) {
        code = command_fail(&err, EXIT_FAILED);
    } else if (!context->edges.worker(
                   context->edges.self, &context->options, rulebook, &worker->edges, &err)) {
        code = command_fail(&err,
                            EXIT_USAGE); /* nothing is connected yet: only settings can be wrong */
    } else if (!worker_init(worker)) {
        (void)err_set(&err, ERR_FATAL, "no memory for a batch");
        code = command_fail(&err, EXIT_FAILED);
    } else {
        context->catch_signals();
        LOG(LOG_LEVEL_INFO,
            "worker.started",
            LOG_TEXT("version", context->version),
            LOG_TEXT("group", context->options.values[OPTION_GROUP]),
            LOG_TEXT("topic", context->options.values[OPTION_TOPIC_APPLICATIONS]));
        code = worker_run(worker) ? EXIT_DONE : command_fail(&worker->err, EXIT_FAILED);
        LOG(LOG_LEVEL_INFO,
            "worker.stopped",
            LOG_NUMBER("decided", worker->fates[FATE_DECIDED]),
            LOG_NUMBER("duplicate", worker->fates[FATE_DUPLICATE]),
            LOG_NUMBER("dlq", worker->fates[FATE_DLQ]),
            LOG_NUMBER("skipped", worker->fates[FATE_SKIPPED]),
            LOG_NUMBER("gap", worker->fates[FATE_GAP]));
    }
    worker_release(worker);
    free(worker);
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
    if (strcmp(emit, "idempotent") != 0) {
        return command_usage(context, "--emit: '%s' is not idempotent", emit);
    }
    struct rulebook *rulebook = rulebook_of(context, &err);
    if (rulebook == NULL) {
        return command_fail(&err, EXIT_FAILED);
    }
    int code = run(context, rulebook);
    rulebook_close(&rulebook);
    return code;
}
