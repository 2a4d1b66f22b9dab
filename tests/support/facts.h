#ifndef TESTS_SUPPORT_FACTS_H
#define TESTS_SUPPORT_FACTS_H

/*
 * A valid application under a small rulebook, to be varied: a row names what it changes and the
 * findings that it wants, all of them, as "P01 support.end_date, L01 support.end_date". The safe
 * CPR numbers fail mod 11, so the note D02 is left out unless asked for.
 *
 * Rulebook: 2020 the base; from 2026-07-01 groups 8 and 10 closed; from 2027-01-01 no education
 * right. All municipalities but 0860 are served.
 */

#include <stdio.h>
#include <string.h>

#include "mentor/core/application.h"
#include "mentor/core/date.h"
#include "mentor/core/decide.h"
#include "mentor/core/history.h"
#include "mentor/core/rulebook.h"

#include "support/test.h"

enum {
    CHANGES_MAX = 6,
    PERIODS_MAX = 4,
    FINDINGS_TEXT_MAX = 16384,
};

enum change_kind {
    CHANGE_NONE,
    CHANGE_TEXT,
    CHANGE_NUMBER,
    CHANGE_PERIOD,     /* history: another application's */
    CHANGE_OWN_PERIOD, /* history: of this application */
    CHANGE_TODAY,
    CHANGE_CONFLICT,
    CHANGE_QUARANTINED,
};

struct change {
    enum change_kind kind;
    size_t offset;
    size_t size;
    const char *text;
    const char *other;
    int64_t number;
};

/* clang-format off */
#define TEXT(member, value) \
    {.kind = CHANGE_TEXT, .offset = offsetof(struct application, member), .text = (value)}
#define NUMBER(member, value) \
    {.kind = CHANGE_NUMBER, .offset = offsetof(struct application, member), \
     .size = sizeof(((struct application *)0)->member), .number = (value)}
#define PERIOD(first, last) {.kind = CHANGE_PERIOD, .text = (first), .other = (last)}
#define OWN_PERIOD(first, last) {.kind = CHANGE_OWN_PERIOD, .text = (first), .other = (last)}
#define TODAY(day) {.kind = CHANGE_TODAY, .text = (day)}
#define CONFLICT {.kind = CHANGE_CONFLICT}
#define QUARANTINED {.kind = CHANGE_QUARANTINED}
/* clang-format on */

/* One row of a table: what is changed and what must be found. */
struct row {
    const char *name;
    struct change changes[CHANGES_MAX];
    const char *want;
};

struct trial {
    struct application application;
    struct matter matter;
    struct decision decision;
    uint8_t periods[PERIODS_MAX * HISTORY_PERIOD_SIZE];
    char found[FINDINGS_TEXT_MAX];
};

static inline int32_t day_of(const char *text)
{
    int32_t day = 0;
    assert_true(date_parse(bytes_text(text), &day));
    return day;
}

/* Noon in Denmark, or an hour beside it. */
static inline int64_t noon_of(const char *text)
{
    return (int64_t)day_of(text) * 86400000 + (int64_t)11 * 3600000;
}

static inline void facts_law(struct law *law, const char *from)
{
    law->from = day_of(from);
    memcpy(law->from_text, from, DATE_TEXT_SIZE);
    law->act = bytes_text("LAB");
    law->authority_da = bytes_text("kommunen");
    law->education_right = true;
    law->complaint_da = bytes_text("Klag senest {deadline}.");
    for (int rule = 0; rule < RULE_COUNT; rule++) {
        law->text_da[rule] = bytes_text(rule_name((enum rule_id)rule));
        law->refs[rule] = bytes_text("LAB § 167");
    }
}

static inline const struct rulebook *facts_rulebook(void)
{
    static struct rulebook rulebook;
    if (rulebook.law_count > 0) {
        return &rulebook;
    }
    rulebook.name = bytes_text("dk-test");
    rulebook.version = bytes_text("1");
    rulebook.renewal_gap_days = 31;
    memset(rulebook.sha256, 0x5a, SHA256_SIZE);
    for (int i = 0; i < MUNICIPALITY_COUNT; i++) {
        rulebook.serves[i] = i != MUNICIPALITY_COUNT - 1;
        rulebook.parameters[i] = (struct parameters){600, 40000, 60000, 500000};
    }
    for (int rule = 0; rule < RULE_COUNT; rule++) {
        rulebook.text_en[rule] = bytes_text("english");
    }
    facts_law(&rulebook.laws[0], "2020-01-01");
    facts_law(&rulebook.laws[1], "2026-07-01");
    facts_law(&rulebook.laws[2], "2027-01-01");
    for (int i = 1; i < 3; i++) {
        rulebook.laws[i].closed_count = 2;
        rulebook.laws[i].closed[0] = (struct closed_group){8, day_of("2026-07-01")};
        rulebook.laws[i].closed[1] = (struct closed_group){10, day_of("2026-08-01")};
    }
    rulebook.laws[2].education_right = false;
    rulebook.law_count = 3;
    return &rulebook;
}

/* The mechanic of rules.md § 5, case 1: approved, with nothing found but D02. */
static inline struct application facts_application(void)
{
    struct application application = {
        .application_id = bytes_text("3F2504E0-4f89-41d3-9a0c-0305e82c3301"),
        .version = 1,
        .municipality_code = bytes_text("0217"),
        .cpr = bytes_text("1403760101"),
        .target_group = TARGET_GROUP_OUTSIDE,
        .cvr = bytes_text("99000007"),
        .company_name = bytes_text("Autoværkstedet"),
        .activity_kind = 1,
        .aim = 1,
        .mentor_kind = MENTOR_EMPLOYEE,
        .mentor_name = bytes_text("Kollega"),
        .mentor_contact = bytes_text("70 10 20 30"),
        .relation = RELATION_STRANGER,
        .qualifications = bytes_text("20 år i faget"),
        .goal = bytes_text("Fast job"),
        .tasks = bytes_text("Støtte til struktur"),
        .minutes_per_week = 180,
        .start_date = bytes_text("2026-03-09"),
        .end_date = bytes_text("2026-06-07"),
        .cost = {.basis = COST_WAGE,
                 .rate = WAGE_RATE_HOURLY,
                 .rate_ore = 18500,
                 .holiday_bp = 1250,
                 .pension_bp = 1000,
                 .other_ore_per_hour = 250},
        .decisive = ANSWER_IS_YES,
        .beyond_normal = ANSWER_IS_YES,
    };
    assert_true(uuid_parse(application.application_id, application.id));
    return application;
}

static inline void trial_today(struct trial *trial, const char *today)
{
    trial->matter.evaluated_at_ms = noon_of(today);
    trial->matter.law = rulebook_law(trial->matter.rulebook, day_of(today));
}

static inline void trial_begin(struct trial *trial)
{
    trial->application = facts_application();
    trial->matter = (struct matter){
        .application = &trial->application,
        .rulebook = facts_rulebook(),
        .event_key = "event key of 16",
        .citizen_ref = "citizen, 16 long",
        .periods = bytes_of(trial->periods, 0),
    };
    trial_today(trial, "2026-03-02");
}

static inline void trial_period(struct trial *trial, bool own, const char *first, const char *last)
{
    uint32_t count = history_period_count(trial->matter.periods);
    assert_in_range(count, 0, PERIODS_MAX - 1);
    struct history_period period = {.start = day_of(first), .end = day_of(last)};
    memset(period.application_id, (int)count + 1, UUID_SIZE);
    if (own) {
        memcpy(period.application_id, trial->application.id, UUID_SIZE);
    }
    uint8_t larger[sizeof(trial->periods)];
    struct bytes state = history_period_settle(trial->matter.periods, &period, true, larger);
    memcpy(trial->periods, larger, state.size);
    trial->matter.periods = bytes_of(trial->periods, state.size);
}

static inline void trial_number(struct trial *trial, const struct change *change)
{
    void *at = (char *)&trial->application + change->offset;
    if (change->size == sizeof(int64_t)) {
        *(int64_t *)at = change->number;
    } else if (change->size == sizeof(int32_t)) {
        *(uint32_t *)at = (uint32_t)change->number;
    } else {
        assert_int_equal(change->size, sizeof(bool));
        *(bool *)at = change->number != 0;
    }
}

static inline void trial_change(struct trial *trial, const struct change *change)
{
    switch (change->kind) {
    case CHANGE_NONE:
        break;
    case CHANGE_TEXT:
        *(struct bytes *)(void *)((char *)&trial->application + change->offset) =
            bytes_text(change->text);
        break;
    case CHANGE_NUMBER:
        trial_number(trial, change);
        break;
    case CHANGE_PERIOD:
    case CHANGE_OWN_PERIOD:
        trial_period(trial, change->kind == CHANGE_OWN_PERIOD, change->text, change->other);
        break;
    case CHANGE_TODAY:
        trial_today(trial, change->text);
        break;
    case CHANGE_CONFLICT:
        trial->matter.conflict = true;
        break;
    case CHANGE_QUARANTINED:
        trial->matter.quarantined = true;
        break;
    }
}

/* Decides, and lists what was found; D02 only when it is wanted by name. */
static inline void trial_decide(struct trial *trial, bool with_d02)
{
    memset(&trial->decision, 1, sizeof(trial->decision)); /* decide() fills all of it */
    decide(&trial->matter, &trial->decision);
    size_t used = 0;
    trial->found[0] = '\0';
    for (uint32_t i = 0; i < trial->decision.findings.count; i++) {
        const struct finding *finding = &trial->decision.findings.items[i];
        char path[FIELD_PATH_MAX];
        uint32_t size = finding_path(finding, path);
        assert_int_equal(size, strlen(path));
        assert_true(finding->index == 0 || strchr(path, '[') != NULL);
        if (finding->rule != RULE_D02 || with_d02) {
            used += (size_t)snprintf(trial->found + used,
                                     sizeof(trial->found) - used,
                                     "%s%s %s",
                                     used == 0 ? "" : ", ",
                                     rule_name((enum rule_id)finding->rule),
                                     path);
        }
        assert_in_range(used, 0, sizeof(trial->found) - 1);
    }
}

static inline void the_row_is_found(void **state)
{
    static struct trial trial;
    const struct row *row = *state;
    trial_begin(&trial);
    for (int i = 0; i < CHANGES_MAX; i++) {
        trial_change(&trial, &row->changes[i]);
    }
    trial_decide(&trial, strstr(row->name, "the note") != NULL);
    assert_string_equal(trial.found, row->want);
}

/* Each row as a test under its own name. */
static inline void row_tests(struct row *rows, size_t count, struct CMUnitTest *tests)
{
    for (size_t i = 0; i < count; i++) {
        tests[i] = (struct CMUnitTest){rows[i].name, the_row_is_found, NULL, NULL, &rows[i]};
    }
}

#define ROW_COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

#endif /* TESTS_SUPPORT_FACTS_H */
