#include "array.h"

#include <limits.h>
#include <stdlib.h>

#include "mentor/base/endian_be.h"

enum {
    HEADER_SIZE = 20, /* dimensions, has null, type; length and lower bound of the one dimension */
    EMPTY_SIZE = 12,  /* no dimension */
    LENGTH_SIZE = 4,
    CAPACITY_FIRST = 4096,
    DAYS_TO_2000 = 10957, /* PostgreSQL counts days from 2000-01-01 */
};

void array_release(struct array *array)
{
    if (array == NULL) {
        return;
    }
    free(array->data);
    *array = (struct array){0};
}

/* Room for `more` bytes, or NULL. */
static uint8_t *room(struct array *array, size_t more)
{
    if (array->failed) {
        return NULL;
    }
    if (more > array->capacity - array->size) {
        size_t capacity = array->capacity == 0 ? CAPACITY_FIRST : array->capacity;
        while (capacity - array->size < more) {
            capacity *= 2;
        }
        uint8_t *data = capacity > INT_MAX ? NULL : realloc(array->data, capacity);
        if (data == NULL) {
            array->failed = true;
            return NULL;
        }
        array->data = data;
        array->capacity = capacity;
    }
    return array->data + array->size;
}

void array_begin(struct array *array, enum array_type type)
{
    array->type = type;
    array->size = 0;
    array->count = 0;
    array->has_null = false;
    array->failed = false;
    if (room(array, HEADER_SIZE) != NULL) {
        array->size = HEADER_SIZE;
    }
}

uint8_t *array_element(struct array *array, size_t most)
{
    uint8_t *at = room(array, LENGTH_SIZE + most);
    return at == NULL ? NULL : at + LENGTH_SIZE;
}

void array_element_end(struct array *array, size_t size)
{
    if (array->failed) {
        return;
    }
    CHECK(size <= array->capacity - array->size - LENGTH_SIZE);
    put_be32(array->data + array->size, (uint32_t)size);
    array->size += LENGTH_SIZE + size;
    array->count++;
}

void array_null(struct array *array)
{
    uint8_t *at = room(array, LENGTH_SIZE);
    if (at == NULL) {
        return;
    }
    put_be32(at, UINT32_MAX);
    array->size += LENGTH_SIZE;
    array->count++;
    array->has_null = true;
}

void array_bytes(struct array *array, struct bytes value)
{
    uint8_t *at = array_element(array, value.size);
    if (at != NULL && value.size > 0) {
        memcpy(at, value.data, value.size);
    }
    array_element_end(array, value.size);
}

void array_bool(struct array *array, bool value)
{
    uint8_t byte = value ? 1 : 0;
    array_bytes(array, bytes_of(&byte, sizeof(byte)));
}

void array_int2(struct array *array, int16_t value)
{
    uint8_t bytes[2] = {(uint8_t)((uint16_t)value >> 8), (uint8_t)value};
    array_bytes(array, bytes_of(bytes, sizeof(bytes)));
}

void array_int4(struct array *array, int32_t value)
{
    uint8_t bytes[4];
    put_be32(bytes, (uint32_t)value);
    array_bytes(array, bytes_of(bytes, sizeof(bytes)));
}

void array_int8(struct array *array, int64_t value)
{
    uint8_t bytes[8];
    put_be64(bytes, (uint64_t)value);
    array_bytes(array, bytes_of(bytes, sizeof(bytes)));
}

void array_date(struct array *array, int32_t day)
{
    array_int4(array, day - DAYS_TO_2000);
}

bool array_finish(struct array *array, struct bytes *parameter)
{
    if (array->failed) {
        return false;
    }
    uint8_t *at = array->data;
    put_be32(at, array->count == 0 ? 0 : 1);
    put_be32(at + 4, array->has_null ? 1 : 0);
    put_be32(at + 8, (uint32_t)array->type);
    put_be32(at + 12, array->count);
    put_be32(at + 16, 1);
    *parameter = bytes_of(at, array->count == 0 ? EMPTY_SIZE : array->size);
    return true;
}
