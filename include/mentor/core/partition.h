#ifndef MENTOR_CORE_PARTITION_H
#define MENTOR_CORE_PARTITION_H

#include <stdint.h>

#include "mentor/base/bytes.h"

/* Where Java's producers put a key (Kafka's murmur2 with its seed, made positive, modulo `count` >
 * 0). */
int32_t partition_of_key(struct bytes key, int32_t count);

#endif /* MENTOR_CORE_PARTITION_H */
