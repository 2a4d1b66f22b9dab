#ifndef MENTOR_SRC_APP_STEPS_H
#define MENTOR_SRC_APP_STEPS_H

/* Private to app/: one function a state of core/cycle.h, in step_*.c. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mentor/core/cycle.h"

struct batch_entry;
struct lot;
struct position;
struct request;
struct worker;

#define X(upper, lower) enum step_outcome step_##lower(struct worker *worker);
CYCLE_STATES(X)
#undef X

/* What the worker's err asks for. */
enum step_outcome step_of_err(struct worker *worker);
/*
 * A partition just taken: what Kafka has of it, against the store. Raises emitted_offset to what a
 * committed transaction proves, and says what is to be read back (recall_ms). ERR_HALT when the two
 * cannot both be right.
 */
bool worker_agree(struct worker *worker, struct position *position);
/* Of all that is taken, while nothing moves: whether the group still says so, and readers see it. A
 * broker may have lost the end of our last transaction, and without another one nobody would
 * notice: ERR_RETRY, and the next take ends it. */
bool worker_agrees_still(struct worker *worker);
/* Index of an owned partition, or -1. */
int32_t worker_slot_of(const struct worker *worker, int32_t partition);
/* Drops what is gathered and not stored: it will be read again. */
void worker_forget(struct worker *worker);
/* Outputs on their way get a moment, then what is acknowledged is stored; `release`: the partitions
 * are given back. false: they are another's, and worker->err says so. What else goes wrong only
 * means that outputs are sent again. */
bool worker_settle_positions(struct worker *worker, bool release);
/* The store has not taken what is emitted: the group is never told more than the store knows, since
 * a successor, who asks the store, would tell it less. */
void worker_unmark(struct worker *worker);
/* sink.seen; INT64_MAX of a sink without transactions. */
int64_t worker_seen(const struct worker *worker, int32_t partition);
/* Leaves the heads that are due at the desk of anchors; `all`: those that have moved at all. */
void worker_anchor(struct worker *worker, bool all);
/* The lot that is not in hand. */
struct lot *lot_ahead(struct worker *worker);
/* Empties a lot; its records are released by the caller. */
void lot_clear(struct lot *lot);
/* Reads the requests of entries below `upto` that are not read yet. */
void lot_read(struct worker *worker, struct lot *lot, uint32_t upto);
/* Counts (tally.c): round each step, and a batch once it is stored. */
void tally_begin(struct worker *worker, enum cycle_state state);
void tally_step(struct worker *worker, enum cycle_state state, enum step_outcome outcome);
void tally_stored(struct worker *worker);
/* In the lot's arena, which holds the largest batch several times: never NULL. */
void *batch_alloc(struct worker *worker, size_t count, size_t size);
/* The batch's own requests and entries: those of the lot in hand from `stored` on. */
struct request *request_at(const struct worker *worker, uint32_t place);
const struct batch_entry *gathered_at(const struct worker *worker, uint32_t place);
/* A refused record that arms Q01 for a citizen it could be read of. */
bool arms_citizen(const struct request *request);
/* What is left of the time that there is to drain, and of so much more, once *stop is set. */
uint32_t worker_drain_left_ms(struct worker *worker, uint32_t more_ms);
/* For store.patience: not for long after *stop is set; `context` is the worker. */
bool worker_waits(void *context);
/* A slice of filling the other lot, for store.meanwhile; `context` is the worker. */
bool worker_read_ahead(void *context);

#endif /* MENTOR_SRC_APP_STEPS_H */
