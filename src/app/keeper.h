#ifndef MENTOR_SRC_APP_KEEPER_H
#define MENTOR_SRC_APP_KEEPER_H

/* Private to app/: the rows of a file's applications and citizens in memory, by their 16-byte keys.
 */

#include <stdint.h>

#include "mentor/base/bytes.h"

enum {
    KEEPER_KEY_SIZE = 16,
};

/* Lives until keeper_release(); its address may change at the next keeper_row(). */
struct keeper_row {
    uint8_t key[KEEPER_KEY_SIZE];
    int64_t seq;
    uint8_t *state;
    size_t size;
    size_t capacity; /* of state */
};

struct keeper {
    struct keeper_row *rows;
    size_t count;
    size_t capacity; /* a power of two, or 0 */
};

/* Finds or makes it. Out of memory is a CHECK: a decision without its history would be wrong. */
struct keeper_row *keeper_row(struct keeper *keeper, const uint8_t key[KEEPER_KEY_SIZE]);
/* NULL when there is none. */
const struct keeper_row *keeper_find(const struct keeper *keeper,
                                     const uint8_t key[KEEPER_KEY_SIZE]);
/* Copies the state. */
void keeper_row_set(struct keeper_row *row, int64_t seq, struct bytes state);
void keeper_release(struct keeper *keeper);

#endif /* MENTOR_SRC_APP_KEEPER_H */
