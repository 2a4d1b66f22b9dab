/* Goal: an error is one line of bounded length, whatever a library wrote, and setting it is a
 * failure. */

#include <string.h>

#include "mentor/base/err.h"

#include "support/test.h"

static void setting_an_error_fails_and_says_what_to_do(void **state)
{
    (void)state;
    struct err err = {0};
    assert_false(err_set(&err, ERR_RETRY, "%s:%d: %s", "a.yaml", 3, "no"));
    assert_int_equal(err.kind, ERR_RETRY);
    assert_string_equal(err.text, "a.yaml:3: no");
    assert_false(err_set(&err, ERR_HALT, "later"));
    assert_int_equal(err.kind, ERR_HALT);
    assert_string_equal(err.text, "later");
}

static void newlines_become_spaces(void **state)
{
    (void)state;
    struct err err;
    (void)err_set(&err, ERR_FATAL, "ERROR:  no\nDETAIL:  none\r\n%s\n", "HINT: a\nb");
    assert_string_equal(err.text, "ERROR:  no DETAIL:  none  HINT: a b ");
}

static void a_long_text_is_cut(void **state)
{
    (void)state;
    struct err err;
    char text[2000];
    memset(text, '\n', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    (void)err_set(&err, ERR_FATAL, "%s", text);
    assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
    assert_null(strchr(err.text, '\n'));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(setting_an_error_fails_and_says_what_to_do),
        cmocka_unit_test(newlines_become_spaces),
        cmocka_unit_test(a_long_text_is_cut),
    };
    return cmocka_run_group_tests_name("base/err", tests, NULL, NULL);
}
