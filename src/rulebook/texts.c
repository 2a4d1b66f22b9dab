#include <stdio.h>
#include <string.h>

#include "mentor/base/arena.h"
#include "mentor/base/check.h"
#include "mentor/core/rulebook.h"

#include "complaint.h"
#include "parts.h"
#include "value.h"

static const char authority_mark[] = "{authority}";
static const char deadline_mark[] = "{deadline}";

static bool begins(struct bytes text, const char *mark)
{
    size_t size = strlen(mark);
    return text.size >= size && memcmp(text.data, mark, size) == 0;
}

static struct bytes skip(struct bytes text, size_t size)
{
    return bytes_of(text.data + size, text.size - size);
}

/* Cuts up to the next '{' off *text; what is left begins with it or is empty. */
static struct bytes cut_to_brace(struct bytes *text)
{
    const uint8_t *brace = text->size == 0 ? NULL : memchr(text->data, '{', text->size);
    size_t size = brace == NULL ? text->size : (size_t)(brace - text->data);
    struct bytes before = bytes_of(text->data, size);
    *text = skip(*text, size);
    return before;
}

/* Every placeholder is a known one. *deadlines counts {deadline}. */
static bool placeholders_known(struct filling *filling,
                               const struct node *node,
                               struct bytes text,
                               uint32_t *deadlines)
{
    *deadlines = 0;
    (void)cut_to_brace(&text);
    while (text.size > 0) {
        *deadlines += begins(text, deadline_mark);
        if (!begins(text, deadline_mark) && !begins(text, authority_mark)) {
            const uint8_t *close = memchr(text.data, '}', text.size);
            size_t size = close == NULL ? text.size : (size_t)(close - text.data) + 1;
            struct complaint_shown shown = complaint_show(bytes_of(text.data, size));
            return VALUE_COMPLAIN(filling->complaints,
                                  node,
                                  "unknown placeholder '%s'; use {authority} or {deadline}",
                                  shown.text);
        }
        text = skip(text, 1);
        (void)cut_to_brace(&text);
    }
    return true;
}

/* Size of the text with the authority filled in; written to `to` unless that is NULL. */
static size_t fill(struct bytes text, struct bytes authority, uint8_t *to)
{
    size_t size = 0;
    while (text.size > 0) {
        struct bytes piece = cut_to_brace(&text);
        if (piece.size == 0 && begins(text, authority_mark)) {
            piece = authority;
            text = skip(text, sizeof(authority_mark) - 1);
        } else if (piece.size == 0) {
            piece = bytes_of(text.data, 1);
            text = skip(text, 1);
        }
        if (to != NULL && piece.size > 0) {
            memcpy(to + size, piece.data, piece.size);
        }
        size += piece.size;
    }
    return size;
}

static struct bytes fill_for_law(struct filling *filling,
                                 const struct node *node,
                                 struct bytes text,
                                 const struct law *law)
{
    size_t size = fill(text, law->authority_da, NULL);
    if (size > VALUE_TEXT_MAX) {
        VALUE_COMPLAIN(filling->complaints,
                       node,
                       "a text of %zu bytes with the authority in it; shorten it to %d",
                       size,
                       VALUE_TEXT_MAX);
        return (struct bytes){0};
    }
    uint8_t *data = arena_alloc(filling->arena, size);
    CHECK(data != NULL);
    (void)fill(text, law->authority_da, data);
    return bytes_of(data, size);
}

/* One rule's {rule, da, en}. */
static void text_load(struct filling *filling, const struct node *node, bool seen[RULE_COUNT])
{
    static const char *const names[] = {"rule", "da", "en"};
    struct complaints *complaints = filling->complaints;
    struct rulebook *rulebook = filling->rulebook;
    const struct node *found[3];
    enum rule_id rule = RULE_COUNT;
    struct bytes danish = {0};
    struct bytes english = {0};
    uint32_t deadlines = 0;
    if (!value_map(complaints, node, names, 3, found)) {
        return;
    }
    bool known = value_rule(complaints, found[0], &rule);
    bool danish_good = value_text(complaints, found[1], VALUE_TEXT_MAX, &danish) &&
                       placeholders_known(filling, found[1], danish, &deadlines);
    bool english_good = value_text(complaints, found[2], VALUE_TEXT_MAX, &english);
    if (english_good && memchr(english.data, '{', english.size) != NULL) {
        english_good = VALUE_COMPLAIN(
            complaints, found[2], "a '{' here; only da and complaint_da have placeholders");
    }
    if (!known) {
        return;
    }
    if (seen[rule]) {
        VALUE_COMPLAIN(complaints, found[0], "texts of %s again; keep one", rule_name(rule));
        return;
    }
    seen[rule] = true;
    if (english_good) {
        rulebook->text_en[rule] = filling_keep(filling, english);
    }
    for (uint32_t i = 0; danish_good && i < rulebook->law_count; i++) {
        struct law *law = &rulebook->laws[i];
        law->text_da[rule] = fill_for_law(filling, found[1], danish, law);
    }
}

void texts_load(struct filling *filling, const struct node *node)
{
    bool seen[RULE_COUNT] = {false};
    if (!value_list(filling->complaints, node, 0)) {
        return;
    }
    for (const struct node *entry = node->first; entry != NULL; entry = entry->next) {
        text_load(filling, entry, seen);
    }
    char missing[RULE_COUNT * 5] = "";
    size_t used = 0;
    for (int rule = 0; rule < RULE_COUNT; rule++) {
        if (!seen[rule]) {
            used += (size_t)snprintf(missing + used,
                                     sizeof(missing) - used,
                                     "%s%s",
                                     used == 0 ? "" : " ",
                                     rule_name((enum rule_id)rule));
        }
    }
    if (used > 0) {
        VALUE_COMPLAIN(
            filling->complaints, node, "no texts for %s; every rule needs da and en", missing);
    }
}

void complaint_text_load(struct filling *filling, const struct node *node)
{
    struct rulebook *rulebook = filling->rulebook;
    struct bytes text = {0};
    uint32_t deadlines = 0;
    if (!value_text(filling->complaints, node, VALUE_TEXT_MAX, &text) ||
        !placeholders_known(filling, node, text, &deadlines)) {
        return;
    }
    if (deadlines == 0) {
        VALUE_COMPLAIN(filling->complaints, node, "no {deadline}; say the last day to complain");
    }
    for (uint32_t i = 0; i < rulebook->law_count; i++) {
        struct law *law = &rulebook->laws[i];
        law->complaint_da = fill_for_law(filling, node, text, law);
    }
}
