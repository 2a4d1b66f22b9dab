#include "mentor/core/decide.h"

#include "mentor/core/application.h"
#include "mentor/core/date.h"
#include "mentor/core/rulebook.h"

#include "rules.h"

typedef void rule_fn(struct facts *facts);

static rule_fn *const rules[RULE_COUNT] = {
#define X(id, weight) [RULE_##id] = rule_##id,
    RULES(X)
#undef X
};

static enum outcome weigh(const struct findings *findings)
{
    if (findings_has_weight(findings, WEIGHT_OF_REFER_BLOCKING)) {
        return OUTCOME_IS_REFERRED;
    }
    if (findings_has_weight(findings, WEIGHT_OF_REJECT)) {
        return OUTCOME_IS_REJECTED;
    }
    return findings_has_weight(findings, WEIGHT_OF_REFER) ? OUTCOME_IS_REFERRED
                                                          : OUTCOME_IS_APPROVED;
}

/* Nothing to price where an input of the price is invalid. */
static bool priceable(const struct findings *findings)
{
    return !findings_has(findings, RULE_D07) && !findings_has(findings, RULE_D08) &&
           !findings_invalid(findings, FIELD_START_DATE) &&
           !findings_invalid(findings, FIELD_END_DATE) &&
           !findings_invalid(findings, FIELD_MINUTES_PER_WEEK);
}

void decision_id_of(const uint8_t application_id[UUID_SIZE],
                    uint32_t version,
                    const uint8_t event_key[EVENT_KEY_SIZE],
                    int64_t evaluated_at_ms,
                    uint8_t id[UUID_SIZE])
{
    uint8_t seed[UUID_TEXT_SIZE + 4 + EVENT_KEY_SIZE];
    uuid_format(application_id, (char *)seed);
    for (int i = 0; i < 4; i++) {
        seed[UUID_TEXT_SIZE + i] = (uint8_t)(version >> (24 - 8 * i));
    }
    memcpy(seed + UUID_TEXT_SIZE + 4, event_key, EVENT_KEY_SIZE);
    uint8_t digest[SHA256_SIZE];
    sha256_of(bytes_of(seed, sizeof(seed)), digest);

    for (int i = 0; i < 6; i++) {
        id[i] = (uint8_t)((uint64_t)evaluated_at_ms >> (40 - 8 * i));
    }
    /* The digest's first 12 bits after the version nibble, its next 62 after the variant bits. */
    id[6] = (uint8_t)(0x70 | digest[0] >> 4);
    id[7] = (uint8_t)(digest[0] << 4 | digest[1] >> 4);
    uint64_t tail = 0;
    for (int i = 1; i < 9; i++) {
        tail = tail << 8 | digest[i];
    }
    /* Bits 12 to 73: bytes 1 to 8 hold bits 8 to 71, so drop four in front and take two behind. */
    tail = (tail << 4 | digest[9] >> 4) >> 2 & UINT64_C(0x3fffffffffffffff);
    tail |= UINT64_C(0x8000000000000000);
    for (int i = 0; i < 8; i++) {
        id[8 + i] = (uint8_t)(tail >> (56 - 8 * i));
    }
}

static void settle_period(const struct facts *facts, struct decision *decision)
{
    decision->has_period = facts->has_start && facts->has_end;
    if (decision->has_period) {
        decision->start = facts->start;
        decision->end = facts->end;
        decision->latest_end = facts->latest_end;
    }
}

static void settle_frame(const struct facts *facts, struct decision *decision)
{
    decision->has_frame =
        decision->outcome != OUTCOME_IS_REJECTED && priceable(&decision->findings);
    decision->indicative = decision->has_frame && decision->outcome == OUTCOME_IS_REFERRED;
    if (decision->has_frame) {
        decision->frame = price_frame(&facts->application->cost,
                                      facts->application->minutes_per_week,
                                      facts->end - facts->start + 1);
    } else {
        decision->frame = (struct frame){0};
    }
}

void decide(const struct matter *matter, struct decision *decision)
{
    const struct application *application = matter->application;
    CHECK(matter->law != NULL);
    decision->matter = matter;
    decision->decision_date = date_in_denmark(matter->evaluated_at_ms);
    struct facts facts = {
        .matter = matter,
        .application = application,
        .today = decision->decision_date,
        .findings = &decision->findings,
    };
    findings_clear(&decision->findings);
    for (int rule = 0; rule < RULE_COUNT; rule++) {
        rules[rule](&facts);
    }
    decision->outcome = weigh(&decision->findings);
    decision->by_right = decision->outcome == OUTCOME_IS_APPROVED &&
                         findings_has_weight(&decision->findings, WEIGHT_OF_RIGHT);
    settle_period(&facts, decision);
    settle_frame(&facts, decision);
    decision->complaint_deadline = date_complaint_deadline(decision->decision_date);
    decision->municipality_valid = facts.municipality >= 0;
    decision->cvr_valid = !findings_invalid(&decision->findings, FIELD_CVR);
    decision->p_number_valid =
        !missing(application->p_number) && !findings_invalid(&decision->findings, FIELD_P_NUMBER);
    decision_id_of(application->id,
                   application->version,
                   matter->event_key,
                   matter->evaluated_at_ms,
                   decision->decision_id);
}
