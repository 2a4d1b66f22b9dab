#ifndef PG_FIELD_H
#define PG_FIELD_H

/* Fields of a binary result. Borrowed from it. */

#include <stdbool.h>
#include <stdint.h>

#include <libpq-fe.h>

#include "mentor/base/bytes.h"

#include "endian_be.h"

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

static inline bool field_bool(const PGresult *result, int row, int column)
{
    return PQgetvalue(result, row, column)[0] != 0;
}

static inline int64_t field_int8(const PGresult *result, int row, int column)
{
    CHECK(PQgetlength(result, row, column) == 8);
    return (int64_t)get_be64(field_bytes(result, row, column).data);
}

static inline int32_t field_int4(const PGresult *result, int row, int column)
{
    CHECK(PQgetlength(result, row, column) == 4);
    return (int32_t)get_be32(field_bytes(result, row, column).data);
}

static inline int16_t field_int2(const PGresult *result, int row, int column)
{
    CHECK(PQgetlength(result, row, column) == 2);
    const uint8_t *at = field_bytes(result, row, column).data;
    return (int16_t)((uint16_t)at[0] << 8 | at[1]);
}

/* A bytea of a size that its column's check promises. */
static inline void field_copy(const PGresult *result, int row, int column, uint8_t *to, size_t size)
{
    struct bytes value = field_bytes(result, row, column);
    CHECK(value.size == size);
    memcpy(to, value.data, size);
}

#endif /* PG_FIELD_H */
