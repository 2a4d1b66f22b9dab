#include "lookout.h"

#include <stdlib.h>

#include "mentor/base/clock.h"

#include "bounds.h"
#include "undo.h"

enum {
    SOON_US = 200000, /* a commit is answered before its ends are written */
    EVERY_US = 1000000,
    ASK_MS = 1000,
    PENDS_MS = 200, /* likewise: of the one just committed */
    HANGS_US = 2000000,
};

/* In one output partition. */
struct lookout_end {
    int64_t wrote; /* the last record; -1: none */
    int64_t mark;  /* it, as of the mark; -1: nothing to be seen */
    bool unsure;   /* one was written after it, nobody says where */
};

static int64_t now_us(void)
{
    struct clock clock = clock_system();
    return clock.mono_us(clock.self);
}

static void release(struct lookout_log *log)
{
    free(log->ends);
    *log = (struct lookout_log){.ends = NULL};
}

void lookout_release(struct lookout *lookout)
{
    release(&lookout->decisions);
    release(&lookout->dlq);
}

void lookout_wrote(struct lookout *lookout, bool dlq, int32_t partition, int64_t offset)
{
    struct lookout_log *log = dlq ? &lookout->dlq : &lookout->decisions;
    CHECK(partition >= 0);
    uint32_t count = (uint32_t)partition + 1;
    if (count > log->count) {
        log->ends = realloc(log->ends, count * sizeof(*log->ends));
        CHECK(log->ends != NULL);
        for (uint32_t i = log->count; i < count; i++) {
            log->ends[i] = (struct lookout_end){.wrote = -1, .mark = -1};
        }
        log->count = count;
    }
    struct lookout_end *end = &log->ends[partition];
    end->unsure = offset <= end->wrote; /* they rise */
    end->wrote = end->unsure ? end->wrote : offset;
}

/* false: where the last one lies is not known, but will be with the next. */
static bool mark(struct lookout_log *log)
{
    bool sure = true;
    for (uint32_t i = 0; i < log->count; i++) {
        log->ends[i].mark = log->ends[i].wrote;
        sure = sure && !log->ends[i].unsure;
    }
    return sure;
}

bool lookout_mark(struct lookout *lookout)
{
    if (lookout->marked || !mark(&lookout->decisions) || !mark(&lookout->dlq)) {
        return false;
    }
    int64_t soon_us = now_us() + SOON_US;
    lookout->look_us = soon_us > lookout->look_us ? soon_us : lookout->look_us;
    lookout->marked = true;
    lookout->hidden_us = 0;
    return true;
}

bool lookout_hangs(const struct lookout *lookout)
{
    return lookout->marked && lookout->hidden_us != 0 && now_us() - lookout->hidden_us > HANGS_US;
}

void lookout_unmark(struct lookout *lookout)
{
    lookout->marked = false;
}

int64_t lookout_due_us(const struct lookout *lookout)
{
    return lookout->marked ? lookout->look_us : INT64_MAX;
}

/* What is written and not seen yet. A client reads what is committed unless it says otherwise: the
 * end is the last stable offset. */
static bool is_passed(struct lookout_log *log, rd_kafka_t *rk, const rd_kafka_topic_t *topic)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)log->count);
    for (uint32_t i = 0; i < log->count; i++) {
        if (log->ends[i].mark >= 0) {
            (void)rd_kafka_topic_partition_list_add(list, rd_kafka_topic_name(topic), (int32_t)i);
        }
    }
    bool passed = list->cnt == 0 ||
                  bounds_ask(rk, list, RD_KAFKA_OFFSET_END, ASK_MS) == RD_KAFKA_RESP_ERR_NO_ERROR;
    for (int i = 0; i < list->cnt && passed; i++) {
        struct lookout_end *end = &log->ends[list->elems[i].partition];
        passed = list->elems[i].offset > end->mark;
        if (passed) { /* later ones have a later mark */
            end->wrote = end->wrote > end->mark ? end->wrote : -1;
            end->mark = -1;
        }
    }
    rd_kafka_topic_partition_list_destroy(list);
    return passed;
}

bool lookout_look(struct lookout *lookout,
                  struct outlet *outlet,
                  rd_kafka_topic_partition_list_t *partitions)
{
    bool shown = is_passed(&lookout->decisions, outlet->rk, outlet->decisions) &&
                 is_passed(&lookout->dlq, outlet->rk, outlet->dlq);
    if (!shown && lookout->hidden_us == 0) {
        lookout->hidden_us = now_us();
    }
    bool seen = shown && (partitions->cnt == 0 ||
                          undo_await(outlet->rk, outlet->settings.group, partitions, PENDS_MS));
    lookout->look_us = now_us() + EVERY_US;
    lookout->marked = !seen;
    return seen;
}
