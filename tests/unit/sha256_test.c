/* Goal: digests and MACs are libcrypto's own one-shot ones, the vectors of FIPS 180 and RFC 4231,
 * in whatever pieces. */

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "mentor/base/sha256.h"

#include "support/test.h"

static void fill(uint8_t *data, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        data[i] = (uint8_t)(i * 131 + i / 7);
    }
}

static void every_length_agrees_with_libcrypto(void **state)
{
    (void)state;
    static uint8_t data[300];
    fill(data, sizeof(data));
    for (size_t size = 0; size <= sizeof(data); size++) {
        uint8_t got[SHA256_SIZE];
        uint8_t want[SHA256_SIZE];
        unsigned length = 0;
        sha256_of(bytes_of(data, size), got);
        assert_int_equal(EVP_Digest(data, size, want, &length, EVP_sha256(), NULL), 1);
        assert_int_equal(length, SHA256_SIZE);
        assert_memory_equal(got, want, SHA256_SIZE);
    }
}

static void pieces_give_the_digest_of_the_whole(void **state)
{
    (void)state;
    static uint8_t data[200];
    uint8_t want[SHA256_SIZE];
    fill(data, sizeof(data));
    sha256_of(bytes_of(data, sizeof(data)), want);
    for (size_t cut = 0; cut <= sizeof(data); cut++) {
        struct sha256 sha;
        uint8_t got[SHA256_SIZE];
        sha256_init(&sha);
        sha256_add(&sha, bytes_of(data, cut));
        sha256_add(&sha, (struct bytes){0});
        sha256_add(&sha, bytes_of(data + cut, sizeof(data) - cut));
        sha256_finish(&sha, got);
        assert_memory_equal(got, want, SHA256_SIZE);
    }
}

static void assert_hex(const uint8_t digest[SHA256_SIZE], const char *want)
{
    char text[2 * SHA256_SIZE];
    hex_encode(digest, SHA256_SIZE, text);
    assert_memory_equal(text, want, sizeof(text));
}

static void the_published_digests_hold(void **state)
{
    (void)state;
    uint8_t digest[SHA256_SIZE];
    sha256_of((struct bytes){0}, digest);
    assert_hex(digest, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    sha256_of(bytes_text("abc"), digest);
    assert_hex(digest, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

/* RFC 4231 § 4.2 to 4.4, 4.7 and 4.8: key and data as a byte repeated, or as a text. */
static const struct {
    const char *key_text;
    int key_byte;
    size_t key_size;
    const char *data_text;
    int data_byte;
    size_t data_size;
    const char *mac;
} vectors[] = {
    {NULL,
     0x0b,
     20,
     "Hi There",
     0,
     8,
     "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
    {"Jefe",
     0,
     4,
     "what do ya want for nothing?",
     0,
     28,
     "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
    {NULL,
     0xaa,
     20,
     NULL,
     0xdd,
     50,
     "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
    {NULL,
     0xaa,
     131,
     "Test Using Larger Than Block-Size Key - Hash Key First",
     0,
     54,
     "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
};

static void the_published_macs_hold(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
        uint8_t key_bytes[131];
        uint8_t data[64];
        memset(key_bytes, vectors[i].key_byte, sizeof(key_bytes));
        memset(data, vectors[i].data_byte, sizeof(data));
        if (vectors[i].key_text != NULL) {
            memcpy(key_bytes, vectors[i].key_text, vectors[i].key_size);
        }
        if (vectors[i].data_text != NULL) {
            memcpy(data, vectors[i].data_text, vectors[i].data_size);
        }
        struct hmac_key key;
        uint8_t mac[SHA256_SIZE];
        hmac_key_init(&key, bytes_of(key_bytes, vectors[i].key_size));
        hmac_of(&key, bytes_of(data, vectors[i].data_size), mac);
        assert_hex(mac, vectors[i].mac);
    }
}

/* Keys up to, at and past the block, also none; and the key may be used again. */
static void every_key_length_agrees_with_libcrypto(void **state)
{
    (void)state;
    static uint8_t secret[200];
    fill(secret, sizeof(secret));
    for (size_t size = 0; size <= sizeof(secret); size++) {
        struct hmac_key key;
        hmac_key_init(&key, bytes_of(size == 0 ? NULL : secret, size));
        for (int round = 0; round < 2; round++) {
            uint8_t got[SHA256_SIZE];
            uint8_t want[SHA256_SIZE];
            unsigned length = 0;
            hmac_of(&key, bytes_text("1403760101"), got);
            assert_non_null(HMAC(EVP_sha256(),
                                 secret,
                                 (int)size,
                                 (const unsigned char *)"1403760101",
                                 10,
                                 want,
                                 &length));
            assert_memory_equal(got, want, SHA256_SIZE);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_length_agrees_with_libcrypto),
        cmocka_unit_test(pieces_give_the_digest_of_the_whole),
        cmocka_unit_test(the_published_digests_hold),
        cmocka_unit_test(the_published_macs_hold),
        cmocka_unit_test(every_key_length_agrees_with_libcrypto),
    };
    return cmocka_run_group_tests_name("base/sha256", tests, NULL, NULL);
}
