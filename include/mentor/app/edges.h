#ifndef MENTOR_APP_EDGES_H
#define MENTOR_APP_EDGES_H

/*
 * How a command reaches Kafka and PostgreSQL without knowing them: src/wiring.c fills these.
 * Everything opened is closed by main.c when the command returns.
 */

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "mentor/port/archive.h"
#include "mentor/port/chronicle.h"
#include "mentor/port/pages.h"
#include "mentor/port/sink.h"
#include "mentor/port/source.h"
#include "mentor/port/store.h"
#include "mentor/port/topic.h"

struct err;
struct options;
struct rulebook;

enum {
    LANES_MAX = 17, /* and one without a number */
    CHRONICLES_MAX = 19,
    READERS_MAX = 4, /* audit verify: decisions, DLQ, anchors and input */
};

/* One lane's own: a lane is a member of the group with a connection and a producer of its own. */
struct worker_edges {
    struct source source;
    struct store store;
    struct sink sink;
    /* What the broker says of the topics (kafka/kafka.h, kafka_check): ERR_RETRY after wait_ms. */
    bool (*facts)(void *self,
                  uint32_t wait_ms,
                  const char **cluster,
                  int32_t *partition_count,
                  struct err *err);
    /* Where every log of the input topic ends, open transactions included; borrowed until the next
     * call. ERR_RETRY after wait_ms. NULL where a topic never grows. */
    bool (*ends)(
        void *self, uint32_t wait_ms, const int64_t **ends, int32_t *count, struct err *err);
    /* Whether the database was made by `db migrate --demo`. */
    bool (*demo)(void *self, bool *demo, struct err *err);
    /* Ends the transaction that a producer of this id has left open, and whatever it would still
     * send. Waits for seconds. ERR_RETRY; ERR_FENCED: the group has taken the partitions away. NULL
     * where there are no transactions. */
    bool (*fence)(void *self, const char *transactional_id, struct err *err);
    void *self;
};

struct edges {
    /* Settings are checked, nothing is connected yet. `lane` is below LANES_MAX, 0 when there is
     * one only. */
    bool (*worker)(void *self,
                   const struct options *options,
                   const struct rulebook *rulebook,
                   uint32_t lane,
                   struct worker_edges *worker,
                   struct err *err);
    bool (*archive)(void *self,
                    const struct options *options,
                    struct archive *archive,
                    struct err *err);
    /* At most CHRONICLES_MAX, each with a connection of its own; `moment` NULL: now. */
    bool (*chronicle)(void *self,
                      const struct options *options,
                      const char *moment,
                      struct chronicle *chronicle,
                      struct err *err);
    /* At most READERS_MAX. */
    bool (*reader)(void *self,
                   const struct options *options,
                   const char *topic,
                   struct topic_reader *reader,
                   struct err *err);
    /* What a group has committed of the input topic: source.committed only, nothing joins. */
    bool (*group)(void *self,
                  const struct options *options,
                  const char *group,
                  struct source *source,
                  struct err *err);
    /* One at a time: the one before is closed. */
    bool (*writer)(void *self,
                   const struct options *options,
                   const char *topic,
                   struct topic_writer *writer,
                   struct err *err);
    /* Shows the pages over HTTP until unserve(): http/http.h. The pages outlive that. */
    bool (*serve)(void *self, const char *listen, const struct pages *pages, struct err *err);
    void (*unserve)(void *self);
    bool (*migrate)(void *self, const struct options *options, FILE *out, struct err *err);
    bool (*migrations)(
        void *self, const struct options *options, FILE *out, bool *current, struct err *err);
    void *self;
};

#endif /* MENTOR_APP_EDGES_H */
