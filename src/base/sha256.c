/* The block functions are called deprecated in favour of EVP, which allocates; they are kept and
 * fast. */
#define OPENSSL_SUPPRESS_DEPRECATED

#include "mentor/base/sha256.h"

_Static_assert(SHA256_SIZE == SHA256_DIGEST_LENGTH, "libcrypto's digest");

void sha256_init(struct sha256 *sha)
{
    CHECK(SHA256_Init(&sha->context) == 1);
}

void sha256_add(struct sha256 *sha, struct bytes data)
{
    CHECK(SHA256_Update(&sha->context, data.data, data.size) == 1);
}

void sha256_finish(struct sha256 *sha, uint8_t digest[SHA256_SIZE])
{
    CHECK(SHA256_Final(digest, &sha->context) == 1);
}

void sha256_of(struct bytes data, uint8_t digest[SHA256_SIZE])
{
    struct sha256 sha;
    sha256_init(&sha);
    sha256_add(&sha, data);
    sha256_finish(&sha, digest);
}

void hmac_key_init(struct hmac_key *key, struct bytes secret)
{
    uint8_t block[SHA256_CBLOCK] = {0};
    if (secret.size > sizeof(block)) {
        sha256_of(secret, block);
    } else if (secret.size > 0) {
        memcpy(block, secret.data, secret.size);
    }
    uint8_t pad[SHA256_CBLOCK];
    for (size_t i = 0; i < sizeof(block); i++) {
        pad[i] = block[i] ^ 0x36;
    }
    sha256_init(&key->inner);
    sha256_add(&key->inner, bytes_of(pad, sizeof(pad)));
    for (size_t i = 0; i < sizeof(block); i++) {
        pad[i] = block[i] ^ 0x5c;
    }
    sha256_init(&key->outer);
    sha256_add(&key->outer, bytes_of(pad, sizeof(pad)));
}

void hmac_of(const struct hmac_key *key, struct bytes data, uint8_t digest[SHA256_SIZE])
{
    struct sha256 sha = key->inner;
    sha256_add(&sha, data);
    sha256_finish(&sha, digest);
    sha = key->outer;
    sha256_add(&sha, bytes_of(digest, SHA256_SIZE));
    sha256_finish(&sha, digest);
}
