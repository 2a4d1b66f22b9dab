#ifndef MENTOR_SRC_APP_EXPLANATION_H
#define MENTOR_SRC_APP_EXPLANATION_H

/*
 * Private to app/: why a stored decision came out as it did. One document, made once, that is
 * printed in Danish for a caseworker or written as JSON, so that both say the same. It holds no CPR
 * number and none of the application's long free texts, only whether they are given.
 */

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "mentor/port/archive.h"

struct insight;

struct explanation {
    const struct archived_decision *row;
    json_t *application;           /* ProtoJSON of the input */
    json_t *decision;              /* ProtoJSON of the outcome */
    const struct insight *insight; /* the decision made once more; NULL: `why_not` */
    const char *why_not;
    bool all; /* also the rules that found nothing */
};

/*
 * *owned* by the caller: json_decref. Its keys: applicationId, version, decisionId, outcome,
 * byRight, conflict, decisionDate, evaluatedAt, again, rulebook, source, ledger, supersedes,
 * assessment, facts (or payload: why they cannot be told), findings, price, history, rules,
 * complaint; and proof, when asked for.
 */
json_t *explanation_document(const struct explanation *explanation);
/* explanation_price.c: the price step by step: {what, how, ore} and one {what, how, minutes}; empty
 * without a frame. *owned* likewise. */
json_t *explanation_price(const struct explanation *explanation);

/* explanation_proof.c: that the decision stands in the ledger's chain, checked: its leaf, its
 * batch's link, and the head that follows from it. *owned* likewise; NULL: *err. */
struct chronicle;
struct err;
json_t *explanation_proof(struct chronicle *chronicle,
                          const struct archived_decision *row,
                          struct err *err);

/* The document in Danish. */
void explanation_print(const json_t *document, FILE *out);

#endif /* MENTOR_SRC_APP_EXPLANATION_H */
