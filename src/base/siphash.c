#include "mentor/base/siphash.h"

#include <openssl/rand.h>

#include "mentor/base/check.h"

static inline uint64_t rotated(uint64_t word, int by)
{
    return word << by | word >> (64 - by);
}

static inline void mix(uint64_t v[4], int rounds)
{
    for (int i = 0; i < rounds; i++) {
        v[0] += v[1];
        v[2] += v[3];
        v[1] = rotated(v[1], 13) ^ v[0];
        v[3] = rotated(v[3], 16) ^ v[2];
        v[0] = rotated(v[0], 32);
        v[2] += v[1];
        v[0] += v[3];
        v[1] = rotated(v[1], 17) ^ v[2];
        v[3] = rotated(v[3], 21) ^ v[0];
        v[2] = rotated(v[2], 32);
    }
}

static inline uint64_t little_endian(const uint8_t *at)
{
    uint64_t word = 0;
    for (int i = 0; i < 8; i++) {
        word |= (uint64_t)at[i] << 8 * i;
    }
    return word;
}

static inline void add_word(struct siphash *sip, uint64_t word)
{
    sip->v[3] ^= word;
    mix(sip->v, 2);
    sip->v[0] ^= word;
}

struct siphash_key siphash_key_new(void)
{
    struct siphash_key key;
    CHECK(RAND_bytes((unsigned char *)key.words, sizeof(key.words)) == 1);
    return key;
}

void siphash_init(struct siphash *sip, const struct siphash_key *key)
{
    *sip = (struct siphash){.v = {key->words[0] ^ UINT64_C(0x736f6d6570736575),
                                  key->words[1] ^ UINT64_C(0x646f72616e646f6d) ^ 0xee,
                                  key->words[0] ^ UINT64_C(0x6c7967656e657261),
                                  key->words[1] ^ UINT64_C(0x7465646279746573)}};
}

void siphash_add(struct siphash *sip, struct bytes data)
{
    const uint8_t *at = data.data;
    size_t left = data.size;
    for (; left > 0 && sip->size % 8 != 0; left--, sip->size++) {
        sip->tail |= (uint64_t)*at++ << 8 * (sip->size % 8);
        if (sip->size % 8 == 7) {
            add_word(sip, sip->tail);
            sip->tail = 0;
        }
    }
    for (; left >= 8; left -= 8, sip->size += 8, at += 8) {
        add_word(sip, little_endian(at));
    }
    for (; left > 0; left--, sip->size++) {
        sip->tail |= (uint64_t)*at++ << 8 * (sip->size % 8);
    }
}

void siphash_finish(struct siphash *sip, uint64_t hash[2])
{
    add_word(sip, sip->tail | sip->size << 56);
    sip->v[2] ^= 0xee;
    mix(sip->v, 4);
    hash[0] = sip->v[0] ^ sip->v[1] ^ sip->v[2] ^ sip->v[3];
    sip->v[1] ^= 0xdd;
    mix(sip->v, 4);
    hash[1] = sip->v[0] ^ sip->v[1] ^ sip->v[2] ^ sip->v[3];
}
