#ifndef TESTS_SIM_SEALING_H
#define TESTS_SIM_SEALING_H

/*
 * Data keys and what they seal, as the database has them; what an administrator does while workers
 * run: erases a citizen (`mentord audit erase`), dismisses a refused record (`mentord dlq
 * dismiss`); and whether all that is stored can be read, and nothing that was erased.
 */

#include "database.h"

/* 32 bytes, of this world. */
const uint8_t *sealing_master(void);
/* NULL: there is none. */
const struct db_key *sealing_key(int64_t id);
/* Erasures and dismissals of this world, until then. */
void sealing_begin(int64_t until_us);

/* deploy/migrations/0005_erasure.sql, erase_citizen(), and src/pg/sql/archive_d*.sql; all locks are
 * held. false: not yet, since a refused record is on its way to the DLQ. */
bool sealing_may_erase(uint32_t citizen);
void sealing_erase(uint32_t citizen);
void sealing_dismiss(struct db_fate *fate);

/* What can be read of a payload; PAYLOAD_BROKEN is a breach unless it is expected. Lives until the
 * next call. */
enum payload_state
sealing_open(const struct db_fate *fate, struct bytes *headers, struct bytes *value);
/* Every payload opens, and is what came; but no erased one does, by any key that is left. */
void sealing_check(int32_t partition, int64_t offset);

#endif /* TESTS_SIM_SEALING_H */
