#ifndef MENTOR_SRC_APP_PROOF_H
#define MENTOR_SRC_APP_PROOF_H

/*
 * Private to app/: a proof that one decision stands in the ledger, that holds without the database:
 * the output's bytes, the ledger's entry with their digest, the way from its leaf to the batch's
 * root (core/chain.h), the batch's link after the one before it, and the links from there to a head
 * that an anchor may know. As JSON it is an object of type dk.mentor.audit.proof.v1.
 */

#include <stdbool.h>
#include <stdint.h>

#include "mentor/base/uuid.h"
#include "mentor/core/chain.h"
#include "mentor/port/chronicle.h"
#include "mentor/wire/json.h"

#include "anchor.h"

struct err;

enum {
    PROOF_LINKS_MAX = 512,          /* on the way to the head; over that it is only stated */
    PROOF_ANCHOR_LINKS_MAX = 10000, /* on the way to an anchor; a line holds them */
};

struct proof_link {
    int64_t batch;
    struct chain_batch chained;
    uint8_t link[SHA256_SIZE];
};

struct proof {
    char *cluster; /* owned */
    char *topic;   /* owned */
    int32_t partition;
    int64_t offset;
    uint8_t decision_id[UUID_SIZE];
    uint8_t *output; /* owned: Decision, protobuf */
    size_t output_size;
    uint8_t *entry; /* owned: port/ledger.h */
    size_t entry_size;
    uint32_t index; /* of its leaf */
    uint32_t count;
    uint8_t path[CHAIN_PATH_MAX][SHA256_SIZE];
    uint32_t path_count;
    uint8_t previous[SHA256_SIZE];
    struct proof_link *links; /* owned: its batch, then those after it */
    uint32_t link_count;      /* from 1 */
    int64_t head_batch;       /* as the position has it */
    int64_t head_offset;
    uint8_t head[SHA256_SIZE];
};

/*
 * Of a stored decision; `until` is the next_offset that an anchor knows, -1 for none. Released also
 * when it fails: ERR_HALT when the ledger does not hold the decision, or `until` is no batch's end;
 * ERR_FATAL, too, when `until` is over PROOF_ANCHOR_LINKS_MAX batches on.
 */
MUST_CHECK bool proof_make(struct chronicle *chronicle,
                           const struct archived_decision *decision,
                           int64_t until,
                           struct proof *proof,
                           struct err *err);
void proof_release(struct proof *proof);

/* Appended, without a newline. */
void proof_write(const struct proof *proof, struct text *line);
MUST_CHECK bool proof_read(struct bytes line, struct proof *proof, struct err *err);

/* Every step, from the output's bytes to the last link. ERR_HALT says which one does not hold. */
MUST_CHECK bool proof_check(const struct proof *proof, struct err *err);
/* The link up to an anchor's offset, for anchors of its position; NULL: it has none there. */
const uint8_t *proof_link_at(const struct proof *proof, const struct anchor *anchor);

#endif /* MENTOR_SRC_APP_PROOF_H */
