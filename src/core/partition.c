#include "mentor/core/partition.h"

/* org.apache.kafka.common.utils.Utils.murmur2: MurmurHash2 by Austin Appleby with seed 0x9747b28c.
 */
static uint32_t murmur2(struct bytes key)
{
    const uint32_t mix = 0x5bd1e995;
    uint32_t hash = 0x9747b28c ^ (uint32_t)key.size;
    size_t i = 0;
    for (; i + 4 <= key.size; i += 4) {
        uint32_t four = (uint32_t)key.data[i] | (uint32_t)key.data[i + 1] << 8 |
                        (uint32_t)key.data[i + 2] << 16 | (uint32_t)key.data[i + 3] << 24;
        four *= mix;
        four ^= four >> 24;
        four *= mix;
        hash *= mix;
        hash ^= four;
    }
    if (i < key.size) {
        for (size_t j = key.size; j > i; j--) {
            hash ^= (uint32_t)key.data[j - 1] << (8 * (j - 1 - i));
        }
        hash *= mix;
    }
    hash ^= hash >> 13;
    hash *= mix;
    return hash ^ hash >> 15;
}

int32_t partition_of_key(struct bytes key, int32_t count)
{
    CHECK(count > 0);
    return (int32_t)(murmur2(key) & 0x7fffffff) % count;
}
