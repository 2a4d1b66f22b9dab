#ifndef MENTOR_BASE_SEAL_H
#define MENTOR_BASE_SEAL_H

/*
 * AES-256-GCM by libcrypto. Sealed bytes are nonce, ciphertext, tag; `place` is authenticated and
 * not stored, so that they open where they were sealed for and nowhere else.
 *
 * A nonce is 96 random bits. Twice under one key would lay both texts open: with 2^32 messages
 * under a key the chance is 2^-33 (NIST SP 800-38D allows so many), and ours see a citizen's few
 * records.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mentor/base/bytes.h"
#include "mentor/base/check.h"

enum {
    SEAL_KEY_SIZE = 32,
    SEAL_NONCE_SIZE = 12,
    SEAL_TAG_SIZE = 16,
    SEAL_OVERHEAD = SEAL_NONCE_SIZE + SEAL_TAG_SIZE, /* sealed bytes are so much longer */
};

/* libcrypto's contexts, used again for every text; of one thread. The key that was used last is
 * kept made ready. */
struct sealer;

/* NULL: no memory, or a libcrypto without AES-256-GCM. */
MUST_CHECK struct sealer *sealer_open(void);
void sealer_close(struct sealer **sealer);

/* Seals the parts, one behind the other, into `out`: their sizes and SEAL_OVERHEAD. Never fails. */
void sealer_seal(struct sealer *sealer,
                 const uint8_t key[SEAL_KEY_SIZE],
                 struct bytes place,
                 const struct bytes *parts,
                 uint32_t count,
                 uint8_t *out);
/* sealed.size - SEAL_OVERHEAD bytes into `out`. False: another key, another place or changed bytes;
 * then `out` holds nothing to be used. */
MUST_CHECK bool sealer_unseal(struct sealer *sealer,
                              const uint8_t key[SEAL_KEY_SIZE],
                              struct bytes place,
                              struct bytes sealed,
                              uint8_t *out);

/* A new key, from the operating system's randomness by way of libcrypto's generator. */
void sealer_random_key(struct sealer *sealer, uint8_t key[SEAL_KEY_SIZE]);
/* Overwrites what the compiler would otherwise leave. */
void seal_wipe(void *memory, size_t size);

#endif /* MENTOR_BASE_SEAL_H */
