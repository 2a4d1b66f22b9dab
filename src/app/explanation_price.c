/* The price of a stored decision step by step, as core/price.h makes it. */

#include "mentor/core/application.h"
#include "mentor/core/date.h"
#include "mentor/wire/wire.h"

#include "danish.h"
#include "explanation.h"
#include "json_path.h"

enum {
    HOW_SIZE = 120,
};

static void step(json_t *steps, const char *what, const char *how, const char *unit, int64_t amount)
{
    (void)json_array_append_new(
        steps, json_pack("{s:s,s:s,s:I}", "what", what, "how", how, unit, (json_int_t)amount));
}

static void add_wage(const struct cost *cost, json_t *steps)
{
    char how[HOW_SIZE];
    char amount[DANISH_SIZE];
    char percent[DANISH_SIZE];
    int64_t hour = price_wage_hour(cost);
    if (cost->rate == WAGE_RATE_MONTHLY) {
        (void)snprintf(how, sizeof(how), "%s × 12 / 1.924", danish_kroner(cost->rate_ore, amount));
        step(steps, "Timeløn af månedsløn", how, "ore", hour);
    } else {
        step(steps, "Timeløn", "", "ore", hour);
    }
    (void)snprintf(how, sizeof(how), "%s %%", danish_percent(cost->holiday_bp, percent));
    step(steps, "+ feriepenge", how, "ore", price_divide(hour * cost->holiday_bp, 10000));
    (void)snprintf(how, sizeof(how), "%s %%", danish_percent(cost->pension_bp, percent));
    step(steps, "+ pension", how, "ore", price_divide(hour * cost->pension_bp, 10000));
    step(steps, "+ andre arbejdsgiverbidrag", "", "ore", cost->other_ore_per_hour);
}

static void add_minutes(const struct application *application, const json_t *frame, json_t *steps)
{
    int64_t minutes = json_number_at(frame, "minutes");
    int64_t unit = json_number_at(frame, "unitOre");
    int32_t start = 0;
    int32_t end = 0;
    char how[HOW_SIZE];
    char first[DANISH_SIZE];
    char second[DANISH_SIZE];
    if (date_parse(application->start_date, &start) && date_parse(application->end_date, &end)) {
        (void)snprintf(how,
                       sizeof(how),
                       "%s min. × %s dage / 7",
                       danish_number(application->minutes_per_week, first),
                       danish_number(end - start + 1, second));
        step(steps, "Minutter i perioden", how, "minutes", minutes);
    }
    (void)snprintf(how,
                   sizeof(how),
                   "%s × %s / 60",
                   danish_kroner(unit, first),
                   danish_number(minutes, second));
    step(steps, "Støtte", how, "ore", json_number_at(frame, "supportOre"));
}

/* The wage's parts are worked out again: only within what the decision could price. */
static bool priced(const struct cost *cost)
{
    int64_t most = cost->rate == WAGE_RATE_MONTHLY ? PRICE_MONTHLY_ORE_MAX : PRICE_HOURLY_ORE_MAX;
    return cost->basis == COST_WAGE && cost->rate != WAGE_RATE_NONE && cost->rate_ore >= 1 &&
           cost->rate_ore <= most && cost->holiday_bp <= PRICE_WAGE_BP_MAX &&
           cost->pension_bp <= PRICE_WAGE_BP_MAX;
}

json_t *explanation_price(const struct explanation *explanation)
{
    const json_t *frame = json_at(explanation->decision, "frame");
    struct application application;
    bool canonical = false;
    json_t *steps = json_array();
    if (frame != NULL && explanation->row->payload.state != PAYLOAD_WHOLE) {
        step(steps,
             "ramme; udregningen kan ikke vises",
             "",
             "ore",
             json_number_at(frame, "totalOre"));
        return steps;
    }
    if (frame == NULL ||
        wire_decode_application(explanation->row->input, &application, &canonical) != REASON_NONE) {
        return steps;
    }
    bool wage = application.cost.basis == COST_WAGE;
    if (priced(&application.cost)) {
        add_wage(&application.cost, steps);
    }
    step(steps,
         wage ? "= en time" : "Honorar for en time",
         "",
         "ore",
         json_number_at(frame, "unitOre"));
    add_minutes(&application, frame, steps);
    if (json_number_at(frame, "trainingOre") > 0) {
        step(steps, "+ mentoruddannelse", "", "ore", json_number_at(frame, "trainingOre"));
    }
    step(steps,
         json_is_true(json_at(frame, "indicative")) ? "= vejledende ramme, ikke bevilget"
                                                    : "= bevilget ramme",
         "",
         "ore",
         json_number_at(frame, "totalOre"));
    if (json_number_at(frame, "vatOre") > 0) {
        step(steps, "moms, uden for rammen", "", "ore", json_number_at(frame, "vatOre"));
    }
    return steps;
}
