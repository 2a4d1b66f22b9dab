#ifndef MENTOR_SRC_APP_JSON_DIFF_H
#define MENTOR_SRC_APP_JSON_DIFF_H

/*
 * Private to app/: what two messages in ProtoJSON have otherwise, field by field. Findings are told
 * apart by their rule, so that one that is new does not make the others look changed.
 */

#include <jansson.h>
#include <stdint.h>

/* Called for each difference, in the order of the fields. The path is as `frame.totalOre` or
 * `findings[K01].weight`; NULL stands for what a side does not have. All is borrowed for the call.
 */
struct json_changes {
    void (*change)(void *self, const char *path, const json_t *before, const json_t *after);
    void *self;
};

/* Returns how many were told. Items that only changed places are no difference. */
uint32_t json_diff(const json_t *before, const json_t *after, const struct json_changes *changes);

#endif /* MENTOR_SRC_APP_JSON_DIFF_H */
