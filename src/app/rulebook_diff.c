#include "rulebook_diff.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "mentor/core/rulebook.h"

enum {
    PATH_SIZE = 96,
    TEXT_SIZE = 4096,
};

struct diff {
    const struct rulebook *before;
    const struct rulebook *after;
    const struct rulebook_changes *changes;
    uint32_t count;
};

static void tell(struct diff *diff, const char *path, const char *before, const char *after)
{
    diff->count++;
    diff->changes->change(diff->changes->self, path, before, after);
}

static void tell_bytes(struct diff *diff, const char *path, struct bytes before, struct bytes after)
{
    char left[TEXT_SIZE];
    char right[TEXT_SIZE];
    if (!bytes_equal(before, after)) {
        (void)snprintf(left, sizeof(left), "%.*s", BYTES_ARGS(before));
        (void)snprintf(right, sizeof(right), "%.*s", BYTES_ARGS(after));
        tell(diff, path, left, right);
    }
}

static void tell_number(struct diff *diff, const char *path, int64_t before, int64_t after)
{
    char left[24];
    char right[24];
    if (before != after) {
        (void)snprintf(left, sizeof(left), "%" PRId64, before);
        (void)snprintf(right, sizeof(right), "%" PRId64, after);
        tell(diff, path, left, right);
    }
}

static void tell_flag(struct diff *diff, const char *path, bool before, bool after)
{
    if (before != after) {
        tell(diff, path, before ? "true" : "false", after ? "true" : "false");
    }
}

static bool same_limits(const struct diff *diff, uint32_t a, uint32_t b)
{
    return diff->before->serves[a] == diff->before->serves[b] &&
           diff->after->serves[a] == diff->after->serves[b] &&
           memcmp(&diff->before->parameters[a],
                  &diff->before->parameters[b],
                  sizeof(struct parameters)) == 0 &&
           memcmp(&diff->after->parameters[a],
                  &diff->after->parameters[b],
                  sizeof(struct parameters)) == 0;
}

/* One municipality's, or all those at once whose limits are and become the same. */
static void diff_limits(struct diff *diff, const char *who, uint32_t at)
{
    static const char *const names[] = {
        "max_minutes_per_week", "max_unit_ore", "max_fee_ore", "max_training_ore"};
    const struct parameters *before = &diff->before->parameters[at];
    const struct parameters *after = &diff->after->parameters[at];
    const int64_t values[][2] = {
        {before->max_minutes_per_week, after->max_minutes_per_week},
        {before->max_unit_ore, after->max_unit_ore},
        {before->max_fee_ore, after->max_fee_ore},
        {before->max_training_ore, after->max_training_ore},
    };
    char path[PATH_SIZE];
    (void)snprintf(path, sizeof(path), "serves[%s]", who);
    tell_flag(diff, path, diff->before->serves[at], diff->after->serves[at]);
    for (size_t i = 0; diff->after->serves[at] && diff->before->serves[at] && i < 4; i++) {
        (void)snprintf(path, sizeof(path), "parameters[%s].%s", who, names[i]);
        tell_number(diff, path, values[i][0], values[i][1]);
    }
}

static void diff_municipalities(struct diff *diff)
{
    for (uint32_t i = 0; i < MUNICIPALITY_COUNT; i++) {
        char who[40];
        uint32_t same = 0;
        bool first = true;
        for (uint32_t j = 0; j < MUNICIPALITY_COUNT && first; j++) {
            bool equal = same_limits(diff, i, j);
            first = !(equal && j < i);
            same += equal;
        }
        if (first && same > 1) {
            (void)snprintf(who, sizeof(who), "%u municipalities", same);
            diff_limits(diff, who, i);
        } else if (first) {
            (void)snprintf(who, sizeof(who), "%s", municipality_code(i));
            diff_limits(diff, who, i);
        }
    }
}

/* The first day from which a group is closed; "" when it is not. */
static const char *closed_from(const struct law *law, int32_t group, char text[DATE_TEXT_SIZE + 1])
{
    text[0] = '\0';
    for (uint32_t i = 0; i < law->closed_count; i++) {
        if (law->closed[i].group == group) {
            date_format(law->closed[i].from, text);
            text[DATE_TEXT_SIZE] = '\0';
        }
    }
    return text;
}

static void
diff_closed(struct diff *diff, const char *from, const struct law *before, const struct law *after)
{
    const struct law *const both[] = {before, after};
    for (size_t side = 0; side < 2; side++) {
        for (uint32_t i = 0; i < both[side]->closed_count; i++) {
            char path[PATH_SIZE];
            char left[DATE_TEXT_SIZE + 1];
            char right[DATE_TEXT_SIZE + 1];
            int32_t group = both[side]->closed[i].group;
            (void)closed_from(before, group, left);
            (void)closed_from(after, group, right);
            /* told from the side that has it; once when both have */
            if (strcmp(left, right) != 0 && (side == 0 || left[0] == '\0')) {
                (void)snprintf(path, sizeof(path), "laws[%.10s].closed_groups[%d]", from, group);
                tell(diff, path, left, right);
            }
        }
    }
}

static void
diff_law(struct diff *diff, const char *from, const struct law *before, const struct law *after)
{
    char path[PATH_SIZE];
    (void)snprintf(path, sizeof(path), "laws[%.10s].act", from);
    tell_bytes(diff, path, before->act, after->act);
    (void)snprintf(path, sizeof(path), "laws[%.10s].authority_da", from);
    tell_bytes(diff, path, before->authority_da, after->authority_da);
    (void)snprintf(path, sizeof(path), "laws[%.10s].education_right", from);
    tell_flag(diff, path, before->education_right, after->education_right);
    diff_closed(diff, from, before, after);
    for (int rule = 0; rule < RULE_COUNT; rule++) {
        (void)snprintf(
            path, sizeof(path), "laws[%.10s].refs[%s]", from, rule_name((enum rule_id)rule));
        tell_bytes(diff, path, before->refs[rule], after->refs[rule]);
    }
}

/* A day on which a law of either begins: what applies from then on by the one and by the other. So
 * an added law says what it changes, a removed one what comes back, and a moved one what is other
 * in it. */
static void diff_day(struct diff *diff, const struct law *begins)
{
    static const struct law none;
    const struct law *const both[] = {rulebook_law(diff->before, begins->from),
                                      rulebook_law(diff->after, begins->from)};
    const struct law *before = both[0] == NULL ? &none : both[0];
    const struct law *after = both[1] == NULL ? &none : both[1];
    bool was = before->from == begins->from && both[0] != NULL;
    bool is = after->from == begins->from && both[1] != NULL;
    if (was != is) {
        char path[PATH_SIZE];
        (void)snprintf(path, sizeof(path), "laws[%.10s]", begins->from_text);
        tell_bytes(
            diff, path, was ? before->act : (struct bytes){0}, is ? after->act : (struct bytes){0});
    }
    diff_law(diff, begins->from_text, before, after);
}

/* In order of their days. */
static void diff_laws(struct diff *diff)
{
    const struct rulebook *before = diff->before;
    const struct rulebook *after = diff->after;
    uint32_t i = 0;
    uint32_t j = 0;
    while (i < before->law_count || j < after->law_count) {
        bool left = j == after->law_count ||
                    (i < before->law_count && before->laws[i].from <= after->laws[j].from);
        bool right = i == before->law_count ||
                     (j < after->law_count && after->laws[j].from <= before->laws[i].from);
        diff_day(diff, left ? &before->laws[i] : &after->laws[j]);
        i += left ? 1 : 0;
        j += right ? 1 : 0;
    }
}

/* Danish texts stand in the laws with their authority filled in: compared where that is the same.
 */
static void diff_texts(struct diff *diff)
{
    const struct law *before = &diff->before->laws[0];
    const struct law *after = &diff->after->laws[0];
    for (uint32_t i = 0; i < diff->before->law_count; i++) {
        for (uint32_t j = 0; j < diff->after->law_count; j++) {
            if (bytes_equal(diff->before->laws[i].authority_da,
                            diff->after->laws[j].authority_da)) {
                before = &diff->before->laws[i];
                after = &diff->after->laws[j];
            }
        }
    }
    for (int rule = 0; rule < RULE_COUNT; rule++) {
        char path[PATH_SIZE];
        (void)snprintf(path, sizeof(path), "texts[%s].da", rule_name((enum rule_id)rule));
        tell_bytes(diff, path, before->text_da[rule], after->text_da[rule]);
        (void)snprintf(path, sizeof(path), "texts[%s].en", rule_name((enum rule_id)rule));
        tell_bytes(diff, path, diff->before->text_en[rule], diff->after->text_en[rule]);
    }
    tell_bytes(diff, "complaint_da", before->complaint_da, after->complaint_da);
}

uint32_t rulebook_diff(const struct rulebook *before,
                       const struct rulebook *after,
                       const struct rulebook_changes *changes)
{
    struct diff diff = {before, after, changes, 0};
    tell_number(&diff, "renewal_gap_days", before->renewal_gap_days, after->renewal_gap_days);
    diff_municipalities(&diff);
    diff_laws(&diff);
    diff_texts(&diff);
    return diff.count;
}
