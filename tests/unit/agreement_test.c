/*
 * Goal: on taking a partition a committed transaction's offset counts, to the record; whatever says
 * less is told from it, and what cannot be right halts.
 */

#include "support/facts.h"
#include "support/fake_ports.h"

/* Three decisions on partition 0, stored by the first owner; the store knows of `marked` outputs
 * that are out. */
static void decide_three(int64_t marked)
{
    world_publish_versions(0, 3);
    assert_true(world_run());
    world.partitions[0].position.emitted_offset = marked;
    world.partitions[0].sent[0] = '\0';
    world_restart();
}

static void tell(int64_t committed, const char *metadata)
{
    world.partitions[0].committed = committed;
    (void)snprintf(
        world.partitions[0].metadata, sizeof(world.partitions[0].metadata), "%s", metadata);
}

static const struct {
    bool transactional; /* the mode of the next owner */
    int64_t marked;
    int64_t committed;
    const char *metadata;
    const char *sent; /* NULL: it halts */
    const char *says; /* then */
} takes[] = {
    /* what a transaction said is exact, in either mode */
    {true, 0, 2, "transactional,1,3", "2:decision ", NULL},
    {true, 0, 3, "transactional,1,3", "", NULL},
    {true, 0, 0, "transactional,1,3", "0:decision 1:decision 2:decision ", NULL},
    {true, 2, 2, "transactional,1,2,and more", "2:decision ", NULL},
    {false, 0, 2, "transactional,1,3", "2:decision ", NULL},
    /* the other mode's word: what it marked, in either mode */
    {true, 1, 1, "idempotent,1,3", "1:decision 2:decision ", NULL},
    {false, 1, 1, "idempotent,1,3", "1:decision 2:decision ", NULL},
    /* nothing is open: nobody's word is needed */
    {true, 3, 3, "", "", NULL},
    {true, 3, -1, "", "", NULL},
    {true, 3, 0, "somebody's,1,3", "", NULL},
    /* which are out? idempotent mode may send again, transactional may not */
    {true, 1, 3, "", NULL, "start once with --emit idempotent"},
    {true, 1, -1, "", NULL, "start once with --emit idempotent"},
    {true, 1, 3, "transactional,one,3", NULL, "start once with --emit idempotent"},
    {true, 1, 3, "transactional,1", NULL, "start once with --emit idempotent"},
    {true, 1, 3, "transactionally,1,3", NULL, "start once with --emit idempotent"},
    {false, 1, -1, "", "1:decision 2:decision ", NULL},
    /* Kafka has forgotten */
    {true, 2, 1, "transactional,1,3", NULL, "Kafka has lost"},
    {true, 3, 1, "transactional,1,3", NULL, "Kafka has lost"},
    {false, 2, 1, "transactional,1,3", "1:decision 2:decision ", NULL}, /* rather too much */
    /* PostgreSQL has */
    {true, 2, 3, "transactional,1,4", NULL, "ahead of the database"},
    {true, 2, 3, "transactional,2,3", NULL, "ahead of the database"},
    {true, 2, 4, "transactional,1,3", NULL, "ahead of the database"},
    {false, 2, 4, "", NULL, "ahead of the database"},
    /* idempotent mode tells it first what is out */
    {true, 1, 3, "idempotent,1,3", NULL, "ahead of the database"},
    {false, 1, 3, "idempotent,1,3", NULL, "ahead of the database"},
};

static void what_kafka_says_is_weighed(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROW_COUNT(takes); i++) {
        world_end();
        world_begin(100);
        decide_three(takes[i].marked);
        tell(takes[i].committed, takes[i].metadata);
        world.worker.transactional = takes[i].transactional;
        if (takes[i].sent != NULL) {
            assert_true(world_run());
            assert_string_equal(world.partitions[0].sent, takes[i].sent);
            assert_int_equal(world.partitions[0].position.emitted_offset, 3);
        } else {
            assert_false(world_run());
            assert_int_equal(world.worker.err.kind, ERR_HALT);
            assert_non_null(strstr(world.worker.err.text, takes[i].says));
            assert_string_equal(world.partitions[0].sent, "");
        }
    }
}

/* What was noted of a partition, of which three are decided. */
static const struct {
    bool transactional; /* the mode of the next owner */
    int64_t marked;
    int64_t committed;
    const char *metadata;
    uint32_t written; /* by offset */
    uint32_t visible;
    const char *sent;
} recalls[] = {
    /* what was marked as out was undone with the rest of a transaction whose end was lost */
    {true, 2, 1, "transactional,1,3", 1 << 1 | 1 << 2, 0, "1:decision 2:decision "},
    /* some of it is out all the same */
    {true, 2, 1, "transactional,1,3", 1 << 1 | 1 << 2, 1 << 2, "1:decision "},
    {true, 1, 1, "transactional,1,3", 1 << 1 | 1 << 2, 1 << 1, "2:decision "},
    /* it was the first transaction, or the first after a switch of modes */
    {true, 3, -1, "", 7, 0, "0:decision 1:decision 2:decision "},
    {true, 3, 1, "idempotent,1,3", 6, 0, "1:decision 2:decision "},
    {true, 0, -1, "", 7, 1 << 1, "0:decision 2:decision "},
    /* what counts as out was aborted; what was not written since is out */
    {true, 3, 3, "transactional,1,3", 1 << 1, 0, "1:decision "},
    {true, 3, 3, "transactional,1,3", 1 << 1, 1 << 1, ""},
    {true, 1, 2, "transactional,1,3", 1 << 1, 0, "1:decision 2:decision "},
    /* idempotent mode goes back to the first that is missing */
    {false, 3, 3, "transactional,1,3", 1 << 1, 0, "1:decision 2:decision "},
    {false, 3, -1, "", 6, 1 << 1, "2:decision "},
};

static void what_was_noted_is_read_back_and_what_is_missing_is_sent(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROW_COUNT(recalls); i++) {
        world_end();
        world_begin(100);
        decide_three(recalls[i].marked);
        tell(recalls[i].committed, recalls[i].metadata);
        world.worker.transactional = recalls[i].transactional;
        world.noted = true;
        world.written = recalls[i].written;
        world.visible = recalls[i].visible;
        assert_true(world_run());
        assert_string_equal(world.partitions[0].sent, recalls[i].sent);
        assert_int_equal(world.partitions[0].position.emitted_offset, 3);
        assert_false(world.noted);
    }
}

/* Whatever the topics hold: it is not what a lost transaction leaves. */
static void an_offset_that_a_person_set_halts_also_when_something_is_noted(void **state)
{
    (void)state;
    decide_three(0);
    tell(1, "");
    world.worker.transactional = true;
    world.noted = true;
    assert_false(world_run());
    assert_int_equal(world.worker.err.kind, ERR_HALT);
    assert_non_null(strstr(world.worker.err.text, "the offset does not say"));
    assert_string_equal(world.partitions[0].sent, "");
}

/* Idempotent mode rather sends too much, whoever undid it, or lost it. */
static void what_kafka_does_not_know_as_out_is_sent_again_in_idempotent_mode(void **state)
{
    (void)state;
    decide_three(3);
    tell(1, "transactional,1,3");
    world.worker.transactional = false;
    assert_true(world_run());
    assert_string_equal(world.partitions[0].sent, "1:decision 2:decision ");
}

/* The store is told too, although nothing was sent. */
static void what_a_transaction_proved_is_marked_when_idle(void **state)
{
    (void)state;
    decide_three(0);
    tell(3, "transactional,1,3");
    world.worker.transactional = true;
    uint32_t marks = world.mark_count;
    assert_true(world_run());
    assert_int_equal(world.mark_count, marks + 1);
}

/* The head that the group was told, against the one that is stored at the same offset. */
static const struct {
    int64_t epoch;
    int64_t next;
    uint8_t changed; /* of the head's first byte */
    bool runs;
} heads[] = {
    {1, 3, 0, true},
    {1, 3, 1, false},
    {1, 2, 1, true}, /* of another offset: nothing to compare it with */
};

static void another_head_at_the_same_offset_halts(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2 * ROW_COUNT(heads); i++) {
        const size_t row = i / 2;
        world_end();
        world_begin(100);
        decide_three(3);
        struct position noted = world.partitions[0].position;
        noted.epoch = heads[row].epoch;
        noted.next_offset = heads[row].next;
        noted.link[0] ^= heads[row].changed;
        (void)note_write(&noted, i % 2 == 1, world.partitions[0].metadata);
        world.partitions[0].committed = heads[row].next;
        world.worker.transactional = i % 2 == 1;
        world.partitions[0].position.emitted_offset = heads[row].next;
        world_publish_versions(3, 4);
        assert_int_equal(world_run(), heads[row].runs);
        if (!heads[row].runs) {
            assert_int_equal(world.worker.err.kind, ERR_HALT);
            assert_non_null(strstr(world.worker.err.text, "the chain's head is another one"));
            assert_int_equal(world.partitions[0].position.next_offset, 3);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            another_head_at_the_same_offset_halts, world_set_up, world_tear_down),
        cmocka_unit_test_setup_teardown(what_kafka_says_is_weighed, world_set_up, world_tear_down),
        cmocka_unit_test_setup_teardown(
            what_was_noted_is_read_back_and_what_is_missing_is_sent, world_set_up, world_tear_down),
        cmocka_unit_test_setup_teardown(
            an_offset_that_a_person_set_halts_also_when_something_is_noted,
            world_set_up,
            world_tear_down),
        cmocka_unit_test_setup_teardown(
            what_kafka_does_not_know_as_out_is_sent_again_in_idempotent_mode,
            world_set_up,
            world_tear_down),
        cmocka_unit_test_setup_teardown(
            what_a_transaction_proved_is_marked_when_idle, world_set_up, world_tear_down),
    };
    return cmocka_run_group_tests_name("agreement", tests, NULL, NULL);
}
