#ifndef TESTS_SUPPORT_RULEBOOK_TRIAL_H
#define TESTS_SUPPORT_RULEBOOK_TRIAL_H

/* A good rulebook to spoil, and what the loader says of it. */

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mentor/base/err.h"
#include "mentor/core/rulebook.h"
#include "mentor/rulebook/load.h"

#include "support/test.h"

enum {
    TOLD_MAX = 100,
};

static const char head[] =
    "name: dk-test\n"                /* 1 */
    "version: \"1\"\n"               /* 2 */
    "serves: [\"0101\", \"0217\"]\n" /* 3 */
    "renewal_gap_days: 31\n"         /* 4 */
    "parameters:\n"                  /* 5 */
    "  - {municipality: default, max_minutes_per_week: 600, max_unit_ore: 1, max_fee_ore: 2, max_training_ore: 3}\n"
    "  - {municipality: \"0217\", max_minutes_per_week: 60, max_unit_ore: 4, max_fee_ore: 5, max_training_ore: 0}\n"
    "laws:\n"                                                                             /* 8 */
    "  - from: 2020-01-01\n"                                                              /* 9 */
    "    act: Old act\n"                                                                  /* 10 */
    "    authority_da: jobcenteret\n"                                                     /* 11 */
    "    education_right: true\n"                                                         /* 12 */
    "    closed_groups: []\n"                                                             /* 13 */
    "    refs: [{rule: E01, ref: \"LAB § 167, stk. 1\"}]\n"                               /* 14 */
    "  - from: 2026-07-01\n"                                                              /* 15 */
    "    act: New act\n"                                                                  /* 16 */
    "    authority_da: kommunen\n"                                                        /* 17 */
    "    education_right: false\n"                                                        /* 18 */
    "    closed_groups: [{group: 8, from: 2026-07-01}, {group: 100, from: 2026-08-01}]\n" /* 19 */
    "    refs: []\n"                                                                      /* 20 */
    "complaint_da: \"Klag til {authority} senest {deadline}, {authority}.\"\n"            /* 21 */
    "texts:\n"; /* 22; D01 is 23, and so on to L01, 56 */

static inline char *good_yaml(void)
{
    size_t room = sizeof(head) + (size_t)RULE_COUNT * 64;
    char *yaml = malloc(room);
    assert_non_null(yaml);
    size_t used = (size_t)snprintf(yaml, room, "%s", head);
    for (int rule = 0; rule < RULE_COUNT; rule++) {
        const char *name = rule_name((enum rule_id)rule);
        used += (size_t)snprintf(yaml + used,
                                 room - used,
                                 "  - {rule: %s, da: \"%s dansk\", en: \"%s en\"}\n",
                                 name,
                                 name,
                                 name);
    }
    return yaml;
}

/* The good one with the first `find` replaced. */
static inline char *yaml_with(const char *find, const char *put)
{
    char *yaml = good_yaml();
    char *at = strstr(yaml, find);
    assert_non_null(at);
    size_t room = strlen(yaml) + strlen(put) + 1;
    char *changed = malloc(room);
    assert_non_null(changed);
    (void)snprintf(changed, room, "%.*s%s%s", (int)(at - yaml), yaml, put, at + strlen(find));
    free(yaml);
    return changed;
}

struct told {
    int count;
    int line[TOLD_MAX];
    int column[TOLD_MAX];
    char text[TOLD_MAX][512];
};

static inline void tell(void *self, const char *name, int line, int column, const char *text)
{
    struct told *told = self;
    assert_string_equal(name, "test.yaml");
    assert_in_range(told->count, 0, TOLD_MAX - 1);
    told->line[told->count] = line;
    told->column[told->count] = column;
    (void)snprintf(told->text[told->count], sizeof(told->text[0]), "%s", text);
    told->count++;
}

static struct told told;
static struct err err;

static inline struct rulebook *parse(struct bytes yaml)
{
    told.count = 0;
    err = (struct err){0};
    struct rulebook_complaints complaints = {tell, &told};
    return rulebook_parse("test.yaml", yaml, &complaints, &err);
}

static inline struct rulebook *parse_text(const char *yaml)
{
    return parse(bytes_text(yaml));
}

static inline void print_told(void)
{
    for (int i = 0; i < told.count; i++) {
        print_message("test.yaml:%d:%d: %s\n", told.line[i], told.column[i], told.text[i]);
    }
}

/* The first complaint is there and has these words, err says the same, and `more` follow it. */
static inline void assert_complaint(int line, int column, const char *words, int more)
{
    char place[64];
    (void)snprintf(place, sizeof(place), "test.yaml:%d:%d: ", line, column);
    bool as_wanted = told.count == 1 + more && told.line[0] == line && told.column[0] == column &&
                     strstr(told.text[0], words) != NULL;
    if (!as_wanted) {
        print_message("wanted %d: %s...%s...; got:\n", 1 + more, place, words);
        print_told();
    }
    assert_true(as_wanted);
    assert_non_null(strstr(told.text[0], "; ")); /* what; what to do */
    assert_int_equal(err.kind, ERR_FATAL);
    assert_memory_equal(err.text, place, strlen(place));
    assert_string_equal(err.text + strlen(place), told.text[0]);
}

static inline void assert_text(struct bytes got, const char *want)
{
    if (!bytes_is(got, want)) {
        print_message("wanted \"%s\", got \"%.*s\"\n", want, BYTES_ARGS(got));
    }
    assert_true(bytes_is(got, want));
}

#endif /* TESTS_SUPPORT_RULEBOOK_TRIAL_H */
