#ifndef TESTS_SIM_SESSION_H
#define TESTS_SIM_SESSION_H

/* The store: a client's session with the modelled PostgreSQL, as libpq and src/pg behave together.
 */

#include "mentor/port/store.h"

#include "database.h"

struct actor;
struct transaction;

struct sim_session {
    bool opened; /* the port was */
    bool connected;
    bool broken;                     /* the connection is lost, and the client will hear of it */
    struct transaction *transaction; /* waited for */
    bool (*work)(void *context);
    void *context;
    uint32_t publications;        /* that the last read could see */
    uint64_t orphans[DB_ORPHANS]; /* of the last take, each once */
    uint32_t orphan_count;
};

struct store session_store(struct actor *actor);
void session_begin(struct actor *actor);
/* The process is gone. What it has sent may still be executed. */
void session_crash(struct actor *actor);
/* The process stands still: what it was sending may be half sent. */
void session_freeze(struct actor *actor);
void session_thaw(struct actor *actor);
/* The connection is lost: nobody waits for the transaction's answer any more. NULL is fine. */
void session_cut(struct actor *actor, struct transaction *transaction);

#endif /* TESTS_SIM_SESSION_H */
