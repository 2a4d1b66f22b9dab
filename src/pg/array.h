#ifndef PG_ARRAY_H
#define PG_ARRAY_H

/*
 * One-dimensional PostgreSQL arrays in binary form, as parameters of `unnest`. The memory grows and
 * is kept for the next batch. A full memory sticks: array_finish() says so, and what was added
 * since is lost.
 */

#include <stdbool.h>
#include <stdint.h>

#include "mentor/base/bytes.h"
#include "mentor/base/check.h"

/* pg_type's oids, which never change. */
enum array_type {
    ARRAY_BOOL = 16,
    ARRAY_BYTEA = 17,
    ARRAY_INT8 = 20,
    ARRAY_INT2 = 21,
    ARRAY_INT4 = 23,
    ARRAY_TEXT = 25,
    ARRAY_DATE = 1082,
    ARRAY_UUID = 2950,
};

struct array {
    enum array_type type;
    uint8_t *data;
    size_t size;
    size_t capacity;
    uint32_t count;
    bool has_null;
    bool failed;
};

/* Zeroed memory is an array without memory; NULL is fine. */
void array_release(struct array *array);

/* Empty, of this type. Must come before the first element. */
void array_begin(struct array *array, enum array_type type);
void array_null(struct array *array);
void array_bool(struct array *array, bool value);
void array_int2(struct array *array, int16_t value);
void array_int4(struct array *array, int32_t value);
void array_int8(struct array *array, int64_t value);
/* ARRAY_DATE, from days since 1970-01-01. */
void array_date(struct array *array, int32_t day);
/* ARRAY_BYTEA, ARRAY_TEXT and ARRAY_UUID (16 bytes). */
void array_bytes(struct array *array, struct bytes value);
/* An element of at most `most` bytes, written by the caller at the address returned (NULL: memory
 * is full); then end. */
uint8_t *array_element(struct array *array, size_t most);
void array_element_end(struct array *array, size_t size);

/* The parameter, borrowed until the next array_begin; false when memory was full. */
MUST_CHECK bool array_finish(struct array *array, struct bytes *parameter);

#endif /* PG_ARRAY_H */
