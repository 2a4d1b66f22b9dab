#include "whatif_list.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "mentor/core/date.h"
#include "mentor/core/identifier.h"

#include "whatif_report.h"

enum {
    RULES_SIZE = RULE_COUNT * 6 + 1, /* "X01", with its quotes and a comma */
};

void whatif_list_release(struct whatif_list *list)
{
    free(list->results);
    *list = (struct whatif_list){0};
}

void whatif_list_add(struct whatif_list *list, const struct whatif_result *result)
{
    if (list->count == list->capacity) {
        list->capacity = list->capacity == 0 ? 1024 : 2 * list->capacity;
        struct whatif_result *larger =
            realloc(list->results, list->capacity * sizeof(*list->results));
        CHECK(larger != NULL);
        list->results = larger;
    }
    list->results[list->count++] = *result;
}

static int compare(const void *a_, const void *b_)
{
    const struct whatif_result *a = a_;
    const struct whatif_result *b = b_;
    return a->batch != b->batch ? (a->batch > b->batch) - (a->batch < b->batch)
                                : (a->index > b->index) - (a->index < b->index);
}

void whatif_list_sort(struct whatif_list *list)
{
    if (list->count > 0) {
        qsort(list->results, list->count, sizeof(*list->results), compare);
    }
}

/* Those in `rules` and not in `others`: K01 P02, or "K01","P02". */
static void add_rules(uint64_t rules, uint64_t others, bool csv, char text[RULES_SIZE])
{
    size_t size = 0;
    text[0] = '\0';
    for (int rule = 0; rule < RULE_COUNT; rule++) {
        if ((rules & ~others & UINT64_C(1) << rule) != 0) {
            const char *gap = size == 0 ? "" : csv ? " " : ",";
            size += (size_t)snprintf(text + size,
                                     RULES_SIZE - size,
                                     csv ? "%s%s" : "%s\"%s\"",
                                     gap,
                                     rule_name((enum rule_id)rule));
        }
    }
}

static void write_row(const struct whatif_result *row, bool csv, FILE *out)
{
    char id[UUID_TEXT_SIZE];
    char day[DATE_TEXT_SIZE];
    char appeared[RULES_SIZE];
    char gone[RULES_SIZE];
    uuid_format(row->application_id, id);
    date_format(row->day, day);
    add_rules(row->after.rules, row->before.rules, csv, appeared);
    add_rules(row->before.rules, row->after.rules, csv, gone);
    (void)fprintf(
        out,
        csv ? "%.36s,%" PRId64 ",%s,%.10s,%s,%s,%" PRId64 ",%" PRId64 ",%" PRId64
              ",%s,%s,%s,%s,%" PRId32 ",%" PRId64 "\n"
            : "{\"applicationId\":\"%.36s\",\"version\":%" PRId64
              ",\"municipality\":\"%s\",\"decisionDate\":\"%.10s\",\"outcomeBefore\":\"%s\","
              "\"outcomeAfter\":\"%s\",\"grantedBeforeOre\":%" PRId64
              ",\"grantedAfterOre\":%" PRId64 ",\"differenceOre\":%" PRId64
              ",\"rulesAppeared\":[%s],\"rulesGone\":[%s],\"byHistory\":%s,\"superseded\":%s,"
              "\"partition\":%" PRId32 ",\"offset\":%" PRId64 "}\n",
        id,
        row->version,
        row->municipality < 0 ? "" : municipality_code((uint32_t)row->municipality),
        day,
        whatif_outcome(row->before.outcome),
        whatif_outcome(row->after.outcome),
        row->before.granted_ore,
        row->after.granted_ore,
        row->after.granted_ore - row->before.granted_ore,
        appeared,
        gone,
        row->by_history ? "true" : "false",
        row->superseded ? "true" : "false",
        row->partition,
        row->offset);
}

void whatif_list_write(const struct whatif_list *list, bool csv, FILE *out)
{
    if (csv) {
        (void)fputs(
            "application_id,version,municipality,decision_date,outcome_before,outcome_after,"
            "granted_before_ore,granted_after_ore,difference_ore,rules_appeared,rules_gone,"
            "by_history,superseded,partition,offset\n",
            out);
    }
    for (size_t i = 0; i < list->count; i++) {
        write_row(&list->results[i], csv, out);
    }
}
