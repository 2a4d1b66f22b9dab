#ifndef MENTOR_SRC_APP_ANCHOR_H
#define MENTOR_SRC_APP_ANCHOR_H

/*
 * Private to app/: an anchor, a partition's head of the chain (core/chain.h) as it was told to
 * somebody outside the database: the topic --topic-audit, or a file. As a line it is a CloudEvent
 * dk.mentor.audit.anchor.v1 whose data say cluster, topic, partition, next_offset, batch, link and
 * evaluated_at; `audit sign` adds keyid and signature.
 */

#include <stdbool.h>
#include <stdint.h>

#include "mentor/base/bytes.h"
#include "mentor/base/ed25519.h"
#include "mentor/base/sha256.h"
#include "mentor/wire/json.h"

struct err;

struct anchor {
    struct bytes cluster; /* borrowed */
    struct bytes topic;   /* borrowed */
    int32_t partition;
    int64_t next_offset; /* the link is of all that lies before it */
    int64_t batch;       /* the last one of it */
    int64_t evaluated_at_ms;
    uint8_t link[SHA256_SIZE];
    bool is_signed;
    uint8_t key_id[ED25519_ID_SIZE];
    uint8_t signature[ED25519_SIGNATURE_SIZE];
};

/* Appended, without a newline. */
void anchor_write(const struct anchor *anchor, struct text *line);

/*
 * *event owns what *anchor borrows: json_decref() it. false: *err says what is wrong, with nothing
 * of where.
 */
MUST_CHECK bool
anchor_read(struct bytes line, struct anchor *anchor, json_t **event, struct err *err);

/* Signs what the data say, whatever the line looks like. */
MUST_CHECK bool anchor_sign(struct anchor *anchor, const struct ed25519 *key, struct err *err);
/* ERR_HALT: it is not signed, or by another key, or not what was signed. */
MUST_CHECK bool
anchor_check(const struct anchor *anchor, const struct ed25519 *key, struct err *err);

#endif /* MENTOR_SRC_APP_ANCHOR_H */
