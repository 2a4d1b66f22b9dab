#ifndef PG_FIELD_H
#define PG_FIELD_H

/* Fields of a binary result. Borrowed from it. */

#include <stdbool.h>
#include <stdint.h>

#include <libpq-fe.h>

#include "mentor/base/bytes.h"
#include "mentor/base/endian_be.h"

static inline bool field_null(const PGresult *result, int row, int column)
{
    return PQgetisnull(result, row, column) != 0;
}

static inline struct bytes field_bytes(const PGresult *result, int row, int column)
{
    return bytes_of(PQgetvalue(result, row, column), (size_t)PQgetlength(result, row, column));
}

/* NUL-terminated; "" for null. */
static inline const char *field_text(const PGresult *result, int row, int column)
{
    return PQgetvalue(result, row, column);
}

/* What the bytes of a field say; their size is what its column's type or check promises. */
static inline bool bool_of(struct bytes field)
{
    CHECK(field.size == 1);
    return field.data[0] != 0;
}

static inline int64_t int8_of(struct bytes field)
{
    CHECK(field.size == 8);
    return (int64_t)get_be64(field.data);
}

static inline int32_t int4_of(struct bytes field)
{
    CHECK(field.size == 4);
    return (int32_t)get_be32(field.data);
}

static inline int16_t int2_of(struct bytes field)
{
    CHECK(field.size == 2);
    return (int16_t)((uint16_t)field.data[0] << 8 | field.data[1]);
}

static inline void copy_of(struct bytes field, uint8_t *to, size_t size)
{
    CHECK(field.size == size);
    memcpy(to, field.data, size);
}

/* A column whose size is only a check's promise, which a superuser can take away. false: it is
 * another's bytes, and zeros are left. */
MUST_CHECK static inline bool fits_of(struct bytes field, uint8_t *to, size_t size)
{
    bool fits = field.size == size;
    if (fits) {
        memcpy(to, field.data, size);
    } else {
        memset(to, 0, size);
    }
    return fits;
}

enum {
    FIELD_ANY = 0, /* a column's size: any, but not null */
    FIELD_NULL_TOO = 255,
};

/* A column, and how many bytes its type or check promises. */
struct field_column {
    const char *name;
    uint8_t size;
};

/* Puts zeros in the place of each field that is not what its column promises (a superuser can take
 * away NOT NULL and a check), so that it can be read. The first such column's name; NULL: none. */
MUST_CHECK const char *
field_repair(struct bytes *fields, const struct field_column *columns, int count);

static inline bool field_bool(const PGresult *result, int row, int column)
{
    return bool_of(field_bytes(result, row, column));
}

static inline int64_t field_int8(const PGresult *result, int row, int column)
{
    return int8_of(field_bytes(result, row, column));
}

static inline int32_t field_int4(const PGresult *result, int row, int column)
{
    return int4_of(field_bytes(result, row, column));
}

static inline void field_copy(const PGresult *result, int row, int column, uint8_t *to, size_t size)
{
    copy_of(field_bytes(result, row, column), to, size);
}

MUST_CHECK static inline bool
field_fits(const PGresult *result, int row, int column, uint8_t *to, size_t size)
{
    return fits_of(field_bytes(result, row, column), to, size);
}

/* A row's first `count` fields; data NULL is null. */
static inline void field_row(const PGresult *result, int row, struct bytes *fields, int count)
{
    for (int i = 0; i < count; i++) {
        fields[i] = field_null(result, row, i) ? (struct bytes){0} : field_bytes(result, row, i);
    }
}

#endif /* PG_FIELD_H */
