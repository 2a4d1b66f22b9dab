/* Goal: the authority stands in every Danish text of its law, and no text grows past what may be
 * stored. */

#include "support/rulebook_trial.h"
#include "support/test.h"

static void the_authority_is_filled_in_law_by_law_and_the_deadline_stands(void **state)
{
    (void)state;
    char *yaml = yaml_with("da: \"M01 dansk\"", "da: \"{authority}, {deadline}{authority}} \"");
    struct rulebook *book = parse_text(yaml);
    free(yaml);
    print_told();
    assert_non_null(book);
    assert_text(book->laws[0].text_da[RULE_M01], "jobcenteret, {deadline}jobcenteret} ");
    assert_text(book->laws[1].text_da[RULE_M01], "kommunen, {deadline}kommunen} ");
    assert_text(book->laws[0].complaint_da, "Klag til jobcenteret senest {deadline}, jobcenteret.");
    assert_text(book->laws[1].complaint_da, "Klag til kommunen senest {deadline}, kommunen.");
    rulebook_close(&book);
}

struct good {
    const char *find;
    const char *put;
};
static void a_text_is_as_long_as_it_is_filled_in(void **state)
{
    const int *authorities = *state;
    char text[1100] = "da: \"";
    size_t used = strlen(text);
    for (int i = 0; i < *authorities; i++) {
        used += (size_t)snprintf(text + used, sizeof(text) - used, "{authority}");
    }
    (void)snprintf(text + used, sizeof(text) - used, "\"");
    char *yaml = yaml_with("da: \"D01 dansk\"", text); /* jobcenteret is eleven bytes too */
    struct rulebook *book = parse_text(yaml);
    free(yaml);
    if (*authorities * 11 <= 1000) {
        print_told();
        assert_non_null(book);
        assert_int_equal(book->laws[0].text_da[RULE_D01].size, *authorities * 11);
        assert_int_equal(book->laws[1].text_da[RULE_D01].size, *authorities * 8);
        rulebook_close(&book);
    } else {
        assert_null(book);
        assert_complaint(23, 21, "bytes; shorten it to 1000", 0);
    }
}

static void a_text_too_long_when_filled_in_is_told(void **state)
{
    (void)state;
    char *yaml = yaml_with("jobcenteret", "arbejdsmarkeds- og erhvervsforvaltningen");
    char marks[] = "{authority}{authority}{authority}{authority}{authority}{authority}{authority}"
                   "{authority}{authority}{authority}{authority}{authority}{authority}{authority}"
                   "{authority}{authority}{authority}{authority}{authority}{authority}{authority}"
                   "{authority}{authority}{authority}{authority}{authority}";
    char *at = strstr(yaml, "D01 dansk");
    size_t before = (size_t)(at - yaml);
    size_t room = strlen(yaml) + sizeof(marks);
    char *changed = malloc(room);
    assert_non_null(changed);
    (void)snprintf(changed, room, "%.*s%s%s", (int)before, yaml, marks, at);
    assert_null(parse_text(changed));
    free(changed);
    free(yaml);
    assert_complaint(23, 21, "a text of 1049 bytes with the authority", 0);
}

int main(void)
{
    static int fits = 90;
    static int too_long = 91;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_authority_is_filled_in_law_by_law_and_the_deadline_stands),
        cmocka_unit_test_prestate(a_text_is_as_long_as_it_is_filled_in, &fits),
        cmocka_unit_test_prestate(a_text_is_as_long_as_it_is_filled_in, &too_long),
        cmocka_unit_test(a_text_too_long_when_filled_in_is_told),
    };
    return cmocka_run_group_tests_name("rulebook/texts", tests, NULL, NULL);
}
