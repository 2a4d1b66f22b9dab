#ifndef MENTOR_SRC_WIRE_TEXT_H
#define MENTOR_SRC_WIRE_TEXT_H

/* What the writers in wire/ add to struct text, besides what wire/json.h tells everybody. */

#include <stdint.h>

#include "mentor/wire/json.h"

/* Room for that many bytes more. Out of memory is a CHECK. */
void text_reserve(struct text *text, size_t more);

static inline void text_add_char(struct text *text, char character)
{
    if (text->size == text->capacity) {
        text_reserve(text, 1);
    }
    text->data[text->size++] = character;
}

void text_add_string(struct text *text, const char *string);
void text_add_signed(struct text *text, int64_t number);
void text_add_unsigned(struct text *text, uint64_t number);
/* RFC 4648 § 4, padded. */
void text_add_base64(struct text *text, struct bytes data);

/*
 * Standard or URL-safe alphabet, padded or not. `out` has room for text.size / 4 * 3 + 3 bytes.
 * false: another character, a size or a padding that cannot be, or bits left over that are not
 * zero.
 */
MUST_CHECK bool base64_decode(struct bytes text, uint8_t *out, size_t *size);

#endif /* MENTOR_SRC_WIRE_TEXT_H */
