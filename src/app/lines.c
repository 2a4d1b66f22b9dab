#include "lines.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "mentor/base/err.h"
#include "mentor/wire/cloudevent.h"

enum {
    BUFFER_SIZE = CLOUDEVENT_LINE_MAX + 64 * 1024,
};

bool lines_open(struct lines *lines, const char *path, struct err *err)
{
    *lines = (struct lines){.descriptor = STDIN_FILENO, .name = "standard input"};
    if (path != NULL && strcmp(path, "-") != 0) {
        lines->name = path;
        lines->owned = true;
        lines->descriptor = open(path, O_RDONLY | O_CLOEXEC);
        if (lines->descriptor < 0) {
            return err_set(err, ERR_FATAL, "%s: cannot be read: %s", path, strerror(errno));
        }
    }
    lines->buffer = malloc(BUFFER_SIZE);
    if (lines->buffer == NULL) {
        lines_close(lines);
        return err_set(err, ERR_FATAL, "%s: no memory to read it", lines->name);
    }
    return true;
}

void lines_close(struct lines *lines)
{
    if (lines->owned && lines->descriptor >= 0) {
        (void)close(lines->descriptor);
    }
    free(lines->buffer);
    lines->buffer = NULL;
}

bool lines_would_read(const struct lines *lines)
{
    return memchr(lines->buffer + lines->begin, '\n', lines->end - lines->begin) == NULL;
}

/* More bytes behind those that are there. */
static bool fill(struct lines *lines, struct err *err)
{
    if (lines->begin > 0) {
        memmove(lines->buffer, lines->buffer + lines->begin, lines->end - lines->begin);
        lines->end -= lines->begin;
        lines->base += (int64_t)lines->begin;
        lines->begin = 0;
    }
    ssize_t got = 0;
    do {
        got = read(lines->descriptor, lines->buffer + lines->end, BUFFER_SIZE - lines->end);
    } while (got < 0 && errno == EINTR);
    if (got < 0) {
        return err_set(err, ERR_FATAL, "%s: reading failed: %s", lines->name, strerror(errno));
    }
    lines->ended = got == 0;
    lines->end += (size_t)got;
    return true;
}

/* The rest of a line that is too long: read and forgotten. */
static bool skip_line(struct lines *lines, struct err *err)
{
    for (;;) {
        uint8_t *at = lines->buffer + lines->begin;
        uint8_t *newline = memchr(at, '\n', lines->end - lines->begin);
        if (newline != NULL) {
            lines->begin = (size_t)(newline + 1 - lines->buffer);
            return true;
        }
        if (lines->ended) {
            lines->begin = lines->end;
            return true;
        }
        lines->begin = lines->end;
        if (!fill(lines, err)) {
            return false;
        }
    }
}

int lines_next(struct lines *lines, struct bytes *line, struct err *err)
{
    size_t searched = 0;
    if (lines->skipping && !skip_line(lines, err)) {
        return -1;
    }
    lines->skipping = false;
    for (;;) {
        uint8_t *at = lines->buffer + lines->begin;
        size_t size = lines->end - lines->begin;
        uint8_t *newline = size > searched ? memchr(at + searched, '\n', size - searched) : NULL;
        if ((newline == NULL ? size : (size_t)(newline - at)) > CLOUDEVENT_LINE_MAX) {
            lines->number++;
            lines->at = lines->base + (int64_t)lines->begin;
            lines->skipping = true;
            *line = bytes_of(at, CLOUDEVENT_LINE_MAX + 1);
            return 1;
        }
        if (newline != NULL || (lines->ended && size > 0)) {
            size_t length = newline != NULL ? (size_t)(newline - at) : size;
            lines->number++;
            lines->at = lines->base + (int64_t)lines->begin;
            *line = bytes_of(at, length);
            lines->begin += length + (newline != NULL);
            return 1;
        }
        if (lines->ended) {
            return 0;
        }
        searched = size;
        if (!fill(lines, err)) {
            return -1;
        }
    }
}

bool line_blank(struct bytes line)
{
    for (size_t i = 0; i < line.size; i++) {
        if (line.data[i] != ' ' && (line.data[i] < '\t' || line.data[i] > '\r')) {
            return false;
        }
    }
    return true;
}
