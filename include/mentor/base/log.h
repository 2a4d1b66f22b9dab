#ifndef MENTOR_BASE_LOG_H
#define MENTOR_BASE_LOG_H

/*
 * One line a call, to stderr: logfmt (ts= level= event= and the caller's pairs), or the same as
 * JSON. `event` is a stable id. No value may come from an application: no CPR number, no name, no
 * free text.
 */

#include <stdbool.h>
#include <stdint.h>

enum log_level {
    LOG_LEVEL_DEBUG,
    LOG_LEVEL_INFO,
    LOG_LEVEL_WARN,
    LOG_LEVEL_ERROR,
};

/* Once, before any thread starts. */
void log_open(bool json, enum log_level least);

/* From now on this thread's lines say lane=NUMBER; 0: they do not. */
void log_lane(uint32_t number);

/* A pair's value; keys are literals. */
struct log_pair {
    const char *key;
    const char *text; /* NULL: the number stands */
    int64_t number;
};

#define LOG_TEXT(key_, value_)                                                                     \
    {                                                                                              \
        .key = (key_), .text = (value_)                                                            \
    }
#define LOG_NUMBER(key_, value_)                                                                   \
    {                                                                                              \
        .key = (key_), .number = (value_)                                                          \
    }

void log_write(enum log_level level,
               const char *event,
               const struct log_pair *pairs,
               unsigned count);

/* LOG(LOG_LEVEL_INFO, "worker.ready", LOG_TEXT("group", group), LOG_NUMBER("partitions", n)); */
#define LOG(level, event, ...)                                                                     \
    log_write((level),                                                                             \
              (event),                                                                             \
              (const struct log_pair[]){__VA_ARGS__},                                              \
              sizeof((const struct log_pair[]){__VA_ARGS__}) / sizeof(struct log_pair))

#endif /* MENTOR_BASE_LOG_H */
