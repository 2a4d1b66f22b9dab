#ifndef MENTOR_BASE_SHA256_H
#define MENTOR_BASE_SHA256_H

/*
 * SHA-256 and HMAC-SHA-256 over libcrypto's block function. libcrypto's EVP allocates once a
 * digest, and a record takes five; this one lives on the caller's stack.
 */

#include <stdint.h>

#include <openssl/sha.h>

#include "mentor/base/bytes.h"

enum {
    SHA256_SIZE = 32,
};

struct sha256 {
    SHA256_CTX context;
};

void sha256_init(struct sha256 *sha);
void sha256_add(struct sha256 *sha, struct bytes data);
void sha256_finish(struct sha256 *sha, uint8_t digest[SHA256_SIZE]);

/* All at once. */
void sha256_of(struct bytes data, uint8_t digest[SHA256_SIZE]);

/* A key made ready: what RFC 2104 does with it once, done once. */
struct hmac_key {
    struct sha256 inner;
    struct sha256 outer;
};

/* The secret may go once this returns. Any length, also 0. */
void hmac_key_init(struct hmac_key *key, struct bytes secret);
void hmac_of(const struct hmac_key *key, struct bytes data, uint8_t digest[SHA256_SIZE]);

#endif /* MENTOR_BASE_SHA256_H */
