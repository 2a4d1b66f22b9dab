#ifndef MENTOR_RULEBOOK_LOAD_H
#define MENTOR_RULEBOOK_LOAD_H

/*
 * YAML to struct rulebook, strict (contract.md § 3): one document, unknown and duplicate keys
 * refused, scalars parsed here, every complaint as FILE:LINE:COLUMN: what; what to do.
 */

#include <stdbool.h>

#include "mentor/base/bytes.h"

struct err;
struct rulebook;

/* What a complaint is given to; NULL is allowed. `line` and `column` from 1. */
struct rulebook_complaints {
    void (*complain)(void *self, const char *name, int line, int column, const char *text);
    void *self;
};

/*
 * *owned* by the caller: rulebook_close. NULL when there was any complaint; all of them are
 * reported, the first is also in *err (ERR_FATAL). `name` is the file's, for the texts; `yaml` is
 * copied.
 */
struct rulebook *rulebook_parse(const char *name,
                                struct bytes yaml,
                                const struct rulebook_complaints *complaints,
                                struct err *err);

/* Reads a file of at most 4 MiB, then as above. */
struct rulebook *
rulebook_open(const char *path, const struct rulebook_complaints *complaints, struct err *err);

/* Accepts NULL. */
void rulebook_close(struct rulebook **rulebook);

#endif /* MENTOR_RULEBOOK_LOAD_H */
