#ifndef MENTOR_WIRE_WIRE_H
#define MENTOR_WIRE_WIRE_H

/* Protobuf bytes to the core's types and back. The one place that knows protobuf-c with
 * wire/json.h. */

#include <stdbool.h>
#include <stdint.h>

#include "mentor/base/bytes.h"
#include "mentor/core/status.h"

struct application;
struct arena;
struct decision;

enum {
    WIRE_VALUE_MAX = 256 * 1024, /* bytes of one Application */
    WIRE_TEXT_MAX = 16 * 1024,   /* bytes of one string */
    WIRE_LIST_MAX = 64,          /* items of one list */
};

/*
 * One pass over the raw bytes by the generated descriptors: every check of contract.md § 2 on what
 * protobuf-c would merge, cut or accept in silence, and the core's struct filled on the way.
 * REASON_NONE and *out filled, or why not (the reasons from UNDECODABLE to LIST_TOO_LONG); *out
 * then holds what was read before. Identifiers are not judged here; out->id is not filled. Texts in
 * *out borrow from `value`. No allocation.
 *
 * *canonical: the bytes are the message's canonical encoding as they stand.
 */
MUST_CHECK enum reason
wire_decode_application(struct bytes value, struct application *out, bool *canonical);

/*
 * The canonical encoding: fields in number order, defaults left out, varints shortest, unknown
 * fields at the end in arrival order. For bytes that wire_decode_application() has accepted. In the
 * arena; false: the arena is full.
 */
MUST_CHECK bool
wire_canonical_application(struct bytes value, struct arena *arena, struct bytes *out);

struct wire_source {
    struct bytes topic;
    int32_t partition;
    int64_t offset;
    struct bytes event_id;
};

/* The Decision as protobuf, in the arena. false: the arena is full. */
MUST_CHECK bool wire_encode_decision(const struct decision *decision,
                                     const struct wire_source *source,
                                     struct arena *arena,
                                     struct bytes *out);

/*
 * Where any Decision says it comes from; texts lie in the arena. false: no Decision, or without a
 * source.
 */
MUST_CHECK bool
wire_decision_source(struct bytes decision, struct arena *arena, struct wire_source *source);

/* What a Decision says of how it was made, and what it came to. */
struct wire_provenance {
    struct wire_source source;
    struct bytes application_id;
    int64_t evaluated_at_ms;
    struct bytes rulebook_sha256; /* as it stands, of any size */
    bool quarantined;             /* it has the finding Q01 */
    bool conflict;                /* it has the finding D06 */
    struct bytes decision_id;     /* texts as they stand, empty where there is none */
    struct bytes citizen_ref;
    uint32_t version;
    int outcome; /* mentor.v1.Outcome's number */
    bool has_total;
    int64_t total_ore;
    bool has_period;
    struct bytes start_date;
    struct bytes end_date;
};

/* Likewise; texts and bytes lie in the arena. false: no Decision, or without source, rulebook or
 * time. */
MUST_CHECK bool wire_decision_provenance(struct bytes decision,
                                         struct arena *arena,
                                         struct wire_provenance *provenance);

/* The application id as it came, out of what wire_encode_decision() wrote; borrows from it. false:
 * it did not write that. */
MUST_CHECK bool wire_decision_application_id(struct bytes decision, struct bytes *id);

#endif /* MENTOR_WIRE_WIRE_H */
