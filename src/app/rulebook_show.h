#ifndef MENTOR_SRC_APP_RULEBOOK_SHOW_H
#define MENTOR_SRC_APP_RULEBOOK_SHOW_H

/* Private to app/: a rulebook for people: what it is, its laws, limits and texts. */

#include <stdio.h>

struct rulebook;

void rulebook_show(const struct rulebook *rulebook, FILE *out);

#endif /* MENTOR_SRC_APP_RULEBOOK_SHOW_H */
