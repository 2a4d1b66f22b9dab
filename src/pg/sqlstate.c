#include "sqlstate.h"

#include <stddef.h>
#include <string.h>

#define RUN_MIGRATE "run `mentord db migrate` with this version"
#define GRANTS      "grant the role what deploy/migrations grants mentord_worker, or log in as it"
#define NO_POOLER   "connect to PostgreSQL itself or through a session-pooling proxy"

static const struct sqlstate_rule rules[] = {
    {"MD001", NULL, ERR_FENCED, ""},
    {"MD002", NULL, ERR_STALE, ""},
    {"MD003", NULL, ERR_FATAL, "report this: mentord tried to change what it must not"},
    {"MD004", NULL, ERR_RETRY, "run it again when the workers have sent it"},
    {"MD005", NULL, ERR_RETRY, ""},
    {"40001", NULL, ERR_STALE, ""},
    {"40P01", NULL, ERR_STALE, ""},
    {"40", NULL, ERR_RETRY, ""}, /* 40003: completion unknown */
    /* Rows that were absent when read. */
    {"23505", "application_pkey", ERR_STALE, ""},
    {"23505", "citizen_pkey", ERR_STALE, ""},
    /* Ours, not the record's: no halving finds a culprit. */
    {"23514",
     "progress_order",
     ERR_HALT,
     "positions would run backwards: keep the database and ask for help"},
    {"23514",
     "batch_range",
     ERR_HALT,
     "a range would be empty: keep the database and ask for help"},
    {"23505",
     "batch_pkey",
     ERR_HALT,
     "a batch number came twice: was the database restored? keep it and ask for help"},
    {"23505",
     "decision_pkey",
     ERR_HALT,
     "a batch number came twice: was the database restored? keep it and ask for help"},
    {"23505",
     "quarantine_pkey",
     ERR_HALT,
     "an offset came twice: was the database restored? keep it and ask for help"},
    {"22", NULL, ERR_POISON, ""},
    {"23", NULL, ERR_POISON, ""},
    {"54", NULL, ERR_POISON, ""},
    {"08", NULL, ERR_RETRY, ""},
    {"53", NULL, ERR_RETRY, "give the server room (disk, memory, connections)"},
    {"55P03", NULL, ERR_RETRY, ""},
    {"57", NULL, ERR_RETRY, ""}, /* cancelled, shut down, crashed, starting up */
    {"58", NULL, ERR_RETRY, "look at the server's disks"},
    {"25006", NULL, ERR_RETRY, "the server is a standby now"},
    {"25P03", NULL, ERR_RETRY, ""},
    {"25P04", NULL, ERR_RETRY, ""},
    {"XX001", NULL, ERR_HALT, "the server reports damaged data: restore it"},
    {"XX002", NULL, ERR_HALT, "the server reports a damaged index: reindex it"},
    {"XX", NULL, ERR_RETRY, "look at the server's log"},
    {"26000", NULL, ERR_FATAL, NO_POOLER},
    {"42501", NULL, ERR_FATAL, GRANTS},
    {"42", NULL, ERR_FATAL, RUN_MIGRATE},
    {"3F", NULL, ERR_FATAL, RUN_MIGRATE},
    {"", NULL, ERR_FATAL, "look the SQLSTATE up and at the server's log"},
};

static const struct sqlstate_rule lost = {"", NULL, ERR_RETRY, ""};

const struct sqlstate_rule *sqlstate_rules(uint32_t *count)
{
    *count = sizeof(rules) / sizeof(rules[0]);
    return rules;
}

const struct sqlstate_rule *sqlstate_rule(const char *sqlstate, const char *constraint)
{
    if (sqlstate == NULL || sqlstate[0] == '\0') {
        return &lost;
    }
    const struct sqlstate_rule *rule = rules;
    while (strncmp(sqlstate, rule->prefix, strlen(rule->prefix)) != 0 ||
           (rule->constraint != NULL &&
            (constraint == NULL || strcmp(constraint, rule->constraint) != 0))) {
        rule++; /* the last one fits all */
    }
    return rule;
}

bool sqlstate_unreplicated(const char *severity, const char *sqlstate, const char *function)
{
    /* 01000 is any warning without a code of its own, as pg_terminate_backend's; SyncRepWaitForLSN
     * warns with it when cancelled, and with 57P01 when its backend is ended. */
    bool code =
        sqlstate != NULL && (strcmp(sqlstate, "01000") == 0 || strcmp(sqlstate, "57P01") == 0);
    return severity != NULL && strcmp(severity, "WARNING") == 0 && code &&
           (function == NULL || strcmp(function, "SyncRepWaitForLSN") == 0);
}
