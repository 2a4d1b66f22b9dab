#ifndef MENTOR_SRC_APP_STOPPED_H
#define MENTOR_SRC_APP_STOPPED_H

/*
 * Private to app/: a partition most of whose last records were refused is stopped (core/breaker.h),
 * with the refusal that was one too many stored and nothing after it, until a person resumes it
 * (mentord dlq resume). The other partitions go on.
 */

#include <stdbool.h>
#include <stdint.h>

#include "mentor/core/cycle.h"

struct worker;

/* Before a batch is decided. */
void stopped_begin(struct worker *worker);
/* Counts the entry at `place`, decided by now. True: its partition stops here, and so does the
 * batch. */
bool stopped_count(struct worker *worker, uint32_t place);
/* Counts and reports those of the partitions just taken that are stopped. */
void stopped_note(struct worker *worker);
/* Says so, once it is stored and whenever it is taken. */
void stopped_report(struct worker *worker, uint32_t slot);
/* Between batches: STEP_REVOKED when partitions are to be taken anew, since one was stopped or
 * resumed. */
enum step_outcome stopped_serve(struct worker *worker);

#endif /* MENTOR_SRC_APP_STOPPED_H */
