/* Goal: the tree is RFC 6962's, a path proves exactly its leaf at its place, and a link says all of
 * its batch. */

#include <stdio.h>

#include "mentor/core/chain.h"

#include "support/test.h"

enum {
    LEAVES_MAX = 300,
};

static uint8_t leaves[LEAVES_MAX][SHA256_SIZE];

static void leaves_fill(void)
{
    for (uint32_t i = 0; i < LEAVES_MAX; i++) {
        sha256_of(bytes_of(&i, sizeof(i)), leaves[i]);
    }
}

static void root_of_first(uint32_t count, uint8_t root[SHA256_SIZE])
{
    struct chain_tree tree = {.count = 0};
    for (uint32_t i = 0; i < count; i++) {
        chain_tree_add(&tree, leaves[i]);
    }
    chain_tree_root(&tree, root);
}

static const char *hex_of(const uint8_t digest[SHA256_SIZE])
{
    static char text[2 * SHA256_SIZE + 1];
    for (int i = 0; i < SHA256_SIZE; i++) {
        (void)snprintf(text + 2 * (size_t)i, 3, "%02x", digest[i]);
    }
    return text;
}

/* The vectors of Certificate Transparency's own tests (merkle_tree_test in
 * google/certificate-transparency). */
static void roots_are_those_of_certificate_transparency(void **state)
{
    (void)state;
    static const struct {
        const char *data;
        size_t size;
        const char *root;
    } cases[] = {
        {"", 0, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"},
        {"\0", 1, "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"},
        {"\x10", 1, "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"},
        {"\x20\x21", 2, "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"},
        {"\x30\x31", 2, "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4"},
        {"\x40\x41\x42\x43", 4, "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef"},
        {"\x50\x51\x52\x53\x54\x55\x56\x57",
         8,
         "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c"},
        {"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
         16,
         "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"},
    };
    struct chain_tree tree = {.count = 0};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint8_t leaf[SHA256_SIZE];
        uint8_t root[SHA256_SIZE];
        struct sha256 sha;
        sha256_init(&sha);
        sha256_add(&sha, bytes_of("\0", 1));
        sha256_add(&sha, bytes_of(cases[i].data, cases[i].size));
        sha256_finish(&sha, leaf);
        chain_tree_add(&tree, leaf);
        chain_tree_root(&tree, root);
        assert_string_equal(hex_of(root), cases[i].root);
    }
}

static void every_path_leads_to_the_root(void **state)
{
    (void)state;
    for (uint32_t count = 1; count <= LEAVES_MAX; count += count < 70 ? 1 : 23) {
        uint8_t root[SHA256_SIZE];
        root_of_first(count, root);
        for (uint32_t i = 0; i < count; i++) {
            uint8_t path[CHAIN_PATH_MAX][SHA256_SIZE];
            uint8_t got[SHA256_SIZE];
            uint32_t size = chain_path((const uint8_t(*)[SHA256_SIZE])leaves, count, i, path);
            assert_true(chain_path_root(
                leaves[i], count, i, (const uint8_t(*)[SHA256_SIZE])path, size, got));
            assert_memory_equal(got, root, SHA256_SIZE);
        }
    }
}

static void another_leaf_place_path_or_count_gives_another_root(void **state)
{
    (void)state;
    const uint32_t count = 13;
    uint8_t root[SHA256_SIZE];
    uint8_t got[SHA256_SIZE];
    uint8_t path[CHAIN_PATH_MAX][SHA256_SIZE];
    const uint8_t(*way)[SHA256_SIZE] = (const uint8_t(*)[SHA256_SIZE])path;
    root_of_first(count, root);
    uint32_t size = chain_path((const uint8_t(*)[SHA256_SIZE])leaves, count, 5, path);
    assert_true(chain_path_root(leaves[6], count, 5, way, size, got));
    assert_memory_not_equal(got, root, SHA256_SIZE);
    assert_true(chain_path_root(leaves[5], count, 4, way, size, got));
    assert_memory_not_equal(got, root, SHA256_SIZE);
    assert_false(chain_path_root(leaves[5], count, 5, way, size - 1, got));
    assert_false(chain_path_root(leaves[5], count, 5, way, size + 1, got));
    assert_false(chain_path_root(leaves[5], count, count, way, size, got));
    path[2][7] ^= 1;
    assert_true(chain_path_root(leaves[5], count, 5, way, size, got));
    assert_memory_not_equal(got, root, SHA256_SIZE);
}

static void a_link_changes_with_each_of_its_parts(void **state)
{
    (void)state;
    uint8_t genesis[SHA256_SIZE];
    uint8_t links[8][SHA256_SIZE];
    chain_genesis(bytes_text("c"), bytes_text("t"), 3, 0, genesis);
    for (int i = 0; i < 8; i++) {
        struct chain_batch batch = {
            .first_offset = 1, .next_offset = 2, .epoch = 3, .evaluated_at_ms = 4};
        uint8_t previous[SHA256_SIZE];
        memcpy(previous, genesis, SHA256_SIZE);
        batch.first_offset += i == 1;
        batch.next_offset += i == 2;
        batch.epoch += i == 3;
        batch.evaluated_at_ms += i == 4;
        batch.root[31] ^= i == 5;
        previous[0] ^= i == 6;
        chain_link(previous, &batch, links[i]);
    }
    assert_memory_equal(links[0], links[7], SHA256_SIZE);
    for (int i = 0; i < 7; i++) {
        for (int j = 0; j < i; j++) {
            assert_memory_not_equal(links[i], links[j], SHA256_SIZE);
        }
    }
}

static void a_genesis_belongs_to_one_partition_of_one_topic(void **state)
{
    (void)state;
    uint8_t all[5][SHA256_SIZE];
    chain_genesis(bytes_text("ab"), bytes_text("c"), 0, 0, all[0]);
    chain_genesis(bytes_text("a"), bytes_text("bc"), 0, 0, all[1]);
    chain_genesis(bytes_text("ab"), bytes_text("c"), 1, 0, all[2]);
    chain_genesis(bytes_text("ab"), bytes_text("c"), 0, 1, all[3]);
    chain_genesis(bytes_text("ab"), bytes_text("d"), 0, 0, all[4]);
    for (int i = 0; i < 5; i++) {
        for (int j = 0; j < i; j++) {
            assert_memory_not_equal(all[i], all[j], SHA256_SIZE);
        }
    }
}

static void a_leaf_changes_with_offset_time_and_entry(void **state)
{
    (void)state;
    uint8_t all[4][SHA256_SIZE];
    chain_leaf(1, 2, bytes_text("entry"), all[0]);
    chain_leaf(2, 2, bytes_text("entry"), all[1]);
    chain_leaf(1, 3, bytes_text("entry"), all[2]);
    chain_leaf(1, 2, bytes_text("entrx"), all[3]);
    for (int i = 0; i < 4; i++) {
        for (int j = 0; j < i; j++) {
            assert_memory_not_equal(all[i], all[j], SHA256_SIZE);
        }
    }
}

int main(void)
{
    leaves_fill();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(roots_are_those_of_certificate_transparency),
        cmocka_unit_test(every_path_leads_to_the_root),
        cmocka_unit_test(another_leaf_place_path_or_count_gives_another_root),
        cmocka_unit_test(a_link_changes_with_each_of_its_parts),
        cmocka_unit_test(a_genesis_belongs_to_one_partition_of_one_topic),
        cmocka_unit_test(a_leaf_changes_with_offset_time_and_entry),
    };
    return cmocka_run_group_tests_name("core/chain", tests, NULL, NULL);
}
