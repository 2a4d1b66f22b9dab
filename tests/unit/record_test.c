/*
 * Goal: headers that the store keeps come back as they were, also nulls, empties and repeats, and
 * no other bytes are taken for headers.
 */

#include "mentor/base/arena.h"
#include "mentor/port/record.h"

#include "support/test.h"

#define TEXT(text)                                                                                 \
    {                                                                                              \
        (const uint8_t *)(text), sizeof(text) - 1                                                  \
    }

static struct header sample[] = {
    {.name = TEXT("ce_id"), .value = TEXT("a-1")},
    {.name = TEXT("x"), .value = {NULL, 0}},
    {.name = TEXT(""), .value = TEXT("")},
    {.name = TEXT("ce_id"), .value = TEXT("\x00\xff second")},
};

enum {
    SAMPLE_COUNT = sizeof(sample) / sizeof(sample[0]),
};

static int open_arena(void **state)
{
    static struct arena arena;
    *state = &arena;
    return arena_init(&arena, 4096) ? 0 : -1;
}

static int close_arena(void **state)
{
    arena_release(*state);
    return 0;
}

static void record_header_finds_the_first_of_a_name(void **state)
{
    (void)state;
    struct record record = {.headers = sample, .header_count = SAMPLE_COUNT};
    assert_ptr_equal(record_header(&record, "ce_id"), &sample[0]);
    assert_ptr_equal(record_header(&record, "x"), &sample[1]);
    assert_null(record_header(&record, "CE_ID"));
    assert_null(record_header(&record, "ce_i"));
    assert_null(record_header(&(struct record){0}, "ce_id"));
}

static void headers_come_back_as_they_were_packed(void **state)
{
    struct bytes packed;
    struct header *headers = NULL;
    uint32_t count = 0;
    assert_true(headers_pack(sample, SAMPLE_COUNT, *state, &packed));
    assert_true(headers_unpack(packed, *state, &headers, &count));
    assert_int_equal(count, SAMPLE_COUNT);
    for (uint32_t i = 0; i < count; i++) {
        assert_true(bytes_equal(headers[i].name, sample[i].name));
        assert_true(bytes_equal(headers[i].value, sample[i].value));
        assert_int_equal(headers[i].value.data == NULL, sample[i].value.data == NULL);
    }
}

static void headers_are_packed_as_record_h_says(void **state)
{
    static const char want[] = "\0\0\0\5ce_id\0\0\0\3a-1\0\0\0\1x\xff\xff\xff\xff";
    struct bytes packed;
    assert_true(headers_pack(sample, 2, *state, &packed));
    assert_int_equal(packed.size, sizeof(want) - 1);
    assert_memory_equal(packed.data, want, sizeof(want) - 1);
}

static void no_headers_are_no_bytes(void **state)
{
    struct bytes packed;
    struct header *headers = NULL;
    uint32_t count = 1;
    assert_true(headers_pack(NULL, 0, *state, &packed));
    assert_int_equal(packed.size, 0);
    assert_true(headers_unpack(packed, *state, &headers, &count));
    assert_int_equal(count, 0);
}

static void a_run_that_is_cut_off_is_refused(void **state)
{
    const size_t whole[] = {0, 16, 25, 33}; /* where a header of the sample ends */
    struct bytes packed;
    assert_true(headers_pack(sample, SAMPLE_COUNT, *state, &packed));
    for (size_t size = 0, next = 0; size < packed.size; size++) {
        struct arena_mark mark = arena_mark(*state);
        struct header *headers = NULL;
        uint32_t count = 0;
        bool ends = next < 4 && size == whole[next];
        next += ends;
        assert_int_equal(headers_unpack(bytes_of(packed.data, size), *state, &headers, &count),
                         ends);
        arena_rewind(*state, mark);
    }
}

static void a_null_name_is_refused(void **state)
{
    struct header *headers = NULL;
    uint32_t count = 0;
    struct bytes packed = bytes_of("\xff\xff\xff\xff\0\0\0\0", 8);
    assert_false(headers_unpack(packed, *state, &headers, &count));
}

static void a_full_arena_is_said(void **state)
{
    (void)state;
    struct arena small;
    struct bytes packed;
    struct header *headers = NULL;
    uint32_t count = 0;
    assert_true(arena_init(&small, 32));
    assert_false(headers_pack(sample, SAMPLE_COUNT, &small, &packed));
    assert_true(headers_pack(sample, 2, &small, &packed));
    assert_false(headers_unpack(packed, &small, &headers, &count));
    arena_release(&small);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(record_header_finds_the_first_of_a_name),
        cmocka_unit_test_setup_teardown(
            headers_come_back_as_they_were_packed, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(
            headers_are_packed_as_record_h_says, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(no_headers_are_no_bytes, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(a_run_that_is_cut_off_is_refused, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(a_null_name_is_refused, open_arena, close_arena),
        cmocka_unit_test(a_full_arena_is_said),
    };
    return cmocka_run_group_tests_name("port/record", tests, NULL, NULL);
}
