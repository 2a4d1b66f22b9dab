#include "mentor/base/log.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static struct {
    bool json;
    enum log_level least;
} settings = {.least = LOG_LEVEL_INFO};

static _Thread_local uint32_t lane;

static const char *const level_names[] = {"debug", "info", "warn", "error"};

void log_open(bool json, enum log_level least)
{
    settings.json = json;
    settings.least = least;
}

void log_lane(uint32_t number)
{
    lane = number;
}

enum {
    LINE_MAX = 2048,
    PAIR_ROOM = 48,  /* a pair without this much room, beside its key, is left out */
    CLOSE_ROOM = 16, /* kept for what ends a value and the line */
};

/* One line in the making; a value that is too long is cut, a line is never split. */
struct line {
    char text[LINE_MAX];
    size_t size;
};

static void line_char(struct line *line, char c)
{
    if (line->size < sizeof(line->text) - 2) {
        line->text[line->size++] = c;
    }
}

static void line_text(struct line *line, const char *text)
{
    for (; *text != '\0'; text++) {
        line_char(line, *text);
    }
}

static void line_quoted(struct line *line, const char *text)
{
    line_char(line, '"');
    for (; *text != '\0' && line->size < LINE_MAX - CLOSE_ROOM; text++) {
        if (*text == '"' || *text == '\\') {
            line_char(line, '\\');
        }
        char c = *text;
        if ((unsigned char)c < ' ') {
            c = ' ';
        }
        line_char(line, c);
    }
    line_char(line, '"');
}

static bool needs_quotes(const char *text)
{
    bool plain = text[0] != '\0' && strpbrk(text, " \"=\\") == NULL;
    for (; plain && *text != '\0'; text++) {
        plain = (unsigned char)*text > ' ';
    }
    return !plain;
}

static bool has_room(const struct line *line, const char *key)
{
    return line->size + strlen(key) + PAIR_ROOM < LINE_MAX - CLOSE_ROOM;
}

static void line_pair(struct line *line, const char *key, const char *text)
{
    if (!has_room(line, key)) {
        return;
    }
    if (settings.json) {
        line_char(line, line->size == 0 ? '{' : ',');
        line_quoted(line, key);
        line_char(line, ':');
        line_quoted(line, text);
        return;
    }
    if (line->size > 0) {
        line_char(line, ' ');
    }
    line_text(line, key);
    line_char(line, '=');
    if (needs_quotes(text)) {
        line_quoted(line, text);
    } else {
        line_text(line, text);
    }
}

static void line_number(struct line *line, const char *key, int64_t number)
{
    char text[24];
    (void)snprintf(text, sizeof(text), "%lld", (long long)number);
    if (!settings.json || !has_room(line, key)) {
        line_pair(line, key, text);
        return;
    }
    line_char(line, ',');
    line_quoted(line, key);
    line_char(line, ':');
    line_text(line, text);
}

static void line_time(struct line *line)
{
    struct timespec now;
    struct tm utc;
    char day[24];
    char text[40];
    (void)clock_gettime(CLOCK_REALTIME, &now);
    (void)gmtime_r(&now.tv_sec, &utc);
    (void)strftime(day, sizeof(day), "%Y-%m-%dT%H:%M:%S", &utc);
    (void)snprintf(text, sizeof(text), "%s.%03ldZ", day, now.tv_nsec / 1000000);
    line_pair(line, "ts", text);
}

void log_write(enum log_level level,
               const char *event,
               const struct log_pair *pairs,
               unsigned count)
{
    if (level < settings.least) {
        return;
    }
    struct line line = {.size = 0};
    line_time(&line);
    line_pair(&line, "level", level_names[level]);
    line_pair(&line, "event", event);
    if (lane > 0) {
        line_number(&line, "lane", lane);
    }
    for (unsigned i = 0; i < count; i++) {
        if (pairs[i].text != NULL) {
            line_pair(&line, pairs[i].key, pairs[i].text);
        } else {
            line_number(&line, pairs[i].key, pairs[i].number);
        }
    }
    if (settings.json) {
        line_char(&line, '}');
    }
    line.text[line.size++] = '\n';
    (void)fwrite(line.text, 1, line.size, stderr);
}
