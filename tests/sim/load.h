#ifndef TESTS_SIM_LOAD_H
#define TESTS_SIM_LOAD_H

/* What is published in a world: applications of a few citizens, duplicates, conflicts, what cannot
 * be read, what the database refuses. */

#include "mentor/base/sha256.h"

#define LOAD_TOPIC "mentor.applications.v1"

struct rulebook;

/* Plans all records; some are there at once, the others come by themselves until `until_us`. */
void load_begin(int64_t until_us);
/* Whether producers place by key, so that a citizen's records have an order. */
bool load_ordered(void);
const struct hmac_key *load_citizen_key(void);
const struct rulebook *load_rulebook(void);

#endif /* TESTS_SIM_LOAD_H */
