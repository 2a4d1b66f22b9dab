#ifndef MENTOR_SRC_APP_LINES_H
#define MENTOR_SRC_APP_LINES_H

/* Private to app/: a file's lines in constant memory, however long a line is. */

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "mentor/base/bytes.h"

struct err;

struct lines {
    int descriptor;
    bool owned;
    const char *name;
    uint8_t *buffer;
    size_t begin;
    size_t end;
    bool ended;
    bool skipping;  /* the rest of a line that was cut is still to be passed over */
    int64_t number; /* of the line handed out last, from 1 */
    int64_t at;     /* where it begins in what is read, in bytes */
    int64_t base;   /* where the buffer begins in it */
};

/* A path, or "-" or NULL for standard input. */
MUST_CHECK bool lines_open(struct lines *lines, const char *path, struct err *err);
void lines_close(struct lines *lines);

/*
 * 1: *line without its newline, borrowed until the next call; longer than CLOUDEVENT_LINE_MAX it is
 * cut to one byte more. 0: the end. -1: *err.
 */
int lines_next(struct lines *lines, struct bytes *line, struct err *err);

/* The next call would wait for the other side: a good moment to flush what was written. */
bool lines_would_read(const struct lines *lines);

bool line_blank(struct bytes line);

#endif /* MENTOR_SRC_APP_LINES_H */
