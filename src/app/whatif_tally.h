#ifndef MENTOR_SRC_APP_WHATIF_TALLY_H
#define MENTOR_SRC_APP_WHATIF_TALLY_H

/*
 * Private to app/: what a change of rules would have done, in numbers. Outcomes and findings are
 * counted over decisions; money over what stands: of each application its newest version in the
 * range. Jobs count each for itself and are joined in the end.
 */

#include <stdbool.h>
#include <stdint.h>

#include "mentor/core/finding.h"
#include "mentor/core/identifier.h"

#include "whatif.h"

/* Whether a rule's finding came or went. */
enum whatif_move {
    WHATIF_APPEARED,
    WHATIF_GONE,
    WHATIF_MOVES,
};

struct whatif_money {
    int64_t decisions; /* that stand */
    int64_t flipped;
    int64_t grants_before;
    int64_t grants_after;
    int64_t before_ore; /* granted */
    int64_t after_ore;
};

struct whatif_month {
    int32_t month;                                              /* year * 12 + month - 1 */
    struct whatif_money municipalities[MUNICIPALITY_COUNT + 1]; /* the last: of none of the 98 */
};

struct whatif_tally {
    int64_t decisions; /* in the range and counted */
    int64_t flipped;
    int64_t shifted;    /* the same outcome by other findings */
    int64_t by_history; /* of those changed */
    int64_t superseded;
    int64_t disordered; /* lie after a later one of their citizen */
    int32_t first_day;  /* of decisions */
    int32_t last_day;
    int64_t verdicts[WHATIF_VERDICTS];
    int64_t outcomes[WHATIF_ENDS][WHATIF_ENDS];   /* from, to: decisions */
    int64_t difference[WHATIF_ENDS][WHATIF_ENDS]; /* øre, of those that stand */
    int64_t moves[WHATIF_ENDS][WHATIF_ENDS][RULE_COUNT][WHATIF_MOVES];
    struct whatif_month **months; /* owned; rising */
    uint32_t month_count;
    uint32_t month_capacity;
    /* Of a sample, by citizen: what the uncertainty is made from. */
    double squared_ore;
    double squared_flips;
};

void whatif_tally_release(struct whatif_tally *tally);
void whatif_tally_add(struct whatif_tally *tally, const struct whatif_result *result);
/* One citizen's part of a sample: the sum of its differences, and of its flips. */
void whatif_tally_spread(struct whatif_tally *tally, int64_t difference_ore, int64_t flips);
/* Decisions in the range that could not be decided again, by whatever verdict. */
int64_t whatif_tally_left_out(const struct whatif_tally *tally);
/* `from` is added to `tally`, and stays as it was. */
void whatif_tally_join(struct whatif_tally *tally, const struct whatif_tally *from);

void whatif_money_add(struct whatif_money *money, const struct whatif_money *more);
/* Of a month, of a municipality (index, MUNICIPALITY_COUNT for none), of all. */
struct whatif_money whatif_money_of_month(const struct whatif_month *month);
struct whatif_money whatif_money_of(const struct whatif_tally *tally, uint32_t municipality);
struct whatif_money whatif_money_total(const struct whatif_tally *tally);

/*
 * From a sample of `bp` basis points of the citizens to all of them: the estimate, and twice its
 * standard error, which it misses in one case of twenty.
 */
struct whatif_estimate {
    double flipped;
    double flipped_error;
    double difference_ore;
    double difference_error;
};
struct whatif_estimate whatif_estimate(const struct whatif_tally *tally, int32_t bp);

#endif /* MENTOR_SRC_APP_WHATIF_TALLY_H */
