#ifndef MENTOR_BASE_ENDIAN_BE_H
#define MENTOR_BASE_ENDIAN_BE_H

/* Numbers in network order, as PostgreSQL's binary forms and the ledger have them. */

#include <stdint.h>

static inline void put_be32(uint8_t *at, uint32_t value)
{
    for (int i = 0; i < 4; i++) {
        at[i] = (uint8_t)(value >> (24 - 8 * i));
    }
}

static inline void put_be64(uint8_t *at, uint64_t value)
{
    for (int i = 0; i < 8; i++) {
        at[i] = (uint8_t)(value >> (56 - 8 * i));
    }
}

static inline uint32_t get_be32(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static inline uint64_t get_be64(const uint8_t *at)
{
    return (uint64_t)get_be32(at) << 32 | get_be32(at + 4);
}

#endif /* MENTOR_BASE_ENDIAN_BE_H */
