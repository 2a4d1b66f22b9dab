#ifndef MENTOR_BASE_SIPHASH_H
#define MENTOR_BASE_SIPHASH_H

/*
 * SipHash-2-4 with 128 bits, Aumasson and Bernstein: a keyed hash, for short things that are
 * compared within one run. Who does not know the key can neither find two things of one hash nor
 * things whose hashes add up alike.
 */

#include <stdint.h>

#include "mentor/base/bytes.h"

struct siphash_key {
    uint64_t words[2];
};

/* Drawn from libcrypto's generator. */
struct siphash_key siphash_key_new(void);

struct siphash {
    uint64_t v[4];
    uint64_t tail; /* bytes that do not fill a word yet, the low ones first */
    uint64_t size;
};

void siphash_init(struct siphash *sip, const struct siphash_key *key);
void siphash_add(struct siphash *sip, struct bytes data);
void siphash_finish(struct siphash *sip, uint64_t hash[2]);

#endif /* MENTOR_BASE_SIPHASH_H */
