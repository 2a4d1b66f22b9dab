#ifndef MENTOR_CORE_RULEBOOK_H
#define MENTOR_CORE_RULEBOOK_H

/*
 * What law and municipalities may change: data, loaded once, immutable (contract.md § 3). No
 * paragraph number and no limit of a municipality appears in C. Made by rulebook/load.h; everything
 * here lives as long as it.
 */

#include <stdbool.h>
#include <stdint.h>

#include "mentor/base/bytes.h"
#include "mentor/base/sha256.h"
#include "mentor/core/date.h"
#include "mentor/core/finding.h"
#include "mentor/core/identifier.h"

enum {
    RULEBOOK_LAWS_MAX = 32,
    RULEBOOK_CLOSED_GROUPS_MAX = 16,
    RULEBOOK_WORD_MAX = 200, /* bytes of a name, a version, an act, a reference */
    RULEBOOK_WORD_SIZE = RULEBOOK_WORD_MAX + 1, /* of a buffer for one, with its terminator */
};

struct parameters {
    int64_t max_minutes_per_week; /* H01; minutes */
    int64_t max_unit_ore;         /* K01, a wage; øre an hour */
    int64_t max_fee_ore;          /* K01, a fee; øre an hour */
    int64_t max_training_ore;     /* K04; øre */
};

struct closed_group {
    int32_t group; /* mentor.v1.TargetGroup */
    int32_t from;  /* no course granted on or after this day counts (E03) */
};

struct law {
    int32_t from; /* first day in force */
    char from_text[DATE_TEXT_SIZE];
    struct bytes act;
    struct bytes authority_da; /* fills {authority} */
    bool education_right;      /* E07 */
    uint32_t closed_count;
    struct closed_group closed[RULEBOOK_CLOSED_GROUPS_MAX];
    struct bytes refs[RULE_COUNT]; /* empty where it has none */
    /* texts.da and complaint_da with {authority} filled in; {deadline} still stands. */
    struct bytes text_da[RULE_COUNT];
    struct bytes complaint_da;
};

struct rulebook {
    struct bytes name;
    struct bytes version;
    uint8_t sha256[SHA256_SIZE]; /* over the file's bytes */
    bool serves[MUNICIPALITY_COUNT];
    int32_t renewal_gap_days; /* P02 */
    struct parameters
        parameters[MUNICIPALITY_COUNT]; /* the municipality's own whole, else the default */
    uint32_t law_count;
    struct law laws[RULEBOOK_LAWS_MAX]; /* `from` rises */
    struct bytes text_en[RULE_COUNT];
    struct bytes source; /* the file's bytes, as stored by hash */
};

/* The last law whose from <= day; NULL before the first. */
const struct law *rulebook_law(const struct rulebook *rulebook, int32_t day);

#endif /* MENTOR_CORE_RULEBOOK_H */
