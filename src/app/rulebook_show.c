#include "rulebook_show.h"

#include <inttypes.h>
#include <string.h>

#include "mentor/core/rulebook.h"

static void show_identity(FILE *out, const struct rulebook *rulebook)
{
    char hex[2 * SHA256_SIZE];
    hex_encode(rulebook->sha256, SHA256_SIZE, hex);
    (void)fprintf(out,
                  "%.*s %.*s\nsha256 %.*s\nrenewal_gap_days %d\n",
                  BYTES_ARGS(rulebook->name),
                  BYTES_ARGS(rulebook->version),
                  (int)sizeof(hex),
                  hex,
                  rulebook->renewal_gap_days);
}

static void show_laws(FILE *out, const struct rulebook *rulebook)
{
    for (uint32_t i = 0; i < rulebook->law_count; i++) {
        const struct law *law = &rulebook->laws[i];
        uint32_t refs = 0;
        for (int rule = 0; rule < RULE_COUNT; rule++) {
            refs += law->refs[rule].size > 0;
        }
        (void)fprintf(
            out,
            "law from %.*s: %.*s; %.*s; education right %s; %u closed groups; %u references\n",
            DATE_TEXT_SIZE,
            law->from_text,
            BYTES_ARGS(law->act),
            BYTES_ARGS(law->authority_da),
            law->education_right ? "yes" : "no",
            law->closed_count,
            refs);
    }
}

/* Each set of limits once, with how many municipalities have it. */
static void show_parameters(FILE *out, const struct rulebook *rulebook)
{
    for (uint32_t i = 0; i < MUNICIPALITY_COUNT; i++) {
        const struct parameters *limits = &rulebook->parameters[i];
        uint32_t same = 0;
        bool first = rulebook->serves[i];
        for (uint32_t j = 0; j < MUNICIPALITY_COUNT; j++) {
            bool equal = rulebook->serves[j] &&
                         memcmp(limits, &rulebook->parameters[j], sizeof(*limits)) == 0;
            first = first && !(equal && j < i);
            same += equal;
        }
        if (first) {
            (void)fprintf(out,
                          "%u municipalities: at most %" PRId64 " minutes a week, wage %" PRId64
                          " øre an hour, fee %" PRId64 " øre an hour, training %" PRId64 " øre\n",
                          same,
                          limits->max_minutes_per_week,
                          limits->max_unit_ore,
                          limits->max_fee_ore,
                          limits->max_training_ore);
        }
    }
}

static void show_rules(FILE *out, const struct rulebook *rulebook)
{
    const struct law *law = &rulebook->laws[rulebook->law_count - 1];
    for (int rule = 0; rule < RULE_COUNT; rule++) {
        (void)fprintf(out,
                      "%s %.*s\n    %.*s\n",
                      rule_name((enum rule_id)rule),
                      BYTES_ARGS(rulebook->text_en[rule]),
                      BYTES_ARGS(law->text_da[rule]));
    }
}

void rulebook_show(const struct rulebook *rulebook, FILE *out)
{
    show_identity(out, rulebook);
    show_laws(out, rulebook);
    show_parameters(out, rulebook);
    show_rules(out, rulebook);
}
