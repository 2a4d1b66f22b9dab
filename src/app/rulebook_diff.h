#ifndef MENTOR_SRC_APP_RULEBOOK_DIFF_H
#define MENTOR_SRC_APP_RULEBOOK_DIFF_H

/* Private to app/: what another rulebook says otherwise, parameter by parameter and text by text.
 */

#include <stdint.h>

struct rulebook;

/* Called for each difference. Texts are NUL-terminated and borrowed; "" where one side has nothing.
 */
struct rulebook_changes {
    void (*change)(void *self, const char *path, const char *before, const char *after);
    void *self;
};

/* Returns how many were told. Name, version and comments are no difference. */
uint32_t rulebook_diff(const struct rulebook *before,
                       const struct rulebook *after,
                       const struct rulebook_changes *changes);

#endif /* MENTOR_SRC_APP_RULEBOOK_DIFF_H */
