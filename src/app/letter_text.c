/* A letter in 76 columns. */

#include <string.h>

#include "danish.h"
#include "letter.h"

enum {
    WIDTH = 76,
    LABEL_WIDTH = 34,
};

/* Words between `indent` and WIDTH; the first line begins where the caller is. */
static void wrap(FILE *out, const char *text, size_t indent)
{
    size_t column = indent;
    bool first = true;
    while (*text != '\0') {
        size_t size = strcspn(text, " ");
        size_t wide = danish_columns(text, size);
        if (!first && column + 1 + wide > WIDTH) {
            (void)fprintf(out, "\n%*s", (int)indent, "");
            column = indent;
        } else if (!first) {
            (void)fputc(' ', out);
            column++;
        }
        (void)fwrite(text, 1, size, out);
        column += wide;
        first = false;
        text += size;
        text += strspn(text, " ");
    }
    (void)fputc('\n', out);
}

static void leave(struct letter_page *page, enum letter_group next)
{
    if (page->open != next && page->open != LETTER_ALONE) {
        (void)fputc('\n', page->out);
    }
    page->open = next;
}

static void underlined(struct letter_page *page, const char *text, char line)
{
    (void)fprintf(page->out, "%s\n", text);
    for (size_t i = danish_columns(text, strlen(text)); i > 0; i--) {
        (void)fputc(line, page->out);
    }
    (void)fputs("\n\n", page->out);
}

static void begin(struct letter_page *page, const char *title)
{
    underlined(page, title, '=');
}

static void heading(struct letter_page *page, const char *text)
{
    leave(page, LETTER_ALONE);
    underlined(page, text, '-');
}

static void paragraph(struct letter_page *page, const char *text)
{
    leave(page, LETTER_ALONE);
    wrap(page->out, text, 0);
    (void)fputc('\n', page->out);
}

static void item(struct letter_page *page, const char *text, const char *reference)
{
    leave(page, LETTER_ITEMS);
    (void)fputs("* ", page->out);
    wrap(page->out, text, 2);
    if (reference[0] != '\0') {
        (void)fputs("  ", page->out);
        wrap(page->out, reference, 2);
    }
}

static void row(struct letter_page *page, const char *what, const char *value)
{
    leave(page, LETTER_ROWS);
    size_t wide = danish_columns(what, strlen(what));
    (void)fprintf(page->out, "%s%*s", what, (int)(wide < LABEL_WIDTH ? LABEL_WIDTH - wide : 1), "");
    wrap(page->out, value, LABEL_WIDTH);
}

static void end(struct letter_page *page)
{
    leave(page, LETTER_ALONE);
}

const struct letter_form letter_as_text = {begin, heading, paragraph, item, row, end};
