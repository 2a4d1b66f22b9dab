/* A what-if for machines: the same numbers, names as in the protocol, amounts in øre. */

#include <inttypes.h>

#include "mentor/core/date.h"
#include "mentor/core/rulebook.h"
#include "mentor/wire/json.h"

#include "whatif_report.h"

const char *whatif_outcome(enum outcome outcome)
{
    static const char *const names[WHATIF_ENDS] = {
        [OUTCOME_NONE] = "UNDECIDED",
        [OUTCOME_IS_APPROVED] = "OUTCOME_APPROVED",
        [OUTCOME_IS_REJECTED] = "OUTCOME_REJECTED",
        [OUTCOME_IS_REFERRED] = "OUTCOME_REFERRED",
    };
    return names[outcome];
}

static void add_text(FILE *out, const char *name, struct bytes value)
{
    struct text text = {0};
    text_add_json(&text, value);
    (void)fprintf(out, "\"%s\":%.*s,", name, (int)text.size, text.data);
    text_release(&text);
}

static void add_head(const struct whatif_report *report, FILE *out)
{
    const struct whatif_tally *tally = report->tally;
    char hex[2 * SHA256_SIZE];
    hex_encode(report->candidate->sha256, SHA256_SIZE, hex);
    (void)fputs("{\"rulebook\":{", out);
    add_text(out, "name", report->candidate->name);
    add_text(out, "version", report->candidate->version);
    (void)fprintf(out,
                  "\"sha256\":\"%.64s\"},\"history\":\"%s\",\"samplePercent\":%.2f,",
                  hex,
                  report->stored ? "stored" : "cascade",
                  (double)report->sample_bp / 100);
    (void)fprintf(out,
                  "\"decisions\":%" PRId64 ",\"flipped\":%" PRId64 ",\"otherFindings\":%" PRId64
                  ",\"byHistory\":%" PRId64 ",\"superseded\":%" PRId64 ",\"disordered\":%" PRId64,
                  tally->decisions,
                  tally->flipped,
                  tally->shifted,
                  tally->by_history,
                  tally->superseded,
                  tally->disordered);
    (void)fprintf(out,
                  ",\"leftOut\":{\"erased\":%" PRId64 ",\"retired\":%" PRId64 ",\"sealed\":%" PRId64
                  ",\"missing\":%" PRId64 ",\"unreadable\":%" PRId64 ",\"noRulebook\":%" PRId64
                  ",\"unlikeStored\":%" PRId64 "}",
                  tally->verdicts[WHATIF_ERASED],
                  tally->verdicts[WHATIF_RETIRED],
                  tally->verdicts[WHATIF_SEALED],
                  tally->verdicts[WHATIF_MISSING],
                  tally->verdicts[WHATIF_UNREADABLE],
                  tally->verdicts[WHATIF_NO_RULEBOOK],
                  tally->verdicts[WHATIF_UNLIKE]);
    whatif_report_log_json(report, out);
}

/* What separates the next item of a list. */
static const char *comma(bool *any)
{
    const char *text = *any ? "," : "";
    *any = true;
    return text;
}

static void add_outcomes(const struct whatif_tally *tally, FILE *out)
{
    bool any = false;
    (void)fputs(",\"outcomes\":[", out);
    for (int from = 0; from < WHATIF_ENDS; from++) {
        for (int to = 0; to < WHATIF_ENDS; to++) {
            if (tally->outcomes[from][to] > 0) {
                (void)fprintf(out,
                              "%s{\"from\":\"%s\",\"to\":\"%s\",\"decisions\":%" PRId64
                              ",\"differenceOre\":%" PRId64 "}",
                              comma(&any),
                              whatif_outcome((enum outcome)from),
                              whatif_outcome((enum outcome)to),
                              tally->outcomes[from][to],
                              tally->difference[from][to]);
            }
        }
    }
}

static void add_rules(const struct whatif_tally *tally, FILE *out)
{
    bool any = false;
    (void)fputs("],\"rules\":[", out);
    for (int from = 0; from < WHATIF_ENDS; from++) {
        for (int to = 0; to < WHATIF_ENDS; to++) {
            for (int rule = 0; rule < RULE_COUNT; rule++) {
                const int64_t *moves = tally->moves[from][to][rule];
                if (moves[WHATIF_APPEARED] + moves[WHATIF_GONE] > 0) {
                    (void)fprintf(
                        out,
                        "%s{\"from\":\"%s\",\"to\":\"%s\",\"rule\":\"%s\",\"appeared\":%" PRId64
                        ",\"gone\":%" PRId64 "}",
                        comma(&any),
                        whatif_outcome((enum outcome)from),
                        whatif_outcome((enum outcome)to),
                        rule_name((enum rule_id)rule),
                        moves[WHATIF_APPEARED],
                        moves[WHATIF_GONE]);
                }
            }
        }
    }
}

static void add_money(FILE *out, const struct whatif_money *money)
{
    (void)fprintf(out,
                  "\"decisions\":%" PRId64 ",\"flipped\":%" PRId64 ",\"grantsBefore\":%" PRId64
                  ",\"grantsAfter\":%" PRId64 ",\"beforeOre\":%" PRId64 ",\"afterOre\":%" PRId64
                  ",\"differenceOre\":%" PRId64 "}",
                  money->decisions,
                  money->flipped,
                  money->grants_before,
                  money->grants_after,
                  money->before_ore,
                  money->after_ore,
                  money->after_ore - money->before_ore);
}

static void add_place(FILE *out, uint32_t municipality)
{
    (void)fprintf(out,
                  "\"municipality\":\"%s\",",
                  municipality < MUNICIPALITY_COUNT ? municipality_code(municipality) : "");
}

static void add_month(FILE *out, int32_t month)
{
    (void)fprintf(out, "\"month\":\"%04d-%02d\",", month / 12, month % 12 + 1);
}

static void add_monies(const struct whatif_tally *tally, FILE *out)
{
    struct whatif_money money = whatif_money_total(tally);
    bool any = false;
    (void)fputs("],\"money\":{", out);
    add_money(out, &money);
    (void)fputs(",\"municipalities\":[", out);
    for (uint32_t m = 0; m <= MUNICIPALITY_COUNT; m++) {
        money = whatif_money_of(tally, m);
        if (money.decisions > 0) {
            (void)fprintf(out, "%s{", comma(&any));
            add_place(out, m);
            add_money(out, &money);
        }
    }
    any = false;
    (void)fputs("],\"months\":[", out);
    for (uint32_t i = 0; i < tally->month_count; i++) {
        money = whatif_money_of_month(tally->months[i]);
        (void)fprintf(out, "%s{", comma(&any));
        add_month(out, tally->months[i]->month);
        add_money(out, &money);
    }
    any = false;
    (void)fputs("],\"municipalityMonths\":[", out);
    for (uint32_t m = 0; m <= MUNICIPALITY_COUNT; m++) {
        for (uint32_t i = 0; i < tally->month_count; i++) {
            const struct whatif_money *cell = &tally->months[i]->municipalities[m];
            if (cell->decisions > 0) {
                (void)fprintf(out, "%s{", comma(&any));
                add_place(out, m);
                add_month(out, tally->months[i]->month);
                add_money(out, cell);
            }
        }
    }
}

void whatif_report_json(const struct whatif_report *report, FILE *out)
{
    const struct whatif_tally *tally = report->tally;
    add_head(report, out);
    add_outcomes(tally, out);
    add_rules(tally, out);
    add_monies(tally, out);
    (void)fputc(']', out);
    if (report->sample_bp < WHATIF_WHOLE_BP) {
        struct whatif_estimate estimate = whatif_estimate(tally, report->sample_bp);
        (void)fprintf(out,
                      ",\"estimate\":{\"flipped\":%.0f,\"flippedPlusMinus\":%.0f,"
                      "\"differenceOre\":%.0f,\"differencePlusMinusOre\":%.0f}",
                      estimate.flipped,
                      estimate.flipped_error,
                      estimate.difference_ore,
                      estimate.difference_error);
    }
    (void)fprintf(out, ",\"seconds\":%.3f}\n", report->seconds);
}
