/*
 * Goal: a batch whose decisions take more than one statement is stored as one: each in its place,
 * or, when one of the last cannot be stored, none.
 */

#include "pg/trial.h"
#include "support/test.h"

enum {
    MANY = 255, /* over DECISION_ROWS of src/pg/store_records.c */
    BEFORE = 5, /* offsets without a record: so that no index is its offset */
};

static struct trial_batch batch;

static void fill(struct position *position)
{
    trial_batch_begin(&batch, position);
    trial_missing(&batch, FATE_GAP, BEFORE);
    for (int i = 0; i < MANY; i++) {
        trial_decided(&batch, (uint8_t)(i + 1), (uint8_t)(i + 1));
    }
}

static void each_decision_has_its_place(void **state)
{
    (void)state;
    struct trial_store store = trial_store("a/1");
    struct position position = trial_take(&store, 0);
    fill(&position);
    trial_store_batch(&store, &batch);
    assert_string_equal(trial_ask("SELECT count(*) FROM mentord.decision"), "255");
    assert_string_equal(
        trial_ask("SELECT count(*) FROM mentord.decision WHERE source_offset = index + %d "
                  "AND output = convert_to('out ' || source_offset, 'UTF8') "
                  "AND get_byte(uuid_send(application_id), 0) = index + 1",
                  (int)BEFORE),
        "255");
    trial_store_close(&store);
}

static void one_of_the_last_takes_all_back(void **state)
{
    (void)state;
    struct trial_store store = trial_store("a/1");
    struct position position = trial_take(&store, 0);
    fill(&position);
    ASSERT_DONE(trial_read(&store, &batch, err));
    trial_decide(&batch);
    batch.decisions[MANY - 1].start = INT32_MAX; /* no day of PostgreSQL's */
    ASSERT_FAILS(ERR_POISON, trial_write(&store, &batch, err));
    assert_string_equal(trial_ask("SELECT count(*) FROM mentord.decision"), "0");
    assert_string_equal(trial_ask("SELECT count(*) FROM mentord.application"), "0");
    assert_string_equal(trial_ask("SELECT next_offset FROM mentord.progress"), "0");
    trial_store_close(&store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(each_decision_has_its_place, trial_clear),
        cmocka_unit_test_setup(one_of_the_last_takes_all_back, trial_clear),
    };
    return TRIAL_RUN("write", tests);
}
