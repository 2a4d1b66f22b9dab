#include "mentor/base/seal.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

enum {
    /* Asked for at once: a call of the generator costs as much as a short text. */
    NONCES = 256,
    KEYS = 64,
};

/* One direction's context, and the key that it has. */
struct direction {
    EVP_CIPHER_CTX *context;
    uint8_t key[SEAL_KEY_SIZE];
    bool keyed;
};

struct sealer {
    struct direction seal;
    struct direction unseal;
    uint8_t nonces[NONCES][SEAL_NONCE_SIZE];
    uint32_t nonces_left;
    uint8_t keys[KEYS][SEAL_KEY_SIZE];
    uint32_t keys_left;
};

struct sealer *sealer_open(void)
{
    struct sealer *sealer = calloc(1, sizeof(*sealer));
    if (sealer == NULL) {
        return NULL;
    }
    sealer->seal.context = EVP_CIPHER_CTX_new();
    sealer->unseal.context = EVP_CIPHER_CTX_new();
    if (sealer->seal.context == NULL || sealer->unseal.context == NULL ||
        EVP_EncryptInit_ex(sealer->seal.context, EVP_aes_256_gcm(), NULL, NULL, NULL) != 1 ||
        EVP_DecryptInit_ex(sealer->unseal.context, EVP_aes_256_gcm(), NULL, NULL, NULL) != 1) {
        sealer_close(&sealer);
    }
    return sealer;
}

void sealer_close(struct sealer **sealer)
{
    if (sealer == NULL || *sealer == NULL) {
        return;
    }
    EVP_CIPHER_CTX_free((*sealer)->seal.context);
    EVP_CIPHER_CTX_free((*sealer)->unseal.context);
    OPENSSL_cleanse(*sealer, sizeof(**sealer));
    free(*sealer);
    *sealer = NULL;
}

/* NULL when the context has it already: making a key ready costs more than a short text. Both keys
 * are our own, so how long a comparison takes tells nobody anything. */
static const uint8_t *key_for(struct direction *direction, const uint8_t key[SEAL_KEY_SIZE])
{
    if (direction->keyed && memcmp(direction->key, key, SEAL_KEY_SIZE) == 0) {
        return NULL;
    }
    memcpy(direction->key, key, SEAL_KEY_SIZE);
    direction->keyed = true;
    return direction->key;
}

static const uint8_t *next_nonce(struct sealer *sealer)
{
    if (sealer->nonces_left == 0) {
        CHECK(RAND_bytes(sealer->nonces[0], sizeof(sealer->nonces)) == 1);
        sealer->nonces_left = NONCES;
    }
    return sealer->nonces[--sealer->nonces_left];
}

void sealer_seal(struct sealer *sealer,
                 const uint8_t key[SEAL_KEY_SIZE],
                 struct bytes place,
                 const struct bytes *parts,
                 uint32_t count,
                 uint8_t *out)
{
    EVP_CIPHER_CTX *context = sealer->seal.context;
    int size = 0;
    memcpy(out, next_nonce(sealer), SEAL_NONCE_SIZE);
    CHECK(EVP_EncryptInit_ex(context, NULL, NULL, key_for(&sealer->seal, key), out) == 1);
    CHECK(EVP_EncryptUpdate(context, NULL, &size, place.data, (int)place.size) == 1);
    out += SEAL_NONCE_SIZE;
    /* In one piece: parts that end within a block of the cipher cost more than the copy. */
    size_t text = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (parts[i].size > 0) {
            memcpy(out + text, parts[i].data, parts[i].size);
            text += parts[i].size;
        }
    }
    CHECK(text <= INT32_MAX);
    CHECK(text == 0 || EVP_EncryptUpdate(context, out, &size, out, (int)text) == 1);
    CHECK(EVP_EncryptFinal_ex(context, out + text, &size) == 1);
    CHECK(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_GET_TAG, SEAL_TAG_SIZE, out + text) == 1);
}

bool sealer_unseal(struct sealer *sealer,
                   const uint8_t key[SEAL_KEY_SIZE],
                   struct bytes place,
                   struct bytes sealed,
                   uint8_t *out)
{
    EVP_CIPHER_CTX *context = sealer->unseal.context;
    uint8_t tag[SEAL_TAG_SIZE];
    int size = 0;
    if (sealed.size < SEAL_OVERHEAD || sealed.size > INT32_MAX) {
        return false;
    }
    size_t text = sealed.size - SEAL_OVERHEAD;
    const uint8_t *at = sealed.data + SEAL_NONCE_SIZE;
    memcpy(tag, at + text, SEAL_TAG_SIZE);
    CHECK(EVP_DecryptInit_ex(context, NULL, NULL, key_for(&sealer->unseal, key), sealed.data) == 1);
    CHECK(EVP_DecryptUpdate(context, NULL, &size, place.data, (int)place.size) == 1);
    CHECK(text == 0 || EVP_DecryptUpdate(context, out, &size, at, (int)text) == 1);
    CHECK(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_SET_TAG, SEAL_TAG_SIZE, tag) == 1);
    return EVP_DecryptFinal_ex(context, out + text, &size) == 1;
}

void sealer_random_key(struct sealer *sealer, uint8_t key[SEAL_KEY_SIZE])
{
    if (sealer->keys_left == 0) {
        CHECK(RAND_priv_bytes(sealer->keys[0], sizeof(sealer->keys)) == 1);
        sealer->keys_left = KEYS;
    }
    uint8_t *next = sealer->keys[--sealer->keys_left];
    memcpy(key, next, SEAL_KEY_SIZE);
    OPENSSL_cleanse(next, SEAL_KEY_SIZE);
}

void seal_wipe(void *memory, size_t size)
{
    OPENSSL_cleanse(memory, size);
}
