/* In place of src/kafka's bounds.c and reader.c: where the output logs end, and what hangs there.
 */

#include <stdio.h>

#include "mentor/base/err.h"
#include "mentor/kafka/kafka.h"

#include "../../src/kafka/bounds.h"
#include "coordinator_state.h"
#include "load.h"
#include "producer.h"
#include "rdkafka.h"
#include "sim.h"

struct reader {
    rd_kafka_t *rk;
    const char *topic;
    uint32_t first; /* its partitions among the outputs */
    uint32_t count;
    bool committed; /* of what readers of that see */
    struct topic_bounds bounds[OUT_PARTITIONS];
    int64_t at[OUT_PARTITIONS]; /* -1: not read */
};

static uint32_t first_of(const char *topic)
{
    return strcmp(topic, "dlq") == 0 ? OUT_DLQ : 0;
}

int bounds_partitions(rd_kafka_t *rk, const char *name, int wait_ms, struct err *err)
{
    (void)rk;
    (void)wait_ms;
    (void)err;
    if (strcmp(name, LOAD_TOPIC) == 0) {
        return (int)sim.broker.partition_count;
    }
    return first_of(name) == OUT_DLQ ? 1 : OUT_DLQ;
}

static bool ask(rd_kafka_t *rk, int64_t wait_ms)
{
    sim_step(LABEL_HANGING, PHASE_ASKED);
    bool answered = rdkafka_round_trip(rk->actor, sim.now_us + wait_ms * 1000);
    sim_step(LABEL_HANGING, PHASE_ANSWERED);
    return answered;
}

/* As a broker that is asked by a reader of what is committed. */
static int64_t offset_at(const struct out_log *log, int64_t at)
{
    if (at == RD_KAFKA_OFFSET_END) {
        return log->read;
    }
    for (uint32_t i = 0; i < log->read; i++) {
        if (log->entries[i].at_ms >= at) {
            return i;
        }
    }
    return RD_KAFKA_OFFSET_END;
}

/* The input's are client_bounds()'s to answer. */
rd_kafka_resp_err_t
bounds_ask(rd_kafka_t *rk, rd_kafka_topic_partition_list_t *list, int64_t end, int wait_ms)
{
    if (!ask(rk, wait_ms)) {
        return RD_KAFKA_RESP_ERR__TIMED_OUT;
    }
    for (int i = 0; i < list->cnt; i++) {
        rd_kafka_topic_partition_t *at = &list->elems[i];
        at->offset =
            offset_at(&coordinator.logs[first_of(at->topic) + (uint32_t)at->partition], end);
    }
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

static struct reader *reader_of(const char *topic, bool committed, struct err *err)
{
    struct reader *reader = sim_alloc(sizeof(*reader));
    reader->committed = committed;
    reader->rk = rdkafka_open(sim.running, NULL);
    reader->topic = topic;
    reader->first = first_of(topic);
    reader->count = (uint32_t)bounds_partitions(reader->rk, topic, 0, err);
    return reader;
}

struct reader *
reader_open(const struct kafka_settings *settings, const char *topic, struct err *err)
{
    (void)settings;
    return reader_of(topic, true, err);
}

struct reader *
reader_open_uncommitted(const struct kafka_settings *settings, const char *topic, struct err *err)
{
    (void)settings;
    return reader_of(topic, false, err);
}

void reader_close(struct reader **reader)
{
    *reader = NULL;
}

static bool reader_bounds(void *self,
                          uint32_t wait_ms,
                          const struct topic_bounds **bounds,
                          uint32_t *count,
                          struct err *err)
{
    struct reader *reader = self;
    if (!ask(reader->rk, wait_ms)) {
        return err_set(err, ERR_RETRY, "the bounds cannot be had");
    }
    for (uint32_t i = 0; i < reader->count; i++) {
        reader->bounds[i].partition = (int32_t)i;
        reader->bounds[i].high = coordinator.logs[reader->first + i].count;
    }
    *bounds = reader->bounds;
    *count = reader->count;
    return true;
}

static bool reader_start(void *self, const int64_t *offsets, struct err *err)
{
    struct reader *reader = self;
    (void)err;
    memcpy(reader->at, offsets, reader->count * sizeof(*offsets));
    return true;
}

bool rdkafka_origin(const struct record *output,
                    const char *topic,
                    int32_t *partition,
                    int64_t *offset)
{
    const struct out_entry *entry = (const void *)output->value.data;
    if (entry->message == NULL || strcmp(topic, LOAD_TOPIC) != 0) {
        return false; /* an undo's */
    }
    *partition = entry->message->partition;
    *offset = entry->message->offset;
    return true;
}

static uint32_t end_of(const struct reader *reader, const struct out_log *log)
{
    return reader->committed ? log->read : log->count;
}

/* A marker is not seen. */
static int reader_next(void *self, uint32_t wait_ms, struct record *record, struct err *err)
{
    struct reader *reader = self;
    (void)err;
    for (uint32_t i = 0; i < reader->count; i++) {
        const struct out_log *log = &coordinator.logs[reader->first + i];
        while (reader->at[i] >= 0 && reader->at[i] < end_of(reader, log)) {
            const struct out_entry *entry = &log->entries[reader->at[i]];
            *record = (struct record){
                .partition = (int32_t)i, .offset = reader->at[i]++, .timestamp_ms = entry->at_ms};
            record->value = bytes_of(&log->entries[record->offset], sizeof(*log->entries));
            if (!entry->marker && (!reader->committed || entry->end == END_COMMITTED)) {
                return 1;
            }
        }
    }
    sim_spend((int64_t)wait_ms * 1000);
    return 0;
}

static bool reader_at_end(void *self)
{
    const struct reader *reader = self;
    for (uint32_t i = 0; i < reader->count; i++) {
        if (reader->at[i] >= 0 &&
            reader->at[i] < end_of(reader, &coordinator.logs[reader->first + i])) {
            return false;
        }
    }
    return true;
}

struct topic_reader reader_port(struct reader *reader)
{
    return (struct topic_reader){
        .bounds = reader_bounds,
        .start = reader_start,
        .next = reader_next,
        .at_end = reader_at_end,
        .self = reader,
    };
}
