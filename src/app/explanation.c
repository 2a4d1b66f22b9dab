#include "explanation.h"

#include <string.h>

#include "danish.h"
#include "json_path.h"

/* What a sender may have typed: as letters of one line, so that nothing in it can begin a line of
 * its own, move a terminal's cursor or turn the reading direction. */
static void print_typed(FILE *out, const char *text)
{
    while (*text != '\0') {
        size_t size = danish_unprintable(text);
        if (size > 0) {
            (void)fputs("·", out);
            text += size;
        } else {
            (void)fputc(*text++, out);
        }
    }
}

/* printf counts bytes; a column counts letters. */
static void column(FILE *out, const char *text, size_t width)
{
    size_t wide = danish_columns(text, strlen(text));
    print_typed(out, text);
    (void)fprintf(out, "%*s", (int)(wide < width ? width - wide : 0), "");
}

static const char *yes_or_no(const json_t *object, const char *path)
{
    return json_is_true(json_at(object, path)) ? "ja" : "nej";
}

static void print_origin(const json_t *document, FILE *out)
{
    const char *again = json_text_at(document, "again");
    char sha256[17];
    char date[DANISH_SIZE];
    (void)snprintf(sha256, sizeof(sha256), "%s", json_text_at(document, "rulebook.sha256"));
    (void)fprintf(out,
                  "Regelsæt   %s %s (%s…), loven fra %s%s%s\n",
                  json_text_at(document, "rulebook.name"),
                  json_text_at(document, "rulebook.version"),
                  sha256,
                  danish_date(json_text_at(document, "rulebook.law"), date),
                  json_at(document, "rulebook.act") == NULL ? "" : ": ",
                  json_text_at(document, "rulebook.act"));
    (void)fprintf(out,
                  "Kilde      %s/%lld/%lld, hændelse ",
                  json_text_at(document, "source.topic"),
                  (long long)json_number_at(document, "source.partition"),
                  (long long)json_number_at(document, "source.offset"));
    print_typed(out, json_text_at(document, "source.eventId"));
    (void)fputc('\n', out);
    (void)fprintf(out,
                  "Protokol   batch %lld, nr. %lld; programmets regelkerne %lld\n",
                  (long long)json_number_at(document, "ledger.batch"),
                  (long long)json_number_at(document, "ledger.index"),
                  (long long)json_number_at(document, "ledger.coreVersion"));
    (void)fprintf(out,
                  "Afgjort igen af det gemte: %s\n",
                  strcmp(again, "same") == 0 ? "samme svar, byte for byte"
                  : strcmp(again, "other") == 0
                      ? "ET ANDET SVAR end det gemte; kør mentord audit verify"
                      : again);
}

static void print_proof(const json_t *document, FILE *out)
{
    const json_t *proof = json_at(document, "proof");
    if (proof != NULL) {
        (void)fprintf(out,
                      "Bevis      blad %lld af %lld i batch %lld, efterregnet\n"
                      "           led %s\n"
                      "           efter %s\n"
                      "           hoved %s (batch %lld, til offset %lld)\n",
                      (long long)json_number_at(proof, "leaf") + 1,
                      (long long)json_number_at(proof, "leaves"),
                      (long long)json_number_at(proof, "batch"),
                      json_text_at(proof, "link"),
                      json_text_at(proof, "previous"),
                      json_text_at(proof, "head"),
                      (long long)json_number_at(proof, "headBatch"),
                      (long long)json_number_at(proof, "headOffset"));
    }
}

static void print_heading(const json_t *document, FILE *out)
{
    char date[DANISH_SIZE];
    (void)fprintf(out,
                  "Ansøgning %s, version %lld\n\n  %s%s%s\n\n",
                  json_text_at(document, "applicationId"),
                  (long long)json_number_at(document, "version"),
                  danish_word(json_text_at(document, "outcome")),
                  json_is_true(json_at(document, "byRight")) ? " som en ret" : "",
                  json_is_true(json_at(document, "conflict")) ? " (samme version er afgjort før)"
                                                              : "");
    (void)fprintf(out,
                  "Afgjort    %s (%s)\n",
                  danish_date(json_text_at(document, "decisionDate"), date),
                  json_text_at(document, "evaluatedAt"));
    (void)fprintf(out, "Afgørelse  %s\n", json_text_at(document, "decisionId"));
    if (json_text_at(document, "supersedes")[0] != '\0') {
        (void)fprintf(out, "Erstatter  %s\n", json_text_at(document, "supersedes"));
    }
    print_origin(document, out);
    print_proof(document, out);
}

static void print_fact(FILE *out, const char *what, const char *value)
{
    (void)fputs("  ", out);
    column(out, what, 24);
    print_typed(out, value[0] == '\0' ? "ikke oplyst" : value);
    (void)fputc('\n', out);
}

/* In place of what it told. */
static void print_payload(const json_t *payload, FILE *out)
{
    const char *state = json_text_at(payload, "state");
    char date[DANISH_SIZE];
    (void)fputs("\nOplysninger\n", out);
    if (json_at(payload, "date") == NULL) {
        (void)fprintf(out,
                      "  kan ikke læses: de er forseglet, og %s\n",
                      strcmp(state, "locked") == 0 ? "--master-key-file er ikke angivet"
                                                   : "hovednøglen åbner dem ikke");
        return;
    }
    (void)fprintf(out,
                  "  slettet %s%s, fordi: %s\n",
                  danish_date(json_text_at(payload, "date"), date),
                  strcmp(state, "erased") == 0 ? " for denne borger" : " efter alder",
                  json_text_at(payload, "why"));
}

static void print_facts(const json_t *document, FILE *out)
{
    size_t i = 0;
    const json_t *fact = NULL;
    if (json_at(document, "payload") != NULL) {
        print_payload(json_at(document, "payload"), out);
        return;
    }
    (void)fputs("\nOplysninger\n", out);
    json_array_foreach(json_at(document, "facts"), i, fact)
    {
        print_fact(out, json_text_at(fact, "what"), json_text_at(fact, "value"));
    }
    const json_t *told = json_at(document, "assessment");
    (void)fputs("\nKommunens vurdering\n", out);
    print_fact(out, "vurderet af", json_text_at(told, "assessedBy"));
    print_fact(out, "vurderet", json_text_at(told, "assessedAt"));
    print_fact(out, "mentor er afgørende", danish_word(json_text_at(told, "decisive")));
    print_fact(out, "ud over det sædvanlige", danish_word(json_text_at(told, "beyondNormal")));
    print_fact(out, "for varigt handicap", yes_or_no(told, "compensatesLastingImpairment"));
    print_fact(out, "oplysning fra andre", yes_or_no(told, "adverseFactFromThirdParty"));
    print_fact(
        out, "begrundelse", json_is_true(json_at(told, "reasonsGiven")) ? "oplyst" : "mangler");
    print_fact(out,
               "grunde til ny periode",
               json_is_true(json_at(told, "renewalReasonsGiven")) ? "oplyst" : "mangler");
}

static void print_findings(const json_t *document, FILE *out)
{
    const json_t *findings = json_at(document, "findings");
    size_t i = 0;
    const json_t *finding = NULL;
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

static void print_rule(const json_t *rule, FILE *out)
{
    const char *silenced = json_text_at(rule, "silencedBy");
    size_t i = 0;
    const json_t *sight = NULL;
    (void)fprintf(out,
                  "  %s  %s %s%s%s\n",
                  json_text_at(rule, "rule"),
                  json_text_at(rule, "question"),
                  json_is_true(json_at(rule, "found")) ? "Ja"
                  : silenced[0] == '\0'                ? "Nej"
                                                       : "Ikke set på, da ",
                  silenced,
                  silenced[0] == '\0' ? "" : " er ugyldig");
    json_array_foreach(json_at(rule, "saw"), i, sight)
    {
        const char *wants = json_text_at(sight, "wants");
        bool marked = wants[0] != '\0' && json_is_true(json_at(sight, "outside"));
        (void)fputs("       ", out);
        column(out, json_text_at(sight, "what"), 44);
        if (wants[0] == '\0') {
            print_typed(out, json_text_at(sight, "shown"));
            (void)fputc('\n', out);
        } else {
            column(out, json_text_at(sight, "shown"), 20);
            (void)fprintf(out, " %s%s\n", wants, marked ? "  ◄" : "");
        }
    }
}

static void print_rules(const json_t *document, FILE *out)
{
    const json_t *rules = json_at(document, "rules");
    size_t i = 0;
    const json_t *rule = NULL;
    if (json_array_size(rules) == 0) {
        return;
    }
    (void)fputs("\nHvad reglerne så\n", out);
    json_array_foreach(rules, i, rule)
    {
        print_rule(rule, out);
    }
}

static void print_price(const json_t *document, FILE *out)
{
    const json_t *steps = json_at(document, "price");
    size_t i = 0;
    const json_t *step = NULL;
    char amount[DANISH_SIZE];
    (void)fputs("\nPris\n", out);
    if (json_array_size(steps) == 0) {
        (void)fputs("  ingen økonomisk ramme\n", out);
    }
    json_array_foreach(steps, i, step)
    {
        bool money = json_at(step, "ore") != NULL;
        (void)fputs("  ", out);
        column(out, json_text_at(step, "what"), 35);
        column(out, json_text_at(step, "how"), 28);
        (void)fprintf(out,
                      "%14s %s\n",
                      money ? danish_kroner(json_number_at(step, "ore"), amount)
                            : danish_number(json_number_at(step, "minutes"), amount),
                      money ? "kr." : "min.");
    }
}

static void print_history(const json_t *document, FILE *out)
{
    const json_t *considered = json_at(document, "history.considered");
    size_t i = 0;
    const json_t *grant = NULL;
    char start[DANISH_SIZE];
    char end[DANISH_SIZE];
    (void)fputs("\nTidligere bevillinger, der indgik\n", out);
    if (json_array_size(considered) == 0) {
        (void)fputs("  ingen\n", out);
    }
    json_array_foreach(considered, i, grant)
    {
        (void)fprintf(out,
                      "  %s  %s til %s\n",
                      json_text_at(grant, "applicationId"),
                      danish_date(json_text_at(grant, "startDate"), start),
                      danish_date(json_text_at(grant, "endDate"), end));
    }
    (void)fprintf(out,
                  "  borgerens afgørelse nr. %lld, ansøgningens nr. %lld%s\n",
                  (long long)json_number_at(document, "history.citizenDecision"),
                  (long long)json_number_at(document, "history.applicationDecision"),
                  json_is_true(json_at(document, "history.quarantined"))
                      ? "; en tidligere hændelse lå uafgjort"
                      : "");
}

void explanation_print(const json_t *document, FILE *out)
{
    print_heading(document, out);
    print_facts(document, out);
    print_findings(document, out);
    print_rules(document, out);
    print_price(document, out);
    print_history(document, out);
    (void)fprintf(out, "\nKlage\n  %s\n\n", json_text_at(document, "complaint.textDa"));
}
