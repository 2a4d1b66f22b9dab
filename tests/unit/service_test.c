/* Goal: a method is found by its whole path in the generated descriptor, and nothing else is one.
 */

#include <string.h>

#include "mentor/wire/service.h"

#include "support/test.h"

static void the_method_is_found_by_its_path(void **state)
{
    (void)state;
    assert_int_equal(service_method(bytes_text("/mentor.v1.MentorGrantService/DecideApplication")),
                     0);
    assert_int_equal(service_method_count(), 1);
    assert_string_equal(service_method_name(0), "DecideApplication");
}

static void every_method_of_the_descriptor_is_found(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < service_method_count(); i++) {
        char path[128] = "/mentor.v1.MentorGrantService/";
        const char *name = service_method_name(i);
        size_t prefix = strlen(path);
        assert_in_range(prefix + strlen(name), 0, sizeof(path) - 1);
        memcpy(path + prefix, name, strlen(name) + 1);
        assert_int_equal(service_method(bytes_text(path)), i);
    }
}

static void another_path_is_no_method(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "/",
        "DecideApplication",
        "mentor.v1.MentorGrantService/DecideApplication",
        "/mentor.v1.MentorGrantService",
        "/mentor.v1.MentorGrantService/",
        "/mentor.v1.MentorGrantService/decideApplication",
        "/mentor.v1.MentorGrantService/DecideApplication/",
        "/mentor.v1.MentorGrantService/DecideApplicationX",
        "/mentor.v1.MentorGrantService/DecideApplicatio",
        "/mentor.v1.MentorGrantService//DecideApplication",
        "/mentor.v2.MentorGrantService/DecideApplication",
        " /mentor.v1.MentorGrantService/DecideApplication",
        "/mentor.v1.MentorGrantService.DecideApplication",
        "/mentor.v1.MentorGrantService/DecideApplicationDecideApplicationDecideApplicationDecideApp",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(service_method(bytes_text(bad[i])), -1);
    }
    static const char nul[] = "/mentor.v1.MentorGrantService/DecideApplication\0x";
    assert_int_equal(service_method(bytes_of(nul, sizeof(nul) - 1)), -1);
    assert_int_equal(service_method((struct bytes){0}), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_method_is_found_by_its_path),
        cmocka_unit_test(every_method_of_the_descriptor_is_found),
        cmocka_unit_test(another_path_is_no_method),
    };
    return cmocka_run_group_tests_name("wire/service", tests, NULL, NULL);
}
