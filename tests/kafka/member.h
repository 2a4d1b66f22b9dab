#ifndef TESTS_KAFKA_MEMBER_H
#define TESTS_KAFKA_MEMBER_H

/* Transactional workers' ports on a real broker, on topics of one partition of their own. What goes
 * wrong fails the test. */

#include "fixture.h"
#include "support/test.h"

enum {
    FLUSH_MS = 20000,
};

/* One worker's ports. */
struct member {
    struct consumer *consumer;
    struct source source;
    struct transactor *transactor;
    struct sink sink;
    struct position positions[PARTITIONS_MAX];
    uint32_t count;
};

struct world {
    struct fixture fixture;
    struct member one;
    struct member other;
    struct record record;
    struct err err;
};

/* Whether MENTORD_TEST_KAFKA names one; says so when it does not. */
bool world_has_broker(void);
int world_up(void **state);
int world_down(void **state);

void member_open(struct world *world, struct member *member, const char *id);
void member_close(struct member *member);
/* As TAKE and RESEND do: partition 0 from `emitted` on, what is below `next` stored. */
void take(struct world *world, struct member *member, int64_t emitted, int64_t next);
/* Opened, in the group, and taken. */
void join(struct world *world, struct member *member, int64_t emitted, int64_t next);
/* An output of the record at `offset`; false: world->err. */
bool output_send(
    struct world *world, struct member *member, const char *key, int64_t offset, bool dlq);
void output_flush(struct world *world, struct member *member);

void assert_emitted(struct world *world, struct member *member, int64_t expected);
void assert_group_has(struct world *world, int64_t expected, const char *metadata);
/* As a reader of committed records sees them. */
void assert_decisions(struct world *world, const char *keys);

#endif /* TESTS_KAFKA_MEMBER_H */
