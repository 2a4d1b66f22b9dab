#ifndef KAFKA_OUTPUTS_H
#define KAFKA_OUTPUTS_H

/*
 * What an output topic holds of ours, as it is when the look at it begins: what hangs, that is, is
 * neither committed nor aborted yet, and what was written since a time. One thread.
 */

#include <librdkafka/rdkafka.h>

#include "mentor/base/check.h"
#include "mentor/kafka/kafka.h"

struct err;

/* A look at a topic. */
struct outputs;

/* An output; names the record that it comes of. */
struct output {
    int32_t partition;    /* of the input topic */
    int64_t offset;       /* likewise */
    int64_t timestamp_ms; /* the output's own, Unix */
};

typedef void output_fn(void *context, const struct output *output);

/* `rk`: any client, borrowed, of which the leaders are asked. NULL: *err, ERR_RETRY. */
struct outputs *outputs_open(rd_kafka_t *rk,
                             const struct kafka_settings *settings,
                             const char *topic,
                             struct err *err);
void outputs_close(struct outputs **outputs);

/* How many partitions have something that hangs, asked for up to wait_ms, until none has; -1:
 * *err, ERR_RETRY. */
int outputs_hang(struct outputs *outputs, int wait_ms, struct err *err);
/* Reads what hung when that was asked, and what lies behind it; it may have an end since.
 * ERR_RETRY. */
MUST_CHECK bool
outputs_read_hanging(struct outputs *outputs, output_fn *see, void *context, struct err *err);
/* Reads what was written from then on, Unix; `visible`: of that, what readers see of what is
 * committed, which is all of it only when nothing hangs. ERR_RETRY. */
MUST_CHECK bool outputs_read_since(struct outputs *outputs,
                                   int64_t since_ms,
                                   bool visible,
                                   output_fn *see,
                                   void *context,
                                   struct err *err);

#endif /* KAFKA_OUTPUTS_H */
