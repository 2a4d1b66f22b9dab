#ifndef MENTOR_SRC_APP_CLOSING_H
#define MENTOR_SRC_APP_CLOSING_H

/*
 * Private to app/: redriven records, and the quarantine rows that they close. A header says which
 * row; it is believed when that row is open and holds the same key and value: then the record's
 * fate is the row's, whatever it is.
 */

#include <stdbool.h>
#include <stdint.h>

struct worker;

/* The rows that the batch's records name, into batch.closings; before its citizens are keyed. False
 * with worker->err. */
bool closings_find(struct worker *worker);
/* Closes the row of the record at `place`, if it names one that is open, before the record is
 * judged: what the row armed no longer counts. NULL when there is none. */
const struct batch_closing *closing_apply(struct worker *worker, uint32_t place);

#endif /* MENTOR_SRC_APP_CLOSING_H */
