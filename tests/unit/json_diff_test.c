/* Goal: every field that two messages have otherwise is told once, under a path that a person can
 * find it by, and nothing else is. */

#include <stdio.h>
#include <string.h>

#include "../src/app/json_diff.h"
#include "support/test.h"

static char told[1024];

static void add(const json_t *value)
{
    char *text = value == NULL ? NULL : json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
    (void)strncat(told, text == NULL ? "-" : text, sizeof(told) - strlen(told) - 1);
    free(text);
}

static void on_change(void *self, const char *path, const json_t *before, const json_t *after)
{
    assert_ptr_equal(self, told);
    (void)strncat(told, path, sizeof(told) - strlen(told) - 1);
    (void)strncat(told, " ", sizeof(told) - strlen(told) - 1);
    add(before);
    (void)strncat(told, ">", sizeof(told) - strlen(told) - 1);
    add(after);
    (void)strncat(told, ";", sizeof(told) - strlen(told) - 1);
}

struct differing {
    const char *before;
    const char *after;
    uint32_t count;
    const char *told;
};

static void what_differs_is_told_by_its_path(void **state)
{
    static const struct differing cases[] = {
        {"{\"a\":1}", "{\"a\":1}", 0, ""},
        {"{\"a\":1}", "{\"a\":2}", 1, "a 1>2;"},
        {"{\"a\":{\"b\":{\"c\":\"x\"}}}", "{\"a\":{\"b\":{}}}", 1, "a.b.c \"x\">-;"},
        {"{}", "{\"a\":{\"b\":1}}", 1, "a ->{\"b\":1};"},
        {"{\"a\":[1,2]}", "{\"a\":[1,3,4]}", 2, "a[1] 2>3;a[2] ->4;"},
        {"{\"f\":[{\"rule\":\"K01\",\"w\":1},{\"rule\":\"P01\"}]}",
         "{\"f\":[{\"rule\":\"P01\"},{\"rule\":\"K01\",\"w\":2}]}",
         1,
         "f[K01].w 1>2;"},
        {"{\"f\":[{\"rule\":\"P01\"}]}",
         "{\"f\":[{\"rule\":\"K01\"},{\"rule\":\"P01\"}]}",
         1,
         "f[K01] ->{\"rule\":\"K01\"};"},
        {"{\"f\":[{\"rule\":\"K03\",\"n\":1},{\"rule\":\"K03\",\"n\":2}]}",
         "{\"f\":[{\"rule\":\"K03\",\"n\":1},{\"rule\":\"K03\",\"n\":3}]}",
         1,
         "f[K03/2].n 2>3;"},
        {"{\"a\":1,\"b\":2}", "{\"b\":2,\"a\":1}", 0, ""},
        {"{\"a\":\"1\"}", "{\"a\":1}", 1, "a \"1\">1;"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        json_t *before = json_loads(cases[i].before, 0, NULL);
        json_t *after = json_loads(cases[i].after, 0, NULL);
        struct json_changes changes = {.change = on_change, .self = told};
        told[0] = '\0';
        assert_int_equal(json_diff(before, after, &changes), cases[i].count);
        assert_string_equal(told, cases[i].told);
        json_decref(before);
        json_decref(after);
    }
}

static void a_path_that_is_too_long_is_cut_and_told_all_the_same(void **state)
{
    char name[400];
    struct json_changes changes = {.change = on_change, .self = told};
    (void)state;
    memset(name, 'x', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    json_t *before = json_pack("{s:i}", name, 1);
    json_t *after = json_pack("{s:i}", name, 2);
    told[0] = '\0';
    assert_int_equal(json_diff(before, after, &changes), 1);
    assert_int_equal(strspn(told, "x"), 255);
    json_decref(before);
    json_decref(after);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_differs_is_told_by_its_path),
        cmocka_unit_test(a_path_that_is_too_long_is_cut_and_told_all_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
