/*
 * Goal: over some thousand generated decisions a company's letter, as text and as HTML, holds
 * nothing of the citizen's life: no free text, no CPR number, no target group or benefit, no law
 * reference that would give it away; and a citizen's letter holds every reason with its reference
 * and the last day to complain.
 */

#include <ctype.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mentor/base/err.h"
#include "mentor/core/decide.h"
#include "mentor/core/rulebook.h"
#include "mentor/rulebook/load.h"
#include "mentor/wire/json.h"

#include "../src/app/danish.h"
#include "../src/app/decider.h"
#include "../src/app/json_path.h"
#include "../src/app/letter.h"
#include "support/test.h"

enum {
    GENERATED = 3000,
    LINE_SIZE = 8192,
    LETTER_SIZE = 65536,
    TOKEN_SIZE = 48,
};

/* Every text of an application that somebody types. */
static const char *const typed[] = {
    "company.name",
    "company.contactName",
    "company.contactEmail",
    "company.contactPhone",
    "activity.title",
    "mentor.name",
    "mentor.contact",
    "mentor.qualifications",
    "support.goal",
    "support.tasks",
    "cost.training.necessity",
    "assessment.renewalReasons",
    "assessment.reasons",
    "assessment.assessedBy",
    "submittedBy",
    "caseNumber",
};

static const char *const groups[] = {
    "TARGET_GROUP_UNSPECIFIED",
    "TARGET_GROUP_UNEMPLOYMENT_BENEFIT",
    "TARGET_GROUP_CASH_BENEFIT_JOB_READY",
    "TARGET_GROUP_CASH_BENEFIT_ACTIVITY_READY",
    "TARGET_GROUP_EDUCATION_BENEFIT_EDUCATION_READY",
    "TARGET_GROUP_EDUCATION_BENEFIT_ACTIVITY_READY",
    "TARGET_GROUP_SICKNESS_BENEFIT",
    "TARGET_GROUP_JOB_CLARIFICATION",
    "TARGET_GROUP_RESOURCE_PROGRAMME",
    "TARGET_GROUP_FLEX_JOB",
    "TARGET_GROUP_REHABILITATION",
    "TARGET_GROUP_DISABILITY_PENSION",
    "TARGET_GROUP_SELF_SUPPORTING",
    "TARGET_GROUP_UNDER_18",
    "TARGET_GROUP_OUTSIDE_SECTION_6",
};

static const char *const activities[] = {
    "ACTIVITY_KIND_ORDINARY_EMPLOYMENT",
    "ACTIVITY_KIND_FLEX_JOB",
    "ACTIVITY_KIND_ORDINARY_EDUCATION",
    "ACTIVITY_KIND_COMPANY_INTERNSHIP",
    "ACTIVITY_KIND_WAGE_SUBSIDY",
    "ACTIVITY_KIND_GUIDANCE_OR_UPSKILLING",
    "ACTIVITY_KIND_UTILITY_WORK",
    "ACTIVITY_KIND_OTHER_ACTIVITY",
    "ACTIVITY_KIND_NOT_COVERED",
};

/* Never in a company's letter, whoever the citizen is. */
/* clang-format off */
static const char *const never[] = {
    "cpr", "borger", "diagnose", "depression", "angst", "skizofreni", "autisme", "adhd",
    "psykiatri", "handicap", "funktionsneds", "sygdomsforl", "sygemeld", "dagpenge", "kontanth",
    "uddannelseshj", "sygedagp", "jobafklaring", "ressourcef", "fleksjob", "visiteret", "revalid",
    "pension", "selvfors", "jobparat", "aktivitetspar", "uddannelsespar", "under 18", "ung ",
    "målgruppe", "integration", "introduktion", "udskrivning", "kvalifikation", "§", "lab ",
    "bek ", "lov ", "klh", "fvl", "inl ", "retssikkerhed", "karantæne", "familie", "tredjemand",
    "sagsnummer", "target", "benefit", "activity", "finding",
};
/* clang-format on */

static const char *const diagnoses[] = {"depression", "angst", "skizofreni", "autisme", "ADHD"};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct corpus {
    struct rulebook *rulebook;
    struct decider decider;
    json_t *application; /* of the line in hand; its memory is the decider's */
    json_t *decision;
    int outcomes[4];
    int groups_seen[COUNT(groups)];
    int searched;
};

static void must_not_hold(struct corpus *corpus, const char *letter, const char *text)
{
    corpus->searched++;
    if (text[0] != '\0' && strstr(letter, text) != NULL) {
        fail_msg("\"%s\" stands in\n%s", text, letter);
    }
}

static void must_hold(const char *letter, const char *text)
{
    if (strstr(letter, text) == NULL) {
        fail_msg("\"%s\" is missing in\n%s", text, letter);
    }
}

/* ASCII only: æ, ø and å stand in small letters where they are searched for. */
static void lower(char *text)
{
    for (; *text != '\0'; text++) {
        *text = (char)((unsigned char)*text < 0x80 ? tolower((unsigned char)*text) : *text);
    }
}

/* Its words in one line, as they stand in any form of a letter. */
static void flatten(char *text)
{
    char *to = text;
    bool space = true;
    for (const char *at = text; *at != '\0'; at++) {
        bool blank = isspace((unsigned char)*at) != 0;
        if (!blank) {
            *to++ = *at;
        } else if (!space) {
            *to++ = ' ';
        }
        space = blank;
    }
    *to = '\0';
}

static char *
write_letter(const struct corpus *corpus, enum letter_reader reader, const struct letter_form *form)
{
    static char text[LETTER_SIZE];
    FILE *out = fmemopen(text, sizeof(text), "w");
    assert_non_null(out);
    struct letter letter = {reader, corpus->application, corpus->decision, "Loven, kap. 26"};
    letter_write(&letter, form, out);
    assert_int_equal(fclose(out), 0);
    assert_in_range(strlen(text), 100, sizeof(text) - 2);
    return text;
}

/* The object that holds the last name of a path; made where it is not there. */
static json_t *holder(json_t *object, const char **path)
{
    for (const char *dot = NULL; (dot = strchr(*path, '.')) != NULL; *path = dot + 1) {
        char name[TOKEN_SIZE];
        (void)snprintf(name, sizeof(name), "%.*s", (int)(dot - *path), *path);
        if (json_object_get(object, name) == NULL) {
            assert_int_equal(json_object_set_new(object, name, json_object()), 0);
        }
        object = json_object_get(object, name);
    }
    return object;
}

static void set(json_t *data, const char *path, json_t *value)
{
    json_t *object = holder(data, &path);
    assert_int_equal(json_object_set_new(object, path, value), 0);
}

static void token_of(char token[TOKEN_SIZE], int line, size_t field)
{
    (void)snprintf(token, TOKEN_SIZE, "Zq%dX%zuord", line, field);
}

static void hyphened(const char *cpr, const char *mark, char out[TOKEN_SIZE])
{
    (void)snprintf(out, TOKEN_SIZE, "%.6s%s%s", cpr, mark, cpr + 6);
}

/* Words that nobody else writes into every typed text, and a case that walks through all enums. */
static void spoil(json_t *data, int line)
{
    const char *cpr = json_text_at(data, "citizen.cpr");
    for (size_t i = 0; i < COUNT(typed); i++) {
        char token[TOKEN_SIZE];
        char number[TOKEN_SIZE];
        char text[256];
        token_of(token, line, i);
        hyphened(cpr, "-", number);
        (void)snprintf(text,
                       sizeof(text),
                       "%s %s %s <b>&amp;",
                       token,
                       diagnoses[(size_t)line % COUNT(diagnoses)],
                       line % 3 == 0   ? number
                       : line % 3 == 1 ? cpr
                                       : "");
        set(data, typed[i], json_string(text));
    }
    set(data, "citizen.targetGroup", json_string(groups[(size_t)line % COUNT(groups)]));
    set(data, "activity.kind", json_string(activities[(size_t)(line / 15) % COUNT(activities)]));
    set(data, "citizen.psychiatricDischargeRight", json_boolean(line % 29 == 0));
    set(data, "citizen.introductionProgramme", json_boolean(line % 31 == 0));
    set(data, "assessment.compensatesLastingImpairment", json_boolean(line % 37 == 0));
    set(data, "assessment.adverseFactFromThirdParty", json_boolean(line % 5 == 0));
    set(data, "citizen.educationAdmissionDate", json_string("2026-02-02"));
    if (line % 4 == 0) {
        set(data,
            "cost.other",
            json_pack("[{s:s,s:s},{s:s,s:s}]",
                      "kind",
                      "OTHER_COST_KIND_TRANSPORT_EXPENSE",
                      "costOre",
                      "60000",
                      "kind",
                      "OTHER_COST_KIND_OVERHEAD",
                      "costOre",
                      "100"));
    }
    if (line % 7 == 0) { /* a CPR number where a P-number should be */
        set(data, "company.pNumber", json_string(cpr));
    } else if (line % 2 == 0) {
        set(data, "company.pNumber", json_string("9900000071"));
    }
}

/* Neither form of a letter holds the citizen's number. */
static void search_cpr(struct corpus *corpus, const char *letter)
{
    static const char *const marks[] = {"", "-", " ", "&nbsp;"};
    const char *cpr = json_text_at(corpus->application, "citizen.cpr");
    assert_int_equal(strlen(cpr), 10);
    for (size_t i = 0; i < COUNT(marks); i++) {
        char number[TOKEN_SIZE];
        hyphened(cpr, marks[i], number);
        must_not_hold(corpus, letter, number);
    }
}

static void search_typed(struct corpus *corpus, const char *letter, int line)
{
    for (size_t i = 0; i < COUNT(typed); i++) {
        char token[TOKEN_SIZE];
        token_of(token, line, i);
        must_hold(json_text_at(corpus->application, typed[i]), token);
        must_not_hold(corpus, letter, token);
    }
    must_not_hold(corpus, letter, json_text_at(corpus->decision, "citizenRef"));
}

static void search_findings(struct corpus *corpus, const char *letter)
{
    size_t i = 0;
    const json_t *finding = NULL;
    json_array_foreach(json_at(corpus->decision, "findings"), i, finding)
    {
        must_not_hold(corpus, letter, json_text_at(finding, "textDa"));
        must_not_hold(corpus, letter, json_text_at(finding, "textEn"));
        must_not_hold(corpus, letter, json_text_at(finding, "legalRef"));
        must_not_hold(corpus, letter, json_text_at(finding, "field"));
    }
}

/* What any citizen's letter could be told by; in small letters. */
static void search_words(struct corpus *corpus, const char *letter)
{
    for (size_t i = 1; i < COUNT(groups); i++) {
        must_not_hold(corpus, letter, danish_word(groups[i]));
    }
    for (size_t i = 0; i < COUNT(activities); i++) {
        must_not_hold(corpus, letter, danish_word(activities[i]));
    }
    for (size_t i = 0; i < COUNT(never); i++) {
        must_not_hold(corpus, letter, never[i]);
    }
    for (int rule = 0; rule < RULE_COUNT; rule++) {
        for (uint32_t law = 0; law < corpus->rulebook->law_count; law++) {
            struct bytes ref = corpus->rulebook->laws[law].refs[rule];
            char text[256];
            (void)snprintf(text, sizeof(text), "%.*s", BYTES_ARGS(ref));
            lower(text);
            must_not_hold(corpus, letter, text);
        }
    }
}

static void search_company(struct corpus *corpus, int line)
{
    static const struct letter_form *const forms[] = {&letter_as_text, &letter_as_html};
    for (size_t i = 0; i < COUNT(forms); i++) {
        char *letter = write_letter(corpus, LETTER_TO_COMPANY, forms[i]);
        char *body = strstr(letter, "<main>"); /* its style sheet is nobody's */
        flatten(letter);
        search_cpr(corpus, letter);
        search_typed(corpus, letter, line);
        search_findings(corpus, letter);
        bool granted = strcmp(json_text_at(corpus->decision, "outcome"), "OUTCOME_APPROVED") == 0;
        char amount[DANISH_SIZE];
        (void)danish_kroner(json_number_at(corpus->decision, "frame.totalOre"), amount);
        if (granted) {
            must_hold(letter, amount);
        } else {
            must_not_hold(corpus, letter, " kr.");
        }
        char *words = body == NULL ? letter : strstr(letter, "<main>");
        lower(words);
        search_words(corpus, words);
    }
}

static void search_citizen(struct corpus *corpus)
{
    size_t i = 0;
    const json_t *finding = NULL;
    char date[DANISH_SIZE];
    char *letter = write_letter(corpus, LETTER_TO_CITIZEN, &letter_as_text);
    flatten(letter);
    json_array_foreach(json_at(corpus->decision, "findings"), i, finding)
    {
        must_hold(letter, json_text_at(finding, "textDa"));
        must_hold(letter, json_text_at(finding, "legalRef"));
    }
    must_hold(letter, danish_date(json_text_at(corpus->decision, "complaint.deadline"), date));
    must_hold(letter, json_text_at(corpus->decision, "complaint.textDa"));
    must_hold(letter, "Loven, kap. 26");
    must_hold(letter, danish_word(json_text_at(corpus->application, "activity.kind")));
    search_cpr(corpus, letter);
}

static json_t *parse(struct corpus *corpus, enum json_message kind, struct bytes value)
{
    struct text text = {0};
    assert_true(protobuf_to_json(kind, value, &corpus->decider.arena, &text));
    json_t *json = json_loadb(text.data, text.size, 0, NULL);
    text_release(&text);
    assert_non_null(json);
    return json;
}

static void look_at_line(struct corpus *corpus, const char *generated, int number)
{
    static char line[2 * LINE_SIZE];
    struct verdict verdict;
    json_t *event = json_loads(generated, 0, NULL);
    assert_non_null(event);
    spoil(json_object_get(event, "data"), number);
    size_t size = json_dumpb(event, line, sizeof(line), JSON_COMPACT);
    assert_in_range(size, 1, sizeof(line));
    decider_line(&corpus->decider, bytes_of(line, size), &verdict); /* and `event` is gone */
    if (verdict.reason != REASON_NONE) {
        fail_msg("line %d: %s", number, verdict.why);
    }
    corpus->application = parse(corpus, JSON_APPLICATION, verdict.input.value);
    corpus->decision = parse(corpus, JSON_DECISION, verdict.record.value);
    search_company(corpus, number);
    search_citizen(corpus);
    const char *outcome = json_text_at(corpus->decision, "outcome");
    corpus->outcomes[strcmp(outcome, "OUTCOME_APPROVED") == 0   ? OUTCOME_IS_APPROVED
                     : strcmp(outcome, "OUTCOME_REJECTED") == 0 ? OUTCOME_IS_REJECTED
                                                                : OUTCOME_IS_REFERRED]++;
    corpus->groups_seen[(size_t)number % COUNT(groups)] += strcmp(outcome, "OUTCOME_APPROVED") == 0;
}

static void no_letter_tells_a_company_of_the_citizens_life(void **state)
{
    static struct corpus corpus;
    static char line[LINE_SIZE];
    struct err err;
    int lines = 0;
    (void)state;
    corpus.rulebook = rulebook_open(SOURCE_DIR "/deploy/rulebooks/dk-2026.yaml", NULL, &err);
    assert_non_null(corpus.rulebook);
    corpus.decider.rulebook = corpus.rulebook;
    corpus.decider.moment = MOMENT_EVENT;
    corpus.decider.clock = clock_system();
    hmac_key_init(&corpus.decider.citizen_key, bytes_text("letters"));
    assert_true(decider_init(&corpus.decider));
    /* NOLINTNEXTLINE(cert-env33-c): a fixed command of ours */
    FILE *generator = popen(SOURCE_DIR "/deploy/generate 3000 --seed 51", "r");
    assert_non_null(generator);
    while (fgets(line, sizeof(line), generator) != NULL) {
        look_at_line(&corpus, line, lines++);
    }
    assert_int_equal(pclose(generator), 0);
    assert_int_equal(lines, GENERATED);
    assert_in_range(corpus.searched, 1000000, INT32_MAX);
    for (int outcome = OUTCOME_IS_APPROVED; outcome <= OUTCOME_IS_REFERRED; outcome++) {
        assert_in_range(corpus.outcomes[outcome], 50, GENERATED);
    }
    for (size_t i = 0; i < COUNT(groups); i++) {
        assert_true(corpus.groups_seen[i] >= 10 || i == 13); /* UNDER_18 is never approved */
    }
    decider_release(&corpus.decider);
    rulebook_close(&corpus.rulebook);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_letter_tells_a_company_of_the_citizens_life),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
