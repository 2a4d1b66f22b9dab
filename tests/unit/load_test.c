/*
 * Goal: a good rulebook is read in full, up to every limit, and the file that ships says what
 * rules.md and contract.md say. What a rulebook must not hold: value_test.c.
 */

#include "support/rulebook_trial.h"
#include "support/test.h"

#define SHIPPED SOURCE_DIR "/deploy/rulebooks/dk-2026.yaml"

enum {
    FILE_SIZE_MAX = 4 * 1024 * 1024,
    TEXT_SIZE_MAX = 200, /* of the shipped ones: stored with every decision */
};

static void a_good_rulebook_is_read_in_full(void **state)
{
    (void)state;
    char *yaml = good_yaml();
    struct rulebook *book = parse_text(yaml);
    print_told();
    assert_non_null(book);
    assert_int_equal(told.count, 0);
    assert_text(book->name, "dk-test");
    assert_text(book->version, "1");
    assert_text(book->source, yaml);
    assert_ptr_not_equal(book->source.data, yaml);
    uint8_t digest[SHA256_SIZE];
    sha256_of(bytes_text(yaml), digest);
    free(yaml);
    assert_memory_equal(book->sha256, digest, SHA256_SIZE);

    int32_t copenhagen = municipality_index(bytes_text("0101"));
    int32_t helsingor = municipality_index(bytes_text("0217"));
    for (int32_t i = 0; i < MUNICIPALITY_COUNT; i++) {
        assert_int_equal(book->serves[i], i == copenhagen || i == helsingor);
        assert_int_equal(book->parameters[i].max_minutes_per_week, i == helsingor ? 60 : 600);
        assert_int_equal(book->parameters[i].max_unit_ore, i == helsingor ? 4 : 1);
        assert_int_equal(book->parameters[i].max_fee_ore, i == helsingor ? 5 : 2);
        assert_int_equal(book->parameters[i].max_training_ore, i == helsingor ? 0 : 3);
    }
    assert_int_equal(book->renewal_gap_days, 31);

    assert_int_equal(book->law_count, 2);
    assert_memory_equal(book->laws[0].from_text, "2020-01-01", DATE_TEXT_SIZE);
    assert_int_equal(book->laws[0].from, date_of_civil((struct civil){2020, 1, 1}));
    assert_text(book->laws[0].act, "Old act");
    assert_text(book->laws[0].authority_da, "jobcenteret");
    assert_true(book->laws[0].education_right);
    assert_int_equal(book->laws[0].closed_count, 0);
    assert_text(book->laws[0].refs[RULE_E01], "LAB § 167, stk. 1");
    assert_text(book->laws[0].refs[RULE_E02], "");
    assert_text(book->laws[1].refs[RULE_E01], ""); /* not inherited */
    assert_false(book->laws[1].education_right);
    assert_int_equal(book->laws[1].closed_count, 2);
    assert_int_equal(book->laws[1].closed[1].group, 100);
    assert_int_equal(book->laws[1].closed[1].from, date_of_civil((struct civil){2026, 8, 1}));
    assert_text(book->laws[1].text_da[RULE_L01], "L01 dansk");
    assert_text(book->text_en[RULE_D01], "D01 en");
    rulebook_close(&book);
    assert_null(book);
}

static void nobody_need_listen(void **state)
{
    (void)state;
    struct rulebook_complaints nobody = {NULL, NULL};
    assert_null(rulebook_parse("a.yaml", bytes_text("name: 1"), NULL, &err));
    assert_int_equal(err.kind, ERR_FATAL);
    assert_null(rulebook_parse("a.yaml", bytes_text("name: 1"), &nobody, &err));
    assert_null(rulebook_parse("a.yaml", (struct bytes){0}, &nobody, &err));
    rulebook_close(NULL);
    struct rulebook *none = NULL;
    rulebook_close(&none);
}

/* `count` laws in place of the two, a day apart, each with every closed group. */
static char *yaml_with_laws(int count)
{
    size_t room = (size_t)count * 2048;
    char *laws = malloc(room);
    assert_non_null(laws);
    size_t used = (size_t)snprintf(laws, room, "laws:\n");
    for (int i = 0; i < count; i++) {
        used += (size_t)snprintf(laws + used,
                                 room - used,
                                 "  - from: 20%02d-01-01\n    act: a\n    authority_da: b\n"
                                 "    education_right: true\n    refs: []\n    closed_groups:\n",
                                 i);
        for (int group = 1; group <= 14; group++) {
            used += (size_t)snprintf(laws + used,
                                     room - used,
                                     "      - {group: %d, from: 2020-01-01}\n",
                                     group == 14 ? 100 : group);
        }
    }
    char *yaml = good_yaml();
    char *from = strstr(yaml, "laws:\n");
    char *rest = strstr(yaml, "complaint_da:");
    size_t all = strlen(yaml) + used + 1;
    char *changed = malloc(all);
    assert_non_null(changed);
    (void)snprintf(changed, all, "%.*s%s%s", (int)(from - yaml), yaml, laws, rest);
    free(yaml);
    free(laws);
    return changed;
}

static void a_rulebook_has_room_for_every_law(void **state)
{
    (void)state;
    char *yaml = yaml_with_laws(RULEBOOK_LAWS_MAX);
    struct rulebook *book = parse_text(yaml);
    free(yaml);
    print_told();
    assert_non_null(book);
    assert_int_equal(book->law_count, RULEBOOK_LAWS_MAX);
    assert_int_equal(book->laws[RULEBOOK_LAWS_MAX - 1].closed_count, 14);
    rulebook_close(&book);

    yaml = yaml_with_laws(RULEBOOK_LAWS_MAX + 1);
    assert_null(parse_text(yaml));
    free(yaml);
    assert_complaint(9 + 20 * RULEBOOK_LAWS_MAX - 1 + 1, 5, "more than 32 laws", 0);
}

static void four_mebibytes_are_taken_and_a_byte_more_is_not(void **state)
{
    (void)state;
    char *yaml = good_yaml();
    size_t used = strlen(yaml);
    yaml = realloc(yaml, FILE_SIZE_MAX + 1);
    assert_non_null(yaml);
    memset(yaml + used, '\n', FILE_SIZE_MAX + 1 - used);
    assert_null(parse(bytes_of(yaml, FILE_SIZE_MAX + 1)));
    assert_complaint(1, 1, "over 4 MiB", 0);
    struct rulebook *book = parse(bytes_of(yaml, FILE_SIZE_MAX));
    print_told();
    assert_non_null(book);
    rulebook_close(&book);
    free(yaml);
}

static void more_values_than_any_rulebook_has_are_refused(void **state)
{
    (void)state;
    size_t size = 400000;
    char *yaml = malloc(size + 1);
    assert_non_null(yaml);
    for (size_t i = 0; i < size; i += 4) {
        memcpy(yaml + i, "- a\n", 4);
    }
    yaml[size] = '\0';
    assert_null(parse_text(yaml));
    free(yaml);
    assert_int_equal(told.count, 1);
    assert_non_null(strstr(told.text[0], "too many values"));
}

static void a_nul_is_no_end(void **state)
{
    (void)state;
    char *yaml = good_yaml();
    size_t size = strlen(yaml) + 1; /* with its terminator */
    assert_null(parse(bytes_of(yaml, size)));
    free(yaml);
    assert_complaint(57, 1, "control characters", 0);
}

/* ---- files ---- */

static void a_file_that_cannot_be_read_is_named(void **state)
{
    (void)state;
    told.count = 0;
    struct rulebook_complaints complaints = {tell, &told};
    assert_null(rulebook_open(SOURCE_DIR "/no-such.yaml", &complaints, &err));
    assert_int_equal(err.kind, ERR_FATAL);
    assert_non_null(strstr(err.text, "/no-such.yaml: No such file"));
    assert_null(rulebook_open(SOURCE_DIR, &complaints, &err));
    assert_non_null(strstr(err.text, "Is a directory"));
    assert_int_equal(told.count, 0);
}

/* ---- the one that ships ---- */

static void print_complaint(void *self, const char *name, int line, int column, const char *text)
{
    int *count = self;
    ++*count;
    print_message("%s:%d:%d: %s\n", name, line, column, text);
}

static struct rulebook *shipped;

static int open_shipped(void **state)
{
    (void)state;
    int count = 0;
    struct rulebook_complaints complaints = {print_complaint, &count};
    shipped = rulebook_open(SHIPPED, &complaints, &err);
    return shipped == NULL || count > 0 ? -1 : 0;
}

static int close_shipped(void **state)
{
    (void)state;
    rulebook_close(&shipped);
    return 0;
}

static void the_shipped_rulebook_has_the_parameters_of_the_contract(void **state)
{
    (void)state;
    assert_text(shipped->name, "dk-mentor");
    assert_text(shipped->version, "2026.1");
    assert_int_equal(shipped->renewal_gap_days, 31);
    for (int32_t i = 0; i < MUNICIPALITY_COUNT; i++) {
        assert_true(shipped->serves[i]);
        assert_int_equal(shipped->parameters[i].max_minutes_per_week, 600);
        assert_int_equal(shipped->parameters[i].max_unit_ore, 40000);
        assert_int_equal(shipped->parameters[i].max_fee_ore, 60000);
        assert_int_equal(shipped->parameters[i].max_training_ore, 500000);
    }
}

struct law_row {
    const char *from;
    const char *authority;
    bool education_right;
    uint32_t closed;
    const char *e03;
    const char *p01;
};

static void the_shipped_laws_are_those_of_the_rules(void **state)
{
    (void)state;
    static const struct law_row rows[] = {
        {"2020-01-01", "jobcenteret", true, 0, "", "LAB § 167, stk. 1"},
        {"2026-02-01", "kommunen", true, 0, "", "LAB § 167, stk. 1"},
        {"2026-07-01", "kommunen", true, 2, "LOV 1750/2025", "LAB § 167, stk. 1"},
        {"2027-01-01", "kommunen", false, 2, "LOV 1750/2025", ""},
    };
    assert_int_equal(shipped->law_count, 4);
    for (size_t i = 0; i < 4; i++) {
        const struct law *law = &shipped->laws[i];
        assert_memory_equal(law->from_text, rows[i].from, DATE_TEXT_SIZE);
        assert_text(law->authority_da, rows[i].authority);
        assert_int_equal(law->education_right, rows[i].education_right);
        assert_int_equal(law->closed_count, rows[i].closed);
        for (uint32_t closed = 0; closed < law->closed_count; closed++) {
            assert_int_equal(law->closed[closed].group, closed == 0 ? 8 : 10);
            assert_int_equal(law->closed[closed].from, shipped->laws[2].from);
        }
        assert_text(law->refs[RULE_E03], rows[i].e03);
        assert_text(law->refs[RULE_P01], rows[i].p01);
        assert_text(law->refs[RULE_X01], "FVL § 19");
        assert_text(law->refs[RULE_D02], "");
    }
    assert_text(shipped->laws[0].refs[RULE_K02], "BEK § 122, stk. 2");
}

static bool contains(struct bytes text, const char *words)
{
    size_t size = strlen(words);
    for (size_t i = 0; i + size <= text.size; i++) {
        if (memcmp(text.data + i, words, size) == 0) {
            return true;
        }
    }
    return false;
}

static void the_shipped_texts_begin_as_the_rules_say(void **state)
{
    (void)state;
    static const struct {
        enum rule_id rule;
        const char *begins;
    } rows[] = {
        {RULE_P01, "Perioden er længere end 6 måneder. Du kan søge om en kortere periode."},
        {RULE_N02, "Mentor er ikke afgørende for, at du kan opnå eller fastholde forløbet."},
        {RULE_F01, "Opgaverne ligger inden for det, arbejdsgiveren sædvanligvis skal varetage."},
        {RULE_D02, "CPR-nummeret er uden kontrolciffer og er accepteret."},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct bytes text = shipped->laws[0].text_da[rows[i].rule];
        assert_in_range(text.size, strlen(rows[i].begins), TEXT_SIZE_MAX);
        assert_memory_equal(text.data, rows[i].begins, strlen(rows[i].begins));
    }
}

static void a_shipped_refusal_names_the_rule_of_law_and_every_text_is_short(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < shipped->law_count; i++) {
        const struct law *law = &shipped->laws[i];
        for (int rule = 0; rule < RULE_COUNT; rule++) {
            enum weight weight = rule_weight((enum rule_id)rule);
            struct bytes text = law->text_da[rule];
            assert_in_range(text.size, 20, TEXT_SIZE_MAX);
            assert_in_range(shipped->text_en[rule].size, 20, TEXT_SIZE_MAX);
            assert_false(contains(text, "{authority}"));
            assert_true(text.data[0] >= 'A' && text.data[0] <= 'Z'); /* no authority in front */
            if (weight == WEIGHT_OF_REJECT || weight == WEIGHT_OF_REFUSE_ITEM) {
                assert_true(contains(text, " lov om en aktiv beskæftigelsesindsats") ||
                            contains(text, " bekendtgørelse om en aktiv beskæftigelsesindsats"));
            }
        }
        assert_true(contains(law->complaint_da, i == 0 ? "til jobcenteret" : "til kommunen"));
        assert_true(contains(law->complaint_da, "4 uger"));
        assert_true(contains(law->complaint_da, "{deadline}"));
        assert_true(contains(law->complaint_da, "Ankestyrelsen"));
        assert_in_range(law->complaint_da.size, 100, 280);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_rulebook_is_read_in_full),
        cmocka_unit_test(nobody_need_listen),
        cmocka_unit_test(a_rulebook_has_room_for_every_law),
        cmocka_unit_test(four_mebibytes_are_taken_and_a_byte_more_is_not),
        cmocka_unit_test(more_values_than_any_rulebook_has_are_refused),
        cmocka_unit_test(a_nul_is_no_end),
        cmocka_unit_test(a_file_that_cannot_be_read_is_named),
    };
    const struct CMUnitTest ships[] = {
        cmocka_unit_test(the_shipped_rulebook_has_the_parameters_of_the_contract),
        cmocka_unit_test(the_shipped_laws_are_those_of_the_rules),
        cmocka_unit_test(the_shipped_texts_begin_as_the_rules_say),
        cmocka_unit_test(a_shipped_refusal_names_the_rule_of_law_and_every_text_is_short),
    };
    int failed = cmocka_run_group_tests_name("rulebook/load", tests, NULL, NULL);
    failed += cmocka_run_group_tests_name("dk-2026.yaml", ships, open_shipped, close_shipped);
    return failed;
}
