#include <string.h>

#include "mentor/core/price.h"
#include "mentor/core/rulebook.h"

#include "complaint.h"
#include "parts.h"
#include "value.h"

/* serves: [all], or codes */
void serves_load(struct filling *filling, const struct node *node)
{
    struct complaints *complaints = filling->complaints;
    bool *serves = filling->rulebook->serves;
    if (!value_list(complaints, node, 1)) {
        return;
    }
    for (const struct node *entry = node->first; entry != NULL; entry = entry->next) {
        if (entry->kind == NODE_SCALAR && bytes_is(entry->text, "all")) {
            if (entry != node->first || entry->next != NULL) {
                VALUE_COMPLAIN(complaints, entry, "'all' beside others; let it stand alone");
            }
            memset(serves, true, MUNICIPALITY_COUNT * sizeof(serves[0]));
            return;
        }
        int32_t index = 0;
        if (!value_municipality(complaints, entry, &index)) {
            continue;
        }
        if (serves[index]) {
            struct complaint_shown shown = complaint_show(entry->text);
            VALUE_COMPLAIN(complaints, entry, "'%s' again; take one out", shown.text);
        }
        serves[index] = true;
    }
}

struct entries {
    bool has_default;
    struct parameters otherwise;
    bool own[MUNICIPALITY_COUNT];
};

static void
parameters_load_one(struct filling *filling, const struct node *node, struct entries *entries)
{
    enum {
        MUNICIPALITY,
        MINUTES,
        UNIT,
        FEE,
        TRAINING,
        COUNT,
    };
    static const char *const names[COUNT] = {
        "municipality", "max_minutes_per_week", "max_unit_ore", "max_fee_ore", "max_training_ore"};
    struct complaints *complaints = filling->complaints;
    const struct node *found[COUNT];
    struct parameters read = {0};
    if (!value_map(complaints, node, names, COUNT, found)) {
        return;
    }
    value_number(complaints, found[MINUTES], PRICE_WEEK_MINUTES_MAX, &read.max_minutes_per_week);
    value_number(complaints, found[UNIT], PRICE_COST_ORE_MAX, &read.max_unit_ore);
    value_number(complaints, found[FEE], PRICE_COST_ORE_MAX, &read.max_fee_ore);
    value_number(complaints, found[TRAINING], PRICE_COST_ORE_MAX, &read.max_training_ore);

    const struct node *whose = found[MUNICIPALITY];
    if (whose == NULL) {
        return;
    }
    bool is_default = whose->kind == NODE_SCALAR && bytes_is(whose->text, "default");
    int32_t index = 0;
    if (!is_default && !value_municipality(complaints, whose, &index)) {
        return;
    }
    if (is_default ? entries->has_default : entries->own[index]) {
        struct complaint_shown shown = complaint_show(whose->text);
        VALUE_COMPLAIN(complaints, whose, "an entry for '%s' again; keep one", shown.text);
    }
    if (is_default) {
        entries->has_default = true;
        entries->otherwise = read;
    } else {
        entries->own[index] = true;
        filling->rulebook->parameters[index] = read;
    }
}

void parameters_load(struct filling *filling, const struct node *node)
{
    struct entries entries = {0};
    if (!value_list(filling->complaints, node, 1)) {
        return;
    }
    for (const struct node *entry = node->first; entry != NULL; entry = entry->next) {
        parameters_load_one(filling, entry, &entries);
    }
    if (!entries.has_default) {
        VALUE_COMPLAIN(
            filling->complaints, node, "no entry for 'default'; add one for all that have none");
    }
    for (int32_t i = 0; i < MUNICIPALITY_COUNT; i++) {
        if (!entries.own[i]) {
            filling->rulebook->parameters[i] = entries.otherwise;
        }
    }
}
