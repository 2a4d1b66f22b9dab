#ifndef MENTOR_PORT_CHRONICLE_H
#define MENTOR_PORT_CHRONICLE_H

/*
 * Everything that is stored, as of one moment, a page at a time: what audit and replay read. Pages
 * follow a key, so memory does not grow with the database, and several readers of one moment share
 * the work. Nothing is written and no worker waits. All rows are borrowed until the next call.
 *
 * A page function takes where to go on and at most *count rows; it fills *count, 0 at the end.
 * ERR_RETRY: the connection is gone, and the moment with it.
 */

#include <stdbool.h>
#include <stdint.h>

#include "mentor/port/archive.h"
#include "mentor/port/batch.h"

struct err;

enum {
    CHRONICLE_KEY_SIZE = 16, /* of an application's and a citizen's row */
};

/* What is there at all. */
struct chronicle_facts {
    bool demo;
    int64_t
        batch_first; /* the least and the greatest id; 0: none. One of INT64_MAX is never read */
    int64_t batch_last;
    int64_t decided; /* decisions, by what the ledger counts */
    int64_t ranges;  /* rows of the ledger, whatever stands in them */
    int64_t refused; /* rows of quarantine, likewise */
};

/* A partition's row of progress; of every topic and cluster there has been. */
struct chronicle_position {
    int64_t id;
    const char *cluster;
    const char *topic;
    const char *group;
    const char *damaged;      /* a column of the row that holds no such value; NULL: none */
    struct position position; /* partition, epoch, offsets, last record */
    int64_t first_offset;     /* where its ledger begins; next_offset when it has none */
    int64_t chain_offset;     /* where it began by its own word: the genesis has it */
};

struct chronicle_rulebook {
    uint8_t sha256[SHA256_SIZE];
    struct bytes yaml;
    const char *name; /* as the row has them beside the file */
    const char *version;
};

/* A decision with all that it was made from. */
struct chronicle_decision {
    struct archived_decision archived; /* partition -1: of no known position */
    int64_t progress_id;
    uint8_t application_id[UUID_SIZE];
    int64_t version;
    bool has_total;
    int64_t total_ore;
    bool has_period;
    int32_t start; /* days */
    int32_t end;
    struct bytes
        events; /* the application's row as it is now, history_event; not read for its first one */
};

/* Some of the decisions; chronicle_all() gives all. */
struct chronicle_selection {
    int64_t from_ms;   /* evaluated then or later */
    int64_t to_ms;     /* and before */
    int32_t partition; /* -1: any */
    int64_t offset_first;
    int64_t offset_last;
    bool one_application;
    uint8_t application_id[UUID_SIZE];
};

static inline struct chronicle_selection chronicle_all(void)
{
    return (struct chronicle_selection){
        .from_ms = INT64_MIN, .to_ms = INT64_MAX, .partition = -1, .offset_last = INT64_MAX};
}
/* What a decision depends on beside its rulebook, and what it came to: a replay that asks for no
 * more than that. */
struct chronicle_case {
    int64_t batch;
    int32_t index;
    int64_t progress_id;
    int32_t partition; /* -1: of no known position */
    int64_t offset;
    uint8_t application_id[UUID_SIZE];
    int64_t version;
    uint8_t citizen_ref[CITIZEN_REF_SIZE];
    int64_t citizen_seq;
    int64_t evaluated_at_ms;
    enum outcome outcome;
    bool has_total; /* also of a frame that is only indicative */
    int64_t total_ore;
    bool conflict;
    bool quarantined;
    bool absent;         /* only its outcome is there: of a log, never of the archive */
    const char *damaged; /* a column that holds no such value; NULL: none */
    uint8_t rulebook_sha256[SHA256_SIZE];
    struct bytes periods; /* history considered */
    struct bytes input;   /* Application, as it came; empty unless the payload is whole */
    struct payload payload;
};

/* Which cases. Citizens are divided evenly and whole: the sample is always the same ones, a larger
 * one holds a smaller one, and the slices divide it. */
struct chronicle_slice {
    int64_t from_ms;   /* evaluated then or later */
    int64_t to_ms;     /* and before; INT64_MAX: no end */
    int32_t slice;     /* of so many: from 0 */
    int32_t slices;    /* 1 to 64 */
    int32_t sample_bp; /* basis points of all citizens; 10000: all of them */
};

/*
 * Where slice number `slice` begins and the one before it ends, by the first 32 bits of a
 * citizen_ref; 1 << 32: behind all. A citizen_ref is a digest, so equal stretches of it hold
 * equally many citizens.
 */
static inline uint64_t chronicle_slice_bound(const struct chronicle_slice *of, int32_t slice)
{
    int64_t part = (int64_t)of->sample_bp * slice;
    int64_t whole = (int64_t)10000 * of->slices;
    return (uint64_t)((part << 32) / whole);
}

/* What became of one record, or of a run of offsets without one. */
struct ledger_entry {
    enum fate fate;
    int64_t offset;
    int64_t count; /* offsets covered; 1 for a record */
    bool has_event_key;
    const uint8_t
        *event_key; /* EVENT_KEY_SIZE; borrowed from the packed bytes, as all pointers here */
    const uint8_t *input_digest;  /* SHA256_SIZE; NULL without a record */
    const uint8_t *output_digest; /* SHA256_SIZE; decided */
    uint32_t index;               /* decided */
    struct bytes reason;          /* id; duplicate, dlq */
};

/* Where a range of the ledger stands among those of its position. */
struct chronicle_place {
    int64_t progress_id;
    int64_t next_offset;
    int64_t batch; /* INT64_MAX: behind all that end there */
};

/* One partition's range of one batch. */
struct chronicle_range {
    int64_t batch;
    int64_t progress_id;
    int64_t first_offset;
    int64_t next_offset;
    int64_t epoch;
    int64_t evaluated_at_ms;
    int64_t counts[FATE_COUNT]; /* as its columns have them: offsets */
    const char *damaged;        /* a column of the row that holds no such value; NULL: none */
    uint8_t rulebook[SHA256_SIZE];
    struct bytes entries; /* packed: entry() reads them */
    uint8_t root[SHA256_SIZE];
    uint8_t link[SHA256_SIZE];
};

/* A row of quarantine. */
struct chronicle_refusal {
    int64_t redriven_progress_id; /* redriven: where the record lies now, and in which batch; -1
                                     otherwise */
    int64_t redriven_offset;
    int64_t redriven_batch;
    int32_t redriven_index; /* of the decision there; -1: it was not decided */
    int64_t progress_id;
    int64_t batch;
    int64_t at_ms;
    int32_t status;
    struct bytes value_sha256; /* as it stands, of any size */
    bool arms;
    enum quarantine_state state;
    bool has_citizen;
    uint8_t citizen_ref[CITIZEN_REF_SIZE];
    struct stored_output
        stored; /* its DLQ part; headers and value empty unless the payload is whole */
    struct payload payload;
};

/* A projection's row: application or citizen. */
struct chronicle_row {
    const char *damaged; /* what of it was altered and is none, zeros then; NULL: nothing */
    uint8_t key[CHRONICLE_KEY_SIZE];
    int64_t seq;
    struct bytes state;
};

/* A pair of rows that contradict each other, found by the database. */
struct chronicle_oddity {
    bool damaged; /* its key is none */
    uint8_t key[CITIZEN_REF_SIZE];
    int64_t progress_id; /* -1: none */
    int64_t offset;
    int64_t expected;
    int64_t found;
};

/* X(name, what is said of it: a number follows). Rows that point at nothing, or contradict
 * themselves. */
#define CHRONICLE_LOOSE(X)                                                                         \
    X(KEY_NAMED, "the citizen's row names a data key that is not theirs: ")                        \
    X(KEY_KEPT, "a data key is there that its citizen's row does not name: ")                      \
    X(KEY_ENDED, "the end of a data key is not what an erasure recorded: ")                        \
    X(RULEBOOK, "the rulebook of a batch is not stored: ")                                         \
    X(ERASURE, "its row of quarantine names an erasure that there is not, or not of it: ")         \
    X(CLOSING,                                                                                     \
      "the state of its row of quarantine and who closed it contradict each other: batch ")        \
    X(KEY_TWICE, "a data key is there twice: ")                                                    \
    X(KEY_MASTER, "a data key says that it is wrapped by a master key that there is not: ")        \
    X(UNREAD, "a decision of no batch, which nothing reads: index ")

enum chronicle_loose {
#define X(name, text) CHRONICLE_LOOSE_##name,
    CHRONICLE_LOOSE(X)
#undef X
    CHRONICLE_LOOSE_COUNT
};

struct chronicle_end {
    enum chronicle_loose loose;
    bool has_citizen;
    uint8_t citizen_ref[CITIZEN_REF_SIZE];
    int64_t progress_id; /* -1: none */
    int64_t offset;      /* -1: none */
    int64_t number;
};

struct chronicle {
    const char *moment; /* its name, to open another reader of the same moment with */
    bool (*facts)(void *self, struct chronicle_facts *facts, struct err *err);
    bool (*positions)(void *self,
                      const struct chronicle_position **rows,
                      uint32_t *count,
                      struct err *err);
    bool (*rulebooks)(void *self,
                      const struct chronicle_rulebook **rows,
                      uint32_t *count,
                      struct err *err);
    /* The first batch id from `from` on; INT64_MAX: there is none. */
    bool (*next_batch)(void *self, int64_t from, int64_t *batch, struct err *err);
    /* From now on decisions() hands out no others. The database picks them, so the rest costs no
     * transfer. */
    void (*select)(void *self, const struct chronicle_selection *selection);
    /*
     * Begins all decisions of batches from `batch` to before batch_end, in order of batch and
     * index; more() hands them out, and nothing else is asked until it has come to their end,
     * *count less than was wanted.
     */
    bool (*decisions)(void *self, int64_t batch, int64_t batch_end, struct err *err);
    bool (*more)(void *self,
                 const struct chronicle_decision **rows,
                 uint32_t *count,
                 struct err *err);
    /*
     * Begins the cases of a slice, in order of batch and index, which is a citizen's own order;
     * more_cases() hands them out, likewise.
     */
    bool (*cases)(void *self, const struct chronicle_slice *slice, struct err *err);
    bool (*more_cases)(void *self,
                       const struct chronicle_case **rows,
                       uint32_t *count,
                       struct err *err);
    /* The ledger of batches from `batch` to before batch_end, all of it. */
    bool (*batches)(void *self,
                    int64_t batch,
                    int64_t batch_end,
                    const struct chronicle_range **rows,
                    uint32_t *count,
                    struct err *err);
    /* The ledger by position. Entries only of ranges with a record in the DLQ. */
    bool (*ranges)(void *self,
                   const struct chronicle_place *after,
                   const struct chronicle_range **rows,
                   uint32_t *count,
                   struct err *err);
    /* After (progress_id, offset). */
    bool (*refusals)(void *self,
                     int64_t progress_id,
                     int64_t offset,
                     const struct chronicle_refusal **rows,
                     uint32_t *count,
                     struct err *err);
    /* Begins all rows, in no order; more_rows() hands them out, likewise. */
    bool (*applications)(void *self, struct err *err);
    bool (*citizens)(void *self, struct err *err);
    /* Those with several decisions, without their state. */
    bool (*repeated)(void *self, struct err *err);
    bool (*more_rows)(void *self,
                      const struct chronicle_row **rows,
                      uint32_t *count,
                      struct err *err);
    /* Decisions whose citizen's number fell while the partition went on; at most *count. */
    bool (*disorders)(void *self,
                      const struct chronicle_oddity **rows,
                      uint32_t *count,
                      struct err *err);
    /* Citizens whose `armed` is not the number of open rows that arm them; at most *count. */
    bool (*misarmed)(void *self,
                     const struct chronicle_oddity **rows,
                     uint32_t *count,
                     struct err *err);
    /* Rows that point at nothing; at most *count. */
    bool (*loose_ends)(void *self,
                       const struct chronicle_end **rows,
                       uint32_t *count,
                       struct err *err);
    /* Guards of the database that are gone, off or altered, as a person reads them; NULL: none. */
    bool (*guards)(void *self, const char **missing, struct err *err);
    /*
     * Reads the entry at *packed and moves past it; *offset is where it begins and then where the
     * next one does. False at the end and on bytes that are no ledger: packed->size is 0 only at
     * the end.
     */
    bool (*entry)(struct bytes *packed, int64_t *offset, struct ledger_entry *entry);
    void *self;
};

#endif /* MENTOR_PORT_CHRONICLE_H */
