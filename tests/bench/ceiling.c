/* mentord-ceiling SAMPLES [the worker's options]: runs until SIGTERM. See ceiling.h. */

#include "ceiling.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "mentor/app/options.h"
#include "mentor/base/clock.h"
#include "mentor/kafka/kafka.h"
#include "mentor/pg/pg.h"

enum {
    ARENA_SIZE = 192 * 1024 * 1024,
    RECORDS_MAX = 5000,
    LINGER_US = 5000,
    IDLE_MS = 100,
    MARK_US = 1000000,
    WAIT_MS = 10000,
};

static volatile sig_atomic_t stop;

static void on_signal(int signal_number)
{
    (void)signal_number;
    stop = 1;
}

static int64_t now_us(void)
{
    struct clock clock = clock_system();
    return clock.mono_us(clock.self);
}

static bool take_partitions(struct ceiling *ceiling)
{
    struct source *source = &ceiling->source;
    const int32_t *partitions = NULL;
    int64_t from[PARTITIONS_MAX];
    uint32_t count = source->partitions(source->self, &partitions);
    for (uint32_t i = 0; i < count; i++) {
        int64_t high = 0;
        ceiling->positions[i] = (struct position){.partition = partitions[i]};
        ceiling->slot_of[partitions[i]] = i;
        if (!source->bounds(source->self,
                            partitions[i],
                            &ceiling->positions[i].next_offset,
                            &high,
                            &ceiling->err)) {
            return false;
        }
    }
    ceiling->slot_count = count;
    if (!ceiling->store.take(ceiling->store.self, ceiling->positions, count, &ceiling->err)) {
        return false;
    }
    for (uint32_t i = 0; i < count; i++) {
        from[i] = ceiling->positions[i].next_offset;
        if (!ceiling->sink.begin(ceiling->sink.self, partitions[i], from[i], &ceiling->err)) {
            return false;
        }
    }
    return source->start(source->self, ceiling->positions, from, count, &ceiling->err);
}

/* One poll; *got: a record was added. */
static bool poll_once(struct ceiling *ceiling, uint32_t wait_ms, bool *got)
{
    struct record *record = &ceiling->records[ceiling->record_count];
    *got = false;
    switch (ceiling->source.poll(ceiling->source.self, wait_ms, record, &ceiling->err)) {
    case SOURCE_RECORD:
        ceiling->record_count++;
        *got = true;
        return true;
    case SOURCE_NOTHING:
    case SOURCE_END:
        return true;
    case SOURCE_ASSIGNED:
        return take_partitions(ceiling);
    case SOURCE_REVOKED:
    case SOURCE_LOST:
    case SOURCE_RESET:
        return err_set(&ceiling->err, ERR_HALT, "the group changed: the ceiling works alone");
    case SOURCE_FAILED:
        break;
    }
    return false;
}

static bool gather(struct ceiling *ceiling)
{
    int64_t until = INT64_MAX;
    bool got = true;
    ceiling->record_count = 0;
    while (got && ceiling->record_count < ceiling->batch_most && now_us() < until) {
        bool empty = ceiling->record_count == 0;
        if (!poll_once(ceiling, empty ? IDLE_MS : 1, &got)) {
            return false;
        }
        until = empty ? now_us() + LINGER_US : until;
    }
    return true;
}

static bool settle(struct ceiling *ceiling, uint32_t slot)
{
    struct position *position = &ceiling->positions[slot];
    return ceiling->sink.settled(
        ceiling->sink.self, position->partition, &position->emitted_offset, &ceiling->err);
}

static bool store_batch(struct ceiling *ceiling)
{
    struct batch *batch = &ceiling->batch;
    struct position moved[PARTITIONS_MAX];
    for (uint32_t i = 0; i < batch->range_count; i++) {
        struct batch_range *range = &batch->ranges[i];
        if (!settle(ceiling, range->slot)) {
            return false;
        }
        range->emitted_offset = ceiling->positions[range->slot].emitted_offset;
    }
    if (!ceiling->store.write(ceiling->store.self, ceiling->positions, batch, &ceiling->err)) {
        return false;
    }
    for (uint32_t i = 0; i < batch->range_count; i++) {
        const struct batch_range *range = &batch->ranges[i];
        struct position *position = &ceiling->positions[range->slot];
        position->next_offset = range->to;
        position->evaluated_at_ms = range->evaluated_at_ms;
        position->last_offset = range->last_offset;
        memcpy(position->link, range->link, SHA256_SIZE);
        moved[i] = *position;
    }
    return ceiling->source.commit(ceiling->source.self, moved, batch->range_count, &ceiling->err);
}

/* What is acknowledged is marked when nothing comes, as the worker does. */
static bool mark(struct ceiling *ceiling)
{
    if (ceiling->slot_count == 0 || now_us() - ceiling->marked_at_us < MARK_US) {
        return true;
    }
    ceiling->marked_at_us = now_us();
    for (uint32_t i = 0; i < ceiling->slot_count; i++) {
        if (!settle(ceiling, i)) {
            return false;
        }
    }
    return ceiling->store.emitted(
        ceiling->store.self, ceiling->positions, ceiling->slot_count, false, &ceiling->err);
}

static bool step(struct ceiling *ceiling)
{
    if (!mark(ceiling) || !gather(ceiling)) {
        return false;
    }
    if (ceiling->record_count == 0) {
        return true;
    }
    ceiling_ask(ceiling);
    if (!ceiling->store.read(
            ceiling->store.self, ceiling->positions, &ceiling->batch.read, &ceiling->err)) {
        return false;
    }
    ceiling_fill(ceiling);
    if (!store_batch(ceiling) || !ceiling_send(ceiling)) {
        return false;
    }
    ceiling->stored += ceiling->record_count;
    ceiling->source.release(ceiling->source.self, UINT32_MAX);
    return true;
}

static bool run(struct ceiling *ceiling)
{
    while (!*ceiling->stop) {
        if (!step(ceiling)) {
            return false;
        }
    }
    return ceiling->sink.flush(ceiling->sink.self, WAIT_MS, &ceiling->err);
}

struct clients {
    struct kafka_settings kafka;
    struct pg_settings pg;
    struct pg_rulebook rulebook;
    struct kafka_facts facts;
    struct consumer *consumer;
    struct producer *producer;
    struct pg_store *store;
};

static bool
connect_all(struct clients *clients, const struct options *options, struct ceiling *ceiling)
{
    const char *const *values = options->values;
    struct err *err = &ceiling->err;
    clients->kafka = (struct kafka_settings){
        .brokers = values[OPTION_KAFKA_BROKERS],
        .group = values[OPTION_GROUP],
        .topic_applications = values[OPTION_TOPIC_APPLICATIONS],
        .topic_decisions = values[OPTION_TOPIC_DECISIONS],
        .topic_dlq = values[OPTION_TOPIC_DLQ],
    };
    clients->pg = (struct pg_settings){.url = values[OPTION_DATABASE_URL], .owner = "ceiling"};
    clients->rulebook =
        (struct pg_rulebook){.name = "ceiling", .version = "1", .yaml = bytes_text("none")};
    clients->store = pg_store_open(&clients->pg,
                                   clients->kafka.topic_applications,
                                   clients->kafka.group,
                                   &clients->rulebook,
                                   err);
    clients->consumer = clients->store == NULL ? NULL : consumer_open(&clients->kafka, err);
    clients->producer = clients->consumer == NULL ? NULL : producer_open(&clients->kafka, err);
    if (clients->producer == NULL || !kafka_check(&clients->kafka, WAIT_MS, &clients->facts, err)) {
        return false;
    }
    ceiling->store = pg_store_port(clients->store);
    ceiling->source = consumer_source(clients->consumer);
    ceiling->sink = producer_sink(clients->producer);
    ceiling->batch_most = (uint32_t)options->numbers[OPTION_BATCH];
    return ceiling->store.open(
        ceiling->store.self, clients->facts.cluster, clients->facts.partition_count, err);
}

int main(int argc, char **argv)
{
    static struct ceiling ceiling;
    struct clients clients = {.consumer = NULL};
    struct options options = {.command = NULL};
    struct sigaction action = {.sa_handler = on_signal};
    (void)sigaction(SIGTERM, &action, NULL);
    ceiling.stop = &stop;
    ceiling.records = calloc(RECORDS_MAX + 1, sizeof(*ceiling.records));
    bool done = ceiling.records != NULL && arena_init(&ceiling.arena, ARENA_SIZE) &&
                options_load(&options, argc, argv, FOR_WORKER, &ceiling.err) &&
                samples_load(&ceiling.samples, options.command, &ceiling.err) &&
                connect_all(&clients, &options, &ceiling) && run(&ceiling);
    (void)fprintf(stderr,
                  "ceiling: %" PRId64 " stored%s%s\n",
                  ceiling.stored,
                  done ? "" : "; ended by: ",
                  done ? "" : ceiling.err.text);
    consumer_close(&clients.consumer);
    producer_close(&clients.producer);
    pg_store_close(&clients.store);
    samples_release(&ceiling.samples);
    arena_release(&ceiling.arena);
    free(ceiling.records);
    options_release(&options);
    return done ? 0 : 1;
}
