#ifndef MENTOR_SRC_APP_SIGHT_WORDS_H
#define MENTOR_SRC_APP_SIGHT_WORDS_H

/* Private to app/: what a rule asks and what it looked at, in Danish. */

#include <jansson.h>

#include "mentor/core/sight.h"

/* What the rule asks; yes is a finding. */
const char *sight_question(enum rule_id rule);
/* What is looked at. */
const char *sight_what(enum look look);

enum {
    SIGHT_TEXT_SIZE = 96,
};

/* The value as a caseworker reads it. `application` is the ProtoJSON, for the names of enums. */
const char *
sight_value(const struct sight *sight, const json_t *application, char text[SIGHT_TEXT_SIZE]);
/* "højst 600 min."; "" where the rule sets no bound that says more than its question. */
const char *sight_wants(const struct sight *sight, char text[SIGHT_TEXT_SIZE]);

/*
 * A number of a sight for machines, *owned* by the caller: a boolean, an integer, a date as
 * YYYY-MM-DD, an enum by its proto name. NULL: there is no bound.
 */
json_t *sight_json(const struct sight *sight, int64_t number, const json_t *application);

#endif /* MENTOR_SRC_APP_SIGHT_WORDS_H */
