#ifndef RULEBOOK_VALUE_H
#define RULEBOOK_VALUE_H

/*
 * Typed access to the tree. Each reads one node, complains of what it is not, and answers false; a
 * node that is missing (NULL) or refused has been complained of already and gets no second
 * complaint. The answer may go unread where nothing more hangs on it: one complaint, and the
 * rulebook is not loaded.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mentor/base/bytes.h"
#include "mentor/core/finding.h"
#include "mentor/core/rulebook.h"

#include "tree.h"

struct complaints;

enum {
    VALUE_TEXT_MAX = 1000, /* bytes of a text: it is stored with every decision */
};

/* Complains at the node; false. */
#define VALUE_COMPLAIN(complaints, node, ...)                                                      \
    complaint_add((complaints), (node)->line, (node)->column, __VA_ARGS__)

/*
 * A mapping of exactly these keys: found[i] is the value of names[i], NULL when there is none.
 * Unknown, doubled and missing keys are complaints, and what was found can be read all the same.
 * False when it is no mapping at all.
 */
bool value_map(struct complaints *complaints,
               const struct node *node,
               const char *const *names,
               size_t count,
               const struct node **found);

/* A list; `least` is how many entries it must have. False when it is none; its entries are
 * node->first, ->next. */
bool value_list(struct complaints *complaints, const struct node *node, uint32_t least);

/* Not blank, at most `most` bytes of UTF-8 with no control character. Lives as long as the tree. */
bool value_text(struct complaints *complaints,
                const struct node *node,
                size_t most,
                struct bytes *text);

/* As value_text, of RULEBOOK_WORD_MAX bytes, and with no placeholder in it. */
bool value_word(struct complaints *complaints, const struct node *node, struct bytes *text);

/* Decimal digits without sign, leading zero or quotes, 0 to `most`. */
bool value_number(struct complaints *complaints,
                  const struct node *node,
                  int64_t most,
                  int64_t *number);

/* true or false, without quotes. */
bool value_flag(struct complaints *complaints, const struct node *node, bool *flag);

bool value_date(struct complaints *complaints, const struct node *node, int32_t *day);

/* One of the 98. */
bool value_municipality(struct complaints *complaints, const struct node *node, int32_t *index);

bool value_rule(struct complaints *complaints, const struct node *node, enum rule_id *rule);

#endif /* RULEBOOK_VALUE_H */
