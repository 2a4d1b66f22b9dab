#ifndef PG_SQLSTATE_H
#define PG_SQLSTATE_H

/* What an SQLSTATE means for the caller: the one table that translates. */

#include <stdbool.h>
#include <stdint.h>

#include "mentor/base/err.h"

struct sqlstate_rule {
    const char *prefix;     /* of the SQLSTATE; the first rule that fits decides */
    const char *constraint; /* NULL: whichever */
    enum err_kind kind;
    const char *advice; /* what to do; "" where the worker does it */
};

/* For tests: the table and its length. */
const struct sqlstate_rule *sqlstate_rules(uint32_t *count);

/*
 * A warning that the server was stopped from waiting for its standby, so that what it acknowledges
 * is local only. Texts are translated, codes and the function that warns are not; `function` NULL,
 * which no server of today sends, counts as that one.
 */
bool sqlstate_unreplicated(const char *severity, const char *sqlstate, const char *function);

/* Never NULL. `sqlstate` NULL or "": libpq gave none, so the connection is gone. `constraint` may
 * be NULL. */
const struct sqlstate_rule *sqlstate_rule(const char *sqlstate, const char *constraint);

#endif /* PG_SQLSTATE_H */
