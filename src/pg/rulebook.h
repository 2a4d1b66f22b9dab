#ifndef PG_RULEBOOK_H
#define PG_RULEBOOK_H

/* A rulebook's bytes under its name and version: stored once, and never others, since decisions pin
 * them. */

#include "mentor/base/err.h"
#include "mentor/pg/pg.h"

#include "session.h"

/* `other`: the kind of error when the name and version are there with other bytes. */
MUST_CHECK bool rulebook_keep(struct session *session,
                              const struct pg_rulebook *book,
                              enum err_kind other,
                              struct err *err);

#endif /* PG_RULEBOOK_H */
