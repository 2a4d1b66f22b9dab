#include "explanation.h"

#include <stdlib.h>
#include <string.h>

#include "mentor/core/application.h"
#include "mentor/core/date.h"
#include "mentor/wire/wire.h"

#include "danish.h"
#include "json_path.h"

static void print_heading(const struct explanation *explanation, FILE *out)
{
    const json_t *decision = explanation->decision;
    char date[DANISH_SIZE];
    (void)fprintf(out,
                  "Ansøgning %s, version %lld\n\n  %s%s%s\n\n",
                  json_text_at(decision, "applicationId"),
                  (long long)json_number_at(decision, "version"),
                  danish_word(json_text_at(decision, "outcome")),
                  json_is_true(json_at(decision, "byRight")) ? " som en ret" : "",
                  explanation->row->conflict ? " (samme version er afgjort før)" : "");
    (void)fprintf(out,
                  "Afgjort    %s (%s)\n",
                  danish_date(json_text_at(decision, "decisionDate"), date),
                  json_text_at(decision, "evaluatedAt"));
    (void)fprintf(out,
                  "Regelsæt   %s %s, loven fra %s\n",
                  json_text_at(decision, "rulebook.name"),
                  json_text_at(decision, "rulebook.version"),
                  danish_date(json_text_at(decision, "rulebook.law"), date));
    (void)fprintf(out,
                  "Kilde      %s/%lld/%lld, hændelse %s\n",
                  json_text_at(decision, "source.topic"),
                  (long long)json_number_at(decision, "source.partition"),
                  (long long)json_number_at(decision, "source.offset"),
                  json_text_at(decision, "source.eventId"));
    (void)fprintf(out, "Afgørelse  %s\n", json_text_at(decision, "decisionId"));
    if (json_text_at(decision, "supersedes")[0] != '\0') {
        (void)fprintf(out, "Erstatter  %s\n", json_text_at(decision, "supersedes"));
    }
}

/* printf counts bytes; a column counts letters. */
static void column(FILE *out, const char *text, size_t width)
{
    size_t wide = danish_columns(text, strlen(text));
    (void)fprintf(out, "%s%*s", text, (int)(wide < width ? width - wide : 0), "");
}

/* What came in is gone, or shut: said, with when and why, in place of what it told. */
static void print_payload(const struct payload *payload, FILE *out)
{
    bool gone = payload->state == PAYLOAD_ERASED || payload->state == PAYLOAD_RETIRED;
    char day[DATE_TEXT_SIZE];
    (void)fputs("\nOplysninger\n", out);
    if (!gone) {
        (void)fprintf(out,
                      "  kan ikke læses: de er forseglet, og %s\n",
                      payload->state == PAYLOAD_LOCKED ? "--master-key-file er ikke angivet"
                                                       : "hovednøglen åbner dem ikke");
        return;
    }
    date_format_danish(date_in_denmark(payload->gone_at_ms), day);
    (void)fprintf(out,
                  "  slettet %.10s%s, fordi: %s\n",
                  day,
                  payload->state == PAYLOAD_ERASED ? " for denne borger" : " efter alder",
                  payload->why);
}

static void print_facts(const struct explanation *explanation, FILE *out)
{
    if (explanation->row->payload.state != PAYLOAD_WHOLE) {
        print_payload(&explanation->row->payload, out);
        return;
    }
    const json_t *application = explanation->application;
    char start[DANISH_SIZE];
    char end[DANISH_SIZE];
    char minutes[DANISH_SIZE];
    const struct {
        const char *name;
        const char *value;
    } facts[] = {
        {"kommune", json_text_at(application, "municipalityCode")},
        {"borger (pseudonym)", json_text_at(explanation->decision, "citizenRef")},
        {"målgruppe", danish_word(json_text_at(application, "citizen.targetGroup"))},
        {"forløb", danish_word(json_text_at(application, "activity.kind"))},
        {"mål: forløbet at", danish_word(json_text_at(application, "activity.aim"))},
        {"virksomhedens CVR", json_text_at(explanation->decision, "companyCvr")},
        {"mentor", danish_word(json_text_at(application, "mentor.kind"))},
        {"første dag", danish_date(json_text_at(application, "support.startDate"), start)},
        {"sidste dag", danish_date(json_text_at(application, "support.endDate"), end)},
        {"minutter om ugen",
         danish_number(json_number_at(application, "support.minutesPerWeek"), minutes)},
        {"mentor er afgørende", danish_word(json_text_at(application, "assessment.decisive"))},
        {"ud over det sædvanlige",
         danish_word(json_text_at(application, "assessment.beyondNormal"))},
        {"vurderet af", json_text_at(application, "assessment.assessedBy")},
    };
    (void)fputs("\nOplysninger\n", out);
    for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++) {
        (void)fputs("  ", out);
        column(out, facts[i].name, 24);
        (void)fprintf(out, "%s\n", facts[i].value);
    }
}

static void print_findings(const struct explanation *explanation, FILE *out)
{
    const json_t *findings = json_at(explanation->decision, "findings");
    size_t i = 0;
    json_t *finding = NULL;
    (void)fputs("\nFund\n", out);
    if (json_array_size(findings) == 0) {
        (void)fputs("  ingen: alle regler er opfyldt\n", out);
    }
    json_array_foreach(findings, i, finding)
    {
        const char *ref = json_text_at(finding, "legalRef");
        (void)fprintf(out,
                      "  %s  %s\n       %s%s%s\n",
                      json_text_at(finding, "rule"),
                      json_text_at(finding, "textDa"),
                      json_text_at(finding, "field"),
                      ref[0] == '\0' ? "" : "; ",
                      ref);
    }
}

static void row(FILE *out, const char *what, const char *how, const char *amount, const char *unit)
{
    (void)fputs("  ", out);
    column(out, what, 35);
    column(out, how, 28);
    (void)fprintf(out, "%14s %s\n", amount, unit);
}

static void line(FILE *out, const char *what, const char *how, int64_t ore)
{
    char kroner[DANISH_SIZE];
    row(out, what, how, danish_kroner(ore, kroner), "kr.");
}

static void print_wage(const struct cost *cost, FILE *out)
{
    char how[80];
    char amount[DANISH_SIZE];
    char percent[DANISH_SIZE];
    int64_t hour = price_wage_hour(cost);
    if (cost->rate == WAGE_RATE_MONTHLY) {
        (void)snprintf(how, sizeof(how), "%s × 12 / 1.924", danish_kroner(cost->rate_ore, amount));
        line(out, "Timeløn af månedsløn", how, hour);
    } else {
        line(out, "Timeløn", "", hour);
    }
    (void)snprintf(how, sizeof(how), "%s %%", danish_percent(cost->holiday_bp, percent));
    line(out, "+ feriepenge", how, price_divide(hour * cost->holiday_bp, 10000));
    (void)snprintf(how, sizeof(how), "%s %%", danish_percent(cost->pension_bp, percent));
    line(out, "+ pension", how, price_divide(hour * cost->pension_bp, 10000));
    line(out, "+ andre arbejdsgiverbidrag", "", cost->other_ore_per_hour);
}

static void print_price(const struct explanation *explanation, FILE *out)
{
    const json_t *frame = json_at(explanation->decision, "frame");
    struct application application;
    bool canonical = false;
    char how[120];
    char first[DANISH_SIZE];
    char second[DANISH_SIZE];
    (void)fputs("\nPris\n", out);
    if (frame != NULL && explanation->row->payload.state != PAYLOAD_WHOLE) {
        line(out, "ramme; udregningen kan ikke vises", "", json_number_at(frame, "totalOre"));
        return;
    }
    if (frame == NULL ||
        wire_decode_application(explanation->row->input, &application, &canonical) != REASON_NONE) {
        (void)fputs("  ingen økonomisk ramme\n", out);
        return;
    }
    int64_t unit = json_number_at(frame, "unitOre");
    int64_t minutes = json_number_at(frame, "minutes");
    int32_t start = 0;
    int32_t end = 0;
    CHECK(date_parse(application.start_date, &start));
    CHECK(date_parse(application.end_date, &end));
    if (application.cost.basis == COST_WAGE) {
        print_wage(&application.cost, out);
    }
    line(out, application.cost.basis == COST_WAGE ? "= en time" : "Honorar for en time", "", unit);
    (void)snprintf(how,
                   sizeof(how),
                   "%s min. × %s dage / 7",
                   danish_number(application.minutes_per_week, first),
                   danish_number(end - start + 1, second));
    row(out, "Minutter i perioden", how, danish_number(minutes, first), "min.");
    (void)snprintf(how,
                   sizeof(how),
                   "%s × %s / 60",
                   danish_kroner(unit, first),
                   danish_number(minutes, second));
    line(out, "Støtte", how, json_number_at(frame, "supportOre"));
    if (json_number_at(frame, "trainingOre") > 0) {
        line(out, "+ mentoruddannelse", "", json_number_at(frame, "trainingOre"));
    }
    line(out,
         json_is_true(json_at(frame, "indicative")) ? "= vejledende ramme, ikke bevilget"
                                                    : "= bevilget ramme",
         "",
         json_number_at(frame, "totalOre"));
    if (json_number_at(frame, "vatOre") > 0) {
        line(out, "moms, uden for rammen", "", json_number_at(frame, "vatOre"));
    }
}

static void print_history(const struct explanation *explanation, FILE *out)
{
    struct bytes periods = explanation->row->periods;
    (void)fputs("\nTidligere bevillinger, der indgik\n", out);
    if (history_period_count(periods) == 0) {
        (void)fputs("  ingen\n", out);
    }
    for (uint32_t i = 0; i < history_period_count(periods); i++) {
        struct history_period period = history_period_at(periods, i);
        char id[UUID_TEXT_SIZE];
        char start[DATE_TEXT_SIZE];
        char end[DATE_TEXT_SIZE];
        uuid_format(period.application_id, id);
        date_format_danish(period.start, start);
        date_format_danish(period.end, end);
        (void)fprintf(out, "  %.36s  %.10s til %.10s\n", id, start, end);
    }
}

void explanation_print(const struct explanation *explanation, FILE *out)
{
    print_heading(explanation, out);
    print_facts(explanation, out);
    print_findings(explanation, out);
    print_price(explanation, out);
    print_history(explanation, out);
    (void)fprintf(
        out, "\nKlage\n  %s\n\n", json_text_at(explanation->decision, "complaint.textDa"));
}
