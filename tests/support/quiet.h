#ifndef TESTS_SUPPORT_QUIET_H
#define TESTS_SUPPORT_QUIET_H

/* Functions of the worker's ports that say yes and do nothing, for tests that are of something
 * else. */

#include "mentor/port/sink.h"
#include "mentor/port/source.h"

bool quiet_commit(void *self, const struct position *position, uint32_t count, struct err *err);
bool quiet_flush(void *self, uint32_t wait_ms, struct err *err);
bool quiet_settled(void *self, int32_t partition, int64_t *emitted_offset, struct err *err);

#endif /* TESTS_SUPPORT_QUIET_H */
