/*
 * Goal: what was packed is read back, for every fate; offsets follow from what came before; and
 * bytes that are no ledger are told from its end, wherever they are cut. A batch is packed range by
 * range, and each is linked to its position's head.
 */

#include "mentor/base/arena.h"
#include "mentor/core/chain.h"
#include "mentor/port/ledger.h"

#include "support/test.h"

static const uint8_t key[EVENT_KEY_SIZE] = "event key here.";
static const uint8_t input[SHA256_SIZE] = "the digest of what came in here";
static const uint8_t output[SHA256_SIZE] = "the digest of what goes out now";

static const struct ledger_entry entries[] = {
    {.fate = FATE_GAP, .count = 1000},
    {.fate = FATE_DECIDED,
     .count = 1,
     .has_event_key = true,
     .event_key = key,
     .input_digest = input,
     .output_digest = output,
     .index = 4999},
    {.fate = FATE_DUPLICATE,
     .count = 1,
     .has_event_key = true,
     .event_key = key,
     .input_digest = input,
     .reason = {(const uint8_t *)"duplicate-event", 15}},
    {.fate = FATE_SKIPPED, .count = INT64_C(1) << 40},
    {.fate = FATE_DLQ,
     .count = 1,
     .input_digest = input,
     .reason = {(const uint8_t *)"value-null", 10}},
};

enum {
    ENTRIES = sizeof(entries) / sizeof(entries[0]),
};

static size_t pack_all(uint8_t *to)
{
    size_t size = 0;
    for (size_t i = 0; i < ENTRIES; i++) {
        size_t one = ledger_pack(&entries[i], to + size);
        assert_in_range(one, 1, LEDGER_ENTRY_MAX);
        size += one;
    }
    return size;
}

static void every_fate_comes_back(void **state)
{
    (void)state;
    uint8_t packed[ENTRIES * LEDGER_ENTRY_MAX];
    struct bytes rest = bytes_of(packed, pack_all(packed));
    int64_t offset = 77;
    struct ledger_entry entry;
    for (size_t i = 0; i < ENTRIES; i++) {
        int64_t begins = offset;
        assert_true(ledger_next(&rest, &offset, &entry));
        assert_int_equal(entry.fate, entries[i].fate);
        assert_int_equal(entry.offset, begins);
        assert_int_equal(entry.count, entries[i].count);
        assert_int_equal(offset, begins + entries[i].count);
        assert_int_equal(entry.index, entries[i].index);
        assert_true(bytes_equal(entry.reason, entries[i].reason));
        assert_int_equal(entry.event_key != NULL, entries[i].event_key != NULL);
        assert_int_equal(entry.input_digest != NULL, entries[i].input_digest != NULL);
        assert_int_equal(entry.output_digest != NULL, entries[i].output_digest != NULL);
        if (entry.event_key != NULL) {
            assert_memory_equal(entry.event_key, key, sizeof(key));
        }
        if (entry.input_digest != NULL) {
            assert_memory_equal(entry.input_digest, input, sizeof(input));
        }
        if (entry.output_digest != NULL) {
            assert_memory_equal(entry.output_digest, output, sizeof(output));
        }
    }
    assert_false(ledger_next(&rest, &offset, &entry));
    assert_int_equal(rest.size, 0);
}

static void the_layout_is_what_the_header_says(void **state)
{
    (void)state;
    uint8_t packed[LEDGER_ENTRY_MAX];
    assert_int_equal(ledger_pack(&entries[1], packed), 85);
    assert_int_equal(packed[0], 0x80 | FATE_DECIDED);
    assert_memory_equal(packed + 1, key, sizeof(key));
    assert_memory_equal(packed + 17, input, sizeof(input));
    assert_memory_equal(packed + 49, output, sizeof(output));
    assert_memory_equal(packed + 81, "\x00\x00\x13\x87", 4);
    assert_int_equal(ledger_pack(&entries[0], packed), 9);
    assert_memory_equal(packed, "\x04\x00\x00\x00\x00\x00\x00\x03\xe8", 9);
    assert_int_equal(ledger_pack(&entries[4], packed), 1 + 32 + 1 + 10);
    assert_memory_equal(packed + 33, "\x0avalue-null", 11);
}

static void a_cut_is_not_the_end(void **state)
{
    (void)state;
    for (size_t i = 0; i < ENTRIES; i++) {
        uint8_t packed[LEDGER_ENTRY_MAX];
        size_t size = ledger_pack(&entries[i], packed);
        for (size_t cut = 1; cut < size; cut++) {
            struct bytes rest = bytes_of(packed, cut);
            int64_t offset = 0;
            struct ledger_entry entry;
            assert_false(ledger_next(&rest, &offset, &entry));
            assert_int_equal(rest.size, cut);
            assert_int_equal(offset, 0);
        }
    }
}

static void other_bytes_are_refused(void **state)
{
    (void)state;
    static const struct bytes others[] = {
        {(const uint8_t *)"\x05\0\0\0\0\0\0\0\x01", 9}, /* no such fate */
        {(const uint8_t *)"\x03\0\0\0\0\0\0\0\0", 9},   /* covers nothing */
        {(const uint8_t *)"\x03\xff\0\0\0\0\0\0\0", 9}, /* more than there are offsets */
        {(const uint8_t *)"\x83\0\0\0\0\0\0\0\x01", 9}, /* an event key without a record */
    };
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        struct bytes rest = others[i];
        int64_t offset = 5;
        struct ledger_entry entry;
        assert_false(ledger_next(&rest, &offset, &entry));
        assert_int_equal(rest.size, others[i].size);
    }
    struct bytes rest = bytes_of("\x03\0\0\0\0\0\0\0\x01", 9);
    int64_t offset = INT64_MAX;
    struct ledger_entry entry;
    assert_false(ledger_next(&rest, &offset, &entry));
}

/* Two partitions in turn: slot 1 from offset 10 (a decision, a refusal), slot 0 from 5 (a gap of
 * 20, a duplicate). */
static struct batch_entry mixed[] = {
    {.slot = 1, .offset = 10, .count = 1, .fate = FATE_DECIDED, .index = 0},
    {.slot = 0, .offset = 5, .count = 20, .fate = FATE_GAP, .index = -1},
    {.slot = 1, .offset = 11, .count = 1, .fate = FATE_DLQ, .reason = REASON_VALUE_NULL},
    {.slot = 0, .offset = 25, .count = 1, .fate = FATE_DUPLICATE, .reason = REASON_DUPLICATE_EVENT},
};

/* What must be linked, by the functions of the core alone. */
static void
expect_link(const struct batch_range *range, const struct position *position, uint8_t *link)
{
    struct bytes rest = range->entries;
    struct chain_tree tree = {.count = 0};
    struct ledger_entry entry;
    struct bytes before = rest;
    int64_t offset = range->from;
    for (int64_t at = offset; ledger_next(&rest, &offset, &entry); before = rest, at = offset) {
        uint8_t leaf[SHA256_SIZE];
        chain_leaf(
            at, range->evaluated_at_ms, bytes_of(before.data, before.size - rest.size), leaf);
        chain_tree_add(&tree, leaf);
    }
    assert_int_equal(rest.size, 0);
    assert_int_equal(offset, range->to);
    struct chain_batch chained = {range->from, range->to, position->epoch, 777, {0}};
    chain_tree_root(&tree, chained.root);
    assert_memory_equal(chained.root, range->root, SHA256_SIZE);
    chain_link(position->link, &chained, link);
}

static void ranges_are_packed_and_linked(void **state)
{
    (void)state;
    const struct position positions[] = {{.epoch = 3, .link = "one head"},
                                         {.epoch = 4, .link = "another head"}};
    struct batch_decision decision = {.output_digest = "the output"};
    struct batch_range ranges[] = {{.slot = 1, .from = 10, .to = 12, .evaluated_at_ms = 777},
                                   {.slot = 0, .from = 5, .to = 26, .evaluated_at_ms = 777}};
    struct batch batch = {.entries = mixed,
                          .entry_count = 4,
                          .decisions = &decision,
                          .decision_count = 1,
                          .ranges = ranges,
                          .range_count = 2};
    struct arena arena;
    assert_true(arena_init(&arena, 4096));
    ledger_write(&batch, positions, &arena);
    for (int i = 0; i < 2; i++) {
        uint8_t link[SHA256_SIZE];
        expect_link(&ranges[i], &positions[ranges[i].slot], link);
        assert_memory_equal(ranges[i].link, link, SHA256_SIZE);
    }
    assert_int_equal(ranges[0].covered[FATE_DECIDED], 1);
    assert_int_equal(ranges[0].covered[FATE_DLQ], 1);
    assert_int_equal(ranges[1].covered[FATE_GAP], 20);
    assert_int_equal(ranges[1].covered[FATE_DUPLICATE], 1);
    assert_int_equal(ranges[1].covered[FATE_DECIDED], 0);
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_fate_comes_back),
        cmocka_unit_test(the_layout_is_what_the_header_says),
        cmocka_unit_test(a_cut_is_not_the_end),
        cmocka_unit_test(other_bytes_are_refused),
        cmocka_unit_test(ranges_are_packed_and_linked),
    };
    return cmocka_run_group_tests_name("pg/ledger", tests, NULL, NULL);
}
