#ifndef PG_VAULT_H
#define PG_VAULT_H

/*
 * What is personal in a row, sealed: headers and value (in a decision: input) of a record, as one
 * text in the column `headers`, with the data key of its citizen. Data keys lie wrapped in
 * mentord.citizen_key; the master key that wraps them is in no database. One vault a connection, of
 * one thread.
 *
 * The text is u32be size of headers, headers, value. It is bound to its progress id, offset and
 * table; a wrapped key to its id and citizen. The digests of the ledger are over what came, not
 * over this.
 */

#include <stdbool.h>
#include <stdint.h>

#include "mentor/base/bytes.h"
#include "mentor/base/seal.h"
#include "mentor/base/sha256.h"
#include "mentor/port/payload.h"

struct err;
struct pg_settings;
struct session;

enum {
    VAULT_WRAPPED_SIZE = SEAL_KEY_SIZE + SEAL_OVERHEAD,
    VAULT_SEALED_MORE = 4 + SEAL_OVERHEAD, /* longer than headers and value together */
};

enum vault_table {
    VAULT_DECISION = 'D',
    VAULT_QUARANTINE = 'Q',
};

struct vault_place {
    enum vault_table table;
    int64_t progress_id;
    int64_t offset;
};

/* Zeroed is closed: nothing is sealed, and nothing sealed is opened. */
struct vault {
    bool is_open;
    uint8_t master[SEAL_KEY_SIZE]; /* wraps; the database's, once it was checked */
    bool has_other;
    uint8_t other[SEAL_KEY_SIZE]; /* while the master key is changed: opens, too */
    int16_t number;               /* mentord.master_key.id of `master`; 0 before it was checked */
    struct sealer *wrapping;      /* owned; stays keyed with the master key */
    struct sealer *sealing;       /* owned */
    struct vault_cached *cached;  /* owned: data keys used lately */
    struct vault_room *rooms;     /* owned: what was opened since vault_drop */
};

/* Without a master key it stays closed. */
MUST_CHECK bool
vault_init(struct vault *vault, const struct pg_settings *settings, struct err *err);
void vault_release(struct vault *vault);

/*
 * The database's master key is one of ours, and becomes `master`; `claim`: the first worker with
 * one sets it. ERR_FATAL says what to do, also when a worker (`claim`) has none and the database is
 * sealed, and when data keys are left that only the key before opens and we do not have it.
 */
MUST_CHECK bool
vault_check(struct vault *vault, struct session *session, bool claim, struct err *err);
/* How mentord.master_key knows a master key. */
void vault_fingerprint(const uint8_t master[SEAL_KEY_SIZE], uint8_t fingerprint[SHA256_SIZE]);

/* A new data key, and it wrapped; `citizen_ref` empty: of none. */
void vault_make_key(struct vault *vault,
                    int64_t id,
                    struct bytes citizen_ref,
                    uint8_t key[SEAL_KEY_SIZE],
                    uint8_t wrapped[VAULT_WRAPPED_SIZE]);
/* Unwraps one, unless it is remembered with this text: the last few thousand are. False: it does
 * not open, or is destroyed. */
MUST_CHECK bool vault_learn_key(struct vault *vault,
                                int64_t id,
                                struct bytes citizen_ref,
                                struct bytes wrapped,
                                uint8_t key[SEAL_KEY_SIZE]);

/* One wrapped anew, with the database's master key. False: it does not open. */
MUST_CHECK bool vault_rewrap(struct vault *vault,
                             int64_t id,
                             struct bytes citizen_ref,
                             struct bytes wrapped,
                             uint8_t out[VAULT_WRAPPED_SIZE]);

/* Both sizes and VAULT_SEALED_MORE into `out`. */
void vault_seal(struct vault *vault,
                const uint8_t key[SEAL_KEY_SIZE],
                const struct vault_place *place,
                struct bytes headers,
                struct bytes value,
                uint8_t *out);

/* A row's fields as they are stored. */
struct vault_row {
    struct vault_place place;
    struct bytes key_id;      /* int8; empty: null */
    struct bytes citizen_ref; /* of the key; may be empty */
    struct bytes wrapped;     /* empty: destroyed */
    struct bytes by_citizen;  /* bool, of the erasure; empty: there is none */
    struct bytes gone_at_ms;  /* int8; empty: not asked for */
    struct bytes why;         /* with a terminator unless it is empty */
};

/*
 * What can be read of a row: *headers and *value are filled with what came, or are empty. They live
 * until vault_drop when they were sealed.
 */
struct payload vault_read(struct vault *vault,
                          const struct vault_row *row,
                          struct bytes *headers,
                          struct bytes *value);
void vault_drop(struct vault *vault);

#endif /* PG_VAULT_H */
