/*
 * The worker without the hash chain, for tests/bench/run alone: linked before the libraries, these
 * stand in for src/core/chain.c, so that nothing is digested. The group's note goes without a head,
 * and CMakeLists.txt beside takes the chain's columns out of the SQL; 9999_unchained.sql out of the
 * database, so that this program and the real one refuse each other's.
 */

#include <string.h>

#include "mentor/core/chain.h"
#include "mentor/port/note.h"

struct position;

/* Names that the linker's --wrap gives. NOLINTBEGIN */
int __real_note_write(const struct position *position, bool transactional, char text[NOTE_SIZE]);
int __wrap_note_write(const struct position *position, bool transactional, char text[NOTE_SIZE]);

int __wrap_note_write(const struct position *position, bool transactional, char text[NOTE_SIZE])
{
    (void)__real_note_write(position, transactional, text);
    char *head = strrchr(text, ',');
    *head = '\0';
    return (int)(head - text);
}
/* NOLINTEND */

void chain_leaf(int64_t offset,
                int64_t evaluated_at_ms,
                struct bytes entry,
                uint8_t leaf[SHA256_SIZE])
{
    (void)offset;
    (void)evaluated_at_ms;
    (void)entry;
    memset(leaf, 0, SHA256_SIZE);
}

void chain_tree_add(struct chain_tree *tree, const uint8_t leaf[SHA256_SIZE])
{
    (void)tree;
    (void)leaf;
}

void chain_tree_root(const struct chain_tree *tree, uint8_t root[SHA256_SIZE])
{
    (void)tree;
    memset(root, 0, SHA256_SIZE);
}

void chain_genesis(struct bytes cluster,
                   struct bytes topic,
                   int32_t partition,
                   int64_t first_offset,
                   uint8_t link[SHA256_SIZE])
{
    (void)cluster;
    (void)topic;
    (void)partition;
    (void)first_offset;
    memset(link, 0, SHA256_SIZE);
}

void chain_link(const uint8_t previous[SHA256_SIZE],
                const struct chain_batch *batch,
                uint8_t link[SHA256_SIZE])
{
    (void)previous;
    (void)batch;
    memset(link, 0, SHA256_SIZE);
}

/* Of proofs, which nobody asks this program for; here so that the linker needs no chain.c. */
uint32_t chain_path(const uint8_t (*leaves)[SHA256_SIZE],
                    uint32_t count,
                    uint32_t index,
                    uint8_t (*path)[SHA256_SIZE])
{
    (void)leaves;
    (void)count;
    (void)index;
    (void)path;
    UNREACHABLE("the unchained worker proves nothing");
}

bool chain_path_root(const uint8_t leaf[SHA256_SIZE],
                     uint32_t count,
                     uint32_t index,
                     const uint8_t (*path)[SHA256_SIZE],
                     uint32_t path_count,
                     uint8_t root[SHA256_SIZE])
{
    (void)leaf;
    (void)count;
    (void)index;
    (void)path;
    (void)path_count;
    memset(root, 0, SHA256_SIZE);
    UNREACHABLE("the unchained worker proves nothing");
}
