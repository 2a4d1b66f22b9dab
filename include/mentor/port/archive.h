#ifndef MENTOR_PORT_ARCHIVE_H
#define MENTOR_PORT_ARCHIVE_H

/* What a person asks of the store: explain, status, dlq. All rows are borrowed until the next call.
 */

#include <stdbool.h>
#include <stdint.h>

#include "mentor/port/batch.h"
#include "mentor/port/payload.h"
#include "mentor/port/shadow.h"
#include "mentor/port/store.h"

struct err;

/* One stored decision, with everything it was made from. */
struct archived_decision {
    int64_t batch;
    int32_t index;
    int32_t partition;
    int64_t offset;
    int64_t application_seq;
    struct stored_output stored; /* the outcome as it is sent: all of its decision part */
    uint8_t rulebook_sha256[SHA256_SIZE];
    int32_t core_version;
    bool conflict;
    bool quarantined;
    struct bytes periods; /* history considered: history_period */
    struct payload payload;
    struct bytes headers; /* headers_pack; both empty unless the payload is whole */
    struct bytes input;   /* Application, as it came */
};

struct archived_position {
    int32_t partition;
    int64_t epoch;
    const char *owner; /* host/pid of the worker that has it; "" when given back */
    int64_t next_offset;
    int64_t emitted_offset;
    int64_t evaluated_at_ms;
    int64_t updated_at_ms;
    int64_t quarantined;          /* open rows */
    int32_t takeovers;            /* owners that died at this offset */
    int64_t stopped_at_ms;        /* by the breaker; 0: it is not */
    const char *rulebook_version; /* of its newest batch; "" before the first */
    uint8_t rulebook_sha256[SHA256_SIZE];
};

/* An old partition that has not passed its end yet: others wait for it (port/growth.h). */
struct archived_behind {
    int32_t partition;
    int64_t emitted_offset;
    int64_t end_offset;
};

struct archived_status {
    const char *cluster;
    const char *topic;
    const char *group;
    bool demo;
    int64_t decisions; /* an estimate may do: said so by `estimated` */
    bool estimated;
    int64_t now_ms;            /* the store's clock */
    const char *rulebook_name; /* of the newest batch; "" before the first */
    const char *rulebook_version;
    uint8_t rulebook_sha256[SHA256_SIZE];
    const struct archived_position *positions; /* those that were ever taken */
    uint32_t position_count;
    int32_t partition_count; /* as far as they are read; 0 before a worker has run */
    int32_t growth_to;       /* partition_count when no growth is under way */
    const struct archived_behind *behind;
    uint32_t behind_count;
};

enum quarantine_state {
    QUARANTINE_OPEN,
    QUARANTINE_REDRIVEN,
    QUARANTINE_DISMISSED,
};

struct archived_quarantine {
    int32_t partition;
    int64_t offset;
    const char *topic;
    enum reason reason;
    enum quarantine_state state;
    bool arms;
    int64_t at_ms;
    int64_t redrives;
    const char *why;            /* a person's words when dismissed; what came of it when redriven */
    int32_t redriven_partition; /* redriven: where it lies now; -1 otherwise */
    int64_t redriven_offset;
    bool has_decision; /* and was decided there */
    uint8_t decision_id[UUID_SIZE];
    bool has_key;
    struct bytes key;
    bool has_value;
    struct payload payload;
    struct bytes value;   /* both empty unless the payload is whole */
    struct bytes headers; /* headers_pack */
};

/* Times in milliseconds since 1970. */
struct archived_rulebook {
    const char *name;
    const char *version;
    uint8_t sha256[SHA256_SIZE];
    int64_t stored_at_ms;
    bool published; /* else the rest is empty */
    bool in_force;  /* decides now: the newest of its name whose day has come */
    int64_t effective_from_ms;
    int64_t published_at_ms;
    const char *published_by; /* the database's user */
};
/* What to erase. */
struct archived_wish {
    const uint8_t *citizen_ref; /* CITIZEN_REF_SIZE; NULL: by age */
    int64_t before_ms;
    const char *why;
    bool dry;
};

/* What was erased, or would be. */
struct archived_erasure {
    bool known;           /* the citizen has a row; by age: true */
    bool any;             /* else nothing was left to erase, and nothing is recorded */
    int64_t sealed;       /* decisions whose key is destroyed */
    int64_t emptied;      /* decisions emptied */
    int64_t refused;      /* refused records emptied */
    int64_t open_refused; /* of them still open: they cannot be redriven any longer */
    int64_t before_ms;    /* of a citizen: when it was erased before; 0: never */
    char before_why[512]; /* cut off at that */
};

/* How far the change to another master key has come. Zeroed at first. */
struct archived_rekeying {
    bool known;             /* a look was had: what follows is filled */
    bool begun;             /* the database's master key is the new one */
    bool finished;          /* and wraps every data key */
    bool stuck;             /* all were gone through, and some do not open with the old one */
    int64_t left;           /* data keys that the new one did not wrap at the first look */
    int64_t rewrapped;      /* by these calls */
    int64_t unopened;       /* passed over: the old one does not open them */
    int64_t first_unopened; /* the id of one */
    int64_t after;          /* gone through, by id */
};

/* A candidate beside a rulebook, over all partitions; count.progress_id is 0. */
struct archived_shadow {
    uint8_t candidate_sha256[SHA256_SIZE];
    const char *candidate_name;
    const char *candidate_version;
    const char *name; /* of the rulebook that decided */
    const char *version;
    struct shadow_count count;
};

/* divergence.progress_id is 0. */
struct archived_divergence {
    uint8_t candidate_sha256[SHA256_SIZE];
    int32_t partition;
    struct shadow_divergence divergence;
};

struct archive {
    /* Decisions of one application in order of application_seq. */
    bool (*application)(void *self,
                        const uint8_t id[UUID_SIZE],
                        const struct archived_decision **decisions,
                        uint32_t *count,
                        struct err *err);
    /* The rulebook file's bytes; size 0 when unknown. */
    bool (*rulebook)(void *self,
                     const uint8_t sha256[SHA256_SIZE],
                     struct bytes *yaml,
                     struct err *err);
    /* All, by name and the day they begin to decide. */
    bool (*rulebooks)(void *self,
                      const struct archived_rulebook **rulebooks,
                      uint32_t *count,
                      struct err *err);
    /*
     * Puts a file in force from effective_from_ms on; name, version and sha256 given. *published
     * false: it was before, and nothing changes. ERR_HALT: its name and version are stored with
     * other bytes. Needs the rights of mentord_owner.
     */
    bool (*publish)(void *self,
                    const struct archived_rulebook *rulebook,
                    struct bytes yaml,
                    bool *published,
                    struct err *err);
    /* What workers with --shadow have counted: the newest candidate first, its rows by rulebook and
     * outcomes. */
    bool (*shadow_counts)(void *self,
                          const struct archived_shadow **rows,
                          uint32_t *count,
                          struct err *err);
    /* The newest, of all candidates; at most `most`. */
    bool (*divergences)(void *self,
                        uint32_t most,
                        const struct archived_divergence **rows,
                        uint32_t *count,
                        struct err *err);
    bool (*status)(void *self, const struct archived_status **status, struct err *err);
    /* In order of partition and offset, from after (partition, offset), at most *count. */
    bool (*quarantines)(void *self,
                        bool open_only,
                        int32_t partition,
                        int64_t offset,
                        const struct archived_quarantine **rows,
                        uint32_t *count,
                        struct err *err);
    /* *found false when there is no open row at that place. The citizen's row is disarmed in the
     * same transaction. */
    bool (*dismiss)(void *self,
                    int32_t partition,
                    int64_t offset,
                    const char *why,
                    bool *found,
                    struct err *err);
    /* Answered at once, and connected again when need be: how many quarantine rows are open,
     * counted to 100,000. */
    bool (*pulse)(void *self, int64_t *open, struct err *err);
    /* *found false when the partition is not stopped. */
    bool (*resume)(void *self, int32_t partition, bool *found, struct err *err);
    /*
     * Erases for good what came in with a citizen's records, or, `ref` NULL, what came in before a
     * moment (migrations/0005_erasure.sql); `why` is kept. `dry`: only counts. Needs the rights of
     * mentord_owner. ERR_RETRY also while a refused record of it is on its way to the DLQ.
     */
    bool (*erase)(void *self,
                  const struct archived_wish *wish,
                  struct archived_erasure *erasure,
                  struct err *err);
    /*
     * One step, a transaction of a thousand keys at most, from the master key that was given to the
     * new one that was given: a look, which changes nothing, first; then until it is finished or
     * stuck. A process that ends in between is taken up where it stopped. `why` is kept. Needs the
     * rights of mentord_owner. ERR_FATAL: the database is not sealed, or with neither key.
     */
    bool (*rekey)(void *self, const char *why, struct archived_rekeying *rekeying, struct err *err);
    void *self;
};

#endif /* MENTOR_PORT_ARCHIVE_H */
