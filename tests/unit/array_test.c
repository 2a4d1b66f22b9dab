/*
 * Goal: parameters are what PostgreSQL's array_recv reads: one dimension, nulls flagged, every
 * length right; none at all is an array without dimension; and memory grows without losing what was
 * there.
 */

#include <string.h>

#include "../../src/pg/array.h"
#include "support/test.h"

static void an_array_is_header_and_elements(void **state)
{
    (void)state;
    static const uint8_t expected[] = {0,  0, 0,    1,    0,    0,    0,    1,    0,    0,   0,
                                       23, 0, 0,    0,    2,    0,    0,    0,    1,    0,   0,
                                       0,  4, 0xff, 0xff, 0xff, 0xfe, 0xff, 0xff, 0xff, 0xff};
    struct array array = {0};
    struct bytes parameter;
    array_begin(&array, ARRAY_INT4);
    array_int4(&array, -2);
    array_null(&array);
    assert_true(array_finish(&array, &parameter));
    assert_int_equal(parameter.size, sizeof(expected));
    assert_memory_equal(parameter.data, expected, sizeof(expected));
    array_release(&array);
    array_release(&array);
    array_release(NULL);
}

static void an_empty_array_has_no_dimension(void **state)
{
    (void)state;
    static const uint8_t expected[] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 17};
    struct array array = {0};
    struct bytes parameter;
    array_begin(&array, ARRAY_BYTEA);
    array_bytes(&array, bytes_text("before"));
    array_begin(&array, ARRAY_BYTEA);
    assert_true(array_finish(&array, &parameter));
    assert_int_equal(parameter.size, sizeof(expected));
    assert_memory_equal(parameter.data, expected, sizeof(expected));
    array_release(&array);
}

static void every_type_has_its_width(void **state)
{
    (void)state;
    static const uint8_t uuid[16] = {1, 2, 3};
    struct array array = {0};
    struct bytes parameter;
    array_begin(&array, ARRAY_INT8);
    array_bool(&array, true);
    array_int2(&array, -2);
    array_int8(&array, INT64_C(-2));
    array_date(&array, 10957 + 1);
    array_bytes(&array, bytes_of(uuid, sizeof(uuid)));
    array_bytes(&array, (struct bytes){0});
    assert_true(array_finish(&array, &parameter));
    static const uint8_t expected[] = {0,    0, 0, 1,  1,          /* bool */
                                       0,    0, 0, 2,  0xff, 0xfe, /* int2 */
                                       0,    0, 0, 8,  0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                       0xfe,                                /* int8 */
                                       0,    0, 0, 4,  0,    0,    0,    1, /* date */
                                       0,    0, 0, 16, 1,    2,    3,    0,    0,    0,    0,
                                       0,    0, 0, 0,  0,    0,    0,    0,    0, /* uuid */
                                       0,    0, 0, 0};                            /* empty */
    assert_int_equal(parameter.size, 20 + sizeof(expected));
    assert_memory_equal(parameter.data + 20, expected, sizeof(expected));
    array_release(&array);
}

static void memory_grows_and_keeps(void **state)
{
    (void)state;
    enum {
        COUNT = 5000,
    };
    struct array array = {0};
    struct bytes parameter;
    array_begin(&array, ARRAY_INT8);
    for (int64_t i = 0; i < COUNT; i++) {
        array_int8(&array, i);
    }
    assert_true(array_finish(&array, &parameter));
    assert_int_equal(parameter.size, 20 + 12 * COUNT);
    for (size_t i = 0; i < COUNT; i++) {
        const uint8_t *element = parameter.data + 20 + 12 * i;
        assert_int_equal(element[3], 8);
        assert_int_equal(element[10] * 256 + element[11], i);
    }
    array_release(&array);
}

static void an_element_may_be_written_in_place(void **state)
{
    (void)state;
    struct array array = {0};
    struct bytes parameter;
    array_begin(&array, ARRAY_BYTEA);
    uint8_t *at = array_element(&array, 100000);
    assert_non_null(at);
    memcpy(at, "abc", 3);
    array_element_end(&array, 3);
    assert_true(array_finish(&array, &parameter));
    assert_int_equal(parameter.size, 20 + 4 + 3);
    assert_memory_equal(parameter.data + 20, "\0\0\0\3abc", 7);
    array_release(&array);
}

static void what_no_server_takes_is_told(void **state)
{
    (void)state;
    struct array array = {0};
    struct bytes parameter;
    array_begin(&array, ARRAY_BYTEA);
    assert_null(array_element(&array, (size_t)INT32_MAX + 1));
    array_element_end(&array, 1);
    assert_false(array_finish(&array, &parameter));
    array_begin(&array, ARRAY_BYTEA);
    assert_true(array_finish(&array, &parameter));
    array_release(&array);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_array_is_header_and_elements),
        cmocka_unit_test(an_empty_array_has_no_dimension),
        cmocka_unit_test(every_type_has_its_width),
        cmocka_unit_test(memory_grows_and_keeps),
        cmocka_unit_test(an_element_may_be_written_in_place),
        cmocka_unit_test(what_no_server_takes_is_told),
    };
    return cmocka_run_group_tests_name("pg/array", tests, NULL, NULL);
}
