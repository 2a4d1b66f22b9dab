/* Goal: of what counts as out only that is wanted again which was written and is not to be seen; of
 * what does not count as out, all that is not to be seen. */

#include "mentor/port/recall.h"

#include "support/facts.h"

static void add(struct recall_set *set, const int64_t *offsets, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        recall_add(set, offsets[i]);
    }
}

static void what_counts_as_out_is_wanted_when_it_was_written_and_is_not_visible(void **state)
{
    (void)state;
    struct recall recall = {0};
    add(&recall.written, (int64_t[]){9, 4, 7, 4, 5}, 5);
    add(&recall.visible, (int64_t[]){7, 5}, 2);
    recall_sort(&recall);
    assert_int_equal(recall_first(&recall, 8), 4);
    assert_true(recall_wants(&recall, 8, 4));
    assert_false(recall_wants(&recall, 8, 5));
    assert_false(recall_wants(&recall, 8, 6)); /* out since long before */
    assert_false(recall_wants(&recall, 8, 7));
    recall_release(&recall);
}

static void what_does_not_count_as_out_is_wanted_unless_it_is_visible(void **state)
{
    (void)state;
    struct recall recall = {0};
    add(&recall.written, (int64_t[]){10, 11}, 2);
    add(&recall.visible, (int64_t[]){11}, 1);
    recall_sort(&recall);
    assert_int_equal(recall_first(&recall, 10), 10);
    assert_true(recall_wants(&recall, 10, 10));
    assert_false(recall_wants(&recall, 10, 11));
    assert_true(recall_wants(&recall, 10, 12)); /* never written */
    recall_release(&recall);
}

static void nothing_seen_changes_nothing(void **state)
{
    (void)state;
    struct recall recall = {0};
    recall_sort(&recall);
    assert_int_equal(recall_first(&recall, 3), 3);
    assert_false(recall_wants(&recall, 3, 2));
    assert_true(recall_wants(&recall, 3, 3));
    recall_release(&recall);
}

static void there_is_room_for_many(void **state)
{
    (void)state;
    struct recall recall = {0};
    for (int64_t offset = 9999; offset >= 0; offset--) {
        recall_add(&recall.written, offset);
        if (offset % 2 == 0) {
            recall_add(&recall.visible, offset);
        }
    }
    recall_sort(&recall);
    assert_int_equal(recall_first(&recall, 5000), 1);
    for (int64_t offset = 0; offset < 5000; offset++) {
        assert_int_equal(recall_wants(&recall, 5000, offset), offset % 2);
    }
    recall_release(&recall);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_counts_as_out_is_wanted_when_it_was_written_and_is_not_visible),
        cmocka_unit_test(what_does_not_count_as_out_is_wanted_unless_it_is_visible),
        cmocka_unit_test(nothing_seen_changes_nothing),
        cmocka_unit_test(there_is_room_for_many),
    };
    return cmocka_run_group_tests_name("port/recall", tests, NULL, NULL);
}
