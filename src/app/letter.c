#include "letter.h"

#include <string.h>

#include "danish.h"
#include "json_path.h"

/* A letter being written: its content and the form it takes. */
struct writing {
    const struct letter *letter;
    const struct letter_form *form;
    struct letter_page page;
};

enum {
    LINE_SIZE = 256,
};

static void heading(struct writing *writing, const char *text)
{
    writing->form->heading(&writing->page, text);
}

static void paragraph(struct writing *writing, const char *text)
{
    writing->form->paragraph(&writing->page, text);
}

static void row(struct writing *writing, const char *what, const char *value)
{
    writing->form->row(&writing->page, what, value);
}

static void money(struct writing *writing, const char *what, int64_t ore)
{
    char amount[DANISH_SIZE];
    char text[DANISH_SIZE + 8];
    (void)snprintf(text, sizeof(text), "%s kr.", danish_kroner(ore, amount));
    row(writing, what, text);
}

static bool outcome_is(const struct letter *letter, const char *outcome)
{
    return strcmp(json_text_at(letter->decision, "outcome"), outcome) == 0;
}

/* "3 timer", "1 time og 30 minutter", "45 minutter" */
static const char *hours(int64_t minutes, char text[LINE_SIZE])
{
    char whole[DANISH_SIZE];
    const char *unit = minutes / 60 == 1 ? "time" : "timer";
    (void)danish_number(minutes / 60, whole);
    if (minutes % 60 == 0) {
        (void)snprintf(text, LINE_SIZE, "%s %s", whole, unit);
    } else if (minutes < 60) {
        (void)snprintf(text, LINE_SIZE, "%d minutter", (int)minutes);
    } else {
        (void)snprintf(text, LINE_SIZE, "%s %s og %d minutter", whole, unit, (int)(minutes % 60));
    }
    return text;
}

static void write_period(struct writing *writing)
{
    const json_t *period = json_at(writing->letter->decision, "period");
    int64_t minutes = json_number_at(writing->letter->application, "support.minutesPerWeek");
    char first[DANISH_SIZE];
    char last[DANISH_SIZE];
    char text[LINE_SIZE];
    if (period != NULL) {
        row(writing, "Første dag", danish_date(json_text_at(period, "startDate"), first));
        row(writing, "Sidste dag", danish_date(json_text_at(period, "endDate"), last));
    }
    if (minutes > 0) {
        row(writing, "Mentorstøtte om ugen", hours(minutes, text));
    }
}

static void write_frame(struct writing *writing)
{
    const json_t *frame = json_at(writing->letter->decision, "frame");
    bool fee =
        strcmp(json_text_at(writing->letter->decision, "mentorKind"), "MENTOR_KIND_EXTERNAL") == 0;
    char text[LINE_SIZE];
    if (frame == NULL) {
        return;
    }
    heading(writing, "Den økonomiske ramme");
    row(writing, "Mentorstøtte i alt", hours(json_number_at(frame, "minutes"), text));
    money(writing,
          fee ? "Honorar for en time" : "Støtte for en time",
          json_number_at(frame, "unitOre"));
    money(writing, "Støtte til mentortimer", json_number_at(frame, "supportOre"));
    if (json_number_at(frame, "trainingOre") > 0) {
        money(writing, "Mentoruddannelse", json_number_at(frame, "trainingOre"));
    }
    money(writing, "Ramme i alt", json_number_at(frame, "totalOre"));
    if (json_number_at(frame, "vatOre") > 0) {
        money(writing, "Moms, uden for rammen", json_number_at(frame, "vatOre"));
    }
    paragraph(writing,
              "Rammen er det højeste beløb. Der betales for de timer, som er dokumenteret.");
}

static void write_reference(struct writing *writing)
{
    const json_t *decision = writing->letter->decision;
    char date[DANISH_SIZE];
    row(writing, "Dato", danish_date(json_text_at(decision, "decisionDate"), date));
    row(writing, "Ansøgning", json_text_at(decision, "applicationId"));
    row(writing, "Afgørelse", json_text_at(decision, "decisionId"));
}

static void write_findings(struct writing *writing, const char *weight, const char *title)
{
    const json_t *findings = json_at(writing->letter->decision, "findings");
    bool first = true;
    size_t i = 0;
    const json_t *finding = NULL;
    json_array_foreach(findings, i, finding)
    {
        if (strcmp(json_text_at(finding, "weight"), weight) != 0) {
            continue;
        }
        if (first) {
            heading(writing, title);
            first = false;
        }
        writing->form->item(
            &writing->page, json_text_at(finding, "textDa"), json_text_at(finding, "legalRef"));
    }
}

/* All findings, also those that did not change the outcome. */
static void write_reasons(struct writing *writing)
{
    const struct letter *letter = writing->letter;
    bool rejected = outcome_is(letter, "OUTCOME_REJECTED");
    bool referred = outcome_is(letter, "OUTCOME_REFERRED");
    if (strcmp(json_text_at(letter->application, "assessment.decisive"), "ANSWER_YES") == 0 &&
        outcome_is(letter, "OUTCOME_APPROVED")) {
        heading(writing, "Begrundelse");
        paragraph(
            writing,
            "Kommunen har vurderet, at en mentor er afgørende for dit forløb, og at hjælpen ligger ud "
            "over det, som arbejdsgiveren eller uddannelsesstedet normalt skal give.");
    }
    write_findings(writing, "WEIGHT_RIGHT", "Din ret");
    write_findings(
        writing, "WEIGHT_REJECT", rejected ? "Hvorfor du har fået afslag" : "Hvad der taler imod");
    write_findings(writing,
                   "WEIGHT_REFER_BLOCKING",
                   referred ? "Hvad en sagsbehandler først skal se på" : "Andet, der er bemærket");
    write_findings(writing,
                   "WEIGHT_REFER",
                   referred ? "Hvad en sagsbehandler skal tage stilling til"
                            : "Andet, der er bemærket");
    write_findings(writing, "WEIGHT_REFUSE_ITEM", "Udgifter, der ikke kan dækkes");
    write_findings(writing, "WEIGHT_NOTE", "Godt at vide");
}

static void write_to_citizen(struct writing *writing)
{
    const struct letter *letter = writing->letter;
    if (outcome_is(letter, "OUTCOME_APPROVED")) {
        writing->form->begin(&writing->page, "Du har fået bevilget en mentor");
    } else if (outcome_is(letter, "OUTCOME_REJECTED")) {
        writing->form->begin(&writing->page, "Du har fået afslag på en mentor");
    } else {
        writing->form->begin(&writing->page,
                             "Din ansøgning om en mentor behandles af en sagsbehandler");
    }
    write_reference(writing);
    if (letter->act[0] != '\0') {
        row(writing, "Afgjort efter", letter->act);
    }
    row(writing, "Forløb", danish_word(json_text_at(letter->application, "activity.kind")));
    if (json_text_at(letter->decision, "mentorKind")[0] != '\0') {
        row(writing, "Mentor", danish_word(json_text_at(letter->decision, "mentorKind")));
    }
    write_period(writing);
    write_reasons(writing);
    if (outcome_is(letter, "OUTCOME_REFERRED")) {
        heading(writing, "Hvad der sker nu");
        paragraph(
            writing,
            "En sagsbehandler ser på din ansøgning og kontakter dig, hvis der mangler oplysninger. Der er "
            "hverken bevilget eller afslået noget endnu.");
    }
    heading(writing, "Hvis du vil klage");
    paragraph(writing, json_text_at(letter->decision, "complaint.textDa"));
}

static void write_costs_not_covered(struct writing *writing)
{
    const json_t *other = json_at(writing->letter->application, "cost.other");
    size_t i = 0;
    const json_t *cost = NULL;
    if (json_array_size(other) == 0) {
        return;
    }
    heading(writing, "Udgifter, der ikke dækkes");
    json_array_foreach(other, i, cost)
    {
        writing->form->item(&writing->page, danish_word(json_text_at(cost, "kind")), "");
    }
}

static void write_to_company(struct writing *writing)
{
    const struct letter *letter = writing->letter;
    const char *cvr = json_text_at(letter->decision, "companyCvr");
    const char *p_number = json_text_at(letter->decision, "companyPNumber");
    bool approved = outcome_is(letter, "OUTCOME_APPROVED");
    writing->form->begin(&writing->page,
                         approved ? "Bevilling af mentorstøtte"
                                  : "Svar på ansøgning om mentorstøtte");
    write_reference(writing);
    if (cvr[0] != '\0') {
        row(writing, "CVR-nummer", cvr);
    }
    if (p_number[0] != '\0') {
        row(writing, "P-nummer", p_number);
    }
    if (!approved) {
        heading(writing, "Svar");
        paragraph(
            writing,
            outcome_is(letter, "OUTCOME_REJECTED")
                ? "Der er ikke bevilget mentorstøtte."
                : "Ansøgningen behandles af en sagsbehandler. Der er ikke bevilget mentorstøtte endnu.");
        return;
    }
    heading(writing, "Hvad der er bevilget");
    row(writing, "Mentor", danish_word(json_text_at(letter->decision, "mentorKind")));
    write_period(writing);
    write_frame(writing);
    write_costs_not_covered(writing);
}

void letter_write(const struct letter *letter, const struct letter_form *form, FILE *out)
{
    struct writing writing = {letter, form, {out, LETTER_ALONE}};
    if (letter->reader == LETTER_TO_CITIZEN) {
        write_to_citizen(&writing);
    } else {
        write_to_company(&writing);
    }
    form->end(&writing.page);
}
