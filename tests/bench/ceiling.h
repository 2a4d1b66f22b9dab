#ifndef BENCH_CEILING_H
#define BENCH_CEILING_H

/*
 * The bare pipeline that the worker is measured against: the same records in, the same statements
 * on the same tables with rows of the same size and key distribution, the same group commit and
 * outputs of the same bytes; nothing is decoded, decided, hashed or written as JSON. Keys and ids
 * are mixed from offsets, contents come from a real run's outputs.
 */

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "mentor/base/arena.h"
#include "mentor/base/err.h"
#include "mentor/port/batch.h"
#include "mentor/port/sink.h"
#include "mentor/port/source.h"
#include "mentor/port/store.h"

/* A stored output of a real run. */
struct sample {
    bool approved;
    struct bytes output;
};

struct samples {
    struct sample *items; /* owned, and what they point at */
    uint32_t count;
};

struct ceiling {
    struct source source;
    struct store store;
    struct sink sink;
    const volatile sig_atomic_t *stop;
    struct samples samples;
    uint32_t batch_most;
    struct arena arena; /* owned; one batch */
    struct err err;

    uint32_t slot_count;
    struct position positions[PARTITIONS_MAX];
    uint32_t slot_of[PARTITIONS_MAX]; /* by partition */

    struct record *records; /* owned; the batch in hand */
    uint32_t record_count;
    uint32_t *application_of; /* in the arena */
    uint32_t *citizen_of;
    struct batch batch; /* in the arena */
    int64_t marked_at_us;
    int64_t stored;
};

/* ceiling_batch.c: rows to ask for, and everything to write. */
void ceiling_ask(struct ceiling *ceiling);
void ceiling_fill(struct ceiling *ceiling);

/* ceiling_output.c: reads lines of `0|1 HEX`, and sends what is stored. */
MUST_CHECK bool samples_load(struct samples *samples, const char *path, struct err *err);
void samples_release(struct samples *samples);
MUST_CHECK bool ceiling_send(struct ceiling *ceiling);

/* 64 well mixed bits of a place in the log: splitmix64. */
static inline uint64_t mix(uint64_t number)
{
    number += UINT64_C(0x9e3779b97f4a7c15);
    number = (number ^ (number >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    number = (number ^ (number >> 27)) * UINT64_C(0x94d049bb133111eb);
    return number ^ (number >> 31);
}

static inline uint64_t place_of(const struct record *record)
{
    return mix(((uint64_t)record->partition << 40) + (uint64_t)record->offset);
}

static inline const struct sample *sample_of(const struct ceiling *ceiling,
                                             const struct record *record)
{
    return &ceiling->samples.items[place_of(record) % ceiling->samples.count];
}

#endif /* BENCH_CEILING_H */
