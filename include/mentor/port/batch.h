#ifndef MENTOR_PORT_BATCH_H
#define MENTOR_PORT_BATCH_H

/*
 * What one batch reads from the store and does to the world. Everything lies in the batch's arena
 * or is borrowed from the records, and lives until the arena is rewound.
 *
 * Partitions are named by slot: the index in the worker's list of owned partitions.
 */

#include <stdbool.h>
#include <stdint.h>

#include "mentor/base/bytes.h"
#include "mentor/base/sha256.h"
#include "mentor/base/uuid.h"
#include "mentor/core/breaker.h"
#include "mentor/core/decide.h"
#include "mentor/core/history.h"
#include "mentor/core/status.h"
#include "mentor/port/record.h"

enum {
    PARTITIONS_MAX = 1024, /* owned by one worker */
};

/* One owned partition of the input topic, as the store has it (table progress). */
struct position {
    int32_t partition;
    int64_t progress_id;     /* the row */
    int64_t epoch;           /* ours since it was taken */
    int64_t next_offset;     /* the first without a fate */
    int64_t emitted_offset;  /* every output of records below it is acknowledged by the broker */
    int64_t seen_offset;     /* as sink.seen says; 0 when it was just taken */
    int64_t evaluated_at_ms; /* the last; 0 before the first */
    int64_t last_offset;     /* the last real record below next_offset; -1 for none */
    uint8_t last_digest[SHA256_SIZE]; /* of its value */
    int64_t batch;                    /* the last one of it; 0 before the first */
    uint8_t link[SHA256_SIZE]; /* its link, the chain's head (core/chain.h); the genesis before */
    int32_t takeovers; /* since the last batch of it was stored: the owner died that often at this
                          offset */
    /* A worker that takes records one by one says which, before it looks into it: one that its
     * owners died over is told from the others by that. */
    int64_t tried_offset; /* the last one said; -1 for none */
    int32_t tries;        /* by that many processes, when it is next_offset: not stored by any */
    bool stopped;         /* by the breaker, until a person resumes it */
    bool noted;           /* there was a note of it when it was taken (port/store.h, undoing), or
                             unseen made one */
    int64_t recall_ms;    /* Unix: which of its outputs written since are out is to be read back
                             (port/recall.h); -1: it is known */
    int64_t noted_us;     /* that note */
    struct breaker breaker;
};

enum {
    UNDO_MARK_ALL = -1, /* partitions of the id */
};

/* What may go with a Kafka transaction that is about to be aborted (port/store.h, undoing). */
struct undo_mark {
    int32_t partition; /* UNDO_MARK_ALL: then it is the only mark */
    bool pends;        /* an offset of the group for it */
    int64_t committed; /* then: what the group has, -1: nothing */
    int64_t since_ms;  /* Unix: from then on outputs hang that count as out; INT64_MAX: none do */
};

/* One application's row. seq 0 and no state: it has none. */
struct application_row {
    uint8_t id[UUID_SIZE];
    int64_t seq_read;   /* compare-and-set: the row must still have it */
    int64_t seq;        /* decisions so far */
    struct bytes state; /* history_event */
    bool changed;
};

/* One citizen's row. */
struct citizen_row {
    uint8_t ref[CITIZEN_REF_SIZE];
    int64_t seq_read;
    int64_t armed_read;
    int64_t seq;        /* decisions so far: mentor-seq */
    int64_t armed;      /* events in quarantine that leave a fact of the citizen unknown (Q01) */
    struct bytes state; /* history_period */
    bool changed;
};

/* A record key with undecided events in quarantine, by key (Q01). */
struct armed_key {
    uint32_t slot;
    struct bytes key;
    uint32_t armed; /* filled by read: open rows that arm it, counted up to key_rows_more + 1 */
};

/*
 * A row of the quarantine that a redriven record names (header mentor-redrive-of). It is closed in
 * the transaction that gives the record its fate, by compare-and-set on its being open.
 */
struct batch_closing {
    uint32_t entry;    /* of the redriven record */
    int32_t partition; /* the row's place, in the same topic */
    int64_t offset;
    /* filled by `redriven` */
    bool open; /* there is such a row and it is open; the rest only then */
    int64_t progress_id;
    int64_t redrives;
    bool arms;
    bool has_citizen;
    uint8_t citizen_ref[CITIZEN_REF_SIZE];
    bool has_key;
    struct bytes key; /* borrowed until the store's next call */
    bool has_value;
    uint8_t value_digest[SHA256_SIZE];
    /* filled by the worker */
    uint32_t citizen; /* index in batch.read.citizens; UINT32_MAX for none */
    bool closed;      /* it is this batch that closes it */
};

enum fate {
    FATE_DECIDED,
    FATE_DUPLICATE,
    FATE_DLQ,
    FATE_SKIPPED, /* offsets without a record, below the next real one (transaction markers,
                     compaction) */
    FATE_GAP,     /* offsets that the log had dropped before they were read: alarmed */
    FATE_COUNT,
};

const char *fate_name(enum fate fate);

/* What became of one record or one run of missing offsets. Entries of one slot rise by offset,
 * without holes. */
struct batch_entry {
    uint32_t slot;
    int64_t offset;
    int64_t count; /* offsets covered: 1 but for FATE_SKIPPED and FATE_GAP */
    enum fate fate;
    enum reason reason;          /* REASON_NONE when decided */
    const struct record *record; /* NULL for FATE_SKIPPED and FATE_GAP */
    bool has_event_key;          /* false when the headers were refused */
    uint8_t event_key[EVENT_KEY_SIZE];
    uint8_t input_digest[SHA256_SIZE]; /* of the value as it came */
    int32_t index; /* FATE_DECIDED: into decisions; FATE_DLQ: into quarantines; -1 otherwise */
};

/* A decision to be stored and emitted. */
struct batch_decision {
    uint32_t entry;
    uint8_t decision_id[UUID_SIZE];
    uint8_t application_id[UUID_SIZE];
    uint32_t version;
    int64_t application_seq;
    uint8_t citizen_ref[CITIZEN_REF_SIZE];
    int64_t citizen_seq;
    enum outcome outcome;
    bool has_frame;
    int64_t total_ore; /* 0 without a frame */
    bool has_period;
    int32_t start;
    int32_t end;
    int64_t evaluated_at_ms;
    struct bytes periods; /* history considered: the citizen's state as it was */
    bool conflict;        /* D06 */
    bool quarantined;     /* Q01 */
    struct bytes headers; /* the record's, headers_pack */
    struct bytes output;  /* Decision, protobuf */
    uint8_t output_digest[SHA256_SIZE];
    struct bytes trace; /* traceparent and tracestate to carry over, headers_pack; often empty */
    int64_t late_ms;    /* mentor-late-ms; -1 when not late */
    uint32_t citizen;   /* in batch_read.citizens */
};

/* A record that goes to the DLQ. */
struct batch_quarantine {
    uint32_t entry;
    bool arms;        /* Q01 until redriven or dismissed; of the citizen, too, when there is one */
    bool has_citizen; /* it could be read whose, also where nothing is armed: erasing asks */
    uint8_t citizen_ref[CITIZEN_REF_SIZE];
    int64_t redrives;     /* how often it was redriven */
    struct bytes headers; /* the record's, headers_pack, traces that hold the CPR aside */
    uint32_t citizen;     /* in batch_read.citizens; UINT32_MAX: not known whose */
};

/* What is asked of the store before deciding: keys in, rows out, all sorted by key, without
 * duplicates. */
struct batch_read {
    struct application_row *applications;
    uint32_t application_count;
    struct citizen_row *citizens;
    uint32_t citizen_count;
    struct armed_key *keys;
    uint32_t key_count;
    uint32_t key_rows_more; /* armed is counted beyond the first: what the batch may close */
    int64_t floor_ms;       /* the batch's moment is the clock, but not below it */
    int64_t now_ms;         /* filled: PostgreSQL's clock, whole milliseconds */
    int64_t batch_id; /* filled: a fresh number, above those of all batches that the rows come of */
    int32_t partitions;    /* filled: the topic's count as far as it is read; 0: its row is gone */
    int32_t partitions_to; /* and the one it grows to: port/growth.h */
    bool published;        /* filled: at the batch's moment a published rulebook is in force */
    uint8_t rulebook_sha256[SHA256_SIZE]; /* that one */
};

/* How far one partition moves. */
struct batch_range {
    uint32_t slot;
    int64_t from; /* position.next_offset when the batch began */
    int64_t to;   /* the new next_offset */
    int64_t emitted_offset;
    int64_t seen_offset;
    int64_t evaluated_at_ms;
    int64_t last_offset;
    uint8_t last_digest[SHA256_SIZE];
    /* filled by ledger_write (port/ledger.h), last of all */
    struct bytes entries;        /* as they are stored */
    int64_t covered[FATE_COUNT]; /* offsets */
    uint8_t root[SHA256_SIZE];   /* of the tree over the entries */
    uint8_t link[SHA256_SIZE];   /* after the position's */
    bool stopped;                /* the breaker opened: the last record it takes for now */
    struct breaker breaker;
};

struct batch {
    struct batch_read read;
    uint8_t rulebook_sha256[SHA256_SIZE];
    struct batch_entry *entries;
    uint32_t entry_count;
    struct batch_decision *decisions;
    uint32_t decision_count;
    struct batch_quarantine *quarantines;
    uint32_t quarantine_count;
    struct batch_closing *closings; /* in order of progress_id and offset; also ones not closed */
    uint32_t closing_count;
    struct batch_range *ranges; /* one a slot that moved */
    uint32_t range_count;
};

#endif /* MENTOR_PORT_BATCH_H */
