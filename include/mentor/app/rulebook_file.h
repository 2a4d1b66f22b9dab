#ifndef MENTOR_APP_RULEBOOK_FILE_H
#define MENTOR_APP_RULEBOOK_FILE_H

/* The two files that commands begin with: the rulebook and the secret behind citizen_ref. */

#include <stdbool.h>

#include "mentor/base/check.h"
#include "mentor/base/sha256.h"

struct context;
struct err;
struct rulebook;

/* --rulebook, else the installed one. *owned* by the caller: rulebook_close. NULL with *err. */
struct rulebook *rulebook_of(const struct context *context, struct err *err);

/*
 * --citizen-secret-file (its one trailing newline dropped), else MENTORD_CITIZEN_SECRET. Without
 * one: ERR_FATAL, or with `fallback` the key mentord-dev, said so on stderr.
 */
MUST_CHECK bool
citizen_key_of(const struct context *context, bool fallback, struct hmac_key *key, struct err *err);

/* For commands that read what is stored: without a secret the stored pseudonyms stand, and *any is
 * false. */
MUST_CHECK bool
citizen_key_if_any(const struct context *context, struct hmac_key *key, bool *any, struct err *err);

#endif /* MENTOR_APP_RULEBOOK_FILE_H */
