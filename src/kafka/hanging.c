#include "hanging.h"

#include "mentor/base/clock.h"
#include "mentor/base/err.h"
#include "mentor/base/log.h"

#include "outputs.h"
#include "undo.h"

enum {
    OPEN_US = 25000000, /* one of a dead worker's is ended by its heir, when its session is over */
    END_MS = 500, /* a transaction of another worker takes a third of it, but for a slow one's: */
    END_SLOW_MS = 2000,
};

/* How many partitions have something that hangs; -1: *err. */
static int count_hanging(struct outlet *outlet, const char *topic, int wait_ms, struct err *err)
{
    struct outputs *outputs = outputs_open(outlet->rk, &outlet->settings, topic, err);
    int hang = outputs == NULL ? -1 : outputs_hang(outputs, wait_ms, err);
    outputs_close(&outputs);
    return hang;
}

static enum hanging look(struct outlet *outlet, int wait_ms, struct err *err)
{
    const struct kafka_settings *settings = &outlet->settings;
    int hang = count_hanging(outlet, settings->topic_decisions, wait_ms, err);
    hang = hang == 0 ? count_hanging(outlet, settings->topic_dlq, wait_ms, err) : hang;
    if (hang <= 0) {
        return hang < 0 ? HANGING_UNKNOWN : HANGING_NOTHING;
    }
    (void)err_set(
        err,
        ERR_RETRY,
        "a transaction is open in %s or %s: %d partitions; if this is said again, see the "
        "README's \"Lost ends\"",
        settings->topic_decisions,
        settings->topic_dlq,
        hang);
    return HANGING_OTHERS;
}

bool hanging_lasts(struct hanging_time *time, enum hanging hanging)
{
    struct clock clock = clock_system();
    int64_t now_us = clock.mono_us(clock.self);
    if (hanging == HANGING_NOTHING) {
        *time = (struct hanging_time){0};
    }
    if (hanging != HANGING_OTHERS) {
        return false;
    }
    if (time->since_us == 0) {
        time->since_us = now_us;
    }
    return now_us - time->since_us > OPEN_US;
}

bool hanging_is_over(struct hanging_time *time, enum hanging hanging, const struct err *err)
{
    bool lasts = hanging_lasts(time, hanging);
    if (lasts && !time->left) {
        LOG(LOG_LEVEL_ERROR,
            "transaction.hangs",
            LOG_TEXT("why", err->text),
            LOG_TEXT("then",
                     "what is behind it is hidden from readers of committed records until it is "
                     "ended; find and abort it with kafka-transactions.sh find-hanging, abort"));
    }
    time->left = time->left || lasts;
    return lasts || hanging == HANGING_NOTHING;
}

enum hanging hanging_look(struct outlet *outlet, bool waits, struct err *err)
{
    return look(outlet, waits ? END_MS : 0, err);
}

enum hanging hanging_end(struct outlet *outlet,
                         const rd_kafka_topic_partition_list_t *partitions,
                         const rd_kafka_consumer_group_metadata_t *membership,
                         struct err *err)
{
    return undo_run(outlet, partitions, membership, err) ? look(outlet, END_SLOW_MS, err)
                                                         : HANGING_UNKNOWN;
}
