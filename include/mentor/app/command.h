#ifndef MENTOR_APP_COMMAND_H
#define MENTOR_APP_COMMAND_H

/* The commands: one table, one file each (command_<name>.c). */

#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>

#include "mentor/app/edges.h"
#include "mentor/app/options.h"
#include "mentor/base/clock.h"

/* Exit codes (contract.md § 5). */
enum {
    EXIT_DONE = 0,
    EXIT_FAILED = 1,
    EXIT_NO = 2, /* did it, but the answer is no: refusals, divergence */
    EXIT_USAGE = 64,
};

struct context {
    struct options options;
    struct edges edges;
    struct clock clock;
    atomic_bool *stop; /* set by SIGTERM and SIGINT, once they are caught */
    void (*catch_signals)(void);
    const char *version;
    const char *rulebook; /* where the installed one is */
    FILE *out;
};

/* X(name, bit, "operands", "summary") */
#define COMMANDS(X)                                                                                                                                                                                            \
    X(worker, FOR_WORKER, "", "consume, decide, store, emit, until SIGTERM or SIGINT")                                                                                                                         \
    X(decide, FOR_DECIDE, "[FILE|-]", "decide a file, with no Kafka and no PostgreSQL")                                                                                                                        \
    X(publish, FOR_PUBLISH, "[FILE|-]", "put a file's events onto the input topic")                                                                                                                            \
    X(tail, FOR_TAIL, "", "outcome events as JSON lines")                                                                                                                                                      \
    X(explain, FOR_EXPLAIN, "APPLICATION_ID", "why: facts, findings, price step by step")                                                                                                                      \
    X(rulebook,                                                                                                                                                                                                \
      FOR_RULEBOOK,                                                                                                                                                                                            \
      "lint|show [FILE] | test FILE CASES | diff A B | publish FILE | list | shadow",                                                                                                                          \
      "check a rulebook, try it on cases, compare two, put one in force")                                                                                                                                      \
    X(db, FOR_DB, "migrate|status", "the schema: make it, or say how it is")                                                                                                                                   \
    X(dlq,                                                                                                                                                                                                     \
      FOR_DLQ,                                                                                                                                                                                                 \
      "list | show PLACE | dismiss PLACE --why TEXT | redrive [PLACE]… | resume PARTITION",                                                                                                                    \
      "records that could not be decided; PLACE is partition/offset")                                                                                                                                          \
    X(status, FOR_STATUS, "", "partitions, positions, lag, quarantine, rulebook")                                                                                                                              \
    X(audit,                                                                                                                                                                                                   \
      FOR_AUDIT,                                                                                                                                                                                               \
      "verify | prove APPLICATION_ID | check-proof FILE | keygen FILE | sign [ANCHORS|-] | erase --citizen REF --why TEXT | retain --older-than AGE --why TEXT | rekey --new-master-key-file FILE --why TEXT", \
      "prove the ledger: nothing lost, doubled or altered; erase what came in, and record it")                                                                                                                 \
    X(replay,                                                                                                                                                                                                  \
      FOR_REPLAY,                                                                                                                                                                                              \
      "verify|whatif",                                                                                                                                                                                         \
      "decide the log again: as it was, or under other rules")                                                                                                                                                 \
    X(bench, FOR_BENCH, "core", "measure this machine: decode, decide, encode")                                                                                                                                \
    X(version, 0, "", "the version")                                                                                                                                                                           \
    X(help, 0, "[COMMAND]", "this, or how to use a command")

#define X(name, bit, operands, summary) int command_##name(struct context *context);
COMMANDS(X)
#undef X

/* Runs argv[1]. Returns the exit code; errors are on stderr as one line. */
int command_run(struct context *context, int argc, char *const *argv);

/* Waits 30 s for the acknowledgement of what was written, and not long when a signal has come.
 * ERR_RETRY: some are missing. */
struct err;
MUST_CHECK bool
command_flush(const struct context *context, struct topic_writer *writer, struct err *err);
/* "mentord: what" on stderr. */
int command_fail(const struct err *err, int code);
/* --jobs, 1 to 16; unless it is told, a job a processor. */
uint32_t command_jobs(const struct options *options);
/* A usage error, with where to read more. */
__attribute__((format(printf, 2, 3))) int
command_usage(const struct context *context, const char *format, ...);

#endif /* MENTOR_APP_COMMAND_H */
