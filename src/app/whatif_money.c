/* The money of a what-if: by month, by municipality, and from a sample to all. */

#include <string.h>

#include "danish.h"
#include "whatif_report.h"

enum {
    CHART_MUNICIPALITIES = 20,
};

static const char *month_text(int32_t month, char text[DANISH_SIZE])
{
    (void)snprintf(text, DANISH_SIZE, "%04d-%02d", month / 12, month % 12 + 1);
    return text;
}

static void place_text(uint32_t municipality, char text[WHATIF_CELL_SIZE])
{
    bool known = municipality < MUNICIPALITY_COUNT;
    (void)snprintf(text,
                   WHATIF_CELL_SIZE,
                   "%s %s",
                   known ? municipality_code(municipality) : "–",
                   danish_municipality(known ? (int32_t)municipality : -1));
}

static void money_columns(struct whatif_table *table)
{
    whatif_table_column(table, "bevillinger før", true);
    whatif_table_column(table, "efter", true);
    whatif_table_column(table, "kr. før", true);
    whatif_table_column(table, "kr. efter", true);
    whatif_table_column(table, "forskel", true);
}

static void money_cells(const struct whatif_money *money, struct whatif_table *table)
{
    whatif_table_number(table, money->grants_before);
    whatif_table_number(table, money->grants_after);
    whatif_table_kroner(table, money->before_ore);
    whatif_table_kroner(table, money->after_ore);
    whatif_table_change(table, money->after_ore - money->before_ore);
}

static void money_total(const struct whatif_tally *tally, struct whatif_table *table)
{
    struct whatif_money total = whatif_money_total(tally);
    whatif_table_text(table, "i alt");
    money_cells(&total, table);
    table->total = true;
}

static void
by_month(const struct whatif_tally *tally, struct whatif_table *table, struct whatif_chart *chart)
{
    *chart = (struct whatif_chart){.kind = WHATIF_BARS,
                                   .title = "Bevilget pr. afgørelsesmåned, før og efter",
                                   .note = "",
                                   .kroner = true};
    uint32_t skipped =
        tally->month_count > WHATIF_BARS_MAX ? tally->month_count - WHATIF_BARS_MAX : 0;
    if (skipped > 0) {
        chart->note = "De seneste 36 måneder.";
    }
    whatif_table_begin(table, "Bevilget efter afgørelsesmåned");
    whatif_table_column(table, "måned", false);
    money_columns(table);
    for (uint32_t i = 0; i < tally->month_count; i++) {
        char name[DANISH_SIZE];
        struct whatif_money money = whatif_money_of_month(tally->months[i]);
        whatif_table_text(table, month_text(tally->months[i]->month, name));
        money_cells(&money, table);
        if (i >= skipped) {
            struct whatif_bar *bar = &chart->bars[chart->bar_count++];
            (void)snprintf(bar->label, sizeof(bar->label), "%s", name);
            bar->before = money.before_ore;
            bar->after = money.after_ore;
        }
    }
    money_total(tally, table);
}

static int64_t change_of(const struct whatif_bar *bar)
{
    return bar->after < bar->before ? bar->before - bar->after : bar->after - bar->before;
}

/* Keeps the bars of the largest change, the largest first. */
static void offer_bar(struct whatif_chart *chart, const struct whatif_bar *bar)
{
    uint32_t at = chart->bar_count;
    while (at > 0 && change_of(&chart->bars[at - 1]) < change_of(bar)) {
        at--;
    }
    if (at == CHART_MUNICIPALITIES || change_of(bar) == 0) {
        return;
    }
    if (chart->bar_count < CHART_MUNICIPALITIES) {
        chart->bar_count++;
    } else {
        chart->note = "De 20 kommuner, hvor beløbet ændres mest.";
    }
    memmove(&chart->bars[at + 1],
            &chart->bars[at],
            (chart->bar_count - at - 1) * sizeof(chart->bars[0]));
    chart->bars[at] = *bar;
}

static void by_municipality(const struct whatif_tally *tally,
                            struct whatif_table *table,
                            struct whatif_chart *chart)
{
    *chart = (struct whatif_chart){.kind = WHATIF_DIFFERENCE,
                                   .title = "Ændring i bevilget beløb efter kommune",
                                   .note = "",
                                   .kroner = true};
    whatif_table_begin(table, "Bevilget efter kommune");
    whatif_table_column(table, "kommune", false);
    money_columns(table);
    for (uint32_t m = 0; m <= MUNICIPALITY_COUNT; m++) {
        struct whatif_money money = whatif_money_of(tally, m);
        struct whatif_bar bar = {.before = money.before_ore, .after = money.after_ore};
        if (money.decisions > 0) {
            place_text(m, bar.label);
            whatif_table_text(table, bar.label);
            money_cells(&money, table);
            offer_bar(chart, &bar);
        }
    }
    money_total(tally, table);
}

static void by_both(const struct whatif_tally *tally, struct whatif_table *table)
{
    whatif_table_begin(table, "Ændringer efter kommune og afgørelsesmåned");
    whatif_table_column(table, "kommune", false);
    whatif_table_column(table, "måned", false);
    money_columns(table);
    for (uint32_t m = 0; m <= MUNICIPALITY_COUNT; m++) {
        for (uint32_t i = 0; i < tally->month_count; i++) {
            const struct whatif_money *money = &tally->months[i]->municipalities[m];
            char place[WHATIF_CELL_SIZE];
            char month[DANISH_SIZE];
            if (money->flipped > 0) {
                place_text(m, place);
                whatif_table_text(table, place);
                whatif_table_text(table, month_text(tally->months[i]->month, month));
                money_cells(money, table);
            }
        }
    }
}

static void estimate_row(struct whatif_table *table, const char *what, double value, double error)
{
    char number[DANISH_SIZE];
    char text[WHATIF_CELL_SIZE];
    whatif_table_text(table, what);
    (void)snprintf(text,
                   sizeof(text),
                   "ca. %s",
                   danish_number((int64_t)(value + (value < 0 ? -0.5 : 0.5)), number));
    whatif_table_text(table, text);
    (void)snprintf(text, sizeof(text), "± %s", danish_number((int64_t)(error + 0.5), number));
    whatif_table_text(table, text);
}

static void tell_estimate(const struct whatif_report *report,
                          struct whatif_page *page,
                          struct whatif_table *table)
{
    struct whatif_estimate estimate = whatif_estimate(report->tally, report->sample_bp);
    whatif_table_begin(table, "Anslået for alle borgere");
    whatif_table_column(table, "hvad", false);
    whatif_table_column(table, "anslået", true);
    whatif_table_column(table, "usikkerhed", true);
    estimate_row(table, "afgørelser med andet udfald", estimate.flipped, estimate.flipped_error);
    estimate_row(table,
                 "bevilget, forskel i hele kr.",
                 estimate.difference_ore / 100,
                 estimate.difference_error / 100);
    page->form->table(page, table);
    page->form->paragraph(
        page,
        "Anslået ud fra stikprøven; det rigtige tal ligger inden for usikkerheden "
        "i omtrent 19 af 20 tilfælde. Få ændringer i stikprøven gør den "
        "upålidelig.");
}

void whatif_report_money(const struct whatif_report *report,
                         struct whatif_page *page,
                         struct whatif_table *table)
{
    struct whatif_chart chart;
    char superseded[DANISH_SIZE];
    page->form->heading(page, "Bevilget beløb");
    whatif_say(
        page,
        page->form->paragraph,
        "Bevilgede rammer uden moms. Af hver ansøgning tæller den nyeste version i udsnittet; %s "
        "afgørelser er afløst og tæller ikke. Vejledende rammer hos en sagsbehandler tæller ikke.",
        danish_number(report->tally->superseded, superseded));
    if (report->sample_bp < WHATIF_WHOLE_BP) {
        tell_estimate(report, page, table);
    }
    by_month(report->tally, table, &chart);
    page->form->chart(page, &chart);
    page->form->table(page, table);
    by_municipality(report->tally, table, &chart);
    page->form->chart(page, &chart);
    page->form->table(page, table);
    by_both(report->tally, table);
    whatif_tell(page, table);
}
