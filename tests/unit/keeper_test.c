/* Goal: a file's rows are found again by their keys, however many there are and however alike. */

#include "../src/app/keeper.h"
#include "support/test.h"

enum {
    MANY = 5000, /* several growths */
};

/* Keys that differ in one number, at one end or the other. */
static void key_of(uint32_t number, bool at_the_end, uint8_t key[KEEPER_KEY_SIZE])
{
    memset(key, 0x42, KEEPER_KEY_SIZE);
    for (int i = 0; i < 4; i++) {
        key[at_the_end ? 12 + i : i] = (uint8_t)(number >> (8 * i));
    }
}

static void a_new_row_is_empty(void **state)
{
    (void)state;
    struct keeper keeper = {0};
    uint8_t key[KEEPER_KEY_SIZE] = {0};
    struct keeper_row *row = keeper_row(&keeper, key);
    assert_int_equal(row->seq, 0);
    assert_int_equal(row->size, 0);
    assert_memory_equal(row->key, key, KEEPER_KEY_SIZE);
    assert_int_equal(keeper.count, 1);
    assert_ptr_equal(keeper_row(&keeper, key), row);
    assert_int_equal(keeper.count, 1);
    keeper_release(&keeper);
    assert_int_equal(keeper.capacity, 0);
    keeper_release(&keeper);
}

static void many_rows_keep_what_was_set(void **state)
{
    (void)state;
    for (int end = 0; end < 2; end++) {
        struct keeper keeper = {0};
        uint8_t key[KEEPER_KEY_SIZE];
        for (uint32_t i = 0; i < MANY; i++) {
            key_of(i, end == 1, key);
            keeper_row_set(keeper_row(&keeper, key), i + 1, bytes_of(&i, sizeof(i)));
        }
        assert_int_equal(keeper.count, MANY);
        assert_true(keeper.count < keeper.capacity);
        for (uint32_t i = 0; i < MANY; i++) {
            key_of(i, end == 1, key);
            struct keeper_row *row = keeper_row(&keeper, key);
            assert_int_equal(row->seq, i + 1);
            assert_int_equal(row->size, sizeof(i));
            assert_memory_equal(row->state, &i, sizeof(i));
        }
        assert_int_equal(keeper.count, MANY);
        keeper_release(&keeper);
    }
}

static void what_is_only_looked_for_is_not_made(void **state)
{
    (void)state;
    struct keeper keeper = {0};
    uint8_t key[KEEPER_KEY_SIZE] = {0};
    assert_null(keeper_find(&keeper, key));
    struct keeper_row *row = keeper_row(&keeper, key);
    assert_ptr_equal(keeper_find(&keeper, key), row);
    key[0] = 1;
    assert_null(keeper_find(&keeper, key));
    assert_int_equal(keeper.count, 1);
    keeper_release(&keeper);
}

/* A row that was asked for is a row: nothing takes its place. */
static void rows_that_were_never_set_stay_apart(void **state)
{
    (void)state;
    struct keeper keeper = {0};
    uint8_t key[KEEPER_KEY_SIZE];
    for (uint32_t i = 0; i < MANY; i++) {
        key_of(i, false, key);
        (void)keeper_row(&keeper, key);
    }
    for (uint32_t i = 0; i < MANY; i++) {
        key_of(i, false, key);
        struct keeper_row *row = keeper_row(&keeper, key);
        assert_memory_equal(row->key, key, KEEPER_KEY_SIZE);
        assert_int_equal(row->seq, 0);
    }
    assert_int_equal(keeper.count, MANY);
    keeper_release(&keeper);
}

static void a_state_is_a_copy_that_grows_and_shrinks(void **state)
{
    (void)state;
    struct keeper keeper = {0};
    uint8_t key[KEEPER_KEY_SIZE] = {1};
    char text[] = "first state";
    keeper_row_set(keeper_row(&keeper, key), 1, bytes_text(text));
    text[0] = 'x';
    struct keeper_row *row = keeper_row(&keeper, key);
    assert_memory_equal(row->state, "first state", 11);
    keeper_row_set(row, 2, bytes_text("short"));
    assert_int_equal(row->size, 5);
    assert_memory_equal(row->state, "short", 5);
    keeper_row_set(row, 3, (struct bytes){0});
    assert_int_equal(row->size, 0);
    keeper_row_set(row, 4, bytes_text("a state that is longer than the first"));
    assert_memory_equal(row->state, "a state that is longer than the first", 37);
    assert_int_equal(row->seq, 4);
    keeper_release(&keeper);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_row_is_empty),
        cmocka_unit_test(what_is_only_looked_for_is_not_made),
        cmocka_unit_test(many_rows_keep_what_was_set),
        cmocka_unit_test(rows_that_were_never_set_stay_apart),
        cmocka_unit_test(a_state_is_a_copy_that_grows_and_shrinks),
    };
    return cmocka_run_group_tests_name("app/keeper", tests, NULL, NULL);
}
