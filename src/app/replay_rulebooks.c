/* The rulebooks that decisions name by their hash. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mentor/core/rulebook.h"
#include "mentor/rulebook/load.h"

#include "replay.h"

bool replay_rulebooks_stored(struct replay_rulebooks *rulebooks,
                             const struct chronicle *chronicle,
                             struct err *err)
{
    const struct chronicle_rulebook *rows = NULL;
    uint32_t count = 0;
    if (!chronicle->rulebooks(chronicle->self, &rows, &count, err)) {
        return false;
    }
    rulebooks->items = calloc((size_t)count + 1, sizeof(struct rulebook *));
    CHECK(rulebooks->items != NULL);
    for (uint32_t i = 0; i < count; i++) {
        struct err why;
        char hex[2 * SHA256_SIZE];
        hex_encode(rows[i].sha256, SHA256_SIZE, hex);
        struct rulebook *rulebook = rulebook_parse("stored", rows[i].yaml, NULL, &why);
        if (rulebook == NULL || memcmp(rulebook->sha256, rows[i].sha256, SHA256_SIZE) != 0) {
            (void)fprintf(stderr,
                          "mentord: the stored rulebook %.16s… is not the one it is stored as\n",
                          hex);
            rulebook_close(&rulebook);
        } else {
            rulebooks->items[rulebooks->count++] = rulebook;
        }
    }
    return true;
}

const struct rulebook *replay_rulebook(const struct replay_rulebooks *rulebooks,
                                       const uint8_t sha256[SHA256_SIZE])
{
    for (uint32_t i = 0; i < rulebooks->count; i++) {
        if (memcmp(rulebooks->items[i]->sha256, sha256, SHA256_SIZE) == 0) {
            return rulebooks->items[i];
        }
    }
    return NULL;
}

void replay_rulebooks_release(struct replay_rulebooks *rulebooks)
{
    for (uint32_t i = 0; i < rulebooks->count; i++) {
        rulebook_close(&rulebooks->items[i]);
    }
    free(rulebooks->items);
    *rulebooks = (struct replay_rulebooks){0};
}
