#ifndef MENTOR_KAFKA_KAFKA_H
#define MENTOR_KAFKA_KAFKA_H

/* What every client of the broker is made from. All texts are borrowed and outlive the clients. */

#include <stdbool.h>
#include <stdint.h>

#include "mentor/base/check.h"
#include "mentor/port/sink.h"
#include "mentor/port/source.h"
#include "mentor/port/topic.h"

struct err;

struct kafka_property {
    const char *key;
    const char *value;
};

/* Which record of `topic` a record of an output topic comes of; false: of none. */
typedef bool kafka_origin_fn(const struct record *output,
                             const char *topic,
                             int32_t *partition,
                             int64_t *offset);

struct kafka_settings {
    const char *brokers;
    const char *group;
    const char *topic_applications;
    const char *topic_decisions;
    const char *topic_dlq;
    const struct kafka_property *properties; /* passed through to librdkafka */
    uint32_t property_count;
    kafka_origin_fn *origin; /* NULL where no outputs are read back (source.recall, kafka_fence) */
    uint32_t lane; /* ends a group.instance.id as -LANE, so that each lane has its own; 0: the only
                      one, as it is */
};

/*
 * Checks the pass-through properties without connecting: unknown ones, and those that the promise
 * rests on (idempotence, group id, assignor, offset storage, …: one table), are ERR_FATAL and name
 * the property, never its value.
 */
MUST_CHECK bool kafka_settings_check(const struct kafka_settings *settings, struct err *err);

/*
 * What the worker asks at start-up: waits until the broker answers (ERR_RETRY after wait_ms, with
 * librdkafka's reason). ERR_HALT: a topic is compacted; or output and DLQ take records less than 64
 * KiB larger than the input's. A broker that does not answer DescribeConfigs within 3 s is a logged
 * warning. Missing topics: ERR_RETRY that names them.
 */
struct kafka_facts {
    char cluster[128];
    int32_t partition_count; /* of the input topic */
};
MUST_CHECK bool kafka_check(const struct kafka_settings *settings,
                            uint32_t wait_ms,
                            struct kafka_facts *facts,
                            struct err *err);

/*
 * What transactional mode rests on, tried out: an aborted record stays hidden from readers of
 * committed ones, an offset with metadata is stored in a transaction, a producer with the same
 * transactional.id replaces the older. On KAFKA_PROBE_TOPIC, which it makes if it may (one
 * partition), and a group of its own; takes a second or two. ERR_HALT: the broker failed to do one
 * of them; ERR_RETRY: it did not answer.
 */
#define KAFKA_PROBE_TOPIC "mentor.probe.v1"
MUST_CHECK bool kafka_probe(const struct kafka_settings *settings, struct err *err);

/*
 * ends.c: where every log of the input topic ends, open transactions included: no record that was
 * acknowledged before lies behind. *ends is owned by the caller: free(). ERR_RETRY after wait_ms.
 */
MUST_CHECK bool kafka_ends(const struct kafka_settings *settings,
                           uint32_t wait_ms,
                           int64_t **ends,
                           int32_t *count,
                           struct err *err);

/*
 * consumer.c: a group member that reads the input topic. Its session times out after 10 s unless
 * session.timeout.ms says otherwise: that is how long a dead worker's partitions wait. open makes
 * the client and does not wait for a broker; the first poll joins.
 */
struct consumer;
MUST_CHECK struct consumer *consumer_open(const struct kafka_settings *settings, struct err *err);
void consumer_close(struct consumer **consumer);
struct source consumer_source(struct consumer *consumer);

/*
 * producer.c: the idempotent producer of decisions and DLQ records. A DLQ record that the topic
 * refuses for its size goes again as a stub: no value, and the header mentor-stub with the value's
 * SHA-256 in hex.
 */
struct producer;
MUST_CHECK struct producer *producer_open(const struct kafka_settings *settings, struct err *err);
void producer_close(struct producer **producer);
struct sink producer_sink(struct producer *producer);

/*
 * identity.c: the transactional id GROUP/LIFE/LANE of a lane's producer. `life` is of this process
 * and of no other ever: two workers with one id would fence each other for ever. So of a long group
 * it has the first 128 bytes, and the life whole, which is at most 115 bytes.
 */
enum {
    KAFKA_TRANSACTIONAL_ID_SIZE = 256, /* with its terminator */
};
void kafka_transactional_id(const struct kafka_settings *settings,
                            const char *life,
                            char id[KAFKA_TRANSACTIONAL_ID_SIZE]);

/*
 * transactor.c: in place of the producer, outputs and the group's offsets in one transaction.
 * `transactional_id` is ours alone; the consumer's positions go through it from now on. The
 * consumer outlives it but for its closing: close the transactor first. open does not wait for a
 * broker; sink.purge makes the client, resolves what an earlier one has left, and waits up to 10 s
 * for what is under way and 5 s for that. sink.settled and flush count what is committed.
 */
struct transactor;
MUST_CHECK struct transactor *transactor_open(const struct kafka_settings *settings,
                                              const char *transactional_id,
                                              struct consumer *consumer,
                                              struct err *err);
void transactor_close(struct transactor **transactor);
struct sink transactor_sink(struct transactor *transactor);

/*
 * fence.c: commits or aborts what a dead producer of this transactional id has left open, so that
 * nobody waits for the broker to time it out; should it live after all, it is told that it is
 * fenced. What the broker has lost of it is noted (source.undoing) and undone. Waits for seconds,
 * and some more when much hangs. ERR_RETRY when it cannot be done now; ERR_FENCED: it is we that
 * are out of the group.
 */
MUST_CHECK bool
kafka_fence(struct consumer *consumer, const char *transactional_id, struct err *err);

/* reader.c: any topic without a group, for `tail` and tests. */
struct reader;
MUST_CHECK struct reader *
reader_open(const struct kafka_settings *settings, const char *topic, struct err *err);
/* Also what is not committed, or aborted; its bounds too. */
MUST_CHECK struct reader *
reader_open_uncommitted(const struct kafka_settings *settings, const char *topic, struct err *err);
void reader_close(struct reader **reader);
struct topic_reader reader_port(struct reader *reader);

/* writer.c: one topic, for `publish`. */
struct writer;
MUST_CHECK struct writer *
writer_open(const struct kafka_settings *settings, const char *topic, struct err *err);
void writer_close(struct writer **writer);
struct topic_writer writer_port(struct writer *writer);

#endif /* MENTOR_KAFKA_KAFKA_H */
