/*
 * Goal: a rulebook is taken as it is written or not at all. Each thing that must not be in one is
 * put into a good one, and must be complained of at its line and column.
 */

#include "support/rulebook_trial.h"
#include "support/test.h"

struct good {
    const char *find;
    const char *put;
};

static struct good goods[] = {
    {"serves: [\"0101\", \"0217\"]", "serves: [all]"},
    {"serves: [\"0101\", \"0217\"]",
     "serves:\n  - 0101\n  - '0217'"}, /* read as written, never octal */
    {"version: \"1\"", "version: 2026.1"},
    {"name: dk-test", "name: \"null\""},
    {"renewal_gap_days: 31", "renewal_gap_days: 0"},
    {"name: dk-test", "---\nname: dk-test # with a comment"},
    {"name: dk-test", "\"name\": 'dk-test'"},
    {"act: Old act", "act: >-\n      Old\n      act"},
    {"act: Old act", "act: Old\n      act"},
    {"from: 2020-01-01", "from: \"2020-01-01\""},
    {"from: 2020-01-01", "from: 1900-01-01"},
};

static void another_way_to_write_it_is_good_too(void **state)
{
    const struct good *good = *state;
    char *yaml = yaml_with(good->find, good->put);
    struct rulebook *book = parse_text(yaml);
    free(yaml);
    print_told();
    assert_non_null(book);
    assert_int_equal(err.kind, ERR_NONE);
    rulebook_close(&book);
}

/* ---- what is not ---- */

struct bad {
    const char *find; /* NULL: `put` is the whole file */
    const char *put;
    int line;
    int column;
    const char *words;
};

/* clang-format off */
static struct bad bads[] = {
    /* the file as a whole */
    {NULL, "", 1, 1, "empty file"},
    {NULL, "# nothing\n", 1, 1, "empty file"},
    {NULL, "---\n", 2, 1, "not a mapping"},
    {NULL, "just words\n", 1, 1, "not a mapping"},
    {NULL, "- a\n- b\n", 1, 1, "not a mapping"},
    {NULL, "\xef\xbb\xbfname: x\n", 1, 1, "byte order mark"},
    {NULL, "\xff\xfen", 1, 1, "byte order mark"},
    {NULL, "name: x\nact: \xc3\xa6\xff\n", 2, 7, "not UTF-8"},
    {NULL, "name: x\nact: a\x01\n", 2, 7, "control characters"},
    {NULL, "name: x\nact: y: z\n", 2, 7, "mapping values are not allowed"},
    {NULL, "name: [x\n", 2, 1, "no YAML"},
    {NULL, "a: [[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]\n", 1, 19, "nested too deeply"},
    {"texts:", "---\ntexts:", 22, 1, "second document"},
    {"name: dk-test", "%YAML 1.1\n---\nname: dk-test", 1, 1, "directive"},
    {"name: dk-test", "%TAG !a! tag:a,2026:\n---\nname: dk-test", 1, 1, "directive"},
    /* anchors, aliases, tags, merge keys */
    {"version: \"1\"", "version: &v \"1\"", 2, 10, "anchor"},
    {"closed_groups: []", "closed_groups: &c []", 13, 20, "anchor"},
    {"- from: 2020-01-01", "- &law\n    from: 2020-01-01", 9, 5, "anchor"},
    {"version: \"1\"", "version: *n", 2, 10, "alias"},
    {"version: \"1\"", "version: !!str 1", 2, 10, "tag"},
    {"version: \"1\"", "version: ! 1", 2, 10, "tag"},
    {"version: \"1\"", "version: ! \"1\"", 2, 10, "tag"},
    {"closed_groups: []", "closed_groups: !!seq []", 13, 20, "tag"},
    {"name: dk-test", "!!map\nname: dk-test", 1, 1, "tag"},
    /* keys */
    {"renewal_gap_days: 31\n", "", 1, 1, "'renewal_gap_days' is missing"},
    {"version:", "versoin: 1\nversion:", 2, 1, "unknown key 'versoin'; use one of name, version, serves"},
    {"version:", "\"a\\nb\": 1\nversion:", 2, 1, "unknown key 'a?b'"},
    {"version:", "? [a]\n: 1\nversion:", 2, 3, "no word"},
    {"version:", "name: again\nversion:", 2, 1, "'name' again"},
    {"max_fee_ore: 2", "max_fee_ore: 2, max_fee_ore: 2", 6, 89, "'max_fee_ore' again"},
    {", max_fee_ore: 2", "", 6, 5, "'max_fee_ore' is missing"},
    {"max_fee_ore: 2", "max_fee_ore: 2, max_fees: 2", 6, 89, "unknown key 'max_fees'"},
    {"    act: Old act\n", "", 9, 5, "'act' is missing"},
    {"    act: Old act\n", "    act: Old act\n    note: x\n", 11, 5, "unknown key 'note'"},
    {"    act: Old act\n", "    act: Old act\n    <<: {from: 2020-01-01}\n", 11, 5, "unknown key '<<'"},
    {"{group: 8, from: 2026-07-01}", "{group: 8}", 19, 21, "'from' is missing"},
    {"{rule: E01, ref: ", "{rule: E01, refs: 1, ref: ", 14, 24, "unknown key 'refs'"},
    {"da: \"D01 dansk\", ", "", 23, 5, "'da' is missing"},
    {"complaint_da:", "complaint: x\ncomplaint_da:", 21, 1, "unknown key 'complaint'"},
    /* numbers */
    {"renewal_gap_days: 31", "renewal_gap_days: 010", 4, 19, "'010' is no number from 0 to 3660"},
    {"renewal_gap_days: 31", "renewal_gap_days: \"31\"", 4, 19, "'31' is no number"},
    {"renewal_gap_days: 31", "renewal_gap_days: +31", 4, 19, "'+31'"},
    {"renewal_gap_days: 31", "renewal_gap_days: -1", 4, 19, "'-1'"},
    {"renewal_gap_days: 31", "renewal_gap_days: 3_1", 4, 19, "'3_1'"},
    {"renewal_gap_days: 31", "renewal_gap_days: 0x1F", 4, 19, "'0x1F'"},
    {"renewal_gap_days: 31", "renewal_gap_days: 31.0", 4, 19, "'31.0'"},
    {"renewal_gap_days: 31", "renewal_gap_days: 3e1", 4, 19, "'3e1'"},
    {"renewal_gap_days: 31", "renewal_gap_days: 3661", 4, 19, "'3661'"},
    {"renewal_gap_days: 31", "renewal_gap_days: 18446744073709551647", 4, 19, "'18446744073709551647'"},
    {"renewal_gap_days: 31", "renewal_gap_days:", 4, 18, "'' is no number"},
    {"renewal_gap_days: 31", "renewal_gap_days: [31]", 4, 19, "a list where"},
    {"max_minutes_per_week: 600", "max_minutes_per_week: 10081", 6, 51, "from 0 to 10080"},
    {"max_unit_ore: 1", "max_unit_ore: 100000001", 6, 70, "from 0 to 100000000"},
    /* booleans */
    {"education_right: true", "education_right: flase", 12, 22, "'flase' is neither"},
    {"education_right: true", "education_right: yes", 12, 22, "'yes'"},
    {"education_right: true", "education_right: True", 12, 22, "'True'"},
    {"education_right: true", "education_right: \"true\"", 12, 22, "without quotes"},
    /* dates */
    {"from: 2020-01-01", "from: 2020-1-1", 9, 11, "'2020-1-1' is no date"},
    {"from: 2020-01-01", "from: 2019-02-29", 9, 11, "'2019-02-29' is no date"},
    {"from: 2020-01-01", "from: \" 2020-01-01\"", 9, 11, "is no date"},
    {"from: 2020-01-01", "from: {a: b}", 9, 11, "a mapping where"},
    {"group: 8, from: 2026-07-01", "group: 8, from: soon", 19, 38, "'soon' is no date"},
    /* texts */
    {"name: dk-test", "name: \"\"", 1, 7, "empty text"},
    {"name: dk-test", "name: \"  \"", 1, 7, "empty text"},
    {"name: dk-test", "name: ~", 1, 7, "empty text"},
    {"name: dk-test", "name:", 1, 6, "empty text"},
    {"name: dk-test", "name: \"dk\\ttest\"", 1, 7, "control character"},
    {"name: dk-test", "name: \"dk\\0test\"", 1, 7, "control character"},
    {"name: dk-test", "name: \"dk\\x7ftest\"", 1, 7, "control character"},
    {"name: dk-test", "name: \"dk\\u0085test\"", 1, 7, "control character"},
    {"name: dk-test", "name: \"dk\\u2028test\"", 1, 7, "control character"},
    {"name: dk-test", "name: |\n  dk-test", 1, 7, "line break"},
    {"name: dk-test", "name: {dk: test}", 1, 7, "a mapping where"},
    {"authority_da: kommunen", "authority_da: \"{deadline}\"", 17, 19, "only da and complaint_da"},
    {"en: \"D01 en\"", "en: \"D01 {authority}\"", 23, 38, "only da and complaint_da"},
    {"da: \"D01 dansk\"", "da: \"D01 {authorty} x\"", 23, 21, "unknown placeholder '{authorty}'"},
    {"da: \"D01 dansk\"", "da: \"D01 {authority} {\"", 23, 21, "unknown placeholder '{'"},
    {"da: \"D01 dansk\"", "da: \"{ authority}\"", 23, 21, "unknown placeholder '{ authority}'"},
    {"da: \"D01 dansk\"", "da: \"{{authority}}\"", 23, 21, "unknown placeholder '{{authority}'"},
    {"senest {deadline}", "senest i morgen", 21, 15, "no {deadline}"},
    {"senest {deadline}", "senest {deadline} {x}", 21, 15, "unknown placeholder '{x}'"},
    /* serves and parameters */
    {"serves: [\"0101\", \"0217\"]", "serves: []", 3, 9, "an empty list"},
    {"serves: [\"0101\", \"0217\"]", "serves: all", 3, 9, "not a list"},
    {"serves: [\"0101\", \"0217\"]", "serves: [all, \"0217\"]", 3, 10, "'all' beside others"},
    {"serves: [\"0101\", \"0217\"]", "serves: [\"0217\", all]", 3, 18, "'all' beside others"},
    {"serves: [\"0101\", \"0217\"]", "serves: [\"0101\", \"0101\"]", 3, 18, "'0101' again"},
    {"serves: [\"0101\", \"0217\"]", "serves: [\"0411\"]", 3, 10, "'0411' is none of the 98"},
    {"serves: [\"0101\", \"0217\"]", "serves: [101]", 3, 10, "'101' is none of the 98"},
    {"serves: [\"0101\", \"0217\"]", "serves: [[\"0101\"]]", 3, 10, "a list where"},
    {"municipality: default", "municipality: \"0101\"", 6, 3, "no entry for 'default'"},
    {"municipality: \"0217\"", "municipality: default", 7, 20, "'default' again"},
    {"municipality: \"0217\"", "municipality: Default", 7, 20, "'Default' is none of the 98"},
    /* laws */
    {"from: 2026-07-01\n    act", "from: 2020-01-01\n    act", 15, 11, "does not begin after"},
    {"from: 2026-07-01\n    act", "from: 2019-12-31\n    act", 15, 11, "does not begin after"},
    {"group: 100", "group: 8", 19, 59, "this group again"},
    {"group: 8", "group: 14", 19, 29, "no target group"},
    {"group: 8", "group: 0", 19, 29, "no target group"},
    {"closed_groups: []", "closed_groups: 8", 13, 20, "not a list"},
    {"closed_groups: []", "closed_groups: [8]", 13, 21, "not a mapping"},
    {"rule: E01, ref", "rule: E99, ref", 14, 19, "unknown rule 'E99'"},
    {"rule: E01, ref", "rule: \"E01\\0\", ref", 14, 19, "control character"},
    {"stk. 1\"}", "stk. 1\"}, {rule: E01, ref: x}", 14, 58, "a second reference of E01"},
    /* rules */
    {"  - {rule: D02, da: \"D02 dansk\", en: \"D02 en\"}\n", "", 23, 3, "no texts for D02;"},
    {"  - {rule: D02,", "  - {rule: D01, da: a, en: b}\n  - {rule: D02,", 24, 12, "texts of D01 again"},
};
/* clang-format on */

static void what_must_not_be_there_is_told_with_its_place(void **state)
{
    const struct bad *bad = *state;
    char *yaml = bad->find == NULL ? NULL : yaml_with(bad->find, bad->put);
    struct rulebook *book = parse_text(yaml == NULL ? bad->put : yaml);
    free(yaml);
    assert_null(book);
    assert_complaint(bad->line, bad->column, bad->words, 0);
}

static void an_unknown_rule_leaves_the_known_one_without_texts(void **state)
{
    (void)state;
    char *yaml = yaml_with("rule: D02", "rule: D2");
    assert_null(parse_text(yaml));
    free(yaml);
    assert_complaint(24, 12, "unknown rule 'D2'", 1);
    assert_string_equal(told.text[1], "no texts for D02; every rule needs da and en");
}

static void all_complaints_are_told_and_the_first_is_kept(void **state)
{
    (void)state;
    char *yaml = yaml_with("renewal_gap_days: 31\n", "renewal_gap_days: 031\nextra: *a\n");
    char *at = strstr(yaml, "right: true") + strlen("right: ");
    at[0] = 'b';
    assert_null(parse_text(yaml));
    free(yaml);
    assert_int_equal(told.count, 4);
    assert_non_null(strstr(err.text, told.text[0]));
    assert_int_equal(told.line[0], 5); /* the alias: the file is read before it is understood */
    assert_int_equal(told.line[1], 5);
    assert_int_equal(told.line[2], 4);
    assert_int_equal(told.line[3], 13);
}

static void at_most_a_hundred_complaints_are_told(void **state)
{
    (void)state;
    char yaml[4096];
    size_t used = 0;
    for (int i = 0; i < 150; i++) {
        used += (size_t)snprintf(yaml + used, sizeof(yaml) - used, "key%d: 1\n", i);
    }
    assert_null(parse_text(yaml)); /* tell() fails on the 101st */
    assert_int_equal(told.count, TOLD_MAX);
}

enum {
    GOOD_COUNT = sizeof(goods) / sizeof(goods[0]),
    BAD_COUNT = sizeof(bads) / sizeof(bads[0]),
};

int main(void)
{
    struct CMUnitTest tables[GOOD_COUNT + BAD_COUNT];
    for (size_t i = 0; i < GOOD_COUNT; i++) {
        tables[i] = (struct CMUnitTest)cmocka_unit_test_prestate(
            another_way_to_write_it_is_good_too, &goods[i]);
    }
    for (size_t i = 0; i < BAD_COUNT; i++) {
        tables[GOOD_COUNT + i] = (struct CMUnitTest)cmocka_unit_test_prestate(
            what_must_not_be_there_is_told_with_its_place, &bads[i]);
        tables[GOOD_COUNT + i].name = bads[i].words;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_unknown_rule_leaves_the_known_one_without_texts),
        cmocka_unit_test(all_complaints_are_told_and_the_first_is_kept),
        cmocka_unit_test(at_most_a_hundred_complaints_are_told),
    };
    int failed = cmocka_run_group_tests_name("rulebook/value", tables, NULL, NULL);
    failed += cmocka_run_group_tests_name("rulebook/complaint", tests, NULL, NULL);
    return failed;
}
