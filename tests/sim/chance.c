/* Randomness, memory and words of a world; and what the program's own files would print. */

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "mentor/base/log.h"

#include "sim.h"

static enum guard removed = GUARD_COUNT;

bool guard_stands(enum guard guard)
{
    return guard != removed;
}

void guard_remove(enum guard guard)
{
    removed = guard;
}

uint32_t sim_below(uint32_t count)
{
    return (uint32_t)((rng_next(&sim.rng) >> 32) * count >> 32);
}

int64_t sim_between(int64_t least, int64_t most)
{
    return least + (int64_t)(rng_next(&sim.rng) % (uint64_t)(most - least + 1));
}

bool sim_one_in(uint32_t count)
{
    return sim_below(count) == 0;
}

void *sim_alloc(size_t size)
{
    void *memory = arena_alloc(&sim.arena, size);
    if (memory == NULL) {
        (void)fprintf(stderr, "seed %llu: the world is too large\n", (unsigned long long)sim.seed);
        abort();
    }
    return memset(memory, 0, size);
}

struct bytes sim_keep(struct bytes bytes)
{
    struct bytes copy = {0};
    if (bytes.size > 0) {
        void *memory = sim_alloc(bytes.size);
        memcpy(memory, bytes.data, bytes.size);
        copy = bytes_of(memory, bytes.size);
    }
    return copy;
}

void sim_count(enum fault fault)
{
    sim.counts.faults[fault]++;
    sim_trace("fault %s", fault_name(fault));
}

static void trace_head(void)
{
    (void)printf("%10.6f ", (double)sim.now_us / 1e6);
    if (sim.running != NULL) {
        (void)printf("w%u/%llu ", sim.running->number, (unsigned long long)sim.running->life);
    } else {
        (void)printf("-    ");
    }
}

void sim_trace(const char *format, ...)
{
    if (sim.tracing) {
        va_list arguments;
        va_start(arguments, format);
        trace_head();
        (void)vprintf(format, arguments);
        (void)printf("\n");
        va_end(arguments);
    }
}

void sim_breach(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    if (!sim.breached) {
        (void)vsnprintf(sim.breach, sizeof(sim.breach), format, arguments);
        sim.breached = true;
        sim_trace("BREACH %s", sim.breach);
    }
    va_end(arguments);
}

const char *label_name(enum label label)
{
    static const char *const names[LABEL_COUNT] = {
#define X(name, text) [LABEL_##name] = #text,
        LABELS(X)
#undef X
    };
    return names[label];
}

const char *fault_name(enum fault fault)
{
    static const char *const names[FAULT_COUNT] = {
#define X(name, text) [FAULT_##name] = (text),
        FAULTS(X)
#undef X
    };
    return names[fault];
}

/* In place of src/base/log.c: a line of the trace. */
void log_open(bool json, enum log_level least)
{
    (void)json;
    (void)least;
}

void log_lane(uint32_t number)
{
    (void)number;
}

void log_write(enum log_level level,
               const char *event,
               const struct log_pair *pairs,
               unsigned count)
{
    (void)level;
    if (!sim.tracing) {
        return;
    }
    trace_head();
    (void)printf("log %s", event);
    for (unsigned i = 0; i < count; i++) {
        if (pairs[i].text != NULL) {
            (void)printf(" %s=\"%s\"", pairs[i].key, pairs[i].text);
        } else {
            (void)printf(" %s=%lld", pairs[i].key, (long long)pairs[i].number);
        }
    }
    (void)printf("\n");
}

/* In place of src/base/check.c: a worker that fails one is a breach. */
void check_failed(const char *what, const char *file, int line)
{
    if (sim.running == NULL) {
        (void)fprintf(stderr,
                      "seed %llu: %s:%d: CHECK failed: %s\n",
                      (unsigned long long)sim.seed,
                      file,
                      line,
                      what);
        abort();
    }
    sim_breach("%s:%d: CHECK failed: %s", file, line, what);
    actor_end();
}
