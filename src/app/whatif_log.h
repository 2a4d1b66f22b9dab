#ifndef MENTOR_SRC_APP_WHATIF_LOG_H
#define MENTOR_SRC_APP_WHATIF_LOG_H

/*
 * Private to app/: the decisions of a log that is read without the database. Applications and the
 * outcomes that answer them are taken in whatever order they come and kept in memory, about 1 KiB
 * for both; whatif_log_close() puts them in order, and whatif_walk.h hands them out as the archive
 * hands out its cases. What a decision considered does not stand in a log: it is built up from what
 * the citizen's earlier outcomes granted.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mentor/base/bytes.h"
#include "mentor/base/check.h"
#include "mentor/base/sha256.h"
#include "mentor/core/decide.h"
#include "mentor/core/history.h"

#include "keeper.h"

struct arena;
struct record;
struct request;
struct rulebook;

/* One event: its application, its outcome, or both. */
struct whatif_event {
    uint8_t pair[KEEPER_KEY_SIZE]; /* known_pair() */
    uint8_t application_id[UUID_SIZE];
    uint8_t citizen_ref[CITIZEN_REF_SIZE]; /* the outcome's; without one the application's */
    uint8_t own_ref[CITIZEN_REF_SIZE];     /* the application's, by whatever secret is set */
    bool has_application;
    bool has_outcome;
    bool contradicted; /* other outcomes of it, or an application of another event, are there */

    /* of the application */
    const uint8_t *input; /* in the log's chunks */
    uint32_t input_size;
    uint8_t event_key[EVENT_KEY_SIZE];
    uint8_t content[SHA256_SIZE];
    int64_t line; /* in the order in which applications came */

    /* of the outcome */
    uint8_t digest[SHA256_SIZE]; /* known_digest() */
    uint8_t rulebook[SHA256_SIZE];
    enum outcome outcome;
    uint32_t version;
    int64_t number; /* the citizen's decision, from 1; 0: it does not say */
    int64_t total_ore;
    int64_t offset;
    int32_t partition; /* -1: no outcome says */
    bool has_total;
    bool conflict;
    bool quarantined;
    int32_t start; /* days; granted when approved */
    int32_t end;

    int64_t evaluated_at_ms; /* without an outcome: when it would have been decided */
};

/* What a reader must know beside the numbers. */
struct whatif_log_counts {
    int64_t decided_here; /* without an outcome: what stood before is decided, too */
    int64_t undecided;    /* without an outcome, and not decided: see struct whatif_log */
    int64_t refused;      /* no application can be read from them, or it would be refused */
    int64_t unreadable;   /* outcomes that cannot be read */
    int64_t contradicted; /* events */
    int64_t nowhere;      /* of no known position, while some positions are asked for */
    int64_t cut;          /* partitions whose first records are gone */
    int64_t twice;        /* decisions that have the number of another one of their citizen */
    int64_t holes;        /* decisions of citizens that are not there, by the citizen's numbers */
};

struct whatif_log {
    /* given */
    bool by_place; /* an outcome names its application by topic and offset; else by application and
                      event id */
    struct bytes topic; /* by_place: of the applications */
    bool decide;        /* what has no outcome is decided by `rulebook`; else it is left aside */
    const struct rulebook *rulebook; /* borrowed; NULL: nobody knows which one */

    /* ours */
    struct keeper keys;          /* of events, by what joins them */
    struct whatif_event *events; /* owned */
    size_t count;
    size_t capacity;
    const struct whatif_event **order; /* owned; by citizen, then by number, then by line */
    size_t order_count;
    struct keeper repeated; /* applications with several decisions */
    struct whatif_log_chunk *chunks;
    size_t applications;
    struct whatif_log_counts counts; /* decided_here, nowhere, twice and holes: by the walks */
};

/* The request may be decided; it is taken once, a second one of its event is a duplicate. Copies
 * all that it needs. */
void whatif_log_application(struct whatif_log *log, const struct request *request, int64_t now_ms);
/* An outcome as it is sent; counted as unreadable when it does not say how it was made. The arena
 * is used. */
void whatif_log_outcome(struct whatif_log *log, const struct record *record, struct arena *arena);
/* by_place: whether an outcome has named it. */
bool whatif_log_wants(const struct whatif_log *log, int32_t partition, int64_t offset);
/* All are there: from now on the log is only read. */
void whatif_log_close(struct whatif_log *log);
void whatif_log_release(struct whatif_log *log);

#endif /* MENTOR_SRC_APP_WHATIF_LOG_H */
