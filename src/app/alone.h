#ifndef MENTOR_SRC_APP_ALONE_H
#define MENTOR_SRC_APP_ALONE_H

/*
 * Private to app/: a record that ends the process that looks into it. When a partition's owners
 * have died at one offset (WORKER_ALONE_AFTER), its records are taken one by one, and before one is
 * looked into the store is told which (store.tried). The one that WORKER_TRIES processes died over
 * goes to quarantine unread, and full batches come back. Other partitions keep theirs. Few such
 * records are gathered at a time (WORKER_ALONE_LOT), so that a revocation does not wait for many.
 */

#include <stdbool.h>
#include <stdint.h>

struct lot;
struct worker;

/* A partition was taken: whether its records go alone. */
void alone_begin(struct worker *worker, uint32_t slot);
/* How many entries of the lot in hand, of at most `most`, make a batch. */
uint32_t alone_batch(const struct worker *worker, uint32_t most);
/* Up to which entry the lot's requests may be read before their batch comes. */
uint32_t alone_readable(const struct worker *worker, const struct lot *lot);
/* Tells the store when the batch in hand is such a record; one that has ended its owners is
 * condemned. False with worker->err. */
bool alone_try(struct worker *worker);
/* The batch in hand is stored. */
void alone_stored(struct worker *worker);

#endif /* MENTOR_SRC_APP_ALONE_H */
