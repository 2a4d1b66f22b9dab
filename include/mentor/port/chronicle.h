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
    int64_t batch_first; /* ids from here */
    int64_t batch_end;   /* to before here */
};

/* A partition's row of progress; of every topic and cluster there has been. */
struct chronicle_position {
    int64_t id;
    const char *cluster;
    const char *topic;
    const char *group;
    struct position position; /* partition, epoch, offsets, last record */
    int64_t first_offset;     /* where its ledger begins; next_offset when it has none */
};

struct chronicle_rulebook {
    uint8_t sha256[SHA256_SIZE];
    struct bytes yaml;
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

/* One partition's range of one batch. */
struct chronicle_range {
    int64_t batch;
    int64_t progress_id;
    int64_t first_offset;
    int64_t next_offset;
    int64_t epoch;
    int64_t evaluated_at_ms;
    int64_t counts[FATE_COUNT]; /* as its columns have them: offsets */
    uint8_t rulebook[SHA256_SIZE];
    struct bytes entries; /* packed: entry() reads them */
};

/* A row of quarantine. */
struct chronicle_refusal {
    int64_t progress_id;
    int64_t batch;
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
    uint8_t key[CHRONICLE_KEY_SIZE];
    int64_t seq;
    struct bytes state;
};

/* A pair of rows that contradict each other, found by the database. */
struct chronicle_oddity {
    uint8_t key[CITIZEN_REF_SIZE];
    int64_t progress_id; /* -1: none */
    int64_t offset;
    int64_t expected;
    int64_t found;
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
    /* The ledger of batches from `batch` to before batch_end, all of it. */
    bool (*batches)(void *self,
                    int64_t batch,
                    int64_t batch_end,
                    const struct chronicle_range **rows,
                    uint32_t *count,
                    struct err *err);
    /* The ledger by position, after (progress_id, next_offset); entries only of ranges with a
     * record in the DLQ. */
    bool (*ranges)(void *self,
                   int64_t progress_id,
                   int64_t next_offset,
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
    /*
     * Reads the entry at *packed and moves past it; *offset is where it begins and then where the
     * next one does. False at the end and on bytes that are no ledger: packed->size is 0 only at
     * the end.
     */
    bool (*entry)(struct bytes *packed, int64_t *offset, struct ledger_entry *entry);
    void *self;
};

#endif /* MENTOR_PORT_CHRONICLE_H */
