/* Goal: the window counts the refused among the last thousand records and no others, and is the
 * same after the store has kept it. */

#include "mentor/core/breaker.h"

#include "support/facts.h"

static void add(struct breaker *breaker, uint32_t count, bool refused)
{
    for (uint32_t i = 0; i < count; i++) {
        breaker_add(breaker, refused);
    }
}

static void records_are_counted(void **state)
{
    (void)state;
    struct breaker breaker = {0};
    add(&breaker, 3, true);
    add(&breaker, 4, false);
    assert_int_equal(breaker.refused, 3);
    assert_int_equal(breaker.count, 7);
}

static void the_oldest_leave_a_full_window(void **state)
{
    (void)state;
    struct breaker breaker = {0};
    add(&breaker, BREAKER_WINDOW, true);
    assert_int_equal(breaker.refused, BREAKER_WINDOW);
    add(&breaker, 300, false);
    assert_int_equal(breaker.refused, BREAKER_WINDOW - 300);
    assert_int_equal(breaker.count, BREAKER_WINDOW);
    add(&breaker, BREAKER_WINDOW - 300, false);
    assert_int_equal(breaker.refused, 0);
    add(&breaker, 1, true);
    assert_int_equal(breaker.refused, 1);
    add(&breaker, BREAKER_WINDOW, false);
    assert_int_equal(breaker.refused, 0);
}

/* Against a plain list, by a pattern that no period of the window fits. */
static void it_agrees_with_a_list(void **state)
{
    (void)state;
    static bool all[7000];
    struct breaker breaker = {0};
    for (uint32_t i = 0; i < ROW_COUNT(all); i++) {
        all[i] = (i * 2654435761U >> 13) % 3 == 0;
        breaker_add(&breaker, all[i]);
        uint32_t expected = 0;
        for (uint32_t j = i < BREAKER_WINDOW ? 0 : i + 1 - BREAKER_WINDOW; j <= i; j++) {
            expected += all[j] ? 1 : 0;
        }
        assert_int_equal(breaker.refused, expected);
    }
}

static void what_is_packed_is_read_back(void **state)
{
    (void)state;
    static const uint32_t sizes[] = {0, 1, 999, 1000, 1001, 2345};
    for (size_t i = 0; i < ROW_COUNT(sizes); i++) {
        struct breaker breaker = {0};
        struct breaker read;
        uint8_t packed[BREAKER_PACKED_SIZE];
        for (uint32_t j = 0; j < sizes[i]; j++) {
            breaker_add(&breaker, j % 3 == 1);
        }
        breaker_pack(&breaker, packed);
        assert_true(breaker_unpack(bytes_of(packed, sizeof(packed)), &read));
        assert_memory_equal(&read, &breaker, sizeof(read));
    }
}

static void other_bytes_are_refused(void **state)
{
    (void)state;
    uint8_t packed[BREAKER_PACKED_SIZE] = {0};
    struct breaker breaker = {.count = 9};
    assert_true(breaker_unpack((struct bytes){0}, &breaker));
    assert_int_equal(breaker.count, 0);
    assert_false(breaker_unpack(bytes_of(packed, 5), &breaker));
    packed[3] = 1; /* next 1 of a window of 0 */
    assert_false(breaker_unpack(bytes_of(packed, sizeof(packed)), &breaker));
    packed[0] = 0xff;
    assert_false(breaker_unpack(bytes_of(packed, sizeof(packed)), &breaker));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_are_counted),
        cmocka_unit_test(the_oldest_leave_a_full_window),
        cmocka_unit_test(it_agrees_with_a_list),
        cmocka_unit_test(what_is_packed_is_read_back),
        cmocka_unit_test(other_bytes_are_refused),
    };
    return cmocka_run_group_tests_name("core/breaker", tests, NULL, NULL);
}
