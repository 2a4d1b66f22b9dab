#ifndef KAFKA_STUB_H
#define KAFKA_STUB_H

/* What goes to the DLQ for a record that is too large for it: key and headers, no value, and the
 * value's digest. */

#include <stdint.h>

#include "mentor/base/sha256.h"
#include "mentor/port/record.h"

struct stub {
    struct record record;         /* borrows from the original and from here */
    char digest[2 * SHA256_SIZE]; /* header mentor-stub: the value's SHA-256 in hex */
};

/*
 * The stub must not move. When the headers that came would make it `limit` bytes large too, only
 * those that say why stay (mentor-…, grpc-…).
 */
void stub_init(struct stub *stub, const struct record *record, uint32_t limit);
void stub_release(struct stub *stub);

#endif /* KAFKA_STUB_H */
