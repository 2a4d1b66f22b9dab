#ifndef MENTOR_SRC_APP_AUDIT_SUM_H
#define MENTOR_SRC_APP_AUDIT_SUM_H

/*
 * Private to app/: whether two heaps of things are the same, in any order and in constant memory.
 * What is in one heap is added, what is in the other taken away; each thing counts as 128 bits that
 * a secret of this run makes of it, in one of many buckets by its key. All buckets at zero: the
 * heaps are the same, and nobody can have altered them so that they seem to be. A bucket that is
 * not tells which keys to look at again.
 */

#include <stdbool.h>
#include <stdint.h>

#include "mentor/base/bytes.h"
#include "mentor/base/check.h"
#include "mentor/base/siphash.h"

enum {
    AUDIT_SUM_BUCKETS = 4096, /* 64 KiB: stays in the cache */
    AUDIT_SUM_KEY_SIZE = 16,
};

struct audit_sum {
    struct siphash_key key;
    uint64_t (*buckets)[2]; /* owned */
};

/* `key` is the same for all that are joined. */
MUST_CHECK bool audit_sum_init(struct audit_sum *sum, const struct siphash_key *key);
void audit_sum_release(struct audit_sum *sum);

/* Keys are UUIDs or digests: their first bytes spread. */
uint32_t audit_sum_bucket(const uint8_t key[AUDIT_SUM_KEY_SIZE]);

/* A thing: so many of its key's, and what it holds. */
void audit_sum_add(struct audit_sum *sum,
                   const uint8_t key[AUDIT_SUM_KEY_SIZE],
                   int64_t number,
                   struct bytes what);
void audit_sum_take(struct audit_sum *sum,
                    const uint8_t key[AUDIT_SUM_KEY_SIZE],
                    int64_t number,
                    struct bytes what);

/* Adds all of another one. */
void audit_sum_join(struct audit_sum *sum, const struct audit_sum *other);
bool audit_sum_settled(const struct audit_sum *sum, uint32_t bucket);
/* Buckets that are not at zero. */
uint32_t audit_sum_unsettled(const struct audit_sum *sum);

#endif /* MENTOR_SRC_APP_AUDIT_SUM_H */
