/* Goal: a proof made from a ledger holds, also after it was written and read; what leads nowhere,
 * or elsewhere, is told by the step; and a decision that the ledger does not hold is not proved. */

#include <stdlib.h>
#include <string.h>

#include "mentor/base/arena.h"
#include "mentor/base/err.h"
#include "mentor/port/ledger.h"

#include "../../src/app/proof.h"
#include "support/test.h"

enum {
    BATCHES = 3,
    RECORDS = 5, /* a batch */
};

/* A position with three batches of five decisions from offset 10, as a chronicle has it. */
static struct {
    struct arena arena;
    struct chronicle_position position;
    struct chronicle_range ranges[BATCHES];
    struct batch_entry entries[RECORDS];
    struct batch_decision decisions[RECORDS];
    bool endless; /* after them come batches of one record, without end */
    struct chronicle_range next;
} world;

static const char *const outputs[RECORDS] = {"zero", "one", "two", "three", "four"};

static void store_batch(int number)
{
    struct position *position = &world.position.position;
    struct batch_range range = {.from = position->next_offset,
                                .to = position->next_offset + RECORDS,
                                .evaluated_at_ms = 1000 + number};
    struct batch batch = {.entries = world.entries,
                          .entry_count = RECORDS,
                          .decisions = world.decisions,
                          .decision_count = RECORDS,
                          .ranges = &range,
                          .range_count = 1};
    for (int i = 0; i < RECORDS; i++) {
        world.entries[i] = (struct batch_entry){
            .offset = range.from + i, .count = 1, .fate = FATE_DECIDED, .index = i};
        sha256_of(bytes_text(outputs[i]), world.decisions[i].output_digest);
    }
    ledger_write(&batch, position, &world.arena);
    struct chronicle_range *stored = &world.ranges[number];
    *stored = (struct chronicle_range){.batch = 100 + number,
                                       .progress_id = 7,
                                       .first_offset = range.from,
                                       .next_offset = range.to,
                                       .epoch = position->epoch,
                                       .evaluated_at_ms = range.evaluated_at_ms,
                                       .entries = range.entries};
    memcpy(stored->root, range.root, SHA256_SIZE);
    memcpy(stored->link, range.link, SHA256_SIZE);
    position->next_offset = range.to;
    position->batch = stored->batch;
    memcpy(position->link, range.link, SHA256_SIZE);
}

static int begin(void **state)
{
    (void)state;
    memset(&world, 0, sizeof(world));
    assert_true(arena_init(&world.arena, 65536));
    world.position = (struct chronicle_position){
        .id = 7,
        .cluster = "c",
        .topic = "in",
        .chain_offset = 10,
        .position = {.partition = 2, .epoch = 3, .next_offset = 10},
    };
    chain_genesis(bytes_text("c"), bytes_text("in"), 2, 10, world.position.position.link);
    for (int i = 0; i < BATCHES; i++) {
        store_batch(i);
    }
    return 0;
}

static int end(void **state)
{
    (void)state;
    arena_release(&world.arena);
    return 0;
}

static bool
positions(void *self, const struct chronicle_position **rows, uint32_t *count, struct err *err)
{
    (void)self;
    (void)err;
    *rows = &world.position;
    *count = 1;
    return true;
}

static bool batches(void *self,
                    int64_t batch,
                    int64_t batch_end,
                    const struct chronicle_range **rows,
                    uint32_t *count,
                    struct err *err)
{
    (void)self;
    (void)err;
    assert_int_equal(batch_end, batch + 1);
    *rows = &world.ranges[batch - 100];
    *count = 1;
    return true;
}

/* One a page, so that it is asked again. */
static bool ranges(void *self,
                   const struct chronicle_place *after,
                   const struct chronicle_range **rows,
                   uint32_t *count,
                   struct err *err)
{
    int64_t next_offset = after->next_offset;
    (void)self;
    (void)err;
    assert_int_equal(after->progress_id, 7);
    assert_true(after->batch == INT64_MAX);
    *count = 0;
    for (int i = 0; i < BATCHES && *count == 0; i++) {
        *rows = &world.ranges[i];
        *count = world.ranges[i].next_offset > next_offset ? 1 : 0;
    }
    if (*count == 0 && world.endless) {
        world.next = (struct chronicle_range){.batch = 100 + next_offset,
                                              .progress_id = 7,
                                              .first_offset = next_offset,
                                              .next_offset = next_offset + 1};
        *rows = &world.next;
        *count = 1;
    }
    return true;
}

static bool
make(int batch, int index, const char *output, int64_t until, struct proof *proof, struct err *err)
{
    struct chronicle chronicle = {.positions = positions, .batches = batches, .ranges = ranges};
    const struct archived_decision decision = {
        .batch = 100 + batch,
        .index = index,
        .partition = 2,
        .offset = 10 + batch * RECORDS + index,
        .stored = {.decision_id = {1, 2, 3}, .output = bytes_text(output)},
    };
    return proof_make(&chronicle, &decision, until, proof, err);
}

static void every_decision_is_proved_up_to_the_head(void **state)
{
    (void)state;
    for (int i = 0; i < BATCHES * RECORDS; i++) {
        struct proof proof;
        struct proof again;
        struct text line = {0};
        struct err err = {.kind = ERR_NONE};
        assert_true(make(i / RECORDS, i % RECORDS, outputs[i % RECORDS], -1, &proof, &err));
        assert_int_equal(proof.link_count, BATCHES - i / RECORDS);
        assert_true(proof_check(&proof, &err));
        proof_write(&proof, &line);
        assert_true(proof_read(bytes_of(line.data, line.size), &again, &err));
        assert_true(proof_check(&again, &err));
        assert_memory_equal(again.decision_id, proof.decision_id, UUID_SIZE);
        assert_int_equal(again.offset, 10 + i);
        proof_release(&proof);
        proof_release(&again);
        text_release(&line);
    }
}

static void it_ends_at_the_anchor(void **state)
{
    (void)state;
    struct proof proof;
    struct err err = {.kind = ERR_NONE};
    struct anchor anchor = {
        .cluster = bytes_text("c"), .topic = bytes_text("in"), .partition = 2, .next_offset = 20};
    assert_true(make(0, 4, "four", 20, &proof, &err));
    assert_int_equal(proof.link_count, 2);
    assert_true(proof_check(&proof, &err));
    assert_memory_equal(proof_link_at(&proof, &anchor), world.ranges[1].link, SHA256_SIZE);
    anchor.next_offset = 25;
    assert_null(proof_link_at(&proof, &anchor));
    anchor.next_offset = 20;
    anchor.partition = 1;
    assert_null(proof_link_at(&proof, &anchor));
    proof_release(&proof);
    assert_false(make(0, 4, "four", 21, &proof, &err)); /* no batch ends there */
    assert_int_equal(err.kind, ERR_HALT);
}

/* Nothing is wrong with the ledger then, and nobody is told so. */
static void an_anchor_that_is_too_far_is_no_breach(void **state)
{
    (void)state;
    struct proof proof;
    struct err err = {.kind = ERR_NONE};
    const int64_t after = 10 + (int64_t)BATCHES * RECORDS;
    world.endless = true;
    world.position.position.next_offset = after + (int64_t)PROOF_ANCHOR_LINKS_MAX * 2;
    assert_true(make(2, 1, "one", after + PROOF_ANCHOR_LINKS_MAX, &proof, &err));
    assert_int_equal(proof.link_count, 1 + PROOF_ANCHOR_LINKS_MAX);
    proof_release(&proof);
    assert_false(make(2, 1, "one", after + PROOF_ANCHOR_LINKS_MAX + 1, &proof, &err));
    assert_int_equal(err.kind, ERR_FATAL);
    assert_non_null(strstr(err.text, "nearer"));
    assert_true(make(2, 1, "one", -1, &proof, &err)); /* the head is stated, too */
    assert_int_equal(proof.link_count, 1);
    proof_release(&proof);
}

static void what_the_ledger_does_not_hold_is_not_proved(void **state)
{
    (void)state;
    struct proof proof;
    struct err err = {.kind = ERR_NONE};
    assert_false(make(1, 2, "too", -1, &proof, &err));
    assert_non_null(strstr(err.text, "does not hold this decision's output"));
    assert_false(make(1, 7, "two", -1, &proof, &err));
    world.ranges[1].progress_id = 8; /* of no position */
    assert_false(make(1, 2, "two", -1, &proof, &err));
}

/* Each changes one thing of a proof that holds. */
static void entry(struct proof *proof)
{
    proof->entry[1] ^= 1;
}
static void output(struct proof *proof)
{
    proof->output[0] ^= 1;
}
static void place(struct proof *proof)
{
    proof->offset++;
}
static void elsewhere(struct proof *proof)
{
    proof->offset += 100;
}
static void path(struct proof *proof)
{
    proof->path[1][0] ^= 1;
}
static void shorter(struct proof *proof)
{
    proof->path_count--;
}
static void previous(struct proof *proof)
{
    proof->previous[0] ^= 1;
}
static void second(struct proof *proof)
{
    proof->links[1].chained.evaluated_at_ms++;
}
static void head(struct proof *proof)
{
    proof->head[0] ^= 1;
}

static const struct {
    void (*change)(struct proof *proof);
    const char *step;
} changes[] = {
    {entry, "path:"},
    {output, "output:"},
    {place, "path:"},
    {elsewhere, "offset:"},
    {path, "path:"},
    {shorter, "path:"},
    {previous, "link:"},
    {second, "links:"},
    {head, "head:"},
};

static void what_was_changed_is_named(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        struct proof proof;
        struct err err = {.kind = ERR_NONE};
        assert_true(make(0, 1, "one", -1, &proof, &err));
        changes[i].change(&proof);
        assert_false(proof_check(&proof, &err));
        assert_int_equal(err.kind, ERR_HALT);
        assert_ptr_equal(strstr(err.text, changes[i].step), err.text);
        proof_release(&proof);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_decision_is_proved_up_to_the_head, begin, end),
        cmocka_unit_test_setup_teardown(it_ends_at_the_anchor, begin, end),
        cmocka_unit_test_setup_teardown(an_anchor_that_is_too_far_is_no_breach, begin, end),
        cmocka_unit_test_setup_teardown(what_the_ledger_does_not_hold_is_not_proved, begin, end),
        cmocka_unit_test_setup_teardown(what_was_changed_is_named, begin, end),
    };
    return cmocka_run_group_tests_name("proof", tests, NULL, NULL);
}
