#ifndef MENTOR_CORE_CHAIN_H
#define MENTOR_CORE_CHAIN_H

/*
 * The hash chain over the fate of every input, one chain a partition and one link a batch. A
 * batch's fates are the leaves of a Merkle tree as in RFC 6962 (section 2.1), so that one fate is
 * proved with a few digests; a link is
 *
 *   SHA-256(0x02, previous link, tree's root, u64 first offset, u64 next offset, u64 epoch,
 *           u64 evaluated_at in ms), big-endian,
 *
 * and the first one follows the genesis, SHA-256(0x03, u32 size, cluster, u32 size, topic,
 * u32 partition, u64 first offset). A leaf is SHA-256(0x00, u64 offset, u64 evaluated_at in ms, the
 * ledger's entry as it is stored).
 */

#include <stdbool.h>
#include <stdint.h>

#include "mentor/base/bytes.h"
#include "mentor/base/check.h"
#include "mentor/base/sha256.h"

enum {
    CHAIN_PATH_MAX = 32, /* digests of a proof: trees of up to 2^32 leaves */
};

void chain_leaf(int64_t offset,
                int64_t evaluated_at_ms,
                struct bytes entry,
                uint8_t leaf[SHA256_SIZE]);

/* Leaves in order, in constant memory. Zeroed is an empty tree. */
struct chain_tree {
    uint8_t peaks[CHAIN_PATH_MAX][SHA256_SIZE];
    uint32_t count;
};

void chain_tree_add(struct chain_tree *tree, const uint8_t leaf[SHA256_SIZE]);
/* Of at least one leaf. More may be added after. */
void chain_tree_root(const struct chain_tree *tree, uint8_t root[SHA256_SIZE]);

/* What a link says of its batch. */
struct chain_batch {
    int64_t first_offset;
    int64_t next_offset;
    int64_t epoch;
    int64_t evaluated_at_ms;
    uint8_t root[SHA256_SIZE];
};

void chain_genesis(struct bytes cluster,
                   struct bytes topic,
                   int32_t partition,
                   int64_t first_offset,
                   uint8_t link[SHA256_SIZE]);
/* `link` may be `previous`. */
void chain_link(const uint8_t previous[SHA256_SIZE],
                const struct chain_batch *batch,
                uint8_t link[SHA256_SIZE]);

/* The siblings from leaf `index` of `count` up to the root. Returns how many. */
uint32_t chain_path(const uint8_t (*leaves)[SHA256_SIZE],
                    uint32_t count,
                    uint32_t index,
                    uint8_t (*path)[SHA256_SIZE]);
/* The root that leaf and path give; false when the path's length does not fit the place. */
MUST_CHECK bool chain_path_root(const uint8_t leaf[SHA256_SIZE],
                                uint32_t count,
                                uint32_t index,
                                const uint8_t (*path)[SHA256_SIZE],
                                uint32_t path_count,
                                uint8_t root[SHA256_SIZE]);

#endif /* MENTOR_CORE_CHAIN_H */
