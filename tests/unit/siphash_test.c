/* Goal: the hash is libcrypto's SipHash-2-4 of 128 bits, in whatever pieces, and keys differ. */

#include <openssl/core_names.h>
#include <openssl/evp.h>

#include "mentor/base/siphash.h"

#include "support/test.h"

static uint8_t data[200];
static const uint8_t secret[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
static const struct siphash_key key = {
    {UINT64_C(0x0706050403020100), UINT64_C(0x0f0e0d0c0b0a0908)}};

static void fill(void)
{
    for (size_t i = 0; i < sizeof(data); i++) {
        data[i] = (uint8_t)(i * 131 + i / 7);
    }
}

static void libcrypto(struct bytes of, uint64_t hash[2])
{
    size_t size = 16;
    uint8_t got[16];
    OSSL_PARAM params[] = {OSSL_PARAM_construct_size_t(OSSL_MAC_PARAM_SIZE, &size),
                           OSSL_PARAM_construct_end()};
    EVP_MAC *mac = EVP_MAC_fetch(NULL, "SIPHASH", NULL);
    EVP_MAC_CTX *context = EVP_MAC_CTX_new(mac);
    assert_int_equal(EVP_MAC_init(context, secret, sizeof(secret), params), 1);
    assert_int_equal(EVP_MAC_update(context, of.data, of.size), 1);
    assert_int_equal(EVP_MAC_final(context, got, &size, sizeof(got)), 1);
    assert_int_equal(size, sizeof(got));
    for (int i = 0; i < 16; i++) {
        hash[i / 8] = (hash[i / 8] & ~(UINT64_C(255) << 8 * (i % 8))) | (uint64_t)got[i]
                                                                            << 8 * (i % 8);
    }
    EVP_MAC_CTX_free(context);
    EVP_MAC_free(mac);
}

static void every_length_agrees_with_libcrypto(void **state)
{
    (void)state;
    fill();
    for (size_t size = 0; size <= sizeof(data); size++) {
        struct siphash sip;
        uint64_t got[2];
        uint64_t want[2] = {0};
        siphash_init(&sip, &key);
        siphash_add(&sip, bytes_of(data, size));
        siphash_finish(&sip, got);
        libcrypto(bytes_of(data, size), want);
        assert_memory_equal(got, want, sizeof(got));
    }
}

static void pieces_give_the_hash_of_the_whole(void **state)
{
    (void)state;
    uint64_t want[2] = {0};
    fill();
    libcrypto(bytes_of(data, sizeof(data)), want);
    for (size_t first = 0; first <= 20; first++) {
        for (size_t second = first; second <= 40; second++) {
            struct siphash sip;
            uint64_t got[2];
            siphash_init(&sip, &key);
            siphash_add(&sip, bytes_of(data, first));
            siphash_add(&sip, bytes_of(data + first, second - first));
            siphash_add(&sip, bytes_of(data + second, sizeof(data) - second));
            siphash_finish(&sip, got);
            assert_memory_equal(got, want, sizeof(got));
        }
    }
}

static void each_new_key_is_another(void **state)
{
    (void)state;
    struct siphash_key one = siphash_key_new();
    struct siphash_key other = siphash_key_new();
    assert_memory_not_equal(&one, &other, sizeof(one));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_length_agrees_with_libcrypto),
        cmocka_unit_test(pieces_give_the_hash_of_the_whole),
        cmocka_unit_test(each_new_key_is_another),
    };
    return cmocka_run_group_tests_name("base/siphash", tests, NULL, NULL);
}
