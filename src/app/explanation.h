#ifndef MENTOR_SRC_APP_EXPLANATION_H
#define MENTOR_SRC_APP_EXPLANATION_H

/* Private to app/: one stored decision in Danish, for a caseworker. No CPR number is printed. */

#include <jansson.h>
#include <stdio.h>

#include "mentor/port/archive.h"

struct explanation {
    const struct archived_decision *row;
    json_t *application; /* ProtoJSON of the input */
    json_t *decision;    /* ProtoJSON of the outcome */
};

void explanation_print(const struct explanation *explanation, FILE *out);

#endif /* MENTOR_SRC_APP_EXPLANATION_H */
