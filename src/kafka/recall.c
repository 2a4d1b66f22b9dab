/* Which outputs of a partition are out, read back from the output topics (port/recall.h). */

#include "mentor/port/recall.h"

#include "mentor/base/err.h"

#include "consumer.h"
#include "outputs.h"
#include "transactor.h"

enum {
    END_MS = 2000, /* for what others have open */
};

struct recalling {
    int32_t partition;
    struct recall_set *set;
};

static void add(void *context, const struct output *output)
{
    const struct recalling *recalling = context;
    if (output->partition == recalling->partition) {
        recall_add(recalling->set, output->offset);
    }
}

static bool read_topic(const struct consumer *consumer,
                       const char *topic,
                       int32_t partition,
                       int64_t since_ms,
                       struct recall *recall,
                       struct err *err)
{
    struct recalling written = {.partition = partition, .set = &recall->written};
    struct recalling visible = {.partition = partition, .set = &recall->visible};
    struct outputs *outputs = outputs_open(consumer->rk, &consumer->settings, topic, err);
    int hang = outputs == NULL ? -1 : outputs_hang(outputs, END_MS, err);
    if (hang > 0) {
        (void)err_set(err,
                      ERR_RETRY,
                      "a transaction is open in %s, and what is out of partition %d cannot be told "
                      "before it is ended; if this is said again, see the README's \"Lost ends\"",
                      topic,
                      partition);
        transactor_doubt(consumer->transactor, err);
    }
    bool done = hang == 0 && outputs_read_since(outputs, since_ms, false, add, &written, err) &&
                outputs_read_since(outputs, since_ms, true, add, &visible, err);
    outputs_close(&outputs);
    return done;
}

bool consumer_recall(
    void *self, int32_t partition, int64_t since_ms, struct recall *recall, struct err *err)
{
    const struct consumer *consumer = self;
    const struct kafka_settings *settings = &consumer->settings;
    if (!offsets_ready(consumer, err)) {
        return false;
    }
    bool done = read_topic(consumer, settings->topic_decisions, partition, since_ms, recall, err) &&
                read_topic(consumer, settings->topic_dlq, partition, since_ms, recall, err);
    recall_sort(recall);
    return done;
}
