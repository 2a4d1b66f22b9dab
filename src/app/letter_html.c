/* A letter as one HTML file: nothing is loaded from elsewhere, black on white, and a printer gets
 * A4. */

#include "html.h"
#include "letter.h"

static void enter(struct letter_page *page, enum letter_group next)
{
    static const char *const opens[] = {"", "<ul>\n", "<table>\n"};
    static const char *const closes[] = {"", "</ul>\n", "</table>\n"};
    if (page->open != next) {
        (void)fputs(closes[page->open], page->out);
        (void)fputs(opens[next], page->out);
    }
    page->open = next;
}

static const char style[] =
    "body { font: 1.05rem/1.5 Georgia, serif; color: #111; background: #fff; max-width: 42rem;"
    " margin: 2rem auto; padding: 0 1rem; }\n"
    "h1 { font-size: 1.6rem; } h2 { font-size: 1.2rem; margin-top: 1.6rem; }\n"
    "table { border-collapse: collapse; width: 100%; }\n"
    "th { text-align: left; font-weight: normal; } td { text-align: right; }\n"
    "th, td { border-bottom: 1px solid #767676; padding: 0.3rem 0; vertical-align: top; }\n"
    ".ref { display: block; color: #333; font-size: 0.95em; }\n"
    "@media print { @page { size: A4; margin: 2.5cm; } body { margin: 0; max-width: none; } "
    "h2 { break-after: avoid; } tr, li { break-inside: avoid; } }\n";

static void begin(struct letter_page *page, const char *title)
{
    html_begin(page->out, title, style);
}

static void heading(struct letter_page *page, const char *text)
{
    enter(page, LETTER_ALONE);
    html_line(page->out, "h2", "", text);
}

static void paragraph(struct letter_page *page, const char *text)
{
    enter(page, LETTER_ALONE);
    html_line(page->out, "p", "", text);
}

static void item(struct letter_page *page, const char *text, const char *reference)
{
    enter(page, LETTER_ITEMS);
    (void)fputs("<li>", page->out);
    html_escaped(page->out, text);
    if (reference[0] != '\0') {
        (void)fputc(' ', page->out);
        html_element(page->out, "span", " class=\"ref\"", reference);
    }
    (void)fputs("</li>\n", page->out);
}

static void row(struct letter_page *page, const char *what, const char *value)
{
    enter(page, LETTER_ROWS);
    (void)fputs("<tr>", page->out);
    html_element(page->out, "th", " scope=\"row\"", what);
    html_element(page->out, "td", "", value);
    (void)fputs("</tr>\n", page->out);
}

static void end(struct letter_page *page)
{
    enter(page, LETTER_ALONE);
    html_end(page->out);
}

const struct letter_form letter_as_html = {begin, heading, paragraph, item, row, end};
