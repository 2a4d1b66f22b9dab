#include "value.h"

#include <stdio.h>
#include <string.h>

#include "mentor/core/date.h"
#include "mentor/core/identifier.h"

#include "complaint.h"

enum {
    NUMBER_DIGITS_MAX = 18, /* no overflow in int64_t */
    NAMES_TEXT_MAX = 160,
};

static bool gone(const struct node *node)
{
    return node == NULL || node->kind == NODE_REFUSED;
}

struct names_text {
    char text[NAMES_TEXT_MAX];
};

static struct names_text list_names(const char *const *names, size_t count)
{
    struct names_text list = {{0}};
    size_t used = 0;
    for (size_t i = 0; i < count && used < sizeof(list.text); i++) {
        used += (size_t)snprintf(
            list.text + used, sizeof(list.text) - used, "%s%s", i == 0 ? "" : ", ", names[i]);
    }
    return list;
}

static size_t find_name(const char *const *names, size_t count, struct bytes name)
{
    size_t i = 0;
    while (i < count && !bytes_is(name, names[i])) {
        i++;
    }
    return i;
}

bool value_map(struct complaints *complaints,
               const struct node *node,
               const char *const *names,
               size_t count,
               const struct node **found)
{
    struct names_text all = list_names(names, count);
    for (size_t i = 0; i < count; i++) {
        found[i] = NULL;
    }
    if (gone(node)) {
        return false;
    }
    if (node->kind != NODE_MAP) {
        return VALUE_COMPLAIN(complaints, node, "not a mapping; write the keys %s", all.text);
    }
    const struct node *value = NULL;
    for (const struct node *key = node->first; key != NULL; key = value->next) {
        value = key->next;
        if (key->kind == NODE_REFUSED) {
            continue;
        }
        size_t i = key->kind == NODE_SCALAR ? find_name(names, count, key->text) : count;
        struct complaint_shown shown = complaint_show(key->text);
        if (key->kind != NODE_SCALAR) {
            VALUE_COMPLAIN(complaints, key, "a key that is no word; use one of %s", all.text);
        } else if (i == count) {
            VALUE_COMPLAIN(
                complaints, key, "unknown key '%s'; use one of %s", shown.text, all.text);
        } else if (found[i] != NULL) {
            VALUE_COMPLAIN(complaints, key, "key '%s' again; keep one of the two", shown.text);
        } else {
            found[i] = value;
        }
    }
    for (size_t i = 0; i < count; i++) {
        if (found[i] == NULL) {
            VALUE_COMPLAIN(complaints, node, "key '%s' is missing here; add it", names[i]);
        }
    }
    return true;
}

bool value_list(struct complaints *complaints, const struct node *node, uint32_t least)
{
    if (gone(node)) {
        return false;
    }
    if (node->kind != NODE_LIST) {
        return VALUE_COMPLAIN(complaints, node, "not a list; write it as [...] or with dashes");
    }
    if (least > 0 && node->first == NULL) {
        return VALUE_COMPLAIN(complaints, node, "an empty list; give it one entry at least");
    }
    return true;
}

static bool is_scalar(struct complaints *complaints, const struct node *node)
{
    if (gone(node)) {
        return false;
    }
    if (node->kind != NODE_SCALAR) {
        return VALUE_COMPLAIN(complaints,
                              node,
                              "a %s where a single value belongs; write the value alone",
                              node->kind == NODE_LIST ? "list" : "mapping");
    }
    return true;
}

/* C0, DEL, C1, and the two line breaks that Unicode adds. */
static bool has_control(struct bytes text)
{
    for (size_t i = 0; i < text.size; i++) {
        const uint8_t *at = text.data + i;
        if (at[0] < 0x20 || at[0] == 0x7f || (at[0] == 0xc2 && at[1] < 0xa0) ||
            (at[0] == 0xe2 && at[1] == 0x80 && (at[2] == 0xa8 || at[2] == 0xa9))) {
            return true; /* UTF-8, with a terminator: at[1] and at[2] can be read */
        }
    }
    return false;
}

static bool is_blank(const struct node *node)
{
    static const char *const nothings[] = {"~", "null", "Null", "NULL"};
    size_t count = sizeof(nothings) / sizeof(nothings[0]);
    if (node->plain && find_name(nothings, count, node->text) < count) {
        return true;
    }
    for (size_t i = 0; i < node->text.size; i++) {
        if (node->text.data[i] != ' ') {
            return false;
        }
    }
    return true;
}

bool value_text(struct complaints *complaints,
                const struct node *node,
                size_t most,
                struct bytes *text)
{
    if (!is_scalar(complaints, node)) {
        return false;
    }
    if (!bytes_utf8(node->text)) {
        return VALUE_COMPLAIN(complaints, node, "text that is not UTF-8; write it as UTF-8");
    }
    if (is_blank(node)) {
        return VALUE_COMPLAIN(complaints, node, "an empty text; write one");
    }
    if (has_control(node->text)) {
        return VALUE_COMPLAIN(
            complaints, node, "a control character or line break in a text; write it on one line");
    }
    if (node->text.size > most) {
        return VALUE_COMPLAIN(
            complaints, node, "a text of %zu bytes; shorten it to %zu", node->text.size, most);
    }
    *text = node->text;
    return true;
}

bool value_word(struct complaints *complaints, const struct node *node, struct bytes *text)
{
    if (!value_text(complaints, node, RULEBOOK_WORD_MAX, text)) {
        return false;
    }
    if (memchr(text->data, '{', text->size) != NULL) {
        return VALUE_COMPLAIN(
            complaints, node, "a '{' here; only da and complaint_da have placeholders");
    }
    return true;
}

bool value_number(struct complaints *complaints,
                  const struct node *node,
                  int64_t most,
                  int64_t *number)
{
    if (!is_scalar(complaints, node)) {
        return false;
    }
    struct bytes text = node->text;
    bool fits = node->plain && text.size > 0 && text.size <= NUMBER_DIGITS_MAX &&
                digits_are(text, text.size) && (text.data[0] != '0' || text.size == 1);
    int64_t value = 0;
    for (size_t i = 0; fits && i < text.size; i++) {
        value = 10 * value + (text.data[i] - '0');
    }
    if (!fits || value > most) {
        struct complaint_shown shown = complaint_show(text);
        return VALUE_COMPLAIN(complaints,
                              node,
                              "'%s' is no number from 0 to %lld; write decimal digits only, "
                              "without sign, leading zero or quotes",
                              shown.text,
                              (long long)most);
    }
    *number = value;
    return true;
}

bool value_flag(struct complaints *complaints, const struct node *node, bool *flag)
{
    if (!is_scalar(complaints, node)) {
        return false;
    }
    *flag = bytes_is(node->text, "true");
    if (!node->plain || (!*flag && !bytes_is(node->text, "false"))) {
        struct complaint_shown shown = complaint_show(node->text);
        return VALUE_COMPLAIN(complaints,
                              node,
                              "'%s' is neither true nor false; write one of them, without quotes",
                              shown.text);
    }
    return true;
}

bool value_date(struct complaints *complaints, const struct node *node, int32_t *day)
{
    if (!is_scalar(complaints, node)) {
        return false;
    }
    if (!date_parse(node->text, day)) {
        struct complaint_shown shown = complaint_show(node->text);
        return VALUE_COMPLAIN(complaints,
                              node,
                              "'%s' is no date from 1900 to 2199; write it as 2026-07-01",
                              shown.text);
    }
    return true;
}

bool value_municipality(struct complaints *complaints, const struct node *node, int32_t *index)
{
    if (!is_scalar(complaints, node)) {
        return false;
    }
    *index = municipality_index(node->text);
    if (*index < 0) {
        struct complaint_shown shown = complaint_show(node->text);
        return VALUE_COMPLAIN(complaints,
                              node,
                              "'%s' is none of the 98 municipalities; write its four digits",
                              shown.text);
    }
    return true;
}

bool value_rule(struct complaints *complaints, const struct node *node, enum rule_id *rule)
{
    struct bytes text = {0};
    if (!value_text(complaints, node, RULEBOOK_WORD_MAX, &text)) {
        return false;
    }
    int found = rule_find((const char *)text.data); /* terminated, and no NUL within */
    if (found < 0) {
        struct complaint_shown shown = complaint_show(text);
        return VALUE_COMPLAIN(
            complaints, node, "unknown rule '%s'; write a rule's id, such as E01", shown.text);
    }
    *rule = (enum rule_id)found;
    return true;
}
