#include "whatif_tally.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "mentor/core/date.h"

void whatif_tally_release(struct whatif_tally *tally)
{
    for (uint32_t i = 0; i < tally->month_count; i++) {
        free(tally->months[i]);
    }
    free(tally->months);
    *tally = (struct whatif_tally){0};
}

/* Decisions come by time, so the month is nearly always the last one. */
static struct whatif_month *month_of(struct whatif_tally *tally, int32_t month)
{
    uint32_t at = tally->month_count;
    while (at > 0 && tally->months[at - 1]->month > month) {
        at--;
    }
    if (at > 0 && tally->months[at - 1]->month == month) {
        return tally->months[at - 1];
    }
    if (tally->month_count == tally->month_capacity) {
        tally->month_capacity = tally->month_capacity == 0 ? 16 : 2 * tally->month_capacity;
        struct whatif_month **larger =
            realloc(tally->months, tally->month_capacity * sizeof(struct whatif_month *));
        CHECK(larger != NULL);
        tally->months = larger;
    }
    struct whatif_month *made = calloc(1, sizeof(*made));
    CHECK(made != NULL);
    made->month = month;
    memmove(&tally->months[at + 1],
            &tally->months[at],
            (tally->month_count - at) * sizeof(struct whatif_month *));
    tally->months[at] = made;
    tally->month_count++;
    return made;
}

static void count_moves(struct whatif_tally *tally, const struct whatif_result *result)
{
    const struct whatif_side *before = &result->before;
    const struct whatif_side *after = &result->after;
    uint64_t moved = before->rules ^ after->rules;
    for (int rule = 0; moved != 0 && rule < RULE_COUNT; rule++) {
        uint64_t bit = UINT64_C(1) << rule;
        if ((moved & bit) != 0) {
            enum whatif_move move = (after->rules & bit) != 0 ? WHATIF_APPEARED : WHATIF_GONE;
            tally->moves[before->outcome][after->outcome][rule][move]++;
        }
    }
}

static struct whatif_money money_of(const struct whatif_result *result)
{
    return (struct whatif_money){
        .decisions = 1,
        .flipped = whatif_flipped(result),
        .grants_before = result->before.outcome == OUTCOME_IS_APPROVED,
        .grants_after = result->after.outcome == OUTCOME_IS_APPROVED,
        .before_ore = result->before.granted_ore,
        .after_ore = result->after.granted_ore,
    };
}

void whatif_tally_add(struct whatif_tally *tally, const struct whatif_result *result)
{
    bool first = tally->decisions++ == 0;
    bool changed = whatif_changed(result);
    if (first || result->day < tally->first_day) {
        tally->first_day = result->day;
    }
    if (first || result->day > tally->last_day) {
        tally->last_day = result->day;
    }
    tally->verdicts[WHATIF_COUNTED]++;
    tally->flipped += whatif_flipped(result);
    tally->shifted += changed && !whatif_flipped(result);
    tally->by_history += changed && result->by_history;
    tally->superseded += result->superseded;
    tally->disordered += result->disordered;
    tally->outcomes[result->before.outcome][result->after.outcome]++;
    count_moves(tally, result);
    if (result->superseded || result->conflict) {
        return;
    }
    struct civil civil = date_civil(result->day);
    struct whatif_month *month = month_of(tally, civil.year * 12 + civil.month - 1);
    struct whatif_money money = money_of(result);
    uint32_t municipality =
        result->municipality < 0 ? MUNICIPALITY_COUNT : (uint32_t)result->municipality;
    whatif_money_add(&month->municipalities[municipality], &money);
    tally->difference[result->before.outcome][result->after.outcome] +=
        money.after_ore - money.before_ore;
}

void whatif_tally_spread(struct whatif_tally *tally, int64_t difference_ore, int64_t flips)
{
    tally->squared_ore += (double)difference_ore * (double)difference_ore;
    tally->squared_flips += (double)flips * (double)flips;
}

int64_t whatif_tally_left_out(const struct whatif_tally *tally)
{
    int64_t count = 0;
    for (int i = 0; i < WHATIF_VERDICTS; i++) {
        count += i == WHATIF_COUNTED || i == WHATIF_OUTSIDE ? 0 : tally->verdicts[i];
    }
    return count;
}

void whatif_money_add(struct whatif_money *money, const struct whatif_money *more)
{
    money->decisions += more->decisions;
    money->flipped += more->flipped;
    money->grants_before += more->grants_before;
    money->grants_after += more->grants_after;
    money->before_ore += more->before_ore;
    money->after_ore += more->after_ore;
}

static void join_outcomes(struct whatif_tally *tally, const struct whatif_tally *from)
{
    for (int a = 0; a < WHATIF_ENDS; a++) {
        for (int b = 0; b < WHATIF_ENDS; b++) {
            tally->outcomes[a][b] += from->outcomes[a][b];
            tally->difference[a][b] += from->difference[a][b];
            for (int rule = 0; rule < RULE_COUNT; rule++) {
                for (int move = 0; move < WHATIF_MOVES; move++) {
                    tally->moves[a][b][rule][move] += from->moves[a][b][rule][move];
                }
            }
        }
    }
}

void whatif_tally_join(struct whatif_tally *tally, const struct whatif_tally *from)
{
    if (from->decisions > 0) {
        bool first = tally->decisions == 0;
        tally->first_day =
            first || from->first_day < tally->first_day ? from->first_day : tally->first_day;
        tally->last_day =
            first || from->last_day > tally->last_day ? from->last_day : tally->last_day;
    }
    tally->decisions += from->decisions;
    tally->flipped += from->flipped;
    tally->shifted += from->shifted;
    tally->by_history += from->by_history;
    tally->superseded += from->superseded;
    tally->disordered += from->disordered;
    for (int i = 0; i < WHATIF_VERDICTS; i++) {
        tally->verdicts[i] += from->verdicts[i];
    }
    join_outcomes(tally, from);
    for (uint32_t i = 0; i < from->month_count; i++) {
        struct whatif_month *month = month_of(tally, from->months[i]->month);
        for (int m = 0; m <= MUNICIPALITY_COUNT; m++) {
            whatif_money_add(&month->municipalities[m], &from->months[i]->municipalities[m]);
        }
    }
    tally->squared_ore += from->squared_ore;
    tally->squared_flips += from->squared_flips;
}

struct whatif_money whatif_money_of_month(const struct whatif_month *month)
{
    struct whatif_money sum = {0};
    for (int m = 0; m <= MUNICIPALITY_COUNT; m++) {
        whatif_money_add(&sum, &month->municipalities[m]);
    }
    return sum;
}

struct whatif_money whatif_money_of(const struct whatif_tally *tally, uint32_t municipality)
{
    struct whatif_money sum = {0};
    for (uint32_t i = 0; i < tally->month_count; i++) {
        whatif_money_add(&sum, &tally->months[i]->municipalities[municipality]);
    }
    return sum;
}

struct whatif_money whatif_money_total(const struct whatif_tally *tally)
{
    struct whatif_money sum = {0};
    for (uint32_t i = 0; i < tally->month_count; i++) {
        struct whatif_money month = whatif_money_of_month(tally->months[i]);
        whatif_money_add(&sum, &month);
    }
    return sum;
}

/* Each citizen is in the sample by itself with the same chance (Horvitz and Thompson). */
struct whatif_estimate whatif_estimate(const struct whatif_tally *tally, int32_t bp)
{
    double share = (double)bp / WHATIF_WHOLE_BP;
    double spread = (1 - share) / (share * share);
    struct whatif_money total = whatif_money_total(tally);
    return (struct whatif_estimate){
        .flipped = (double)tally->flipped / share,
        .flipped_error = 2 * sqrt(spread * tally->squared_flips),
        .difference_ore = (double)(total.after_ore - total.before_ore) / share,
        .difference_error = 2 * sqrt(spread * tally->squared_ore),
    };
}
