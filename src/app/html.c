#include "html.h"

void html_escaped(FILE *out, const char *text)
{
    for (; *text != '\0'; text++) {
        switch (*text) {
        case '&':
            (void)fputs("&amp;", out);
            break;
        case '<':
            (void)fputs("&lt;", out);
            break;
        case '>':
            (void)fputs("&gt;", out);
            break;
        case '"':
            (void)fputs("&quot;", out);
            break;
        default:
            (void)fputc(*text, out);
        }
    }
}

void html_element(FILE *out, const char *name, const char *attributes, const char *text)
{
    (void)fprintf(out, "<%s%s>", name, attributes);
    html_escaped(out, text);
    (void)fprintf(out, "</%s>", name);
}

void html_line(FILE *out, const char *name, const char *attributes, const char *text)
{
    html_element(out, name, attributes, text);
    (void)fputc('\n', out);
}

void html_begin(FILE *out, const char *title, const char *style)
{
    (void)fputs("<!DOCTYPE html>\n<html lang=\"da\">\n<head>\n<meta charset=\"utf-8\">\n"
                "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n",
                out);
    html_line(out, "title", "", title);
    (void)fprintf(out, "<style>\n%s</style>\n</head>\n<body>\n<main>\n", style);
    html_line(out, "h1", "", title);
}

void html_end(FILE *out)
{
    (void)fputs("</main>\n</body>\n</html>\n", out);
}
