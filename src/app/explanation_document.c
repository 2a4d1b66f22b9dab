/* What an explanation says, before it takes a form. */

#include <string.h>

#include "mentor/core/date.h"
#include "mentor/core/history.h"
#include "mentor/core/identifier.h"
#include "mentor/core/rulebook.h"

#include "danish.h"
#include "explanation.h"
#include "insight.h"
#include "json_path.h"
#include "sight_words.h"

static void put(json_t *object, const char *name, json_t *value)
{
    (void)json_object_set_new(object, name, value); /* NULL: left out */
}

/* Somebody typed it: a CPR number in it is not passed on. */
static const char *typed(const struct explanation *explanation, const char *path)
{
    const char *text = json_text_at(explanation->application, path);
    const char *cpr = json_text_at(explanation->application, "citizen.cpr");
    char digits[CPR_SIZE + 1];
    size_t size = 0;
    for (const char *at = text; *at != '\0'; at++) {
        bool digit = *at >= '0' && *at <= '9';
        if (!digit && *at != '-' && *at != ' ') {
            size = 0;
            continue;
        }
        if (!digit) {
            continue;
        }
        if (size == CPR_SIZE) {
            memmove(digits, digits + 1, --size);
        }
        digits[size++] = *at;
        digits[size] = '\0';
        if (strcmp(digits, cpr) == 0) {
            return "(rummer CPR-nummeret og vises ikke)";
        }
    }
    return text;
}

static void add_fact(json_t *facts, const char *what, const char *field, const char *value)
{
    (void)json_array_append_new(
        facts, json_pack("{s:s,s:s,s:s}", "what", what, "field", field, "value", value));
}

static json_t *facts_of(const struct explanation *explanation)
{
    const json_t *application = explanation->application;
    const json_t *decision = explanation->decision;
    json_t *facts = json_array();
    char text[DANISH_SIZE];
    const char *code = json_text_at(decision, "municipalityCode");
    add_fact(facts, "kommune", "municipality_code", code[0] == '\0' ? "ikke gyldig" : code);
    add_fact(facts, "borger (pseudonym)", "", json_text_at(decision, "citizenRef"));
    add_fact(facts,
             "målgruppe",
             "citizen.target_group",
             danish_word(json_text_at(application, "citizen.targetGroup")));
    add_fact(
        facts, "forløb", "activity.kind", danish_word(json_text_at(application, "activity.kind")));
    add_fact(facts,
             "mål: forløbet at",
             "activity.aim",
             danish_word(json_text_at(application, "activity.aim")));
    add_fact(facts, "virksomhedens CVR", "company.cvr", json_text_at(decision, "companyCvr"));
    add_fact(facts, "mentor", "mentor.kind", danish_word(json_text_at(application, "mentor.kind")));
    add_fact(facts,
             "første dag",
             "support.start_date",
             danish_date(json_text_at(application, "support.startDate"), text));
    add_fact(facts,
             "sidste dag",
             "support.end_date",
             danish_date(json_text_at(application, "support.endDate"), text));
    add_fact(facts,
             "minutter om ugen",
             "support.minutes_per_week",
             danish_number(json_number_at(application, "support.minutesPerWeek"), text));
    add_fact(facts, "sagsnummer", "case_number", typed(explanation, "caseNumber"));
    add_fact(facts, "indsendt af", "submitted_by", typed(explanation, "submittedBy"));
    add_fact(facts, "indsendt", "submitted_at", json_text_at(application, "submittedAt"));
    return facts;
}

/* Who judged what the program never judges, and how. */
static json_t *assessment_of(const struct explanation *explanation)
{
    const json_t *told = json_at(explanation->application, "assessment");
    return json_pack("{s:s,s:s,s:s,s:s,s:b,s:b,s:b,s:b}",
                     "assessedBy",
                     typed(explanation, "assessment.assessedBy"),
                     "assessedAt",
                     json_text_at(told, "assessedAt"),
                     "decisive",
                     json_text_at(told, "decisive"),
                     "beyondNormal",
                     json_text_at(told, "beyondNormal"),
                     "compensatesLastingImpairment",
                     json_is_true(json_at(told, "compensatesLastingImpairment")),
                     "adverseFactFromThirdParty",
                     json_is_true(json_at(told, "adverseFactFromThirdParty")),
                     "reasonsGiven",
                     json_text_at(told, "reasons")[0] != '\0',
                     "renewalReasonsGiven",
                     json_text_at(told, "renewalReasons")[0] != '\0');
}

static json_t *history_of(const struct explanation *explanation)
{
    const struct archived_decision *row = explanation->row;
    json_t *considered = json_array();
    uint32_t count = history_periods_valid(row->periods) ? history_period_count(row->periods) : 0;
    for (uint32_t i = 0; i < count; i++) {
        struct history_period period = history_period_at(row->periods, i);
        char id[UUID_TEXT_SIZE];
        char start[DATE_TEXT_SIZE];
        char end[DATE_TEXT_SIZE];
        uuid_format(period.application_id, id);
        date_format(period.start, start);
        date_format(period.end, end);
        (void)json_array_append_new(considered,
                                    json_pack("{s:s%,s:s%,s:s%}",
                                              "applicationId",
                                              id,
                                              (size_t)UUID_TEXT_SIZE,
                                              "startDate",
                                              start,
                                              (size_t)DATE_TEXT_SIZE,
                                              "endDate",
                                              end,
                                              (size_t)DATE_TEXT_SIZE));
    }
    return json_pack("{s:o,s:b,s:I,s:I}",
                     "considered",
                     considered,
                     "quarantined",
                     row->quarantined,
                     "citizenDecision",
                     (json_int_t)row->stored.citizen_seq,
                     "applicationDecision",
                     (json_int_t)row->application_seq);
}

static json_t *sight_document(const struct sight *sight, const struct explanation *explanation)
{
    struct finding field = {.field = (uint8_t)look_field((enum look)sight->look),
                            .index = sight->index};
    char path[FIELD_PATH_MAX] = "";
    char text[SIGHT_TEXT_SIZE];
    json_t *out = json_pack("{s:s}", "what", sight_what((enum look)sight->look));
    if (field.field < FIELD_COUNT && sight->look != LOOK_OTHER_COSTS) {
        (void)finding_path(&field, path);
        put(out, "field", json_string(path));
    }
    if (sight->known) {
        put(out, "value", sight_json(sight, sight->value, explanation->application));
    }
    if (look_kind((enum look)sight->look) != SIGHT_FLAG) {
        put(out, "least", sight_json(sight, sight->least, NULL));
        put(out, "most", sight_json(sight, sight->most, NULL));
        put(out, "wants", json_string(sight_wants(sight, text)));
    }
    put(out, "shown", json_string(sight_value(sight, explanation->application, text)));
    put(out, "outside", json_boolean(sight_outside(sight)));
    return out;
}

static json_t *rule_document(const struct explanation *explanation, enum rule_id rule)
{
    const struct decision *decision = &explanation->insight->decision;
    struct sight sights[SIGHTS_MAX];
    bool found = findings_has(&decision->findings, rule);
    uint32_t count = sights_of(decision, rule, sights);
    int silencing = found ? -1 : sight_silencing(decision, rule, sights, count);
    json_t *saw = json_array();
    json_t *out = json_pack(
        "{s:s,s:s,s:b}", "rule", rule_name(rule), "question", sight_question(rule), "found", found);
    for (uint32_t i = 0; i < count; i++) {
        (void)json_array_append_new(saw, sight_document(&sights[i], explanation));
    }
    if (silencing >= 0) {
        struct finding field = {.field = (uint8_t)look_field((enum look)sights[silencing].look),
                                .index = sights[silencing].index};
        char path[FIELD_PATH_MAX];
        (void)finding_path(&field, path);
        put(out, "silencedBy", json_string(path));
    }
    put(out, "saw", saw);
    return out;
}

/* Those that found something, or all. */
static json_t *rules_of(const struct explanation *explanation)
{
    json_t *rules = json_array();
    for (int rule = 0; rule < RULE_COUNT && explanation->insight != NULL; rule++) {
        if (explanation->all ||
            findings_has(&explanation->insight->decision.findings, (enum rule_id)rule)) {
            (void)json_array_append_new(rules, rule_document(explanation, (enum rule_id)rule));
        }
    }
    return rules;
}

static json_t *rulebook_of_decision(const struct explanation *explanation)
{
    const json_t *decision = explanation->decision;
    char sha256[2 * SHA256_SIZE];
    hex_encode(explanation->row->rulebook_sha256, SHA256_SIZE, sha256);
    json_t *out = json_pack("{s:s,s:s,s:s%,s:s}",
                            "name",
                            json_text_at(decision, "rulebook.name"),
                            "version",
                            json_text_at(decision, "rulebook.version"),
                            "sha256",
                            sha256,
                            sizeof(sha256),
                            "law",
                            json_text_at(decision, "rulebook.law"));
    if (explanation->insight != NULL) {
        struct bytes act = explanation->insight->matter.law->act;
        put(out, "act", json_stringn((const char *)act.data, act.size));
    }
    return out;
}

/* Whether the decision made once more is the stored one. */
static const char *again_of(const struct explanation *explanation)
{
    if (explanation->insight == NULL) {
        return explanation->why_not;
    }
    return explanation->insight->same ? "same" : "other";
}

/* What came in is gone, or shut. */
static json_t *payload_of(const struct payload *payload)
{
    static const char *const states[] = {[PAYLOAD_LOCKED] = "locked",
                                         [PAYLOAD_BROKEN] = "broken",
                                         [PAYLOAD_ERASED] = "erased",
                                         [PAYLOAD_RETIRED] = "retired"};
    char day[DATE_TEXT_SIZE];
    json_t *out = json_pack("{s:s}", "state", states[payload->state]);
    if (payload->state == PAYLOAD_ERASED || payload->state == PAYLOAD_RETIRED) {
        date_format(date_in_denmark(payload->gone_at_ms), day);
        put(out, "date", json_stringn(day, sizeof(day)));
        put(out, "why", json_string(payload->why));
    }
    return out;
}

json_t *explanation_document(const struct explanation *explanation)
{
    static const char *const copied[] = {"applicationId",
                                         "version",
                                         "decisionId",
                                         "outcome",
                                         "byRight",
                                         "decisionDate",
                                         "evaluatedAt",
                                         "supersedes",
                                         "source",
                                         "findings",
                                         "complaint"};
    const struct archived_decision *row = explanation->row;
    json_t *out = json_object();
    for (size_t i = 0; i < sizeof(copied) / sizeof(copied[0]); i++) {
        (void)json_object_set(
            out, copied[i], json_object_get(explanation->decision, copied[i])); /* NULL: none */
    }
    put(out, "conflict", json_boolean(row->conflict));
    put(out, "again", json_string(again_of(explanation)));
    put(out, "rulebook", rulebook_of_decision(explanation));
    put(out,
        "ledger",
        json_pack("{s:I,s:i,s:i}",
                  "batch",
                  (json_int_t)row->batch,
                  "index",
                  (int)row->index,
                  "coreVersion",
                  (int)row->core_version));
    if (row->payload.state == PAYLOAD_WHOLE) {
        put(out, "facts", facts_of(explanation));
        put(out, "assessment", assessment_of(explanation));
    } else {
        put(out, "payload", payload_of(&row->payload));
    }
    put(out, "price", explanation_price(explanation));
    put(out, "history", history_of(explanation));
    put(out, "rules", rules_of(explanation));
    return out;
}
