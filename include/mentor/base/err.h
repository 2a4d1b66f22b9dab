#ifndef MENTOR_BASE_ERR_H
#define MENTOR_BASE_ERR_H

/* An operating error, named after what the caller must do about it. Bad input is never one. */

#include <stdbool.h>

enum err_kind {
    ERR_NONE = 0,
    ERR_RETRY,  /* the other side is away or slow: wait with backoff, then go on by way of JOIN */
    ERR_STALE,  /* what was read has moved: nothing was stored; read again, decide again */
    ERR_FENCED, /* a partition is another's now: nothing was stored; leave the group, join again */
    ERR_POISON, /* the store refuses a record's data: nothing was stored; halve the batch */
    ERR_HALT,   /* going on could lose or double something: stop and let a person look */
    ERR_FATAL,  /* cannot work at all: a wrong setting, a missing file */
};

/* Lives on the caller's stack; nothing to release. The text is one line: what, where, what to do.
 */
struct err {
    enum err_kind kind;
    char text[512];
};

/* Returns false, so that a failing function can end with it. */
__attribute__((format(printf, 3, 4))) bool
err_set(struct err *err, enum err_kind kind, const char *format, ...);

#endif /* MENTOR_BASE_ERR_H */
