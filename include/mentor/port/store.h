#ifndef MENTOR_PORT_STORE_H
#define MENTOR_PORT_STORE_H

/*
 * Where decisions and positions are kept together: PostgreSQL, or a test's model of it. Every call
 * returns true only when the other side has acknowledged; on false *err says what to do
 * (base/err.h). After ERR_RETRY from write the outcome is unknown: go by way of take, which reads
 * the position under lock.
 */

#include <stdbool.h>
#include <stdint.h>

#include "mentor/port/batch.h"
#include "mentor/port/growth.h"
#include "mentor/port/shadow.h"

struct err;

/* One output as stored, to be sent (again). Lives until the next call of the store. */
struct stored_output {
    const char *damaged; /* a column of the row that holds no such value; NULL: none */
    int64_t offset;
    bool dlq;
    /* a decision */
    uint8_t decision_id[UUID_SIZE];
    uint8_t citizen_ref[CITIZEN_REF_SIZE];
    int64_t citizen_seq;
    enum outcome outcome;
    int64_t evaluated_at_ms;
    int64_t late_ms;
    struct bytes trace;  /* headers_pack */
    struct bytes output; /* protobuf */
    /* a DLQ record, as it came */
    enum reason reason;
    int64_t redrives;
    bool has_key;
    struct bytes key;
    bool has_value;
    struct bytes value;
    struct bytes headers; /* headers_pack */
};

/* A rulebook file as it is stored. Lives until the next call of the store. */
struct stored_rulebook {
    const char *name;
    const char *version;
    struct bytes yaml;
};

enum {
    STORE_ORPHAN_SIZE =
        256, /* of a transactional id, with its NUL; one that is longer is not kept */
};

struct store {
    /*
     * What to do while a call only waits for the other side: `work` does a slice of it, at most
     * about a millisecond, and returns false when there is nothing left for now. It must not call
     * the store. NULL in a store that never waits.
     */
    void (*meanwhile)(void *self, bool (*work)(void *context), void *context);
    /*
     * Who is asked a few times a second while a call waits for the other side: once `waits` says
     * no, no call waits any longer: ERR_RETRY, and what was under way is done or not. NULL in a
     * store that never waits.
     */
    void (*patience)(void *self, bool (*waits)(void *context), void *context);
    /*
     * Connects when it is not connected, checks schema, group and partition count (ERR_HALT when
     * another group's, ERR_STALE when fewer partitions than known: the broker that was asked may
     * not have heard of the others yet), and stores the rulebook by hash (ERR_FATAL when name and
     * version are there with other bytes).
     */
    bool (*open)(void *self, const char *cluster, int32_t partition_count, struct err *err);
    /*
     * Takes partitions for this worker: epoch + 1, the position read under lock, acknowledged
     * before it returns. In: partition; epoch by which this process held it last, 0 for none, so
     * that taking it again after an outage is no take-over; and, for one never seen before,
     * next_offset = where the log starts. Out: the rest. An owner's session that holds the row is
     * ended.
     */
    bool (*take)(void *self, struct position *positions, uint32_t count, struct err *err);
    /*
     * After it: the transactional ids, each once, of former owners who have not given back what was
     * taken, so that they may have left a Kafka transaction open or its end lost; NULL after the
     * last. Borrowed until the next take. NULL in a store that keeps none.
     */
    const char *(*orphan)(void *self, uint32_t index);
    /* What this one may have left in these positions is ended: the store, which until then names it
     * to whoever takes them, forgets it there. NULL likewise. */
    bool (*orphan_ended)(void *self,
                         const struct position *positions,
                         uint32_t count,
                         const char *transactional_id,
                         struct err *err);
    /*
     * What may have counted as committed of this transactional id's is aborted after this: of those
     * of these partitions that are its own, or where it is an orphan, notes, acknowledged, for
     * whoever takes them, since when outputs may be missing, or be there although they do not count
     * as out. NULL likewise.
     */
    bool (*undoing)(void *self,
                    const char *transactional_id,
                    const struct undo_mark *marks,
                    uint32_t count,
                    struct err *err);
    /*
     * When what others have left in these is ended: notes those of which outputs were sent that
     * nobody has seen (sink.seen), so long ago that the broker may have ended a transaction of
     * theirs before (SINK_TRANSACTION_MS), and sets their `noted`. With a transactional id, what is
     * to be sent again counts as unseen from here on. NULL likewise.
     */
    bool (*unseen)(void *self, struct position *positions, uint32_t count, struct err *err);
    /* What is noted of it: recall_ms and noted_us. ERR_FENCED. NULL likewise. */
    bool (*doubt)(void *self, struct position *position, struct err *err);
    /* What was noted of it (noted_us) is read back, and sent again and acknowledged where it was
     * missing: that note goes, unless there is a newer one. ERR_FENCED. NULL likewise. */
    bool (*recalled)(void *self, const struct position *position, struct err *err);
    /*
     * Says which record is tried next (struct position), committed on its own before anything looks
     * into it. *tries: by how many processes; one that says so again, also after an outage or a
     * rebalance, counts once. ERR_FENCED.
     */
    bool (*tried)(void *self,
                  const struct position *position,
                  int64_t offset,
                  int32_t *tries,
                  struct err *err);
    /* Whether one of the stopped positions was resumed by a person: take them anew then. */
    bool (*resumed)(void *self,
                    const struct position *positions,
                    uint32_t count,
                    bool *resumed,
                    struct err *err);
    /* Looks up the rows that redriven records name, before `read`. Keys are borrowed until the next
     * call. */
    bool (*redriven)(void *self, struct batch_closing *closings, uint32_t count, struct err *err);
    /*
     * One flush: fills rows, now_ms, batch_id, and which rulebook of the name that the store was
     * opened with is published and in force. States are borrowed until the next call. read,
     * rulebook and write go by the session that took: ERR_RETRY when it is lost, until the next
     * take.
     */
    bool (*read)(void *self,
                 const struct position *positions,
                 struct batch_read *read,
                 struct err *err);
    /* A rulebook that read has named. NULL in a store where nothing is published. */
    bool (*rulebook)(void *self,
                     const uint8_t sha256[SHA256_SIZE],
                     struct stored_rulebook *rulebook,
                     struct err *err);
    /* One flush, one transaction: all or none. ERR_FENCED, ERR_STALE, ERR_POISON, ERR_RETRY
     * (unknown), ERR_HALT. */
    bool (*write)(void *self,
                  const struct position *positions,
                  const struct batch *batch,
                  struct err *err);
    /*
     * What a candidate would have decided, added to what is there: all or none, apart from every
     * batch. By the session that took. NULL in a store that keeps none.
     */
    bool (*shadow)(void *self, const struct shadow_report *report, struct err *err);
    /*
     * Stored outputs of one partition from `from` on, in source order, at most *count; *count 0 at
     * the end. Outputs borrowed until the next call.
     */
    bool (*unsent)(void *self,
                   const struct position *position,
                   int64_t from,
                   struct stored_output *outputs,
                   uint32_t *count,
                   struct err *err);
    /* Moves emitted_offset and seen_offset outside a batch, when idle, at revoke and at drain; only
     * forward. `release`: gives them back. ERR_FENCED likewise. */
    bool (*emitted)(void *self,
                    const struct position *positions,
                    uint32_t count,
                    bool release,
                    struct err *err);
    /*
     * How far the topic has grown. `ends` tells where all its `count` logs end; they are noted when
     * there are more than known and no growth is under way, once for all workers. NULL and 0 only
     * ask. When the old partitions have passed their ends, the new ones are opened. NULL in a store
     * of a topic that never grows.
     */
    bool (*growth)(
        void *self, const int64_t *ends, int32_t count, struct growth *growth, struct err *err);
    /* In the growth from `from` partitions, an old one ends at `offset` already: a record placed by
     * the new count lies there. Nothing is changed when it ends earlier, or that growth is over. */
    bool (*growth_end)(
        void *self, int32_t from, int32_t partition, int64_t offset, struct err *err);
    void *self;
};

#endif /* MENTOR_PORT_STORE_H */
