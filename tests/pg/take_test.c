/*
 * Goal: a partition can always be taken: after a lost connection, and from an owner that is frozen
 * with the row in its hands, but never from somebody else's session; and then what was stored and
 * not sent comes in source order, unchanged. And what is done while waiting outlives a connection.
 */

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "pg/trial.h"
#include "support/test.h"

static struct trial_batch batch; /* large */

static void a_lost_connection_is_tried_again(void **state)
{
    (void)state;
    struct trial_store store = trial_store("a/1");
    struct position position = trial_take(&store, 0);
    assert_int_equal(position.takeovers, 0);
    trial_batch_begin(&batch, &position);
    trial_decided(&batch, 1, 1);
    ASSERT_DONE(trial_read(&store, &batch, err));
    trial_decide(&batch);
    trial_sql(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = 'mentord a/1'");
    ASSERT_FAILS(ERR_RETRY, trial_write(&store, &batch, err));
    struct position again = trial_take(&store, 0);
    assert_int_equal(again.epoch, 2);
    assert_int_equal(again.takeovers, 1);
    assert_int_equal(again.next_offset, 0);
    again = trial_take(&store, 0);
    assert_int_equal(again.takeovers, 2);
    ASSERT_DONE(
        store.port.take(store.port.self, &again, 1, err)); /* by who has held it all the time */
    assert_int_equal(again.epoch, 4);
    assert_int_equal(again.takeovers, 2);
    batch.position = &again;
    ASSERT_DONE(trial_write(&store, &batch, err));
    again = trial_take(&store, 0);
    assert_int_equal(again.takeovers, 1);
    again.emitted_offset = 1;
    ASSERT_DONE(store.port.emitted(store.port.self, &again, 1, true, err));
    again = trial_take(&store, 0);
    assert_int_equal(again.takeovers, 0);
    assert_int_equal(again.emitted_offset, 1);
    again.emitted_offset = 0;
    ASSERT_DONE(store.port.emitted(store.port.self, &again, 1, false, err));
    assert_string_equal(trial_ask("SELECT emitted_offset FROM mentord.progress"), "1");
    trial_store_close(&store);
}

static double seconds(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static bool was_asked(void *context)
{
    int *count = context;
    (*count)++;
    return true;
}

static bool has_none(void *context)
{
    int *count = context;
    (*count)++;
    return false;
}

/* open() connects anew after whoever waits has said what to do meanwhile, and whom to ask. */
static void what_to_do_meanwhile_outlives_a_connection(void **state)
{
    (void)state;
    int worked = 0;
    int asked = 0;
    struct trial_store store = trial_store("a/1");
    store.port.meanwhile(store.port.self, has_none, &worked);
    store.port.patience(store.port.self, was_asked, &asked);
    (void)trial_take(&store, 0);
    trial_sql(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = 'mentord a/1'");
    struct position position = {.partition = 0};
    ASSERT_FAILS(ERR_RETRY, store.port.take(store.port.self, &position, 1, err));
    worked = 0;
    asked = 0;
    position = trial_take(&store, 0);
    assert_true(worked > 0);
    assert_true(asked > 0);
    worked = 0;
    trial_batch_begin(&batch, &position);
    trial_decided(&batch, 1, 1);
    trial_store_batch(&store, &batch);
    assert_true(worked > 0);
    trial_store_close(&store);
}

static void out_of_patience_nobody_waits(void **state)
{
    (void)state;
    int asked = 0;
    struct trial_store store = trial_store("a/1");
    struct position position = trial_take(&store, 0);
    PGconn *holder = trial_connect("mentord_worker", "nightly report");
    PQclear(PQexec(holder, "BEGIN"));
    PQclear(PQexec(holder, "UPDATE mentord.progress SET epoch = epoch"));
    store.port.patience(store.port.self, has_none, &asked);
    double before = seconds();
    ASSERT_FAILS(ERR_RETRY, store.port.emitted(store.port.self, &position, 1, false, err));
    ASSERT_FAILS(ERR_RETRY, store.port.emitted(store.port.self, &position, 1, false, err));
    assert_true(seconds() - before < 5);
    assert_int_equal(asked, 2); /* the connection is given up, and none is made */
    PQfinish(holder);
    trial_store_close(&store);
}

/* Who has died with what transactional id; those who have given back have ended their own. */
static void the_dead_are_named_by_their_transactional_ids(void **state)
{
    (void)state;
    struct trial_store store = trial_store("new/1");
    struct position positions[] = {{.partition = 0}, {.partition = 1}, {.partition = 2}};
    ASSERT_DONE(store.port.take(store.port.self, positions, 3, err));
    assert_null(store.port.orphan(store.port.self, 0)); /* idempotent, as we are */
    trial_sql("UPDATE mentord.progress SET transactional_id = 'dead', owner = 'old/1'");
    trial_sql(
        "UPDATE mentord.progress SET owner = NULL, transactional_id = 'gone' WHERE partition = 2");
    ASSERT_DONE(store.port.take(store.port.self, positions, 3, err));
    assert_string_equal(store.port.orphan(store.port.self, 0), "dead");
    assert_null(store.port.orphan(store.port.self, 1));
    trial_store_close(&store);
}

/* Whoever takes over may fail to end it, or die before: it is named until it is ended. */
static void an_orphan_is_named_until_it_is_ended(void **state)
{
    (void)state;
    struct trial_store store = trial_store("new/1");
    struct position positions[] = {{.partition = 0}, {.partition = 1}};
    ASSERT_DONE(store.port.take(store.port.self, positions, 2, err));
    trial_sql("UPDATE mentord.progress SET transactional_id = 'first'");
    ASSERT_DONE(store.port.take(store.port.self, positions, 2, err));
    ASSERT_DONE(store.port.take(store.port.self, positions, 2, err)); /* the same tries again */
    assert_string_equal(store.port.orphan(store.port.self, 0), "first");
    trial_sql("UPDATE mentord.progress SET transactional_id = 'second' WHERE partition = 1");
    ASSERT_DONE(store.port.take(store.port.self, positions, 2, err)); /* it died over it */
    assert_non_null(store.port.orphan(store.port.self, 1));
    assert_string_not_equal(store.port.orphan(store.port.self, 0),
                            store.port.orphan(store.port.self, 1));
    assert_null(store.port.orphan(store.port.self, 2));
    ASSERT_DONE(store.port.emitted(store.port.self, positions, 2, true, err));
    ASSERT_DONE(store.port.take(store.port.self, positions, 2, err)); /* it gave them back */
    assert_non_null(store.port.orphan(store.port.self, 1));

    ASSERT_DONE(store.port.orphan_ended(store.port.self, positions, 1, "first", err));
    positions[1].epoch--; /* another's by now */
    ASSERT_DONE(store.port.orphan_ended(store.port.self, positions, 2, "first", err));
    assert_string_equal(
        trial_ask(
            "SELECT string_agg(orphan_ids::text, ' ' ORDER BY partition) FROM mentord.progress"),
        "{} {first,second}");
    trial_store_close(&store);
}

/* A worker that loses its partition and gets it again ends its own by itself. */
static void ones_own_is_no_orphan(void **state)
{
    (void)state;
    struct trial_store store = trial_store("new/1");
    struct position position = trial_take(&store, 0);
    trial_sql("UPDATE mentord.progress SET orphan_ids = '{\"\", other}'");
    ASSERT_DONE(store.port.take(store.port.self, &position, 1, err)); /* idempotent: '' is ours */
    assert_string_equal(store.port.orphan(store.port.self, 0), "other");
    assert_null(store.port.orphan(store.port.self, 1));
    trial_store_close(&store);
}

static void a_frozen_owner_is_ended(void **state)
{
    (void)state;
    struct trial_store store = trial_store("new/1");
    struct position position = trial_take(&store, 0);
    PGconn *frozen = trial_connect("mentord_worker", "mentord frozen/1");
    PQclear(PQexec(frozen, "BEGIN"));
    PQclear(PQexec(frozen, "UPDATE mentord.progress SET epoch = epoch"));
    double before = seconds();
    struct position positions[] = {{.partition = 0}, {.partition = 3, .next_offset = 50}};
    ASSERT_DONE(store.port.take(store.port.self, positions, 2, err));
    assert_true(seconds() - before < 6);
    assert_int_equal(positions[0].epoch, position.epoch + 1);
    assert_int_equal(positions[1].epoch, 1);
    assert_int_equal(positions[1].next_offset, 50);
    assert_int_equal(positions[1].emitted_offset, 50);
    PGresult *result = PQexec(frozen, "COMMIT");
    assert_int_equal(PQresultStatus(result), PGRES_FATAL_ERROR);
    PQclear(result);
    PQfinish(frozen);
    trial_store_close(&store);
}

enum {
    SILENT_S = 10, /* sql/write_evict.sql */
};

/* Citizen 1 is another's; nothing is stored, or what holds it has just been ended. */
static void try_to_write(struct trial_store *store, const struct position *position)
{
    struct position mine = *position;
    struct err err = {0};
    trial_batch_begin(&batch, &mine);
    trial_decided(&batch, 1, 1);
    if (trial_read(store, &batch, &err)) {
        trial_decide(&batch);
        (void)trial_write(store, &batch, &err);
    }
    assert_true(err.kind == ERR_NONE || err.kind == ERR_RETRY || err.kind == ERR_FENCED);
}

/* Whose partition is another's, so that nobody takes it from him meanwhile. */
static void a_frozen_holder_of_a_citizen_is_ended(void **state)
{
    (void)state;
    struct trial_store store = trial_store("new/1");
    struct position position = trial_take(&store, 0);
    PGconn *frozen = trial_connect("mentord_worker", "mentord frozen/1");
    PQclear(PQexec(frozen, "BEGIN"));
    PQclear(PQexec(
        frozen,
        "INSERT INTO mentord.citizen VALUES ('\\x01000000000000000000000000000000', 1, 0, '')"));
    try_to_write(&store, &position);
    /* A transaction that is old by now, and a client that sends on: behind a slow link. */
    double said = seconds();
    PGresult *result = PQexec(frozen, "SELECT 1");
    assert_int_equal(PQresultStatus(result), PGRES_TUPLES_OK);
    PQclear(result);
    while (seconds() - said < SILENT_S) {
        try_to_write(&store, &position);
    }
    try_to_write(&store, &position);
    assert_true(seconds() - said < SILENT_S + 6);
    result = PQexec(frozen, "COMMIT");
    assert_int_equal(PQresultStatus(result), PGRES_FATAL_ERROR);
    PQclear(result);
    PQfinish(frozen);
    position = trial_take(&store, 0);
    trial_batch_begin(&batch, &position);
    trial_decided(&batch, 1, 1);
    trial_store_batch(&store, &batch);
    trial_store_close(&store);
}

static void a_stranger_is_named_and_left_alone(void **state)
{
    (void)state;
    struct trial_store store = trial_store("new/1");
    struct position position = trial_take(&store, 0);
    PGconn *stranger = trial_connect("mentord_worker", "nightly report");
    PQclear(PQexec(stranger, "BEGIN"));
    PQclear(PQexec(stranger, "UPDATE mentord.progress SET epoch = epoch"));
    struct err err = {0};
    assert_false(store.port.take(store.port.self, &position, 1, &err));
    assert_int_equal(err.kind, ERR_RETRY);
    assert_non_null(strstr(err.text, "nightly report"));
    PGresult *result = PQexec(stranger, "COMMIT");
    assert_int_equal(PQresultStatus(result), PGRES_COMMAND_OK);
    PQclear(result);
    PQfinish(stranger);
    trial_store_close(&store);
}

enum {
    BATCHES = 3,
    RECORDS = 100,
    AT_ONCE_MAX = 150,
};

/* Reads on from offset 50 to the end, `at_once` a call. */
static void
expect_unsent(struct trial_store *store, const struct position *position, uint32_t at_once)
{
    int64_t from = 50;
    int64_t expected = 50;
    for (;;) {
        struct stored_output outputs[AT_ONCE_MAX];
        uint32_t count = at_once;
        ASSERT_DONE(store->port.unsent(store->port.self, position, from, outputs, &count, err));
        if (count == 0) {
            break;
        }
        for (uint32_t i = 0; i < count; i++, expected++) {
            expected += expected % 110 == RECORDS ? 10 : 0;
            char text[24];
            (void)snprintf(text, sizeof(text), "out %lld", (long long)expected);
            assert_int_equal(outputs[i].offset, expected);
            bool dlq = expected / 110 == 1 || expected % 110 % 3 == 0;
            assert_int_equal(outputs[i].dlq, dlq);
            assert_true(bytes_is(dlq ? outputs[i].value : outputs[i].output, dlq ? "value" : text));
            assert_int_equal(outputs[i].reason, dlq ? REASON_TEXT_INVALID : REASON_NONE);
            assert_true(outputs[i].evaluated_at_ms > 0);
        }
        from = outputs[count - 1].offset + 1;
    }
    assert_int_equal(expected, 320);
}

static void unsent_comes_in_source_order(void **state)
{
    (void)state;
    struct trial_store store = trial_store("a/1");
    struct position position = trial_take(&store, 1);
    struct position other = trial_take(&store, 2);
    for (int b = 0; b < BATCHES; b++) {
        trial_batch_begin(&batch, &position);
        for (int i = 0; i < RECORDS; i++) {
            /* Runs of quarantine longer than one call gives. */
            if (b == 1 || i % 3 == 0) {
                trial_refused(&batch, "k", 0);
            } else {
                trial_decided(&batch, (uint8_t)(i + 1), (uint8_t)(i + 1));
            }
        }
        trial_missing(&batch, FATE_SKIPPED, 10);
        trial_store_batch(&store, &batch);
        trial_batch_begin(&batch, &other);
        trial_decided(&batch, 250, 250);
        trial_store_batch(&store, &batch);
    }
    expect_unsent(&store, &position, 37);
    expect_unsent(&store, &position, AT_ONCE_MAX); /* over what one call gives of quarantine */
    trial_store_close(&store);
}

/* A batch of two partitions, a record each. */
static void two_partitions(struct position positions[2], struct batch_range ranges[2])
{
    trial_batch_begin(&batch, positions);
    trial_decided(&batch, 1, 1);
    trial_decided(&batch, 2, 2);
    ranges[0] = batch.range;
    ranges[0].to = positions[0].next_offset + 1;
    ranges[1] = ranges[0];
    ranges[1].slot = 1;
    ranges[1].from = positions[1].next_offset;
    ranges[1].to = ranges[1].from + 1;
    batch.entries[1].slot = 1;
    batch.entries[1].offset = ranges[1].from;
    batch.batch.ranges = ranges;
    batch.batch.range_count = 2;
}

static void partitions_of_one_batch_go_together(void **state)
{
    (void)state;
    struct trial_store store = trial_store("a/1");
    struct trial_store other = trial_store("b/1");
    struct position positions[] = {trial_take(&store, 0), {.partition = 1, .next_offset = 40}};
    struct batch_range ranges[2];
    ASSERT_DONE(store.port.take(store.port.self, &positions[1], 1, err));
    two_partitions(positions, ranges);
    ASSERT_DONE(trial_read(&store, &batch, err));
    trial_decide(&batch);
    trial_link(&batch, positions);
    ASSERT_DONE(store.port.write(store.port.self, positions, &batch.batch, err));
    for (int i = 0; i < 2; i++) {
        struct stored_output outputs[3];
        uint32_t count = 3;
        ASSERT_DONE(store.port.unsent(store.port.self, &positions[i], 0, outputs, &count, err));
        assert_int_equal(count, 1);
        assert_int_equal(outputs[0].offset, 40 * i);
    }
    assert_string_equal(
        trial_ask(
            "SELECT count(*) || '/' || count(DISTINCT id) || '/' || sum(decided) FROM mentord.batch"),
        "2/1/2");

    /* Losing one of them loses the batch. */
    positions[0].next_offset++;
    positions[1].next_offset++;
    memcpy(positions[0].link, ranges[0].link, SHA256_SIZE);
    memcpy(positions[1].link, ranges[1].link, SHA256_SIZE);
    two_partitions(positions, ranges);
    ASSERT_DONE(trial_read(&store, &batch, err));
    trial_decide(&batch);
    trial_link(&batch, positions);
    (void)trial_take(&other, 1);
    ASSERT_FAILS(ERR_FENCED, store.port.write(store.port.self, positions, &batch.batch, err));
    assert_string_equal(
        trial_ask(
            "SELECT string_agg(next_offset::text, ' ' ORDER BY partition) FROM mentord.progress"),
        "1 41");
    trial_store_close(&store);
    trial_store_close(&other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_lost_connection_is_tried_again, trial_clear),
        cmocka_unit_test_setup(what_to_do_meanwhile_outlives_a_connection, trial_clear),
        cmocka_unit_test_setup(out_of_patience_nobody_waits, trial_clear),
        cmocka_unit_test_setup(the_dead_are_named_by_their_transactional_ids, trial_clear),
        cmocka_unit_test_setup(an_orphan_is_named_until_it_is_ended, trial_clear),
        cmocka_unit_test_setup(ones_own_is_no_orphan, trial_clear),
        cmocka_unit_test_setup(a_frozen_owner_is_ended, trial_clear),
        cmocka_unit_test_setup(a_frozen_holder_of_a_citizen_is_ended, trial_clear),
        cmocka_unit_test_setup(a_stranger_is_named_and_left_alone, trial_clear),
        cmocka_unit_test_setup(unsent_comes_in_source_order, trial_clear),
        cmocka_unit_test_setup(partitions_of_one_batch_go_together, trial_clear),
    };
    return TRIAL_RUN("take", tests);
}
