#ifndef MENTOR_BASE_UUID_H
#define MENTOR_BASE_UUID_H

#include <stdbool.h>
#include <stdint.h>

#include "mentor/base/bytes.h"

enum {
    UUID_SIZE = 16,
    UUID_TEXT_SIZE = 36,
};

/* 8-4-4-4-12 hex digits of either case; any version. */
MUST_CHECK bool uuid_parse(struct bytes text, uint8_t uuid[UUID_SIZE]);
/* Lower case, 36 characters, no terminator. */
void uuid_format(const uint8_t uuid[UUID_SIZE], char text[UUID_TEXT_SIZE]);

#endif /* MENTOR_BASE_UUID_H */
