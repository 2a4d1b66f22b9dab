/* Goal: a UUID is 8-4-4-4-12 hex digits of either case, of any version, and comes out in lower
 * case. */

#include "mentor/base/uuid.h"

#include "support/test.h"

static const uint8_t sample[UUID_SIZE] = {
    0x3f, 0x25, 0x04, 0xe0, 0x4f, 0x89, 0x41, 0xd3, 0x9a, 0x0c, 0x03, 0x05, 0xe8, 0x2c, 0x33, 0x01};

static void either_case_reads_and_lower_is_written(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "3f2504e0-4f89-41d3-9a0c-0305e82c3301",
        "3F2504E0-4F89-41D3-9A0C-0305E82C3301",
        "3f2504E0-4F89-41d3-9A0c-0305e82C3301",
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        uint8_t uuid[UUID_SIZE] = {0};
        char text[UUID_TEXT_SIZE];
        assert_true(uuid_parse(bytes_text(texts[i]), uuid));
        assert_memory_equal(uuid, sample, UUID_SIZE);
        uuid_format(uuid, text);
        assert_memory_equal(text, texts[0], UUID_TEXT_SIZE);
    }
}

static void any_version_is_a_uuid(void **state)
{
    (void)state;
    uint8_t uuid[UUID_SIZE];
    assert_true(uuid_parse(bytes_text("00000000-0000-0000-0000-000000000000"), uuid));
    assert_true(uuid_parse(bytes_text("ffffffff-ffff-ffff-ffff-ffffffffffff"), uuid));
    assert_int_equal(uuid[15], 0xff);
}

static void what_has_another_form_is_none(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "3f2504e0-4f89-41d3-9a0c-0305e82c330",
        "3f2504e0-4f89-41d3-9a0c-0305e82c33011",
        "3f2504e04f8941d39a0c0305e82c3301",
        "{3f2504e0-4f89-41d3-9a0c-0305e82c3301}",
        "3f2504e0-4f89-41d3-9a0c-0305e82c330g",
        "g f2504e0-4f89-41d3-9a0c-0305e82c3301",
        "3f2504e0 4f89-41d3-9a0c-0305e82c3301",
        "3f2504e0-4f89 41d3-9a0c-0305e82c3301",
        "3f2504e0-4f89-41d3 9a0c-0305e82c3301",
        "3f2504e0-4f89-41d3-9a0c 0305e82c3301",
        "3f2504e-04f89-41d3-9a0c-0305e82c3301",
        "3f2504e0-4f89-41d3-9a0c-0305e82c330 ",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        uint8_t uuid[UUID_SIZE];
        assert_false(uuid_parse(bytes_text(bad[i]), uuid));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(either_case_reads_and_lower_is_written),
        cmocka_unit_test(any_version_is_a_uuid),
        cmocka_unit_test(what_has_another_form_is_none),
    };
    return cmocka_run_group_tests_name("base/uuid", tests, NULL, NULL);
}
