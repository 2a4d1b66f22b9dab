#include "mentor/base/bytes.h"

#include "mentor/base/arena.h"

/* The length of the well-formed sequence at `at`, 0 when there is none (Unicode 15, table 3-7). */
static size_t sequence_size(const uint8_t *at, size_t left)
{
    uint8_t lead = at[0];
    size_t size = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    if (lead < 0xc2 || lead > 0xf4 || left < size) {
        return 0;
    }
    uint8_t low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
    uint8_t high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
    if (at[1] < low || at[1] > high) {
        return 0;
    }
    for (size_t i = 2; i < size; i++) {
        if ((at[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    return size;
}

/* How many of eight bytes, from the first, are from `least` (0 or 1) to 0x7f. */
static size_t plain_of_eight(const uint8_t *at, uint64_t least)
{
    uint64_t eight = 0;
    memcpy(&eight, at, sizeof(eight));
    /* A byte below `least` borrows from the next, so only the first bit found counts. */
    uint64_t below = (eight - least * UINT64_C(0x0101010101010101)) & ~eight;
    uint64_t odd = (eight | below) & UINT64_C(0x8080808080808080);
    return odd == 0 ? 8 : (size_t)__builtin_ctzll(odd) / 8; /* little-endian, as every target is */
}

static bool text_from(struct bytes text, uint8_t least)
{
    size_t i = 0;
    while (i < text.size) {
        size_t plain = text.size - i >= 8 ? plain_of_eight(text.data + i, least)
                                          : text.data[i] >= least && text.data[i] < 0x80;
        i += plain;
        if (plain == 0) {
            size_t size = text.data[i] < least ? 0 : sequence_size(text.data + i, text.size - i);
            if (size == 0) {
                return false;
            }
            i += size;
        }
    }
    return true;
}

bool bytes_utf8(struct bytes text)
{
    return text_from(text, 0);
}

bool bytes_plain_text(struct bytes text)
{
    return text_from(text, 1);
}

bool bytes_copy(struct arena *arena, struct bytes from, struct bytes *to)
{
    uint8_t *data = arena_alloc(arena, from.size);
    if (data == NULL) {
        return false;
    }
    if (from.size > 0) {
        memcpy(data, from.data, from.size);
    }
    *to = bytes_of(data, from.size);
    return true;
}

void hex_encode(const uint8_t *data, size_t size, char *out)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < size; i++) {
        out[2 * i] = digits[data[i] >> 4];
        out[2 * i + 1] = digits[data[i] & 15];
    }
}

static int hex_value(char digit)
{
    if (digit >= '0' && digit <= '9') {
        return digit - '0';
    }
    if (digit >= 'a' && digit <= 'f') {
        return digit - 'a' + 10;
    }
    if (digit >= 'A' && digit <= 'F') {
        return digit - 'A' + 10;
    }
    return -1;
}

bool hex_decode(const char *text, size_t size, uint8_t *out)
{
    for (size_t i = 0; i < size; i++) {
        int high = hex_value(text[2 * i]);
        int low = hex_value(text[2 * i + 1]);
        if (high < 0 || low < 0) {
            return false;
        }
        out[i] = (uint8_t)(high * 16 + low);
    }
    return true;
}
