#ifndef MENTOR_SRC_APP_RULEBOOKS_H
#define MENTOR_SRC_APP_RULEBOOKS_H

/* Private to app/: the rulebooks that decisions name, found by their hash. A zeroed one is empty.
 */

#include <stdbool.h>
#include <stdint.h>

#include "mentor/base/err.h"
#include "mentor/base/sha256.h"

struct chronicle;
struct rulebook;

struct rulebooks {
    struct rulebook **items; /* owned */
    uint32_t count;
};

/* Told of a stored rulebook that is not the one it is stored as; `hex` is that one's hash, with its
 * terminator. */
typedef void rulebooks_refused_fn(void *self, const char hex[2 * SHA256_SIZE + 1]);

/* Takes it over. */
void rulebooks_add(struct rulebooks *rulebooks, struct rulebook *rulebook);
/* All that are stored. Those that cannot be read are left out, and refused() is told; NULL: it is
 * said on stderr. What names one cannot be decided again. */
MUST_CHECK bool rulebooks_stored(struct rulebooks *rulebooks,
                                 const struct chronicle *chronicle,
                                 rulebooks_refused_fn *refused,
                                 void *self,
                                 struct err *err);
/* A file, or each *.yaml of a folder. */
MUST_CHECK bool rulebooks_at(struct rulebooks *rulebooks, const char *path, struct err *err);
/* Borrowed; NULL when it is not among them. */
const struct rulebook *rulebooks_find(const struct rulebooks *rulebooks,
                                      const uint8_t sha256[SHA256_SIZE]);
void rulebooks_release(struct rulebooks *rulebooks);

#endif /* MENTOR_SRC_APP_RULEBOOKS_H */
