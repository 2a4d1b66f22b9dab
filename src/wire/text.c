#include "text.h"

#include <stdlib.h>

enum {
    TEXT_FIRST = 1024,
    NUMBER_SIZE = 20, /* digits of 2^64 */
};

void text_release(struct text *text)
{
    if (text == NULL) {
        return;
    }
    free(text->data);
    *text = (struct text){0};
}

void text_reserve(struct text *text, size_t more)
{
    if (more <= text->capacity - text->size) {
        return;
    }
    CHECK(more <= SIZE_MAX / 4 - text->size);
    size_t capacity = text->capacity == 0 ? TEXT_FIRST : text->capacity;
    while (capacity - text->size < more) {
        capacity *= 2;
    }
    text->data = realloc(text->data, capacity);
    CHECK(text->data != NULL);
    text->capacity = capacity;
}

void text_add(struct text *text, struct bytes more)
{
    if (more.size == 0) {
        return;
    }
    text_reserve(text, more.size);
    memcpy(text->data + text->size, more.data, more.size);
    text->size += more.size;
}

void text_add_string(struct text *text, const char *string)
{
    text_add(text, bytes_text(string));
}

void text_add_unsigned(struct text *text, uint64_t number)
{
    char digits[NUMBER_SIZE];
    size_t at = sizeof(digits);
    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    text_add(text, bytes_of(digits + at, sizeof(digits) - at));
}

void text_add_signed(struct text *text, int64_t number)
{
    if (number < 0) {
        text_add_char(text, '-');
        text_add_unsigned(text, 0 - (uint64_t)number);
        return;
    }
    text_add_unsigned(text, (uint64_t)number);
}

static void add_escape(struct text *text, uint8_t character)
{
    static const char hex[] = "0123456789abcdef";
    static const char letters[] = {['\b'] = 'b',
                                   ['\t'] = 't',
                                   ['\n'] = 'n',
                                   ['\f'] = 'f',
                                   ['\r'] = 'r',
                                   ['"'] = '"',
                                   ['\\'] = '\\'};
    text_add_char(text, '\\');
    if (letters[character] != 0) {
        text_add_char(text, letters[character]);
        return;
    }
    text_add_string(text, "u00");
    text_add_char(text, hex[character >> 4]);
    text_add_char(text, hex[character & 15]);
}

/* How many bytes from `at` on need no escape. */
static size_t clean_run(struct bytes text, size_t at)
{
    size_t begin = at;
    while (at < text.size && text.data[at] >= 0x20 && text.data[at] != '"' &&
           text.data[at] != '\\') {
        at++;
    }
    return at - begin;
}

void text_add_json(struct text *text, struct bytes more)
{
    text_reserve(text, more.size + 2);
    text->data[text->size++] = '"';
    for (size_t at = 0; at < more.size; at++) {
        size_t run = clean_run(more, at);
        text_add(text, bytes_of(more.data + at, run));
        at += run;
        if (at < more.size) {
            add_escape(text, more.data[at]);
        }
    }
    text_add_char(text, '"');
}

void text_add_hex(struct text *text, struct bytes data)
{
    text_reserve(text, 2 * data.size);
    hex_encode(data.data, data.size, text->data + text->size);
    text->size += 2 * data.size;
}

void text_add_base64(struct text *text, struct bytes data)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    text_reserve(text, data.size / 3 * 4 + 4);
    char *out = text->data + text->size;
    for (size_t i = 0; i < data.size; i += 3) {
        size_t left = data.size - i;
        uint32_t three = (uint32_t)data.data[i] << 16;
        three |= left > 1 ? (uint32_t)data.data[i + 1] << 8 : 0;
        three |= left > 2 ? data.data[i + 2] : 0;
        *out++ = digits[three >> 18];
        *out++ = digits[three >> 12 & 63];
        *out++ = (char)(left > 1 ? digits[three >> 6 & 63] : '=');
        *out++ = (char)(left > 2 ? digits[three & 63] : '=');
    }
    text->size = (size_t)(out - text->data);
}

static int base64_value(uint8_t digit)
{
    if (digit >= 'A' && digit <= 'Z') {
        return digit - 'A';
    }
    if (digit >= 'a' && digit <= 'z') {
        return digit - 'a' + 26;
    }
    if (digit >= '0' && digit <= '9') {
        return digit - '0' + 52;
    }
    if (digit == '+' || digit == '-') {
        return 62;
    }
    return digit == '/' || digit == '_' ? 63 : -1;
}

bool base64_decode(struct bytes text, uint8_t *out, size_t *size)
{
    if (text.size % 4 == 0) { /* only then may there be padding, and one or two */
        for (int padding = 0; padding < 2 && text.size > 0; padding++) {
            text.size -= text.data[text.size - 1] == '=';
        }
    }
    if (text.size % 4 == 1) {
        return false;
    }
    uint32_t bits = 0;
    unsigned held = 0;
    size_t written = 0;
    for (size_t i = 0; i < text.size; i++) {
        int value = base64_value(text.data[i]);
        if (value < 0) {
            return false;
        }
        bits = bits << 6 | (uint32_t)value;
        held += 6;
        if (held >= 8) {
            held -= 8;
            out[written++] = (uint8_t)(bits >> held);
            bits &= (1U << held) - 1;
        }
    }
    *size = written;
    return bits == 0;
}
