#ifndef MENTOR_SRC_APP_AUDIT_ORDER_H
#define MENTOR_SRC_APP_AUDIT_ORDER_H

/*
 * Private to app/: I8, that a citizen's decisions of one partition lie in the order of their
 * numbers. Most citizens have one decision, and so no order: the job that reads the citizens' rows
 * remembers those with more, and their decisions are noted as they are read. Where those are more
 * than there is room for, the database looks for itself.
 */

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "keeper.h"

struct audit;
struct audit_job;
struct chronicle_decision;
struct chronicle_row;
struct err;

enum {
    AUDIT_ORDER_MOST = 2000000, /* decisions of citizens with several: some 300 MB */
    AUDIT_ORDER_BITS = 1 << 22,
};

/* A decision of a citizen with several. */
struct audit_number {
    const struct keeper_row *citizen; /* borrowed from audit_order */
    int64_t progress_id;
    int64_t number;
    int64_t offset;
};

/* Of one job. */
struct audit_numbers {
    struct audit_number *items; /* owned */
    size_t count;
    size_t capacity;
};

struct audit_order {
    int64_t most; /* AUDIT_ORDER_MOST */
    struct keeper citizens;
    uint64_t *maybe;   /* owned; AUDIT_ORDER_BITS of them: a bit that is not set, and it is none of
                          those. Half a megabyte stays in a cache where they do not. */
    int64_t decisions; /* that they say they have */
    bool too_many;     /* nothing is noted: the database is asked */
    bool known;        /* the citizens are: nothing is noted before */
    pthread_mutex_t mutex;
    pthread_cond_t changed;
};

void audit_order_init(struct audit_order *order);
void audit_order_release(struct audit_order *order);

/* By the one job that reads the citizens; then once, also when it has failed. */
void audit_order_citizen(struct audit_order *order, const struct chronicle_row *row);
void audit_order_known(struct audit_order *order);
/* Blocks until they are known. */
void audit_order_await(struct audit_order *order);

void audit_order_decision(struct audit_job *job, const struct chronicle_decision *row);
/* After the jobs: names the first AUDIT_NAMED that lie in another order. */
MUST_CHECK bool audit_order_check(struct audit *audit, struct err *err);

#endif /* MENTOR_SRC_APP_AUDIT_ORDER_H */
