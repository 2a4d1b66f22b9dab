#ifndef MENTOR_BASE_BYTES_H
#define MENTOR_BASE_BYTES_H

/* A borrowed slice of bytes or text; whoever hands it out says how long it lives. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "mentor/base/check.h"

struct arena;

struct bytes {
    const uint8_t *data; /* may be NULL when size is 0 */
    size_t size;
};

/* For printf's %.*s. */
#define BYTES_ARGS(bytes) (int)(bytes).size, (const char *)(bytes).data

static inline struct bytes bytes_of(const void *data, size_t size)
{
    return (struct bytes){data, size};
}

/* NULL gives an empty slice. */
static inline struct bytes bytes_text(const char *text)
{
    return (struct bytes){(const uint8_t *)text, text == NULL ? 0 : strlen(text)};
}

static inline bool bytes_equal(struct bytes a, struct bytes b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

static inline bool bytes_is(struct bytes a, const char *text)
{
    return bytes_equal(a, bytes_text(text));
}

/* Valid UTF-8 as RFC 3629 has it: no surrogates, no overlong forms. NUL is valid here. */
bool bytes_utf8(struct bytes text);
/* The same without a NUL. */
bool bytes_plain_text(struct bytes text);

/* A copy that lives in the arena; false when it is full. */
MUST_CHECK bool bytes_copy(struct arena *arena, struct bytes from, struct bytes *to);

/* Lower-case hex of `size` bytes, 2 * size characters, no terminator. */
void hex_encode(const uint8_t *data, size_t size, char *out);
/* Reads 2 * size hex digits of either case; false when one is not. */
MUST_CHECK bool hex_decode(const char *text, size_t size, uint8_t *out);

#endif /* MENTOR_BASE_BYTES_H */
