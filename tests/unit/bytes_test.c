/* Goal: UTF-8 as RFC 3629 has it at any place in a text, hex, and equality of slices. */

#include "mentor/base/arena.h"
#include "mentor/base/bytes.h"

#include "support/test.h"

struct sequence {
    const char *name;
    const char *text;
    bool valid;
};

/* clang-format off */
static struct sequence sequences[] = {
    {"nothing", "", true},
    {"the last of one byte", "\x7f", true},
    {"U+0080", "\xc2\x80", true},
    {"U+07FF", "\xdf\xbf", true},
    {"U+0800", "\xe0\xa0\x80", true},
    {"U+D7FF, before the surrogates", "\xed\x9f\xbf", true},
    {"U+E000, after the surrogates", "\xee\x80\x80", true},
    {"U+FFFF", "\xef\xbf\xbf", true},
    {"U+10000", "\xf0\x90\x80\x80", true},
    {"U+10FFFF", "\xf4\x8f\xbf\xbf", true},
    {"Danish letters", "æøå ÆØÅ", true},
    {"U+D800, the first surrogate", "\xed\xa0\x80", false},
    {"U+DFFF, the last surrogate", "\xed\xbf\xbf", false},
    {"U+110000", "\xf4\x90\x80\x80", false},
    {"a lead of F5", "\xf5\x80\x80\x80", false},
    {"a lead of FF", "\xff", false},
    {"an overlong NUL", "\xc0\x80", false},
    {"an overlong slash", "\xc1\xaf", false},
    {"an overlong of three", "\xe0\x9f\xbf", false},
    {"an overlong of four", "\xf0\x8f\xbf\xbf", false},
    {"a continuation alone", "\x80", false},
    {"the last continuation alone", "\xbf", false},
    {"two cut short", "\xc3", false},
    {"three cut short", "\xe2\x82", false},
    {"four cut short", "\xf0\x9f\x98", false},
    {"two without continuation", "\xc3(", false},
    {"three with a bad second", "\xe2(\x82", false},
    {"three with a bad third", "\xe2\x82(", false},
    {"four with a bad third", "\xf0\x9f(\x80", false},
    {"four with a bad fourth", "\xf0\x9f\x98(", false},
    {"a continuation too many", "\xc3\xa6\xa6", false},
    {"Latin-1", "\xe6\xf8\xe5", false},
};
/* clang-format on */

/* The eight bytes at a time must not hide what stands anywhere in them. */
static void a_sequence_counts_at_every_place(void **state)
{
    const struct sequence *sequence = *state;
    size_t size = strlen(sequence->text);
    for (size_t before = 0; before < 20; before++) {
        for (size_t after = 0; after < 20; after++) {
            char text[64];
            memset(text, 'a', sizeof(text));
            memcpy(text + before, sequence->text, size);
            assert_int_equal(bytes_utf8(bytes_of(text, before + size + after)), sequence->valid);
            assert_int_equal(bytes_plain_text(bytes_of(text, before + size + after)),
                             sequence->valid);
        }
    }
}

/* Also beside \x01, which is one from it, and beside what has more than one byte. */
static void a_nul_is_utf8_and_no_plain_text(void **state)
{
    (void)state;
    assert_true(bytes_utf8((struct bytes){0}));
    assert_true(bytes_plain_text((struct bytes){0}));
    for (size_t size = 1; size < 40; size++) {
        for (size_t at = 0; at < size; at++) {
            uint8_t text[40];
            memset(text, at % 2 == 0 ? 1 : 'a', sizeof(text));
            if (at >= 2) {
                memcpy(text + at - 2, "\xc3\xa6", 2);
            }
            assert_true(bytes_plain_text(bytes_of(text, size)));
            text[at] = 0;
            assert_true(bytes_utf8(bytes_of(text, size)));
            assert_false(bytes_plain_text(bytes_of(text, size)));
        }
    }
}

static void hex_is_lower_case_out_and_either_in(void **state)
{
    (void)state;
    uint8_t all[256];
    uint8_t back[256];
    char text[512];
    for (int i = 0; i < 256; i++) {
        all[i] = (uint8_t)i;
    }
    hex_encode(all, sizeof(all), text);
    assert_memory_equal(text, "000102", 6);
    assert_memory_equal(text + (size_t)2 * 0xab, "abacad", 6);
    assert_true(hex_decode(text, sizeof(all), back));
    assert_memory_equal(back, all, sizeof(all));
    assert_true(hex_decode("ABcdEF", 3, back));
    assert_memory_equal(back, "\xab\xcd\xef", 3);
    assert_true(hex_decode("", 0, back));
    static const char *const bad[] = {"0g", "g0", "0 ", "0x", "-1", "0/", "0:", "0@", "0G", "0`"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_false(hex_decode(bad[i], 1, back));
    }
}

static void equal_is_byte_for_byte(void **state)
{
    (void)state;
    static const char *const texts[] = {"", "a", "aa", "ab", "b", "\x80", "\xff"};
    const size_t count = sizeof(texts) / sizeof(texts[0]);
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < count; j++) {
            assert_int_equal(bytes_equal(bytes_text(texts[i]), bytes_text(texts[j])), i == j);
        }
    }
    assert_true(bytes_equal((struct bytes){0}, bytes_text("")));
    assert_true(bytes_is(bytes_text("abc"), "abc"));
    assert_false(bytes_is(bytes_text("abc"), "abd"));
    assert_false(bytes_is(bytes_of("abc", 2), "abc"));
    assert_int_equal(bytes_text(NULL).size, 0);
}

static void a_copy_is_its_own(void **state)
{
    (void)state;
    struct arena arena;
    char from[] = "text";
    struct bytes copy = {0};
    assert_true(arena_init(&arena, 64));
    assert_true(bytes_copy(&arena, bytes_text(from), &copy));
    from[0] = 'x';
    assert_true(bytes_is(copy, "text"));
    assert_true(bytes_copy(&arena, (struct bytes){0}, &copy));
    assert_int_equal(copy.size, 0);
    static const char large[65];
    assert_false(bytes_copy(&arena, bytes_of(large, sizeof(large)), &copy));
    arena_release(&arena);
}

int main(void)
{
    enum {
        SEQUENCES = sizeof(sequences) / sizeof(sequences[0]),
    };
    const struct CMUnitTest more[] = {
        cmocka_unit_test(a_nul_is_utf8_and_no_plain_text),
        cmocka_unit_test(hex_is_lower_case_out_and_either_in),
        cmocka_unit_test(equal_is_byte_for_byte),
        cmocka_unit_test(a_copy_is_its_own),
    };
    struct CMUnitTest tests[SEQUENCES + sizeof(more) / sizeof(more[0])];
    for (size_t i = 0; i < SEQUENCES; i++) {
        tests[i] = (struct CMUnitTest){
            sequences[i].name, a_sequence_counts_at_every_place, NULL, NULL, &sequences[i]};
    }
    memcpy(tests + SEQUENCES, more, sizeof(more));
    return cmocka_run_group_tests_name("base/bytes", tests, NULL, NULL);
}
