/* Goal: a record that the DLQ does not take leaves its value's digest there, and its headers as far
 * as they fit. */

#include "../../src/kafka/stub.h"
#include "support/test.h"

static void the_value_is_replaced_by_its_digest(void **state)
{
    (void)state;
    struct header headers[] = {{bytes_text("ce_id"), bytes_text("x")},
                               {bytes_text("mentor-reason"), bytes_text("y")}};
    struct record record = {.has_key = true,
                            .key = bytes_text("k"),
                            .has_value = true,
                            .value = bytes_text("abc"),
                            .headers = headers,
                            .header_count = 2};
    struct stub stub;
    stub_init(&stub, &record, 1000);
    assert_true(stub.record.has_key);
    assert_true(bytes_is(stub.record.key, "k"));
    assert_false(stub.record.has_value);
    assert_int_equal(stub.record.value.size, 0);
    assert_int_equal(stub.record.header_count, 3);
    assert_true(bytes_is(stub.record.headers[2].name, "mentor-stub"));
    assert_true(bytes_is(stub.record.headers[2].value,
                         "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
    stub_release(&stub);
}

static void headers_that_do_not_fit_go_too(void **state)
{
    (void)state;
    static uint8_t large[2000];
    struct header headers[] = {{bytes_text("ce_large"), bytes_of(large, sizeof(large))},
                               {bytes_text("grpc-status"), bytes_text("3")},
                               {bytes_text("mentor-reason"), bytes_text("y")}};
    struct record record = {.headers = headers, .header_count = 3};
    struct stub stub;
    stub_init(&stub, &record, 1000);
    assert_int_equal(stub.record.header_count, 3);
    assert_true(bytes_is(stub.record.headers[0].name, "grpc-status"));
    assert_true(bytes_is(stub.record.headers[1].name, "mentor-reason"));
    assert_true(bytes_is(stub.record.headers[2].name, "mentor-stub"));
    stub_release(&stub);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_value_is_replaced_by_its_digest),
        cmocka_unit_test(headers_that_do_not_fit_go_too),
    };
    return cmocka_run_group_tests_name("kafka/stub", tests, NULL, NULL);
}
