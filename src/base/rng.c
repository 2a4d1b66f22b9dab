#include "mentor/base/rng.h"

void rng_init(struct rng *rng, uint64_t seed)
{
    rng->state = seed;
}

/* SplitMix64: https://prng.di.unimi.it/splitmix64.c */
uint64_t rng_next(struct rng *rng)
{
    uint64_t z = (rng->state += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}
