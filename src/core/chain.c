#include "mentor/core/chain.h"

#include <string.h>

/* What is hashed begins with its kind, so that no leaf can pass for a node or a link. */
enum kind {
    KIND_LEAF,
    KIND_NODE,
    KIND_LINK,
    KIND_GENESIS,
};

static void begin(struct sha256 *sha, enum kind kind)
{
    uint8_t byte = (uint8_t)kind;
    sha256_init(sha);
    sha256_add(sha, bytes_of(&byte, 1));
}

static void add_number(struct sha256 *sha, uint64_t number, size_t size)
{
    uint8_t bytes[8];
    for (size_t i = 0; i < size; i++) {
        bytes[i] = (uint8_t)(number >> (8 * (size - 1 - i)));
    }
    sha256_add(sha, bytes_of(bytes, size));
}

static void add_digest(struct sha256 *sha, const uint8_t digest[SHA256_SIZE])
{
    sha256_add(sha, bytes_of(digest, SHA256_SIZE));
}

static void
node(const uint8_t left[SHA256_SIZE], const uint8_t right[SHA256_SIZE], uint8_t out[SHA256_SIZE])
{
    struct sha256 sha;
    begin(&sha, KIND_NODE);
    add_digest(&sha, left);
    add_digest(&sha, right);
    sha256_finish(&sha, out);
}

void chain_leaf(int64_t offset,
                int64_t evaluated_at_ms,
                struct bytes entry,
                uint8_t leaf[SHA256_SIZE])
{
    struct sha256 sha;
    begin(&sha, KIND_LEAF);
    add_number(&sha, (uint64_t)offset, 8);
    add_number(&sha, (uint64_t)evaluated_at_ms, 8);
    sha256_add(&sha, entry);
    sha256_finish(&sha, leaf);
}

/* peaks[i] is the root of a full tree of 2^i leaves where bit i of count is set. */
void chain_tree_add(struct chain_tree *tree, const uint8_t leaf[SHA256_SIZE])
{
    uint8_t carry[SHA256_SIZE];
    uint32_t level = 0;
    CHECK(tree->count < UINT32_MAX);
    memcpy(carry, leaf, SHA256_SIZE);
    for (; (tree->count >> level & 1U) != 0; level++) {
        node(tree->peaks[level], carry, carry);
    }
    memcpy(tree->peaks[level], carry, SHA256_SIZE);
    tree->count++;
}

void chain_tree_root(const struct chain_tree *tree, uint8_t root[SHA256_SIZE])
{
    bool any = false;
    CHECK(tree->count > 0);
    for (uint32_t level = 0; level < CHAIN_PATH_MAX; level++) {
        if ((tree->count >> level & 1U) == 0) {
            continue;
        }
        if (any) {
            node(tree->peaks[level], root, root);
        } else {
            memcpy(root, tree->peaks[level], SHA256_SIZE);
        }
        any = true;
    }
}

void chain_genesis(struct bytes cluster,
                   struct bytes topic,
                   int32_t partition,
                   int64_t first_offset,
                   uint8_t link[SHA256_SIZE])
{
    struct sha256 sha;
    begin(&sha, KIND_GENESIS);
    add_number(&sha, cluster.size, 4);
    sha256_add(&sha, cluster);
    add_number(&sha, topic.size, 4);
    sha256_add(&sha, topic);
    add_number(&sha, (uint64_t)partition, 4);
    add_number(&sha, (uint64_t)first_offset, 8);
    sha256_finish(&sha, link);
}

void chain_link(const uint8_t previous[SHA256_SIZE],
                const struct chain_batch *batch,
                uint8_t link[SHA256_SIZE])
{
    struct sha256 sha;
    begin(&sha, KIND_LINK);
    add_digest(&sha, previous);
    add_digest(&sha, batch->root);
    add_number(&sha, (uint64_t)batch->first_offset, 8);
    add_number(&sha, (uint64_t)batch->next_offset, 8);
    add_number(&sha, (uint64_t)batch->epoch, 8);
    add_number(&sha, (uint64_t)batch->evaluated_at_ms, 8);
    sha256_finish(&sha, link);
}

/* The largest power of two below count: how many leaves the left side has. Two leaves or more. */
static uint32_t left_of(uint32_t count)
{
    uint32_t left = 1;
    while (left < count - left) {
        left *= 2;
    }
    return left;
}

static void root_of(const uint8_t (*leaves)[SHA256_SIZE], uint32_t count, uint8_t root[SHA256_SIZE])
{
    struct chain_tree tree = {.count = 0};
    for (uint32_t i = 0; i < count; i++) {
        chain_tree_add(&tree, leaves[i]);
    }
    chain_tree_root(&tree, root);
}

uint32_t chain_path(const uint8_t (*leaves)[SHA256_SIZE],
                    uint32_t count,
                    uint32_t index,
                    uint8_t (*path)[SHA256_SIZE])
{
    uint8_t down[CHAIN_PATH_MAX][SHA256_SIZE];
    uint32_t size = 0;
    CHECK(index < count);
    while (count > 1) {
        uint32_t left = left_of(count);
        if (index < left) {
            root_of(leaves + left, count - left, down[size++]);
            count = left;
        } else {
            root_of(leaves, left, down[size++]);
            leaves += left;
            index -= left;
            count -= left;
        }
    }
    for (uint32_t i = 0; i < size; i++) { /* from the leaf up */
        memcpy(path[i], down[size - 1 - i], SHA256_SIZE);
    }
    return size;
}

bool chain_path_root(const uint8_t leaf[SHA256_SIZE],
                     uint32_t count,
                     uint32_t index,
                     const uint8_t (*path)[SHA256_SIZE],
                     uint32_t path_count,
                     uint8_t root[SHA256_SIZE])
{
    bool from_right[CHAIN_PATH_MAX]; /* from the root down: the sibling is on the left */
    uint32_t size = 0;
    if (index >= count) {
        return false;
    }
    while (count > 1) {
        uint32_t left = left_of(count);
        from_right[size] = index >= left;
        index -= from_right[size] ? left : 0;
        count = from_right[size] ? count - left : left;
        size++;
    }
    if (size != path_count) {
        return false;
    }
    memcpy(root, leaf, SHA256_SIZE);
    for (uint32_t i = 0; i < size; i++) {
        if (from_right[size - 1 - i]) {
            node(path[i], root, root);
        } else {
            node(root, path[i], root);
        }
    }
    return true;
}
