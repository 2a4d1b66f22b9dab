/* Goal: each form of the report says the same numbers; what a reader must not overlook is said; the
 * page loads nothing, and nothing of a rulebook's name is markup. */

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "../src/app/whatif_list.h"
#include "../src/app/whatif_report.h"
#include "support/facts.h"

static struct rulebook candidate;
static struct whatif_tally tally;
static struct whatif_report report;
static struct whatif_list list;
static char *printed;
static size_t size;

/* Two granted 1,000.00 and 2,345.67 in Greve's neighbour 0217; the second is referred by K01. */
static struct whatif_result result_of(int32_t index, const char *day, int64_t before, int64_t after)
{
    struct whatif_result result = {
        .batch = 7,
        .index = index,
        .partition = 2,
        .offset = 40 + index,
        .version = 1,
        .municipality = municipality_index(bytes_text("0217")),
        .day = day_of(day),
        .before = {OUTCOME_IS_APPROVED, UINT64_C(1) << RULE_D02, before},
        .after = {OUTCOME_IS_APPROVED, UINT64_C(1) << RULE_D02, after},
    };
    result.application_id[15] = (uint8_t)index;
    if (after == 0) {
        result.after.outcome = OUTCOME_IS_REFERRED;
        result.after.rules |= UINT64_C(1) << RULE_K01 | UINT64_C(1) << RULE_H01;
    }
    return result;
}

static int begin(void **state)
{
    (void)state;
    candidate = *facts_rulebook();
    candidate.name = bytes_text("dk<b>&\"test");
    tally = (struct whatif_tally){0};
    list = (struct whatif_list){0};
    struct whatif_result kept = result_of(3, "2026-03-02", 100000, 100000);
    struct whatif_result lost = result_of(1, "2026-04-02", 234567, 0);
    whatif_tally_add(&tally, &kept);
    whatif_tally_add(&tally, &lost);
    whatif_list_add(&list, &kept);
    whatif_list_add(&list, &lost);
    report = (struct whatif_report){.tally = &tally,
                                    .candidate = &candidate,
                                    .sample_bp = WHATIF_WHOLE_BP,
                                    .version = "0.1.0",
                                    .seconds = 1.5};
    printed = NULL;
    return 0;
}

static int end(void **state)
{
    (void)state;
    whatif_tally_release(&tally);
    whatif_list_release(&list);
    free(printed);
    return 0;
}

static void print_as(const struct whatif_form *form)
{
    free(printed);
    FILE *out = open_memstream(&printed, &size);
    whatif_report_write(&report, form, out);
    assert_int_equal(fclose(out), 0);
}

static json_t *print_json(void)
{
    free(printed);
    FILE *out = open_memstream(&printed, &size);
    whatif_report_json(&report, out);
    assert_int_equal(fclose(out), 0);
    json_t *root = json_loads(printed, 0, NULL);
    assert_non_null(root);
    return root;
}

static void says(const char *text)
{
    if (strstr(printed, text) == NULL) {
        fail_msg("not said: %s\n%s", text, printed);
    }
}

static void says_not(const char *text)
{
    if (strstr(printed, text) != NULL) {
        fail_msg("said: %s\n%s", text, printed);
    }
}

static int64_t number(const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    assert_true(json_is_integer(value));
    return json_integer_value(value);
}

/* However wide the columns are. */
static void squeeze(void)
{
    char *to = printed;
    for (const char *from = printed; *from != '\0'; from++) {
        if (*from != ' ' || to == printed || to[-1] != ' ') {
            *to++ = *from;
        }
    }
    *to = '\0';
}

static void a_terminal_gets_tables(void **state)
{
    (void)state;
    print_as(&whatif_as_text);
    squeeze();
    says("Hvad hvis: dk<b>&\"test 1\n");
    says("2 afgørelser, truffet fra 02.03.2026 til 02.04.2026");
    says("1 afgørelser (50 %) får et andet udfald");
    says("\n bevilget til sagsbehandler 1 -2.345,67\n");
    says("\n bevilget til sagsbehandler K01 1 0\n");
    says("\n 2026-03 1 1 1.000,00 1.000,00 0,00\n");
    says("\n 2026-04 1 0 2.345,67 0,00 -2.345,67\n");
    says("\n i alt 2 1 3.345,67 1.000,00 -2.345,67\n");
    says("\n 0217 Helsingør 2 1 3.345,67 1.000,00 -2.345,67\n");
    says_not("Stikprøve");
    says_not("ikke med:");
}

static void the_page_says_the_same_and_loads_nothing(void **state)
{
    (void)state;
    static const char *const loads[] = {
        "src=", "href", "http", "@import", "url(", "<script", "<link", "<iframe", "//"};
    print_as(&whatif_as_html);
    for (size_t i = 0; i < sizeof(loads) / sizeof(loads[0]); i++) {
        says_not(loads[i]);
    }
    says("<html lang=\"da\">");
    says("<h1>Hvad hvis: dk&lt;b&gt;&amp;&quot;test 1</h1>");
    says_not("<b>");
    says("<th scope=\"row\">2026-04</th><td class=\"n\">1</td><td class=\"n\">0</td>"
         "<td class=\"n\">2.345,67</td><td class=\"n\">0,00</td><td class=\"n\">-2.345,67</td>");
    says("<tr class=\"sum\"><th scope=\"row\">i alt</th><td class=\"n\">2</td>");
    says("<svg viewBox=");
    says("<title id=\"c3\">Ændring i bevilget beløb efter kommune");
    says(">-2.346 kr.</text>"); /* beside a bar whole kroner do */
}

static void json_holds_the_same(void **state)
{
    (void)state;
    json_t *root = print_json();
    assert_int_equal(number(root, "decisions"), 2);
    assert_int_equal(number(root, "flipped"), 1);
    assert_string_equal(json_string_value(json_object_get(root, "history")), "cascade");
    const json_t *money = json_object_get(root, "money");
    assert_int_equal(number(money, "beforeOre"), 334567);
    assert_int_equal(number(money, "afterOre"), 100000);
    assert_int_equal(number(money, "differenceOre"), -234567);
    const json_t *cells = json_object_get(root, "municipalityMonths");
    assert_int_equal(json_array_size(cells), 2);
    const json_t *cell = json_array_get(cells, 1);
    assert_string_equal(json_string_value(json_object_get(cell, "municipality")), "0217");
    assert_string_equal(json_string_value(json_object_get(cell, "month")), "2026-04");
    assert_int_equal(number(cell, "flipped"), 1);
    const json_t *rules = json_object_get(root, "rules");
    assert_int_equal(json_array_size(rules), 2);
    assert_string_equal(json_string_value(json_object_get(json_array_get(rules, 1), "rule")),
                        "K01");
    assert_null(json_object_get(root, "estimate"));
    json_decref(root);
}

static void a_sample_is_said_to_be_one(void **state)
{
    (void)state;
    report.sample_bp = 1250;
    whatif_tally_spread(&tally, -234567, 1);
    print_as(&whatif_as_text);
    says("Stikprøve: 12,5 % af borgerne.");
    says("Anslået for alle borgere");
    says("ca. 8 ");      /* 1 of one in eight */
    says("ca. -18.765"); /* 2,345.67 times eight */
    json_t *root = print_json();
    assert_int_equal(number(json_object_get(root, "estimate"), "flipped"), 8);
    assert_int_equal(number(json_object_get(root, "estimate"), "differenceOre"), -1876536);
    json_decref(root);
}

static void what_is_left_out_is_told(void **state)
{
    (void)state;
    tally.verdicts[WHATIF_UNLIKE] = 3;
    tally.verdicts[WHATIF_NO_RULEBOOK] = 4;
    tally.verdicts[WHATIF_UNREADABLE] = 5;
    tally.verdicts[WHATIF_ERASED] = 7;
    tally.verdicts[WHATIF_RETIRED] = 8;
    tally.verdicts[WHATIF_SEALED] = 9;
    tally.disordered = 6;
    print_as(&whatif_as_html);
    says("role=\"note\">3 afgørelser er ikke med");
    says("role=\"note\">4 afgørelser er ikke med");
    says("role=\"note\">5 afgørelser er ikke med");
    says("role=\"note\">6 afgørelser ligger i en anden rækkefølge");
    says(
        "role=\"note\">7 afgørelser er ikke med: deres oplysninger er slettet med borgerens nøgle");
    says("role=\"note\">8 afgørelser er ikke med: deres oplysninger er slettet efter alder");
    says("role=\"note\">9 afgørelser er ikke med: deres oplysninger er forseglet");
    assert_null(strstr(printed, "uanset hvilken kommune"));
    report.one_municipality = true;
    print_as(&whatif_as_text);
    says("uanset hvilken kommune");
    json_t *root = print_json();
    const json_t *left_out = json_object_get(root, "leftOut");
    assert_int_equal(number(left_out, "unlikeStored"), 3);
    assert_int_equal(number(left_out, "erased"), 7);
    assert_int_equal(number(left_out, "retired"), 8);
    assert_int_equal(number(left_out, "sealed"), 9);
    json_decref(root);
}

static void nothing_at_all_is_told_too(void **state)
{
    (void)state;
    whatif_tally_release(&tally);
    print_as(&whatif_as_html);
    says("Der er ingen afgørelser i det valgte udsnit.");
    says("Ingen afgørelse ændres.");
    tally.verdicts[WHATIF_SEALED] = 1;
    print_as(&whatif_as_html);
    says("Ingen afgørelse i det valgte udsnit kan afgøres igen.");
    json_t *root = print_json();
    assert_int_equal(number(root, "decisions"), 0);
    json_decref(root);
}

static void how_history_counts_is_said(void **state)
{
    (void)state;
    print_as(&whatif_as_text);
    says("en ændret afgørelse virker på borgerens senere.");
    report.stored = true;
    print_as(&whatif_as_text);
    says("en ændret afgørelse virker ikke på borgerens senere afgørelser.");
    json_t *root = print_json();
    assert_string_equal(json_string_value(json_object_get(root, "history")), "stored");
    json_decref(root);
}

/* Many municipalities: the chart takes the twenty that change most, the largest first. */
static void a_chart_shows_what_changes_most(void **state)
{
    (void)state;
    for (int32_t m = 0; m < 35; m++) {
        int64_t before = m < 30 ? 100000 * (m + 1) : 100;
        struct whatif_result result = result_of(m, "2026-04-02", before, 0);
        result.municipality = m;
        whatif_tally_add(&tally, &result);
    }
    print_as(&whatif_as_html);
    says("De 20 kommuner, hvor beløbet ændres mest.");
    const char *chart = strstr(printed, "Ændring i bevilget beløb efter kommune");
    const char *first = strstr(chart, ">-30.000 kr.<");
    const char *last = strstr(chart, ">-11.000 kr.<");
    assert_true(first != NULL && last != NULL && first < last);
    assert_null(strstr(chart, ">-10.000 kr.<"));
}

static void the_list_has_a_row_each_in_order(void **state)
{
    (void)state;
    whatif_list_sort(&list);
    FILE *out = open_memstream(&printed, &size);
    whatif_list_write(&list, true, out);
    assert_int_equal(fclose(out), 0);
    assert_string_equal(
        printed,
        "application_id,version,municipality,decision_date,outcome_before,outcome_after,"
        "granted_before_ore,granted_after_ore,difference_ore,rules_appeared,rules_gone,"
        "by_history,superseded,partition,offset\n"
        "00000000-0000-0000-0000-000000000001,1,0217,2026-04-02,OUTCOME_APPROVED,OUTCOME_REFERRED,"
        "234567,0,-234567,H01 K01,,false,false,2,41\n"
        "00000000-0000-0000-0000-000000000003,1,0217,2026-03-02,OUTCOME_APPROVED,OUTCOME_APPROVED,"
        "100000,100000,0,,,false,false,2,43\n");
}

static void the_list_as_json_lines_holds_the_same(void **state)
{
    (void)state;
    whatif_list_sort(&list);
    FILE *out = open_memstream(&printed, &size);
    whatif_list_write(&list, false, out);
    assert_int_equal(fclose(out), 0);
    *strchr(printed, '\n') = '\0';
    json_t *row = json_loads(printed, 0, NULL);
    assert_non_null(row);
    assert_int_equal(number(row, "differenceOre"), -234567);
    assert_int_equal(json_array_size(json_object_get(row, "rulesAppeared")), 2);
    assert_int_equal(json_array_size(json_object_get(row, "rulesGone")), 0);
    assert_int_equal(number(row, "offset"), 41);
    json_decref(row);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_terminal_gets_tables, begin, end),
        cmocka_unit_test_setup_teardown(the_page_says_the_same_and_loads_nothing, begin, end),
        cmocka_unit_test_setup_teardown(json_holds_the_same, begin, end),
        cmocka_unit_test_setup_teardown(a_sample_is_said_to_be_one, begin, end),
        cmocka_unit_test_setup_teardown(what_is_left_out_is_told, begin, end),
        cmocka_unit_test_setup_teardown(nothing_at_all_is_told_too, begin, end),
        cmocka_unit_test_setup_teardown(how_history_counts_is_said, begin, end),
        cmocka_unit_test_setup_teardown(a_chart_shows_what_changes_most, begin, end),
        cmocka_unit_test_setup_teardown(the_list_has_a_row_each_in_order, begin, end),
        cmocka_unit_test_setup_teardown(the_list_as_json_lines_holds_the_same, begin, end),
    };
    return cmocka_run_group_tests_name("app/whatif_report", tests, NULL, NULL);
}
