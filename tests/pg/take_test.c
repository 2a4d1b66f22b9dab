/*
 * Goal: a partition can always be taken: after a lost connection, and from an owner that is frozen
 * with the row in its hands, but never from somebody else's session; and then what was stored and
 * not sent comes in source order, unchanged.
 */

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "pg/trial.h"
#include "support/test.h"

static struct trial_batch batch; /* large */

static int begin(void **state)
{
    (void)state;
    trial_migrated("mentord_trial_take");
    return 0;
}

static int end(void **state)
{
    (void)state;
    trial_database_drop("mentord_trial_take");
    return 0;
}

static int clear(void **state)
{
    (void)state;
    trial_clear();
    return 0;
}

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

static void unsent_comes_in_source_order(void **state)
{
    (void)state;
    enum {
        BATCHES = 3,
        RECORDS = 100,
        AT_ONCE = 37,
    };
    struct trial_store store = trial_store("a/1");
    struct position position = trial_take(&store, 1);
    struct position other = trial_take(&store, 2);
    for (int b = 0; b < BATCHES; b++) {
        trial_batch_begin(&batch, &position);
        for (uint8_t i = 0; i < RECORDS; i++) {
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
    int64_t from = 50;
    int64_t expected = 50;
    for (;;) {
        struct stored_output outputs[AT_ONCE];
        uint32_t count = AT_ONCE;
        ASSERT_DONE(store.port.unsent(store.port.self, &position, from, outputs, &count, err));
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
    trial_store_close(&store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_lost_connection_is_tried_again, clear),
        cmocka_unit_test_setup(a_frozen_owner_is_ended, clear),
        cmocka_unit_test_setup(a_stranger_is_named_and_left_alone, clear),
        cmocka_unit_test_setup(unsent_comes_in_source_order, clear),
    };
    return trial_has_server() ? cmocka_run_group_tests_name("pg/take", tests, begin, end) : 77;
}
