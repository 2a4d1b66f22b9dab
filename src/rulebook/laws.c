#include "mentor/core/rulebook.h"

#include "complaint.h"
#include "parts.h"
#include "value.h"

/* Target groups as LAB § 6 numbers them, and OUTSIDE_SECTION_6. */
static bool is_group(int64_t group)
{
    return (group >= 1 && group <= 13) || group == 100;
}

static bool has_group(const struct law *law, int64_t group)
{
    for (uint32_t i = 0; i < law->closed_count; i++) {
        if (law->closed[i].group == group) {
            return true;
        }
    }
    return false;
}

static void closed_group_load(struct filling *filling, const struct node *node, struct law *law)
{
    static const char *const names[] = {"group", "from"};
    struct complaints *complaints = filling->complaints;
    const struct node *found[2];
    int64_t group = 0;
    int32_t from = 0;
    if (!value_map(complaints, node, names, 2, found)) {
        return;
    }
    bool numbered = value_number(complaints, found[0], INT32_MAX, &group);
    bool dated = value_date(complaints, found[1], &from);
    if (!numbered) {
        return;
    }
    if (!is_group(group)) {
        VALUE_COMPLAIN(complaints, found[0], "no target group; write 1 to 13, or 100");
    } else if (has_group(law, group)) {
        VALUE_COMPLAIN(complaints, found[0], "this group again; keep one of the two");
    } else if (dated) {
        law->closed[law->closed_count++] = (struct closed_group){(int32_t)group, from};
    }
}

_Static_assert(RULEBOOK_CLOSED_GROUPS_MAX >= 14, "each group fits once");

static void ref_load(struct filling *filling, const struct node *node, struct law *law)
{
    static const char *const names[] = {"rule", "ref"};
    struct complaints *complaints = filling->complaints;
    const struct node *found[2];
    enum rule_id rule = RULE_COUNT;
    struct bytes ref = {0};
    if (!value_map(complaints, node, names, 2, found)) {
        return;
    }
    bool known = value_rule(complaints, found[0], &rule);
    bool worded = value_word(complaints, found[1], &ref);
    if (!known) {
        return;
    }
    if (law->refs[rule].size > 0) {
        VALUE_COMPLAIN(complaints,
                       found[0],
                       "a second reference of %s in this law; keep one",
                       rule_name(rule));
    } else if (worded) {
        law->refs[rule] = filling_keep(filling, ref);
    }
}

static void from_load(struct filling *filling, const struct node *node, struct law *law)
{
    if (!value_date(filling->complaints, node, &law->from)) {
        return;
    }
    date_format(law->from, law->from_text);
    bool follows = law > filling->rulebook->laws && law[-1].from_text[0] != '\0';
    if (follows && law->from <= law[-1].from) {
        VALUE_COMPLAIN(filling->complaints,
                       node,
                       "this law does not begin after the one before; put the laws in order");
    }
}

static void law_load(struct filling *filling, const struct node *node, struct law *law)
{
    enum {
        FROM,
        ACT,
        AUTHORITY,
        EDUCATION,
        CLOSED,
        REFS,
        COUNT,
    };
    static const char *const names[COUNT] = {
        "from", "act", "authority_da", "education_right", "closed_groups", "refs"};
    struct complaints *complaints = filling->complaints;
    const struct node *found[COUNT];
    struct bytes text = {0};
    if (!value_map(complaints, node, names, COUNT, found)) {
        return;
    }
    from_load(filling, found[FROM], law);
    if (value_word(complaints, found[ACT], &text)) {
        law->act = filling_keep(filling, text);
    }
    if (value_word(complaints, found[AUTHORITY], &text)) {
        law->authority_da = filling_keep(filling, text);
    }
    value_flag(complaints, found[EDUCATION], &law->education_right);
    if (value_list(complaints, found[CLOSED], 0)) {
        for (const struct node *at = found[CLOSED]->first; at != NULL; at = at->next) {
            closed_group_load(filling, at, law);
        }
    }
    if (value_list(complaints, found[REFS], 0)) {
        for (const struct node *at = found[REFS]->first; at != NULL; at = at->next) {
            ref_load(filling, at, law);
        }
    }
}

void laws_load(struct filling *filling, const struct node *node)
{
    struct rulebook *rulebook = filling->rulebook;
    if (!value_list(filling->complaints, node, 1)) {
        return;
    }
    for (const struct node *entry = node->first; entry != NULL; entry = entry->next) {
        if (rulebook->law_count == RULEBOOK_LAWS_MAX) {
            VALUE_COMPLAIN(filling->complaints,
                           entry,
                           "more than %d laws; begin a new rulebook",
                           RULEBOOK_LAWS_MAX);
            return;
        }
        law_load(filling, entry, &rulebook->laws[rulebook->law_count++]);
    }
}
