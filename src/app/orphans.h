#ifndef MENTOR_SRC_APP_ORPHANS_H
#define MENTOR_SRC_APP_ORPHANS_H

/*
 * Private to app/: transactions that former owners of what was just taken may have left open.
 * Readers, and our look at the group's offset, would wait for the broker to time them out.
 */

struct worker;

/* Ends them; what cannot be ended is logged, and waited for as without it. */
void orphans_end(struct worker *worker);

#endif /* MENTOR_SRC_APP_ORPHANS_H */
