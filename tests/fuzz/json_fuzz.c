/*
 * Any line of a file: refused with a reason, or a record that can be written as a line and read
 * again as the same bytes.
 */

#include <stddef.h>
#include <stdint.h>

#include "mentor/base/arena.h"
#include "mentor/base/check.h"
#include "mentor/wire/cloudevent.h"
#include "mentor/wire/json.h"

#include "fuzz/seed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
    ARENA_SIZE = 64 * 1024 * 1024,
    WHY_SIZE = 256,
    LINE_SIZE = 1024 * 1024,
};

static struct arena arena;
static uint8_t line[LINE_SIZE];

static void write_and_read_again(const struct record *record)
{
    const struct header *type = record_header(record, "ce_type");
    if (type == NULL || !bytes_is(type->value, "dk.mentor.application.submitted.v1")) {
        return;
    }
    struct text text = {0};
    if (cloudevent_write(record, &arena, &text)) {
        struct record again = {0};
        char why[WHY_SIZE] = "";
        CHECK(
            cloudevent_read(bytes_of(text.data, text.size), 0, &arena, &again, why, sizeof(why)) ==
            REASON_NONE);
        CHECK(bytes_equal(record->value, again.value));
    }
    text_release(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (arena.base == NULL) {
        CHECK(arena_init(&arena, ARENA_SIZE));
    }
    const size_t line_size = seed_spoil(
        (const uint8_t *)seed_line, sizeof(seed_line) - 1, data, size, line, sizeof(line));
    const struct arena_mark mark = arena_mark(&arena);
    struct record record = {0};
    char why[WHY_SIZE] = "";
    const enum reason reason = cloudevent_read(
        bytes_of(line, line_size), 1772442000000, &arena, &record, why, sizeof(why));
    CHECK(reason == REASON_NONE || reason == REASON_JSON_INVALID ||
          reason == REASON_LINE_TOO_LARGE || reason == REASON_RECORD_FAILED);
    if (reason == REASON_NONE && record.has_value) {
        write_and_read_again(&record);
    }
    arena_rewind(&arena, mark);
    return 0;
}
