/*
 * Goal: against a real broker, what hangs is seen and told before anything is aborted, with what
 * the group has committed; nothing is committed beside it; and what the output topics hold is read
 * back, what is out apart from what is only written.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mentor/base/clock.h"
#include "mentor/port/recall.h"

#include "member.h"

/* What was told first. */
static struct {
    char id[128];
    struct undo_mark marks[4];
    uint32_t count;
} told;

static bool
tell(void *context, const char *id, const struct undo_mark *marks, uint32_t count, struct err *err)
{
    (void)err;
    assert_ptr_equal(context, &told);
    assert_in_range(count, 1, 4);
    if (told.count > 0) {
        return true;
    }
    (void)snprintf(told.id, sizeof(told.id), "%s", id);
    memcpy(told.marks, marks, count * sizeof(*marks));
    told.count = count;
    return true;
}

static int64_t wall_ms(void)
{
    struct clock clock = clock_system();
    return clock.wall_ms(clock.self);
}

/* Of an orphan. */
static bool fence(struct world *world, const char *id)
{
    told.count = 0;
    world->one.source.undoing(world->one.source.self, tell, &told);
    return kafka_fence(world->one.consumer, id, &world->err);
}

/* What another has open is neither ours to end, nor taken for ended. */
static void what_hangs_is_seen_until_it_is_ended(void **state)
{
    struct world *world = *state;
    struct member *one = &world->one;
    join(world, one, 0, 9);
    assert_true(output_send(world, one, "a", 2, false));
    output_flush(world, one);
    assert_true(one->sink.ended(one->sink.self, true, &world->err));
    assert_true(fence(world, "dead"));
    assert_int_equal(told.count, 0);
    const char *topics[] = {world->fixture.settings.topic_decisions,
                            world->fixture.settings.topic_dlq};
    for (int i = 0; i < 2; i++) {
        rd_kafka_t *open = transaction_open(&world->fixture, topics[i], "3");
        assert_false(one->sink.ended(one->sink.self, true, &world->err));
        assert_true(one->sink.ended(one->sink.self, false, &world->err)); /* perhaps another's */
        assert_false(fence(world, "dead"));
        assert_int_equal(world->err.kind, ERR_RETRY);
        assert_non_null(strstr(world->err.text, "a transaction is open"));
        assert_int_equal(told.count, 0);
        transaction_end(open, false);
        assert_true(fence(world, "dead"));
        take(world, one, 3, 9); /* it was in doubt whether that was ours */
        assert_true(one->sink.ended(one->sink.self, true, &world->err));
    }
    assert_decisions(world, "a ");
}

/* The group counts outputs of the records below 3 as out. */
static void what_counts_as_out_and_hangs_is_told(void **state)
{
    struct world *world = *state;
    struct member *one = &world->one;
    join(world, one, 0, 9);
    assert_true(output_send(world, one, "a", 2, false));
    output_flush(world, one);
    assert_true(one->sink.ended(one->sink.self, true, &world->err));
    int64_t began_ms = wall_ms();
    rd_kafka_t *open =
        transaction_open(&world->fixture, world->fixture.settings.topic_decisions, "2");
    int64_t ended_ms = wall_ms();
    assert_false(fence(world, "dead"));
    assert_string_equal(told.id, "dead");
    assert_int_equal(told.count, 1);
    assert_int_equal(told.marks[0].partition, 0);
    assert_false(told.marks[0].pends);
    assert_in_range(told.marks[0].since_ms, began_ms, ended_ms);
    transaction_end(open, false);
    assert_true(fence(world, "dead"));
    assert_int_equal(told.count, 0);
}

static void what_pends_is_told_with_what_is_committed(void **state)
{
    struct world *world = *state;
    struct member *one = &world->one;
    join(world, one, 0, 9);
    output_flush(world, one);
    assert_group_has(world, 0, "transactional,7,9" NO_HEAD);
    rd_kafka_t *open =
        transaction_open(&world->fixture, world->fixture.settings.topic_decisions, "0");
    transaction_pend(open, &world->fixture, 1);
    assert_false(fence(world, "dead"));
    assert_int_equal(told.count, 1);
    assert_true(told.marks[0].pends);
    assert_int_equal(told.marks[0].committed, 0);
    assert_true(told.marks[0].since_ms == INT64_MAX); /* its output does not count as out */
    transaction_end(open, false);
    assert_true(fence(world, "dead"));
    assert_group_has(world, 0, "transactional,7,9" NO_HEAD);
}

/* After something may have been aborted nothing is committed beside what is not ended. */
static void nothing_is_committed_while_something_hangs(void **state)
{
    struct world *world = *state;
    struct member *one = &world->one;
    struct sink *sink = &one->sink;
    join(world, one, 0, 9);
    output_flush(world, one);
    assert_true(one->source.stop(one->source.self, &world->err));
    char id[128];
    (void)snprintf(id, sizeof(id), "%s/1", world->fixture.settings.group);
    assert_true(output_send(world, one, "dropped", 0, false));
    member_open(world, &world->other, id); /* fences it, so that its end is not known */
    assert_true(world->other.sink.purge(world->other.sink.self, &world->err));
    assert_false(sink->flush(sink->self, FLUSH_MS, &world->err));
    member_close(&world->other);

    rd_kafka_t *open =
        transaction_open(&world->fixture, world->fixture.settings.topic_decisions, "5");
    assert_true(sink->purge(sink->self, &world->err));
    assert_false(sink->clear(sink->self, &world->err));
    assert_int_equal(world->err.kind, ERR_RETRY);
    assert_non_null(strstr(world->err.text, "a transaction is open"));
    transaction_end(open, true);
    take(world, one, 0, 9);
    assert_true(output_send(world, one, "b", 1, false));
    output_flush(world, one);
    assert_decisions(world, "open b ");
}

static bool has(const struct recall_set *set, int64_t offset)
{
    for (size_t i = 0; i < set->count; i++) {
        if (set->offsets[i] == offset) {
            return true;
        }
    }
    return false;
}

static void what_is_out_is_read_back_apart_from_what_is_written(void **state)
{
    struct world *world = *state;
    struct member *one = &world->one;
    struct source *source = &one->source;
    struct recall recall[2] = {0};
    const char *decisions = world->fixture.settings.topic_decisions;
    join(world, one, 0, 9);
    assert_true(output_send(world, one, "a", 1, false));
    output_flush(world, one);
    struct clock clock = clock_system();
    clock.sleep_ms(clock.self, 50);
    recall[0] = (struct recall){.partition = 0, .since_ms = wall_ms()};
    recall[1] = (struct recall){.partition = 1, .since_ms = wall_ms() + 60000};
    transaction_end(transaction_open(&world->fixture, decisions, "2"), false);
    assert_true(output_send(world, one, "b", 3, true));
    assert_true(output_send(world, one, "c", 4, false));
    output_flush(world, one);
    assert_true(source->recall(source->self, recall, 2, &world->err));
    assert_false(has(&recall[0].written, 1)); /* before that time */
    assert_true(has(&recall[0].written, 2));
    assert_false(has(&recall[0].visible, 2));
    for (int64_t offset = 3; offset <= 4; offset++) {
        assert_true(has(&recall[0].written, offset));
        assert_true(has(&recall[0].visible, offset));
    }
    assert_int_equal(recall_first(&recall[0], 5), 2);
    assert_int_equal(recall[1].written.count + recall[1].visible.count, 0);
    recall_release(&recall[0]);
    recall[0].since_ms = wall_ms() + 60000;
    assert_true(source->recall(source->self, recall, 1, &world->err));
    assert_int_equal(recall[0].written.count, 0); /* nothing so late */

    rd_kafka_t *open = transaction_open(&world->fixture, decisions, "5");
    assert_false(source->recall(source->self, recall, 2, &world->err));
    assert_int_equal(world->err.kind, ERR_RETRY);
    recall_release(&recall[0]);
    transaction_end(open, false);
}

/* What is sent again leaves the group's offset where it is. */
static void what_is_missing_is_sent_beside_the_offset(void **state)
{
    struct world *world = *state;
    struct member *one = &world->one;
    join(world, one, 5, 9);
    assert_true(output_send(world, one, "a", 2, false));
    output_flush(world, one);
    assert_group_has(world, 5, "transactional,7,9" NO_HEAD);
    assert_emitted(world, one, 5);
    assert_true(output_send(world, one, "b", 3, false)); /* the group knows our epoch already */
    output_flush(world, one);
    assert_true(output_send(world, one, "c", 6, false));
    output_flush(world, one);
    assert_group_has(world, 7, "transactional,7,9" NO_HEAD);
    assert_decisions(world, "a b c ");
}

int main(void)
{
    if (!world_has_broker()) {
        return 77;
    }
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_up, world_down)
    const struct CMUnitTest tests[] = {
        TEST(what_hangs_is_seen_until_it_is_ended),
        TEST(what_counts_as_out_and_hangs_is_told),
        TEST(what_pends_is_told_with_what_is_committed),
        TEST(nothing_is_committed_while_something_hangs),
        TEST(what_is_out_is_read_back_apart_from_what_is_written),
        TEST(what_is_missing_is_sent_beside_the_offset),
    };
#undef TEST
    return cmocka_run_group_tests_name("lost_end", tests, NULL, NULL);
}
