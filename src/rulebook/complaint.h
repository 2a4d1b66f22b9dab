#ifndef RULEBOOK_COMPLAINT_H
#define RULEBOOK_COMPLAINT_H

/* Where the complaints of one file go: to the caller's function, and the first also into its err.
 */

#include <stdbool.h>
#include <stdint.h>

#include "mentor/base/bytes.h"

struct err;
struct rulebook_complaints;

enum {
    COMPLAINTS_MAX = 100, /* what follows is counted, not told */
    COMPLAINT_TEXT_MAX = 400,
    COMPLAINT_SHOWN_MAX = 48,
};

struct complaints {
    const char *name; /* the file's */
    const struct rulebook_complaints *to;
    struct err *err;
    uint32_t count;
};

/* What is wrong; what to do. `line` and `column` from 1. Returns false, so that a failing function
 * can end with it. */
__attribute__((format(printf, 4, 5))) bool
complaint_add(struct complaints *complaints, int line, int column, const char *format, ...);

/* A piece of the file made fit for a complaint: short, on one line. */
struct complaint_shown {
    char text[COMPLAINT_SHOWN_MAX];
};

struct complaint_shown complaint_show(struct bytes text);

#endif /* RULEBOOK_COMPLAINT_H */
