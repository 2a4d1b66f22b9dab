#ifndef MENTOR_SRC_APP_WHATIF_LIST_H
#define MENTOR_SRC_APP_WHATIF_LIST_H

/* Private to app/: the decisions that change, a row each, without anything of the citizen. Memory
 * grows with what changes. */

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "whatif.h"

/* Zeroed is empty. */
struct whatif_list {
    struct whatif_result *results; /* owned */
    size_t count;
    size_t capacity;
};

void whatif_list_release(struct whatif_list *list);
void whatif_list_add(struct whatif_list *list, const struct whatif_result *result);
/* In the order of their batches. */
void whatif_list_sort(struct whatif_list *list);
/* CSV with a header line, or JSON Lines. */
void whatif_list_write(const struct whatif_list *list, bool csv, FILE *out);

#endif /* MENTOR_SRC_APP_WHATIF_LIST_H */
