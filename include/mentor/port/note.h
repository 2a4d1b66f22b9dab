#ifndef MENTOR_PORT_NOTE_H
#define MENTOR_PORT_NOTE_H

/*
 * The metadata beside the group's offset: "mode,epoch,next,head". It tells the next owner how far
 * its predecessor was by its own word, and the chain's head there; one without a head is of an
 * older version.
 */

#include <stdbool.h>
#include <stdint.h>

#include "mentor/base/sha256.h"

struct position;

enum {
    NOTE_SIZE = 128, /* the longest, with its NUL */
};

enum note_mode {
    NOTE_NONE, /* or another program's: it says nothing */
    NOTE_IDEMPOTENT,
    NOTE_TRANSACTIONAL,
};

struct note {
    enum note_mode mode;
    int64_t epoch;
    int64_t next;
    bool has_head;
    uint8_t head[SHA256_SIZE];
};

/* Returns its length. */
int note_write(const struct position *position, bool transactional, char text[NOTE_SIZE]);
/* Never fails: what cannot be read is NOTE_NONE. */
struct note note_read(const char *text);

#endif /* MENTOR_PORT_NOTE_H */
