#include "mentor/port/note.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "mentor/port/batch.h"

static const char *const modes[] = {
    [NOTE_IDEMPOTENT] = "idempotent,",
    [NOTE_TRANSACTIONAL] = "transactional,",
};

int note_write(const struct position *position, bool transactional, char text[NOTE_SIZE])
{
    char head[2 * SHA256_SIZE];
    hex_encode(position->link, SHA256_SIZE, head);
    return snprintf(text,
                    NOTE_SIZE,
                    "%s%" PRId64 ",%" PRId64 ",%.*s",
                    modes[transactional ? NOTE_TRANSACTIONAL : NOTE_IDEMPOTENT],
                    position->epoch,
                    position->next_offset,
                    (int)sizeof(head),
                    head);
}

static bool read_number(const char **at, int64_t *number)
{
    char *end = NULL;
    *number = strtoll(*at, &end, 10);
    bool any = end != *at;
    *at = end;
    return any;
}

struct note note_read(const char *text)
{
    struct note note = {.mode = NOTE_NONE};
    enum note_mode mode = NOTE_NONE;
    const char *at = text;
    for (enum note_mode each = NOTE_IDEMPOTENT; each <= NOTE_TRANSACTIONAL; each++) {
        size_t size = strlen(modes[each]);
        if (strncmp(text, modes[each], size) == 0) {
            mode = each;
            at = text + size;
        }
    }
    if (mode == NOTE_NONE || !read_number(&at, &note.epoch) || *at++ != ',' ||
        !read_number(&at, &note.next)) {
        return (struct note){.mode = NOTE_NONE};
    }
    note.mode = mode;
    note.has_head = *at == ',' && strcspn(at + 1, ",") == (size_t)2 * SHA256_SIZE &&
                    hex_decode(at + 1, SHA256_SIZE, note.head);
    return note;
}
