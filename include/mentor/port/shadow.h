#ifndef MENTOR_PORT_SHADOW_H
#define MENTOR_PORT_SHADOW_H

/* What a candidate rulebook would have decided beside the one that did: counts and the newest
 * divergences. Money in øre, of approved decisions only; 0 otherwise. */

#include <stdbool.h>
#include <stdint.h>

#include "mentor/base/bytes.h"
#include "mentor/base/sha256.h"
#include "mentor/base/uuid.h"
#include "mentor/core/decide.h"

enum {
    SHADOW_RULES_SIZE = RULE_COUNT * 4, /* "D02 K01", with a terminator */
};

/* OUTCOME_NONE as the candidate's: it could not decide. */
struct shadow_count {
    int64_t progress_id;
    uint8_t rulebook_sha256[SHA256_SIZE]; /* decided */
    enum outcome outcome;
    enum outcome candidate_outcome;
    int64_t decided;
    int64_t diverged; /* of them: another outcome, finding or frame */
    int64_t granted_ore;
    int64_t candidate_ore;
};

struct shadow_divergence {
    int64_t progress_id;
    int64_t offset;
    uint8_t rulebook_sha256[SHA256_SIZE];
    uint8_t application_id[UUID_SIZE];
    uint32_t version;
    int64_t evaluated_at_ms;
    enum outcome outcome;
    enum outcome candidate_outcome;
    char rules[SHADOW_RULES_SIZE];
    char candidate_rules[SHADOW_RULES_SIZE];
    int64_t granted_ore;
    int64_t candidate_ore;
};

/* What has come since the last one that was stored. */
struct shadow_report {
    uint8_t candidate_sha256[SHA256_SIZE];
    const char *candidate_name;
    const char *candidate_version;
    const struct shadow_count *counts; /* no two with the same first four */
    uint32_t count_count;
    const struct shadow_divergence *divergences;
    uint32_t divergence_count;
};

#endif /* MENTOR_PORT_SHADOW_H */
