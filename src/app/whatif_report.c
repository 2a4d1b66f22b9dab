#include "whatif_report.h"

#include <inttypes.h>
#include <string.h>

#include "mentor/core/date.h"
#include "mentor/core/rulebook.h"

#include "danish.h"

enum {
    TITLE_SIZE = 512,
};

static const char *const outcomes[WHATIF_ENDS] = {
    [OUTCOME_NONE] = "ingen afgørelse",
    [OUTCOME_IS_APPROVED] = "bevilget",
    [OUTCOME_IS_REJECTED] = "afslag",
    [OUTCOME_IS_REFERRED] = "til sagsbehandler",
};

/* In the order of a reader: what was decided first, what could not be last. */
static const enum outcome order[WHATIF_ENDS] = {
    OUTCOME_IS_APPROVED, OUTCOME_IS_REJECTED, OUTCOME_IS_REFERRED, OUTCOME_NONE};

static const char *day_text(int32_t day, char text[DANISH_SIZE])
{
    date_format_danish(day, text);
    text[DATE_TEXT_SIZE] = '\0';
    return text;
}

/* What it is about, and what a reader must not overlook. */
static void introduce(const struct whatif_report *report, struct whatif_page *page)
{
    const struct whatif_tally *tally = report->tally;
    const struct whatif_form *form = page->form;
    char hex[2 * SHA256_SIZE];
    char count[DANISH_SIZE];
    char first[DANISH_SIZE];
    char last[DANISH_SIZE];
    hex_encode(report->candidate->sha256, SHA256_SIZE, hex);
    if (tally->decisions == 0) {
        form->warning(page,
                      whatif_tally_left_out(tally) == 0
                          ? "Der er ingen afgørelser i det valgte udsnit."
                          : "Ingen afgørelse i det valgte udsnit kan afgøres igen.");
    } else {
        whatif_say(
            page,
            form->paragraph,
            "%s afgørelser, truffet fra %s til %s, er afgjort igen efter regelsættet %.*s %.*s "
            "(SHA-256 %.16s…) i stedet for det, hver blev truffet efter. Oplysninger og tidspunkt "
            "er de samme. Intet er ændret, og intet er sendt.",
            danish_number(tally->decisions, count),
            day_text(tally->first_day, first),
            day_text(tally->last_day, last),
            BYTES_ARGS(report->candidate->name),
            BYTES_ARGS(report->candidate->version),
            hex);
    }
    form->paragraph(
        page,
        report->stored
            ? "Borgernes tidligere bevillinger er dem, der faktisk blev givet: en ændret "
              "afgørelse virker ikke på borgerens senere afgørelser."
            : "Borgernes tidligere bevillinger i udsnittet er dem, der ville være givet "
              "efter regelsættet: en ændret afgørelse virker på borgerens senere.");
    if (report->sample_bp < WHATIF_WHOLE_BP) {
        char percent[DANISH_SIZE];
        whatif_say(
            page,
            form->warning,
            "Stikprøve: %s %% af borgerne. Alle tal er stikprøvens egne, undtagen i tabellen "
            "»Anslået for alle borgere«.",
            danish_percent(report->sample_bp, percent));
    }
}

static void warn_of_rest(const struct whatif_report *report, struct whatif_page *page)
{
    static const char *const texts[WHATIF_VERDICTS] = {
        [WHATIF_ERASED] = "deres oplysninger er slettet med borgerens nøgle. Det er ingen fejl.",
        [WHATIF_RETIRED] = "deres oplysninger er slettet efter alder. Det er ingen fejl.",
        [WHATIF_SEALED] =
            "deres oplysninger er forseglet; giv --master-key-file for at få dem med.",
        [WHATIF_MISSING] = "deres ansøgning findes ikke i loggen.",
        [WHATIF_UNREADABLE] = "deres oplysninger kan ikke læses.",
        [WHATIF_NO_RULEBOOK] = "deres eget regelsæt er ikke gemt.",
        [WHATIF_UNLIKE] =
            "efter deres eget regelsæt bliver de til andet end det gemte; se replay verify.",
    };
    char count[DANISH_SIZE];
    for (int i = 0; i < WHATIF_VERDICTS; i++) {
        if (texts[i] != NULL && report->tally->verdicts[i] > 0) {
            whatif_say(page,
                       page->form->warning,
                       "%s afgørelser er ikke med: %s",
                       danish_number(report->tally->verdicts[i], count),
                       texts[i]);
        }
    }
    if (report->one_municipality && whatif_tally_left_out(report->tally) > 0) {
        page->form->warning(page,
                            "Af det, der ikke kan læses, kendes kommunen ikke: det er talt med "
                            "ovenfor, uanset hvilken kommune det hører til.");
    }
    if (report->tally->disordered > 0) {
        whatif_say(
            page,
            page->form->warning,
            "%s afgørelser ligger i en anden rækkefølge end borgerens egen; deres historik kan være "
            "regnet uden en tidligere ændring.",
            danish_number(report->tally->disordered, count));
    }
}

static void matrix(const struct whatif_tally *tally, struct whatif_table *table)
{
    int64_t sums[WHATIF_ENDS] = {0};
    whatif_table_begin(table, "Afgørelser efter udfald før (linjer) og efter (kolonner)");
    whatif_table_column(table, "før", false);
    for (int to = 0; to < WHATIF_ENDS; to++) {
        whatif_table_column(table, outcomes[order[to]], true);
    }
    whatif_table_column(table, "i alt", true);
    for (int from = 0; from < WHATIF_ENDS - 1; from++) { /* what is stored was decided */
        int64_t sum = 0;
        whatif_table_text(table, outcomes[order[from]]);
        for (int to = 0; to < WHATIF_ENDS; to++) {
            int64_t count = tally->outcomes[order[from]][order[to]];
            whatif_table_number(table, count);
            sum += count;
            sums[to] += count;
        }
        whatif_table_number(table, sum);
    }
    whatif_table_text(table, "i alt");
    for (int to = 0; to < WHATIF_ENDS; to++) {
        whatif_table_number(table, sums[to]);
    }
    whatif_table_number(table, tally->decisions);
    table->total = true;
}

static void chart_outcomes(const struct whatif_tally *tally, struct whatif_chart *chart)
{
    *chart = (struct whatif_chart){
        .kind = WHATIF_BARS, .title = "Afgørelser efter udfald, før og efter", .note = ""};
    for (int i = 0; i < WHATIF_ENDS; i++) {
        struct whatif_bar *bar = &chart->bars[chart->bar_count];
        (void)snprintf(bar->label, sizeof(bar->label), "%s", outcomes[order[i]]);
        bar->before = 0;
        bar->after = 0;
        for (int other = 0; other < WHATIF_ENDS; other++) {
            bar->before += tally->outcomes[order[i]][other];
            bar->after += tally->outcomes[other][order[i]];
        }
        chart->bar_count += bar->before + bar->after > 0;
    }
}

static void tell_outcomes(const struct whatif_report *report,
                          struct whatif_page *page,
                          struct whatif_table *table)
{
    const struct whatif_tally *tally = report->tally;
    struct whatif_chart chart;
    char flipped[DANISH_SIZE];
    char by_history[DANISH_SIZE];
    char shifted[DANISH_SIZE];
    char percent[DANISH_SIZE];
    int64_t bp = tally->decisions == 0 ? 0 : tally->flipped * 10000 / tally->decisions;
    page->form->heading(page, "Udfald");
    whatif_say(
        page,
        page->form->paragraph,
        "%s afgørelser (%s %%) får et andet udfald. %s beholder udfaldet, men af andre grunde. %s "
        "ændres alene, fordi en tidligere afgørelse til samme borger ændres.",
        danish_number(tally->flipped, flipped),
        danish_percent(bp, percent),
        danish_number(tally->shifted, shifted),
        danish_number(tally->by_history, by_history));
    chart_outcomes(tally, &chart);
    page->form->chart(page, &chart);
    matrix(tally, table);
    page->form->table(page, table);
}

/* Each way from one outcome to another, and what it means in money. */
static void ways(const struct whatif_tally *tally, struct whatif_table *table)
{
    whatif_table_begin(table, "Ændrede udfald");
    whatif_table_column(table, "fra", false);
    whatif_table_column(table, "til", false);
    whatif_table_column(table, "afgørelser", true);
    whatif_table_column(table, "bevilget, forskel i kr.", true);
    for (int from = 0; from < WHATIF_ENDS; from++) {
        for (int to = 0; to < WHATIF_ENDS; to++) {
            int64_t count = tally->outcomes[order[from]][order[to]];
            if (from != to && count > 0) {
                whatif_table_text(table, outcomes[order[from]]);
                whatif_table_text(table, outcomes[order[to]]);
                whatif_table_number(table, count);
                whatif_table_change(table, tally->difference[order[from]][order[to]]);
            }
        }
    }
}

static void rule_cells(const int64_t moves[WHATIF_MOVES], int rule, struct whatif_table *table)
{
    whatif_table_text(table, rule_name((enum rule_id)rule));
    whatif_table_number(table, moves[WHATIF_APPEARED]);
    whatif_table_number(table, moves[WHATIF_GONE]);
}

static void rule_columns(struct whatif_table *table)
{
    whatif_table_column(table, "regel", false);
    whatif_table_column(table, "kommer til", true);
    whatif_table_column(table, "falder bort", true);
}

static void rules_of_ways(const struct whatif_tally *tally, struct whatif_table *table)
{
    whatif_table_begin(table, "Ændrede udfald efter regel");
    whatif_table_column(table, "fra", false);
    whatif_table_column(table, "til", false);
    rule_columns(table);
    for (int from = 0; from < WHATIF_ENDS; from++) {
        for (int to = 0; to < WHATIF_ENDS; to++) {
            for (int rule = 0; from != to && rule < RULE_COUNT; rule++) {
                const int64_t *moves = tally->moves[order[from]][order[to]][rule];
                /* A note moves no outcome. */
                if (moves[WHATIF_APPEARED] + moves[WHATIF_GONE] > 0 &&
                    rule_weight((enum rule_id)rule) != WEIGHT_OF_NOTE) {
                    whatif_table_text(table, outcomes[order[from]]);
                    whatif_table_text(table, outcomes[order[to]]);
                    rule_cells(moves, rule, table);
                }
            }
        }
    }
}

/* Where the outcome stays. */
static void rules_alone(const struct whatif_tally *tally, struct whatif_table *table)
{
    whatif_table_begin(table, "Andre grunde, samme udfald, efter regel");
    rule_columns(table);
    for (int rule = 0; rule < RULE_COUNT; rule++) {
        int64_t moves[WHATIF_MOVES] = {0};
        for (int end = 0; end < WHATIF_ENDS; end++) {
            for (int move = 0; move < WHATIF_MOVES; move++) {
                moves[move] += tally->moves[end][end][rule][move];
            }
        }
        if (moves[WHATIF_APPEARED] + moves[WHATIF_GONE] > 0) {
            rule_cells(moves, rule, table);
        }
    }
}

static void
tell_rules(const struct whatif_report *report, struct whatif_page *page, struct whatif_table *table)
{
    page->form->heading(page, "Hvad der ændrer udfald");
    if (report->tally->flipped + report->tally->shifted == 0) {
        page->form->paragraph(page, "Ingen afgørelse ændres.");
    }
    ways(report->tally, table);
    whatif_tell(page, table);
    rules_of_ways(report->tally, table);
    whatif_tell(page, table);
    rules_alone(report->tally, table);
    whatif_tell(page, table);
    if (report->tally->flipped + report->tally->shifted > 0) {
        page->form->paragraph(
            page, "En afgørelse, hvor flere regler skifter, tæller i hver af deres linjer.");
    }
}

void whatif_report_write(const struct whatif_report *report,
                         const struct whatif_form *form,
                         FILE *out)
{
    struct whatif_page page = {.out = out, .form = form};
    struct whatif_table table = {0};
    char title[TITLE_SIZE];
    (void)snprintf(title,
                   sizeof(title),
                   "Hvad hvis: %.*s %.*s",
                   BYTES_ARGS(report->candidate->name),
                   BYTES_ARGS(report->candidate->version));
    form->begin(&page, title);
    introduce(report, &page);
    whatif_report_log(report, &page);
    warn_of_rest(report, &page);
    tell_outcomes(report, &page, &table);
    tell_rules(report, &page, &table);
    whatif_report_money(report, &page, &table);
    form->heading(&page, "Hvad der ikke er med");
    whatif_say(
        &page,
        form->paragraph,
        "Ansøgninger, der blev afvist som ulæselige eller uden gældende lov, er ikke prøvet igen. "
        "Tekster og henvisninger er ikke sammenlignet. Beregnet af mentord %s.",
        report->version);
    form->end(&page);
    whatif_table_release(&table);
}
