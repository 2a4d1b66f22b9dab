/* Goal: sealed bytes open with their key, at their place, unchanged, and not otherwise; no nonce
 * and no key comes twice. */

#include <stdlib.h>
#include <string.h>

#include "mentor/base/seal.h"

#include "support/test.h"

enum {
    TEXT_SIZE = 1000,
    SEALED_SIZE = TEXT_SIZE + SEAL_OVERHEAD,
    MANY = 2000, /* more than are drawn at once */
};

static struct sealer *sealer;
static uint8_t key[SEAL_KEY_SIZE];
static uint8_t text[TEXT_SIZE];
static uint8_t sealed[SEALED_SIZE];
static uint8_t opened[TEXT_SIZE];
static const struct bytes place = {(const uint8_t *)"here", 4};

static int begin(void **state)
{
    (void)state;
    sealer = sealer_open();
    assert_non_null(sealer);
    memset(text, 'x', sizeof(text));
    memset(opened, 0, sizeof(opened));
    memset(key, 7, sizeof(key));
    struct bytes part = bytes_of(text, sizeof(text));
    sealer_seal(sealer, key, place, &part, 1, sealed);
    return 0;
}

static int end(void **state)
{
    (void)state;
    sealer_close(&sealer);
    assert_null(sealer);
    sealer_close(&sealer);
    return 0;
}

static bool opens(void)
{
    return sealer_unseal(sealer, key, place, bytes_of(sealed, sizeof(sealed)), opened);
}

static void what_is_sealed_opens(void **state)
{
    (void)state;
    assert_true(opens());
    assert_memory_equal(opened, text, sizeof(text));
    for (size_t i = 8; i < sizeof(sealed); i++) {
        assert_int_not_equal(memcmp(sealed + i - 8, "xxxxxxxx", 8), 0);
    }
}

static void parts_are_one_text(void **state)
{
    (void)state;
    struct bytes parts[] = {bytes_text("a"), {0}, bytes_text("bc")};
    uint8_t out[3 + SEAL_OVERHEAD];
    sealer_seal(sealer, key, place, parts, 3, out);
    assert_true(sealer_unseal(sealer, key, place, bytes_of(out, sizeof(out)), opened));
    assert_memory_equal(opened, "abc", 3);
    sealer_seal(sealer, key, place, NULL, 0, out);
    assert_true(sealer_unseal(sealer, key, place, bytes_of(out, SEAL_OVERHEAD), opened));
    assert_false(sealer_unseal(sealer, key, place, bytes_of(out, SEAL_OVERHEAD - 1), opened));
}

static void every_byte_counts(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(sealed); i++) {
        sealed[i] ^= 1;
        assert_false(opens());
        sealed[i] ^= 1;
    }
    assert_false(sealer_unseal(sealer, key, place, bytes_of(sealed, sizeof(sealed) - 1), opened));
    assert_true(opens());
}

static void another_key_or_place_opens_nothing(void **state)
{
    (void)state;
    struct bytes there = bytes_text("there");
    assert_false(sealer_unseal(sealer, key, there, bytes_of(sealed, sizeof(sealed)), opened));
    assert_false(
        sealer_unseal(sealer, key, (struct bytes){0}, bytes_of(sealed, sizeof(sealed)), opened));
    key[31] ^= 1;
    assert_false(opens());
    key[31] ^= 1;
    assert_true(opens());
}

/* NIST's test case 14 of GCM with a 256-bit key, with our layout: so it is AES-256-GCM and nothing
 * else. */
static void it_is_what_the_standard_says(void **state)
{
    (void)state;
    static const char *const hex = "000000000000000000000000"
                                   "cea7403d4d606b6e074ec5d3baf39d18"
                                   "d0d1c8a799996bf0265b98b5d48ab919";
    uint8_t standard[12 + 16 + 16];
    uint8_t zeroes[SEAL_KEY_SIZE] = {0};
    assert_true(hex_decode(hex, sizeof(standard), standard));
    assert_true(sealer_unseal(
        sealer, zeroes, (struct bytes){0}, bytes_of(standard, sizeof(standard)), opened));
    assert_memory_equal(opened, zeroes, 16);
}

static int by_bytes(const void *a, const void *b)
{
    return memcmp(a, b, SEAL_NONCE_SIZE);
}

static void none_comes_twice(void **state)
{
    (void)state;
    static uint8_t nonces[MANY][SEAL_NONCE_SIZE];
    static uint8_t keys[MANY][SEAL_NONCE_SIZE]; /* of each its beginning */
    uint8_t out[SEAL_OVERHEAD];
    for (int i = 0; i < MANY; i++) {
        uint8_t fresh[SEAL_KEY_SIZE];
        sealer_seal(sealer, key, place, NULL, 0, out);
        memcpy(nonces[i], out, SEAL_NONCE_SIZE);
        sealer_random_key(sealer, fresh);
        memcpy(keys[i], fresh, SEAL_NONCE_SIZE);
    }
    qsort(nonces, MANY, sizeof(nonces[0]), by_bytes);
    qsort(keys, MANY, sizeof(keys[0]), by_bytes);
    for (int i = 1; i < MANY; i++) {
        assert_int_not_equal(by_bytes(nonces[i - 1], nonces[i]), 0);
        assert_int_not_equal(by_bytes(keys[i - 1], keys[i]), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_sealed_opens, begin, end),
        cmocka_unit_test_setup_teardown(parts_are_one_text, begin, end),
        cmocka_unit_test_setup_teardown(every_byte_counts, begin, end),
        cmocka_unit_test_setup_teardown(another_key_or_place_opens_nothing, begin, end),
        cmocka_unit_test_setup_teardown(it_is_what_the_standard_says, begin, end),
        cmocka_unit_test_setup_teardown(none_comes_twice, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
