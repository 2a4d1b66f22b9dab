#ifndef TESTS_SIM_STATEMENTS_H
#define TESTS_SIM_STATEMENTS_H

/*
 * What src/pg would send for a batch: the files that choose the rows' statements and the data keys
 * (store_rows.c, store_seal.c, vault.c) are the program's own. Here is what they are given of a
 * read, and what the server makes of their binary parameters.
 */

#include "mentor/port/batch.h"

#include "../../src/pg/vault.h"

struct actor;
struct err;
struct pg_store;
struct transaction;

enum {
    DB_APPLICATIONS = 24,
    DB_CITIZENS = 12,
    DB_KEYS = 96,
};

/* INSERT, UPDATE or DELETE of a row, with what it is compared to. */
struct application_write {
    bool fresh;
    struct application_row row;
};

struct citizen_write {
    bool fresh;
    bool gone;
    struct citizen_row row;
    int64_t key_read; /* 0: null */
    int64_t key;
};

/* A row of mentord.citizen_key. */
struct db_key {
    int64_t id;
    bool has_citizen;
    bool destroyed;
    uint8_t citizen_ref[CITIZEN_REF_SIZE];
    uint8_t wrapped[VAULT_WRAPPED_SIZE];
};

/* Two columns of a decision or a refused record, and the key that sealed them. */
struct db_payload {
    int64_t key; /* 0: in clear */
    struct bytes headers;
    struct bytes value; /* in a decision: input */
};

/* What a batch's transaction writes beside its records. */
struct statements {
    struct db_key keys[DB_CITIZENS + 1];
    uint32_t key_count;
    struct application_write applications[DB_APPLICATIONS];
    uint32_t application_count;
    struct citizen_write citizens[DB_CITIZENS];
    uint32_t citizen_count;
    struct db_payload *payloads; /* of entries; zeroed where there is none */
};

/* A new process, or a world in which nothing is sealed. */
void statements_begin(struct actor *actor);
/* As fill_data_keys() of src/pg/store_read.c. */
void statements_read(struct actor *actor, const struct batch_read *read);
/* false: the program says no, and why. */
bool statements_write(struct actor *actor,
                      const struct batch *batch,
                      const struct position *positions,
                      struct statements *statements,
                      struct err *err);

#endif /* TESTS_SIM_STATEMENTS_H */
