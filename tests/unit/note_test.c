/* Goal: what an owner tells the group is read back by the next one, and what is not ours says
 * nothing. */

#include "mentor/port/batch.h"
#include "mentor/port/note.h"

#include "support/facts.h"
#include "support/test.h"

#define HEAD "00a1000000000000000000000000000000000000000000000000000000000000"

static void a_note_is_read_as_it_was_written(void **state)
{
    (void)state;
    const struct position position = {
        .epoch = 7, .next_offset = INT64_MAX, .link = {0, 0xa1}, .emitted_offset = 3};
    char text[NOTE_SIZE];
    int size = note_write(&position, false, text);
    assert_int_equal(size, strlen(text));
    assert_string_equal(text, "idempotent,7,9223372036854775807," HEAD);
    struct note note = note_read(text);
    assert_int_equal(note.mode, NOTE_IDEMPOTENT);
    assert_int_equal(note.epoch, 7);
    assert_int_equal(note.next, INT64_MAX);
    assert_true(note.has_head);
    assert_memory_equal(note.head, position.link, SHA256_SIZE);
    (void)note_write(&position, true, text);
    assert_int_equal(note_read(text).mode, NOTE_TRANSACTIONAL);
}

static const struct {
    const char *text;
    enum note_mode mode;
    bool has_head;
} texts[] = {
    {"", NOTE_NONE, false},
    {"idempotent", NOTE_NONE, false},
    {"idempotent,7", NOTE_NONE, false},
    {"idempotent,x,9", NOTE_NONE, false},
    {"idempotent,7,", NOTE_NONE, false},
    {"idempotently,7,9", NOTE_NONE, false},
    {"somebody,7,9", NOTE_NONE, false},
    {"idempotent,7,9", NOTE_IDEMPOTENT, false}, /* of a version before the chain */
    {"transactional,7,9,more", NOTE_TRANSACTIONAL, false},
    {"transactional,7,9," HEAD, NOTE_TRANSACTIONAL, true},
    {"transactional,7,9," HEAD ",more", NOTE_TRANSACTIONAL, true},
    {"transactional,7,9," HEAD "00", NOTE_TRANSACTIONAL, false},
    {"transactional,7,9,x" HEAD, NOTE_TRANSACTIONAL, false},
};

static void other_texts_say_less(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROW_COUNT(texts); i++) {
        struct note note = note_read(texts[i].text);
        assert_int_equal(note.mode, texts[i].mode);
        assert_int_equal(note.has_head, texts[i].has_head);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_note_is_read_as_it_was_written),
        cmocka_unit_test(other_texts_say_less),
    };
    return cmocka_run_group_tests_name("note", tests, NULL, NULL);
}
