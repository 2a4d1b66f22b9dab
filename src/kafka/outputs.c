#include "outputs.h"

#include <inttypes.h>
#include <stdlib.h>

#include "mentor/base/clock.h"
#include "mentor/base/err.h"
#include "mentor/base/log.h"

#include "bounds.h"

enum {
    ASK_MS = 5000,
    ASK_PAUSE_MS = 20,
    SILENCE_MS = 10000, /* nothing comes, and the end is not there */
    READ_PAUSE_MS = 100,
    PROGRESS_MS = 5000,
};

struct outputs {
    rd_kafka_t *rk;
    const struct kafka_settings *settings;
    const char *topic;
    struct reader *reader; /* of all that is there, committed or not */
    const struct topic_bounds *bounds;
    uint32_t count;
    int64_t *from; /* beside bounds: where reading begins; -1: not at all */
};

static int64_t now_ms(void)
{
    struct clock clock = clock_system();
    return clock.mono_us(clock.self) / 1000;
}

struct outputs *outputs_open(rd_kafka_t *rk,
                             const struct kafka_settings *settings,
                             const char *topic,
                             struct err *err)
{
    struct outputs *outputs = calloc(1, sizeof(*outputs));
    CHECK(outputs != NULL);
    CHECK(settings->origin != NULL);
    *outputs = (struct outputs){.rk = rk, .settings = settings, .topic = topic};
    outputs->reader = reader_open_uncommitted(settings, topic, err);
    if (outputs->reader != NULL) {
        struct topic_reader reader = reader_port(outputs->reader);
        if (reader.bounds(reader.self, ASK_MS, &outputs->bounds, &outputs->count, err)) {
            outputs->from = calloc(outputs->count, sizeof(*outputs->from));
            CHECK(outputs->from != NULL);
            return outputs;
        }
    }
    outputs_close(&outputs);
    return NULL;
}

void outputs_close(struct outputs **outputs)
{
    struct outputs *self = *outputs;
    if (self == NULL) {
        return;
    }
    reader_close(&self->reader);
    free(self->from);
    free(self);
    *outputs = NULL;
}

/* Where each partition's `at` lies, into `from`; -1 where that is not below the end. A client reads
 * what is committed unless it says otherwise. How many lie below; -1: *err. */
static int ask(struct outputs *outputs, int64_t at, struct err *err)
{
    int below = 0;
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)outputs->count);
    for (uint32_t i = 0; i < outputs->count; i++) {
        (void)rd_kafka_topic_partition_list_add(list, outputs->topic, outputs->bounds[i].partition);
    }
    rd_kafka_resp_err_t code = bounds_ask(outputs->rk, list, at, ASK_MS);
    for (uint32_t i = 0; i < outputs->count; i++) {
        int64_t offset = list->elems[i].offset; /* -1: nothing so late */
        outputs->from[i] = offset < outputs->bounds[i].high ? offset : -1;
        below += outputs->from[i] >= 0;
    }
    rd_kafka_topic_partition_list_destroy(list);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
        return below;
    }
    (void)err_set(err,
                  ERR_RETRY,
                  "what is ended in %s cannot be had: %s",
                  outputs->topic,
                  rd_kafka_err2str(code));
    return -1;
}

int outputs_hang(struct outputs *outputs, int wait_ms, struct err *err)
{
    struct clock clock = clock_system();
    int64_t until = now_ms() + wait_ms;
    int hang = 0;
    while ((hang = ask(outputs, RD_KAFKA_OFFSET_END, err)) > 0 && now_ms() < until) {
        clock.sleep_ms(clock.self, ASK_PAUSE_MS);
    }
    return hang;
}

/* false: an undo's, or nothing of ours. */
static bool
read_output(const struct outputs *outputs, const struct record *record, struct output *output)
{
    const struct kafka_settings *settings = outputs->settings;
    output->timestamp_ms = record->timestamp_ms;
    return settings->origin(
        record, settings->topic_applications, &output->partition, &output->offset);
}

/* One that is under way, of one partition after the other: one that others go on writing to has no
 * end. */
struct reading {
    struct outputs *outputs;
    struct topic_reader reader;
    output_fn *see;
    void *context;
    int64_t read;
    int64_t said_ms;
};

static void log_progress(struct reading *reading)
{
    reading->read++;
    if (now_ms() - reading->said_ms >= PROGRESS_MS) {
        reading->said_ms = now_ms();
        LOG(LOG_LEVEL_INFO,
            "outputs.reading",
            LOG_TEXT("topic", reading->outputs->topic),
            LOG_NUMBER("read", reading->read),
            LOG_TEXT("why", "which outputs are out is read back from the topic"));
    }
}

static bool begin(const struct reading *reading, uint32_t place, struct err *err)
{
    const struct outputs *outputs = reading->outputs;
    int64_t *from = malloc(outputs->count * sizeof(*from));
    CHECK(from != NULL);
    for (uint32_t i = 0; i < outputs->count; i++) {
        from[i] = i == place ? outputs->from[i] : -1;
    }
    bool begun = reading->reader.start(reading->reader.self, from, err);
    free(from);
    return begun;
}

/* From `from` on, to the end as it was. */
static bool read_partition(struct reading *reading, uint32_t place, struct err *err)
{
    const struct outputs *outputs = reading->outputs;
    const struct topic_reader *reader = &reading->reader;
    int64_t high = outputs->bounds[place].high;
    int64_t heard_ms = now_ms();
    bool done = outputs->from[place] < 0;
    if (!done && !begin(reading, place, err)) {
        return false;
    }
    while (!done && now_ms() - heard_ms < SILENCE_MS) {
        struct record record;
        struct output output;
        int got = reader->next(reader->self, READ_PAUSE_MS, &record, err);
        if (got < 0) {
            err->kind = ERR_RETRY; /* also when the log has lost what was there meanwhile */
            return false;
        }
        if (got == 0) {
            done = reader->at_end(reader->self);
            continue;
        }
        heard_ms = now_ms();
        done = record.offset >= high - 1;
        if (record.offset < high && read_output(outputs, &record, &output)) {
            reading->see(reading->context, &output);
        }
        log_progress(reading);
    }
    return done || err_set(err,
                           ERR_RETRY,
                           "%s/%" PRId32 " was not read to its end",
                           outputs->topic,
                           outputs->bounds[place].partition);
}

static bool read_on(
    struct outputs *outputs, struct reader *reader, output_fn *see, void *context, struct err *err)
{
    struct reading reading = {.outputs = outputs,
                              .reader = reader_port(reader),
                              .see = see,
                              .context = context,
                              .said_ms = now_ms()};
    bool done = true;
    for (uint32_t i = 0; i < outputs->count && done; i++) {
        done = read_partition(&reading, i, err);
    }
    return done;
}

bool outputs_read_hanging(struct outputs *outputs, output_fn *see, void *context, struct err *err)
{
    return read_on(outputs, outputs->reader, see, context, err);
}

/* Its bounds are asked so that it knows the partitions. */
static bool read_visible(struct outputs *outputs, output_fn *see, void *context, struct err *err)
{
    const struct topic_bounds *bounds = NULL;
    uint32_t count = 0;
    struct reader *reader = reader_open(outputs->settings, outputs->topic, err);
    if (reader == NULL) {
        return false;
    }
    struct topic_reader port = reader_port(reader);
    bool done = port.bounds(port.self, ASK_MS, &bounds, &count, err) &&
                (count == outputs->count ||
                 err_set(err, ERR_RETRY, "%s has other partitions now", outputs->topic)) &&
                read_on(outputs, reader, see, context, err);
    reader_close(&reader);
    return done;
}

bool outputs_read_since(struct outputs *outputs,
                        int64_t since_ms,
                        bool visible,
                        output_fn *see,
                        void *context,
                        struct err *err)
{
    int below = ask(outputs, since_ms, err);
    if (below <= 0) {
        return below == 0;
    }
    return visible ? read_visible(outputs, see, context, err)
                   : read_on(outputs, outputs->reader, see, context, err);
}
