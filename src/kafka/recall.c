/* Which outputs of partitions are out, read back from the output topics (port/recall.h). */

#include "mentor/port/recall.h"

#include <stdlib.h>

#include "mentor/base/err.h"

#include "consumer.h"
#include "outputs.h"
#include "transactor.h"

enum {
    END_MS = 2000, /* for what others have open */
};

struct recalling {
    struct recall *recalls; /* in order of partition */
    uint32_t count;
    bool visible;
};

static int by_partition(const void *left, const void *right)
{
    int32_t a = ((const struct recall *)left)->partition;
    int32_t b = ((const struct recall *)right)->partition;
    return (a > b) - (a < b);
}

static void add(void *context, const struct output *output)
{
    const struct recalling *recalling = context;
    const struct recall asked = {.partition = output->partition};
    struct recall *recall =
        bsearch(&asked, recalling->recalls, recalling->count, sizeof(asked), by_partition);
    if (recall != NULL) {
        recall_add(recalling->visible ? &recall->visible : &recall->written, output->offset);
    }
}

/* The earliest of them. */
static int64_t since_of(const struct recalling *recalling)
{
    int64_t since_ms = INT64_MAX;
    for (uint32_t i = 0; i < recalling->count; i++) {
        int64_t its_ms = recalling->recalls[i].since_ms;
        since_ms = its_ms < since_ms ? its_ms : since_ms;
    }
    return since_ms;
}

static bool
read_as(struct outputs *outputs, struct recalling *recalling, bool visible, struct err *err)
{
    recalling->visible = visible;
    return outputs_read_since(outputs, since_of(recalling), visible, add, recalling, err);
}

static bool read_topic(const struct consumer *consumer,
                       const char *topic,
                       struct recalling *recalling,
                       struct err *err)
{
    struct outputs *outputs = outputs_open(consumer->rk, &consumer->settings, topic, err);
    int hang = outputs == NULL ? -1 : outputs_hang(outputs, END_MS, err);
    if (hang > 0) {
        (void)err_set(err,
                      ERR_RETRY,
                      "a transaction is open in %s, and which outputs are out cannot be told "
                      "before it is ended; if this is said again, see the README's \"Lost ends\"",
                      topic);
        transactor_doubt(consumer->transactor, err);
    }
    bool done = hang == 0 && read_as(outputs, recalling, false, err) &&
                read_as(outputs, recalling, true, err);
    outputs_close(&outputs);
    return done;
}

bool consumer_recall(void *self, struct recall *recalls, uint32_t count, struct err *err)
{
    const struct consumer *consumer = self;
    const struct kafka_settings *settings = &consumer->settings;
    struct recalling recalling = {.recalls = recalls, .count = count};
    if (!offsets_ready(consumer, err)) {
        return false;
    }
    bool done = read_topic(consumer, settings->topic_decisions, &recalling, err) &&
                read_topic(consumer, settings->topic_dlq, &recalling, err);
    for (uint32_t i = 0; i < count; i++) {
        recall_sort(&recalls[i]);
    }
    return done;
}
