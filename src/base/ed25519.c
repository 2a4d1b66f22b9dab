#include "mentor/base/ed25519.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/pem.h>

#include "mentor/base/err.h"
#include "mentor/base/sha256.h"

enum {
    RAW_SIZE = 32,
    PATH_SIZE = 4096,
};

struct ed25519 {
    EVP_PKEY *pkey;
};

static bool
write_key(const char *path, bool is_public, EVP_PKEY *pkey, mode_t mode, struct err *err)
{
    int descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    FILE *file = descriptor < 0 ? NULL : fdopen(descriptor, "w");
    if (file == NULL) {
        if (descriptor >= 0) {
            (void)close(descriptor);
        }
        return err_set(err, ERR_FATAL, "%s: cannot be made: %s", path, strerror(errno));
    }
    bool done = is_public ? PEM_write_PUBKEY(file, pkey) == 1
                          : PEM_write_PrivateKey(file, pkey, NULL, NULL, 0, NULL, NULL) == 1;
    done = fflush(file) == 0 && fsync(descriptor) == 0 && done;
    done = fclose(file) == 0 && done;
    return done || err_set(err, ERR_FATAL, "%s: cannot be written", path);
}

bool ed25519_make(const char *path, struct err *err)
{
    char public[PATH_SIZE];
    int size = snprintf(public, sizeof(public), "%s.pub", path);
    if (size < 0 || size >= (int)sizeof(public)) {
        return err_set(err, ERR_FATAL, "%.100s…: too long a path", path);
    }
    if (access(public, F_OK) == 0) { /* or its private key would be left alone */
        return err_set(err, ERR_FATAL, "%s: it is there already", public);
    }
    EVP_PKEY *pkey = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    if (pkey == NULL) {
        return err_set(err, ERR_FATAL, "libcrypto makes no Ed25519 key");
    }
    bool done = write_key(path, false, pkey, S_IRUSR | S_IWUSR, err) &&
                write_key(public, true, pkey, S_IRUSR | S_IWUSR | S_IRGRP | S_IROTH, err);
    EVP_PKEY_free(pkey);
    return done;
}

struct ed25519 *ed25519_open(const char *path, bool is_public, struct err *err)
{
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        (void)err_set(err, ERR_FATAL, "%s: cannot be read: %s", path, strerror(errno));
        return NULL;
    }
    EVP_PKEY *pkey = is_public ? PEM_read_PUBKEY(file, NULL, NULL, NULL)
                               : PEM_read_PrivateKey(file, NULL, NULL, NULL);
    (void)fclose(file);
    struct ed25519 *key = malloc(sizeof(*key));
    if (pkey == NULL || key == NULL || EVP_PKEY_get_base_id(pkey) != EVP_PKEY_ED25519) {
        (void)err_set(err,
                      ERR_FATAL,
                      "%s: no %s Ed25519 key in PEM; mentord audit keygen makes one",
                      path,
                      is_public ? "public" : "private");
        EVP_PKEY_free(pkey);
        free(key);
        return NULL;
    }
    key->pkey = pkey;
    return key;
}

void ed25519_close(struct ed25519 **key)
{
    if (*key != NULL) {
        EVP_PKEY_free((*key)->pkey);
        free(*key);
        *key = NULL;
    }
}

void ed25519_id(const struct ed25519 *key, uint8_t id[ED25519_ID_SIZE])
{
    uint8_t raw[RAW_SIZE];
    uint8_t digest[SHA256_SIZE];
    size_t size = sizeof(raw);
    CHECK(EVP_PKEY_get_raw_public_key(key->pkey, raw, &size) == 1);
    sha256_of(bytes_of(raw, size), digest);
    memcpy(id, digest, ED25519_ID_SIZE);
}

bool ed25519_sign(const struct ed25519 *key,
                  struct bytes what,
                  uint8_t signature[ED25519_SIGNATURE_SIZE],
                  struct err *err)
{
    size_t size = ED25519_SIGNATURE_SIZE;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool done = context != NULL && EVP_DigestSignInit(context, NULL, NULL, NULL, key->pkey) == 1 &&
                EVP_DigestSign(context, signature, &size, what.data, what.size) == 1;
    EVP_MD_CTX_free(context);
    return done || err_set(err, ERR_FATAL, "libcrypto does not sign with this key");
}

bool ed25519_verify(const struct ed25519 *key,
                    struct bytes what,
                    const uint8_t signature[ED25519_SIGNATURE_SIZE])
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool holds =
        context != NULL && EVP_DigestVerifyInit(context, NULL, NULL, NULL, key->pkey) == 1 &&
        EVP_DigestVerify(context, signature, ED25519_SIGNATURE_SIZE, what.data, what.size) == 1;
    EVP_MD_CTX_free(context);
    return holds;
}
