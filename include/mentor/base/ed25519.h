#ifndef MENTOR_BASE_ED25519_H
#define MENTOR_BASE_ED25519_H

/* Ed25519 (RFC 8032) by libcrypto, with keys in PEM files: PKCS 8, SubjectPublicKeyInfo. */

#include <stdbool.h>
#include <stdint.h>

#include "mentor/base/bytes.h"

struct ed25519;
struct err;

enum {
    ED25519_SIGNATURE_SIZE = 64,
    ED25519_ID_SIZE = 8, /* the first bytes of the SHA-256 of the raw public key */
};

/* Makes a key: `path`, mode 0600, and `path`.pub. ERR_FATAL also when one of them is there. */
MUST_CHECK bool ed25519_make(const char *path, struct err *err);

/* A private or a public key's file; NULL with *err. Owned: ed25519_close(). */
struct ed25519 *ed25519_open(const char *path, bool is_public, struct err *err);
void ed25519_close(struct ed25519 **key);

void ed25519_id(const struct ed25519 *key, uint8_t id[ED25519_ID_SIZE]);
/* By a private key. */
MUST_CHECK bool ed25519_sign(const struct ed25519 *key,
                             struct bytes what,
                             uint8_t signature[ED25519_SIGNATURE_SIZE],
                             struct err *err);
bool ed25519_verify(const struct ed25519 *key,
                    struct bytes what,
                    const uint8_t signature[ED25519_SIGNATURE_SIZE]);

#endif /* MENTOR_BASE_ED25519_H */
