#ifndef MENTOR_SRC_CORE_RULES_H
#define MENTOR_SRC_CORE_RULES_H

/*
 * Private to core/: one function a rule, rule_<id>, run in the order of the table RULES
 * (core/finding.h). Each adds its findings and nothing else; a rule that reads an invalid field
 * says nothing (rules.md § 2).
 */

#include "mentor/core/application.h"
#include "mentor/core/decide.h"
#include "mentor/core/finding.h"
#include "mentor/core/rulebook.h"

/* The application read once: what the rules need and no text gives directly. */
struct facts {
    const struct matter *matter;
    const struct application *application;
    const struct parameters
        *parameters; /* NULL: the municipality is not known or not served (D04) */
    int32_t today;
    int32_t municipality; /* -1: not one of the 98 */
    bool has_birth;       /* the CPR number is valid */
    int32_t birth;
    bool has_start;
    int32_t start;
    bool has_end; /* valid, not before start, within the longest period */
    int32_t end;
    int32_t latest_end; /* by start; read with has_start */
    struct findings *findings;
};

/* Empty after trimming space, \t, \n, \v, \f, \r. */
bool missing(struct bytes text);

#define X(id, weight) void rule_##id(struct facts *facts);
RULES(X)
#undef X

#endif /* MENTOR_SRC_CORE_RULES_H */
