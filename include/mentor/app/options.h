#ifndef MENTOR_APP_OPTIONS_H
#define MENTOR_APP_OPTIONS_H

/*
 * Settings from four places, one table: flag --x-y, else environment MENTORD_X_Y, else a line `x-y
 * = value` of the file
 * --config, else the default. The table also prints --help and the README's list.
 */

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "mentor/base/check.h"

struct err;

/* Which commands take an option; a bit each. */
enum {
    FOR_WORKER = 1 << 0,
    FOR_DECIDE = 1 << 1,
    FOR_PUBLISH = 1 << 2,
    FOR_TAIL = 1 << 3,
    FOR_EXPLAIN = 1 << 4,
    FOR_RULEBOOK = 1 << 5,
    FOR_DB = 1 << 6,
    FOR_DLQ = 1 << 7,
    FOR_STATUS = 1 << 8,
    FOR_BENCH = 1 << 9,
    FOR_AUDIT = 1 << 10,
    FOR_REPLAY = 1 << 11,
    FOR_KAFKA = FOR_WORKER | FOR_PUBLISH | FOR_TAIL | FOR_DLQ | FOR_STATUS | FOR_AUDIT | FOR_REPLAY,
    FOR_DATABASE = FOR_WORKER | FOR_EXPLAIN | FOR_RULEBOOK | FOR_DB | FOR_DLQ | FOR_STATUS |
                   FOR_AUDIT | FOR_REPLAY,
    FOR_SEALED = FOR_WORKER | FOR_EXPLAIN | FOR_DLQ | FOR_AUDIT | FOR_REPLAY,
    FOR_ALL = (1 << 12) - 1,
};

enum option_kind {
    OPTION_TEXT,
    OPTION_FLAG,   /* no value as a flag; true or false elsewhere */
    OPTION_NUMBER, /* decimal, low to high */
    OPTION_LIST,   /* may be given several times */
};

/* X(NAME, "name", kind, "VALUE", default or NULL, low, high, commands, "help") */
/* clang-format off */
#define OPTIONS(X) \
    X(KAFKA_BROKERS, "kafka-brokers", OPTION_TEXT, "HOST:PORT,…", "127.0.0.1:9092", 0, 0, FOR_KAFKA, \
      "brokers to begin with") \
    X(KAFKA, "kafka", OPTION_LIST, "KEY=VALUE", NULL, 0, 0, FOR_KAFKA, \
      "a librdkafka property; secret ones only by file or environment. audit: over the topics too, also without a property") \
    X(KAFKA_CONFIG, "kafka-config", OPTION_TEXT, "FILE", NULL, 0, 0, FOR_KAFKA, \
      "librdkafka properties, a line KEY=VALUE each") \
    X(TOPIC_APPLICATIONS, "topic-applications", OPTION_TEXT, "NAME", "mentor.applications.v1", 0, 0, FOR_KAFKA, \
      "topic of applications, in") \
    X(TOPIC_DECISIONS, "topic-decisions", OPTION_TEXT, "NAME", "mentor.decisions.v1", 0, 0, FOR_KAFKA, \
      "topic of decisions, out") \
    X(TOPIC_DLQ, "topic-dlq", OPTION_TEXT, "NAME", "mentor.applications.dlq.v1", 0, 0, FOR_KAFKA, \
      "topic of records that could not be decided, out") \
    X(TOPIC_AUDIT, "topic-audit", OPTION_TEXT, "NAME", "mentor.audit.v1", 0, 0, FOR_WORKER | FOR_AUDIT, \
      "topic of anchors, the heads of the hash chain, out; one for a database") \
    X(ANCHOR_EVERY, "anchor-every", OPTION_NUMBER, "SECONDS", "10", 0, 86400, FOR_WORKER, \
      "anchor a partition's head that has moved at most so often, and when it is given back; 0: never") \
    X(ANCHOR_FILE, "anchor-file", OPTION_TEXT, "FILE", NULL, 0, 0, FOR_WORKER, \
      "append each anchor there too, as a line of JSON") \
    X(ANCHORS, "anchors", OPTION_TEXT, "FILE", NULL, 0, 0, FOR_AUDIT, \
      "verify, prove, check-proof: anchors that the chain must hold, a line of JSON each") \
    X(PUBLIC_KEY, "public-key", OPTION_TEXT, "FILE", NULL, 0, 0, FOR_AUDIT, \
      "verify, check-proof: believe only anchors signed by it") \
    X(KEY, "key", OPTION_TEXT, "FILE", NULL, 0, 0, FOR_AUDIT, \
      "sign: the private key that audit keygen made") \
    X(GROUP, "group", OPTION_TEXT, "NAME", "mentord", 0, 0, FOR_WORKER, \
      "consumer group; one for a database") \
    X(EMIT, "emit", OPTION_TEXT, "MODE", "idempotent", 0, 0, FOR_WORKER, \
      "how outcomes are produced: idempotent or transactional") \
    X(DATABASE_URL, "database-url", OPTION_TEXT, "URL", NULL, 0, 0, FOR_DATABASE, \
      "all that libpq takes; without it libpq's PG variables. With a password only by file or environment") \
    X(RULEBOOK, "rulebook", OPTION_TEXT, "FILE", NULL, 0, 0, FOR_WORKER | FOR_DECIDE | FOR_RULEBOOK | FOR_BENCH | FOR_REPLAY, \
      "the rulebook; default the installed dk-2026.yaml, and for the worker the published one that is in force; with this the worker follows none. replay verify of a file: a folder of all that its decisions name, too") \
    X(SHADOW, "shadow", OPTION_TEXT, "FILE", NULL, 0, 0, FOR_WORKER, \
      "a candidate rulebook: each decision is also evaluated by it, and what would differ is counted; see rulebook shadow") \
    X(EFFECTIVE_FROM, "effective-from", OPTION_TEXT, "now|DAY|RFC3339", "now", 0, 0, FOR_RULEBOOK, \
      "when a rulebook that is published begins to decide; a day begins at midnight in Denmark") \
    X(CITIZEN_SECRET_FILE, "citizen-secret-file", OPTION_TEXT, "FILE", NULL, 0, 0, FOR_WORKER | FOR_DECIDE | FOR_PUBLISH | FOR_AUDIT | FOR_REPLAY, \
      "the secret behind citizen_ref; or MENTORD_CITIZEN_SECRET") \
    X(MASTER_KEY_FILE, "master-key-file", OPTION_TEXT, "FILE", NULL, 0, 0, FOR_SEALED, \
      "32 bytes or 64 hex digits, readable by nobody else: the worker seals what comes in with a key a citizen, the others read it") \
    X(NEW_MASTER_KEY_FILE, "new-master-key-file", OPTION_TEXT, "FILE", NULL, 0, 0, FOR_SEALED, \
      "the master key that audit rekey changes to, beside the old one: until that has ended all need both") \
    X(AT, "at", OPTION_TEXT, "now|event|RFC3339", "now", 0, 0, FOR_WORKER | FOR_DECIDE, \
      "when to evaluate; the worker takes event only on a database made by `db migrate --demo`") \
    X(BATCH, "batch", OPTION_NUMBER, "N", "2000", 1, 5000, FOR_WORKER, \
      "records a transaction at most") \
    X(LANES, "lanes", OPTION_NUMBER, "N", "1", 1, 16, FOR_WORKER, \
      "transactions in flight: each lane is a member of the group with a connection of its own") \
    X(METRICS_LISTEN, "metrics-listen", OPTION_TEXT, "[ADDR:]PORT", NULL, 0, 0, FOR_WORKER, \
      "serve /metrics, /healthz and /readyz there; loopback unless an address is told, off by default") \
    X(STALLED_AFTER, "stalled-after", OPTION_NUMBER, "SECONDS", "120", 1, 86400, FOR_WORKER, \
      "/healthz is 503 when no step of the loop ended for so long; one may wait 75 s for PostgreSQL") \
    X(BREAKER, "breaker", OPTION_NUMBER, "N", "500", 0, 1000, FOR_WORKER, \
      "stop a partition when more than N of its last 1,000 records are refused; 0: never") \
    X(JOBS, "jobs", OPTION_NUMBER, "N", "0", 0, 16, FOR_AUDIT | FOR_REPLAY, \
      "connections and threads that share the work; 0: as many as there are processors, at most 16") \
    X(RATE, "rate", OPTION_NUMBER, "N", "0", 0, 1000000, FOR_PUBLISH, \
      "events a second; 0: as fast as it goes") \
    X(FROM, "from", OPTION_TEXT, "beginning|end|P:OFFSET|TIME", "end", 0, 0, FOR_TAIL | FOR_REPLAY, \
      "tail: where to begin. replay: a day or RFC 3339, only what was evaluated then or later") \
    X(TO, "to", OPTION_TEXT, "TIME", NULL, 0, 0, FOR_REPLAY, \
      "only what was evaluated before; a day counts itself, to midnight in Denmark") \
    X(SOURCE, "source", OPTION_TEXT, "archive|kafka|FILE", "archive", 0, 0, FOR_REPLAY, \
      "where the log is read: PostgreSQL, the input topic from its start, or JSON Lines") \
    X(DECIDED_BY, "decided-by", OPTION_TEXT, "FILE", NULL, 0, 0, FOR_REPLAY, \
      "whatif of a file or kafka: the rulebook that decided, or a folder of all that did; default the installed one") \
    X(PARTITION, "partition", OPTION_NUMBER, "N", NULL, 0, INT32_MAX, FOR_REPLAY, \
      "only this partition of the input topic") \
    X(OFFSET, "offset", OPTION_TEXT, "A..B", NULL, 0, 0, FOR_REPLAY, \
      "only input offsets A to B, both counted; A.. and ..B leave an end open") \
    X(MUNICIPALITY, "municipality", OPTION_TEXT, "CODE", NULL, 0, 0, FOR_REPLAY, \
      "only applications of this municipality") \
    X(COUNT, "count", OPTION_NUMBER, "N", "0", 0, INT32_MAX, FOR_TAIL | FOR_BENCH, \
      "stop after N; 0: do not") \
    X(NO_FOLLOW, "no-follow", OPTION_FLAG, "", "false", 0, 0, FOR_TAIL, \
      "stop at the end there is now") \
    X(PROOF, "proof", OPTION_FLAG, "", "false", 0, 0, FOR_EXPLAIN, \
      "its place in the ledger's chain too, checked; `audit prove` gives the proof itself") \
    X(LETTER, "letter", OPTION_TEXT, "citizen|company", NULL, 0, 0, FOR_EXPLAIN, \
      "the letter to send instead, in Danish") \
    X(HTML, "html", OPTION_FLAG, "", "false", 0, 0, FOR_EXPLAIN, \
      "the letter as an HTML file, to print") \
    X(HTML_FILE, "html", OPTION_TEXT, "FILE", NULL, 0, 0, FOR_REPLAY, \
      "whatif: a report with charts as one HTML file, in Danish, too") \
    X(LIST_FILE, "list", OPTION_TEXT, "FILE", NULL, 0, 0, FOR_REPLAY, \
      "whatif: each decision that changes, into FILE.csv or FILE.jsonl") \
    X(SAMPLE, "sample", OPTION_TEXT, "N%", "100%", 0, 0, FOR_REPLAY, \
      "whatif: of so many of the citizens, always the same ones, and an estimate for all") \
    X(FIRST_ORDER, "first-order", OPTION_FLAG, "", "false", 0, 0, FOR_REPLAY, \
      "whatif: a changed decision does not count as history for the citizen's later ones") \
    X(JSON, "json", OPTION_FLAG, "", "false", 0, 0, FOR_EXPLAIN | FOR_RULEBOOK | FOR_DB | FOR_DLQ | FOR_STATUS | FOR_BENCH | FOR_AUDIT | FOR_REPLAY, \
      "for machines") \
    X(WATCH, "watch", OPTION_FLAG, "", "false", 0, 0, FOR_STATUS, \
      "again each second, until Ctrl-C; with --json a line each") \
    X(DEMO, "demo", OPTION_FLAG, "", "false", 0, 0, FOR_DB, \
      "migrate: a database for demonstrations, where --at event is allowed") \
    X(ALL, "all", OPTION_FLAG, "", "false", 0, 0, FOR_DLQ | FOR_EXPLAIN, \
      "list: closed ones too; explain: the rules that found nothing too, with what they saw") \
    X(CITIZEN, "citizen", OPTION_TEXT, "REF", NULL, 0, 0, FOR_AUDIT, \
      "erase: whose, the citizen_ref of outcomes: 32 hex digits") \
    X(OLDER_THAN, "older-than", OPTION_TEXT, "AGE|DAY|RFC3339", NULL, 0, 0, FOR_AUDIT, \
      "retain: what was decided before; an age is 90d, 18m or 5y") \
    X(WHY, "why", OPTION_TEXT, "TEXT", NULL, 0, 0, FOR_DLQ | FOR_AUDIT, \
      "dismiss, erase, retain, rekey: the reason, kept with the record") \
    X(REASON, "reason", OPTION_TEXT, "ID", NULL, 0, 0, FOR_DLQ, \
      "list, redrive: only what was refused for this reason (mentord help reasons)") \
    X(APPLICATION, "application", OPTION_TEXT, "ID", NULL, 0, 0, FOR_DLQ | FOR_REPLAY, \
      "list, redrive, replay: only of this application, where its id can be read") \
    X(SINCE, "since", OPTION_TEXT, "RFC3339", NULL, 0, 0, FOR_DLQ, \
      "list, redrive: only what was refused then or later") \
    X(UNTIL, "until", OPTION_TEXT, "RFC3339", NULL, 0, 0, FOR_DLQ, \
      "list, redrive: only what was refused before") \
    X(MAX, "max", OPTION_NUMBER, "N", "0", 0, INT32_MAX, FOR_DLQ, \
      "redrive: at most N; 0: all") \
    X(MAX_REDRIVES, "max-redrives", OPTION_NUMBER, "N", "3", 0, 1000000, FOR_DLQ, \
      "redrive: a record that came back N times stays") \
    X(DRY_RUN, "dry-run", OPTION_FLAG, "", "false", 0, 0, FOR_DLQ | FOR_AUDIT, \
      "redrive, erase, retain, rekey: say what would be done, and change nothing") \
    X(LOG, "log", OPTION_TEXT, "logfmt|json", "logfmt", 0, 0, FOR_ALL, \
      "form of log lines on stderr") \
    X(LOG_LEVEL, "log-level", OPTION_TEXT, "LEVEL", "info", 0, 0, FOR_ALL, \
      "least that is logged: debug, info, warn, error") \
    X(CONFIG, "config", OPTION_TEXT, "FILE", NULL, 0, 0, FOR_ALL, \
      "settings, a line `name = value` each; # begins a comment")
/* clang-format on */

enum option_id {
#define X(id, name, kind, value, fallback, low, high, commands, help) OPTION_##id,
    OPTIONS(X)
#undef X
    OPTIONS_END
};

enum {
    OPTION_OPERANDS_MAX = 64,
    OPTION_LIST_MAX = 64,
};

/* Zeroed is empty; options_release() in the end. Texts are owned by it or borrowed from argv and
 * environment. */
struct options {
    const char *command; /* as given; NULL when none */
    uint32_t commands;   /* its bit */
    const char *values[OPTIONS_END];
    int64_t numbers[OPTIONS_END];
    bool given[OPTIONS_END];            /* not by default */
    const char *kafka[OPTION_LIST_MAX]; /* KEY=VALUE, from --kafka and --kafka-config */
    uint32_t kafka_count;
    const char *operands[OPTION_OPERANDS_MAX];
    uint32_t operand_count;
    bool help;
    char *files[2]; /* owned: what --config and --kafka-config held */
};

/* argv[1] is the command; `commands` its bit. ERR_FATAL says which setting, from where, and what it
 * takes. */
MUST_CHECK bool options_load(
    struct options *options, int argc, char *const *argv, uint32_t commands, struct err *err);
void options_release(struct options *options);

bool options_flag(const struct options *options, enum option_id option);

/* The options of some commands for --help, or as a Markdown table. */
void options_describe(FILE *out, uint32_t commands, bool markdown);

/* Reads a small file whole; *owned* by the caller: free(). NUL-terminated beyond *size. NULL with
 * *err. */
char *options_read_file(const char *path, size_t *size, struct err *err);

#endif /* MENTOR_APP_OPTIONS_H */
