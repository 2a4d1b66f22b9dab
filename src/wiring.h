#ifndef MENTOR_SRC_WIRING_H
#define MENTOR_SRC_WIRING_H

/* Everything that a command may have opened, behind the functions that it knows (app/edges.h). */

#include "mentor/app/edges.h"

struct wiring;

/* Nothing is opened yet. */
struct wiring *wiring_open(void);
/* Borrowed from it. */
struct edges wiring_edges(struct wiring *wiring);
/* Closes all that was opened. */
void wiring_close(struct wiring **wiring);

#endif /* MENTOR_SRC_WIRING_H */
